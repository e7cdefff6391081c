"""Baselines, toy figure, comparisons, claims, looks and previews through the real Snakefile."""

import csv
import errno
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from project import OUTPUTS, Project
from typer.testing import CliRunner

from oebench.cli import app

pytestmark = pytest.mark.snakemake


def verdicts(folder: Path) -> dict[str, str]:
    with (folder / "claims.csv").open(newline="") as file:
        return {row["claim"]: row["verdict"] for row in csv.DictReader(file)}


def test_every_kind_of_output_is_made(made: tuple[Project, list[str]]) -> None:
    results = made[0].folder / "results"
    for study in ("tiny-objectives", "tiny-baselines"):
        for file in ("tables/{}.tex", "comparisons/{}.csv", "comparisons/{}.md", "looks/{}.png"):
            assert (results / file.format(study)).stat().st_size > 100
    assert (results / "figures/toy.pdf").stat().st_size > 10_000
    assert not (results / "looks/toy.png").exists()
    assert "draw the toy figure of toy" in made[1]


def test_baselines_are_rows_among_the_runs_and_have_no_recipe(
    made: tuple[Project, list[str]],
) -> None:
    runs = pd.read_csv(made[0].folder / "results/runs.csv")
    baselines = runs[runs["objective"].isin(["isolation_forest", "kde"])]
    assert len(baselines) == 4
    assert set(baselines["recipe"]) == {"pca"}
    assert set(baselines["status"]) == {"ok"}
    assert baselines[["oe", "oe_size", "blur"]].isna().to_numpy()[:, :2].all()
    fits = [job for job in made[1] if job.startswith("fit ")]
    assert fits == ["fit 2 runs: digits, isolation_forest", "fit 2 runs: digits, kde"]


def test_claims_are_judged_by_the_runs_there_are(made: tuple[Project, list[str]]) -> None:
    found = verdicts(made[0].folder / "results")
    assert list(found) == [*(f"C{number}" for number in range(1, 19)), "D1", "D2"]
    assert found["C1"] == found["C4"] == found["C8"] == found["C18"] == "cannot be judged"
    assert (found["D1"], found["D2"]) == ("holds", "undecided")
    text = re.sub(" +", " ", (made[0].folder / "results/claims.md").read_text())
    assert "the configuration has no runs of dsvdd on digits with letters" in text
    assert "| on other data: holds | digits with letters, 1 epoch (claim: 25), other mil" in text
    assert "one seed) points. 1 more seed would probably decide it |" in text


def test_the_report_opens_with_the_overview(made: tuple[Project, list[str]]) -> None:
    report = (made[0].folder / "results/report.html").read_text()
    for words in ("Claims of the paper", "Failed runs: none", "runs finished"):
        assert words in report
        assert words in (made[0].folder / "results/overview.html").read_text()
    assert "System Message" not in report  # docutils's complaint


def test_any_run_can_be_looked_at_by_name(made: tuple[Project, list[str]], tmp_path: Path) -> None:
    project = made[0].copy(tmp_path / "mine")
    run = "dataset=digits/oe=none/objective=kde/recipe=pca~augment=off/normal_class=4/seed=1"
    assert project.run(f"results/looks/{run}.png") == [f"plot the run {run}"]
    assert (project.folder / f"results/looks/{run}.pdf").stat().st_size > 10_000
    printed = project.call("-n", f"results/looks/{run[:-1]}7.png", ok=False)
    assert "is no run of" in printed
    assert "`oebench runs` lists those there are" in printed


DRAWING = {
    **dict.fromkeys(("table", "curve", "comparison"), ("runs.csv", "tiny-objectives")),
    "toy-figure": ("studies/toy.csv", "toy"),
    **dict.fromkeys(("claims", "overview"), ("runs.csv", None)),
}


def drawing(command: str, folder: Path) -> list[str]:
    """A command that draws something into a folder, for people in the folder of a project."""
    if command == "preview":
        return ["preview", "--results", str(folder.parent)]
    base = ["--base", str(folder / "s")]
    if command == "look":
        run = pd.read_csv("results/runs.csv").iloc[0]
        return ["look", run["path"], run["group"], *base]
    runs, name = DRAWING[command]
    if name is None:
        return [command, f"results/{runs}", *base]
    asked = json.loads(Path(f"results/plan/{name}.json").read_bytes())
    study = folder.with_name("study.json")
    study.write_text(json.dumps({**asked, "curve": "oe_size"}), encoding="utf-8")
    return [command, f"results/{runs}", "--study", str(study), *base]


@pytest.mark.parametrize("refused", ["no folder", "read-only"])
@pytest.mark.parametrize("command", [*DRAWING, "look", "preview"])
def test_where_nothing_can_be_written_a_sentence_says_so(
    made: tuple[Project, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    refused: str,
) -> None:
    def read_only(*_: object, **keys: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(keys["dir"]))

    monkeypatch.chdir(made[0].folder)
    (tmp_path / "runs").symlink_to(Path("results/runs").absolute())
    if refused == "read-only":
        monkeypatch.setattr("oebench.files.tempfile.mkstemp", read_only)
    else:
        (tmp_path / "preview").write_text("")
    result = CliRunner().invoke(app, drawing(command, tmp_path / "preview"))
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert re.fullmatch(r"error: .* cannot be written \(.*\); name another place\n", result.stderr)


def test_unverified_values_on_request_redraw_tables_and_train_nothing(
    made: tuple[Project, list[str]], tmp_path: Path
) -> None:
    project = made[0].copy(tmp_path / "mine")
    file = project.folder / "workflow/lib/oebench/published/digits.csv"
    head = "dataset,oe,method,mean_auc,status,source\n"
    file.write_text(head + "digits,letters,HSC,90.0,unverified,a guess\n")
    assert project.run() == []  # it is not shown
    content = {**OUTPUTS, "published": "all"}
    (project.folder / "config/config.yaml").write_text(yaml.safe_dump(content))
    jobs = project.run()
    assert "draw the table of tiny-objectives" not in jobs  # it has two of ten classes only
    file.write_text(
        head.replace("source", "source,normal_class")
        + "digits,letters,HSC,90.0,unverified,a guess,3\n"
    )
    jobs = project.run()
    assert "draw the table of tiny-objectives" in jobs
    assert not [job for job in jobs if job.startswith(("train", "fit"))]
    for suffix in ("csv", "md", "tex", "html"):
        text = (project.folder / f"results/tables/tiny-objectives.{suffix}").read_text()
        assert "unverified" in text


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("cifar10.csv", "", "cifar10.csv is empty; its first line must name the columns"),
        ("cifar10.csv", "a,b\n", "cifar10.csv has the columns a,b"),
        ("claims.yaml", "", "claims.yaml holds NoneType, expected a mapping"),
        ("claims.yaml", "C1: {claim: x}\n", "claims.yaml: C1.status: the key is missing"),
    ],
)
def test_wrong_published_values_and_claims_are_refused_before_the_first_job(
    fresh: Project, file: str, text: str, said: str
) -> None:
    (fresh.folder / "workflow/lib/oebench/published" / file).write_text(text)
    printed = fresh.call("-n", ok=False)
    assert said in printed
    assert "Traceback" not in printed


def test_a_wrong_table_of_runs_is_answered_with_a_sentence(
    made: tuple[Project, list[str]], tmp_path: Path
) -> None:
    project = made[0].copy(tmp_path / "mine")
    for text, said in (("", "is empty"), ("a,b\n1,2\n", "is not a table of runs")):
        (project.folder / "results/runs.csv").write_text(text)
        assert said in project.call("--cores", "1", "results/claims.csv", ok=False)
