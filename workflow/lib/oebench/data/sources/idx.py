"""The idx files of MNIST and its relatives, plain, gzipped or inside a zip archive."""

import gzip
import io
import math
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from oebench.data.sources.base import Labelled, SourceError
from oebench.data.sources.files import AGAIN, FileSource, files_in, find
from oebench.validation import FileName

UINT8 = 0x08
CUT = (OSError, EOFError, zlib.error)  # what a compressed file raises that is cut or damaged
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
        images, labels = (read_idx(*self.open(folder, name)) for name in pair)
        if images.ndim != 3 or labels.shape != images.shape[:1]:
            raise SourceError(
                f"{pair[0]} in {folder} has the shape {images.shape} and {pair[1]} {labels.shape}; "
                "expected images (N, height, width) and as many labels"
            )
        if self.transpose:
            images = images.swapaxes(1, 2)
        return Labelled(
            np.ascontiguousarray(images[:, None]), labels.astype(np.int64) - self.first_label
        )

    def open(self, folder: Path, name: str) -> tuple[str, bytes]:
        """A file's name and its bytes, unzipped."""
        plain = unpacked(name)
        if self.archive is None or files_in(folder, plain) or files_in(folder, f"{plain}.gz"):
            path = find(folder, name if self.archive is None else plain)
            return str(path), unzipped(str(path), path.read_bytes())
        path = find(folder, self.archive)
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.namelist()
                content = archive.read(name) if name in members else None
        except (*CUT, zipfile.BadZipFile, ValueError, RuntimeError) as error:
            raise SourceError(f"{path} is not a whole zip archive: {error}; {AGAIN}") from None
        if content is None:
            raise SourceError(
                f"{path} has no file {name}; it has {', '.join(members)}. Name its files as "
                "`train` and `test` of the data set's source"
            )
        return f"{path}/{name}", unzipped(f"{path}/{name}", content)


def unpacked(name: str) -> str:
    """The name of an archive's file as it lies in a folder after unpacking."""
    return Path(name).name.removesuffix(".gz")


def unzipped(name: str, content: bytes) -> bytes:
    """The content of a gzipped file, or of a plain one as it is. Raises SourceError."""
    if not name.endswith(".gz"):
        return content
    try:
        return gzip.GzipFile(fileobj=io.BytesIO(content)).read()
    except CUT as error:
        raise SourceError(f"{name} is not a whole gzip file: {error}; {AGAIN}") from None


def read_idx(name: str, content: bytes) -> np.ndarray:
    """The array of unsigned bytes in an idx file. Raises SourceError if it is not one, or cut."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UINT8:
        raise SourceError(f"{name} is not an idx file of unsigned bytes; {AGAIN}")
    dimensions = content[3]
    head = 4 + 4 * dimensions
    shape = struct.unpack(f">{dimensions}I", content[4:head].ljust(head - 4, b"\0"))
    expected = head + math.prod(shape)
    if len(content) != expected:
        raise SourceError(
            f"{name} is cut or too long: {len(content)} bytes, expected {expected}; {AGAIN}"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=head).reshape(shape)
