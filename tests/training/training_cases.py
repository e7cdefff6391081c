"""Runs, recipes and images of the tests of training."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook

from oebench.models import networks, resnet
from oebench.recipe import Recipe
from oebench.run import Run
from oebench.training import loop
from oebench.training.checkpoint import Keeper, Place
from oebench.training.loop import Images

CPU = torch.device("cpu")
IMAGE = (1, 28, 28)  # of `noise`, unless it is asked for another shape
HSC = Run("d", "o", 16, None, 0.0, "hsc", "pseudo_huber", None, "r", False, 0, 1)
DEEPSAD = replace(HSC, objective="deepsad", norm=None)
BCE = replace(HSC, objective="bce", norm=None)
FOCAL = replace(HSC, objective="focal", norm=None, gamma=2.0)
DSVDD = replace(HSC, objective="dsvdd", oe=None, oe_size=None)
AUGMENTED = replace(HSC, augment=True, blur=1.0)
RUNS = {run.objective: run for run in (HSC, DEEPSAD, BCE, FOCAL, DSVDD)}
every_objective = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
every_stream = pytest.mark.parametrize("run", [*RUNS.values(), AUGMENTED], ids=[*RUNS, "augmented"])


def recipe(**changes: Any) -> Recipe:
    tiny = {"epochs": 2, "batch": 8, "milestones": (), "augmentation": "jitter_flip_crop"}
    return Recipe(**(tiny | changes))


def noise(count: int, seed: int = 0, shape: tuple[int, ...] = IMAGE) -> Tensor:
    """Random uint8 images (count, C, H, W)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, *shape), dtype=torch.uint8, generator=generator)


def images(run: Run, normal: int = 20) -> Images:
    """Noise for a run: 16 OE images where it uses them."""
    return Images(noise(normal), None if run.oe is None else noise(16, seed=1))


def trained(run: Run, how: Recipe, data: Images | None = None, **options: Any) -> dict[str, Tensor]:
    """The state of the network after training."""
    return loop.train(run, how, data or images(run), CPU, **options).state_dict()


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Bitwise."""
    assert one.keys() == other.keys()
    return all(torch.equal(one[key], other[key]) for key in one)


def refuse_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on whatever trains fails the test."""

    def refuse(*_: Any) -> None:
        raise AssertionError("this trains")

    monkeypatch.setattr(loop, "train", refuse)


class Asked(Keeper):
    """Is asked to end, by a signal, at one of the steps."""

    def __init__(self, path: Path, at: int) -> None:
        super().__init__(path)
        self.beats, self.at = 0, at

    def beat(self, place: Place | None = None) -> None:
        self.beats += 1
        if self.beats == self.at:
            os.kill(os.getpid(), signal.SIGTERM)
        super().beat(place)


@contextmanager
def batches_seen() -> Iterator[list[Tensor]]:
    """The images of every forward pass of a network, in order."""
    batches: list[Tensor] = []

    def record(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if isinstance(module, networks.LeNet | resnet.ResNetCbam):
            batches.append(inputs[0].clone())

    handle = register_module_forward_pre_hook(record)
    yield batches
    handle.remove()
