"""Vectors scaled as a recipe says, as the first layer of a network of vectors."""

import numpy as np
import torch
from torch import Tensor, nn

from oebench.models import unit_vectors


class Scaling(nn.Module):
    """Vectors (N, D) -> float32, at length one with `l2`, standardised with `standardise`.

    normal: the run's normal training vectors (M, D). Their mean and standard deviation are a part
    of the network's state; nothing of it is trained.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, normal: np.ndarray, *, l2: bool, standardise: bool) -> None:
        super().__init__()
        self.l2 = l2
        length = normal.shape[1]
        mean, std = np.zeros(length, np.float32), np.ones(length, np.float32)
        if standardise:
            mean, std = unit_vectors.moments(unit_vectors.unit(normal) if l2 else normal)
        self.register_buffer("mean", torch.as_tensor(mean))
        self.register_buffer("std", torch.as_tensor(std))

    def forward(self, vectors: Tensor) -> Tensor:
        vectors = vectors.float()
        if self.l2:
            vectors = vectors / vectors.norm(dim=1, keepdim=True)
        return (vectors - self.mean) / self.std
