"""A small network with weights of its own, and images for it."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from cache_cases import write_cache
from torch import nn

from oebench.artifacts.cache import Cache
from oebench.embedding import networks
from oebench.features import Features
from oebench.vision import torchvision

MODEL, SIZE, DIMENSIONS = "shufflenet_v2_x0_5", 32, 1024


def network(name: str = MODEL) -> nn.Module:
    """A whole network of torchvision whose batch norms have statistics, as trained ones do."""
    torch.manual_seed(0)
    module = torchvision.models.get_model(name, weights=None)
    for each in module.modules():
        if isinstance(each, nn.BatchNorm2d):
            each.running_mean = torch.randn(each.num_features) / 10
            each.running_var = torch.rand(each.num_features) + 0.5
            each.weight.data.uniform_(0.5, 1.5)
            each.bias.data.uniform_(-0.5, 0.5)
    return module.eval()


def weights_file(folder: Path) -> Path:
    """The state dict of that network."""
    path = folder / "weights.pth"
    torch.save(network().state_dict(), path)
    return path


def features(weights: Path, **changes: Any) -> Features:
    return Features.model_validate(
        {"model": MODEL, "weights": str(weights), "size": SIZE, **changes}
    )


def images_of(count: int, channels: int = 3, size: int = 12) -> np.ndarray:
    random = np.random.default_rng(count)
    return random.integers(0, 256, (count, channels, size, size), dtype=np.uint8)


def image_cache(folder: Path, train: int = 20, channels: int = 3) -> Cache:
    """A cache of images of two classes, five of them test images."""
    splits = {
        "train": (images_of(train, channels), np.arange(train) % 2),
        "test": (images_of(5, channels), np.array([0, 1, 1, 0, 1])),
    }
    about = {"dataset": "ab", "source": ["here"], "checksums": {"here": "0" * 32}}
    return write_cache(folder / "images.h5", splits, ["a", "b"], **about)


def built(weights: dict[str, torch.Tensor] | None = None) -> networks.Network:
    """The network without its classification layer, with these weights."""
    found = networks.build(MODEL)
    state = weights or network().state_dict()
    found.module.load_state_dict({name: state[name] for name in found.module.state_dict()})
    return found
