"""Sources whose files are downloaded on first use, or found in a folder that the user has."""

import os
from abc import abstractmethod
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from oebench.data.sources.base import Download, Labelled, Source, SourceError, UserPath, reading
from oebench.files import Checksum
from oebench.wording import listed

AGAIN = "replace it by the publisher's file"
ANY = Checksum("")  # which every file fits
NO_FOLDER = "is no folder that can be read", "; correct it in the data set's source"


class FileSource(Source):
    """A source made of files: in `folder`, or downloaded to the workflow's own folder."""

    folder: UserPath | None = Field(
        None,
        description="A folder that has the files, also in torchvision's layout; without it they "
        "are downloaded.",
    )
    downloads: tuple[Download, ...] = Field(
        (), description="What to download: file, urls, md5 or sha256."
    )

    @abstractmethod
    def file_names(self) -> list[str]:
        """The names of all files that it may read, without folder."""

    def own_files(self) -> list[Path]:
        folder = self.folder
        if folder is None or not os.path.isdir(folder):
            return []
        names = [each for name in self.file_names() for each in (name, f"{name}.gz")]
        return sorted({path for name in names for path in files_in(folder, name)})

    def missing(self) -> str | None:
        if self.folder is not None and not os.path.isdir(self.folder):
            return (
                f"there is no folder {self.folder}; correct `folder` of the data set's source"
                + (", or leave it out to download the files" if self.downloads else "")
            )
        if self.folder is None and not self.downloads:
            return "neither `folder` nor `downloads` is set in the data set's source"
        return None

    def needed(self) -> tuple[Download, ...]:
        return self.downloads if self.folder is None else ()

    def place(self) -> str:
        return str(self.folder or "")

    def load(self, downloads: Path | None = None) -> dict[str, Labelled]:
        folder = self.folder or downloads
        assert folder is not None
        return self.load_from(folder)

    def find(self, folder: Path, name: str) -> Path:
        """The file of that name, plain or gzipped, with the checksum of what is offered under it.

        Raises SourceError, also for a file of that name that somebody has put there by hand.
        """
        offered = {each.file: each.checksum for each in self.downloads}
        path = find(folder, name, offered)
        expected = offered.get(path.name)
        if expected is None or expected.fits(found := checksum(path, expected)):
            return path
        again = (
            "Delete it, and it is downloaded"
            if self.folder is None
            else "Put the publisher's file in its place"
        )
        raise SourceError(
            f"{path} has the {expected.name} {found}, expected {expected.digits}: it is cut or "
            f"another file than the publisher's. {again}; to use it on purpose, declare a data set "
            "of your own with `folder` and without `downloads`"
        )

    @abstractmethod
    def load_from(self, folder: Path) -> dict[str, Labelled]:
        """The splits, from the files in a folder. Raises SourceError."""


def walk(folder: Path, without: Collection[str] = ()) -> Iterator[str]:
    """The paths of all files in a folder and the folders in it, also through links.

    Folder by folder, both sorted: for a folder of folders of images the order of torchvision's
    ImageFolder, which decides what a seed draws. Hidden files and folders are passed over, also
    links that lead nowhere and what is no file; a folder that was entered is not entered again by
    another link. without: folders in `folder` itself that are left out.
    """
    yield from entries(str(folder), set(without), set())


def entries(folder: str, without: set[str], entered: set[tuple[int, int]]) -> Iterator[str]:
    """The same; entered: the folders that were entered before, by device and inode."""
    with reading(folder, *NO_FOLDER):
        status = os.stat(folder)
        with os.scandir(folder) as found:
            shown = sorted(
                (each for each in found if is_shown(each.name)), key=lambda each: each.name
            )
    if (status.st_dev, status.st_ino) in entered:
        return
    entered.add((status.st_dev, status.st_ino))
    yield from (each.path for each in shown if leads_to(each, "file"))
    for each in shown:
        if leads_to(each, "dir") and each.name not in without:
            yield from entries(each.path, set(), entered)


def leads_to(entry: os.DirEntry[str], kind: Literal["file", "dir"]) -> bool:
    """Whether an entry of a folder is a file or folder; a link that leads in circles is neither."""
    if entry.is_symlink():
        return {"file": os.path.isfile, "dir": os.path.isdir}[kind](entry.path)
    return {"file": entry.is_file, "dir": entry.is_dir}[kind]()


def checksum(path: Path, asked: Checksum = ANY) -> str:
    """The checksum of a user's file, an MD5 by default. Raises SourceError where it has none."""
    with reading(path, "has no checksum", f"; {AGAIN}"):
        return asked.of(path)


def is_shown(name: str) -> bool:
    """Whether a file or folder is meant to be seen: `.ipynb_checkpoints` and `._a.png` are not."""
    return not name.startswith(".")


def files_in(folder: Path, name: str) -> list[Path]:
    """The files of that name in a folder and the folders in it, sorted."""
    return sorted(Path(path) for path in walk(folder) if os.path.basename(path) == name)


def find(folder: Path, name: str, first: Collection[str] = ()) -> Path:
    """The file of that name, plain or gzipped, anywhere in a folder; first: those looked for first.

    Raises SourceError where there is none, or where several differ: which one is meant?
    """
    for candidate in sorted((name, f"{name}.gz"), key=lambda each: each not in first):
        found = files_in(folder, candidate)
        if len({checksum(path) for path in found} if len(found) > 1 else found) > 1:
            raise SourceError(
                f"there are different files {candidate} in {folder}: "
                f"{listed(map(str, found))}; name the folder of the one that is meant"
            )
        if found:
            return found[0]
    raise SourceError(
        f"there is neither {name} nor {name}.gz in {folder} or the folders in it; put it there, or "
        "correct its name in the data set's source"
    )
