"""Files of studies that were renamed or removed are named, with the command that removes them."""

import subprocess
from pathlib import Path

import pytest
from table_cases import SPEC

from oebench.reporting.leftover import leftovers, told

RESULTS = Path("results")
OWN = ["plan/plan.json", "plan/s.json", "studies/s.csv", "tables/s.md", "comparisons/s.csv"]
STUDY = SPEC.model_copy(update={"compare": True})  # it has neither a curve nor a look


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(*OWN)


def write(*files: str) -> None:
    for file in files:
        path = RESULTS / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")


def test_what_the_configuration_asks_for_is_no_leftover() -> None:
    assert told([STUDY], RESULTS) == ""
    assert told([STUDY], Path("nothing here")) == ""


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("plan/old.json", "rm results/*/old.*"),
        ("studies/old.csv", "rm results/*/old.*"),
        ("tables/old.tex", "rm results/*/old.*"),
        ("comparisons/old.html", "rm results/*/old.*"),
        ("figures/s.svg", "rm results/figures/s.*"),
        ("looks/s.png", "rm results/looks/s.*"),
    ],
)
def test_a_study_that_is_gone_and_what_a_study_no_longer_has_are_named(
    file: str, command: str
) -> None:
    write(file)
    assert told([STUDY], RESULTS) == (
        f"Not of this configuration: 1 file, results/{file}. Nothing removes them but you, where "
        f"they are no longer wanted: {command}"
    )


@pytest.mark.parametrize(
    "file", ["tables/notes.txt", "tables/.old.csv", "looks/dataset=a/seed=1.png", "runs/old.csv"]
)
def test_what_no_step_of_a_study_wrote_is_passed_over(file: str) -> None:
    write(file)
    assert told([STUDY], RESULTS) == ""


def test_many_are_counted_and_the_command_removes_just_those() -> None:
    many = [f"tables/{name}{end}" for name in ("a", "b c") for end in (".csv", ".md", ".tex")]
    write(*many, "figures/s.csv")
    sentence, _, command = told([STUDY], RESULTS).rpartition(": ")
    assert sentence.startswith(
        "Not of this configuration: 7 files, results/tables/a.csv, results/tables/a.md, "
        "results/tables/a.tex and more. "
    )
    assert command == "rm results/*/a.* results/*/'b c'.* results/figures/s.*"
    subprocess.run(command, shell=True, check=True)
    assert leftovers([STUDY], RESULTS) == []
    assert all((RESULTS / file).exists() for file in OWN)
