"""Which method is better: differences paired over normal classes and seeds.

Two runs are a pair where they share normal class, seed and all else that the study sweeps. Seeds of
one class are no independent evidence on other classes, so a class counts once, with the mean
difference of its pairs: over classes go the bootstrap interval and Wilcoxon's signed-rank test.
Where there is a single class, its seeds take their place.
"""

import itertools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.aggregate import labels_of, mean_over_seeds, values_of
from oebench.registry import METHODS, OK
from oebench.run import AMOUNTS, PARAMETERS, keys_about

LEVEL = 0.95  # of the confidence interval
RESAMPLES = 9999
WITHIN = 1.0  # points from the best


@dataclass(frozen=True)
class Difference:
    """AUROC of `first` minus that of `second`, in points; NaN where it cannot be computed."""

    setting: str  # what else is swept: "oe size 16"
    first: str
    second: str
    mean: float
    low: float  # ends of the 95 % bootstrap interval
    high: float
    pairs: int
    units: int  # classes, or seeds of a single one
    wins: int  # pairs in which `first` is better
    p: float  # Wilcoxon signed-rank, two-sided
    p_corrected: float = np.nan  # Holm, over all comparisons of the study


@dataclass(frozen=True)
class Needed:
    """The fewest OE images (or classes) with which a method comes within 1 point of the best."""

    setting: str
    method: str
    key: str  # oe_size or oe_classes
    amount: int | None  # None where it never does
    auroc: float
    best: float  # the highest mean AUROC of the setting, of any method
    best_method: str


def aurocs(runs: pd.DataFrame) -> pd.Series:
    """AUROCs of a method by normal class and seed; by normal class where no seed changes it."""
    (objective,) = runs["objective"].unique()
    seeded = METHODS[objective].seeded
    return runs.set_index(["normal_class", "seed"] if seeded else ["normal_class"])["auroc"]


def by_class(first: pd.Series, second: pd.Series) -> pd.Series:
    """The difference in points of every pair; both as `aurocs` gives them.

    A run of a method that no seed changes is the partner of every seed.
    """
    level = "normal_class" if first.index.nlevels != second.index.nlevels else None
    return (100 * first.sub(second, level=level)).dropna()


def units_of(pairs: pd.Series) -> np.ndarray:
    """The mean difference of each class; of each seed where there is one class only."""
    classes = pairs.groupby(level="normal_class").mean()
    return (classes if len(classes) > 1 else pairs).to_numpy()


