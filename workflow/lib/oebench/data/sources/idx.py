"""The idx files of MNIST and its relatives, plain, gzipped or inside a zip archive."""

import gzip
import math
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

import numpy as np
from pydantic import Field

from oebench.data.sources.base import Labelled, SourceError, opened, reading
from oebench.data.sources.files import AGAIN, FileSource, files_in
from oebench.validation import FileName
from oebench.wording import listed

UINT8 = 0x08
GZIP = b"\x1f\x8b"  # how a gzipped file begins, whatever its name is
BLOCK = 1 << 24  # bytes read at a time
NO_ZIP = "is not a whole zip archive", f"; {AGAIN}"
NO_GZIP = "is not a whole gzip file", f"; {AGAIN}"
NO_IDX = "is not a whole idx file", f"; {AGAIN}"
Pair = tuple[FileName, FileName]


class Idx(FileSource):
    """Images (N, H, W) and labels (N,) in the idx format of MNIST."""

    kind: Literal["idx"] = Field(description="Files in the format of MNIST.")
    train: Pair = Field(
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
        description="Names of the files of training images and labels.",
    )
    test: Pair | None = Field(
        ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
        description="Likewise of test images; `null` for an OE pool.",
    )
    archive: FileName | None = Field(
        None, description="The zip archive that holds the files, if any."
    )
    first_label: int = Field(
        0, ge=0, le=10**9, strict=True, description="The label of the first class in the files."
    )
    transpose: bool = Field(False, description="Exchange rows and columns of every image.")

    def file_names(self) -> list[str]:
        names = [*self.train, *(self.test or ())]
        if self.archive is None:
            return names
        return [self.archive, *(unpacked(name) for name in names)]

    def load_from(self, folder: Path) -> dict[str, Labelled]:
        splits = {"train": self.train} | ({"test": self.test} if self.test else {})
        return {name: self.read_pair(folder, pair) for name, pair in splits.items()}

    def read_pair(self, folder: Path, pair: Pair) -> Labelled:
        arrays = []
        for name in pair:
            with self.open(folder, name) as (path, file):
                arrays.append(read_idx(path, file))
        images, labels = arrays
        if images.ndim != 3 or 0 in images.shape[1:] or labels.shape != images.shape[:1]:
            raise SourceError(
                f"{pair[0]} in {folder} has the shape {images.shape} and {pair[1]} {labels.shape}; "
                "expected images (N, height, width) and as many labels"
            )
        if self.transpose:
            images = images.swapaxes(1, 2)
        return Labelled(
            np.ascontiguousarray(images[:, None]), labels.astype(np.int64) - self.first_label
        )

    @contextmanager
    def open(self, folder: Path, name: str) -> Iterator[tuple[str, IO[bytes]]]:
        """A file's name, and the file to be read."""
        plain = unpacked(name)
        names = (plain, f"{plain}.gz")
        lies_there = self.folder is not None and any(files_in(folder, each) for each in names)
        if self.archive is None or lies_there:
            path = self.find(folder, name if self.archive is None else plain)
            with opened(path, *NO_IDX) as file:
                yield str(path), file
            return
        path = self.find(folder, self.archive)
        with opened(path, *NO_ZIP) as packed, zipfile.ZipFile(packed) as archive:
            members = archive.namelist()
            if name not in members:
                raise SourceError(
                    f"{path} has no file {name}; it has {listed(members)}. Name its files as "
                    "`train` and `test` of the data set's source"
                )
            with archive.open(name) as file:
                yield f"{path}/{name}", file


def unpacked(name: str) -> str:
    """The name of an archive's file as it lies in a folder after unpacking."""
    return Path(name).name.removesuffix(".gz")


def read_idx(path: str, file: IO[bytes]) -> np.ndarray:
    """The array of unsigned bytes in an idx file, gzipped or not.

    Raises SourceError if it is not one, or cut.
    """
    packed = file.read(len(GZIP)) == GZIP
    with reading(path, *(NO_GZIP if packed else NO_IDX)):
        file.seek(0)
        stream = gzip.GzipFile(fileobj=file) if packed else file
        head = stream.read(4)
        if len(head) < 4 or head[:2] != b"\0\0" or head[2] != UINT8:
            raise SourceError(f"{path} is not an idx file of unsigned bytes; {AGAIN}")
        sizes = stream.read(4 * head[3])
        shape = struct.unpack(f">{head[3]}I", sizes.ljust(4 * head[3], b"\0"))
        content = b"".join(pieces(stream, math.prod(shape) + 1))
        found, expected = (len(head) + len(sizes) + n for n in (len(content), math.prod(shape)))
        if found != expected:
            more = " or more" if found > expected else ""
            raise SourceError(
                f"{path} is cut or too long: {found} bytes{more}, expected {expected}; {AGAIN}"
            )
        return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def pieces(stream: IO[bytes] | gzip.GzipFile, size: int) -> Iterator[bytes]:
    """At most that many bytes, little by little: what a head promises need not be there."""
    while size and (piece := stream.read(min(size, BLOCK))):
        size -= len(piece)
        yield piece
