"""Which OE images, and which classes of them, go with a higher AUROC.

Runs of a condition see other OE images with each seed, and the same ones for all normal classes
(`sampling`). So a seed is one observation: its AUROC in points above that of the other seeds, per
normal class, then the mean over classes. Seeds that saw an image are compared with those that did
not: the difference of their means with Student's interval of pooled variance, and the rank-sum test
of Mann and Whitney (1947), which asks nothing of how AUROCs are distributed. Its p values are
corrected for all images, classes and conditions of the study (Holm 1979).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.aggregate import labels_of
from oebench.evaluation.comparison import grid_of, holm
from oebench.evaluation.intervals import LEVEL
from oebench.registry import OK
from oebench.run import AMOUNTS
from oebench.sampling import choose_classes, choose_images

IMAGE, CLASS = "image", "class"
FEWEST = 2  # seeds that saw it, and that did not: what one seed alone saw is not told from the seed


class Pool(NamedTuple):
    """The training images of an OE data set: names of its classes, and labels (N,)."""

    classes: list[str]
    labels: np.ndarray


@dataclass(frozen=True)
class Effect:
    """AUROC of seeds that saw an OE image, or one of a class, minus that of the others, points."""

    setting: str  # objective and what else is swept: "hsc, oe size 1"
    oe: str
    what: str  # IMAGE or CLASS
    number: int  # the image's row in the training split of the cache; the class's number
    name: str  # of the class
    seen: int  # seeds
    unseen: int
    mean: float
    low: float  # ends of the 95 % interval over seeds
    high: float
    p: float  # Mann-Whitney, two-sided
    p_corrected: float = np.nan  # Holm, over all of the study

    @property
    def found(self) -> bool:
        """Whether it is told from chance."""
        return self.p_corrected < 1 - LEVEL


def effects(
    runs: pd.DataFrame, study: StudyManifest, pools: Mapping[str, Pool]
) -> dict[str, list[Effect]]:
    """Of each condition with OE images its effects, the largest first; none where seeds saw alike.

    pools: the OE data sets by name.
    """
    runs = runs[(runs["status"] == OK) & runs["oe"].notna()]
    keys = ["objective", *study.swept]
    found = {
        str(setting): [*of_condition(str(setting), group, pools)]
        for setting, group in runs.groupby(labels_of(runs, keys), sort=False)
    }
    p = iter(holm(np.array([each.p for every in found.values() for each in every])))
    return {
        setting: sorted(
            (replace(each, p_corrected=float(next(p))) for each in every),
            key=lambda each: -each.mean,
        )
        for setting, every in found.items()
    }


def of_condition(setting: str, runs: pd.DataFrame, pools: Mapping[str, Pool]) -> Iterator[Effect]:
    """The effects of runs that differ in normal class and seed alone."""
    (oe,) = runs["oe"].unique()
    pool, offsets = pools[str(oe)], of_seeds(runs)
    first = runs.iloc[0]
    amount = {key: int(first[key]) for key in AMOUNTS if pd.notna(first[key])}
    for what, seen in seen_by([*map(int, offsets.index)], amount, pool).items():
        numbers, saw = candidates(seen)
        for number, column in zip(numbers, saw, strict=True):
            label = number if what == CLASS else pool.labels[number]
            counts = int(column.sum()), int((~column).sum())
            yield Effect(
                *(setting, str(oe), what, int(number), pool.classes[label], *counts),
                *compared(offsets.to_numpy(), column),
            )


def of_seeds(runs: pd.DataFrame) -> pd.Series:
    """AUROC of each seed in points above the mean of its normal classes over all seeds."""
    grid = grid_of(runs)
    return (grid - grid.mean()).mean(axis=1)


def seen_by(seeds: list[int], amount: dict[str, int], pool: Pool) -> dict[str, list[np.ndarray]]:
    """What each seed saw: numbers of images, and of classes where these are more than an image.

    amount: `oe_size` or `oe_classes`; with classes, images are seen by class only.
    """
    if "oe_classes" in amount:
        every, count = range(len(pool.classes)), amount["oe_classes"]
        return {CLASS: [np.array(choose_classes(every, count, seed)) for seed in seeds]}
    size, images = amount["oe_size"], len(pool.labels)
    chosen = [np.array([*choose_images(images, size, seed)]) for seed in seeds]
    seen = {IMAGE: chosen}
    if 1 < len(pool.classes) < images:
        seen[CLASS] = [np.unique(pool.labels[rows]) for rows in chosen]
    return seen


def candidates(seen: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Numbers (M,) that enough seeds saw and enough did not, and whether each saw it (M, seeds)."""
    numbers, counts = np.unique(np.concatenate(seen), return_counts=True)
    numbers = numbers[(counts >= FEWEST) & (counts <= len(seen) - FEWEST)]
    saw = [np.isin(numbers, each, assume_unique=True) for each in seen]
    return numbers, np.stack(saw, axis=1)


def compared(values: np.ndarray, saw: np.ndarray) -> tuple[float, float, float, float]:
    """Difference of the means of values (S,) where `saw` and elsewhere, its interval, and p."""
    there, elsewhere = values[saw], values[~saw]
    mean = float(there.mean() - elsewhere.mean())
    squares = sum(float(((each - each.mean()) ** 2).sum()) for each in (there, elsewhere))
    free = len(values) - 2
    error = np.sqrt(squares / free * (1 / len(there) + 1 / len(elsewhere)))
    half = float(stats.t.ppf((1 + LEVEL) / 2, free) * error)
    p = float(stats.mannwhitneyu(there, elsewhere).pvalue)
    return mean, mean - half, mean + half, p
