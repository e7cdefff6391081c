"""The Python batches of CIFAR-10 and CIFAR-100, from the publishers' archive or unpacked."""

import pickle
import tarfile
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from pydantic import Field

from oebench.data.sources.base import Labelled, SourceError, is_whole, opened, reading
from oebench.data.sources.files import AGAIN, FileSource, files_in
from oebench.validation import FileName, Line
from oebench.wording import listed, printed

# What a batch is made of; a pickle could name anything else to be run.
ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}

NO_BATCH = "is not a batch of CIFAR images", f"; {AGAIN}"
NO_TAR = "is not a whole archive", f"; {AGAIN}"


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
            return {name: self.unpacked(self.find(folder, name)) for name in names}
        path = self.find(folder, self.archive)
        with opened(path, *NO_TAR) as packed, tarfile.open(fileobj=packed) as archive:
            members = {Path(member.name).name: member for member in archive if member.isfile()}
            absent = [name for name in names if name not in members]
            if absent:
                raise SourceError(
                    f"{path} has no file {' and no file '.join(absent)}; it has {listed(members)}. "
                    "Name the batches as `train` and `test` of the data set's source"
                )
            files = {name: archive.extractfile(members[name]) for name in names}
            return {name: self.batch(file, f"{name} in {path}") for name, file in files.items()}

    def unpacked(self, path: Path) -> Labelled:
        """The batch of a file."""
        with opened(path, *NO_BATCH) as file:
            return self.batch(file, str(path))

    def batch(self, file: IO[bytes] | None, name: str) -> Labelled:
        """One batch: its rows hold the red, green and blue planes of an image."""
        assert file is not None
        packed = file.read()
        with reading(name, *NO_BATCH):
            content = Restricted(BytesIO(packed), encoding="latin1").load()
            if not isinstance(content, dict):
                raise SourceError(
                    f"{name} holds {type(content).__name__}, expected data and {self.labels} by "
                    f"name; {AGAIN}"
                )
            has = f"it has {listed(map(str, content)) or 'nothing'}"
            if "data" not in content:
                raise SourceError(f"{name} has no data; {has}; {AGAIN}")
            if self.labels not in content:
                raise SourceError(
                    f"{name} has no {self.labels}; {has}. Correct `labels` of the data set's source"
                )
            images, labels = (array(content[key]) for key in ("data", self.labels))
            whole = {"data": images, self.labels: labels}
            for key, values in whole.items():
                if not is_whole(values.dtype):
                    raise SourceError(
                        f"{key} of {name} is {printed(str(values.dtype))}; expected whole numbers, "
                        f"of pixels from 0 to 255; {AGAIN}"
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
            if labels.shape != (len(images),):
                raise SourceError(
                    f"{name} has {len(images)} images and {labels.size} labels; {AGAIN}"
                )
            return Labelled(images.astype(np.uint8).reshape(-1, 3, 32, 32), labels.astype(np.int64))


def array(values: Any) -> np.ndarray:
    """An array, or a list of numbers as one; lists of lists could be of any depth and size."""
    if isinstance(values, np.ndarray):
        return values
    if not isinstance(values, list | tuple) or {type(each) for each in values} - {int, float}:
        raise TypeError(f"{type(values).__name__} in the place of an array or a list of numbers")
    return np.asarray(values)


# The one written in Python: that in C makes room for as many values as a damaged byte says.
class Restricted(pickle._Unpickler):
    """Loads arrays and plain values only."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)
