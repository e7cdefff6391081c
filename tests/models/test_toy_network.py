"""The network for points of the plane against the original's description."""

import math

import numpy as np
import pytest
import torch

from oebench.models.networks import Toy, build


@pytest.fixture
def toy() -> Toy:
    torch.manual_seed(0)
    network = build("toy", head=False, biases=True)
    assert isinstance(network, Toy)
    return network


# Linear(2, 256): 512 + 256; BatchNorm: 512; Linear(256, 128): 32,768 + 128; the head: 128 + 1.
@pytest.mark.parametrize(("head", "expected"), [(False, 34_176), (True, 34_305)])
def test_number_of_parameters(head: bool, expected: int) -> None:
    network = build("toy", head=head, biases=True)
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


def test_a_point_is_mapped_as_the_formula_says(toy: Toy) -> None:
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
    assert np.allclose(found, 1 / (1 + np.exp(-z)), atol=1e-5)