def interval(units: np.ndarray) -> tuple[float, float]:
    """The bootstrap confidence interval of the mean (bias-corrected and accelerated).

    NaN with fewer than two units; both ends are the mean where the units do not differ.
    """
    if len(units) < 2:
        return np.nan, np.nan
    units = units.round(9)  # else rounding decides which resamples tie with the mean
    if np.ptp(units) == 0:
        return float(units[0]), float(units[0])
    found = stats.bootstrap(
        (units,), np.mean, confidence_level=LEVEL, n_resamples=RESAMPLES, method="BCa", rng=0
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def wilcoxon(units: np.ndarray) -> float:
    """Two-sided p value of the signed-rank test; 1 where no unit differs from zero."""
    if len(units) < 2:
        return np.nan
    if not units.any():
        return 1.0
    with warnings.catch_warnings():  # ties or zeros: the normal approximation is taken
        warnings.simplefilter("ignore", UserWarning)
        return float(stats.wilcoxon(units).pvalue)


def settings(runs: pd.DataFrame, study: StudyManifest) -> Iterator[tuple[str, pd.DataFrame]]:
    """The runs of each value of what is swept, but for parameters of the objective.

    A method without OE belongs to every OE size, number of classes and blur.
    """
    swept = [key for key in study.swept if key not in PARAMETERS]
    if not swept:
        yield "", runs
        return
    values = pd.DataFrame({key: values_of(runs, key) for key in swept})
    labels = labels_of(runs, swept)[values.notna().all(axis=1)]
    if labels.empty:  # no method sees OE images
        yield "", runs
    for name, here in values.loc[labels.index].groupby(labels, sort=False):
        fits = (values == here.iloc[0]) | values.isna()
        yield str(name), runs[fits.all(axis=1)]


def methods(runs: pd.DataFrame, study: StudyManifest) -> pd.Series:
    """The method of each run: its objective, with the parameters that are swept."""
    return labels_of(runs, ["objective", *(key for key in study.swept if key in PARAMETERS)])


def compare(runs: pd.DataFrame, study: StudyManifest) -> list[Difference]:
    """Every two methods of a study, at each value of what else is swept."""
    found = []
    without_oe: set[tuple[str, str]] = set()
    for setting, group in settings(runs[runs["status"] == OK], study):
        names = methods(group, study)
        blind = set(names[group["oe"].isna()])
        scores = {name: aurocs(group[names == name]) for name in dict.fromkeys(names)}
        for first, second in itertools.combinations(scores, 2):
            pairs = by_class(scores[first], scores[second])
            if pairs.empty or (first, second) in without_oe:
                continue
            where = setting
            if {first, second} <= blind and set(study.swept) <= {*keys_about("oe"), *PARAMETERS}:
                without_oe.add((first, second))
                where = ""  # they are the same runs in every setting
            units = units_of(pairs)
            mean = float(units.mean())
            low, high = interval(units)
            wins, p = int((pairs > 0).sum()), wilcoxon(units)
            counts = {"pairs": len(pairs), "units": len(units), "wins": wins}
            found.append(Difference(where, first, second, mean, low, high, **counts, p=p))
    return corrected(found)


def corrected(found: list[Difference]) -> list[Difference]:
    """The same with p values corrected for their number (Holm 1979)."""
    p = np.array([each.p for each in found])
    return [
        replace(each, p_corrected=float(value)) for each, value in zip(found, holm(p), strict=True)
    ]


def holm(p: np.ndarray) -> np.ndarray:
    """p values (N,) corrected for the number of those that are there (Holm 1979).

    The smallest is multiplied by their number, the next by one less, and so on; none becomes
    smaller than one before it, or larger than 1. NaN stays NaN.

    >>> holm(np.array([0.04, np.nan, 0.01])).tolist()
    [0.04, nan, 0.02]
    """
    order = np.argsort(p)[: np.count_nonzero(~np.isnan(p))]
    corrected = np.full(len(p), np.nan)
    scaled = p[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.maximum.accumulate(scaled).clip(max=1)
    return corrected


def needed(runs: pd.DataFrame, study: StudyManifest) -> list[Needed]:
    """For each method, the smallest swept OE size whose mean is within 1 point of the best.

    The best is the highest mean of any method and size with the same other swept values; sizes
    without all their classes do not count.
    """
    found = []
    for key in (each for each in AMOUNTS if each in study.swept):
        others = tuple(each for each in study.swept if each != key)
        rest = study.model_copy(update={"swept": others})
        with_oe = runs[values_of(runs, key).notna()]
        for setting, group in settings(with_oe, rest):
            names = methods(group, study)
            means: dict[tuple[str, int], float] = {}
            for name, size in dict.fromkeys(zip(names, group[key].astype(int), strict=True)):
                cell = group[(names == name) & (group[key] == size)]
                mean = mean_over_seeds(cell[cell["status"] == OK], group).mean
                if not np.isnan(mean):
                    means[name, size] = mean
            if not means:
                continue
            best = max(means, key=lambda each: means[each])
            for name in dict.fromkeys(names):
                close = [
                    size
                    for (method, size), mean in means.items()
                    if method == name and mean >= means[best] - WITHIN
                ]
                amount = min(close, default=None)
                auroc = np.nan if amount is None else means[name, amount]
                found.append(Needed(setting, name, key, amount, auroc, means[best], best[0]))
    return found
