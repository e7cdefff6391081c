"""The networks' sizes as a table that can be read without torch; `networks.py` builds them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Architecture:
    """Shapes of one network: `image` is (channels, height, width) of its input."""

    description: str
    image: tuple[int, int, int]
    channels: tuple[int, ...]
    hidden: int
    representation: int


ARCHITECTURES: dict[str, Architecture] = {
    "mnist_lenet": Architecture("LeNet for 28x28 grey images", (1, 28, 28), (16, 32), 64, 32),
    "cifar_lenet": Architecture(
        "LeNet for 32x32 colour images", (3, 32, 32), (32, 64, 128), 512, 256
    ),
}
