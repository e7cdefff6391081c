"""The network for points of the plane against the original's description."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from oebench.models.networks import Toy, build


def built(name: str) -> Toy:
    torch.manual_seed(0)
    network = build(name, (2, 1, 1), head=False, biases=True)
    assert isinstance(network, Toy)
    return network


@pytest.fixture
def toy() -> Toy:
    return built("toy")


# Linear(2, 256): 512 + 256; BatchNorm: 512; Linear(256, 128): 32,768 + 128; the head: 128 + 1.
@pytest.mark.parametrize("name", ["toy", "toy_sigmoid"])
@pytest.mark.parametrize(("head", "expected"), [(False, 34_176), (True, 34_305)])
def test_number_of_parameters(name: str, head: bool, expected: int) -> None:
    network = build(name, (2, 1, 1), head=head, biases=True)
    assert sum(parameter.numel() for parameter in network.parameters()) == expected


def test_weights_are_xavier_normal_and_biases_pytorchs_default(toy: Toy) -> None:
    leaky = math.sqrt(2 / (1 + 0.01**2))
    for layer, gain in ((toy.hidden, leaky), (toy.representation, 1.0)):
        expected = gain * math.sqrt(2 / (layer.in_features + layer.out_features))
        weights = layer.weight.detach().flatten().double()
        assert abs(weights.std() / expected - 1) < 4 / math.sqrt(2 * len(weights))
        assert abs(weights.mean()) < 4 * expected / math.sqrt(len(weights))
        bound = 1 / math.sqrt(layer.in_features)
        assert 0.9 * bound < layer.bias.abs().max() <= bound
    assert toy.hidden_norm.eps == 1e-5


@pytest.mark.parametrize(
    ("name", "last"), [("toy", lambda z: z), ("toy_sigmoid", lambda z: 1 / (1 + np.exp(-z)))]
)
def test_a_point_is_mapped_as_the_formula_says(
    name: str, last: Callable[[np.ndarray], np.ndarray]
) -> None:
    toy = built(name)
    points = torch.randn(64, 2, 1, 1)
    toy.train()
    found = toy(points).detach().numpy()
    assert found.shape == (64, 128)
    weights = {name: value.detach().double().numpy() for name, value in toy.state_dict().items()}
    x = points.double().numpy().reshape(64, 2)
    hidden = x @ weights["hidden.weight"].T + weights["hidden.bias"]
    hidden = (hidden - hidden.mean(0)) / np.sqrt(hidden.var(0) + 1e-5)  # BatchNorm at its start
    hidden = np.where(hidden > 0, hidden, np.expm1(hidden))  # ELU
    z = hidden @ weights["representation.weight"].T + weights["representation.bias"]
    assert np.allclose(found, last(z), atol=1e-5)


def test_the_sigmoid_is_all_in_which_the_two_differ() -> None:
    points = torch.randn(8, 2, 1, 1)
    linear, bounded = built("toy").eval(), built("toy_sigmoid").eval()
    assert torch.equal(linear(points).sigmoid(), bounded(points))
