"""The user's own images in NumPy or HDF5 files."""

import os
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from math import ceil, prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from oebench.data.sources.base import (
    Labelled,
    Source,
    SourceError,
    Split,
    UserPath,
    is_whole,
    opened,
    reading,
)
from oebench.data.sources.files import is_shown
from oebench.registry import code
from oebench.validation import FileName
from oebench.wording import listed, printed

Pair = tuple[FileName, FileName]
NO_ARRAYS = (
    "cannot be read as arrays",
    ". It must be an .npz, .npy or HDF5 file of plain numbers; if it is, it is cut",
)


class NamedArrays(Source):
    """Arrays of images, or of vectors, and of labels by name.

    They lie in an .npz archive, an HDF5 file or a folder of .npy files; a single .npy file is a
    pool without labels. Labels are integers from 0. A pool of OE images needs none.
    """

    kind: str
    path: UserPath = Field(
        description="An .npz or HDF5 file, a folder of .npy files, or one .npy file of images."
    )
    train: Pair = Field(
        ("train_x", "train_y"), description="Names of the arrays of training images and labels."
    )
    test: Pair = Field(("test_x", "test_y"), description="Likewise of test images, if there are.")

    def own_files(self) -> list[Path]:
        if os.path.isdir(self.path):
            found = self.path.glob("*.npy")
            return sorted(each for each in found if is_shown(each.name) and os.path.isfile(each))
        return [self.path] if os.path.isfile(self.path) else []

    def missing(self) -> str | None:
        if os.path.isfile(self.path) or os.path.isdir(self.path):
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
    def open(self) -> Iterator[Mapping[str, Any]]:
        """The arrays by name, each read when it is asked for. Raises SourceError."""
        if os.path.isdir(self.path):
            yield OnePerFile({each.stem: each for each in self.own_files()})
            return
        with arrays_in(self.path, self.train[0]) as arrays:
            yield arrays

    @abstractmethod
    def images(self, found: Any, name: str) -> np.ndarray:
        """What the array of that name holds, as a cache takes it. Raises SourceError."""

    def split(self, arrays: Mapping[str, Any], images_name: str, labels_name: str) -> Labelled:
        images = self.images(self.stored(arrays, images_name), images_name)
        if labels_name not in arrays:
            return Labelled(images, np.zeros(len(images), np.int64))
        found = self.stored(arrays, labels_name)
        if not is_whole(found.dtype):
            raise SourceError(
                f"{labels_name} in {self.path} is {printed(str(found.dtype))}; expected whole "
                "numbers"
            )
        if found.shape != (len(images),):
            raise SourceError(
                f"{labels_name} in {self.path} has the shape {found.shape}, expected "
                f"({len(images)},): a label for each of them"
            )
        return Labelled(images, np.asarray(found).astype(np.int64))

    def stored(self, arrays: Mapping[str, Any], name: str) -> Any:
        """An array that is in the file, with type and shape, its values not yet read."""
        array = arrays[name]
        if not hasattr(array, "dtype"):
            raise SourceError(f"{name} in {self.path} is {type(array).__name__} and no array")
        if trouble := elsewhere(array):
            raise SourceError(
                f"{name} in {self.path} is {trouble}. Write all its values into one file, and name "
                "that one in the data set's source"
            )
        return array


class Arrays(NamedArrays):
    """Images uint8, (N, H, W) or (N, H, W, C)."""

    kind: Literal["arrays"] = Field(description="NumPy or HDF5 arrays of your own.")

    def images(self, found: Any, name: str) -> np.ndarray:
        shape = found.shape
        if found.dtype != np.uint8 or len(shape) not in (3, 4):
            raise SourceError(
                f"{name} in {self.path} is {printed(str(found.dtype))} {shape}; expected "
                "uint8 (N, H, W) or (N, H, W, C)"
            )
        if 0 in shape:
            raise SourceError(
                f"{name} in {self.path} has the shape {shape}, in which there is no pixel"
            )
        if len(shape) == 4 and shape[3] not in (1, 3):
            raise SourceError(
                f"{name} in {self.path} has {shape[3]} channels, expected 1 or 3 as its last axis"
            )
        images = np.asarray(found)
        return images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)


class OnePerFile(dict[str, Any]):
    """The arrays in a folder of .npy files, each opened when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        with arrays_in(super().__getitem__(name), name) as arrays:
            return arrays[name]


@contextmanager
def arrays_in(path: Path, name: str) -> Iterator[Mapping[str, Any]]:
    """The arrays of a file, told by its first bytes; name: that of one without. Raises SourceError.

    An HDF5 file may begin with 512, 1024 or 2048 bytes of something else, as MATLAB's does.
    """
    with opened(path, *NO_ARRAYS) as file:
        start = file.read(2048 + 8)
    kinds = [
        kind
        for at in (0, 512, 1024, 2048)
        for first, kind in FORMATS.items()
        if start.startswith(first, at)
    ]
    if not kinds:
        raise SourceError(f"{path} {NO_ARRAYS[0]}: it begins with {start[:8]!r}{NO_ARRAYS[1]}")
    with reading(path, *NO_ARRAYS), kinds[0](path, name) as arrays:
        yield arrays


@contextmanager
def archive(path: Path, name: str) -> Iterator[Mapping[str, Any]]:
    with np.load(path) as arrays:
        yield arrays


@contextmanager
def one_array(path: Path, name: str) -> Iterator[Mapping[str, Any]]:
    yield {name: np.load(path, mmap_mode="r")}  # left on the disk


@contextmanager
def hdf5(path: Path, name: str) -> Iterator[Mapping[str, Any]]:
    # By name, so that a configuration is read without it.
    with code("h5py:File")(path, locking=False) as file:
        external = code("h5py:ExternalLink")
        # Looked for in all of the file: one may also lie on the way to an array.
        away = file.visititems_links(
            lambda name, link: name if isinstance(link, external) else None
        )
        if away is not None:
            raise SourceError(
                f"{path} has the external link {printed(away)}, which leads to another file. Write "
                "all arrays into one file without such links, and name that one in the data set's "
                "source"
            )
        yield file


# How files of arrays begin, and what reads them.
FORMATS: dict[bytes, Callable[[Path, str], AbstractContextManager[Mapping[str, Any]]]] = {
    b"\x93NUMPY": one_array,
    b"PK": archive,
    b"\x89HDF\r\n\x1a\n": hdf5,
}


def elsewhere(array: Any) -> str | None:
    """Why the values of an array are not all in its HDF5 file, which fills in zeros for them."""
    if not hasattr(array, "is_virtual"):
        return None  # of NumPy
    if array.is_virtual:
        return "a virtual data set, of values in other files"
    if array.external:
        return "stored in other files"
    if array.chunks:
        sides = zip(array.shape, array.chunks, strict=True)
        whole = array.id.get_num_chunks() >= prod(ceil(side / chunk) for side, chunk in sides)
    else:
        whole = array.id.get_storage_size() >= array.nbytes
    return None if whole else "not written, or only in part"


def names(arrays: Mapping[str, Any]) -> str:
    return f"the arrays {listed(arrays)}" if len(arrays) else "no arrays"
