"""How the embedded images, digits and letters alike, become MNIST-like 28x28 images."""

import numpy as np
from PIL import Image

LEVELS = 16  # a pixel of an 8x8 image counts 0 to 16 black pixels of a 4x4 square


def to_mnist_frame(small: np.ndarray) -> np.ndarray:
    """8x8 images (N, 8, 8) with values 0 to 16 -> uint8 (N, 1, 28, 28).

    They are enlarged to 20x20 (bilinear) in a border of 4 black pixels, MNIST's own frame.
    """
    framed = np.zeros((len(small), 1, 28, 28), dtype=np.uint8)
    for target, image in zip(framed, small, strict=True):
        levels = np.round(image * (255 / LEVELS)).astype(np.uint8)
        large = Image.fromarray(levels).resize((20, 20), Image.Resampling.BILINEAR)
        target[0, 4:24, 4:24] = np.asarray(large)
    return framed
