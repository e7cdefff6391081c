"""What a training job is doing, in a small file that others can read while it works.

store/jobs/CONDITION/normal_class=0~seed=1-5.json, beside a lock file of the same name: as long as
the job works it holds the lock, which the system frees when the process ends, however it ends. So
no second job makes the same runs: it waits, and then finds them in the store. Both files go when
the job is done; of one that failed, was stopped or was killed the first one stays and says so.
"""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout, lock_descriptor

from oebench.files import atomic
from oebench.validation import UserError

RUNNING, FAILED, STOPPED, KILLED = "running", "failed", "stopped", "killed"
SILENT = 10.0  # seconds between two notes of where a training is
ABANDONED = 3600.0  # seconds without a note, where no lock tells whether the job works
# How schedulers tell a job its number.
SCHEDULERS = {
    "SLURM_JOB_ID": "Slurm",
    "LSB_JOBID": "LSF",
    "PBS_JOBID": "PBS",
    "JOB_ID": "Grid Engine",
}


class Stopped(UserError):
    """The job was asked to end; the message says where it goes on."""


@dataclass
class Progress:
    """Where a job is. Moments are in seconds since 1970, by the clock of its host."""

    runs: int  # how many it makes
    done: int = 0  # how many of them are finished
    member: str = ""  # the run at work, as normal_class=NUMBER/seed=NUMBER
    epoch: int = 0  # finished epochs of it
    epochs: int = 0  # of how many, 0 where there are none
    state: str = RUNNING
    reason: str = ""  # of a failure or a stop, a sentence
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    scheduler: str = field(default_factory=lambda: scheduled_as())
    began: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of what a file holds. Raises ValueError or TypeError where that is something else."""
        return cls(**json.loads(text))

    @property
    def where(self) -> str:
        """The process, as a person finds it."""
        return self.scheduler or f"process {self.pid} on {self.host}"


def scheduled_as() -> str:
    """The number that a scheduler has given this job, "" without one."""
    for name, scheduler in SCHEDULERS.items():
        if number := os.environ.get(name):
            array, task = map(os.environ.get, ("SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID"))
            return f"{scheduler} job {f'{array}_{task}' if array and task else number}"
    return ""


class Job:
    """The job of this process, which notes where it is."""

    def __init__(self, file: Path, runs: int) -> None:
        self.file = file
        self.progress = Progress(runs)
        self.noted = 0.0
        self.note()

    def begins(self, member: str, done: int) -> None:
        """It begins a run, after so many are done."""
        self.progress.member, self.progress.done = member, done
        self.progress.epoch = self.progress.epochs = 0
        self.note()

    def trained(self, epoch: int, epochs: int) -> None:
        """So many epochs of the run are done; noted every few seconds."""
        self.progress.epoch, self.progress.epochs = epoch, epochs
        if time.monotonic() - self.noted > SILENT:
            self.note()

    def ended(self, state: str, reason: str) -> None:
        self.progress.state, self.progress.reason = state, reason
        self.note()

    def note(self) -> None:
        self.progress.updated, self.noted = time.time(), time.monotonic()
        with atomic(self.file) as temporary:
            temporary.write_text(json.dumps(asdict(self.progress)), encoding="utf-8")


def file_of(store: Path, scores: Path) -> Path:
    """The file in a store that says what the job of a scores file is doing."""
    return store / "jobs" / Path(*scores.absolute().parts[-5:]).with_suffix(".json")


@contextmanager
def at_work(store: Path, scores: Path, runs: int) -> Iterator[Job]:
    """The job that makes a scores file with so many runs; only one at a time."""
    file = file_of(store, scores)
    file.parent.mkdir(parents=True, exist_ok=True)
    with alone(file):
        job = Job(file, runs)
        try:
            yield job
        except Stopped as stop:
            job.ended(STOPPED, str(stop))
            raise
        except BaseException as error:
            job.ended(FAILED, f"{error}" or type(error).__name__)
            raise
        file.unlink(missing_ok=True)


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Waits until no other job makes the same scores file."""
    lock = FileLock(file.with_suffix(".lock"))
    try:
        try:
            lock.acquire(blocking=False)
        except Timeout:
            other = read(file)
            told = f", {other.where}," if other else ""
            print(f"another job{told} makes the same runs: this one waits for it", flush=True)
            lock.acquire(poll_interval=1)
    except OSError as error:
        print(f"{file.parent} has no locks ({error.strerror}): two jobs may make the same runs")
    try:
        yield
    finally:
        # Those who wait have opened the file; they see that it is gone, and open the next one.
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def read(file: Path) -> Progress | None:
    """What a job is doing or how it ended; None where the file is gone or is none.

    A job that has noted no end but holds its lock no longer was killed.
    """
    found = parsed(file)
    if found and found.state == RUNNING and not is_held(file.with_suffix(".lock")):
        found = parsed(file)  # it may have ended in the meantime
        if found and found.state == RUNNING:
            found.state = KILLED
    return found


def parsed(file: Path) -> Progress | None:
    try:
        return Progress.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return None


def is_held(lock_file: Path) -> bool:
    """Whether a process, here or on another machine, holds a lock."""
    try:
        with lock_file.open("r+b") as file:
            return not lock_descriptor(file.fileno(), blocking=False)
    except FileNotFoundError:
        return False
    except OSError:  # no locks on this file system, or no right to them
        return time.time() - lock_file.stat().st_mtime < ABANDONED


def read_all(store: Path) -> dict[str, Progress]:
    """What all jobs of a store are doing, by the path of the scores file within all runs."""
    folder = store / "jobs"
    found = {}
    for file in sorted(folder.rglob("[!.]*.json")):
        if progress := read(file):
            found[file.relative_to(folder).with_suffix(".h5").as_posix()] = progress
    return found
