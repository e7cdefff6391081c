"""Folders of image files, one folder for each class."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from oead.sources.base import Labelled, Source, SourceError
from oead.sources.files import files_in

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"}


class Folder(Source):
    """Images of any size, grey or colour, brought to one size. Classes in alphabetical order."""

    kind: Literal["folder"] = Field(description="Image files, one folder for each class.")
    train: Path = Field(
        description="The folder of the classes' folders; for an OE pool without classes, of images."
    )
    test: Path | None = Field(None, description="Likewise of test images; none for an OE pool.")
    size: tuple[int, int] = Field(description="Height and width to which images are resized.")
    grey: bool = Field(False, description="Whether images are turned grey.")
    fit: Literal["crop", "stretch"] = Field(
        "crop",
        description="`crop` keeps an image's proportions and cuts off what is beyond the size; "
        "`stretch` does not.",
    )

    def folders(self) -> dict[str, Path]:
        return {"train": self.train} | ({"test": self.test} if self.test else {})

    def own_files(self) -> list[Path]:
        return [path for folder in self.folders().values() for path in files_in(folder)]

    def missing(self) -> str | None:
        absent = [str(each) for each in self.folders().values() if not each.is_dir()]
        if not absent:
            return None
        return (
            f"there is no folder {' and no folder '.join(absent)}; put a folder of images for each "
            "class there, or correct `train` and `test` of the data set's source"
        )

    def class_names(self) -> list[str]:
        return sorted(path.name for path in self.train.iterdir() if path.is_dir())

    def load(self, downloads: Path | None = None) -> dict[str, Labelled]:
        return {split: self.read(folder) for split, folder in self.folders().items()}

    def read(self, folder: Path) -> Labelled:
        """All images of a split; files that are no images are named and left out."""
        from PIL import Image

        classes = self.class_names() or ["."]
        images, labels = [], []
        for label, name in enumerate(classes):
            for path in files_in(folder / name):
                if path.suffix.lower() not in SUFFIXES:
                    continue
                try:
                    images.append(self.open(path))
                except (OSError, SyntaxError, Image.DecompressionBombError) as error:
                    print(f"left out, cannot be read: {path} ({error})")
                    continue
                labels.append(label)
        if not images:
            raise SourceError(
                f"there is no image in {folder} or its folders {', '.join(classes)}; image files "
                f"end in {', '.join(sorted(SUFFIXES))}"
            )
        return Labelled(np.stack(images), np.array(labels, dtype=np.int64))

    def open(self, path: Path) -> np.ndarray:
        """One image as uint8 (C, H, W)."""
        from PIL import Image, ImageOps

        width_first = self.size[::-1]
        with Image.open(path) as file:
            image = file.convert("L" if self.grey else "RGB")
        if self.fit == "crop":
            image = ImageOps.fit(image, width_first, Image.Resampling.BILINEAR)
        else:
            image = image.resize(width_first, Image.Resampling.BILINEAR)
        pixels = np.asarray(image)
        return pixels[None] if self.grey else pixels.transpose(2, 0, 1)
