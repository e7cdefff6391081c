"""What is made of feature vectors before a network or a baseline sees them.

Each is divided by its length, then standardised by the normal training vectors of the run: the
length of a feature vector says little of its class, and its dimensions have different scales.
"""

import numpy as np

SMALLEST_STD = 1e-6  # of a dimension: one that is constant divides by it


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (N, D), none of them zero, in float32 and divided by their lengths."""
    vectors = vectors.astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def moments(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each dimension of vectors (N, D), float32 (D,).

    Summed in float64: float32 loses digits over thousands of vectors.
    """
    mean = vectors.mean(axis=0, dtype=np.float64)
    std = vectors.std(axis=0, dtype=np.float64).clip(min=SMALLEST_STD)
    return mean.astype(np.float32), std.astype(np.float32)
