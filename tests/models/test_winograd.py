"""Winograd's convolution against a direct one in float64."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from oebench.models import winograd
from oebench.models.winograd import Convolution, Winograd, minimal_filtering

# Of the CIFAR-10 LeNet's second and third block, of a size that no tile divides, of a rectangle.
SHAPES = [(32, 64, 16, 16), (64, 128, 8, 8), (3, 5, 7, 7), (2, 3, 10, 5)]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def layer(channels: int, outputs: int) -> Convolution:
    torch.manual_seed(0)
    return Convolution(channels, outputs, bias=True)


def relative(found: Tensor, expected: Tensor) -> float:
    return float((found.detach().double() - expected).norm() / expected.norm())


def test_the_matrices_correlate_a_tile_with_a_kernel() -> None:
    outputs, kernel, image = minimal_filtering()
    tile, weights = torch.arange(8.0).double(), torch.tensor([1.0, -2.0, 0.5, 3.0, -1.0]).double()
    found = outputs @ ((kernel @ weights.numpy()) * (image @ tile.numpy()))
    # y[i] = sum over k of w[k] x[i + k]: 0 - 2 + 1 + 9 - 4 = 4, and the weights sum to 1.5
    assert found == pytest.approx([4.0, 5.5, 7.0, 8.5])


@pytest.mark.parametrize(("channels", "outputs", "height", "width"), SHAPES)
def test_values_and_gradients_are_those_of_a_direct_convolution(
    channels: int, outputs: int, height: int, width: int
) -> None:
    """To 1e-5 of their norm: float32 has 6e-8, sums of 800 to 1,600 products some 1e-6."""
    torch.manual_seed(0)
    images = torch.randn(9, channels, height, width, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(outputs, channels, 5, 5, dtype=torch.float64, requires_grad=True)
    direct = functional.conv2d(images, weight, padding=2)
    target = torch.randn_like(direct)
    expected = direct, *torch.autograd.grad((direct * target).sum(), (images, weight))

    single = [each.detach().float().requires_grad_() for each in (images, weight)]
    convolved = Winograd.apply(single[0].permute(2, 3, 0, 1), single[1]).permute(2, 3, 0, 1)
    found = convolved, *torch.autograd.grad((convolved * target.float()).sum(), single)
    assert [each.dtype for each in found] == [torch.float32] * 3
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        assert relative(one, other) < 1e-5


def test_few_channels_and_half_precision_go_the_direct_way(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[int, ...]] = []
    apply = Winograd.apply
    monkeypatch.setattr(
        winograd.Winograd, "apply", lambda *x: calls.append(x[0].shape) or apply(*x)
    )
    few, many = torch.rand(2, 16, 8, 8), torch.rand(2, 32, 8, 8)
    assert torch.equal(
        layer(16, 4)(few), functional.conv2d(few, layer(16, 4).weight, layer(16, 4).bias, padding=2)
    )
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(32, 4)(many).dtype == torch.bfloat16
    assert calls == []
    found = layer(32, 4)(many)
    assert calls == [(8, 8, 2, 32)]
    direct = functional.conv2d(many, layer(32, 4).weight, layer(32, 4).bias, padding=2)
    torch.testing.assert_close(found, direct, rtol=1e-4, atol=1e-5)
    assert found.is_contiguous(memory_format=torch.channels_last)
