"""A person's image files: found, read and brought to what a network takes, as `prepare` does it."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from oebench.artifacts.ragged import middle
from oebench.data.dataset import Fit
from oebench.data.pictures import read
from oebench.data.resize import fitted
from oebench.data.sources.base import SourceError, Unreadable
from oebench.data.sources.files import walk
from oebench.data.sources.folder import SUFFIXES
from oebench.validation import UserError


def files(named: Iterable[str]) -> Iterator[str]:
    """The image files that are named, and those in folders and the folders in them, sorted.

    A file that is named is one whatever its ending. Raises UserError for a name of neither.
    """
    for name in named:
        if os.path.isdir(name):
            found = [path for path in walk(Path(name)) if is_image(path)]
            if not found:
                raise UserError(
                    f"there is no image in {name} or the folders in it; image files end in "
                    f"{', '.join(SUFFIXES)}"
                )
            yield from found
        else:
            yield name


def is_image(path: str) -> bool:
    return os.path.splitext(path)[1].lower() in SUFFIXES


@dataclass(frozen=True)
class Eye:
    """How a file becomes an image of a cache.

    shape: channels, height and width. fit: as `Dataset` has it; `exact` takes grey and colour alike
    and no other size. plain: as `Folder` has it.
    """

    shape: tuple[int, ...]
    fit: Fit
    plain: bool

    def read(self, path: str) -> np.ndarray:
        """uint8 (C, height, width). Raises Unreadable."""
        try:
            image = read(path, self.plain, Counter())
        except SourceError as error:
            raise Unreadable(str(error)) from None
        if self.fit == "exact":
            if image.shape[1:] != self.shape[1:]:
                found, wanted = (
                    "{1} x {0}".format(*each[-2:]) for each in (image.shape, self.shape)
                )
                raise Unreadable(
                    f"it has {found} pixels, and the network was trained on {wanted} as they are; "
                    "--fit crop or --fit stretch resizes it"
                )
            return fitted(image, self.shape, "stretch")  # which turns colours alone
        return fitted(image, self.shape, self.fit)

    def cut(self, image: np.ndarray) -> np.ndarray:
        """The middle of an image that is larger than what the network takes, as in its test."""
        height, width = self.shape[1:]
        top, left = middle(np.array(image.shape[1:]) - (height, width)).astype(int)
        return image[:, top : top + height, left : left + width]


def eye_of(seen: dict[str, Any], fit: Fit | None) -> Eye:
    """How the images of a model were read (`training.job.seen_by`).

    fit: in the place of the model's. Raises UserError where it was trained on no images.
    """
    shape = tuple(seen.get("of_image", seen["shape"]))
    if shape[1:] in ((), (1, 1)):
        what = "points of the plane" if shape[1:] else "vectors of an array"
        raise UserError(f"the model was trained on {what}, not on images, and takes no image files")
    return Eye(shape, fit or seen["fit"], seen["plain"])
