"""Is a cache as it was written, and its checksum file that of its content?

Reading and hashing 10 GB takes ten seconds, so it is done once a day: that a file was found whole
is remembered beside it, with its inode, size and dates. A file that is edited, exchanged or copied
is read again. Bits that change on the disk in between are found by HDF5's own checksum of each
chunk, when they are read; those of photos the next day.
"""

import json
import os
import time
from pathlib import Path

from oebench.artifacts import checksums, identity
from oebench.artifacts.cache import Cache
from oebench.files import atomic
from oebench.validation import UserError

REMEMBERED = 24 * 3600.0  # seconds


def verified(path: Path) -> Cache:
    """The cache at `path`. Raises UserError where it is not as it was written."""
    listed = checksums.path_of(path)
    if not path.exists():
        raise UserError(f"there is no cache {path}; `snakemake {path}` makes it")
    stated, memory = checksums.read(listed), path.with_name(f".{path.stem}.verified")
    seen = fingerprint(path)
    if remembered(memory) != seen:
        identity.check_whole(path)
        if fingerprint(path) == seen:
            remember(memory, seen)
    cache = Cache(path)
    if cache.listed != stated:
        raise UserError(
            f"{listed} does not have the checksums of {path}: one of the two is damaged or was "
            "exchanged. Delete both, and the workflow makes them again"
        )
    return cache


def fingerprint(path: Path) -> list[int]:
    """By what a file is known again."""
    status = os.stat(path)
    return [status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def remembered(memory: Path) -> object:
    try:
        old = time.time() - memory.stat().st_mtime > REMEMBERED
        return None if old else json.loads(memory.read_bytes())
    except (OSError, ValueError):
        return None


def remember(memory: Path, seen: list[int]) -> None:
    try:
        with atomic(memory) as temporary:
            temporary.write_text(json.dumps(seen), encoding="utf-8")
    except OSError:  # a folder of caches that cannot be written is read again by each job
        return
