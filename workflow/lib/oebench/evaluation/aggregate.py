"""From runs to means: columns as labels, and the mean AUROC of a cell with its standard error."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from oebench.artifacts.manifest import StudyManifest
from oebench.registry import METHODS, is_trained
from oebench.run import KEYS
from oebench.wording import named, shown


def values_of(runs: pd.DataFrame, key: str) -> pd.Series:
    """A column, missing where it does not apply: a run without OE has no blur of OE images."""
    match KEYS[key].about:
        case "oe":
            return runs[key].where(runs["oe"].notna())
        case "recipe":
            return runs[key].where(runs["objective"].isin(filter(is_trained, METHODS)))
    return runs[key]


def label_of(runs: pd.DataFrame, key: str) -> pd.Series:
    """A column as text for rows, in the order of its values; normal classes by name."""
    if key == "normal_class":
        return runs["normal_name"].astype(str)
    return values_of(runs, key).map(shown).astype(str)


def labels_of(runs: pd.DataFrame, keys: list[str]) -> pd.Series:
    """A label for each run from several columns, leaving out what does not apply.

    The objective stands by its name alone, other keys with theirs: "hsc, norm l1".
    """
    parts = [[named(key, shown(value)) for value in values_of(runs, key)] for key in keys]
    return pd.Series(
        [", ".join(filter(None, row)) for row in zip(*parts, strict=True)], index=runs.index
    )


def with_common_classes(runs: pd.DataFrame, study: StudyManifest) -> pd.DataFrame:
    """The runs of the normal classes that every method and swept value has finished runs of.

    In a half-finished grid, means over classes are comparable only so.
    """
    cells = labels_of(runs, ["objective", *study.swept])
    found = [set(group) for _, group in runs["normal_class"].groupby(cells)]
    return runs[runs["normal_class"].isin(set.intersection(*found) if found else set())]


@dataclass(frozen=True)
class Cell:
    """Per cent; `error` is NaN with fewer than two seeds."""

    mean: float
    error: float
    runs: int


EMPTY = Cell(np.nan, np.nan, 0)


def mean_over_seeds(runs: pd.DataFrame, expected: pd.DataFrame, metric: str = "auroc") -> Cell:
    """Mean over normal classes, and its standard error over seeds.

    The class mean is taken per seed, over all classes; its standard error is that of these means,
    not the spread over classes. A seed that lacks a class would shift the mean, so it counts only
    where no seed is complete: then the mean is that over classes of what there is, without error.
    Where a class has no run at all that ended well, there is no mean.
    """
    if runs.empty:
        return EMPTY
    grid = 100 * runs.pivot_table(index="seed", columns="normal_class", values=metric)
    return mean_of_grid(grid.reindex(columns=sorted(expected["normal_class"].unique())), len(runs))


def mean_of_grid(grid: pd.DataFrame, runs: int) -> Cell:
    """The same for values (seeds, normal classes), missing where a run did not end well."""
    if grid.isna().all().any():
        return Cell(np.nan, np.nan, runs)
    complete = grid.dropna()
    if complete.empty:
        return Cell(float(grid.mean().mean()), np.nan, runs)
    per_seed = complete.mean(axis=1)
    error = per_seed.std(ddof=1) / np.sqrt(len(per_seed)) if len(per_seed) > 1 else np.nan
    return Cell(float(per_seed.mean()), float(error), complete.size)
