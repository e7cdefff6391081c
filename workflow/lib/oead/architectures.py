"""The networks' sizes as a table that can be read without torch; `networks.py` builds them."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Architecture:
    """Shapes of one network: `image` is (channels, height, width) of its input."""

    description: str
    family: Literal["lenet", "resnet_cbam", "toy"]
    image: tuple[int, int, int]
    channels: tuple[int, ...]
    representation: int
    hidden: int = 0  # width of the layer before the representation, not of the ResNet


ARCHITECTURES: dict[str, Architecture] = {
    "digits_lenet": Architecture(
        "LeNet for 16x16 grey images", "lenet", (1, 16, 16), (8, 16), 32, hidden=64
    ),
    "mnist_lenet": Architecture(
        "LeNet for 28x28 grey images", "lenet", (1, 28, 28), (16, 32), 32, hidden=64
    ),
    "cifar_lenet": Architecture(
        "LeNet for 32x32 colour images", "lenet", (3, 32, 32), (32, 64, 128), 256, hidden=512
    ),
    "resnet18_cbam": Architecture(
        "ResNet-18 with CBAM for 224x224 colour images",
        "resnet_cbam",
        (3, 224, 224),
        (64, 128, 256, 512),
        256,
    ),
    "toy": Architecture(
        "two layers for points of the plane, whose coordinates are the channels",
        "toy",
        (2, 1, 1),
        (),
        128,
        hidden=256,
    ),
}
