"""Files appear whole or not at all, and are known by their checksum."""

import hashlib
import os
import re
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

import psutil

HOST = re.sub("[^A-Za-z0-9.]", "-", socket.gethostname())[:64]
# The name of a temporary file says who writes it: .NAME~HOST~PROCESS~RANDOM.SUFFIX
TEMPORARY = re.compile(r"\.(?P<name>.*)~(?P<host>[A-Za-z0-9.-]+)~(?P<process>\d+)~\w+(\.\w+)?")
BROKEN = ".broken"  # the ending of a file that is put aside
ABANDONED = 24 * 3600.0  # seconds without a write, where nobody can ask whether the writer lives
CLOCK = 60.0  # seconds by which the clocks of a file system and of a process's start may differ


@contextmanager
def atomic(path: Path, durable: bool = True) -> Iterator[Path]:
    """A temporary name beside `path` to write to; renamed to `path` if the block ends well.

    durable: it is on the disk before it has its name, so that also a machine that loses power
    leaves the old file or the new one. The temporary name keeps the suffix, by which libraries
    choose the format. What dead writers of the same file have left is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in left_behind(path.parent, path.stem):
        left.unlink(missing_ok=True)
    prefix = f".{path.stem}~{HOST}~{os.getpid()}~"
    handle, name = tempfile.mkstemp(suffix=path.suffix, prefix=prefix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        if durable:
            synchronise(temporary)
        temporary.replace(path)
        if durable:
            synchronise(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def synchronise(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:  # some file systems cannot do it for folders
        if not path.is_dir():
            raise
    finally:
        os.close(handle)


def left_behind(folder: Path, stem: str | None = None) -> Iterator[Path]:
    """Temporary files in a folder whose writers are dead: of the files with this stem, or of all.

    Of a writer on another host it is only known when it wrote last.
    """
    with os.scandir(folder) as entries:
        for entry in entries:
            found = TEMPORARY.fullmatch(entry.name)
            if not found or stem not in (None, found["name"]):
                continue
            try:
                written = entry.stat().st_mtime
            except FileNotFoundError:  # just finished
                continue
            if found["host"] == HOST:
                dead = not lives(int(found["process"]), written)
            else:
                dead = time.time() - written > ABANDONED
            if dead:
                yield Path(entry.path)


def lives(process: int, moment: float) -> bool:
    """Whether the process that had this number at a moment, in seconds since 1970, still runs.

    One that was killed keeps its number until its parent takes note, which an orphan's may do much
    later; and numbers are used again.
    """
    try:
        found = psutil.Process(process)
        same = found.create_time() < moment + CLOCK
        return same and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def sha256(path: Path) -> str:
    """The SHA-256 of a file as hex digits."""
    return digest(path, "sha256")


def digest(path: Path, algorithm: str) -> str:
    """The checksum of a file as hex digits. algorithm: as `hashlib` names it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


class Checksum(NamedTuple):
    """What a file's checksum has to be, or begin with, as its publisher says."""

    digits: str
    name: Literal["MD5", "SHA-256"] = "MD5"

    def of(self, path: Path) -> str:
        """The checksum that a file has."""
        return digest(path, self.name.lower().replace("-", ""))

    def fits(self, found: str) -> bool:
        return found.startswith(self.digits)
