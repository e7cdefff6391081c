"""The Python batches of CIFAR-10 and CIFAR-100, from the publishers' archive or unpacked."""

import pickle
import tarfile
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from pydantic import Field

from oead.sources.base import Labelled, SourceError
from oead.sources.files import FileSource, find

# What a batch is made of; a pickle could name anything else to be run.
ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}


class Cifar(FileSource):
    """Batches of 32x32 colour images with their labels."""

    kind: Literal["cifar"] = Field(description="The Python batches of CIFAR-10 or CIFAR-100.")
    archive: str = Field(description="The publishers' archive, where it is downloaded.")
    train: tuple[str, ...] = Field(min_length=1, description="Names of the training batches.")
    test: tuple[str, ...] = Field((), description="Names of the test batches; none for a pool.")
    labels: str = Field(description="The key of the labels: `labels` or `fine_labels`.")

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
        if self.folder is not None and not list(folder.rglob(self.archive)):
            return {
                name: self.batch(path.open("rb"), str(path))
                for name, path in ((name, find(folder, name)) for name in names)
            }
        path = find(folder, self.archive)
        try:
            with tarfile.open(path) as archive:
                members = {Path(member.name).name: member for member in archive if member.isfile()}
                return {
                    name: self.batch(archive.extractfile(members[name]), f"{name} in {path}")
                    for name in names
                }
        except (tarfile.TarError, EOFError, OSError, KeyError) as error:
            raise SourceError(
                f"{path} cannot be read: {error!r}; delete it to fetch it again"
            ) from None

    def batch(self, file: IO[bytes] | None, name: str) -> Labelled:
        """One batch: its rows hold the red, green and blue planes of an image."""
        assert file is not None
        try:
            with file:
                content = Restricted(file, encoding="latin1").load()
            images = np.asarray(content["data"], dtype=np.uint8).reshape(-1, 3, 32, 32)
            labels = np.asarray(content[self.labels], dtype=np.int64)
        except (pickle.UnpicklingError, EOFError, KeyError, ValueError) as error:
            raise SourceError(f"{name} is not a batch of CIFAR images: {error!r}") from None
        return Labelled(images, labels)


class Restricted(pickle.Unpickler):
    """Loads arrays and plain values only."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)
