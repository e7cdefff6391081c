"""Outlier exposure (OE): which images of the pool a run may see, and in what order it sees them.

Two laws, as in the original code. Where an OE *size* is set, every epoch walks a fresh permutation
of the subset cyclically, so that each image is seen equally often. Where OE *classes* are set, an
epoch sees a fresh shuffle of their images, or independent draws where they are fewer than the
normal images.
"""

import numpy as np
import torch
from torch import Generator, Tensor

from oebench.sampling import choose_images

# A larger set is not permuted whole for the few thousand images that an epoch sees: 2^20 numbers
# take 38 ms an epoch, drawing 5,000 of them one.
PERMUTE_UP_TO = 1 << 17
HELD_OUT_STREAM = 16  # beside the `..._STREAM`s of the loop


def subset(pool: int, size: int, seed: int) -> np.ndarray:
    """The rows of the OE images that a seed chooses (`sampling.choose_images`), int64 (size,)."""
    return np.fromiter(choose_images(pool, size, seed), dtype=np.int64, count=size)


def distinct(size: int, count: int, generator: Generator) -> Tensor:
    """`count` distinct numbers of range(size) in random order: the start of a permutation."""
    if size <= PERMUTE_UP_TO or 2 * count > size:
        return torch.randperm(size, generator=generator)[:count]
    drawn = torch.empty(0, dtype=torch.int64)
    while len(drawn) < count:
        # The order of first appearance keeps the draw uniform; `unique` alone would sort it.
        more = torch.randint(size, (count,), generator=generator)
        values, first = np.unique(torch.cat([drawn, more]).numpy(), return_index=True)
        drawn = torch.from_numpy(values[np.argsort(first)])
    return drawn[:count]


def balanced_walk(size: int, count: int, generator: Generator) -> Tensor:
    """One epoch's `count` positions in a subset of `size` images: a permutation, walked cyclically.

    With size 64 and batches of 128, every batch holds every image twice.
    """
    if count <= size:
        return distinct(size, count, generator)
    return torch.randperm(size, generator=generator)[torch.arange(count) % size]


def shuffle_or_draw(size: int, count: int, normals: int, generator: Generator) -> Tensor:
    """One epoch's `count` positions among the `size` images of the OE classes.

    With fewer OE images than normal ones: independent draws with replacement; else the first
    `count` of a fresh shuffle.
    """
    if size < normals:
        return torch.randint(size, (count,), generator=generator)
    return distinct(size, count, generator)


def held_out(normals: int, count: int, seed: int) -> np.ndarray:
    """Which `count` of the normal training images are held out of the training, int64 (count,).

    Drawn by generators of their own, so that what else the seed decides is what it is without; of
    a larger share a smaller one is a part.
    """
    generator = np.random.default_rng(np.random.SeedSequence([seed, HELD_OUT_STREAM]))
    return generator.permutation(normals)[:count]
