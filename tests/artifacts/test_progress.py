"""A job holds a lock and says where it is: real processes that work, wait, stop and are killed."""

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oebench.artifacts import progress
from oebench.artifacts.progress import (
    KILLED,
    RUNNING,
    Progress,
    at_work,
    file_of,
    forget,
    is_held,
    left_by_jobs,
    lock_of,
    read,
    read_all,
)
from oebench.schedulers import VARIABLES
from oebench.validation import UserError

LIBRARY = Path(__file__).parents[2] / "workflow/lib"
CONDITION = "dataset=d/oe=none/objective=kde/recipe=pca~augment=off"
FILE = f"{CONDITION}/normal_class=0~seed=1-2.h5"
MEMBERS = ("normal_class=0/seed=1", "normal_class=0/seed=2")
# A job of these runs, which take so many seconds each, or fail for a reason.
JOB = """
import signal, sys, time
from dataclasses import asdict
from pathlib import Path
import numpy as np
from oebench.artifacts import scores
from oebench.cli import end
from oebench.training import store

def make(run, stored, job):
    job.trained(2, 7)
    print("begins", run.member, flush=True)
    time.sleep(float(sys.argv[1]))
    if sys.argv[2:]:
        raise RuntimeError(sys.argv[2])
    arrays = {name: np.full(1, run.seed, np.float32) for name in scores.NAMES}
    return store.Made(arrays, {**asdict(run), "status": "ok", "train_seconds": 0.4})

signal.signal(signal.SIGTERM, end)
store.fill(Path("runs", FILE), MEMBERS, Path("store"), "c0de", {}, "", lambda run: {}, make)
"""


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store of a folder in which this process and jobs work."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "store"


@pytest.fixture
def note(store: Path) -> Path:
    """What the job says of itself."""
    return file_of(store, Path("runs", FILE))


def begin(seconds: float, *reason: str) -> subprocess.Popen[str]:
    """A job whose runs take so long, and fail for a reason."""
    return subprocess.Popen(
        [sys.executable, "-c", f"{FILE=}\n{MEMBERS=}\n{JOB}", str(seconds), *reason],
        env={**os.environ, "PYTHONPATH": str(LIBRARY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def heard(job: subprocess.Popen[str], word: str) -> None:
    """Wait until a job has printed a line with this word."""
    assert job.stdout
    assert any(word in line for line in iter(job.stdout.readline, "")), job.communicate()


def kill(job: subprocess.Popen[str], number: int) -> None:
    job.send_signal(number)
    job.communicate()


# At work


def test_a_second_job_of_the_same_runs_waits_and_then_adopts_them(note: Path) -> None:
    first = begin(1)
    heard(first, "begins normal_class=0/seed=1")
    second = begin(0)
    told, _ = second.communicate()
    who = f"process {first.pid} on {socket.gethostname()}"
    lines = [line.partition(": ") for line in told.splitlines()]
    assert lines[0][0] == f"another job, {who}, makes the same runs"
    assert [told for _, _, told in lines[1:]] == ["adopted, trained before"] * 2
    assert (first.wait(), second.returncode) == (0, 0)


def test_a_job_says_where_it_is_and_leaves_nothing(note: Path, store: Path) -> None:
    job = begin(0.5)
    heard(job, "begins normal_class=0/seed=2")
    found = read(note)
    assert found
    assert (found.state, found.member, found.pid) == (RUNNING, MEMBERS[1], job.pid)
    assert (found.finished, found.seconds) == (MEMBERS[:1], (0.4,))
    assert (found.code, found.recipe) == ("c0de", {})
    assert (store / found.stored[:2] / found.stored).suffix == ""
    assert read_all(store) == {FILE: found}
    assert left_by_jobs(store) == []
    job.communicate()
    assert read_all(store) == {}
    assert not (store / "jobs").exists()


def test_the_heart_beats_while_a_run_takes_long(
    note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "BEAT", 0.02)
    with at_work(Path("store"), Path("runs", FILE), MEMBERS, "", {}) as job:
        job.begins(MEMBERS[0], "key")
        first = read(note)
        job.trained(3, 9)  # said, not written: the training does not wait for a disk
        time.sleep(0.2)
        found = read(note)
        assert first
        assert found
        assert (found.epoch, found.epochs, found.resumed) == (3, 9, 3)
        assert found.updated > first.updated


def test_within_a_job_of_the_same_scores_file_it_is_that_job() -> None:
    """The command line begins the job, so that it notes what fails before the first run."""
    scores = Path("runs", FILE)
    with at_work(Path("store"), scores, MEMBERS, "", {}) as outer:
        with at_work(Path("store").absolute(), scores.absolute(), MEMBERS, "", {}) as inner:
            assert inner is outer
        assert read(file_of(Path("store"), scores))


# Broken off


def test_a_job_that_was_killed_frees_its_lock_and_reads_as_killed(note: Path, store: Path) -> None:
    job = begin(60)
    heard(job, "begins normal_class=0/seed=1")
    assert is_held(note)
    kill(job, signal.SIGKILL)
    assert not is_held(note)
    found = read(note)
    assert found
    assert (found.state, found.reason, found.member) == (KILLED, "", MEMBERS[0])
    begin(0).communicate()
    assert not (store / "jobs").exists()


@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGTERM, "SIGTERM"), (signal.SIGINT, "SIGINT")]
)
def test_a_job_that_was_stopped_says_so(note: Path, number: int, name: str) -> None:
    job = begin(60)
    heard(job, "begins normal_class=0/seed=1")
    kill(job, number)
    found = read(note)
    assert found
    assert (found.state, found.reason) == ("stopped", f"stopped by {name}")


