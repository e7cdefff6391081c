"""Writing a cache: see `cache.py` for what is in it."""

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from oebench.artifacts.cache import checksum_path
from oebench.files import atomic

BLOCK = 1 << 24  # bytes that are gathered before they are written
CHUNK = 1 << 18  # bytes, of arrays whose length is not known beforehand
DARK = 32  # a brightest pixel below it is seldom meant


class Writer:
    """Takes the images of a new cache, split by split, and knows their checksum at the end."""

    def __init__(self, file: h5py.File, classes: list[str]) -> None:
        self.file, self.classes = file, classes
        self.parts: dict[str, str] = {}
        self.beginnings: dict[int, str] = {}
        self.ranges: dict[str, tuple[int, int]] = {}  # darkest and brightest pixel of each split

    @property
    def checksum(self) -> str:
        """SHA-256 over classes, types, shapes and values; dates and paths do not count."""
        return hashlib.sha256(
            json.dumps([self.classes, self.parts], sort_keys=True).encode()
        ).hexdigest()

    def add(self, split: str, images: np.ndarray, labels: np.ndarray) -> None:
        """Images uint8 (N, C, H, W) and labels int64 (N,)."""
        self.file[f"{split}/images"] = images
        self.see(split, images)
        digest = hashlib.sha256(np.ascontiguousarray(images).data)
        self.finish(split, digest, np.array(images.shape[1:]), labels)

    def add_each(
        self, split: str, pairs: Iterable[tuple[np.ndarray, int]], ragged: bool
    ) -> np.ndarray:
        """Images uint8 (C, H, W) one by one, each with its label; returns the labels (N,).

        `beginnings` gets a checksum of the first 1, 2, 4, 8, ... images and of all.
        """
        digest, labels, shapes, waiting = hashlib.sha256(), [], [], 0
        block: list[np.ndarray] = []
        for image, label in pairs:
            digest.update(np.ascontiguousarray(image).data)
            labels.append(label)
            shapes.append(image.shape)
            if (len(labels) & (len(labels) - 1)) == 0:  # a power of two
                self.beginnings[len(labels)] = digest.hexdigest()
            block.append(image.ravel() if ragged else image[None])
            waiting += image.nbytes
            if waiting > BLOCK:
                self.append(split, block)
                block, waiting = [], 0
        if block:
            self.append(split, block)
        self.beginnings[len(labels)] = digest.hexdigest()
        found, sizes = np.array(labels, dtype=np.int64), np.array(shapes, dtype=np.int64)
        if ragged and labels:
            group = self.file[split]
            group["sizes"] = sizes[:, 1:]
            group["offsets"] = np.concatenate([[0], sizes.prod(axis=1).cumsum()])[:-1]
            group.attrs["channels"] = sizes[0, 0]
        self.finish(split, digest, sizes if ragged else sizes[:1].ravel(), found)
        return found

    def append(self, split: str, block: list[np.ndarray]) -> None:
        """Lengthen the array of a split by flat pixels or whole images."""
        values = np.concatenate(block)
        self.see(split, values)
        name = f"{split}/{'pixels' if values.ndim == 1 else 'images'}"
        if name not in self.file:
            shape = values.shape[1:]
            rows = max(1, CHUNK // int(np.prod(shape, initial=1)))
            self.file.create_dataset(
                name, data=values, maxshape=(None, *shape), chunks=(rows, *shape)
            )
            return
        array = self.file[name]
        array.resize(len(array) + len(values), axis=0)
        array[-len(values) :] = values

    def see(self, split: str, pixels: np.ndarray) -> None:
        """Note the darkest and the brightest of some pixels."""
        if pixels.size:
            low, high = self.ranges.get(split, (255, 0))
            self.ranges[split] = min(low, int(pixels.min())), max(high, int(pixels.max()))

    def range_of(self, split: str) -> str:
        """From where to where the pixels of a split go, in words."""
        low, high = self.ranges.get(split, (0, 0))
        dark = "; is the brightest meant to be so dark?" if high < DARK else ""
        return f"pixels from {low} to {high}{dark}"

    def finish(
        self, split: str, pixels: "hashlib._Hash", shapes: np.ndarray, labels: np.ndarray
    ) -> None:
        """Labels (N,), and the checksum of the split: pixels, then shapes, then labels."""
        group = self.file.require_group(split)
        group["labels"] = labels
        group.attrs["counts"] = np.bincount(labels, minlength=len(self.classes))
        pixels.update(shapes.tobytes() + labels.tobytes())
        self.parts[split] = pixels.hexdigest()


@contextmanager
def create(path: Path, classes: list[str], provenance: Mapping[str, Any]) -> Iterator[Writer]:
    """A new cache: add the splits to what this gives. Nothing appears if the block fails.

    provenance: where the images come from; values are kept as JSON attributes of the file and may
    change until the block ends. With a `seed` in it, the cache is the beginning of what that seed
    draws from a pool: its checksum file has a line for each of the `beginnings`.
    """
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    with atomic(path) as temporary, h5py.File(temporary, "w", locking=False) as file:
        writer = Writer(file, classes)
        yield writer
        total = writer.checksum
        file.attrs["checksum"] = total
        file.attrs["classes"] = classes
        for key, value in {**provenance, "versions": versions}.items():
            file.attrs[key] = json.dumps(value)
    lines = [f"{total}\n"]
    if provenance.get("seed") is not None:
        lines = [f"{count} {digest}\n" for count, digest in writer.beginnings.items()]
    with atomic(checksum_path(path)) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")
