"""Folders of image files: one folder for each class, or one pool without classes."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from oebench.data.sources.base import Photos, Source, SourceError, Split, UserPath
from oebench.data.sources.files import files_in
from oebench.registry import code
from oebench.validation import UserError

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")


class Folder(Source):
    """Images of any size, grey or colour. Classes in alphabetical order."""

    kind: Literal["folder"] = Field(description="Image files, one folder for each class.")
    train: UserPath = Field(
        description="The folder of the classes' folders, or of a pool's images."
    )
    test: UserPath | None = Field(None, description="Likewise of test images; none for an OE pool.")
    pool: bool = Field(
        False,
        description="Whether all images in `train` and the folders in it are one pool without "
        "classes; without folders in it they are in any case.",
    )
    leave_out: tuple[str, ...] = Field((), description="Folders in `train` that are not read.")
    drawn: bool = Field(
        False,
        description="Whether the cache holds only those images of the pool that the seeds of the "
        "configuration draw: for pools too large to be copied.",
    )

    @model_validator(mode="after")
    def consistent(self) -> "Folder":
        if self.drawn and not self.pool:
            raise UserError("drawn needs `pool: true`: only a pool of OE images is drawn from")
        if self.pool and self.test:
            raise UserError("a pool has no test images; take out `pool` or `test`")
        return self

    @property
    def is_drawn(self) -> bool:
        return self.drawn

    def folders(self) -> dict[str, Path]:
        return {"train": self.train} | ({"test": self.test} if self.test else {})

    def own_files(self) -> list[Path]:
        if self.drawn:  # millions of files: the date of their folder has to do
            return [folder for folder in self.folders().values() if folder.is_dir()]
        return [path for folder in self.folders().values() for path in files_in(folder)]

    def checked_files(self) -> list[Path]:
        return []  # the cache's own checksum is that of all images

    def place(self) -> str:
        return " and ".join(str(folder) for folder in self.folders().values())

    def missing(self) -> str | None:
        absent = [str(each) for each in self.folders().values() if not each.is_dir()]
        if not absent:
            return None
        what = "a folder of images" if self.pool else "a folder of images for each class"
        return (
            f"there is no folder {' and no folder '.join(absent)}; put {what} "
            f"there, or correct {'`train`' if self.pool else '`train` and `test`'} of the data "
            "set's source"
        )

    def class_names(self) -> list[str]:
        if self.pool:
            return []
        names = {path.name for path in self.train.iterdir() if path.is_dir()}
        return sorted(names - set(self.leave_out))

    def load(self, downloads: Path | None = None) -> Mapping[str, Split]:
        return {split: self.split(folder) for split, folder in self.folders().items()}

    def split(self, folder: Path) -> Photos:
        """The images of a split, in the order of their paths; other files do not count."""
        classes = self.class_names() or ["."]
        absent = [str(folder / name) for name in classes if not (folder / name).is_dir()]
        if absent:
            raise SourceError(
                f"there is no folder {' and no folder '.join(absent)}; the classes are the folders "
                f"in {self.train}, and each needs one of the same name in {folder}"
            )
        without = set(self.leave_out) if classes == ["."] else set()
        paths: list[str] = []
        labels: list[int] = []
        for label, name in enumerate(classes):
            found = image_files(folder / name, without)
            paths += found
            labels += [label] * len(found)
        if not paths:
            inside = (
                "the folders in it" if classes == ["."] else f"its folders {', '.join(classes)}"
            )
            raise SourceError(
                f"there is no image in {folder} or {inside}; image files end in "
                f"{', '.join(SUFFIXES)}"
            )
        return Photos(
            size=len(paths),
            read=lambda index: code("oebench.data.pictures:read")(paths[index]),
            name=lambda index: paths[index],
            labels=None if self.drawn else np.array(labels, dtype=np.int64),
        )


def image_files(folder: Path, without: set[str]) -> list[str]:
    """The paths of all image files in a folder and the folders in it.

    Folder by folder, both sorted: for a folder of folders of images the order of torchvision's
    ImageFolder, which decides what a seed draws.
    """
    found: list[str] = []
    for here, folders, files in os.walk(folder, followlinks=True):
        folders[:] = sorted(set(folders) - (without if here == str(folder) else set()))
        found += [
            os.path.join(here, file) for file in sorted(files) if file.lower().endswith(SUFFIXES)
        ]
    return found
