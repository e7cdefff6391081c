"""Transforms of whole batches on the device, in the original's order.

Jitter, flip, crop, blur (OE images only), noise. All random numbers of an epoch are drawn
beforehand from the run's own generator, so these functions are deterministic.

The original jitters uint8 images one by one with PIL, in a random order of the four changes and
with an 8-bit round trip through HSV. Here the changes come in a fixed order and in floating point.
"""

import math
from functools import lru_cache

import torch
from torch import Generator, Tensor
from torch.nn import functional

JITTER = 0.01  # largest change of brightness, contrast, saturation (relative) and hue (turns)
NOISE = 0.001  # standard deviation of the noise added to pixels in [0, 1]
DRAWS = 7  # flip, row, column, brightness, contrast, saturation, hue
LUMA = (0.299, 0.587, 0.114)  # ITU-R 601, as in PIL


def draw(steps: int, images: int, generator: Generator) -> Tensor:
    """An epoch's random numbers in [0, 1): (steps, images in a batch, DRAWS)."""
    return torch.rand((steps, images, DRAWS), generator=generator)


def places(draws: Tensor) -> Tensor:
    """The draws (..., 2) in [0, 1) that say in which row and column a crop begins."""
    return draws[..., 1:3]


def augment(images: Tensor, draws: Tensor, padding: int, colours: bool = True) -> Tensor:
    """uint8 (N, C, H, W) and draws (N, DRAWS) -> float32 in [0, 1], jittered, flipped, cropped.

    Images that were cut out of larger ones are turned about the mean of the crop where the original
    takes that of the whole: with a contrast of 1 % that moves a pixel by 1 % of the difference of
    the means, mostly less than one grey level.
    """
    images = images.float() / 255
    if colours:
        images = jitter(images, (2 * draws[:, 3:] - 1) * JITTER)
    return flip_and_crop(images, draws[:, :3], padding)


def jitter(images: Tensor, changes: Tensor) -> Tensor:
    """Brightness, contrast, saturation and hue of float images in [0, 1], each by its own change.

    changes: (N, 4); 0 changes nothing. Grey images have neither saturation nor hue.
    """
    brightness, contrast, saturation, hue = changes[:, :, None, None, None].unbind(1)
    images = (images * (1 + brightness)).clamp(0, 1)
    mean = luma(images).mean((1, 2, 3), keepdim=True)
    images = torch.lerp(mean, images, 1 + contrast).clamp(0, 1)
    if images.shape[1] == 1:
        return images
    images = torch.lerp(luma(images), images, 1 + saturation).clamp(0, 1)
    return turn_hue(images, hue)


def luma(images: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, 1, H, W)."""
    if images.shape[1] == 1:
        return images
    weights = torch.tensor(LUMA, device=images.device).view(1, 3, 1, 1)
    return (images * weights).sum(1, keepdim=True)


def turn_hue(images: Tensor, turns: Tensor) -> Tensor:
    """Turn the hue of RGB images in [0, 1] in the HSV model; value and chroma stay."""
    red, green, blue = images.unbind(1)
    value, least = images.amax(1), images.amin(1)
    chroma = value - least
    safe = chroma.clamp(min=1e-8)  # grey pixels have no hue and come out as they were
    sector = torch.where(
        value == red,
        (green - blue) / safe,
        torch.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    sector = sector + 6 * turns.squeeze(1)
    channels = []
    for offset in (5, 3, 1):
        k = (offset + sector).remainder(6)
        channels.append(value - chroma * torch.minimum(k, 4 - k).clamp(0, 1))
    return torch.stack(channels, 1)


def flip_and_crop(images: Tensor, draws: Tensor, padding: int) -> Tensor:
    """Flip half of the images left to right, then crop each at random from a black border.

    draws: (N, 3) in [0, 1): flipped below 1/2, then row and column of the crop among
    2 padding + 1 places. Returns (N, C, H, W), channels last in memory.
    """
    count, _, height, width = images.shape
    padded = functional.pad(images, [padding] * 4)
    first = (draws[:, 1:] * (2 * padding + 1)).long()
    rows = first[:, :1] + torch.arange(height, device=images.device)
    columns = first[:, 1:] + torch.arange(width, device=images.device)
    # The image is flipped before it is cropped: a column of the flipped image, counted back.
    columns = torch.where(draws[:, :1] < 0.5, width + 2 * padding - 1 - columns, columns)
    every = torch.arange(count, device=images.device)[:, None, None]
    return padded[every, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


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
