"""Reading the images or vectors of a source one by one: all of them, or what a seed draws."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from oebench.data.checks import check_shape, check_vectors
from oebench.data.dataset import Dataset
from oebench.data.resize import fitted
from oebench.data.sources.base import Labelled, Photos, Source, Split, Unreadable
from oebench.sampling import draws
from oebench.wording import printed

READ_AT_ONCE = 1024  # images of a pool, read in the order in which they lie on the disk


def one_by_one(
    split: Split, dataset: Dataset, left_out: list[str]
) -> Iterator[tuple[np.ndarray, int]]:
    """Each image, fitted, with its label; those that cannot be read are named and left out."""
    if isinstance(split, Labelled):
        for image, label in zip(split.images, split.labels, strict=True):
            yield fitted(image, dataset.shape, dataset.fit), int(label)
        return
    for index in range(split.size):
        image = one(split, index, dataset, left_out)
        if image is not None:
            yield image, 0 if split.labels is None else int(split.labels[index])


def halves(vectors: Labelled, where: str, source: Source) -> Iterator[tuple[np.ndarray, int]]:
    """Each vector in float16 (D,), with its label. Raises SourceError for one that cannot be."""
    for first in range(0, len(vectors.images), READ_AT_ONCE):
        block = np.asarray(vectors.images[first : first + READ_AT_ONCE])
        with np.errstate(over="ignore"):  # what is too large is found by what becomes of it
            half = block.astype(np.float16)
        check_vectors(where, first, block, half, source)
        yield from zip(half, vectors.labels[first:].tolist(), strict=False)


def one(photos: Photos, index: int, dataset: Dataset, left_out: list[str]) -> np.ndarray | None:
    """An image, fitted; None if it cannot be read. Raises SourceError if its shape is another."""
    try:
        image = fitted(photos.read(index), dataset.shape, dataset.fit)
    except Unreadable as error:
        left_out.append(photos.name(index))
        # A name need not be one that can be printed.
        print(printed(f"left out, cannot be read: {photos.name(index)} ({error})", None))
        return None
    check_shape(photos.name(index), image.shape, dataset)
    return image


def drawn(
    pool: Photos, dataset: Dataset, seed: int, count: int, left_out: list[str]
) -> Iterator[tuple[np.ndarray, int]]:
    """The first `count` images that a seed draws, in their order, with the label 0.

    Images that are excluded or cannot be read are passed over once and for all, so that every
    subset has its size (the original replaces them at every access, each time by another one).
    """
    candidates = (i for i in draws(dataset.pool, seed) if i not in pool.excluded)
    while count:
        block = list(islice(candidates, min(count, READ_AT_ONCE)))
        if not block:
            return
        read = {index: one(pool, index, dataset, left_out) for index in sorted(block)}
        for index in block:
            image = read[index]
            if image is not None:
                count -= 1
                yield image, 0
