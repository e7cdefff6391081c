"""Which images a seed draws from a pool; to be read without NumPy or torch."""

import random
from collections.abc import Iterator


def draws(pool: int, seed: int) -> Iterator[int]:
    """All of range(pool) in the order in which a seed draws them."""
    draw = random.Random(seed).randrange
    seen: set[int] = set()
    while len(seen) < pool:
        index = draw(pool)
        if index not in seen:
            seen.add(index)
            yield index


def drawn_from_pool(size: int, pool: int, images: int) -> int:
    """How many images of a seed's draw a run needs of a pool that is too large to be copied.

    A subset is needed as it is. Of the whole pool a run that shows `images` OE images needs no
    more: it walks them once, so that hardly an image comes twice, as in a pool of millions.
    """
    return size if size < pool else min(pool, images)