def test_a_job_that_failed_says_why(note: Path) -> None:
    begin(0, "the disk\nis full").communicate()
    found = read(note)
    assert found
    assert (found.state, found.reason) == ("failed", "RuntimeError: the disk is full")


def test_what_a_person_can_mend_is_said_as_a_sentence(note: Path) -> None:
    with pytest.raises(UserError), at_work(Path("store"), Path("runs", FILE), MEMBERS, "", {}):
        raise UserError("device: cuda is configured, but there is no GPU")
    found = read(note)
    assert found
    assert found.reason == "device: cuda is configured, but there is no GPU"


def test_what_a_job_has_left_is_forgotten_unless_another_is_at_work(
    note: Path, store: Path
) -> None:
    begin(0, "no").communicate()
    assert left_by_jobs(store) == [note]
    job = begin(60)
    heard(job, "begins normal_class=0/seed=1")
    assert left_by_jobs(store) == []
    forget(note)
    assert is_held(note)
    kill(job, signal.SIGKILL)
    assert left_by_jobs(store) == [note, lock_of(note)]
    forget(lock_of(note))
    assert not (store / "jobs").exists()


def test_many_jobs_of_the_same_runs_work_one_after_the_other(store: Path) -> None:
    """The lock file is removed by each of them while others wait for it."""
    for job in [begin(0.1) for _ in range(4)]:
        out, err = job.communicate()
        assert (job.returncode, err) == (0, "")
        made = out.count("begins")
        assert made in (0, 2)
    assert not (store / "jobs").exists()


# File systems


def refused(number: int) -> Callable[..., None]:
    def flock(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    return flock


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_without_locks_a_job_goes_on_and_is_known_by_its_heartbeat(
    note: Path,
    store: Path,
    number: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(fcntl, "flock", refused(number))
    with at_work(store, Path("runs", FILE), MEMBERS, "", {}) as job:
        told = f"{note.parent} has no locks ({os.strerror(number)}): a second job"
        assert capsys.readouterr().out.startswith(told)
        assert is_held(note) is None
        assert [each.state for each in read_all(store).values()] == [RUNNING]
        assert left_by_jobs(store) == []
    assert not (store / "jobs").exists()
    note.parent.mkdir(parents=True)
    long_ago = job.progress.model_copy(update={"updated": time.time() - 301})
    note.write_text(long_ago.model_dump_json(), encoding="utf-8")
    assert [each.state for each in read_all(store).values()] == [KILLED]
    assert left_by_jobs(store) == [note]
    forget(note)
    assert not (store / "jobs").exists()


@pytest.mark.parametrize(("silent", "state"), [(299, RUNNING), (301, KILLED)])
def test_a_job_elsewhere_whose_lock_is_not_seen_here_lives_as_long_as_it_writes(
    note: Path, silent: float, state: str
) -> None:
    """Some file systems have locks for each machine alone."""
    elsewhere = Progress(members=MEMBERS, host="node7", updated=time.time() - silent)
    note.parent.mkdir(parents=True)
    note.write_text(elsewhere.model_dump_json(), encoding="utf-8")
    found = read(note)
    assert found
    assert found.state == state


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", '{"members": ["a"]', "[]", "null", "[" * 100_000, '{"members": 3}'),
        *('{"members": [], "epoch": "many"}', '{"members": [], "state": "asleep"}'),
        *('{"members": [], "more": 1}', '{"members": [], "began": NaN}', "\udcff"),
    ],
    ids=range(12),
)
def test_a_foreign_or_half_written_note_is_none(note: Path, store: Path, text: str) -> None:
    note.parent.mkdir(parents=True)
    note.write_text(text, encoding="utf-8", errors="surrogateescape")
    assert read(note) is None
    assert read_all(store) == {}
    assert left_by_jobs(store) == [note]


def test_a_note_that_cannot_be_read_is_none(note: Path, store: Path) -> None:
    note.mkdir(parents=True)
    assert read(note) is None
    assert read_all(store) == {}


def test_a_job_whose_notes_cannot_be_written_works_all_the_same(
    note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(progress, "atomic", full)
    with at_work(Path("store"), Path("runs", FILE), MEMBERS, "", {}) as job:
        job.begins(MEMBERS[0], "key")
    assert job.progress.member == MEMBERS[0]


def test_a_job_says_which_process_of_which_scheduler_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in VARIABLES:
        monkeypatch.delenv(each, raising=False)
    process = f"process {os.getpid()} on {socket.gethostname()}"
    assert Progress(members=MEMBERS).where == process
    monkeypatch.setenv("SLURM_JOB_ID", "12")
    found = Progress(members=MEMBERS)
    assert found.where == f"Slurm job 12, {process}"
    assert Progress.model_validate(json.loads(found.model_dump_json())) == found
