"""Images that come with the libraries that are installed anyway: digits, and letters of fonts.

Only what a person may write is here; `data.glyphs` makes the images.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from oebench.data.sources.base import Labelled, Source
from oebench.registry import code
from oebench.validation import Seed


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
