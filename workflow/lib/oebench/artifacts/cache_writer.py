"""Writing a cache: see `cache.py` for what is in it."""

import json
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from oebench import origin
from oebench.artifacts import checksums, content, identity
from oebench.files import atomic

BLOCK = 1 << 24  # bytes that are gathered before they are written
CHUNK = 1 << 18  # bytes that HDF5 reads, and checks, at once
DARK = 32  # a brightest pixel below it is seldom meant


class Writer:
    """Takes the images of a new cache, split by split, and knows their checksum at the end."""

    def __init__(self, file: h5py.File, classes: list[str], image: Sequence[int]) -> None:
        self.file, self.classes, self.image = file, classes, [*image]
        self.parts: dict[str, str] = {}
        self.beginnings: checksums.Checksums = {}
        self.ranges: dict[str, tuple[float, float]] = {}  # least and largest value of each split

    @property
    def checksum(self) -> str:
        """SHA-256 over classes, types, shapes and values; dates and paths do not count."""
        return content.of_cache(self.classes, self.image, self.parts)

    def add(self, split: str, images: np.ndarray, labels: np.ndarray) -> None:
        """Images uint8 (N, C, H, W) and labels int64 (N,)."""
        self.store(f"{split}/images", images)
        self.see(split, images)
        digest = content.SplitDigest()
        digest.add(images, len(images))
        hashes = [content.of_image(image) for image in images]
        self.finish(split, digest, np.array(images.shape[1:]), labels, hashes)

    def add_each(
        self, split: str, pairs: Iterable[tuple[np.ndarray, int]], ragged: bool
    ) -> np.ndarray:
        """Images uint8 (C, H, W), or vectors float16 (D,), one by one, each with its label.

        Returns the labels (N,).
        """
        digest, labels, shapes, hashes, waiting = content.SplitDigest(), [], [], [], 0
        block: list[np.ndarray] = []
        for image, label in pairs:
            digest.add(image, 1)
            labels.append(label)
            shapes.append(image.shape)
            hashes.append(content.of_image(image))
            block.append(image.ravel() if ragged else image[None])
            waiting += image.nbytes
            if waiting > BLOCK:
                self.append(split, block)
                block, waiting = [], 0
        if block:
            self.append(split, block)
        found, sizes = np.array(labels, dtype=np.int64), np.array(shapes, dtype=np.int64)
        if ragged and labels:
            self.store(f"{split}/sizes", sizes[:, 1:])
            offsets = np.concatenate([[0], sizes.prod(axis=1).cumsum()])[:-1]
            self.store(f"{split}/offsets", offsets)
            self.file[split].attrs["channels"] = sizes[0, 0]
        self.finish(split, digest, sizes if ragged else sizes[:1].ravel(), found, hashes)
        return found

    def append(self, split: str, block: list[np.ndarray]) -> None:
        """Lengthen the array of a split by flat pixels or whole images."""
        values = np.concatenate(block)
        self.see(split, values)
        name = f"{split}/{'pixels' if values.ndim == 1 else 'images'}"
        if name not in self.file:
            self.store(name, values)
            return
        array = self.file[name]
        array.resize(len(array) + len(values), axis=0)
        array[-len(values) :] = values

    def store(self, name: str, values: np.ndarray) -> None:
        """An array that may grow, in chunks of which HDF5 keeps checksums.

        Not of photos, of which training reads one here, one there: two whole chunks would be
        summed up for each, which takes as long as reading it.
        """
        shape = values.shape[1:]
        most = CHUNK // max(1, int(np.prod(shape, initial=values.itemsize)))
        rows = max(1, min(most, len(values)))
        self.file.create_dataset(
            name,
            data=values,
            maxshape=(None, *shape),
            chunks=(rows, *shape),
            fletcher32=not name.endswith("/pixels"),
        )

    def see(self, split: str, pixels: np.ndarray) -> None:
        """Note the least and the largest value of some pixels, or of vectors."""
        if pixels.size:
            low, high = self.ranges.get(split, (inf, -inf))
            self.ranges[split] = min(low, pixels.min().item()), max(high, pixels.max().item())

    def range_of(self, split: str) -> str:
        """From where to where the pixels or values of a split go, in words."""
        low, high = self.ranges.get(split, (0, 0))
        if len(self.image) == 1:
            return f"values from {low:.3g} to {high:.3g}"
        dark = "; is the brightest meant to be so dark?" if high < DARK else ""
        return f"pixels from {low} to {high}{dark}"

    def finish(
        self,
        split: str,
        digest: content.SplitDigest,
        shapes: np.ndarray,
        labels: np.ndarray,
        hashes: list[int],
    ) -> None:
        """Labels (N,), what images are told by (N,), and the checksum of the split."""
        self.store(f"{split}/labels", labels)
        self.store(f"{split}/hashes", np.array(hashes, dtype=np.uint64))
        self.file[split].attrs["counts"] = np.bincount(labels, minlength=len(self.classes))
        self.parts[split] = digest.finish(shapes, labels)
        if split == "train":
            self.beginnings = digest.beginnings


@contextmanager
def create(
    path: Path,
    classes: list[str],
    provenance: Mapping[str, Any],
    facts: identity.Facts | None = None,
) -> Iterator[Writer]:
    """A new cache: add the splits to what this gives. Nothing appears if the block fails.

    provenance: where the images come from; values are kept as JSON attributes of the file and may
    change until the block ends. With a `seed` in it, the cache is the beginning of what that seed
    draws from a pool: its checksum file has a line for each of the `beginnings`. facts: what it is
    made of, which stands at its beginning (`artifacts.identity`).
    """
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    facts = identity.called(path, facts or {})
    with atomic(path) as temporary:
        size = identity.size_of(facts)
        with h5py.File(temporary, "w", locking=False, userblock_size=size) as file:
            writer = Writer(file, classes, provenance["image"])
            yield writer
            file.attrs["checksum"] = writer.checksum
            file.attrs["classes"] = classes
            for key, value in {**provenance, "versions": versions, **origin.commit()}.items():
                file.attrs[key] = json.dumps(value)
            drawn = provenance.get("seed") is not None
            found = writer.beginnings if drawn else {checksums.WHOLE: writer.checksum}
            file.attrs["listed"] = json.dumps(found)
        identity.write(temporary, facts)
        with atomic(checksums.path_of(path)) as listed:
            checksums.write(listed, found)
