"""The cache: the HDF5 file made from a source, once, and only read afterwards.

Groups `train` and, for a data set that is tested on, `test`, each with `labels` int64 (N,),
`hashes` uint64 (N,), by which equal images are told, and `images` uint8 (N, C, H, W). Images that
keep sizes of their own lie one after another instead: `pixels` uint8 (all,), `offsets` int64 (N,),
`sizes` int64 (N, 2) of height and width. Where vectors take the place of images, `images` is
float16 (N, D). Attributes say where it came from, a line at its beginning
what it was made of (`identity.py`). Beside it lies a small file with the checksum of the content,
which training follows: a remade cache with the same content retrains nothing.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from oebench.artifacts import checksums
from oebench.artifacts.ragged import Ragged, reading
from oebench.validation import UserError

# Of more rows than one in so many, reading all takes less time than finding each: of vectors a
# quarter of the time for one in five.
SPARSE = 8


@dataclass(frozen=True)
class Cache:
    """A cache opened for reading; arrays are read when they are asked for.

    Raises UserError if the file is not a cache.
    """

    path: Path

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """`checksum`, `classes` and the provenance."""
        try:
            with h5py.File(self.path, locking=False) as file:
                found = dict(file.attrs)
                if found.keys() >= {"checksum", "image", "listed"} and "train" in file:
                    return found
                reason = "it lacks the attributes checksum, image and listed, or the group train"
        except (FileNotFoundError, PermissionError) as error:
            raise UserError(f"{self.path} cannot be read: {error.strerror}") from None
        except OSError as error:
            reason = str(error)
        raise UserError(
            f"{self.path} is not a cache: {reason}. Delete it, and the workflow makes it again."
        )

    def name(self, dataset: str) -> str:
        """Its name in the folder of the caches: that of its data set, or POOL/seed=1."""
        return dataset if self.seed is None else f"{dataset}/seed={self.seed}"

    @property
    def checksum(self) -> str:
        return str(self.attributes["checksum"])

    def checksum_of(self, count: int | None) -> str:
        """The checksum of the first `count` images of a drawn pool, or a few more; or of all."""
        if self.seed is None or count is None:
            return self.checksum
        found = self.listed
        return next((found[images] for images in sorted(found) if images >= count), self.checksum)

    @property
    def listed(self) -> checksums.Checksums:
        """What its checksum file has (`artifacts.checksums`)."""
        found = json.loads(self.attributes["listed"])
        return {int(count): digest for count, digest in found.items()}

    @property
    def classes(self) -> list[str]:
        return [str(name) for name in self.attributes["classes"]]

    @property
    def seed(self) -> int | None:
        """The seed whose images of a pool it holds, in the order in which they are drawn."""
        found = json.loads(self.attributes.get("seed", "null"))
        return None if found is None else int(found)

    @property
    def pool(self) -> int:
        """How many images the pool has that it holds a part of."""
        return int(json.loads(self.attributes["pool"]))

    @property
    def image(self) -> tuple[int, ...]:
        """Channels, height and width of an image as training takes it, or (D,) of a vector."""
        return tuple(json.loads(self.attributes["image"]))

    @property
    def has_vectors(self) -> bool:
        """Whether it holds vectors in the place of images."""
        return len(self.image) == 1

    @property
    def has_points(self) -> bool:
        """Whether its images are points of the plane, for the toy figure."""
        return self.image[1:] == (1, 1)

    def has(self, split: str) -> bool:
        """Whether there is such a split; a pool has no test images."""
        with reading(self.path), h5py.File(self.path, locking=False) as file:
            return split in file

    def labels(self, split: str) -> np.ndarray:
        """int64 (N,)."""
        return self.array(split, "labels")

    def hashes(self, split: str) -> np.ndarray:
        """uint64 (N,): equal images have equal ones."""
        return self.array(split, "hashes")

    def array(self, split: str, name: str) -> np.ndarray:
        with reading(self.path), h5py.File(self.path, locking=False) as file:
            return file[split][name][:]

    def images(self, split: str, rows: np.ndarray | None = None) -> np.ndarray | Ragged:
        """All images of a split, or the given rows in the given order.

        uint8 (N, C, H, W), float16 (N, D), or images of different sizes that stay in the file.
        """
        with reading(self.path), h5py.File(self.path, locking=False) as file:
            group = file[split]
            if "pixels" in group:
                offsets, sizes = group["offsets"][:], group["sizes"][:]
                channels = int(group.attrs["channels"])
                every = np.arange(len(sizes)) if rows is None else rows
                size = self.image[1:]
                return Ragged(self.path, split, channels, size, offsets[every], sizes[every])
            images = group["images"]
            if rows is None:
                return images[:]
            if len(rows) and (rows == np.arange(len(rows)) + rows[0]).all():
                return images[rows[0] : rows[0] + len(rows)]
            if len(rows) * SPARSE > len(images):
                return images[:][rows]
            # HDF5 reads increasing, distinct rows only.
            distinct, where = np.unique(rows, return_inverse=True)
            return images[distinct][where]

    def twins(self, rows: np.ndarray, tested: "Cache") -> int:
        """How many of these training images are test images of a cache, byte for byte."""
        return int(np.isin(self.hashes("train")[rows], tested.hashes("test")).sum())
