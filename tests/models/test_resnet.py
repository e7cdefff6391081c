"""ResNet-18 with CBAM: sizes by hand, initial weights by their distributions, the gates' sums."""

import math

import pytest
import torch
from torch import nn

from oebench.models import networks
from oebench.models.resnet import Block, ChannelGate, ResNetCbam, SpatialGate


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return networks.build("resnet18_cbam", (3, 224, 224), head=False, biases=True)


def block_parameters(narrow: int, wide: int) -> int:
    """Weights of one block, counted by hand."""
    convolutions = 9 * narrow * wide + 9 * wide * wide
    norms = 2 * 2 * wide
    channel_gate = 2 * wide * (wide // 16) + wide // 16 + wide  # an MLP with biases
    spatial_gate = 2 * 7 * 7 + 2
    shortcut = narrow * wide + 2 * wide if narrow != wide else 0
    return convolutions + norms + channel_gate + spatial_gate + shortcut


def test_the_number_of_parameters_is_the_sum_over_its_parts(network: nn.Module) -> None:
    widths = [(64, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512)]
    blocks = sum(block_parameters(*each) for each in [*widths, (512, 512)])
    first, last = 3 * 64 * 7 * 7 + 2 * 64, 512 * 256 + 256
    assert first + blocks + last == 11_397_720
    assert sum(each.numel() for each in network.parameters()) == 11_397_720


# As in test_networks.py, of the first three and the last two matrices.
@pytest.mark.parametrize(
    ("biases", "weights"),
    [
        (True, [-0.015956, -0.060673, 0.009606, -0.141539, -0.035546]),
        (False, [0.022545, 0.070983, -0.041353, 0.032682, 0.05181]),
    ],
)
def test_a_seed_gives_the_weights_that_it_always_gave(biases: bool, weights: list[float]) -> None:
    torch.manual_seed(0)
    network = networks.build("resnet18_cbam", (3, 224, 224), head=True, biases=biases)
    first = [each.flatten()[0].item() for each in network.parameters() if each.ndim > 1]
    assert first[:3] + first[-2:] == pytest.approx(weights, abs=2e-6)


@pytest.mark.parametrize("shape", [(3, 32, 32), (3, 224, 224), (1, 32, 32), (1, 100, 48)])
def test_images_of_any_size_from_32_pixels_have_a_representation(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    network = networks.build("resnet18_cbam", shape, head=False, biases=True)
    assert network(torch.rand(2, *shape)).shape == (2, 256)
    grey = 2 * 64 * 7 * 7 if shape[0] == 1 else 0  # weights that a grey image has no need of
    assert sum(each.numel() for each in network.parameters()) == 11_397_720 - grey


def test_its_weights_do_not_depend_on_the_size(network: nn.Module) -> None:
    torch.manual_seed(0)
    small = networks.build("resnet18_cbam", (3, 40, 50), head=False, biases=True).state_dict()
    assert all(torch.equal(each, small[key]) for key, each in network.state_dict().items())


def test_convolutions_are_kaiming_normal_by_fan_out_and_shortcuts_are_not(
    network: nn.Module,
) -> None:
    assert isinstance(network, ResNetCbam)
    deep = network.blocks[6]
    assert isinstance(deep, Block)
    expected = math.sqrt(2 / (512 * 3 * 3))  # gain sqrt(2) over the square root of the fan-out
    assert deep.conv1.weight.std().item() == pytest.approx(expected, rel=0.01)
    # PyTorch's default: uniform within 1 / sqrt(fan-in), whose deviation is that over sqrt(3).
    assert isinstance(deep.shortcut, nn.Sequential)
    shortcut = deep.shortcut[0].weight
    assert shortcut.abs().max().item() <= 1 / math.sqrt(256)
    assert shortcut.std().item() == pytest.approx(1 / math.sqrt(3 * 256), rel=0.02)


def test_the_last_layer_is_kaiming_normal_by_fan_in(network: nn.Module) -> None:
    assert isinstance(network, ResNetCbam)
    weight = network.representation.weight
    assert weight.std().item() == pytest.approx(math.sqrt(2 / 512), rel=0.02)


def test_biases_and_the_spatial_gates_scale_start_at_zero(network: nn.Module) -> None:
    biases = [each for name, each in network.named_parameters() if name.endswith("bias")]
    assert len(biases) > 20
    assert all((bias == 0).all() for bias in biases)
    gates = [each for each in network.modules() if isinstance(each, SpatialGate)]
    assert len(gates) == 8
    for gate in gates:
        assert gate.norm.weight.item() == 0
        assert gate.norm.momentum == 0.01


def test_a_fresh_spatial_gate_halves_and_the_channel_gate_is_the_formula() -> None:
    images = torch.randn(2, 32, 5, 5)
    spatial = SpatialGate(biases=True)
    nn.init.zeros_(spatial.norm.weight)
    torch.testing.assert_close(spatial(images), images / 2)  # sigmoid(0)
    gate = ChannelGate(32, biases=True)
    perceptron = nn.Sequential(gate.narrow, nn.ReLU(), gate.widen)
    pooled = perceptron(images.mean((2, 3))) + perceptron(images.flatten(2).max(2).values)
    torch.testing.assert_close(gate(images), images * torch.sigmoid(pooled)[:, :, None, None])


def test_without_biases_there_is_none() -> None:
    network = networks.build("resnet18_cbam", (3, 224, 224), head=False, biases=False)
    names = [name for name, _ in network.named_parameters()]
    assert not [name for name in names if "bias" in name or "norm" in name]
