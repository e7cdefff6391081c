"""Sources whose files are downloaded on first use, or found in a folder that the user has."""

from abc import abstractmethod
from pathlib import Path

from pydantic import Field

from oebench.data.sources.base import Download, Labelled, Source, SourceError, UserPath
from oebench.files import md5

AGAIN = "replace it by the publisher's file"


class FileSource(Source):
    """A source made of files: in `folder`, or downloaded to the workflow's own folder."""

    folder: UserPath | None = Field(
        None,
        description="A folder that has the files, also in torchvision's layout; without it they "
        "are downloaded.",
    )
    downloads: tuple[Download, ...] = Field((), description="What to download: file, urls, md5.")

    @abstractmethod
    def file_names(self) -> list[str]:
        """The names of all files that it may read, without folder."""

    def own_files(self) -> list[Path]:
        folder = self.folder
        if folder is None or not folder.is_dir():
            return []
        names = [each for name in self.file_names() for each in (name, f"{name}.gz")]
        return sorted({path for name in names for path in files_in(folder, name)})

    def missing(self) -> str | None:
        if self.folder is not None and not self.folder.is_dir():
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

    @abstractmethod
    def load_from(self, folder: Path) -> dict[str, Labelled]:
        """The splits, from the files in a folder. Raises SourceError."""


def files_in(folder: Path, pattern: str = "*") -> list[Path]:
    """All files in a folder and the folders in it, sorted."""
    return sorted(path for path in folder.rglob(pattern) if path.is_file())


def find(folder: Path, name: str) -> Path:
    """The file of that name, plain or gzipped, anywhere in a folder.

    Raises SourceError where there is none, or where several differ: which one is meant?
    """
    for candidate in (name, f"{name}.gz"):
        found = files_in(folder, candidate)
        if len({md5(path) for path in found} if len(found) > 1 else found) > 1:
            raise SourceError(
                f"there are different files {candidate} in {folder}: "
                f"{', '.join(map(str, found))}; name the folder of the one that is meant"
            )
        if found:
            return found[0]
    raise SourceError(
        f"there is neither {name} nor {name}.gz in {folder} or the folders in it; put it there, or "
        "correct its name in the data set's source"
    )
