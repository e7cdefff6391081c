"""What the workflow makes, refuses and says."""

import csv
import io
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import h5py
import pandas as pd
import pytest
import yaml
from project import REPOSITORY, TINY, Project

from oebench.config.schema import RESERVED

PRESETS = sorted((REPOSITORY / "config").glob("*.yaml"))


def test_every_declared_file_is_made(first_run: tuple[Project, list[str]]) -> None:
    results = first_run[0].folder / "results"
    for suffix in ("csv", "md", "tex", "html"):
        assert (results / f"tables/tiny.{suffix}").stat().st_size > 100
    for suffix in ("csv", "pdf", "svg", "png"):
        assert (results / f"figures/tiny.{suffix}").stat().st_size > 100
        assert (results / f"looks/tiny.{suffix}").stat().st_size > 100
    for file in ("claims.csv", "claims.md", "claims.html", "overview.html"):
        assert (results / file).stat().st_size > 100
    runs = pd.read_csv(results / "runs.csv")
    assert len(runs) == 8
    assert set(runs["status"]) == {"ok"}
    assert runs["auroc"].between(0, 1).all()
    for run in runs.itertuples():
        with h5py.File(first_run[0].folder / run.path) as file:
            assert file[run.group].attrs["seed"] == run.seed


def test_the_python_of_the_manual_reads_a_run(
    first_run: tuple[Project, list[str]],
) -> None:
    manual = (REPOSITORY / "results/README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", manual, re.DOTALL)
    assert len(code.splitlines()) <= 20
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=first_run[0].folder,
        capture_output=True,
        text=True,
        check=True,
    )
    recipe, numbers = done.stdout.splitlines()
    assert json.loads(recipe)["epochs"] == 1
    assert re.fullmatch(r"hsc [\d.]+ [\d.]+ [\d.]+", numbers)


def test_the_report_is_one_file_that_needs_no_network(
    first_run: tuple[Project, list[str]],
) -> None:
    report = (first_run[0].folder / "results/report.html").read_text()
    assert "A tiny study" in report
    # What a browser would fetch by itself: scripts, styles and images from elsewhere.
    assert not re.findall(r"""<(?:script|img|link)[^>]+(?:src|href)=["']https?://""", report)


def test_a_study_by_name_makes_that_study_only(fresh: Project) -> None:
    content = yaml.safe_load((fresh.folder / "config/config.yaml").read_text())
    content["studies"]["other"] = {**content["studies"]["tiny"], "objectives": ["bce"]}
    (fresh.folder / "config/config.yaml").write_text(yaml.safe_dump(content))
    planned = fresh.call("-n", "--verbose", "tiny")
    assert "results/studies/tiny.csv" in planned
    assert "objective=bce" not in planned


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_the_dry_run_of_a_preset_has_the_scores_files_that_oebench_runs_lists(
    preset: Path, fresh: Project
) -> None:
    command = [sys.executable, "-m", "oebench", "runs", "--configfile", str(preset)]
    library = str(REPOSITORY / "workflow/lib")
    listed = subprocess.run(
        command, capture_output=True, text=True, check=True, env={"PYTHONPATH": library}
    ).stdout
    rows = [*csv.DictReader(io.StringIO(listed))]
    runs = Counter((row["path"], row["group"]) for row in rows)
    assert set(runs.values()) == {1}
    planned = fresh.call("--configfile", str(preset), "-n", "--verbose", "-p")
    outputs = re.findall(r"^    output: (results/runs/\S+)$", planned, re.MULTILINE)
    assert Counter(outputs) == Counter({path for path, _ in runs})
    told = re.findall(r"python -m oebench (?:train|fit) '(\S+)' (.*?) --", planned)
    assert {(path, group) for path, groups in told for group in groups.split()} == set(runs)
    assert "This was a dry-run" in planned
    # No data is needed for it.
    assert [*(fresh.folder / "resources").iterdir()] == []


def test_a_dry_run_is_short_and_says_why(fresh: Project) -> None:
    planned = fresh.call("-n", "--configfile", str(REPOSITORY / "config/paper.yaml"))
    assert len(planned.splitlines()) < 100
    assert re.search(r"^train +2790$", planned, re.MULTILINE)
    assert "output files have to be generated:" in planned
    assert planned.endswith("--verbose lists each job with its reason.\n")


def test_the_rules_do_not_grow_with_the_grid(fresh: Project) -> None:
    def rules(preset: str) -> set[str]:
        listed = fresh.call("--list-rules", "--configfile", str(REPOSITORY / preset))
        # A study is a target of its own.
        return {name for name in listed.split() if "-" not in name} - {"toy"}

    assert rules("config/paper.yaml") == rules("config/config.yaml")


