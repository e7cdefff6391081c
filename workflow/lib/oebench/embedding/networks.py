"""Networks by name, of torchvision and timm, that give vectors: without the classification layer.

timm is an extra (`pip install timm`). Where both have a name, torchvision's network is meant, so
that vectors do not depend on what else is installed; `timm:NAME` is timm's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from typing import Any, NamedTuple, cast

import torch
from torch import nn

from oebench.features import Colours
from oebench.validation import UserError, unknown
from oebench.vision import torchvision
from oebench.wording import reason

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# torchvision's weights of these two are for images that the network itself brings to [-1, 1].
ARGUMENTS: dict[str, dict[str, Any]] = {
    name: {"transform_input": True, "init_weights": False} for name in ("googlenet", "inception_v3")
}


@dataclass(frozen=True)
class Network:
    """A network as its library builds it, with random weights."""

    name: str
    module: nn.Module  # images (N, 3, height, width), normalised, to vectors (N, D)
    head: tuple[str, ...]  # the classification layers that were taken off
    mean: Colours  # of pixels in [0, 1], as the library's own weights want them
    std: Colours
    library: str  # with its version
    source: str  # where the library's own weights are; "" where there are none

    def dimensions(self, size: int) -> int:
        """D, for images of that height and width. Raises UserError where it takes none of them."""
        try:
            with torch.inference_mode():
                vectors = self.module(torch.zeros(1, 3, size, size))
        except (AssertionError, RuntimeError, ValueError) as error:
            raise UserError(
                f"{self.name} takes no images of {size} x {size} pixels: {reason(error)}. Another "
                "`size` may fit"
            ) from None
        if not isinstance(vectors, torch.Tensor) or vectors.ndim != 2:
            raise UserError(
                f"{self.name} gives no vector for an image; choose a network for classification"
            )
        return int(vectors.shape[1])


def names_of_torchvision() -> list[str]:
    return [*torchvision.models.list_models(module=torchvision.models)]


def of_torchvision(name: str) -> Network:
    """The last linear layer is the one that classifies."""
    module = torchvision.models.get_model(name, weights=None, **ARGUMENTS.get(name, {}))
    linear = [part for part, each in module.named_modules() if isinstance(each, nn.Linear)]
    if not linear:
        raise UserError(f"{name} classifies by a convolution and has no vector before it")
    module.set_submodule(linear[-1], nn.Identity())
    weights = torchvision.models.get_model_weights(name).DEFAULT
    shown = weights.transforms()
    return Network(
        name,
        module.eval(),
        (linear[-1],),
        tuple(shown.mean),
        tuple(shown.std),
        version("torchvision"),
        weights.url,
    )


def names_of_timm() -> list[str]:
    if find_spec("timm") is None:
        return []
    import timm

    return [*timm.list_models()]


def of_timm(name: str) -> Network:
    import timm

    try:  # positions in an image, which transformers learn, are stretched to other sizes
        module = timm.create_model(name, pretrained=False, num_classes=0, dynamic_img_size=True)
    except TypeError:  # what has none takes every size
        module = timm.create_model(name, pretrained=False, num_classes=0)
    known = cast(dict[str, Any], module.pretrained_cfg)
    head = known.get("classifier") or ()
    hub = known.get("hf_hub_id")
    return Network(
        name,
        module.eval(),
        (head,) if isinstance(head, str) else tuple(head),
        tuple(known.get("mean", IMAGENET_MEAN)),
        tuple(known.get("std", IMAGENET_STD)),
        version("timm"),
        known.get("url") or (f"https://huggingface.co/{hub}" if hub else ""),
    )


class Library(NamedTuple):
    """A package of networks."""

    names: Callable[[], list[str]]
    build: Callable[[str], Network]


LIBRARIES = {
    "torchvision": Library(names_of_torchvision, of_torchvision),
    "timm": Library(names_of_timm, of_timm),
}


def version(library: str) -> str:
    """The library with its version: it says what a name stands for."""
    return f"{library} {metadata.version(library)}"


def build(model: str) -> Network:
    """The network of a name, NAME or LIBRARY:NAME. Raises UserError where there is none."""
    prefix, _, name = model.rpartition(":")
    if prefix and prefix not in LIBRARIES:
        raise UserError(f"model {model}: {unknown('library', prefix, [*LIBRARIES])}")
    there: list[str] = []
    for library in [prefix] if prefix else LIBRARIES:
        names = LIBRARIES[library].names()
        if name.partition(".")[0] in names:  # timm has several weights of a network, by tags
            return LIBRARIES[library].build(name)
        there += names
    without = "" if find_spec("timm") else ". timm, which has many more, is not installed"
    raise UserError(unknown("model", name, there) + without)
