"""The cache: the HDF5 file made from a source, once, and only read afterwards.

Groups `train` and, for a data set that is tested on, `test`, each with `images` uint8
(N, C, H, W) and `labels` int64 (N,). Attributes say where it came from. Beside it lies a small
file with the checksum of the content, which training follows: a remade cache with the same content
retrains nothing.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from oead.files import atomic


def checksum_path(cache: Path) -> Path:
    """Where the checksum of that cache's content is."""
    return cache.with_suffix(".sha256")


def checksum(splits: Mapping[str, tuple[np.ndarray, np.ndarray]], classes: list[str]) -> str:
    """SHA-256 over classes, types, shapes and values; dates and paths do not count."""
    digest = hashlib.sha256(json.dumps(classes).encode())
    for name, arrays in sorted(splits.items()):
        for array in arrays:
            digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def write(
    path: Path,
    splits: Mapping[str, tuple[np.ndarray, np.ndarray]],
    classes: list[str],
    provenance: Mapping[str, Any],
) -> str:
    """Write images and labels of each split and their checksum file; returns the checksum.

    provenance: where the images came from; values are kept as JSON attributes of the file.
    """
    total = checksum(splits, classes)
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["checksum"] = total
        file.attrs["classes"] = classes
        for key, value in {**provenance, "versions": versions}.items():
            file.attrs[key] = json.dumps(value)
        for name, (images, labels) in splits.items():
            group = file.create_group(name)
            group.create_dataset("images", data=images)
            group.create_dataset("labels", data=labels)
            group.attrs["counts"] = np.bincount(labels, minlength=len(classes))
    with atomic(checksum_path(path)) as temporary:
        temporary.write_text(f"{total}\n")
    return total


@dataclass(frozen=True)
class Cache:
    """A cache opened for reading; arrays are read when they are asked for.

    Raises ValueError if the file is not a cache.
    """

    path: Path

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """`checksum`, `classes` and the provenance."""
        try:
            with h5py.File(self.path) as file:
                if "checksum" in file.attrs and "train" in file:
                    return dict(file.attrs)
                reason = "it lacks the attribute checksum or the group train"
        except OSError as error:
            reason = str(error)
        raise ValueError(
            f"{self.path} is not a cache: {reason}. Delete it, and the workflow makes it again."
        )

    @property
    def checksum(self) -> str:
        return str(self.attributes["checksum"])

    @property
    def classes(self) -> list[str]:
        return [str(name) for name in self.attributes["classes"]]

    def labels(self, split: str) -> np.ndarray:
        """int64 (N,)."""
        with h5py.File(self.path) as file:
            return file[split]["labels"][:]

    def images(self, split: str, rows: np.ndarray | None = None) -> np.ndarray:
        """uint8 (N, C, H, W): all of a split, or the given rows in the given order."""
        with h5py.File(self.path) as file:
            images = file[split]["images"]
            if rows is None:
                return images[:]
            # HDF5 reads increasing, distinct rows only.
            distinct, where = np.unique(rows, return_inverse=True)
            return images[distinct][where]
