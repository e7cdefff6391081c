"""The optimiser against PyTorch's own."""

import copy

import pytest
import torch
from torch import nn

from oebench.accelerator import move
from oebench.training.adam import Adam

pytestmark = pytest.mark.trains
RATE, DECAY = 0.03, 0.125


def network() -> nn.Module:
    torch.manual_seed(0)
    layers = nn.Conv2d(2, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8 * 4 * 4, 3)
    made = nn.Sequential(*layers)
    move(made, torch.device("cpu"))
    return made


def step(trained: nn.Module, optimiser: Adam | torch.optim.Adam, seed: int) -> None:
    images = torch.rand((5, 2, 6, 6), generator=torch.Generator().manual_seed(seed))
    optimiser.zero_grad()
    trained(images).square().sum().backward()
    optimiser.step()


def test_it_is_pytorch_s_adam_with_coupled_weight_decay_bitwise() -> None:
    ours, theirs = network(), network()
    optimiser = Adam(ours.parameters(), lr=RATE, weight_decay=DECAY)
    reference = torch.optim.Adam(theirs.parameters(), lr=RATE, weight_decay=DECAY, fused=True)
    schedule = torch.optim.lr_scheduler.MultiStepLR(reference, [10, 20])
    for seed in range(30):
        step(ours, optimiser, seed)
        step(theirs, reference, seed)
        schedule.step()
        if seed + 1 in (10, 20):
            optimiser.lr *= 0.1
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_saved_state_goes_on_as_if_it_had_not_been_left() -> None:
    ours = network()
    optimiser = Adam(ours.parameters(), lr=RATE, weight_decay=DECAY)
    step(ours, optimiser, 0)
    optimiser.lr *= 0.1
    other = copy.deepcopy(ours)
    resumed = Adam(other.parameters(), lr=1.0, weight_decay=DECAY)
    resumed.load_state_dict(optimiser.state_dict())
    for seed in (1, 2):
        step(ours, optimiser, seed)
        step(other, resumed, seed)
    for one, two in zip(ours.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, two)
