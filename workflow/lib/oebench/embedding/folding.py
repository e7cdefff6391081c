"""Batch norm folded into the convolutions before it: the same vectors with less work.

With frozen weights a batch norm multiplies and shifts each channel by numbers that are known, as
the convolution before it can do by itself.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

TOLERANCE = 1e-4  # of the largest value of a vector


def fold(module: nn.Module, size: int) -> int:
    """Fold the batch norms of a network in place; returns how many.

    What a batch norm follows is seen in a pass with an image of height and width `size`. Where the
    vectors are no longer the same, as of a convolution that something else reads, too, nothing is
    folded.
    """
    image = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    names = {each: name for name, each in module.named_modules()}
    with torch.inference_mode():
        expected = module(image)
        found = pairs(module, image)
    for convolution, norm in found:
        fused = fuse_conv_bn_eval(convolution, norm)
        module.set_submodule(names[convolution], fused)
        module.set_submodule(names[norm], behind(norm))
    with torch.inference_mode():
        same = close(module(image), expected)
    if same:
        return len(found)
    for convolution, norm in found:
        module.set_submodule(names[convolution], convolution)
        module.set_submodule(names[norm], norm)
    return 0


def close(vectors: Tensor, expected: Tensor) -> bool:
    """Whether vectors are the same, but for rounding."""
    return bool((vectors - expected).abs().max() <= TOLERANCE * expected.abs().max())


def pairs(module: nn.Module, image: Tensor) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Convolutions and the batch norms that take their outputs as they are, each used once."""
    outputs: list[tuple[nn.Conv2d, Tensor]] = []  # which keeps the tensors, and so their identity
    found: list[tuple[nn.Conv2d, nn.BatchNorm2d]] = []

    def made(layer: nn.Conv2d, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        outputs.append((layer, output))

    def taken(layer: nn.BatchNorm2d, inputs: tuple[Tensor, ...]) -> None:
        found.extend((each, layer) for each, output in outputs if output is inputs[0])

    layers = [*module.modules()]
    handles = [
        each.register_forward_hook(made) for each in layers if isinstance(each, nn.Conv2d)
    ] + [
        each.register_forward_pre_hook(taken) for each in layers if isinstance(each, nn.BatchNorm2d)
    ]
    module(image)
    for handle in handles:
        handle.remove()
    ran = [each for each, _ in outputs]
    normed = [each for _, each in found]
    return [each for each in found if ran.count(each[0]) == normed.count(each[1]) == 1]


def behind(norm: nn.BatchNorm2d) -> nn.Module:
    """What is left of a batch norm that was folded: timm's has an activation in it."""
    activation = getattr(norm, "act", None)
    return activation if isinstance(activation, nn.Module) else nn.Identity()
