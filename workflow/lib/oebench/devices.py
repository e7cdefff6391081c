"""Which GPU a training job uses.

Snakemake counts how many jobs may use a GPU at once, and does not say which GPU is whose. A job
takes a part of a device by a lock of the operating system, which ends with the job, however that
ends. The locks are those of a user of a machine, so that jobs of several workflows share its
devices, too, also where they divide them otherwise.
"""

import fcntl
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import lcm
from pathlib import Path

from oebench.files import HOST
from oebench.gpus import MOST_JOBS, VISIBLE, visible
from oebench.schedulers import scheduled_as
from oebench.validation import UserError
from oebench.wording import amount

# A device's file is locked by ranges of bytes, none of which is ever written: any number of jobs
# divides them evenly.
WHOLE = lcm(*range(1, MOST_JOBS + 1))
RETRY = 0.5  # seconds


@contextmanager
def reserved(wanted: str, per_gpu: int) -> Iterator[str | None]:
    """Have CUDA see a single device, of which this job has a part until the block ends.

    wanted: auto, cpu or cuda. per_gpu: how many jobs share a device. Gives the device's UUID, None
    where there is none to choose. To be entered before anything asks CUDA, which reads its
    environment once; for the same reason the variable keeps its value afterwards. A CUDA that sees
    one device takes no memory of another.

    A device that a scheduler has chosen is used as it is: the scheduler may give it to others, too.
    Of several that it gives to one job, the trainings in that job take theirs.
    """
    devices = {} if wanted == "cpu" else visible()
    job = scheduled()
    if not devices or (job and len(devices) == 1):
        yield next(iter(devices), None)
        return
    with part(list(devices), per_gpu, locks() / job) as device:
        os.environ[VISIBLE] = devices[device]
        print(f"uses the GPU {device}", flush=True)
        yield device


def scheduled() -> str:
    """The scheduler's job that has chosen what this process sees, as a file name; "" for none."""
    return file_name(scheduled_as()) if VISIBLE in os.environ else ""


def file_name(text: str) -> str:
    return re.sub(r"[^\w.~-]", "-", text)


def locks() -> Path:
    """The folder of this user's locks on this machine."""
    folder = Path(tempfile.gettempdir(), f"oebench-{os.getuid()}-{HOST}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Everybody can write beside it, and could hold the locks in a folder made before ours.
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise UserError(
            f"{folder}, where locks say which GPUs are taken, belongs to somebody else. Have it "
            "removed, or name another folder for temporary files in TMPDIR"
        )
    return folder


@contextmanager
def part(devices: Sequence[str], per_gpu: int, folder: Path) -> Iterator[str]:
    """One of these devices, of which this process has one of `per_gpu` parts until the block ends.

    It is the one with most free parts. Waits while none has any, and says so.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    told = False
    while (taken := take(devices, per_gpu, folder)) is None:
        if not told:
            among = f"{amount(len(devices), 'GPU')}, {amount(per_gpu, 'job')} on each"
            print(f"waits for a GPU: all are taken ({among})", flush=True)
            told = True
        time.sleep(RETRY)
    device, handle = taken
    try:
        yield device
    finally:
        os.close(handle)


def take(devices: Sequence[str], per_gpu: int, folder: Path) -> tuple[str, int] | None:
    """The device with most free parts, and its file in which one is locked; None if none is free.

    The lock is held as long as the file is open.
    """
    try:
        with open(folder / "choice", "ab") as choice:
            fcntl.lockf(choice, fcntl.LOCK_EX)  # else two that choose see each other's trials
            handles = {
                each: os.open(folder / file_name(each), os.O_RDWR | os.O_CREAT, 0o600)
                for each in devices
            }
            free = {each: lock_all(handle, per_gpu) for each, handle in handles.items()}
            device = max(devices, key=lambda each: len(free[each]))
            for each, handle in handles.items():
                if each != device or not free[each]:
                    os.close(handle)
            if not free[device]:
                return None
            for start in free[device][1:]:
                fcntl.lockf(handles[device], fcntl.LOCK_UN, WHOLE // per_gpu, start)
            os.utime(handles[device])  # what cleans temporary folders removes old files
            return device, handles[device]
    except OSError as error:
        raise UserError(
            f"the locks in {folder}, which say which GPUs are taken, cannot be used "
            f"({error.strerror}). Name a folder on a disk of this machine in TMPDIR"
        ) from None


def lock_all(handle: int, per_gpu: int) -> list[int]:
    """Lock all free parts of a device; returns where in its file they begin."""
    size, found = WHOLE // per_gpu, []
    for start in range(0, WHOLE, size):
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, size, start)
        except (BlockingIOError, PermissionError):  # taken; which of the two is up to the system
            continue
        found.append(start)
    return found
