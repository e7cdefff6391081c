"""How the embedded images, digits and letters alike, become small grey images framed as MNIST's."""

import numpy as np
from PIL import Image

LEVELS = 16  # a pixel of an 8x8 image counts 0 to 16 black pixels of a 4x4 square
SIZE, BORDER = 16, 2  # 12x12 pixels in a black border; MNIST's frame, 20 of 28 pixels, at this size


def framed(small: np.ndarray) -> np.ndarray:
    """8x8 images (N, 8, 8) with values 0 to 16 -> uint8 (N, 1, 16, 16), enlarged bilinearly."""
    inside = slice(BORDER, SIZE - BORDER)
    images = np.zeros((len(small), 1, SIZE, SIZE), dtype=np.uint8)
    for target, image in zip(images, small, strict=True):
        levels = np.round(image * (255 / LEVELS)).astype(np.uint8)
        large = Image.fromarray(levels).resize(
            target[0, inside, inside].shape, Image.Resampling.BILINEAR
        )
        target[0, inside, inside] = np.asarray(large)
    return images
