"""Which method is better: differences paired over normal classes and seeds.

Two runs are a pair where they share normal class, seed and all else that the study sweeps. The
interval of the mean difference is over classes and seeds (`intervals`). Seeds of one class are no
independent evidence on other classes, so for Wilcoxon's signed-rank test a class counts once, with
the mean difference of its pairs; where there is a single class, its seeds take their place.
"""

import itertools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.aggregate import labels_of, values_of
from oebench.evaluation.intervals import NO_SEED, estimate, paired
from oebench.registry import METHODS, OK
from oebench.run import PARAMETERS, keys_about


@dataclass(frozen=True)
class Difference:
    """AUROC of `first` minus that of `second`, in points; NaN where it cannot be computed."""

    setting: str  # what else is swept: "oe size 16"
    first: str
    second: str
    mean: float
    low: float  # ends of the 95 % interval over classes and seeds
    high: float
    pairs: int
    units: int  # classes, or seeds of a single one
    wins: int  # pairs in which `first` is better
    p: float  # Wilcoxon signed-rank, two-sided
    p_corrected: float = np.nan  # Holm, over all comparisons of the study


def grid_of(runs: pd.DataFrame) -> pd.DataFrame:
    """AUROCs of a method in per cent, (seeds, classes); one row where no seed changes it."""
    (objective,) = runs["objective"].unique()
    grid = 100 * runs.pivot_table(index="seed", columns="normal_class", values="auroc")
    if not METHODS[objective].seeded:
        grid.index = pd.Index(NO_SEED[: len(grid)])
    return grid


def units_of(pairs: pd.DataFrame) -> np.ndarray:
    """The mean difference of each class; of each seed where there is one class only."""
    return (pairs.mean() if len(pairs.columns) > 1 else pairs.iloc[:, 0].dropna()).to_numpy()


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
        grids = {name: grid_of(group[names == name]) for name in dict.fromkeys(names)}
        for first, second in itertools.combinations(grids, 2):
            left, right = paired(grids[first], grids[second])
            pairs = (left - right).dropna(how="all", axis=1)
            if pairs.empty or (first, second) in without_oe:
                continue
            where = setting
            if {first, second} <= blind and set(study.swept) <= {*keys_about("oe"), *PARAMETERS}:
                without_oe.add((first, second))
                where = ""  # they are the same runs in every setting
            seeded = [*pairs.index] != NO_SEED
            every, units = pairs.to_numpy()[pairs.notna()], units_of(pairs)
            low, high = estimate(pairs, seeded).interval()
            wins, p = int((every > 0).sum()), wilcoxon(units)
            counts = {"pairs": len(every), "units": len(units), "wins": wins}
            mean = float(units.mean())
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
