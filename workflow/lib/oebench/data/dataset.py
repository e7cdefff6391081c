"""What a data set is: where its images come from and what they must turn out to be."""

import shlex
from collections import Counter
from operator import not_
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from oebench.data.sources.base import Class, Download, Source
from oebench.data.sources.frozen import Frozen
from oebench.data.sources.kinds import AnySource
from oebench.features import USUAL
from oebench.validation import (
    LIST,
    ONE,
    ONE_OR_LIST,
    Count,
    Strict,
    UserError,
    Whole,
    Words,
    shortened,
)

Side = Annotated[int, Field(gt=0, le=4096, strict=True)]  # pixels
Length = Annotated[int, Field(gt=0, le=100_000, strict=True)]
Fit = Literal["exact", "crop", "stretch"] | Side
Counts = Annotated[Annotated[Whole, ONE] | Annotated[tuple[Count, ...], LIST], ONE_OR_LIST]
SPLITS = ("train", "test")
LONGEST = 100_000  # bytes of an entry: the shell's command that makes the cache has 131,072 at most


class FeaturesOf(Strict):
    """A data set of vectors, of the images of another: its classes and counts are the other's."""

    features: Frozen = Field(description="`{of: NAME}`, and how its images become vectors.")
    vector: Length | None = Field(
        None, description="How many numbers a vector has; known of the usual models."
    )

    @property
    def dataset(self) -> "Dataset":
        """The data set, without the classes and counts, which are those of the images."""
        known = USUAL.get(self.features.model)
        length = self.vector or (known and known.dimensions)
        if length is None:
            raise UserError(
                f"how many numbers a vector of {self.features.model} has is not known here; set "
                "vector"
            )
        return Dataset(source=self.features, vector=length)


