"""Is the content of a cache what its checksums say?

Reading and hashing 10 GB takes seconds, so it is done once: that a file was found good is
remembered beside it, with its inode, size and dates. A file that is edited, exchanged or copied is
read again; bits that change on the disk later are found by HDF5's own checksum of each chunk, when
they are read.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from oebench.artifacts import checksums, content
from oebench.artifacts.cache import Cache
from oebench.artifacts.checksums import Checksums
from oebench.artifacts.ragged import reading
from oebench.files import atomic
from oebench.validation import UserError

BLOCK = 1 << 24  # bytes that are read at once


def verified(path: Path) -> Cache:
    """The cache at `path`. Raises UserError where its content is not what its checksums say."""
    cache = Cache(path)
    total, stated = cache.checksum, checksums.read(checksums.path_of(path))
    seen = fingerprint(path, stated)
    memory = path.with_name(f".{path.stem}.verified")
    if remembered(memory) == seen:
        return cache
    if recomputed(cache) != (total, stated):
        raise UserError(
            f"the content of {path} is damaged or was exchanged: its checksum is not the one in "
            f"{checksums.path_of(path)}. Delete both, and the workflow makes them again"
        )
    if fingerprint(path, stated) == seen:
        remember(memory, seen)
    return cache


def fingerprint(path: Path, stated: Checksums) -> list[int | str]:
    """By what a file is known again, with the checksums that it was compared with."""
    status = os.stat(path)
    known = [status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]
    return [*known, *(f"{count} {digest}" for count, digest in stated.items())]


def remembered(memory: Path) -> object:
    try:
        return json.loads(memory.read_bytes())
    except (OSError, ValueError):
        return None


def remember(memory: Path, seen: list[int | str]) -> None:
    try:
        with atomic(memory) as temporary:
            temporary.write_text(json.dumps(seen), encoding="utf-8")
    except OSError:  # a folder of caches that cannot be written is read again by each job
        return


def recomputed(cache: Cache) -> tuple[str, Checksums]:
    """The checksum of all that a cache holds, and those that its checksum file should have.

    Raises UserError where it cannot be read.
    """
    with reading(cache.path), h5py.File(cache.path, locking=False) as file:
        digests = {split: content.SplitDigest() for split in file}
        parts = {split: of_split(file[split], digests[split]) for split in file}
    total = content.of_cache(cache.classes, [*cache.image], parts)
    whole = {checksums.WHOLE: total}
    return total, whole if cache.seed is None else digests["train"].beginnings


def of_split(group: h5py.Group, digest: content.SplitDigest) -> str:
    """The checksum of a split as it lies in a file."""
    labels = group["labels"][:]
    if "pixels" in group:
        sizes = group["sizes"][:]
        shapes = np.insert(sizes, 0, group.attrs["channels"], axis=1)
        pixels, ends = group["pixels"], shapes.prod(axis=1).cumsum()
        bytes_each = int(ends[-1]) // len(labels)
    elif "images" not in group and not len(labels):
        return digest.finish(labels, labels)  # nobody knows the shape of no image
    else:
        pixels = group["images"]
        shapes, ends = np.array(pixels.shape[1:]), np.arange(1, len(labels) + 1)
        bytes_each = int(shapes.prod())
    first = 0
    for count, images in blocks(len(labels), max(1, BLOCK // max(1, bytes_each))):
        last = int(ends[count - 1])
        digest.add(pixels[first:last], images)
        first = last
    return digest.finish(shapes, labels)


def blocks(images: int, most: int) -> Iterator[tuple[int, int]]:
    """How many images there are with each block, and in it; none reaches over a power of two.

    >>> [*blocks(7, most=3)]
    [(1, 1), (2, 1), (4, 2), (7, 3)]
    """
    done = 0
    while done < images:
        power = 1 << done.bit_length()  # the next one
        last = min(done + most, power, images)
        yield last, last - done
        done = last
