"""What a training job is doing, in a small file that others can read while it works.

store/jobs/CONDITION/normal_class=0~seed=1-5.json, beside a lock file of the same name: as long as
the job works it holds the lock, which the system frees when the process ends, however it ends. So
no second job makes the same runs: it waits, and then finds them in the store. Both files go when
the job is done; of one that failed, was stopped or was killed the first one stays and says so.

The lock is an flock, which Linux passes on to other machines over NFS. Where a file system has no
locks, or has them for each machine alone, a job of another machine is known by its heartbeat.
"""

import fcntl
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from oebench.files import atomic
from oebench.schedulers import scheduled_as
from oebench.validation import Strict, UserError
from oebench.wording import reason

RUNNING, FAILED, STOPPED, KILLED = "running", "failed", "stopped", "killed"
BEAT = 5.0  # seconds between two notes of where a job is
SILENT = 300.0  # seconds without one after which a job that holds no lock is taken for dead
PAUSE = 1.0  # seconds between two looks at a lock that another job holds
SAID = 600  # characters of a reason
# What a signal raises where nothing heeds it: Ctrl-C by Python, SIGTERM by the command line.
SIGNALLED: dict[type[BaseException], str] = {KeyboardInterrupt: "SIGINT", SystemExit: "SIGTERM"}


class Stopped(UserError):
    """The job was asked to end; the message says where it goes on."""


class Progress(Strict):
    """Where a job is. Moments are in seconds since 1970, by the clock of its host."""

    members: tuple[str, ...]  # the runs that it makes, in their order
    code: str = ""  # by which it makes them
    recipe: dict[str, Any] = Field({})  # likewise
    seconds: tuple[float, ...] = ()  # that each finished run took, in the same order
    member: str = ""  # the run at work
    stored: str = ""  # the name of its files in the store
    epoch: int = 0  # finished epochs of it
    epochs: int = 0  # of how many, 0 where there are none
    resumed: int = 0  # finished epochs when this job went on with it
    since: float = 0.0  # when this job went on with it
    state: Literal["running", "failed", "stopped", "killed"] = "running"
    reason: str = ""  # of a failure or a stop, a sentence
    host: str = Field(default_factory=socket.gethostname)
    pid: int = Field(default_factory=os.getpid)
    scheduler: str = Field(default_factory=scheduled_as)
    began: float = Field(default_factory=time.time)
    updated: float = Field(default_factory=time.time)

    @property
    def finished(self) -> tuple[str, ...]:
        """The runs that are in the store by now."""
        return self.members[: len(self.seconds)]

    @property
    def where(self) -> str:
        """The process, as a person finds it."""
        process = f"process {self.pid} on {self.host}"
        return f"{self.scheduler}, {process}" if self.scheduler else process


class Job:
    """The job of this process. A thread notes where it is every few seconds, whatever it does."""

    def __init__(self, file: Path, progress: Progress) -> None:
        self.file, self.progress = file, progress
        self.writing, self.over = threading.Lock(), threading.Event()
        self.heart = threading.Thread(target=self.beat, daemon=True)
        self.note()
        self.heart.start()

    def begins(self, member: str, stored: str) -> None:
        """It begins a run, whose files in the store have this name."""
        self.note(member=member, stored=stored, epoch=0, epochs=0, resumed=0)

    def trained(self, epoch: int, epochs: int) -> None:
        """So many epochs of the run are done; said once before the first of them."""
        first = {} if self.progress.epochs else {"resumed": epoch, "since": time.time()}
        self.change(epoch=epoch, epochs=epochs, **first)

    def finished(self, seconds: float) -> None:
        """The run is in the store; it took so long."""
        self.change(seconds=(*self.progress.seconds, seconds))

    def ends(self, state: str = "", reason: str = "") -> None:
        """It is over: well, or with a state and a reason, which stay."""
        self.over.set()
        self.heart.join()
        if state:
            self.note(state=state, reason=reason)
        else:
            self.file.unlink(missing_ok=True)

    def change(self, **facts: Any) -> None:
        self.progress = self.progress.model_copy(update=facts)

    def note(self, **facts: Any) -> None:
        """Write where it is. No training ends because this cannot be written."""
        with self.writing, suppress(OSError):
            self.change(**facts, updated=time.time())
            with atomic(self.file, durable=False) as temporary:
                temporary.write_text(self.progress.model_dump_json(), encoding="utf-8")

    def beat(self) -> None:
        while not self.over.wait(BEAT):
            self.note()


OURS: dict[Path, Job] = {}  # the jobs of this process, by their files


def folder_of(store: Path) -> Path:
    """Where the jobs of a store say what they are doing."""
    return store.absolute() / "jobs"


def file_of(store: Path, scores: Path) -> Path:
    """The file in a store that says what the job of a scores file is doing."""
    return folder_of(store) / Path(*scores.absolute().parts[-5:]).with_suffix(".json")


