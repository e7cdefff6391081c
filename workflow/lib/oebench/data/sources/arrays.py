"""The user's own images in NumPy or HDF5 files."""

import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from oebench.data.sources.base import Labelled, Source, SourceError, Split, UserPath
from oebench.registry import code
from oebench.validation import FileName

HDF5 = (".h5", ".hdf5", ".hdf")
Pair = tuple[FileName, FileName]

# What NumPy and h5py raise for a file that is cut, damaged or no file of arrays.
DAMAGED = (
    *(OSError, ValueError, EOFError, KeyError, AttributeError, TypeError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError),
)


class Arrays(Source):
    """Arrays of images and labels by name.

    They lie in an .npz archive, an HDF5 file or a folder of .npy files; a single .npy file is a
    pool of images without labels. Images are uint8, (N, H, W) or (N, H, W, C); labels are integers
    from 0. A pool of OE images needs no labels.
    """

    kind: Literal["arrays"] = Field(description="NumPy or HDF5 arrays of your own.")
    path: UserPath = Field(
        description="An .npz or HDF5 file, a folder of .npy files, or one .npy file of images."
    )
    train: Pair = Field(
        ("train_x", "train_y"), description="Names of the arrays of training images and labels."
    )
    test: Pair = Field(("test_x", "test_y"), description="Likewise of test images, if there are.")

    def own_files(self) -> list[Path]:
        if self.path.is_dir():
            return sorted(self.path.glob("*.npy"))
        return [self.path] if self.path.is_file() else []

    def missing(self) -> str | None:
        if self.path.exists():
            return None
        names = ", ".join((*self.train, *self.test))
        what = "the file" if self.path.suffix == ".npy" else f"a file with the arrays {names}"
        return (
            f"there is no file {self.path}; put {what} there, or change `path` of the data set's "
            "source"
        )

    def place(self) -> str:
        with self.open() as arrays:
            read = (
                f"{images} with the labels {labels}" for images, labels in self.pairs().values()
            )
            return f"{self.path}, which has {names(arrays)}; the source names {' and '.join(read)}"

    def pairs(self) -> dict[str, Pair]:
        return {"train": self.train, "test": self.test}

    def load(self, downloads: Path | None = None) -> Mapping[str, Split]:
        with self.open() as arrays:
            found = {split: pair for split, pair in self.pairs().items() if pair[0] in arrays}
            if not found:
                raise SourceError(
                    f"{self.path} has no array {self.train[0]}; it has {names(arrays)}. Name "
                    "its arrays as `train` and `test` of the data set's source"
                )
            return {split: self.split(arrays, *pair) for split, pair in found.items()}

    @contextmanager
    def open(self) -> Iterator[Any]:
        """The arrays by name. Raises SourceError where they cannot be read."""
        try:
            if self.path.is_dir():
                yield {each.stem: array_in(each) for each in self.own_files()}
            elif self.path.suffix in HDF5:
                # By name, so that a configuration is read without it.
                with code("h5py:File")(self.path, locking=False) as file:
                    yield file
            elif self.path.suffix == ".npy":
                yield {self.train[0]: array_in(self.path)}
            else:
                with self.path.open("rb") as content, np.lib.npyio.NpzFile(content) as archive:
                    yield archive
        except SourceError:
            raise
        except DAMAGED as error:
            raise SourceError(unreadable(self.path, error)) from None

    def split(self, arrays: Any, images_name: str, labels_name: str) -> Labelled:
        images = np.asarray(arrays[images_name])
        if images.dtype != np.uint8 or images.ndim not in (3, 4):
            raise SourceError(
                f"{images_name} in {self.path} is {images.dtype} {images.shape}; expected uint8 "
                "(N, H, W) or (N, H, W, C)"
            )
        images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
        if images.shape[1] not in (1, 3):
            raise SourceError(
                f"{images_name} in {self.path} has {images.shape[1]} channels, expected 1 or 3 "
                "as its last axis"
            )
        given = labels_name in arrays
        labels = np.asarray(arrays[labels_name]) if given else np.zeros(len(images), np.int64)
        if not np.issubdtype(labels.dtype, np.integer):
            raise SourceError(
                f"{labels_name} in {self.path} is {labels.dtype}; expected whole numbers"
            )
        if labels.shape != (len(images),):
            raise SourceError(
                f"{labels_name} in {self.path} has the shape {labels.shape}, expected "
                f"({len(images)},): a label for each image"
            )
        return Labelled(images, labels.astype(np.int64))


def array_in(path: Path) -> np.ndarray:
    """The array of an .npy file, left on the disk. Raises SourceError."""
    try:
        return np.lib.format.open_memmap(path, mode="r")
    except DAMAGED as error:
        raise SourceError(unreadable(path, error)) from None


def unreadable(path: Path, error: Exception) -> str:
    return (
        f"{path} cannot be read as arrays: {error}. It must be an .npz, .npy or HDF5 file; if it "
        "is, it is cut"
    )


def names(arrays: Any) -> str:
    return f"the arrays {', '.join(arrays)}" if len(arrays) else "no arrays"
