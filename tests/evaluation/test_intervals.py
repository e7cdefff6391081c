"""Means over normal classes and seeds, and what is known of their error."""

from math import isnan, sqrt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from oebench.evaluation.intervals import MOST_SEEDS, NO_SEED, Estimate, estimate, paired


def of(*seeds: tuple[float, ...], seeded: bool = True) -> Estimate:
    """An estimate of values (seeds, classes), a tuple for each seed."""
    return Estimate(np.array(seeds, float), seeded)


def t(free: float, share: float = 0.975) -> float:
    return float(student.ppf(share, free))


# Of 3 seeds and 2 classes:
#            class 1  class 2   mean
#   seed 1      80       60      70
#   seed 2      84       62      73
#   seed 3      82       70      76
#   mean        82       64      73
# Variance of the mean by classes: deviations 9, -9, so 162 / 1 / 2 = 81; by seeds: -3, 0, 3, so
# 18 / 2 / 3 = 3. Residuals of class 1: 1, 2, -3, of class 2 the negative: 28 / 2 / 6 = 7 / 3.
BOTH = of((80, 60), (84, 62), (82, 70))


# The interval


def test_variances_are_those_of_class_means_of_seed_means_and_of_the_rest() -> None:
    assert (BOTH.seeds, BOTH.classes, BOTH.mean) == (3, 2, 73)
    found = BOTH.of_classes, BOTH.of_seeds, BOTH.of_rest
    np.testing.assert_allclose(found, (81, 3, 7 / 3), rtol=1e-12)


def test_the_error_is_that_of_a_crossed_design() -> None:
    squared, free = BOTH.error()
    parts = 81**2 / 1 + 3**2 / 2 + (7 / 3) ** 2 / 2  # over their degrees of freedom
    assert squared == pytest.approx(81 + 3 - 7 / 3)
    assert free == pytest.approx(squared**2 / parts)
    half = t(squared**2 / parts) * sqrt(81 + 3 - 7 / 3)
    np.testing.assert_allclose(BOTH.interval(), (73 - half, 73 + half), rtol=1e-12)
    half = t(squared**2 / parts, 0.95) * sqrt(81 + 3 - 7 / 3)
    np.testing.assert_allclose(BOTH.interval(0.9), (73 - half, 73 + half), rtol=1e-12)


def test_the_error_is_never_below_that_of_the_classes_or_of_the_seeds() -> None:
    """What a class gains in one seed it loses in the other: seed means alone say no error."""
    crossed = of((80, 60), (60, 80), (70, 70))
    assert (crossed.of_classes, crossed.of_seeds) == (0, 0)
    assert crossed.of_rest == pytest.approx((4 * 100) / 2 / 6)
    assert crossed.error() == (0, 2)
    one = of((70, 73), (73, 70), (76, 79))  # by classes 1 / 4... less than the rest
    assert one.of_classes < one.of_rest
    squared, free = one.error()
    assert (squared, free) == (one.of_seeds, 2)


def test_one_class_is_over_its_seeds_and_one_seed_over_its_classes() -> None:
    """Values 80, 84, 82 have the standard error 2 / sqrt(3)."""
    for one in (of((80,), (84,), (82,)), of((80, 84, 82))):
        half = t(2) * 2 / sqrt(3)
        np.testing.assert_allclose(one.interval(), (82 - half, 82 + half), rtol=1e-12)


def test_a_single_value_has_no_interval() -> None:
    one = of((80,))
    assert not one.known
    assert all(map(isnan, one.interval()))
    assert of((80, 81)).known
    assert of((80,), (81,)).known


@pytest.mark.parametrize("shape", [(3, 4), (1, 4), (3, 1)])
def test_constant_values_have_an_interval_without_a_width(shape: tuple[int, int]) -> None:
    """Rounding is no error: 96.1 in float64 is none of its own means to the last bit."""
    value = 100 * 0.961
    same = Estimate(np.full(shape, value) + 1e-13 * np.arange(np.prod(shape)).reshape(shape))
    assert same.error()[0] == 0
    np.testing.assert_allclose(same.interval(), (value, value), rtol=1e-12)


def test_seeds_that_are_alike_leave_the_error_of_classes() -> None:
    alike = of((80, 84, 82), (80, 84, 82))
    half = t(2) * 2 / sqrt(3)
    np.testing.assert_allclose(alike.interval(), (82 - half, 82 + half), rtol=1e-9)


# Other numbers of seeds


@pytest.mark.parametrize("seeds", [3, 6, 12, 300])
def test_with_other_seeds_what_is_theirs_shrinks(seeds: int) -> None:
    share = 3 / seeds
    classes = (81 - 7 / 3) + 7 / 3 * share  # means of classes have a part of the rest
    of_seeds, rest = 3 * share, 7 / 3 * share
    both = classes + of_seeds - rest
    parts = classes**2 / 1 + of_seeds**2 / (seeds - 1) + rest**2 / (seeds - 1)
    expected = max((classes, 1), (of_seeds, seeds - 1), (both, max(both**2 / parts, 1)))
    np.testing.assert_allclose(BOTH.error(seeds), expected, rtol=1e-12)


