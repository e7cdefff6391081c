"""What is deleted so that runs that ended badly are made again, and what stays."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oebench.artifacts import scores
from oebench.artifacts.manifest import Group, StudyManifest
from oebench.artifacts.progress import FAILED, Progress, file_of
from oebench.artifacts.stored import finished_file, store_key
from oebench.evaluation.retry import HONEST, NOTHING, retry
from oebench.run import Run
from oebench.training import store
from oebench.validation import UserError

RUN = Run("digits", None, None, None, 0.0, "kde", None, None, "pca", False, 3, 1)
RUNS = [replace(RUN, seed=seed) for seed in (1, 2, 3)]
CODE, IMAGES = "c0de", {"digits": "12"}
FILE = f"{RUN.condition}/normal_class=3~seed=1-3.h5"
STUDY = StudyManifest(
    name="s",
    title="S",
    groups=(Group(file=FILE, normal_classes=(3,), seeds=(1, 2, 3), code=CODE),),
    expected=3,
    epochs=(),
)
COMMAND = ["snakemake", "s"]


def make(run: Run, *_: Any) -> store.Made:
    """Seed 1 goes well, seed 2 collapses, seed 3 diverges."""

    def score() -> tuple[np.ndarray, np.ndarray]:
        if run.seed == 3:
            raise scores.Diverged("nan")
        values = np.arange(4, dtype=np.float32) if run.seed == 1 else np.ones(4, np.float32)
        return values, values

    arrays, found = scores.contents(run, np.array([3, 3, 4, 4]), ["x"] * 10, score)
    return store.Made(arrays, {**asdict(run), **found, "device": "cpu", "versions": "1"})


def fill(folder: Path) -> Path:
    """The scores file of the three runs, made or adopted."""
    path, members = folder / "runs" / FILE, [run.member for run in RUNS]
    store.fill(path, members, folder / "store", CODE, {}, "float32", lambda run: IMAGES, make)
    return path


def stored(folder: Path, run: Run) -> Path:
    return finished_file(folder / "store", store_key(run, {}, "float32", CODE, IMAGES))


def told(folder: Path, dry_run: bool = False, job: Progress | None = None) -> list[str]:
    jobs = {FILE: job} if job else {}
    return [*retry([STUDY], folder, folder / "caches", jobs, COMMAND, dry_run)]


def test_runs_that_collapsed_or_diverged_are_made_again_and_no_others(tmp_path: Path) -> None:
    path = fill(tmp_path)
    assert told(tmp_path) == [
        f"{path.parent / RUNS[1].member} has collapsed; its scores were deleted",
        f"{path.parent / RUNS[2].member} has diverged; its scores were deleted",
        HONEST,
        "`snakemake s` makes them again.",
    ]
    assert [stored(tmp_path, run).exists() for run in RUNS] == [True, False, False]
    assert not path.exists()
    fill(tmp_path)
    assert [stored(tmp_path, run).exists() for run in RUNS] == [True, True, True]


def test_a_dry_run_deletes_nothing(tmp_path: Path) -> None:
    path = fill(tmp_path)
    first, *_, last = told(tmp_path, dry_run=True)
    assert first.endswith("seed=2 has collapsed; its scores would be deleted")
    assert last == "`snakemake s` makes them again."
    assert [file.exists() for file in (path, *(stored(tmp_path, run) for run in RUNS))] == [
        True
    ] * 4


def test_it_is_said_what_is_lost_with_them(tmp_path: Path) -> None:
    """A good run that the store has lost is in the scores file only."""
    fill(tmp_path)
    stored(tmp_path, RUNS[0]).unlink()
    lines = told(tmp_path, dry_run=True)
    assert lines[2] == (
        "  1 other run trained again too, for they are in the same file and the store has lost "
        f"them: {RUNS[0].member}"
    )


def test_the_note_of_a_job_that_was_broken_off_is_forgotten(tmp_path: Path) -> None:
    failed = Progress(members=(), state=FAILED, reason="no")
    note = file_of(tmp_path / "store", tmp_path / "runs" / FILE)
    note.parent.mkdir(parents=True)
    note.write_text(json.dumps({}))
    assert told(tmp_path, dry_run=True, job=failed)[0].startswith(f"{FILE} failed; it goes on")
    assert note.exists()
    assert told(tmp_path, job=failed)[-1] == "`snakemake s` makes them again."
    assert not note.exists()


def test_where_all_went_well_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert told(tmp_path) == [NOTHING]


def test_nothing_goes_while_a_job_is_at_work(tmp_path: Path) -> None:
    path = fill(tmp_path)
    with pytest.raises(UserError, match=r"^1 job of .* at work, first process 7 on node: wait"):
        told(tmp_path, job=Progress(members=(), host="node", pid=7, scheduler=""))
    assert path.exists()
