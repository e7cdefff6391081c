"""A folded network gives the same vectors."""

import pytest
import torch
from embedding_cases import network
from torch import Tensor, nn

from oebench.embedding.folding import TOLERANCE, fold


def norms(module: nn.Module) -> int:
    return sum(isinstance(each, nn.BatchNorm2d) for each in module.modules())


def distance(module: nn.Module, image: Tensor, expected: Tensor) -> float:
    """The largest difference from vectors, as a part of their largest value."""
    with torch.inference_mode():
        return float((module(image) - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize("name", ["shufflenet_v2_x0_5", "mobilenet_v2", "resnet18"])
def test_all_batch_norms_are_folded_and_the_vectors_are_the_same(name: str) -> None:
    module = network(name)
    count, image = norms(module), torch.rand(4, 3, 64, 64)
    with torch.inference_mode():
        expected = module(image)
    assert count > 15
    assert fold(module, 32) == count
    assert norms(module) == 0
    assert distance(module, image, expected) < TOLERANCE == 1e-4


class Branched(nn.Module):
    """The output of the convolution is seen by others than the batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.norm = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)
        self.norm.running_mean = torch.ones(4)

    def forward(self, image: Tensor) -> Tensor:
        found = self.convolution(image)
        return (self.norm(found) + found).mean((2, 3))


class Twice(nn.Module):
    """One convolution, whose outputs have batch norms of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 3, 1)
        self.first, self.second = nn.BatchNorm2d(3), nn.BatchNorm2d(3)
        self.first.running_mean = torch.ones(3)

    def forward(self, image: Tensor) -> Tensor:
        once = self.first(self.convolution(image))
        return self.second(self.convolution(once)).mean((2, 3))


@pytest.mark.parametrize("kind", [Branched, Twice])
def test_what_cannot_be_folded_stays_as_it_is(kind: type[nn.Module]) -> None:
    torch.manual_seed(0)
    module = kind().eval()
    state, image = module.state_dict(), torch.rand(2, 3, 8, 8)
    with torch.inference_mode():
        expected = module(image)
    assert fold(module, 8) == 0
    assert module.state_dict().keys() == state.keys()
    assert distance(module, image, expected) == 0
