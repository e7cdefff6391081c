"""Who has locked the folder; Snakemake's own locks do not say which process made them."""

import atexit
import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import psutil

FOLDER = Path(".snakemake/oebench/processes")
CLOCK = 2  # seconds by which two readings of a process's start may differ


@dataclass(frozen=True)
class Holder:
    """A Snakemake that runs jobs in this folder, or did when it was killed."""

    host: str
    pid: int
    started: float  # numbers of processes are used again

    @classmethod
    def this(cls) -> Self:
        return cls(socket.gethostname(), os.getpid(), psutil.Process().create_time())

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


def note() -> None:
    """Say that this process holds the lock, until it ends; a process that is killed stays noted."""
    for file, holder in holders().items():
        if holder.here and not holder.lives:
            file.unlink(missing_ok=True)
    holder = Holder.this()
    file = (FOLDER / f"{holder.host}-{holder.pid}.json").absolute()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asdict(holder)), encoding="utf-8")
    atexit.register(file.unlink, missing_ok=True)


def holders() -> dict[Path, Holder]:
    """Those that are noted, by the file that notes them; one that was not written whole is none."""
    found = {}
    for file in sorted(FOLDER.glob("*.json")):
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