def test_as_many_seeds_as_there_are_change_nothing() -> None:
    np.testing.assert_allclose(BOTH.error(3), BOTH.error(), rtol=1e-12)
    one = of((80,), (84,), (82,))
    np.testing.assert_allclose(one.error(3), one.error(), rtol=1e-12)
    assert one.half(seeds=12) == pytest.approx(t(11) * 1 / sqrt(3))


def test_so_many_seeds_are_asked_for_as_make_the_interval_narrow() -> None:
    """Of one class with variance 4 between seeds, to half a width of 1, with a power of 80 %."""
    one = of((80,), (84,), (82,))

    def enough(more: int) -> bool:
        free = 3 + more - 1
        return (t(free) + t(free, 0.8)) * 2 / sqrt(3 + more) < 1

    first = next(more for more in range(1, 100) if enough(more))
    asked = one.more_seeds(lambda half: half < 1)
    assert asked is not None
    assert first <= asked <= 1.1 * first  # numbers above ten are tried in steps of a tenth
    assert one.more_seeds(lambda half: True) == 1
    # For many seeds the quantiles are those of the normal distribution.
    many = one.more_seeds(lambda half: half < 0.2)
    assert many is not None
    assert many == pytest.approx(((norm.ppf(0.975) + norm.ppf(0.8)) * 2 / 0.2) ** 2, rel=0.1)


def test_no_seeds_are_asked_for_where_they_are_of_no_use() -> None:
    assert BOTH.more_seeds(lambda half: half < 5) is None  # the classes differ by 18
    assert of((80,), (84,), (82,)).more_seeds(lambda half: half < 0.01) is None  # > MOST_SEEDS
    assert MOST_SEEDS == 1000
    assert of((80, 84, 82), seeded=False).more_seeds(lambda half: True) is None


# Grids


def grid(values: list[list[float]], seeds: list[int]) -> pd.DataFrame:
    return pd.DataFrame(values, index=seeds)


def test_a_seed_that_lacks_a_class_does_not_count() -> None:
    found = estimate(grid([[80, 60], [99, np.nan], [82, 70]], [1, 2, 3]))
    assert (found.seeds, found.mean) == (2, 73)


def test_where_no_seed_is_complete_the_means_of_the_classes_are_left() -> None:
    found = estimate(grid([[80, np.nan], [84, np.nan], [np.nan, 60]], [1, 2, 3]))
    assert (found.seeds, found.classes, found.mean) == (1, 2, 71)


def test_pairs_have_the_seeds_and_classes_of_both() -> None:
    left, right = paired(grid([[1, 2], [3, 4]], [1, 2]), grid([[5, 6], [7, 8]], [2, 3])[[1]])
    assert left.to_numpy().tolist() == [[4]]
    assert right.to_numpy().tolist() == [[6]]


def test_a_method_that_no_seed_changes_is_the_partner_of_every_seed() -> None:
    many, one = grid([[1, 2], [3, 4], [5, 6]], [1, 2, 5]), grid([[10, 20]], NO_SEED)
    left, right = paired(many, one)
    assert (left - right).to_numpy().tolist() == [[-9, -18], [-7, -16], [-5, -14]]
    assert (paired(one, many)[0] - many).to_numpy().tolist() == [[9, 18], [7, 16], [5, 14]]
    assert not paired(one, one)[0].empty


# A simulation


def drawn(
    random: np.random.Generator, seeds: int, classes: int, of_class: float, of_seed: float
) -> np.ndarray:
    """Values with the mean 0, of classes, seeds and both, the last with a deviation of 1."""
    return (
        of_class * random.standard_normal(classes)
        + of_seed * random.standard_normal((seeds, 1))
        + random.standard_normal((seeds, classes))
    )


@pytest.mark.parametrize(
    ("seeds", "classes", "of_class", "of_seed", "low", "high"),
    [
        (5, 10, 2.0, 1.0, 0.93, 0.97),
        # Few of everything, or a part without variance: rather too wide than too narrow.
        (3, 10, 1.0, 0.0, 0.93, 0.99),
        (3, 2, 1.0, 1.0, 0.92, 0.995),
        (20, 10, 0.0, 1.0, 0.93, 0.99),
    ],
)
def test_the_interval_has_the_mean_in_it_as_often_as_it_says(
    seeds: int, classes: int, of_class: float, of_seed: float, low: float, high: float
) -> None:
    random = np.random.default_rng(0)
    trials = 400
    inside = 0
    for _ in range(trials):
        ends = Estimate(drawn(random, seeds, classes, of_class, of_seed)).interval()
        inside += ends[0] < 0 < ends[1]
    assert low <= inside / trials <= high