class Dataset(Strict):
    """One data set. The declared counts let a configuration be checked before there is data."""

    source: AnySource = Field(description="Where the images come from.")
    test_source: AnySource | None = Field(
        None,
        description="Where the test images come from, if from elsewhere: its test images, or its "
        "only ones.",
    )
    image: tuple[Side, Side, Side] | None = Field(
        None,
        exclude_if=not_,
        description="Channels, height and width of an image. Required, unless there are vectors.",
    )
    vector: Length | None = Field(
        None,
        exclude_if=not_,
        description="Of vectors in the place of images: how many numbers each has.",
    )
    fit: Fit = Field(
        "exact",
        description="How images of another size or colour are brought to `image`: `exact` refuses "
        "them; `crop` keeps their proportions and cuts off the rest; `stretch` does not. A number "
        "makes the short side that long and keeps the whole; `image` is cut out of it, at random "
        "where training images are augmented, else out of the middle.",
    )
    classes: tuple[Class, ...] = Field(
        (), description="Names in label order; none for a pool of OE images without labels."
    )
    train: Counts | None = Field(
        None,
        description="Training images: one number for each class, 0 where none is ever normal, or "
        "a single one for every class (for the whole pool, if it has no classes). Checked when the "
        "cache is made. Only of a source of kind `folder` it may be left out: its files are "
        "counted when the plan is made.",
    )
    test: Counts | None = Field(None, description="Test images likewise; none for an OE pool.")
    advice: Words = Field("", description="Said to those who do not have the data.")

    @field_validator("image", mode="before")
    @classmethod
    def three_numbers(cls, image: Any) -> Any:
        if image is not None and (not isinstance(image, list | tuple) or len(image) != 3):
            raise UserError(
                f"expected channels, height and width, as [1, 28, 28]; found {shortened(image)}"
            )
        return image

    @model_validator(mode="after")
    def consistent(self) -> "Dataset":
        if len(set(self.classes)) < len(self.classes):
            (twice, _), *_ = Counter(self.classes).most_common(1)
            raise UserError(f"the class {shortened(twice)} stands twice in classes")
        for key in ("train", "test"):
            counts = getattr(self, key)
            if isinstance(counts, tuple) and len(counts) != max(len(self.classes), 1):
                raise UserError(
                    f"{key} has {len(counts)} counts for {len(self.classes)} classes; give one "
                    "count for each class, or one number for all"
                )
            if isinstance(counts, tuple) and not any(counts):
                raise UserError(f"{key} has no image of any class")
        if self.train is None and not self.source.is_counted:
            raise UserError(
                "train is missing: how many images each class has. Only those of a source of kind "
                "`folder` are counted"
            )
        if (self.image is None) == (self.vector is None):
            found = "both are" if self.image else "neither is"
            raise UserError(
                "expected `image`, channels, height and width, or `vector`, the length of each "
                f"vector; {found} set"
            )
        for source in self.sources:
            if source.has_vectors != (self.vector is not None):
                has, key = ("vectors", "vector") if source.has_vectors else ("images", "image")
                raise UserError(f"a source of this kind has {has}; declare their size as `{key}`")
        if self.vector is not None and self.fit != "exact":
            raise UserError("fit acts on images, and the data set has vectors; take it out")
        if self.image and self.image[0] not in (1, 3) and not self.source.has_points:
            raise UserError(f"image has {self.image[0]} channels; 1 is grey, 3 is colour")
        if self.image and isinstance(self.fit, int) and self.fit < max(self.image[1:]):
            raise UserError(
                f"fit makes the short side {self.fit} pixels long, too few for an image of "
                f"{self.image[1]} x {self.image[2]}"
            )
        files = {file.file: file.checksum for file in self.needed()}
        for file in self.needed():
            if files[file.file] != file.checksum:
                raise UserError(
                    f"source and test_source download different files named "
                    f"{shortened(file.file)}; name a folder that has the one of them"
                )
        if self.test_source is not None and self.test_source.is_drawn:
            raise UserError("test_source is a pool that is drawn from; test images are all read")
        if self.source.is_drawn and (self.classes or self.test):
            raise UserError(
                "a pool that is drawn from has neither classes nor test images; take out classes "
                "and test"
            )
        length = len(shlex.quote(self.model_dump_json()).encode())
        if length > LONGEST:
            raise UserError(
                f"the entry is too long for a command: {length:,} bytes, and {LONGEST:,} are the "
                "most; give its classes shorter names, or take a pool without classes"
            )
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, height and width of an image, or (D,) of a vector."""
        if self.image is not None:
            return self.image
        assert self.vector is not None
        return (self.vector,)

    @property
    def ragged(self) -> bool:
        """Whether images keep sizes of their own in the cache."""
        return isinstance(self.fit, int)

    @property
    def sources(self) -> list[Source]:
        return [source for source in (self.source, self.test_source) if source is not None]

    def source_of(self, split: str) -> Source:
        """Where the images of "train" or "test" come from."""
        return self.sources[-1] if split == "test" else self.source

    def needed(self) -> tuple[Download, ...]:
        """What has to be downloaded before the images can be read."""
        return tuple(file for source in self.sources for file in source.needed())

    def stamp(self) -> str:
        """Tells when one of the user's own files is replaced."""
        return " ".join(source.stamp() for source in self.sources).strip()

    def facts(self, stamp: str, code: str, seed: int | None) -> dict[str, Any]:
        """What a cache of it is made of (`artifacts.identity`).

        stamp: as `stamp` gives it. code: the hash of the code that makes it. seed: of a pool that
        is drawn from.
        """
        entry = self.model_dump(mode="json", exclude={"advice"})
        return {"dataset": entry, "files": stamp, "code": code, "seed": seed}

    def missing(self) -> str | None:
        """What a user has to provide first, in sentences; None if nothing."""
        missing = [found for source in self.sources if (found := source.missing())]
        return ". ".join([*missing, *([self.advice] if self.advice else [])]) if missing else None

    def listed(self, split: str) -> tuple[int, ...]:
        """Images of each class in "train" or "test" by a list of files; () where there is none."""
        found = self.source_of(split).listing()
        # Test images from elsewhere are its test images, or its only ones.
        elsewhere = split == "test" and self.test_source is not None and "test" not in found
        counts = found.get("train" if elsewhere else split)
        if counts is None:
            return ()
        if not self.classes:
            return (sum(counts.values()),)
        return tuple(counts.get(name, 0) for name in self.classes)

    def counted(self) -> "Dataset":
        """Itself with the numbers of images that are not declared, by a list of the files."""
        missing = [split for split in SPLITS if getattr(self, split) is None]
        return self.model_copy(update={split: self.listed(split) or None for split in missing})

    def counts(self, split: str) -> tuple[int, ...]:
        """Images of each class in "train" or "test", as declared or counted before."""
        counts: Counts | None = getattr(self, split)
        if isinstance(counts, tuple):
            return counts
        return (counts,) * max(len(self.classes), 1) if counts is not None else ()

    @property
    def pool(self) -> int:
        """Images in the training split: what OE can draw from."""
        return sum(self.counts("train"))
