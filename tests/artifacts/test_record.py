"""The record beside a file: what it was made of, handed on from file to file, found for copies."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scores_cases import file_of
from table_cases import SPEC

from oebench import origin
from oebench.artifacts import record, scores
from oebench.artifacts.marks import of_texts
from oebench.artifacts.record import Record
from oebench.run import Run

RUNS: record.Runs = {"device": ("cpu",), "code": ("c0de",)}
RECIPES: dict[str, dict[str, Any]] = {"quick": {"epochs": 1}}
CODE = "0123456789ab"
MARK = of_texts("table", "s", CODE, "asked", "runs")
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a file in the project, of others, with its record."""
    monkeypatch.chdir(tmp_path)

    def make(name: str, *inputs: str, text: str = "", **known: Any) -> Path:
        path = Path("results") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text or name, encoding="utf-8")
        used = [Path("results") / each for each in inputs]
        record.write(known.pop("what", "table"), [path], used, **known)
        return path

    return make


def of(path: Path) -> Record:
    found = record.read(record.beside(path))
    assert found
    return found


def first(path: Path) -> record.Found:
    return next(record.find(path, Path("results")))


def test_a_record_says_what_files_were_made_of_and_by_what(make: Make) -> None:
    study = SPEC.model_copy(update={"about": "Pets.", "recipes": RECIPES})
    make("runs.csv", text="1")
    path = make(
        "tables/s.md", "runs.csv", text=f"{MARK}", studies=[study], code=CODE, methods=["b", "a"]
    )
    found = of(path)
    assert record.beside(path) == Path("results/tables/s.provenance.json")
    assert (found.what, found.name, found.code, found.methods) == ("table", "s", CODE, ("a", "b"))
    assert found.inputs == {
        "results/runs.csv": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    }
    assert found.files == {"results/tables/s.md": record.checksum(path)}
    assert (found.mark, found.studies, found.recipes) == (str(MARK), {"s": "Pets."}, RECIPES)
    assert (found.call, found.commit) == (origin.call(), origin.commit())
    assert {"python", "numpy"} <= {*found.versions}


def test_what_is_recorded_of_runs_is_handed_on(make: Make) -> None:
    make("studies/a.csv", runs=RUNS, recipes=RECIPES)
    make("studies/b.csv", runs={"device": ("GPU",)})
    make("runs.csv", "studies/a.csv", "studies/b.csv")
    found = of(make("claims.md", "runs.csv"))
    assert found.runs == {"device": ("GPU", "cpu"), "code": ("c0de",)}
    assert found.recipes == RECIPES


def test_what_is_recorded_of_another_file_is_not_handed_on(make: Make) -> None:
    make("studies/a.csv", runs=RUNS).write_text("edited", encoding="utf-8")
    assert of(make("runs.csv", "studies/a.csv")).runs == {}


def test_of_runs_the_distinct_values_are_recorded() -> None:
    one = {
        "device": "cpu",
        "commit": "c0ffee",
        "dirty": "no",
        "images": '{"pets": "12"}',
        "status": "ok",
    }
    other = {**one, "dirty": "yes", "images": '{"pets": "12", "things": "34"}', "versions": ""}
    assert record.of_attributes([one, other, one]) == {
        "device": ("cpu",),
        "commit": ("c0ffee", "c0ffee with changes"),
        "images": ("pets 12", "things 34"),
    }
    assert record.of_attributes([{}]) == {"commit": ("unknown",)}
    assert record.of_attributes([]) == {}


def test_a_file_has_its_own_record_in_the_folder_where_it_was_made(make: Make) -> None:
    path = make("tables/s.md")
    found = first(path.absolute())
    assert (found.listed, found.how) == ("results/tables/s.md", "")
    assert record.root_of(path, found.listed) == Path.cwd()


def test_a_copy_is_known_by_its_content(make: Make) -> None:
    original = make("tables/s.md")
    copy = Path(shutil.copy(original, "mine.txt"))
    assert first(copy).how == "a copy of results/tables/s.md"
    # With its record beside it, too.
    Path("else").mkdir()
    for file in (original, record.beside(original)):
        shutil.copy(file, "else")
    found = [*record.find(Path("else/s.md"), Path("results"))]
    assert [each.how for each in found] == ["a copy of results/tables/s.md", ""]


def test_of_equal_files_a_copy_is_of_the_one_that_the_workflow_made(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("preview/s.csv", text="1")
    monkeypatch.setenv(origin.WORKFLOW, "snakemake --cores 1")
    copy = Path(shutil.copy(make("tables/s.csv", text="1"), "mine.csv"))
    assert first(copy).how == "a copy of results/tables/s.csv"


def test_a_changed_copy_is_known_by_its_mark(make: Make) -> None:
    make("tables/s.md", text=f"one\n<!-- {MARK} -->")
    make("pages/s.html", text=f"one\n<!-- {MARK} -->")
    Path("mine.md").write_text(f"other\n<!-- {MARK} -->", encoding="utf-8")
    (found,) = record.find(Path("mine.md"), Path("results"))
    assert found.how == "made of the same runs by the same code as results/tables/s.md"


def test_a_file_of_nobody_has_no_record(make: Make) -> None:
    make("tables/s.md")
    for name in ("mine.md", "s.md"):
        Path(name).write_text("mine", encoding="utf-8")
    assert not [*record.find(Path("mine.md"), Path("results"))]
    assert not [*record.find(Path("s.md"), Path("none"))]


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b'{"what": 3}'])
def test_what_is_no_record_is_passed_over(make: Make, content: bytes) -> None:
    path = make("tables/s.md")
    record.beside(path).write_bytes(content)
    assert record.read(record.beside(path)) is None
    assert not [*record.find(path, Path("results"))]
    assert of(make("runs.csv", "tables/s.md")).runs == {}


@pytest.mark.parametrize(
    ("path", "recorded", "root"),
    [
        ("/a/b/results/x.md", "results/x.md", "/a/b"),
        ("/a/b/../b/results/x.md", "results/x.md", "/a/b"),
        ("/a/x.md", "results/x.md", None),
        ("/a/results/y.md", "results/x.md", None),
        ("/a/x.md", "/a/x.md", "."),
        ("/b/x.md", "/a/x.md", None),
        ("/a/x.md", "", None),
    ],
)
def test_the_folder_of_a_project_follows_from_the_path_of_a_file(
    path: str, recorded: str, root: str | None
) -> None:
    expected = root and Path(root).absolute()
    assert record.root_of(Path(path), recorded) == expected


def test_the_checksum_of_scores_is_the_one_that_they_begin_with(tmp_path: Path) -> None:
    run = Run("pets", None, None, None, 0.0, "kde", None, None, "pca", False, 0, 1)
    path = file_of(tmp_path, run)
    scores.write(path, run.member, {}, {"status": "ok"})
    line = json.loads(path.read_bytes().partition(b"\n")[0])
    assert record.checksum(path) == line["sha256"]
    assert line["call"]["file"] == path.as_posix()
    path.write_bytes(b"no scores")
    assert record.checksum(path) == hashlib.sha256(b"no scores").hexdigest()
