"""Which images or classes a seed draws from a pool; to be read without NumPy or torch."""

import random
from collections.abc import Iterator, Sequence
from itertools import islice

from oebench.validation import UserError


def draws(pool: int, seed: int) -> Iterator[int]:
    """All of range(pool) in the order in which a seed draws them."""
    draw = random.Random(seed).randrange
    seen: set[int] = set()
    while len(seen) < pool:
        index = draw(pool)
        if index not in seen:
            seen.add(index)
            yield index


def choose_images(pool: int, size: int, seed: int) -> Iterator[int]:
    """`size` distinct numbers of range(pool), the same for all classes and objectives of a seed.

    Draws range(pool) one after another and skips repeats. On the paper's pools this is
    `random.seed(seed); random.sample(range(pool), size)`; unlike that, on every pool a smaller
    subset is a prefix of a larger one. Only the whole pool comes in its own order. Raises UserError
    if the pool has fewer images.

    >>> [*choose_images(79_302_016, 3, seed=1)] == random.Random(1).sample(range(79_302_016), 3)
    True
    """
    if not 1 <= size <= pool:
        raise UserError(f"expected an OE size from 1 to {pool}, the size of the pool, found {size}")
    return iter(range(pool)) if size == pool else islice(draws(pool, seed), size)


def choose_classes(classes: Sequence[int], count: int, seed: int) -> list[int]:
    """`count` of the OE classes: `random.Random(seed).sample(classes, count)`."""
    if not 1 <= count <= len(classes):
        raise UserError(
            f"expected 1 to {len(classes)} OE classes, as the data set has, found {count}"
        )
    return random.Random(seed).sample(list(classes), count)


def drawn_from_pool(size: int, pool: int, images: int) -> int:
    """How many images of a seed's draw a run needs of a pool that is too large to be copied.

    A subset is needed as it is. Of the whole pool a run that shows `images` OE images needs no
    more: it walks them once, so that hardly an image comes twice, as in a pool of millions.
    """
    return size if size < pool else min(pool, images)
