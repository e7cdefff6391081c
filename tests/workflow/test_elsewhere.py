"""The workflow as others use it: without this package, as a module, from another folder."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from cli_cases import oebench
from project import REPOSITORY, Project, everything

STEPS = len(everything(4)) + 1  # of the tiny study, and `all`
# Snakemake in a process that does not find this package, as in an environment without it.
PLAIN = """
import sys
sys.path = [each for each in sys.path if not each.endswith("workflow/lib")]
from snakemake.cli import main
main(sys.argv[1:])
"""


def plain(folder: Path, *arguments: str) -> str:
    """What Snakemake prints that knows nothing of this package."""
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, *arguments], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def total(printed: str) -> int:
    *_, found = re.findall(r"^total +(\d+)$", printed, re.MULTILINE)
    return int(found)


def outer(folder: Path, inner: Project, snakefile: str) -> Path:
    """Another project with this Snakefile and the configuration of `inner`."""
    for name, text in {
        "workflow/Snakefile": snakefile,
        "config/config.yaml": (inner.folder / "config/config.yaml").read_text(encoding="utf-8"),
    }.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def module(inner: Project, *more: str) -> str:
    """The declaration of a project's workflow as a module."""
    snakefile = str(inner.folder / "workflow/Snakefile")
    return "\n    ".join(["module study:", f"snakefile: {snakefile!r}", *more]) + "\n"


@pytest.mark.snakemake
def test_any_snakemake_plans_checks_and_runs_it_without_this_package(fresh: Project) -> None:
    assert total(plain(fresh.folder, "-n", "--cores", "1")) == STEPS
    assert "in a good condition" in plain(fresh.folder, "--lint")
    printed = plain(fresh.folder, "--cores", "2", "results/plan/tiny.json")
    assert "1/1  write results/plan/tiny.json" in printed


@pytest.mark.snakemake
def test_it_is_a_module_of_another_workflow(fresh: Project, tmp_path: Path) -> None:
    folder = outer(tmp_path / "outer", fresh, module(fresh) + "use rule * from study\n")
    assert total(plain(folder, "-n", "--cores", "1")) == STEPS
    plain(folder, "--cores", "2", "results/tables/tiny.md")
    assert "### A tiny study" in (folder / "results/tables/tiny.md").read_text(encoding="utf-8")


@pytest.mark.snakemake
def test_it_runs_from_a_hosting_site_as_snakedeploy_lays_it_out(
    fresh: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh.git("init", "-q")
    fresh.git("add", "workflow", "envs", "config")
    fresh.git("commit", "-qm", "everything")
    fresh.git("tag", "v1")
    # The site is a folder of this machine.
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{fresh.folder.as_uri()}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/someone/oebench")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    snakefile = (
        'configfile: "config/config.yaml"\n\n\n'
        "module oebench:\n    snakefile:\n"
        '        github("someone/oebench", path="workflow/Snakefile", tag="v1")\n'
        "    config:\n        config\n\n\nuse rule * from oebench\n"
    )
    folder = outer(tmp_path / "deployed", fresh, snakefile)
    fresh.git("rm", "-rq", "workflow")  # what is deployed is the commit
    assert total(plain(folder, "-n", "--cores", "1")) == STEPS
    plain(folder, "--cores", "2", "results/tables/tiny.md")
    assert "### A tiny study" in (folder / "results/tables/tiny.md").read_text(encoding="utf-8")
    monkeypatch.chdir(folder)
    commit = (fresh.folder / ".git/refs/tags/v1").read_text(encoding="utf-8").strip()
    said = oebench("explain", "results/tables/tiny.md").stdout.splitlines()
    assert f"commit: {commit}, with or without changes" in said
    assert said[-1] == "snakemake --cores 1 --force results/tables/tiny.md"


@pytest.mark.snakemake
def test_as_a_module_it_may_have_a_prefix_to_all_its_files(
    fresh: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snakefile = module(fresh, 'prefix: "inner"') + "use rule * from study as study_*\n"
    folder = outer(tmp_path / "outer", fresh, snakefile)
    plain(folder, "--cores", "2")
    made = {path.name for path in folder.iterdir()} - {".snakemake"}
    assert made == {"config", "inner", "workflow"}
    assert "A tiny study" in (folder / "inner/results/report.html").read_text(encoding="utf-8")
    assert "Nothing to be done" in plain(folder, "--cores", "2")
    monkeypatch.chdir(folder)
    for name in ("report.html", "tables/tiny.md", "plan/tiny.json"):
        said = oebench("explain", f"inner/results/{name}").stdout.splitlines()
        assert said[-2:] == ["current: yes", f"snakemake --cores 1 --force inner/results/{name}"]
    shutil.rmtree(folder / ".snakemake")
    planned = plain(folder, "-n")
    assert "study_write_plan" in planned
    assert not {"study_train", "study_prepare"} & {*planned.split()}
    Project(folder).edit("config/config.yaml", "A tiny study", "Another study")
    shutil.rmtree(folder / ".snakemake")
    assert "study_write_plan" in plain(folder, "-n")


@pytest.mark.snakemake
def test_a_folder_whose_name_snakemake_cannot_read_is_refused_with_a_sentence(
    fresh: Project, tmp_path: Path
) -> None:
    odd = Project(fresh.folder.rename(tmp_path / "we{i}rd"))
    printed = odd.call("--cores", "1", "-s", str(odd.folder / "workflow/Snakefile"), ok=False)
    assert "we{i}rd/workflow. Snakemake takes braces" in printed
    assert "move it to a folder without them" in printed
    assert not (odd.folder / "results").exists()


@pytest.mark.snakemake
def test_the_configuration_of_the_folder_in_which_it_runs_comes_first(
    fresh: Project, tmp_path: Path
) -> None:
    snakefile = str(fresh.folder / "workflow/Snakefile")
    planned = plain(tmp_path, "-n", "--cores", "1", "-s", snakefile)
    assert total(planned) == STEPS  # of the configuration beside the workflow
    (tmp_path / "config").mkdir()
    text = (REPOSITORY / "config/config.yaml").read_text(encoding="utf-8")
    (tmp_path / "config/config.yaml").write_text(text, encoding="utf-8")
    assert total(plain(tmp_path, "-n", "--cores", "1", "-s", snakefile)) > 50


def test_what_the_library_reads_lies_in_its_package() -> None:
    package = REPOSITORY / "workflow/lib/oebench"
    for name in ("published/claims.yaml", "published/cifar10.csv", "config/catalog.yaml"):
        assert (package / name).is_file()


def test_what_the_catalogue_and_snakedeploy_look_for_is_there() -> None:
    profiles = [f"profiles/{site}/config.yaml" for site in ("slurm", "workstation")]
    for file in ("config/README.md", "workflow/Snakefile", "LICENSE", *profiles):
        assert (REPOSITORY / file).is_file()
    shown = yaml.safe_load((REPOSITORY / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert shown["software-stack-deployment"]["conda"]
    rules = [path.read_text() for path in (REPOSITORY / "workflow/rules").glob("*.smk")]
    assert any("conda:" in text for text in rules)
    assert shown["report"]
