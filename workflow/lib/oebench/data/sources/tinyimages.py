"""80 Million Tiny Images, from the user's own copy of `tiny_images.bin`."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from oebench.data.sources.base import (
    Photos,
    Source,
    SourceError,
    Split,
    Unreadable,
    UserPath,
    reading,
)
from oebench.validation import Whole

SHAPE = (3, 32, 32)  # a pixel column after the other, first all red ones, then green, then blue
BYTES = 3 * 32 * 32
LINE = 64  # bytes, more than a number in the list of what is excluded ever has


class TinyImages(Source):
    """A pool of 32x32 colour images, read one by one and never as a whole."""

    kind: Literal["tinyimages"] = Field(description="The binary file of 80 Million Tiny Images.")
    images: UserPath = Field(description="The file tiny_images.bin.")
    count: Whole = Field(79_302_017, description="Images in the file.")
    exclude: UserPath = Field(
        description="A text file with the number of an image a line, counted from 1, that is never "
        "used: 80mn_cifar_idxs.txt names those that are in CIFAR too."
    )
    exclude_count: int = Field(
        132_416, ge=0, le=10**9, strict=True, description="Numbers in that file."
    )

    @property
    def is_drawn(self) -> bool:
        return True

    def own_files(self) -> list[Path]:
        return [path for path in (self.images, self.exclude) if os.path.isfile(path)]

    def checked_files(self) -> list[Path]:
        return [self.exclude]  # the other has 244 GB

    def missing(self) -> str | None:
        absent = [str(path) for path in (self.images, self.exclude) if not os.path.isfile(path)]
        if not absent:
            return None
        return (
            f"there is no file {' and no file '.join(absent)}; put it there, or correct `images` "
            "and `exclude` of the data set's source"
        )

    def place(self) -> str:
        return str(self.images)

    def load(self, downloads: Path | None = None) -> Mapping[str, Split]:
        found = self.images.stat().st_size
        if found != self.count * BYTES:
            raise SourceError(
                f"{self.images} is cut or another file: it has {found} bytes, expected "
                f"{self.count * BYTES} ({self.count} images of {BYTES} bytes)"
            )
        return {
            "train": Photos(
                size=self.count - 1,  # the original never uses the last one
                read=self.read,
                name=lambda index: f"image {index + 1} of {self.images}",
                excluded=self.excluded(),
            )
        }

    def read(self, index: int) -> np.ndarray:
        # No memory map: for each image it would read the surroundings too.
        stored = np.fromfile(self.images, np.uint8, BYTES, offset=index * BYTES)
        if len(stored) < BYTES:
            raise Unreadable("the file ends before it")
        return stored.reshape(SHAPE).swapaxes(1, 2)

    def excluded(self) -> frozenset[int]:
        """The images that are never used, counted from 0."""
        found = self.exclude.stat().st_size
        if found > LINE * (self.exclude_count + 1):
            raise SourceError(
                f"{self.exclude} is another file: it has {found:,} bytes, too many for a list of "
                f"{self.exclude_count} numbers"
            )
        with reading(self.exclude, "is not a list of whole numbers", ""):
            lines = [int(line) for line in self.exclude.read_text(encoding="utf-8").split()]
        if self.exclude_count not in (len(lines), len(set(lines))):
            raise SourceError(
                f"{self.exclude} names {len(lines)} images, expected {self.exclude_count}; it "
                "is cut or another file"
            )
        beyond = [line for line in lines if not 0 <= line <= self.count]
        if beyond:
            raise SourceError(
                f"{self.exclude} names the image {beyond[0]}, there are 1 to {self.count}"
            )
        return frozenset(line - 1 for line in lines)  # a 0 names no image
