"""Images as a pretrained network wants them: blurred, resized, in three channels, normalised."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from oebench.blur import gaussian_blur
from oebench.features import Colours
from oebench.validation import UserError

# As PIL resizes: its bicubic has the parameter -0.5 only with PyTorch's `antialias`, which also
# smoothes what shrinks and changes nothing else where an image grows.
FILTERS: dict[str, dict[str, Any]] = {
    "bicubic": {"mode": "bicubic", "antialias": True, "align_corners": False},
    "bilinear": {"mode": "bilinear", "antialias": True, "align_corners": False},
    "nearest": {"mode": "nearest-exact"},
}


@dataclass(frozen=True)
class Preprocessing:
    """How images are shown to a network."""

    size: int  # height and width of what it sees
    filter: str  # one of FILTERS
    crop: float | None  # the part of the short side that is cut out of the middle
    mean: Colours  # of pixels in [0, 1]
    std: Colours
    blur: float = 0.0  # standard deviation in pixels of the images as they come

    def __call__(self, images: Tensor | Sequence[Tensor]) -> Tensor:
        """uint8 (N, C, H, W), or images (C, H, W) of several sizes -> float32 (N, 3, size, size).

        Channels are last in memory. Raises UserError for images that are neither grey nor RGB.
        """
        if isinstance(images, Tensor):
            resized = self.resized(images)
        else:
            resized = torch.cat([self.resized(image[None]) for image in images])
        mean = torch.tensor(self.mean, device=resized.device).view(1, 3, 1, 1)
        std = torch.tensor(self.std, device=resized.device).view(1, 3, 1, 1)
        values = (resized / 255 - mean) / std  # a grey channel becomes three here
        return values.contiguous(memory_format=torch.channels_last)

    def resized(self, images: Tensor) -> Tensor:
        """uint8 (N, C, H, W) -> whole numbers from 0 to 255 in float32, (N, C, size, size)."""
        channels, height, width = images.shape[1:]
        if channels not in (1, 3):
            raise UserError(
                f"images of {channels} channels cannot be shown to a network for photos, which "
                "takes 1 (grey) or 3 (RGB)"
            )
        if self.blur:
            images = gaussian_blur(images, self.blur)
        shape = self.shape(height, width)
        values = images.float()
        for step in ((height, shape[1]), shape):  # as PIL: rounded after each direction, in 8 bits
            if step != tuple(values.shape[2:]):
                values = interpolate(values, step, **FILTERS[self.filter]).clamp(0, 255).round()
        top, left = (round((length - self.size) / 2) for length in shape)
        return values[..., top : top + self.size, left : left + self.size]

    def shape(self, height: int, width: int) -> tuple[int, int]:
        """To which height and width an image is resized before a square is cut out of it."""
        if self.crop is None:
            return self.size, self.size
        factor = self.size / self.crop / min(height, width)
        return max(self.size, round(height * factor)), max(self.size, round(width * factor))
