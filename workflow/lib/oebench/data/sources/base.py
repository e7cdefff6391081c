"""What every kind of source is: declared in YAML, loaded into labelled images."""

import hashlib
import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Annotated, NamedTuple

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from oebench.features import SHA256
from oebench.files import Checksum
from oebench.run import SAFE_NAME
from oebench.validation import LINE, URL, Strict, UserError, printable, shortened
from oebench.wording import reason

MD5 = "^[0-9a-f]{32}$"


def own_path(path: Path) -> Path:
    """A path of the user's own; ~ is the home folder."""
    printable(str(path))
    if any(len(part.encode()) > 255 for part in path.parts) or len(str(path)) > 1000:
        raise UserError(f"expected a path that a file can have, found {shortened(str(path))}")
    try:
        return path.expanduser()
    except RuntimeError:
        raise UserError(f"nobody has the home folder of {shortened(str(path))}") from None


UserPath = Annotated[Path, AfterValidator(own_path)]
Class = Annotated[str, Field(min_length=1, max_length=LINE), AfterValidator(printable)]
Address = Annotated[str, Field(pattern=URL, max_length=1000)]


class Labelled(NamedTuple):
    """Images uint8 (N, C, H, W), or vectors (N, D), and their classes int64 (N,) from 0."""

    images: np.ndarray
    labels: np.ndarray


class Unreadable(Exception):
    """An image that cannot be read; the message says why."""


@dataclass(frozen=True)
class Photos:
    """Images of any size, each read when it is asked for.

    `read(i)` gives uint8 (C, height, width) or raises Unreadable; `name(i)` is for messages.
    `labels` int64 (size,) is None for a pool that is drawn from. Images in `excluded` are no part
    of the pool, though they count in `size`.
    """

    size: int
    read: Callable[[int], np.ndarray]
    name: Callable[[int], str]
    labels: np.ndarray | None = None
    excluded: frozenset[int] = frozenset()
    notes: Counter[str] = field(default_factory=Counter)  # what was passed over or changed: files


Split = Labelled | Photos


@dataclass(frozen=True)
class Made:
    """Images that are made to measure, as many and as large as the data set declares.

    `make(counts, shape)` gives them from the counts of the classes and (channels, height, width).
    """

    make: Callable[[tuple[int, ...], tuple[int, ...]], Split]


class SourceError(UserError):
    """The source's data is missing or not what it should be; the message says what to do."""


@contextmanager
def reading(path: Path | str, what: str, advice: str) -> Iterator[None]:
    """Whatever a library makes of a user's file, or the system says of it, becomes a SourceError.

    what: before the reason, as "is not a whole archive"; advice: behind it, with what joins them.
    A file that may not be read is not said to be damaged: nobody has looked into it.
    """
    try:
        yield
    except (SourceError, Unreadable):
        raise
    except Exception as error:  # libraries raise anything at all
        if isinstance(error, OSError) and error.errno is not None:
            raise SourceError(
                f"{path} cannot be read: {os.strerror(error.errno)}. That says nothing of its "
                "content, so leave it as it is: see that you may read it, that no other program "
                "has locked it and that its disk can be reached"
            ) from None
        raise SourceError(f"{path} {what}: {reason(error)}{advice}") from None


@contextmanager
def opened(path: Path, what: str, advice: str) -> Iterator[IO[bytes]]:
    """A user's file, to be read within `reading`."""
    with reading(path, what, advice), path.open("rb") as file:
        yield file


def is_whole(dtype: np.dtype) -> bool:
    """Whether an array of that type holds whole numbers; NumPy counts spans of time among them."""
    return dtype.kind in "iu"


class Download(Strict):
    """A file that the publisher of a data set offers."""

    file: str = Field(pattern=f"^{SAFE_NAME}$", max_length=LINE, description="Its name.")
    urls: tuple[Address, ...] = Field(
        min_length=1, description="Addresses, the first one tried first."
    )
    md5: str | None = Field(None, pattern=MD5, description="The publisher's checksum.")
    sha256: str | None = Field(
        None, pattern=SHA256, description="Likewise, in the place of `md5`; or its first digits."
    )

    @model_validator(mode="after")
    def one_checksum(self) -> "Download":
        if (self.md5 is None) == (self.sha256 is None):
            found = "neither is" if self.md5 is None else "both are"
            raise UserError(
                f"expected `md5` or `sha256`, by which {self.file} is known; {found} given"
            )
        return self

    @property
    def checksum(self) -> Checksum:
        return Checksum(self.md5) if self.md5 else Checksum(str(self.sha256), "SHA-256")

    @property
    def options(self) -> str:
        """What `oebench download` is told of the checksum."""
        return f"--md5 {self.md5}" if self.md5 else f"--sha256 {self.sha256}"


class Source(Strict, ABC):
    """The keys of one kind of source. A subclass has `kind`, its own keys and `load`."""

    @abstractmethod
    def load(self, downloads: Path | None = None) -> Mapping[str, Split | Made]:
        """The splits "train" and, where the source has one, "test". Raises SourceError.

        downloads: the folder with the files that were downloaded for it.
        """

    @property
    def is_drawn(self) -> bool:
        """Whether a cache holds only what a seed draws: for pools too large to be copied."""
        return False

    @property
    def has_points(self) -> bool:
        """Whether its images are points of the plane, whose two channels are coordinates."""
        return False

    @property
    def has_vectors(self) -> bool:
        """Whether it has vectors in the place of images."""
        return False

    def needed(self) -> tuple[Download, ...]:
        """What has to be downloaded before the source can be read."""
        return ()

    def own_files(self) -> Sequence[Path | str]:
        """The user's own files that the source reads, as far as they exist; there may be many."""
        return []

    def checked_files(self) -> list[Path]:
        """Those of them whose checksums the cache records."""
        return [Path(path) for path in self.own_files()]

    def stamp(self) -> str:
        """A digest of path, size and date of the user's own files, to tell when one is replaced."""
        digest, files = hashlib.sha256(), self.own_files()
        for path in files:
            status = os.stat(path)
            digest.update(os.fsencode(f"{path} {status.st_size} {status.st_mtime_ns}\n"))
        return digest.hexdigest()[:12] if files else ""

    def class_names(self) -> list[str]:
        """The classes by the source's own names, in label order; empty where it has none."""
        return []

    @property
    def is_counted(self) -> bool:
        """Whether `listing` says how many images there are, without opening one."""
        return False

    def listing(self) -> Mapping[str, Mapping[str, int]]:
        """Of "train" and "test" the images of each class by name; of a pool those of "".

        Empty where files have to be opened to know it. Raises SourceError.
        """
        return {}

    def place(self) -> str:
        """Where the images lie and by what names, for messages; empty where there is no file."""
        return ""

    def missing(self) -> str | None:
        """What a user has to provide before `load` can work, as a sentence; None if nothing."""
        return None
