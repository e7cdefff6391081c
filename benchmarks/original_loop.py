"""The training loop of the original code on CIFAR-10, written anew from its description.

What costs time is as it was there: PIL images transformed one by one in the main process, one
loader for normal images and one for outlier exposure (OE), float32 in PyTorch's default memory
format, convolutions with biases, the activation before the max-pool, plain Adam, the loss read back
at every step. It is what `speed.py` measures this project against.
"""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from oebench.vision import torchvision

BATCH = 128  # normal images, and as many OE images
MEAN, STD = (0.491373, 0.482353, 0.446667), (0.247059, 0.243529, 0.261569)


def add_noise(image: Tensor) -> Tensor:
    return image + 0.001 * torch.randn_like(image)


def augmentation() -> torch.nn.Module:
    """A PIL image -> a float tensor (3, 32, 32)."""
    transforms = torchvision.transforms
    return transforms.Compose(
        [
            transforms.ColorJitter(brightness=0.01, contrast=0.01, saturation=0.01, hue=0.01),
            transforms.RandomHorizontalFlip(p=0.5),
            transforms.RandomCrop(32, padding=4),
            transforms.ToTensor(),
            transforms.Lambda(add_noise),
            transforms.Normalize(MEAN, STD),
        ]
    )


class Images(Dataset[tuple[Tensor, int]]):
    """uint8 images (N, 32, 32, 3), augmented one by one, all with one label: 0 normal, 1 OE."""

    def __init__(self, images: np.ndarray, label: int) -> None:
        self.images, self.label, self.transform = images, label, augmentation()

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[index])), self.label


class LeNet(nn.Module):
    """Three blocks of conv, BatchNorm, leaky ReLU, max-pool; two fully connected layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.norm1 = nn.BatchNorm2d(32, eps=1e-4)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.norm2 = nn.BatchNorm2d(64, eps=1e-4)
        self.conv3 = nn.Conv2d(64, 128, 5, padding=2)
        self.norm3 = nn.BatchNorm2d(128, eps=1e-4)
        self.hidden = nn.Linear(128 * 4 * 4, 512)
        self.hidden_norm = nn.BatchNorm1d(512, eps=1e-4)
        self.representation = nn.Linear(512, 256)
        gain = nn.init.calculate_gain("leaky_relu", 0.01)
        for layer in (self.conv1, self.conv2, self.conv3, self.hidden):
            nn.init.xavier_normal_(layer.weight, gain=gain)
        nn.init.xavier_normal_(self.representation.weight)

    def forward(self, images: Tensor) -> Tensor:
        values = functional.max_pool2d(functional.leaky_relu(self.norm1(self.conv1(images))), 2, 2)
        values = functional.max_pool2d(functional.leaky_relu(self.norm2(self.conv2(values))), 2, 2)
        values = functional.max_pool2d(functional.leaky_relu(self.norm3(self.conv3(values))), 2, 2)
        hidden = functional.leaky_relu(self.hidden_norm(self.hidden(values.flatten(1))))
        return self.representation(hidden)


def hypersphere_loss(z: Tensor, labels: Tensor) -> Tensor:
    """The mean hsc loss of representations z (N, D) with labels 0 (normal) and 1 (OE)."""
    distances = torch.sqrt(torch.norm(z, p=2, dim=1) ** 2 + 1) - 1
    scores = 1 - torch.exp(-distances)
    return torch.where(labels == 0, distances, -torch.log(scores + 1e-9)).mean()


class Loop:
    """Training that can be measured step by step; images: uint8 (N, 32, 32, 3)."""

    def __init__(self, normal: np.ndarray, outliers: np.ndarray) -> None:
        self.loaders = [
            DataLoader(Images(images, label), batch_size=BATCH, shuffle=True, drop_last=True)
            for label, images in enumerate((normal, outliers))
        ]
        self.network = LeNet().train()
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=1e-3, weight_decay=0.5e-6)

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches of one epoch: 128 normal and 128 OE images, and their labels."""
        for (normal, zeros), (outliers, ones) in zip(*self.loaders, strict=False):
            yield torch.cat([normal, outliers]), torch.cat([zeros, ones])

    def train(self, steps: int) -> list[float]:
        """The losses of the first `steps` steps of a new epoch."""
        losses = []
        for images, labels in islice(self.batches(), steps):
            self.optimiser.zero_grad()
            loss = hypersphere_loss(self.network(images), labels)
            loss.backward()
            self.optimiser.step()
            losses.append(loss.item())
        return losses
