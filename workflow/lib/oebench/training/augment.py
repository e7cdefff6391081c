"""Transforms of whole batches on the device, in the original's order.

Jitter, flip, crop, blur (OE images only), noise. All random numbers of an epoch are drawn
beforehand from the run's own generator, so these functions are deterministic.

The original jitters uint8 images one by one with PIL, in a random order of the four changes and
with an 8-bit round trip through HSV. Here the changes come in a fixed order and in floating point.
"""

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
