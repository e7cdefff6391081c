"""Image files as arrays."""

import warnings
from collections import Counter
from contextlib import suppress

import numpy as np
from PIL import Image, ImageFile, ImageOps

from oebench.data.sources.base import SourceError, Unreadable
from oebench.wording import reason

# PIL's modes with at most 8 bits a channel.
EIGHT_BITS = {
    *("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX"),
    *("CMYK", "YCbCr", "LAB", "HSV"),
}
OTHER_COLOURS = {"CMYK", "YCbCr", "LAB", "HSV"}
PROGRAMS = {"EPS"}  # which Pillow would run
SEE_THROUGH = {"LA", "La", "PA", "RGBA", "RGBa"}
ORIENTATION = 0x0112  # the EXIF tag that says how a camera was held


def read(path: str, plain: bool, notes: Counter[str]) -> np.ndarray:
    """A file's image as uint8 (3, height, width), upright and on white.

    plain: neither is done. notes: counts what was changed, or not. Of several frames the first one
    is read. Raises Unreadable, and SourceError for an image of more than 8 bits a channel.
    """
    try:
        with warnings.catch_warnings():
            # Of photos that are large, and not yet so large that Pillow refuses them.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            file = Image.open(path)
        with file:
            if file.format in PROGRAMS:
                raise Unreadable(f"{file.format} is a program that draws, and no image")
            mode, deep = file.mode, is_deep(file)
            pixels = np.asarray(file.convert("RGB") if plain else shown(file, notes))
            if plain and file.getexif().get(ORIENTATION, 1) != 1:
                notes["on the side, by the EXIF tag, not turned"] += 1
            if mode in OTHER_COLOURS:
                notes[f"in the colours {mode}, turned into RGB without a profile"] += 1
            with suppress(Exception):  # of a damaged frame that is not read
                if getattr(file, "is_animated", False):
                    notes["with several frames, of which the first one is read"] += 1
    except Unreadable:
        raise
    except Exception as error:  # whatever a library of formats makes of a damaged file
        raise Unreadable(reason(error)) from None
    if 0 in pixels.shape:
        raise Unreadable("it has no pixel")
    if deep:
        raise SourceError(
            f"{path} has pixels of more than 8 bits a channel (mode {mode}); turn the images into "
            "8 bits in the way that is right for them"
        )
    return pixels.transpose(2, 0, 1)


def is_deep(image: ImageFile.ImageFile) -> bool:
    """Whether a channel has more than 8 bits in the file; Pillow leaves out the lower ones."""
    parts = [tile[3] for tile in image.tile]
    return (
        image.mode not in EIGHT_BITS
        or any(";16" in str(part) for part in parts)
        or (
            image.format == "PPM"
            and any(isinstance(part, tuple) and part[1] > 255 for part in parts)
        )
    )


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
