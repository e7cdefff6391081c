"""Means over normal classes and seeds with what is known of their error.

A grid (seeds, classes) has a value for each run, in per cent or points. Classes differ, and so do
seeds: a seed draws the OE images of all classes. Both are samples, so the variance of the mean is
that of a crossed design (Searle, Casella and McCulloch 1992, "Variance Components", chapter 4; as
for two-way clusters, Cameron, Gelbach and Miller 2011): of class means, plus of seed means, minus
that of the residuals, which both contain; never below one of the first two. Its degrees of freedom
are Satterthwaite's (1946), and intervals are Student's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.stats import t as student

LEVEL = 0.95  # of an interval
POWER = 0.8  # of a test with as many seeds as are asked for
MOST_SEEDS = 1000
NO_SEED = [0]  # the seeds of a method that no seed changes; those of others begin at 1


@dataclass(frozen=True)
class Estimate:
    """The mean of a grid of values (seeds, classes) without gaps, and how far it may be off.

    `seeded` says whether there are more seeds than are here: the values of a method that no seed
    changes are all there are.
    """

    values: np.ndarray
    seeded: bool = True

    @cached_property
    def mean(self) -> float:
        return float(self.values.mean())

    @property
    def seeds(self) -> int:
        return len(self.values)

    @property
    def classes(self) -> int:
        return self.values.shape[1]

    @cached_property
    def of_classes(self) -> float:
        """The variance of the mean, as the class means tell it; 0 with one class."""
        return variance(self.values.mean(axis=0))

    @cached_property
    def of_seeds(self) -> float:
        """The same, as the means of the seeds tell it."""
        return variance(self.values.mean(axis=1))

    @cached_property
    def of_rest(self) -> float:
        """The same of what neither the class nor the seed explains."""
        free = (self.seeds - 1) * (self.classes - 1)
        if not free:
            return 0.0
        rest = self.values - self.values.mean(axis=0) - self.values.mean(axis=1)[:, None]
        return float(((rest + self.mean) ** 2).sum() / free / self.values.size)

    @property
    def known(self) -> bool:
        """Whether an error can be told: with two seeds or two classes."""
        return self.values.size > 1

    def error(self, seeds: int | None = None) -> tuple[float, float]:
        """Variance of the mean and its degrees of freedom, here or with that many seeds.

        With another number of seeds each part is expected to be what it is here.
        """
        share = 1.0 if seeds is None else self.seeds / seeds
        rest = self.of_rest * share
        classes = max(self.of_classes - self.of_rest, 0) + rest if seeds else self.of_classes
        of_seeds = self.of_seeds * share
        free = self.classes - 1, (seeds or self.seeds) - 1
        both = classes + of_seeds - rest
        found: list[tuple[float, float]] = [(classes, free[0]), (of_seeds, free[1])]
        if all(free):
            parts = classes**2 / free[0] + of_seeds**2 / free[1] + rest**2 / (free[0] * free[1])
            found.append((both, max(both**2 / parts, 1) if parts else 1))
        most = max(found)
        return most[0], max(most[1], 1)

    def half(self, level: float = LEVEL, seeds: int | None = None) -> float:
        """Half the width of the interval of the mean; NaN where no error can be told."""
        if not self.known:
            return np.nan
        squared, free = self.error(seeds)
        return float(student.ppf((1 + level) / 2, free) * np.sqrt(squared))

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """The ends of the interval of the mean; NaN where no error can be told."""
        half = self.half(level)
        return self.mean - half, self.mean + half

    def more_seeds(self, width: Callable[[float], bool], level: float = LEVEL) -> int | None:
        """How many seeds, beside those here, make an interval so narrow that `width` is content.

        width: takes half the width of the interval, with room for a power of 80 %. None where no
        number of seeds does: the classes differ too much.
        """
        if not self.seeded:
            return None
        for more in steps(MOST_SEEDS):
            squared, free = self.error(self.seeds + more)
            quantiles = student.ppf((1 + level) / 2, free) + student.ppf(POWER, free)
            if width(float(quantiles * np.sqrt(squared))):
                return more
        return None


def steps(most: int) -> list[int]:
    """Numbers of seeds that are tried: each to ten, then about a tenth more.

    >>> steps(16)
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
    """
    found = [1]
    while found[-1] < most:
        found.append(found[-1] + max(1, found[-1] // 10))
    return found


def variance(means: np.ndarray) -> float:
    """The variance of the mean of means that are a sample; 0 of a single one."""
    means = (means - means[0]).round(9)  # else rounding is an error where all are alike
    return float(means.var(ddof=1) / len(means)) if len(means) > 1 else 0.0


def estimate(grid: pd.DataFrame, seeded: bool = True) -> Estimate:
    """The estimate of a grid (seeds, classes) with gaps; every class has a value.

    A seed that lacks a class would shift the mean, so it counts only where no seed is complete;
    then there is one value for each class, and no seeds that could be told apart.
    """
    complete = grid.dropna()
    values = complete if len(complete) else grid.mean().to_frame().T
    return Estimate(values.to_numpy(float), seeded)


def paired(left: pd.DataFrame, right: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two grids cut down to the normal classes and seeds that both have.

    A run of a method that no seed changes is the partner of every seed.
    """
    if [*left.index] == NO_SEED and len(right):
        left = pd.concat([left] * len(right)).set_axis(right.index)
    elif [*right.index] == NO_SEED and len(left):
        right = pd.concat([right] * len(left)).set_axis(left.index)
    return left.align(right, join="inner")
