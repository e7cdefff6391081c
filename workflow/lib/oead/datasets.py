"""What a data set is: where its images come from and what they must turn out to be."""

from typing import Annotated

from pydantic import Field, model_validator

from oead.sources.kinds import AnySource
from oead.strict import Strict

Count = Annotated[int, Field(gt=0, strict=True)]
Counts = Count | tuple[Count, ...]


class Dataset(Strict):
    """One data set. The promised counts let a configuration be checked before there is data."""

    source: AnySource = Field(description="Where the images come from.")
    image: tuple[int, int, int] = Field(description="Channels, height and width of an image.")
    classes: tuple[str, ...] = Field(
        (), description="Names in label order; none for a pool of OE images without labels."
    )
    train: Counts = Field(
        description="Training images: one number for each class, or a single one for every class "
        "(for the whole pool, if it has no classes). Checked when the cache is made."
    )
    test: Counts | None = Field(None, description="Test images likewise; none for an OE pool.")

    @model_validator(mode="after")
    def consistent(self) -> "Dataset":
        if len(set(self.classes)) < len(self.classes):
            twice = [name for name in self.classes if self.classes.count(name) > 1]
            raise ValueError(f"the class {twice[0]!r} stands twice in classes")
        for key in ("train", "test"):
            counts = getattr(self, key)
            if isinstance(counts, tuple) and len(counts) != max(len(self.classes), 1):
                raise ValueError(
                    f"{key} has {len(counts)} counts for {len(self.classes)} classes; give one "
                    "count for each class, or one number for all"
                )
        return self

    def counts(self, split: str) -> tuple[int, ...]:
        """Promised images of each class in "train" or "test"."""
        counts: Counts | None = getattr(self, split)
        if isinstance(counts, tuple):
            return counts
        return (counts,) * max(len(self.classes), 1) if counts is not None else ()

    @property
    def pool(self) -> int:
        """Images in the training split: what OE can draw from."""
        return sum(self.counts("train"))
