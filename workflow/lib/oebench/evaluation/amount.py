"""How many OE images (or classes) a method needs: where its curve crosses a target.

The curve of a method, its mean AUROC at each amount, is taken to rise: it is the isotonic
regression of the means (Barlow et al. 1972), and between two amounts a line over the logarithm of
the amount. The interval comes from resampled curves. A sample weighs the deviations of classes and
of seeds from their mean with normal multipliers (the multiplier bootstrap for two-way arrays,
Menzel 2021), the same ones for every amount and method, as the runs are paired by class and seed;
each mean's deviations are scaled to the interval that it has alone (`intervals.Estimate`), whose
quantiles are Student's. Each sample's curve is made to rise and crossed with the target again.

Beyond the largest amount the error is continued as a power law of the amount, fitted to the last
three points that are there: an extrapolation, and said to be one.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from oebench.evaluation.intervals import LEVEL, Estimate

SAMPLES = 4000
FITTED = 3  # points of a power law
TAILS = (100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2)
PERFECT = 100.0


@dataclass(frozen=True)
class Curve:
    """The means of a method: `amounts` (K,) rising, and at each the values (seeds, classes).

    All have the same classes, which are also those of the other curves; `places` says which of all
    seeds are those of an estimate, which may lack some.
    """

    amounts: np.ndarray
    estimates: tuple[Estimate, ...]
    places: tuple[np.ndarray, ...]

    @property
    def means(self) -> np.ndarray:
        return np.array([each.mean for each in self.estimates])


def resampled(curves: list[Curve], seed: int = 0) -> list[np.ndarray]:
    """The means of each curve in every sample, (SAMPLES, K), not yet made to rise."""
    random = np.random.default_rng(seed)
    every = 1 + max(int(places.max()) for curve in curves for places in curve.places)
    seeds = random.standard_normal((SAMPLES, every))
    classes = random.standard_normal((SAMPLES, curves[0].estimates[0].classes))
    return [
        np.stack(
            [
                drawn(each, seeds[:, places], classes)
                for each, places in zip(curve.estimates, curve.places, strict=True)
            ],
            axis=1,
        )
        for curve in curves
    ]


def drawn(each: Estimate, seeds: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The mean (SAMPLES,) of values whose deviations have these weights.

    seeds, classes: (SAMPLES, number of them).
    """
    values = each.values
    by_seed, by_class = values.mean(axis=1), values.mean(axis=0)
    off = seeds @ shares(by_seed) + classes @ shares(by_class)
    spread = np.sqrt(each.of_seeds + each.of_classes)
    if not spread:
        return np.full(len(seeds), each.mean)
    squared, free = each.error()
    quantile = (1 + LEVEL) / 2
    wider = student.ppf(quantile, free) / norm.ppf(quantile)
    return each.mean + off * float(np.sqrt(squared) / spread * wider)


def shares(means: np.ndarray) -> np.ndarray:
    """What normal multipliers weigh, so that the sum has the variance of the mean."""
    number = len(means)
    return (means - means.mean()) / np.sqrt(number * max(number - 1, 1))


def rising(curves: np.ndarray) -> np.ndarray:
    """Isotonic regression of each row, (N, K) -> (N, K): the least-squares curve that never falls.

    >>> rising(np.array([[1.0, 3.0, 2.0, 5.0]])).tolist()
    [[1.0, 2.5, 2.5, 5.0]]
    """
    number = curves.shape[1]
    sums = np.concatenate([np.zeros((len(curves), 1)), curves.cumsum(axis=1)], axis=1)
    found = np.full(curves.shape, -np.inf)
    for first in range(number):  # the largest over beginnings of the smallest mean over ends
        lengths = np.arange(1, number - first + 1)
        means = (sums[:, first + 1 :] - sums[:, first : first + 1]) / lengths
        least = np.minimum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        found[:, first:] = np.maximum(found[:, first:], least)
    return found


def crossings(amounts: np.ndarray, curves: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The amount at which each rising curve (N, K) comes to its target (N,).

    The smallest amount where it begins there. Infinite where its continuation never comes there.
    """
    places = np.log2(amounts.astype(float))
    there = curves >= targets[:, None] - 1e-9
    found = np.full(len(curves), np.inf)
    first = there.argmax(axis=1)
    for index in range(len(amounts)):
        here = there.any(axis=1) & (first == index)
        if index == 0:
            found[here] = places[0]
            continue
        low, high = curves[here, index - 1], curves[here, index]
        share = (targets[here] - low) / (high - low)
        found[here] = places[index - 1] + share.clip(0, 1) * (places[index] - places[index - 1])
    beyond = ~there.any(axis=1)
    found[beyond] = continued(places, curves[beyond], targets[beyond])
    return np.exp2(
        found.clip(max=1000.0), where=np.isfinite(found), out=np.full(len(found), np.inf)
    )


def continued(places: np.ndarray, curves: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Where the error, as a power law of the amount, comes to the target's; as a logarithm.

    places (K,): logarithms of the amounts. Infinite where the error does not fall.
    """
    last = min(FITTED, len(places))
    x, y = places[-last:], np.log2((PERFECT - curves[:, -last:]).clip(min=1e-6))
    if last < 2:
        return np.full(len(curves), np.inf)
    slope = (y - y.mean(axis=1, keepdims=True)) @ (x - x.mean()) / ((x - x.mean()) ** 2).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        # From the last point on: the continuation begins where the curve ends.
        found = x[-1] + (np.log2(PERFECT - targets) - y[:, -1]) / slope
    return np.where((slope < -1e-6) & (targets < PERFECT), found, np.inf)


@dataclass(frozen=True)
class Answer:
    """The amount that a method needs, with its interval; infinite where no amount is enough.

    The ends are NaN where a mean has no error: of one run.
    """

    amount: float
    low: float
    high: float
    samples: np.ndarray = field(repr=False, default_factory=lambda: np.empty(0))


def answers(
    curves: dict[str, Curve], target: float | None = None, within: float | None = None
) -> tuple[dict[str, Answer], float, str]:
    """What each method needs for a target; the target, and the best method if it follows from it.

    target: a mean AUROC in per cent. within: points below the best mean of any method and amount,
    in its place; in each sample, below the best of the sample.
    """
    names = [*curves]
    means = [rising(curve.means[None]) for curve in curves.values()]
    samples = [rising(each) for each in resampled([*curves.values()])]
    best = ""
    if target is None:
        assert within is not None
        tops = [float(each[0, -1]) for each in means]
        best = names[int(np.argmax(tops))]
        target = max(tops) - within
        targets = np.max([each[:, -1] for each in samples], axis=0) - within
    else:
        targets = np.full(len(samples[0]), float(target))
    found = {}
    for name, mean, sample in zip(names, means, samples, strict=True):
        amounts = curves[name].amounts
        amount = float(crossings(amounts, mean, np.array([target]))[0])
        every = crossings(amounts, sample, targets)
        low, high = np.percentile(every, TAILS, method="closest_observation")  # some are infinite
        if not all(each.known for each in curves[name].estimates):
            low = high = np.nan
        found[name] = Answer(amount, float(low), float(high), every)
    return found, float(target), best


def alike(first: Answer, second: Answer) -> bool:
    """Whether the interval of the ratio of two amounts holds 1: they cannot be told apart."""
    with np.errstate(invalid="ignore"):
        ratio = np.log2(first.samples) - np.log2(second.samples)
    low, high = np.percentile(np.nan_to_num(ratio, nan=0.0), TAILS, method="closest_observation")
    return bool(low <= 0 <= high)
