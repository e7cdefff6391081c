"""What a person's folder of pictures holds: how it is laid out, its classes, sizes and colours.

`oebench declare` makes a configuration of it. Every picture is opened once, as the cache will.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import median

import numpy as np

from oebench.data.pictures import read
from oebench.data.sources.base import Unreadable
from oebench.data.sources.files import is_shown
from oebench.data.sources.folder import Folder, label_files
from oebench.validation import UserError
from oebench.wording import amount, listed

TRAIN, TEST = ("train", "training"), ("test", "testing", "validation", "val")
NORMAL = ("good", "normal", "ok", "okay", "healthy", "regular", "nominal", "negative", "pass")
HELD_OUT = 0.3  # of the images of each folder, where none are set aside for tests
SMALLEST = 8  # training images of a class that can be normal
ALIKE = 1.1  # proportions that differ by less than this factor


@dataclass
class Seen:
    """What pictures look like that can be read, and those that cannot, with the reason."""

    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)  # width and height
    coloured: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def side(self) -> int:
        """The typical short side in pixels."""
        return int(median(min(size) for size in self.sizes.elements()))

    @property
    def proportions(self) -> tuple[float, float]:
        """The least and the largest ratio of width to height."""
        ratios = [width / height for width, height in self.sizes]
        return min(ratios), max(ratios)

    @property
    def lines(self) -> Iterator[str]:
        """The same in words."""
        (least, *_), (*_, most) = sorted(self.sizes)[:1], sorted(self.sizes)[-1:]
        first = "{} x {}".format(*least)
        sizes = first if len(self.sizes) == 1 else "{} to {} x {}".format(first, *most)
        grey = sum(self.sizes.values()) - self.coloured
        colour = f"{self.coloured} in colour" if self.coloured else "none in colour"
        yield f"sizes: {sizes} pixels, the short side typically {self.side}; {colour}, {grey} grey"
        for what, count in sorted(self.notes.items()):
            yield f"{amount(count, 'file')} {what}"
        if self.unreadable:
            told = (f"{path} ({why})" for path, why in self.unreadable.items())
            yield f"{amount(len(self.unreadable), 'file')} cannot be read: {listed(told)}"


@dataclass(frozen=True)
class Survey:
    """A folder of pictures: its source as a configuration has it, and what is in it."""

    source: Folder
    layout: str  # in words
    seen: Seen
    hints: tuple[str, ...] = ()  # what a person should know of it

    @property
    def is_flat(self) -> bool:
        return not self.classes

    @cached_property
    def classes(self) -> list[str]:
        return self.source.class_names()

    @cached_property
    def counts(self) -> dict[str, dict[str, int]]:
        """Readable images of each split and class; of a flat folder those of ""."""
        return {split: dict(found) for split, found in self.source.listing().items()}

    def count(self, split: str, name: str) -> int:
        return self.counts.get(split, {}).get(name, 0)

    @cached_property
    def normal(self) -> list[str]:
        """The classes that can be normal.

        The one that has training images, or whose name says so; else all with enough images.
        """
        trained = [name for name in self.classes if self.count("train", name)]
        said = [name for name in trained if name.lower() in NORMAL]
        chosen = said if len(said) == 1 else trained
        return [
            name
            for name in chosen
            if self.count("train", name) >= SMALLEST and self.count("test", name)
        ]

    @property
    def known_defects(self) -> list[str]:
        """Classes with training images that are never normal, where one alone is normal."""
        if len(self.normal) != 1:
            return []
        return [n for n in self.classes if n not in self.normal and self.count("train", n)]

    @property
    def lines(self) -> Iterator[str]:
        """What was found, in sentences."""
        yield self.layout
        for split, found in self.counts.items():
            named = [f"{name} {count}" if name else str(count) for name, count in found.items()]
            yield f"{split}: {listed(named)}"
        yield from self.seen.lines
        for name in self.classes:
            trained, tested = self.count("train", name), self.count("test", name)
            if len(self.normal) != 1 and name not in self.normal:
                yield (
                    f"{name} is too small to be normal: {trained} training images and {tested} "
                    f"test images; {SMALLEST} and 1 are the least. It is tested on as anomalous"
                )
        yield from self.hints


def survey(folder: Path, defects: Sequence[Path] = ()) -> Survey:
    """Look at a folder and every picture in it. Raises UserError where it is no data set.

    defects: folders of known anomalies, which are classes beside a folder of normal pictures alone.
    """
    source, layout, hints = laid_out(folder)
    beside = sorted({each for root in {folder, *source.roots()} for each in label_files(root)})
    if beside:
        hints += (
            f"{listed(beside)} beside the pictures: labels in such files are not read; put the "
            "pictures of each class into a folder of its name",
        )
    if defects and not source.class_names():
        others = {path.resolve().name: path for path in defects}
        normal = next(name for name in NORMAL if name not in others)
        train = {**others, normal: source.roots()[0]}
        source = source.model_copy(update={"train": train})
    source, seen = readable(source)
    return Survey(source, layout, seen, hints)


def readable(source: Folder) -> tuple[Folder, Seen]:
    """A source without the files that cannot be read, and what its pictures look like."""
    paths = [path for split in source.files() for path in source.paths(split)]
    seen = look(paths, source)
    if not seen.sizes:
        raise UserError(f"none of the pictures in {source.place()} can be read")
    if seen.unreadable:
        names = dict.fromkeys(relative(path, source) for path in seen.unreadable)
        source = source.model_copy(update={"leave_out": tuple(names)})
    return source, seen


def laid_out(folder: Path) -> tuple[Folder, str, tuple[str, ...]]:
    """The source of a folder, its layout in words, and hints. Raises UserError."""
    inside = folders_in(folder)
    train, *_ = [each for each in TRAIN if each in inside] or [""]
    test, *_ = [each for each in TEST if each in inside] or [""]
    if train and test:
        unread = sorted({*inside} - {train, test})
        hints = (f"not read: the folders {listed(unread)} in {folder}",) if unread else ()
        source = Folder(kind="folder", train=folder / train, test=folder / test)
        if folders_in(folder / train) or not folders_in(folder / test):
            return source, f"{folder}: training and test images, a folder for each class", hints
        raise UserError(
            f"{folder / train} has no folder for each class, and {folder / test} has; put its "
            f"pictures into {folder / train / 'good'}, and the normal test pictures into "
            f"{folder / test / 'good'}"
        )
    nested = [each for each in inside if {*TRAIN} & {*folders_in(folder / each)}]
    if nested and not train:
        raise UserError(
            f"{folder} holds several data sets; name one of them: "
            f"{listed(str(folder / each) for each in nested)}"
        )
    root = folder / train if train else folder
    held = f"no test images; {HELD_OUT:.0%} of each class are held out for tests"
    source = Folder(kind="folder", train=root, hold_out=HELD_OUT)
    if folders_in(root):
        return source, f"{root}: a folder for each class, {held}", ()
    return source, f"{root}: pictures without folders of classes, taken as normal; {held}", ()


def folders_in(folder: Path) -> list[str]:
    """The names of the folders in a folder that are not hidden. Raises UserError."""
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}; name a folder of pictures")
    return sorted(each.name for each in folder.iterdir() if each.is_dir() and is_shown(each.name))


def relative(path: str, source: Folder) -> str:
    """The name of a file as `leave_out` has it."""
    roots = [str(root) for split in source.places for root in source.named_in(split)]
    return os.path.relpath(path, max((r for r in roots if path.startswith(r)), key=len))


def look(paths: Sequence[str], source: Folder) -> Seen:
    """Open every picture. Raises SourceError for one of more than 8 bits a channel."""
    seen = Seen()

    def one(path: str) -> tuple[tuple[int, int, bool] | str, Counter[str]]:
        """Height, width and whether it is grey, or why it cannot be read; what was changed."""
        notes: Counter[str] = Counter()
        try:
            red, green, blue = read(path, source.plain, notes)
        except Unreadable as error:
            return str(error), notes
        grey = np.array_equal(red, green) and np.array_equal(green, blue)
        return (*red.shape, grey), notes

    with ThreadPoolExecutor(os.cpu_count()) as readers:
        try:
            for path, (found, notes) in zip(paths, readers.map(one, paths), strict=True):
                seen.notes += notes
                if isinstance(found, str):
                    seen.unreadable[path] = found
                    continue
                height, width, grey = found
                seen.sizes[width, height] += 1
                seen.coloured += not grey
        except BaseException:  # Ctrl-C, or a picture that is refused: the others are not waited for
            readers.shutdown(wait=False, cancel_futures=True)
            raise
    return seen
