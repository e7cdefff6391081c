"""Image files as arrays."""

from collections import Counter

import numpy as np
from PIL import Image, ImageOps

from oebench.data.sources.base import SourceError, Unreadable

# PIL's modes with at most 8 bits a channel.
EIGHT_BITS = {
    *("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX"),
    *("CMYK", "YCbCr", "LAB", "HSV"),
}
SEE_THROUGH = {"LA", "La", "PA", "RGBA", "RGBa"}
ORIENTATION = 0x0112  # the EXIF tag that says how a camera was held


def read(path: str, plain: bool, notes: Counter[str]) -> np.ndarray:
    """A file's image as uint8 (3, height, width), upright and on white.

    plain: neither is done. notes: counts what was changed, or not. Raises Unreadable, and
    SourceError for an image of more than 8 bits a channel.
    """
    try:
        with Image.open(path) as file:
            deep = file.mode not in EIGHT_BITS or any(";16" in str(tile[3]) for tile in file.tile)
            pixels = np.asarray(file.convert("RGB") if plain else shown(file, notes))
            if plain and file.getexif().get(ORIENTATION, 1) != 1:
                notes["on the side, by the EXIF tag, not turned"] += 1
            mode = file.mode
    except Exception as error:  # whatever a library of formats makes of a damaged file
        raise Unreadable(str(error) or repr(error)) from None
    if deep:
        raise SourceError(
            f"{path} has pixels of more than 8 bits a channel (mode {mode}); turn the images into "
            "8 bits in the way that is right for them"
        )
    return pixels.transpose(2, 0, 1)


def shown(image: Image.Image, notes: Counter[str]) -> Image.Image:
    """An image as people see it: upright, and what is transparent on white."""
    if image.getexif().get(ORIENTATION, 1) != 1:
        notes["turned upright by the EXIF tag"] += 1
        image = ImageOps.exif_transpose(image)
    if image.mode in SEE_THROUGH or "transparency" in image.info:
        image = image.convert("RGBA")
        if np.asarray(image.getchannel("A")).min() < 255:
            notes["with transparent pixels, laid on white"] += 1
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image)
    return image.convert("RGB")
