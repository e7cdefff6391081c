"""Who has locked the folder; Snakemake's own locks do not say which process made them.

The lock of a process of this machine that was killed is removed by the next one. When that begins
to submit, it takes the dead one's jobs that have not begun out of Slurm's queue: others are
submitted in their place. Those that have begun go on, and others wait for them.
"""

import atexit
import json
import os
import shutil
import socket
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import psutil

FOLDER = Path(".snakemake/oebench/processes")
LOCKS = Path(".snakemake/locks")  # Snakemake's own
LEFT = ".left"  # the ending of a note whose process has left jobs in Slurm's queue
CLOCK = 2  # seconds by which two readings of a process's start may differ


@dataclass(frozen=True)
class Holder:
    """A Snakemake that runs jobs in this folder, or did when it was killed."""

    host: str
    pid: int
    started: float  # numbers of processes are used again
    slurm: str = ""  # the name of its jobs in Slurm's queue

    @classmethod
    def this(cls, slurm: str = "") -> Self:
        return cls(socket.gethostname(), os.getpid(), psutil.Process().create_time(), slurm)

    @property
    def here(self) -> bool:
        return self.host == socket.gethostname()

    @property
    def lives(self) -> bool:
        """Whether it still runs; of another host this cannot be told."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < CLOCK
            return self.here and same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


def release() -> list[str]:
    """Remove the lock of a process that was killed; returns what was done, in sentences.

    Nothing is done where another process may hold the lock: one that lives, or one of another
    machine, of which this cannot be told.
    """
    noted = holders()
    dead = {file: each for file, each in noted.items() if each.here and not each.lives}
    if not dead or len(dead) < len(noted):
        return []
    told = []
    for file, holder in dead.items():
        if holder.slurm:
            file.replace(file.with_suffix(LEFT))
        else:
            file.unlink(missing_ok=True)
    if any(LOCKS.glob("*.lock")):
        shutil.rmtree(LOCKS)
        who = " and ".join(map(str, dead.values()))
        told.append(f"The lock of {who}, which was killed, is removed.")
    return told


def take_back() -> list[str]:
    """Take the jobs of dead processes that have not begun out of Slurm's queue; says so."""
    told = []
    for file, holder in holders(LEFT).items():
        file.unlink(missing_ok=True)
        if shutil.which("scancel"):
            subprocess.run(["scancel", "--state=PENDING", "--name", holder.slurm], check=False)
            told.append(f"Jobs of {holder} that had not begun are taken from Slurm's queue.")
    return told


def note(slurm: str = "") -> None:
    """Say that this process holds the lock, until it ends; a process that is killed stays noted."""
    holder = Holder.this(slurm)
    file = (FOLDER / f"{holder.host}-{holder.pid}.json").absolute()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asdict(holder)), encoding="utf-8")
    atexit.register(file.unlink, missing_ok=True)


def holders(ending: str = ".json") -> dict[Path, Holder]:
    """Those that are noted, by the file that notes them; one that was not written whole is none."""
    found = {}
    for file in sorted(FOLDER.glob(f"*{ending}")):
        try:
            found[file] = Holder(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            continue
    return found


def explained(command: str) -> str:
    """Why the folder is locked and what to do; `command` removes the lock."""
    noted = [*holders().values()]
    living = [each for each in noted if each.lives]
    unseen = [each for each in noted if not each.here]
    removes = f"`{command}` removes the lock; then call again: what was finished is kept."
    for who, what in (
        (living, "still running: wait for it or stop it, then call again."),
        (unseen, f"which cannot be seen from here. Where it is gone, {removes}"),
        (noted, f"which is gone: {removes}"),
    ):
        if who:
            return f"This folder is locked by {' and '.join(map(str, who))}, {what}"
    return (
        f"This folder is locked, by whom is not known. If no other snakemake runs here, {removes}"
    )
