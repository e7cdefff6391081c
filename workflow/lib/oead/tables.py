"""The numbers of a table: mean AUROC with its standard error over seeds, beside published ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from oead.published import Published
from oead.scores import OK
from oead.summary import Spec, label_of, labels_of, with_common_classes

MEAN = "mean"


@dataclass(frozen=True)
class Cell:
    """Per cent; `error` is NaN with fewer than two seeds."""

    mean: float
    error: float
    runs: int


@dataclass(frozen=True)
class Row:
    """A row of the table; with `published`, its cells are our means minus that value."""

    name: str
    cells: list[Cell]
    published: Published | None = None


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


def build(runs: pd.DataFrame, spec: Spec) -> tuple[list[str], list[Row]]:
    """Names of the columns, and the rows.

    Rows are the values of the study's row key, for normal classes with their mean below; columns
    are the objectives and whatever else is swept. Published values follow their row.
    """
    assert spec.rows is not None
    columns = labels_of(runs, ["objective", *(key for key in spec.swept if key != spec.rows)])
    labels = label_of(runs, spec.rows)
    column_names = list(dict.fromkeys(columns))
    objectives = [runs.loc[columns == name, "objective"].iloc[0] for name in column_names]
    common = with_common_classes(runs, spec)
    by_class = spec.rows == "normal_class"

    def cells(shown: pd.DataFrame) -> list[Cell]:
        done = shown[shown["status"] == OK]
        return [
            mean_over_seeds(done[columns[done.index] == name], shown[columns[shown.index] == name])
            for name in column_names
        ]

    rows: list[Row] = []
    for name in in_order(runs, labels, spec.rows):
        # A baseline without OE has no OE size: its runs stand in every row of such a table.
        here = runs if by_class else common
        row = cells(here[labels[here.index].isin([name, ""])])
        rows += beside(Row(name, row), objectives, name, spec.published)
    if by_class:
        rows += beside(Row(MEAN, cells(common)), objectives, "", spec.published)
    return column_names, rows


def in_order(runs: pd.DataFrame, labels: pd.Series, key: str) -> list[str]:
    """The names of the rows, numbers by their value, all else as the study has them."""
    names = labels[labels != ""].drop_duplicates()
    if key != "normal_class" and pd.api.types.is_numeric_dtype(runs[key]):
        names = names.loc[runs.loc[names.index, key].sort_values().index]
    return list(names)


def beside(
    row: Row, objectives: Sequence[str], normal_class: str, published: Sequence[Published]
) -> list[Row]:
    """A row, and one for each value that was published for it: ours minus that value.

    A method that is also ours is compared with itself, all others with every column.
    """
    rows = [row]
    for value in published:
        if value.normal_class != normal_class:
            continue
        cells = [
            Cell(cell.mean - value.mean_auc, cell.error, cell.runs)
            if value.objective in (None, objective)
            else EMPTY
            for cell, objective in zip(row.cells, objectives, strict=True)
        ]
        if value.objective is None or value.objective in objectives:
            rows.append(Row(f"{row.name} − {value.label} {value.mean_auc:g}", cells, value))
    return rows


def best(row: Row) -> float:
    """The highest mean of a row, rounded as it is shown; NaN for differences to published values.

    The best of differences would only repeat the best of their row; of one column there is no best.
    """
    if row.published is not None or len(row.cells) == 1:
        return np.nan
    return max(
        (round(each.mean, 1) for each in row.cells if not np.isnan(each.mean)), default=np.nan
    )
