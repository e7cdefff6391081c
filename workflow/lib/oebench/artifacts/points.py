"""Points of the plane, kept as images of one pixel whose two channels are the coordinates.

A coordinate is one of 256 levels between the ends of the frame, whose middle is the origin.
"""

import numpy as np

FRAME = np.array([8.0, 5.0])  # width and height


def levels(points: np.ndarray) -> np.ndarray:
    """Coordinates (N, 2) -> uint8 (N, 2, 1, 1)."""
    scaled = np.round((points / FRAME + 0.5).clip(0, 1) * 255)
    return scaled.astype(np.uint8)[:, :, None, None]


def coordinates(images: np.ndarray) -> np.ndarray:
    """The inverse of `levels`, (N, 2)."""
    return (images[:, :, 0, 0] / 255 - 0.5) * FRAME