@contextmanager
def at_work(
    store: Path, scores: Path, members: Sequence[str], code: str, recipe: Mapping[str, Any]
) -> Iterator[Job]:
    """The job that makes a scores file with these runs; only one at a time.

    Within a job of the same scores file it is that job.
    """
    file = file_of(store, scores)
    if file in OURS:
        yield OURS[file]
        return
    with alone(file):
        job = Job(file, Progress(members=tuple(members), code=code, recipe=dict(recipe)))
        OURS[file] = job
        try:
            yield job
            job.ends()
        except Stopped as stop:
            job.ends(STOPPED, str(stop))
            raise
        except tuple(SIGNALLED) as signalled:
            job.ends(STOPPED, f"stopped by {SIGNALLED[type(signalled)]}")
            raise
        except Exception as error:
            what = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
            job.ends(FAILED, what + reason(error, SAID))
            raise
        finally:
            del OURS[file]


# The lock


def lock_of(file: Path) -> Path:
    return file.with_suffix(".lock")


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Waits until no other job makes the same scores file."""
    handle = None
    try:
        for attempt in count():
            handle = take(file)
            if handle is not None:
                break
            if attempt == 1:  # who only looks whether it is held, holds it for a moment
                other = read(file)
                told = f", {other.where}," if other else ""
                print(f"another job{told} makes the same runs: this one waits for it", flush=True)
            time.sleep(PAUSE if attempt else PAUSE / 10)
    except OSError as error:
        print(
            f"{file.parent} has no locks ({error.strerror}): a second job of the same runs would "
            "make them too, with the same result",
            flush=True,
        )
    try:
        yield
    finally:
        release(file, handle)


def take(file: Path) -> int | None:
    """Hold the lock: an open file, None where another job has it. Raises OSError without locks."""
    path = lock_of(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except FileNotFoundError:  # the last job here has removed the folder in this moment
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Who held it has removed its file, which may be the one that was opened.
        if os.path.samestat(os.fstat(handle), path.stat()):
            return handle
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError:
        os.close(handle)
        raise
    os.close(handle)
    return None


def release(file: Path, handle: int | None) -> None:
    """Let a lock go, with its file and the folders that are empty now."""
    lock_of(file).unlink(missing_ok=True)
    if handle is not None:
        os.close(handle)
    for folder in file.parents:
        try:
            folder.rmdir()
        except OSError:
            break
        if folder.name == "jobs":
            break


def is_held(file: Path) -> bool | None:
    """Whether a job holds its lock, here or on another machine; None where that cannot be told."""
    try:
        handle = os.open(lock_of(file), os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(handle)
    return False


# What others read


def read(file: Path) -> Progress | None:
    """What a job is doing or how it ended; None where the file is gone or says something else.

    A job that has noted no end and works no longer was killed.
    """
    found = parsed(file)
    while found and found.state == RUNNING and not works(file, found):
        again = parsed(file)  # it may have ended, or another begun, in the meantime
        if again == found:
            return found.model_copy(update={"state": KILLED})
        found = again
    return found


def works(file: Path, found: Progress) -> bool:
    """Whether a job that has noted no end is still at work."""
    held = is_held(file)
    if held is not None and (held or found.host == socket.gethostname()):
        return held
    return time.time() - found.updated < SILENT


def parsed(file: Path) -> Progress | None:
    try:
        return Progress.model_validate_json(file.read_bytes())
    except (OSError, ValueError):
        return None


def read_all(store: Path) -> dict[str, Progress]:
    """What all jobs of a store are doing, by the path of the scores file within all runs."""
    folder = folder_of(store)
    found = {}
    for file in sorted(folder.rglob("[!.]*.json")):
        if progress := read(file):
            found[file.relative_to(folder).with_suffix(".h5").as_posix()] = progress
    return found


def left_by_jobs(store: Path) -> list[Path]:
    """The notes and locks of jobs that are no longer at work."""
    there = [each for end in ("json", "lock") for each in folder_of(store).rglob(f"[!.]*.{end}")]
    return sorted(file for file in there if is_over(file.with_suffix(".json")))


def is_over(file: Path) -> bool:
    """Whether the job of a file is no longer at work, also where the file does not say so."""
    held, found = is_held(file), read(file)
    if held or (found and found.state == RUNNING):
        return False
    return held is False or found is not None


def forget(file: Path) -> None:
    """Remove the note and the lock of a job that has ended, unless another has begun.

    file: one of the two.
    """
    file = file.with_suffix(".json")
    try:
        handle = take(file)
    except OSError:  # no locks, nothing to hold
        handle = None
    else:
        if handle is None:
            return
    file.unlink(missing_ok=True)
    release(file, handle)
