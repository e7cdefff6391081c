"""Images that come with the libraries that are installed anyway: digits, letters, two photos.

Only what a person may write is here; `data.glyphs` and `data.patches` make the images.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from oebench.data.sources.base import Labelled, Made, Source
from oebench.registry import code
from oebench.validation import Seed, UserError

Scale = Annotated[float, Field(ge=0.01, le=1, allow_inf_nan=False)]


class Digits(Source):
    """Handwritten digits 0 to 9; two thirds of each class train, in the order of the file."""

    kind: Literal["digits"] = Field(description="Scikit-learn's handwritten digits.")

    def load(self, downloads: Path | None = None) -> dict[str, Labelled]:
        return code("oebench.data.glyphs:digits")()


class Letters(Source):
    """`per_class` images of each letter, with small random rotation, shift and size."""

    kind: Literal["letters"] = Field(description="Letters drawn from fonts.")
    per_class: int = Field(100, gt=0, le=100_000, strict=True, description="Images of each letter.")
    seed: Seed = Field(0, description="Of the random fonts, sizes, angles and places.")

    def load(self, downloads: Path | None = None) -> dict[str, Labelled]:
        return code("oebench.data.glyphs:letters")(self.per_class, self.seed)


class PhotoPatches(Source):
    """Patches of china.jpg and flower.jpg: as many and as large as the data set declares.

    The data set's classes are `china` and `flower`, or none: then both photos take turns.
    """

    kind: Literal["photo_patches"] = Field(
        description="Patches of scikit-learn's two sample photos (danielbuechele, vultilion; "
        "CC BY 2.0), at random places and sizes; `image` and `train` say how large and how many."
    )
    scales: tuple[Scale, Scale] = Field(
        (0.1, 0.8),
        description="Smallest and largest patch, as a part of the largest that a photo has (427 x "
        "427 pixels of a square one). Each doubling in between is as likely.",
    )
    seed: Seed = Field(0, description="Of the random places and sizes.")

    @field_validator("scales")
    @classmethod
    def rising(cls, scales: tuple[float, float]) -> tuple[float, float]:
        if scales[0] > scales[1]:
            raise UserError(f"expected the smaller scale first, found {list(scales)}")
        return scales

    def load(self, downloads: Path | None = None) -> dict[str, Made]:
        return {"train": code("oebench.data.patches:patches")(self.scales, self.seed)}

    def class_names(self) -> list[str]:
        return list(code("oebench.data.patches:NAMES"))
