"""ResNet-18 with CBAM, which the original code calls WideResNet.

Residual blocks: He et al. 2016 (arXiv 1512.03385). Gates: Woo et al. 2018 (arXiv 1807.06521); a
channel gate and a spatial gate scale the residual before it is added.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from oebench.registry import Architecture

REDUCTION = 16  # of the channel gate's hidden layer


class ChannelGate(nn.Module):
    """Scales each channel by a number from its mean and its maximum over the image."""

    def __init__(self, channels: int, biases: bool) -> None:
        super().__init__()
        self.narrow = nn.Linear(channels, channels // REDUCTION, bias=biases)
        self.widen = nn.Linear(channels // REDUCTION, channels, bias=biases)

    def forward(self, images: Tensor) -> Tensor:
        pooled = (images.mean((2, 3)), images.amax((2, 3)))
        first, second = (self.widen(functional.relu(self.narrow(each))) for each in pooled)
        return images * (first + second).sigmoid()[:, :, None, None]


class SpatialGate(nn.Module):
    """Scales each place by a number from the maximum and the mean over channels around it."""

    def __init__(self, biases: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.norm = nn.BatchNorm2d(1, momentum=0.01, affine=biases)

    def forward(self, images: Tensor) -> Tensor:
        compressed = torch.cat([images.amax(1, keepdim=True), images.mean(1, keepdim=True)], 1)
        return images * self.norm(self.conv(compressed)).sigmoid()


class Block(nn.Module):
    """Two 3x3 convolutions and the two gates, added to the input."""

    def __init__(self, channels: int, wider: int, stride: int, biases: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, wider, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(wider, affine=biases)
        self.conv2 = nn.Conv2d(wider, wider, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(wider, affine=biases)
        self.gates = nn.Sequential(ChannelGate(wider, biases), SpatialGate(biases))
        self.shortcut = (
            nn.Sequential(
                nn.Conv2d(channels, wider, 1, stride, bias=False),
                nn.BatchNorm2d(wider, affine=biases),
            )
            if stride != 1 or channels != wider
            else nn.Identity()
        )

    def forward(self, images: Tensor) -> Tensor:
        residual = functional.relu(self.norm1(self.conv1(images)))
        residual = self.gates(self.norm2(self.conv2(residual)))
        return functional.relu(residual + self.shortcut(images))


class ResNetCbam(nn.Module):
    """Two blocks for each number of channels; maps (N, C, H, W) to (N, representation).

    Convolutions are Kaiming normal by fan-out, the last layer by fan-in; the spatial gates'
    BatchNorm starts at 0, all biases too. The channel gates' weights and the shortcuts keep
    PyTorch's default, as in the original, whose initialisation goes by parameter names.
    """

    def __init__(self, architecture: Architecture, biases: bool) -> None:
        super().__init__()
        first = architecture.channels[0]
        self.conv = nn.Conv2d(architecture.image[0], first, 7, stride=2, padding=3, bias=False)
        self.norm = nn.BatchNorm2d(first, affine=biases)
        blocks, narrow = [], first
        for place, wide in enumerate(architecture.channels):
            stride = 1 if place == 0 else 2
            blocks += [Block(narrow, wide, stride, biases), Block(wide, wide, 1, biases)]
            narrow = wide
        self.blocks = nn.Sequential(*blocks)
        self.representation = nn.Linear(narrow, architecture.representation, bias=biases)
        self.initialise()

    def initialise(self) -> None:
        blocks = [layer for layer in self.modules() if isinstance(layer, Block)]
        shortcuts = {layer for block in blocks for layer in block.shortcut.modules()}
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d) and layer not in shortcuts:
                nn.init.kaiming_normal_(layer.weight, mode="fan_out")
            if isinstance(layer, SpatialGate) and layer.norm.affine:
                nn.init.zeros_(layer.norm.weight)
            if isinstance(layer, nn.Linear) and layer.bias is not None:
                nn.init.zeros_(layer.bias)
        nn.init.kaiming_normal_(self.representation.weight, mode="fan_in")

    def forward(self, images: Tensor) -> Tensor:
        features = functional.relu(self.norm(self.conv(images)))
        features = self.blocks(functional.max_pool2d(features, 3, stride=2, padding=1))
        return self.representation(features.mean((2, 3)))
