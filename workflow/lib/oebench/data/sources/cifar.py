"""The Python batches of CIFAR-10 and CIFAR-100, from the publishers' archive or unpacked."""

import pickle
import tarfile
import zlib
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from pydantic import Field

from oebench.data.sources.base import Labelled, SourceError
from oebench.data.sources.files import AGAIN, FileSource, files_in, find
from oebench.validation import FileName, Line

# What a batch is made of; a pickle could name anything else to be run.
ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}

# What unpickling raises for a file that is cut, damaged or something else.
DAMAGED = (
    *(pickle.UnpicklingError, EOFError, MemoryError, AttributeError),
    *(KeyError, IndexError, TypeError, ValueError),
)


class Cifar(FileSource):
    """Batches of 32x32 colour images with their labels."""

    kind: Literal["cifar"] = Field(description="The Python batches of CIFAR-10 or CIFAR-100.")
    archive: FileName = Field(description="The publishers' archive, where it is downloaded.")
    train: tuple[FileName, ...] = Field(min_length=1, description="Names of the training batches.")
    test: tuple[FileName, ...] = Field(
        (), description="Names of the test batches; none for a pool."
    )
    labels: Line = Field(description="The key of the labels: `labels` or `fine_labels`.")

    def file_names(self) -> list[str]:
        return [self.archive, *self.train, *self.test]

    def load_from(self, folder: Path) -> dict[str, Labelled]:
        batches = self.read(folder, [*self.train, *self.test])
        splits = {"train": self.train} | ({"test": self.test} if self.test else {})
        return {
            split: Labelled(
                np.concatenate([batches[name].images for name in names]),
                np.concatenate([batches[name].labels for name in names]),
            )
            for split, names in splits.items()
        }

    def read(self, folder: Path, names: list[str]) -> dict[str, Labelled]:
        """The batches by name, from the archive or from an unpacked folder."""
        if self.folder is not None and not files_in(folder, self.archive):
            absent = [name for name in names if not files_in(folder, name)]
            if absent:
                raise SourceError(
                    f"there is neither {self.archive} nor {' and '.join(absent)} in {folder} or "
                    "the folders in it; put it there, or correct its name in the data set's source"
                )
            return {
                name: self.batch(path.open("rb"), str(path))
                for name, path in ((name, find(folder, name)) for name in names)
            }
        path = find(folder, self.archive)
        try:
            with tarfile.open(path) as archive:
                members = {Path(member.name).name: member for member in archive if member.isfile()}
                absent = [name for name in names if name not in members]
                if absent:
                    raise SourceError(
                        f"{path} has no file {' and no file '.join(absent)}; it has "
                        f"{', '.join(members)}. Name the batches as `train` and `test` of the data "
                        "set's source"
                    )
                return {
                    name: self.batch(archive.extractfile(members[name]), f"{name} in {path}")
                    for name in names
                }
        except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
            reason = (str(error) or repr(error)).splitlines()[0].rstrip(":")
            raise SourceError(f"{path} is not a whole archive: {reason}; {AGAIN}") from None

    def batch(self, file: IO[bytes] | None, name: str) -> Labelled:
        """One batch: its rows hold the red, green and blue planes of an image."""
        assert file is not None
        try:
            with file:
                content = Restricted(file, encoding="latin1").load()
            if "data" in content and self.labels not in content:
                raise SourceError(
                    f"{name} has no {self.labels}; it has {', '.join(content)}. Correct `labels` "
                    "of the data set's source"
                )
            images, labels = np.asarray(content["data"]), np.asarray(content[self.labels])
            whole = {"data": images, self.labels: labels}
            for key, values in whole.items():
                if not np.issubdtype(values.dtype, np.integer):
                    raise SourceError(
                        f"{key} of {name} is {values.dtype}; expected whole numbers, of pixels "
                        f"from 0 to 255; {AGAIN}"
                    )
            if images.ndim != 2 or images.shape[1] != 3 * 32 * 32:
                raise SourceError(
                    f"data of {name} has the shape {images.shape}; expected (N, 3072), each row "
                    f"the red, then the green, then the blue plane of an image; {AGAIN}"
                )
            if images.size and not 0 <= images.min() <= images.max() <= 255:
                raise SourceError(
                    f"data of {name} goes from {images.min()} to {images.max()}; expected pixels "
                    f"from 0 to 255; {AGAIN}"
                )
            images = images.astype(np.uint8).reshape(-1, 3, 32, 32)
            labels = labels.astype(np.int64)
        except SourceError:
            raise
        except DAMAGED as error:
            raise SourceError(
                f"{name} is not a batch of CIFAR images: {error!r}; {AGAIN}"
            ) from None
        if labels.shape != (len(images),):
            raise SourceError(f"{name} has {len(images)} images and {labels.size} labels; {AGAIN}")
        return Labelled(images, labels)


class Restricted(pickle.Unpickler):
    """Loads arrays and plain values only."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)
