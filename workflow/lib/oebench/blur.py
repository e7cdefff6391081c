"""The blur of OE images: the Gaussian blur of PIL, in batches and on any device."""

import math
from functools import lru_cache

import torch
from torch import Tensor


def gaussian_blur(images: Tensor, std: float) -> Tensor:
    """PIL's GaussianBlur(radius=std) of uint8 images (N, C, H, W), to the last bit.

    PIL blurs three times with a box of fractional width along the rows, then along the columns,
    and rounds to uint8 every time. One such pass is a product with a matrix of whole numbers below
    2^24; the sums stay below 2^32 and are exact in float64.
    """
    *_, height, width = images.shape
    for matrix in (box_matrix(width, std).to(images.device),) * 3:
        images = rounded(images.double() @ matrix)
    for matrix in (box_matrix(height, std).to(images.device),) * 3:
        images = rounded(matrix.T @ images.double())
    return images


def rounded(sums: Tensor) -> Tensor:
    """Fixed-point numbers with 24 fractional bits -> uint8."""
    return ((sums + (1 << 23)) / (1 << 24)).floor().to(torch.uint8)


@lru_cache
def box_matrix(size: int, std: float, passes: int = 3) -> Tensor:
    """One pass over a line of `size` pixels, float64 (size, size), weights times 2^24.

    The box's radius is that of Gwosdek et al. 2011 ("Theoretical foundations of Gaussian
    convolution by extended box filtering"), as PIL computes it; beyond the edge the last pixel
    counts on.
    """
    variance = std * std / passes
    whole = math.floor((math.sqrt(12 * variance + 1) - 1) / 2)
    part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance)
    part /= 6 * (variance - (whole + 1) ** 2)
    # PIL computes the weights in float32: half a unit decides which way a tie is rounded.
    width = torch.tensor(whole + part, dtype=torch.float32) * 2 + 1
    inner = int(torch.tensor(float(1 << 24)) / width)
    outer = ((1 << 24) - (whole * 2 + 1) * inner) // 2
    matrix = torch.zeros((size, size), dtype=torch.float64)
    for column in range(size):
        for offset in range(-whole - 1, whole + 2):
            weight = outer if abs(offset) == whole + 1 else inner
            matrix[min(max(column + offset, 0), size - 1), column] += weight
    return matrix
