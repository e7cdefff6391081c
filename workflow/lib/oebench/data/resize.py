"""Images of any size and colour, brought to the shape that a data set declares."""

import numpy as np
from PIL import Image, ImageOps

from oebench.data.dataset import Fit
from oebench.data.sources.base import Unreadable

LARGEST = 1 << 26  # pixels of an image that keeps its proportions: 200 MB


def fitted(image: np.ndarray, shape: tuple[int, ...], fit: Fit) -> np.ndarray:
    """One uint8 image (C, height, width), resized with PIL's bilinear filter.

    `exact` changes nothing; `crop` keeps the proportions and cuts off what is beyond `shape`,
    `stretch` does not; a number makes the short side that long and keeps the proportions, as
    torchvision's Resize does. Raises Unreadable where the long side would be too long for that.
    """
    if fit == "exact":
        return image
    channels, height, width = shape
    pixels = image[0] if len(image) == 1 else np.ascontiguousarray(image.transpose(1, 2, 0))
    picture = Image.fromarray(pixels).convert("L" if channels == 1 else "RGB")
    bilinear = Image.Resampling.BILINEAR
    if fit == "crop":
        picture = ImageOps.fit(picture, (width, height), bilinear)
    elif fit == "stretch":
        picture = picture.resize((width, height), bilinear)
    elif isinstance(fit, int):
        short = min(picture.size)
        wanted = (int(fit * picture.width / short), int(fit * picture.height / short))
        if wanted[0] * wanted[1] > LARGEST:
            raise Unreadable(
                f"{picture.width} x {picture.height} pixels are {wanted[0]} x {wanted[1]} with a "
                f"short side of {fit}; more than {LARGEST:,} are too many for one image"
            )
        picture = picture.resize(wanted, bilinear) if wanted != picture.size else picture
    result = np.asarray(picture)
    return result[None] if channels == 1 else result.transpose(2, 0, 1)
