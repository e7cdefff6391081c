"""Folders of image files: one folder for each class, or one pool without classes."""

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import not_
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Discriminator, Field, Tag, model_validator

from oebench.data.sources.base import (
    Class,
    Photos,
    Source,
    SourceError,
    Split,
    UserPath,
    reading,
)
from oebench.data.sources.files import NO_FOLDER, is_shown, walk
from oebench.registry import code
from oebench.validation import FileName, Number, UserError
from oebench.wording import listed, printed

# Of what Pillow reads as it comes.
SUFFIXES = (
    *(".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".jp2", ".pbm", ".pgm", ".png", ".pnm"),
    *(".ppm", ".tga", ".tif", ".tiff", ".webp"),
)
LISTS = (".csv", ".json", ".tsv", ".txt", ".xlsx")  # which may hold labels
ByClass = Annotated[dict[Class, UserPath], Field(min_length=1)]
Place = Annotated[
    Annotated[UserPath, Tag("folder")] | Annotated[ByClass, Tag("classes")],
    Discriminator(lambda value: "classes" if isinstance(value, dict) else "folder"),
]


class Folder(Source):
    """Images of any size, grey or colour. Classes in alphabetical order."""

    kind: Literal["folder"] = Field(description="Image files, one folder for each class.")
    train: Place = Field(
        description="The folder of the classes' folders, or of a pool's images; or the folder of "
        "each class by its name: `{good: data/good, scratched: data/scratched}`."
    )
    test: Place | None = Field(None, description="Likewise of test images; none for an OE pool.")
    hold_out: Number | None = Field(
        None,
        gt=0,
        lt=1,
        exclude_if=not_,
        description="In the place of `test`: the share of the images of each folder that are "
        "tested on and not trained on, chosen by the names of the files. A pool lacks them.",
    )
    pool: bool = Field(
        False,
        description="Whether all images in `train` and the folders in it are one pool without "
        "classes; without folders in it they are in any case.",
    )
    leave_out: tuple[FileName, ...] = Field(
        (),
        description="Folders in `train` that are not read, and files in `train` or `test`, as "
        "`CLASS/FILE`.",
    )
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
        if self.pool and isinstance(self.train, dict):
            raise UserError("a pool has no classes; name one folder in `train`")
        if self.hold_out and self.test:
            raise UserError("hold_out and `test` are both set; take out one of them")
        return self

    @property
    def is_drawn(self) -> bool:
        return self.drawn

    @property
    def is_counted(self) -> bool:
        return True

    @property
    def places(self) -> dict[str, "Path | ByClass"]:
        """Where the images of each split lie that has folders of its own."""
        return {"train": self.train} | ({} if self.test is None else {"test": self.test})

    def roots(self) -> list[Path]:
        """All folders that are named."""
        return [
            folder
            for place in self.places.values()
            for folder in (place.values() if isinstance(place, dict) else [place])
        ]

    def own_files(self) -> Sequence[Path | str]:
        folders = [folder for folder in self.roots() if os.path.isdir(folder)]
        if self.vouched:
            return folders
        return [path for folder in folders for path in walk(folder)]

    def checked_files(self) -> list[Path]:
        return []  # the cache's own checksum is that of all images

    def place(self) -> str:
        return " and ".join(map(str, self.roots()))

    def missing(self) -> str | None:
        absent = [str(each) for each in self.roots() if not os.path.isdir(each)]
        if not absent:
            return None
        what = "a folder of images" if self.pool else "a folder of images for each class"
        return (
            f"there is no folder {' and no folder '.join(absent)}; put {what} "
            f"there, or correct {'`train`' if self.pool else '`train` and `test`'} of the data "
            "set's source"
        )

    def class_names(self) -> list[str]:
        return sorted({name for split in self.places for name in self.class_folders(split)})

    def class_folders(self, split: str) -> dict[str, Path]:
        """The folders of the classes that a split has, by name; none of a pool."""
        place = self.places[split]
        if isinstance(place, dict):
            return dict(sorted(place.items()))
        if self.pool:
            return {}
        with reading(place, *NO_FOLDER):
            names = {path.name for path in place.iterdir() if os.path.isdir(path)}
        return {name: place / name for name in sorted(names - {*self.leave_out}) if is_shown(name)}

    def load(self, downloads: Path | None = None) -> Mapping[str, Split]:
        names = self.class_names() or [""]
        return {
            split: self.photos(files, names, notes)
            for split, (files, notes) in self.files().items()
        }

    def listing(self) -> Mapping[str, Mapping[str, int]]:
        return {
            split: {name: len(paths) for name, paths in files.items()}
            for split, (files, _) in self.files().items()
        }

    def files(self) -> dict[str, tuple[dict[str, list[str]], Counter[str]]]:
        """Of each split the image files of each class, and what was passed over.

        In the order of their paths; other files do not count. Raises SourceError where a split has
        none.
        """
        found = {split: self.files_of(split) for split in self.places}
        if not self.hold_out:
            return found
        every, notes = found["train"]
        held = held_out([path for paths in every.values() for path in paths], self.hold_out)
        parts = {
            split: {
                name: [each for each in paths if (each in held) == tested]
                for name, paths in every.items()
            }
            for split, tested in {"train": False, "test": True}.items()
        }
        tested = {} if self.pool else {"test": (parts["test"], Counter[str]())}
        return {"train": (parts["train"], notes), **tested}

    def files_of(self, split: str) -> tuple[dict[str, list[str]], Counter[str]]:
        """The same of a split that has folders of its own."""
        place, folders, without = self.places[split], self.class_folders(split), set[str]()
        if isinstance(place, Path) and not folders:
            if names := self.class_names():
                raise SourceError(
                    f"there are no folders of classes in {place}, and the other images have the "
                    f"classes {listed(names)}; put its images into folders of these names"
                )
            folders, without = {"": place}, {*self.leave_out}
        roots = self.named_in(split)
        left_out = {os.path.join(root, name) for root in roots for name in self.leave_out}
        notes: Counter[str] = Counter()
        found: dict[str, list[str]] = {}
        for name, folder in folders.items():
            found[name] = []
            for path in walk(folder, without):
                suffix = os.path.splitext(path)[1].lower()
                if path in left_out:
                    notes["not read, because `leave_out` names it"] += 1
                elif suffix in SUFFIXES:
                    found[name].append(path)
                else:
                    notes[f"not read, because of the ending {printed(suffix) or 'none'}"] += 1
        if not any(found.values()):
            inside = "the folders in it" if "" in found else f"its folders {listed(found)}"
            where = place if isinstance(place, Path) else " and ".join(map(str, place.values()))
            raise SourceError(
                f"there is no image in {where} or {inside}; image files end in "
                f"{', '.join(SUFFIXES)}"
            )
        return found, notes

    def named_in(self, split: str) -> list[Path]:
        """The folders in which the names of `leave_out` are looked for."""
        place = self.places[split]
        return [each.parent for each in place.values()] if isinstance(place, dict) else [place]

    def paths(self, split: str) -> list[str]:
        """The image files of a split, in order."""
        return [path for inside in self.files()[split][0].values() for path in inside]

    def photos(
        self, files: Mapping[str, list[str]], names: list[str], notes: Counter[str]
    ) -> Photos:
        """The images of a split, labelled by the place of their class among all names."""
        paths = [path for name in names for path in files.get(name, ())]
        labels = [label for label, name in enumerate(names) for _ in files.get(name, ())]
        return Photos(
            size=len(paths),
            read=lambda index: code("oebench.data.pictures:read")(paths[index], self.plain, notes),
            name=lambda index: paths[index],
            labels=None if self.drawn else np.array(labels, dtype=np.int64),
            notes=notes,
        )


def held_out(paths: Iterable[str], share: float) -> set[str]:
    """A share of the images of each folder, chosen by the names of the files alone.

    So it is the same for all who read the folder, as one class or as a part of a pool. Of two
    images or more at least one is held out and one is not.
    """
    folders: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        folders[os.path.dirname(path)].append(path)
    held: set[str] = set()
    for inside in folders.values():
        count = min(max(1, round(share * len(inside))), len(inside) - 1)
        held.update(sorted(inside, key=digest)[:count])
    return held


def digest(path: str) -> bytes:
    """What a file's name, without its folder, is ordered by."""
    return hashlib.sha256(os.fsencode(os.path.basename(path))).digest()


def label_files(folder: Path) -> list[str]:
    """Files in a folder that may hold the labels of the images beside them, by name."""
    with reading(folder, *NO_FOLDER), os.scandir(folder) as found:
        names = [each.name for each in found if os.path.splitext(each.name)[1].lower() in LISTS]
    return sorted(filter(is_shown, names))
