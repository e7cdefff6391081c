"""What is left behind is counted, and removed only where nobody needs it."""

import os
from pathlib import Path

import pytest

from oebench.artifacts import progress, scores
from oebench.artifacts.progress import Progress, at_work, file_of, lock_of
from oebench.files import HOST
from oebench.upkeep import counted

DEAD = 2**31 - 2  # no process has this number
FILE = "dataset=d/oe=none/objective=kde/recipe=pca~augment=off/normal_class=0~seed=1.h5"
MEMBER = "normal_class=0/seed=1"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("results").mkdir()
    return tmp_path


def told(prune: bool = False, checkpoints: bool = False) -> list[str]:
    """What is counted beside the finished runs."""
    return [*counted(Path("results"), [Path("resources")], prune, checkpoints)][1:]


def write(name: str, megabytes: float = 1) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * int(megabytes * 1e6))
    return path


def finish(key: str) -> Path:
    """A finished run of the store with the state of its training."""
    stored = Path("results/store", key[:2], f"{key}.h5")
    with scores.created(stored, {}):
        pass
    return write(f"results/store/{key[:2]}/{key}.pt")


def test_temporaries_are_found_wherever_they_were_written() -> None:
    places = ("results", "results/looks", "results/tables", "results/store/ab", "resources/caches")
    left = [write(f"{place}/.a~{HOST}~{DEAD}~x.png") for place in places]
    mine = write(f"results/looks/.a~{HOST}~{os.getpid()}~x.png")
    assert told() == ["5 temporary files, 5.0 MB, left behind; --prune removes them"]
    assert told(prune=True) == ["5 temporary files, 5.0 MB, removed"]
    assert [path.exists() for path in left] == [False] * 5
    assert mine.exists()


def test_a_checkpoint_goes_only_where_its_run_is_finished() -> None:
    over, needed = finish("ab1"), write("results/store/ab/ab2.pt", 2)
    damaged = write("results/store/ab/ab3.pt", 2)
    write("results/store/ab/ab3.h5")
    assert told(prune=True) == [
        "1 stale checkpoint, 1.0 MB, removed",
        "2 checkpoints, 4.0 MB, left behind; unfinished runs go on from them; --prune "
        "--checkpoints removes them",
    ]
    assert [path.exists() for path in (over, needed, damaged)] == [False, True, True]
    assert told(checkpoints=True)[0].startswith("2 checkpoints, 4.0 MB, left behind")
    assert needed.exists()
    assert told(prune=True, checkpoints=True) == ["2 checkpoints, 4.0 MB, removed"]
    assert not needed.exists()


def test_a_checkpoint_of_a_run_at_work_stays_whatever_is_asked_for() -> None:
    state = write("results/store/ab/ab1.pt")
    with at_work(Path("results/store"), Path("runs", FILE), [MEMBER], "", {}) as job:
        job.begins(MEMBER, "ab1")
        assert told(prune=True, checkpoints=True) == []
        assert progress.read(job.file)
    assert state.exists()


def test_what_jobs_have_left_goes_with_its_folders() -> None:
    """Its process is this one, which does not hold the lock."""
    note = file_of(Path("results/store"), Path("runs", FILE))
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(Progress(members=(MEMBER,)).model_dump_json(), encoding="utf-8")
    lock_of(note).touch()
    assert told() == ["2 stale job files, 0.0 MB, left behind; --prune removes them"]
    told(prune=True)
    assert not Path("results/store/jobs").exists()


def test_finished_runs_and_unfinished_downloads_stay() -> None:
    kept = [finish("ab1").with_suffix(".h5"), write("resources/downloads/d/a.gz.part")]
    told(prune=True, checkpoints=True)
    assert [path.exists() for path in kept] == [True, True]


def test_there_may_be_no_results_at_all() -> None:
    Path("results").rmdir()
    assert [*counted(Path("results"), [Path("resources")])] == [
        "0 finished runs in results/store, 0.0 MB"
    ]
