"""Images of different sizes that stay in their cache and are cut to one size when they are read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import h5py
import numpy as np

from oebench.validation import UserError


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What HDF5 says of bits that have changed, as a sentence."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path} is damaged: {error}. Delete it, and the workflow makes it again"
        ) from None


def middle(free: np.ndarray) -> np.ndarray:
    """Where a cut out of the middle begins, by the height and width that it leaves free."""
    return np.round(free / 2)


@dataclass(frozen=True)
class Ragged:
    """Images of a cache by the place of their first pixel, and their (height, width).

    size: (height, width) to which they are cut.
    """

    path: Path
    split: str
    channels: int
    size: tuple[int, ...]
    offsets: np.ndarray  # int64 (N,)
    sizes: np.ndarray  # int64 (N, 2)

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, rows: np.ndarray) -> "Ragged":
        """Some of the images: rows, or a mask."""
        return replace(self, offsets=self.offsets[rows], sizes=self.sizes[rows])

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the array of all crops."""
        return (len(self), self.channels, *self.size)

    @cached_property
    def pixels(self) -> h5py.Dataset:
        """The open file: it is read at every step of a training."""
        return h5py.File(self.path, locking=False)[self.split]["pixels"]

    def image(self, row: int) -> np.ndarray:
        """One image, uint8 (C, height, width)."""
        height, width = self.sizes[row]
        start = self.offsets[row]
        with reading(self.path):
            flat = self.pixels[start : start + self.channels * height * width]
        return flat.reshape(self.channels, height, width)

    def crops(self, rows: np.ndarray, places: np.ndarray | None = None) -> np.ndarray:
        """Cuts of (height, width) `size` out of the images in `rows`, uint8 (N, C, *size).

        places: (N, 2) in [0, 1), where in the free height and width a cut begins; without them it
        is the middle, as torchvision's CenterCrop takes it.
        """
        height, width = self.size
        cut = np.empty((len(rows), self.channels, height, width), dtype=np.uint8)
        free = self.sizes[rows] - np.array(self.size)
        first = middle(free) if places is None else np.floor(places * (free + 1))
        for target, row, (top, left) in zip(cut, rows, first.astype(np.int64), strict=True):
            target[:] = self.image(row)[:, top : top + height, left : left + width]
        return cut
