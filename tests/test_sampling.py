"""Which images and classes of a pool a seed chooses."""

import random

import pytest

from oebench.sampling import choose_classes


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("count", [1, 3, 26])
def test_classes_are_those_that_random_sample_gives(count: int, seed: int) -> None:
    letters = range(26)
    papers = random.Random(seed).sample(letters, count)
    assert choose_classes(letters, count, seed) == papers
    # Positions are drawn, so other numbers in the same places are chosen alike.
    assert choose_classes([100 + each for each in letters], count, seed) == [
        100 + each for each in papers
    ]


@pytest.mark.parametrize("count", [0, 27])
def test_more_classes_than_there_are_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 26 OE classes, .* found {count}$"):
        choose_classes(range(26), count, seed=1)
