"""Folders of image files: one folder for each class, or one pool without classes."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from oebench.data.sources.base import Photos, Source, SourceError, Split, UserPath, reading
from oebench.data.sources.files import NO_FOLDER, is_shown, walk
from oebench.registry import code
from oebench.validation import FileName, UserError
from oebench.wording import printed

# Of what Pillow reads as it comes.
SUFFIXES = (
    *(".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".jp2", ".pbm", ".pgm", ".png", ".pnm"),
    *(".ppm", ".tga", ".tif", ".tiff", ".webp"),
)


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
    leave_out: tuple[FileName, ...] = Field((), description="Folders in `train` that are not read.")
    drawn: bool = Field(
        False,
        description="Whether the cache holds only those images of the pool that the seeds of the "
        "configuration draw: for pools too large to be copied.",
    )
    vouched: bool = Field(
        False,
        description="Whether you vouch for it that no image in `train` is replaced in place: then "
        "only the folder's own date is looked at, not that of every file in it.",
    )
    plain: bool = Field(
        False,
        description="Whether images are taken as they lie in their files, as the original's loader "
        "does: not turned upright, and what is transparent in its hidden colour.",
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

    def own_files(self) -> Sequence[Path | str]:
        folders = [folder for folder in self.folders().values() if os.path.isdir(folder)]
        if self.vouched:
            return folders
        return [path for folder in folders for path in walk(folder)]

    def checked_files(self) -> list[Path]:
        return []  # the cache's own checksum is that of all images

    def place(self) -> str:
        return " and ".join(str(folder) for folder in self.folders().values())

    def missing(self) -> str | None:
        absent = [str(each) for each in self.folders().values() if not os.path.isdir(each)]
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
        with reading(self.train, *NO_FOLDER):
            names = {path.name for path in self.train.iterdir() if os.path.isdir(path)}
        return sorted(filter(is_shown, names - set(self.leave_out)))

    def load(self, downloads: Path | None = None) -> Mapping[str, Split]:
        return {split: self.split(folder) for split, folder in self.folders().items()}

    def split(self, folder: Path) -> Photos:
        """The images of a split, in the order of their paths; other files do not count."""
        classes = self.class_names() or ["."]
        absent = [str(folder / name) for name in classes if not os.path.isdir(folder / name)]
        if absent:
            raise SourceError(
                f"there is no folder {' and no folder '.join(absent)}; the classes are the folders "
                f"in {self.train}, and each needs one of the same name in {folder}"
            )
        without = set(self.leave_out) if classes == ["."] else set()
        paths: list[str] = []
        labels: list[int] = []
        notes: Counter[str] = Counter()
        for label, name in enumerate(classes):
            found = []
            for path in walk(folder / name, without):
                suffix = os.path.splitext(path)[1].lower()
                if suffix in SUFFIXES:
                    found.append(path)
                else:
                    notes[f"not read, because of the ending {printed(suffix) or 'none'}"] += 1
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
            read=lambda index: code("oebench.data.pictures:read")(paths[index], self.plain, notes),
            name=lambda index: paths[index],
            labels=None if self.drawn else np.array(labels, dtype=np.int64),
            notes=notes,
        )
