"""The user's own images in a NumPy archive."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from oead.sources.base import Labelled, Source, SourceError


class Arrays(Source):
    """An .npz file with train_x, train_y and, for a data set to test on, test_x, test_y.

    Images are uint8, (N, H, W) or (N, H, W, C); labels are integers from 0. A pool of OE images
    needs no labels.
    """

    kind: Literal["arrays"] = Field(description="A NumPy archive of your own.")
    path: Path = Field(description="The .npz file.")

    def own_files(self) -> list[Path]:
        return [self.path] if self.path.is_file() else []

    def missing(self) -> str | None:
        if self.path.is_file():
            return None
        return (
            f"there is no file {self.path}; put an .npz archive with the arrays train_x, train_y, "
            "test_x and test_y there, or change `path` of the data set's source"
        )

    def load(self, downloads: Path | None = None) -> dict[str, Labelled]:
        try:
            archive = np.load(self.path)
        except (OSError, ValueError) as error:
            raise SourceError(f"{self.path} cannot be read as an .npz archive: {error}") from None
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise SourceError(f"{self.path} holds a single array, expected an .npz archive")
        with archive:
            names = [name for name in ("train", "test") if f"{name}_x" in archive]
            if "train" not in names:
                raise SourceError(f"{self.path} has no array train_x; it has {archive.files}")
            return {name: self.split(archive, name) for name in names}

    def split(self, archive: np.lib.npyio.NpzFile, name: str) -> Labelled:
        images = archive[f"{name}_x"]
        if images.dtype != np.uint8 or images.ndim not in (3, 4):
            raise SourceError(
                f"{name}_x in {self.path} is {images.dtype} {images.shape}; expected uint8 "
                "(N, H, W) or (N, H, W, C)"
            )
        images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
        key = f"{name}_y"
        labels = archive[key] if key in archive else np.zeros(len(images), dtype=np.int64)
        if not np.issubdtype(labels.dtype, np.integer):
            raise SourceError(f"{key} in {self.path} is {labels.dtype}; expected whole numbers")
        if labels.shape != (len(images),):
            raise SourceError(
                f"{key} in {self.path} has the shape {labels.shape}, expected ({len(images)},): "
                "a label for each image"
            )
        return Labelled(images, labels.astype(np.int64))
