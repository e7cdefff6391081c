"""Image files as arrays."""

import numpy as np
from PIL import Image

from oebench.data.sources.base import SourceError, Unreadable

# PIL's modes with at most 8 bits a channel.
EIGHT_BITS = {
    *("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX"),
    *("CMYK", "YCbCr", "LAB", "HSV"),
}


def read(path: str) -> np.ndarray:
    """A file's image as uint8 (3, height, width). Raises Unreadable."""
    try:
        with Image.open(path) as file:
            mode, pixels = file.mode, np.asarray(file.convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Unreadable(str(error)) from None
    if mode not in EIGHT_BITS:
        raise SourceError(
            f"{path} has the mode {mode}, pixels of more than 8 bits; turn the images into 8 bits "
            "in the way that is right for them"
        )
    return pixels.transpose(2, 0, 1)
