"""Where a training takes its batches from: images or vectors on the device, or out of a file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from oebench.artifacts.ragged import Ragged

# uint8 (N, C, H, W), vectors float16 (N, D), or images of different sizes in a file.
Stored = Tensor | Ragged


class Reader(Protocol):
    """Gives the batches of some steps of an epoch on the device, (steps, batch, ...) as stored."""

    def epoch(self, rows: Tensor, places: Tensor | None) -> Callable[[slice], Tensor]:
        """rows: (steps, batch) on the CPU; places: (steps, batch, 2) in [0, 1), where crops begin.

        Without places a crop is the middle of its image.
        """


@dataclass(frozen=True)
class OnDevice:
    """Images of one size; their crops, from a black border, are left to the augmentation."""

    images: Tensor

    def epoch(self, rows: Tensor, places: Tensor | None) -> Callable[[slice], Tensor]:
        there = rows.to(self.images.device)
        return lambda steps: self.images[there[steps]]


@dataclass(frozen=True)
class InFile:
    """Images of different sizes: only what a batch shows is read and sent to the device."""

    images: Ragged
    device: torch.device

    def epoch(self, rows: Tensor, places: Tensor | None) -> Callable[[slice], Tensor]:
        def crops(steps: slice) -> Tensor:
            where = None if places is None else places[steps].flatten(0, 1).double().numpy()
            cut = self.images.crops(rows[steps].flatten().numpy(), where)
            return torch.from_numpy(cut).unflatten(0, rows[steps].shape).to(self.device)

        return crops


def reader(images: Stored, device: torch.device) -> Reader:
    """The images of a run, ready for training on a device."""
    return InFile(images, device) if isinstance(images, Ragged) else OnDevice(images.to(device))


def stored_images(images: np.ndarray | Ragged) -> Stored:
    """What a cache gives, as training takes it."""
    return images if isinstance(images, Ragged) else torch.from_numpy(images)
