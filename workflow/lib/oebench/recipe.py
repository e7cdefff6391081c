"""The recipe: everything about the training of a run that its path does not spell out."""

from math import ceil
from operator import not_
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from oebench.registry import NETWORKS, takes_vectors, variants
from oebench.validation import Number, Strict, UserError, Whole, no_truth, shortened

Pixel = Annotated[float, Field(ge=-1000, le=1000), BeforeValidator(no_truth)]
PerChannel = Annotated[tuple[Pixel, ...], Field(min_length=1, max_length=3)]
SMALLEST_STD = 1e-6  # float32 divides by it
MOST_STEPS = 10**8  # of a training: months of a GPU
# What acts on images alone, and on vectors alone: a recipe for the others leaves it as it is.
ON_IMAGES = ("augmentation", "padding", "mean", "std")
ON_VECTORS = ("l2", "standardise")
MOST_HELD_OUT = 0.9  # of the normal training images


class Recipe(Strict):
    """How a network is trained. The names and defaults are those of the paper's MNIST recipe."""

    network: str = Field("mnist_lenet", description=f"One of {', '.join(NETWORKS)}.")
    epochs: Whole = Field(150, description="Passes over the normal training images.")
    steps: Whole | None = Field(
        None,
        exclude_if=not_,  # so that a recipe without it is what it was
        description="Steps after which training ends, where its epochs have more: the same for "
        "every number of images.",
    )
    batch: Whole = Field(
        128,
        ge=2,
        description="Normal images in a batch; as many OE images join them in the same pass.",
    )
    learning_rate: Number = Field(
        1e-3, gt=0, le=1e30, description="Adam's, until the first milestone."
    )
    schedule: Literal["milestones", "cosine"] = Field(
        "milestones",
        exclude_if=lambda schedule: schedule == "milestones",
        description="How the learning rate falls: at the `milestones`, or with each step along "
        "half a cosine to 0.",
    )
    milestones: tuple[Whole, ...] = Field(
        (50, 100),
        max_length=100,
        description="Epochs after which the learning rate is divided by ten; none for `cosine`.",
    )
    weight_decay: Number = Field(
        0.5e-6, ge=0, le=1000, description="Coupled L2 penalty on all parameters (not AdamW's)."
    )
    augmentation: Literal["none", "flip_crop", "jitter_flip_crop"] = Field(
        "none",
        description="What happens to training images, normal and OE alike: `jitter_flip_crop` "
        "changes colours by up to 1 %, flips, crops from a black border, adds a little noise; "
        "`flip_crop` leaves colours as they are.",
    )
    padding: int = Field(
        4,
        ge=0,
        le=256,
        strict=True,
        description="Width in pixels of the black border of the augmentation.",
    )
    mean: PerChannel = Field(
        (0.0,),
        description="Subtracted from pixels in [0, 1]: a number for each channel, or one for all.",
    )
    std: PerChannel = Field((1.0,), description="Divides what is left, likewise.")
    l2: bool = Field(
        False,
        strict=True,
        exclude_if=not_,
        description="Of vectors: whether each is divided by its length.",
    )
    standardise: bool = Field(
        False,
        strict=True,
        exclude_if=not_,
        description="Of vectors: whether mean and standard deviation of the run's normal training "
        "vectors are taken out of each dimension, behind `l2`.",
    )
    held_out: Number = Field(
        0,
        ge=0,
        le=MOST_HELD_OUT,
        exclude_if=not_,
        description="The share of the normal training images that is kept out of the training, "
        "drawn by the seed: from their scores `oebench score` has its p values. Not of a baseline.",
    )
    precision: Literal["exact", "fast"] = Field(
        "exact", description="`exact` is float32; `fast` is bfloat16 where the device has it."
    )
    threads: int = Field(
        1,
        gt=0,
        le=1024,
        strict=True,
        description="CPU threads of one training. They change the order of sums, hence the scores,"
        " so they belong to the recipe and do not follow --cores.",
    )

    checkpoint_seconds: Number = Field(
        300,
        gt=0,
        le=10**6,
        exclude=True,  # changes no score
        description="Seconds between two states of a training on the disk, from which it goes on "
        "after a kill. Changes no score, so another value retrains nothing.",
    )

    def held_of(self, images: int) -> int:
        """How many of the normal training images of a class are held out of the training.

        >>> Recipe(held_out=0.1).held_of(5000), Recipe().held_of(5000)
        (500, 0)
        """
        return round(self.held_out * images)

    def trained_of(self, images: int) -> int:
        """How many of them a network is trained on."""
        return images - self.held_of(images)

    def steps_on(self, normals: int) -> int:
        """Steps of a training on `normals` images; the last short batch of an epoch is left out."""
        steps = self.epochs * (normals // self.batch)
        return steps if self.steps is None else min(steps, self.steps)

    def epochs_on(self, normals: int) -> int:
        """Epochs of a training on `normals` images, of which the last may be cut.

        >>> Recipe(network="mlp", batch=64, epochs=300, steps=300).epochs_on(5000)
        4
        """
        return ceil(self.steps_on(normals) / max(1, normals // self.batch))

    def images_shown(self, normals: int) -> int:
        """Normal images, and OE images, that a training shows of a class with `normals` images."""
        return self.steps_on(normals) * self.batch

    @field_validator("network")
    @classmethod
    def known(cls, name: str) -> str:
        if name not in NETWORKS:
            raise UserError(f"{shortened(name)} is not a network; there are {', '.join(NETWORKS)}")
        return name

    @model_validator(mode="after")
    def consistent(self) -> "Recipe":
        if list(self.milestones) != sorted(set(self.milestones)):
            raise UserError(f"milestones must increase, found {shortened([*self.milestones])}")
        if self.milestones and self.milestones[-1] >= self.epochs:
            raise UserError(
                f"the last milestone, {self.milestones[-1]}, must lie before the end of "
                f"{self.epochs} epochs; set milestones together with epochs"
            )
        if self.schedule == "cosine" and self.milestones:
            raise UserError(
                "the learning rate falls along a cosine and has no milestones; set "
                f"`milestones: []` instead of {shortened([*self.milestones])}"
            )
        vectors = takes_vectors(self.network)
        kinds = ("images", "vectors") if vectors else ("vectors", "images")
        for key in ON_IMAGES if vectors else ON_VECTORS:
            if getattr(self, key) != Recipe.model_fields[key].default:
                raise UserError(
                    f"{key} acts on {kinds[0]}, and {self.network} takes {kinds[1]}; take it out"
                )
        counts = {1, *(channels for each in variants(self.network) for channels in each.image[:1])}
        for key in ("mean", "std"):
            if len(getattr(self, key)) not in counts:
                known = " or ".join(map(str, sorted(counts)))
                raise UserError(f"{key} needs as many numbers as {self.network}: {known}")
        if min(self.std) < SMALLEST_STD:
            raise UserError(
                f"std must be positive, found {list(self.std)}; {SMALLEST_STD} is the least"
            )
        return self


# The keys that scores depend on: only they are swept, spelled in a path and compared.
SCORED = tuple(name for name, field in Recipe.model_fields.items() if not field.exclude)