def test_no_study_can_have_the_name_of_a_rule() -> None:
    rules = (REPOSITORY / "workflow/rules").glob("*.smk")
    text = "".join(path.read_text() for path in [REPOSITORY / "workflow/Snakefile", *rules])
    names = re.findall(r"^rule (\w+):", text, re.MULTILINE)
    names += ["plan"]  # the file of the whole configuration lies beside those of the studies
    # A study's name has no underscore.
    assert sorted(RESERVED) == sorted(name for name in names if "_" not in name)


def test_a_preset_replaces_the_default_configuration(fresh: Project) -> None:
    study = {**TINY["studies"]["tiny"], "objectives": ["bce"]}
    (fresh.folder / "config/mine.yaml").write_text(yaml.safe_dump({"studies": {"mine": study}}))
    planned = fresh.call("-n", "--verbose", "--configfile", "config/mine.yaml")
    assert "results/studies/mine.csv" in planned
    assert "tiny" not in planned


def test_a_mistake_in_the_configuration_is_refused_before_any_job(fresh: Project) -> None:
    fresh.configure(objektives=["hsc"])
    printed = fresh.call("--cores", "2", ok=False)
    assert "config/config.yaml: studies.tiny: 'objektives' is not a known key" in printed
    assert "did you mean 'objectives'?" in printed
    assert not (fresh.folder / "results/logs").exists()


def test_missing_data_is_a_sentence_that_says_what_to_do(fresh: Project) -> None:
    mine = {
        "source": {"kind": "arrays", "path": "mine.npz"},
        "image": [1, 16, 16],
        "train": 500,
    }
    content = yaml.safe_load((fresh.folder / "config/config.yaml").read_text())
    content["datasets"] = {"mine": mine}
    content["studies"]["tiny"]["oe"] = "mine"
    content["studies"]["tiny"]["sweep"] = {"oe_size": [1, 500]}
    (fresh.folder / "config/config.yaml").write_text(yaml.safe_dump(content))
    printed = fresh.call("--cores", "2", ok=False)
    assert "data set mine: there is no file mine.npz; put a file with the arrays" in printed


def test_a_diverged_run_is_a_result_and_is_counted(fresh: Project) -> None:
    recipe = {"name": "digits", "epochs": 1, "milestones": [], "learning_rate": 1e30}
    fresh.configure(recipe=recipe, seeds=1, sweep={}, draw={"table": "normal_class"})
    fresh.run()
    runs = pd.read_csv(fresh.folder / "results/runs.csv")
    assert set(runs["status"]) == {"diverged"}
    assert runs["auroc"].isna().all()
    table = (fresh.folder / "results/tables/tiny.md").read_text()
    assert "0 of 2 runs are shown; 2 diverged and are left out" in table


def test_the_readmes_cluster_command_asks_for_gpus_for_training_only(fresh: Project) -> None:
    readme = (REPOSITORY / "README.md").read_text()
    (command,) = re.findall(r"^snakemake (--workflow-profile profiles/slurm.*)$", readme, re.M)
    planned = fresh.call("-n", "--verbose", *command.split())
    jobs = re.split(r"\n(?=\[)", planned)
    asking = {re.findall(r"rule (\S+):", job)[0] for job in jobs if "gpu=1" in job}
    assert asking == {"train"}
    (training,) = {re.findall(r"resources: .*", job)[0] for job in jobs if "rule train:" in job}
    for resource in ("gpu=1", "device=cuda", "mem_mb=", "runtime=", "slurm_partition=gpu"):
        assert resource in training
    prepare = next(job for job in jobs if "rule prepare" in job)
    assert "gpu=0" in prepare
    assert "slurm_partition=cpu" in prepare


def test_jobs_run_with_snakemakes_python_and_nothing_of_what_surrounds_them(fresh: Project) -> None:
    """As from cron or a notebook: nothing activated, a foreign backend, a module in the way."""
    (fresh.folder / "random.py").write_text("raise SystemExit('not the random of Python')")
    (fresh.folder / "matplotlibrc").write_text("text.usetex: True\n")
    fresh.configure(title="Größe − ein Maß")
    bare = {"HOME": str(fresh.folder), "PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    command = [str(Path(sys.executable).with_name("snakemake")), "--cores", "2", "tiny"]
    done = subprocess.run(
        command,
        cwd=fresh.folder,
        env={**bare, "MPLBACKEND": "module://not_installed.backend"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    table = (fresh.folder / "results/tables/tiny.md").read_text(encoding="utf-8")
    assert table.startswith("### Größe − ein Maß\n")
