"""The numbers of a table: means of a metric with standard error over seeds, and published ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from oebench.artifacts.manifest import Published, StudyManifest
from oebench.evaluation.aggregate import (
    EMPTY,
    Cell,
    label_of,
    labels_of,
    mean_over_seeds,
    with_common_classes,
)
from oebench.registry import METRICS, OK

MEAN = "mean"


@dataclass(frozen=True)
class Row:
    """A row of the table; with `published`, its cells are our means minus that value."""

    name: str
    cells: list[Cell]
    published: Published | None = None


def build(runs: pd.DataFrame, study: StudyManifest) -> tuple[list[str], list[Row]]:
    """Names of the columns, and the rows.

    Rows are the values of the study's row key, for normal classes with their mean below; columns
    are the objectives and whatever else is swept. Published values follow their row.
    """
    assert study.rows is not None
    columns = labels_of(runs, ["objective", *(key for key in study.swept if key != study.rows)])
    labels = label_of(runs, study.rows)
    column_names = list(dict.fromkeys(columns))
    objectives = [runs.loc[columns == name, "objective"].iloc[0] for name in column_names]
    common = with_common_classes(runs, study)
    by_class = study.rows == "normal_class"

    def cells(shown: pd.DataFrame) -> list[Cell]:
        done = shown[shown["status"] == OK]
        return [
            mean_over_seeds(
                done[columns[done.index] == name],
                shown[columns[shown.index] == name],
                study.metric,
            )
            for name in column_names
        ]

    rows: list[Row] = []
    for name in in_order(runs, labels, study.rows):
        # A baseline without OE has no OE size: its runs stand in every row of such a table.
        here = runs if by_class else common
        row = cells(here[labels[here.index].isin([name, ""])])
        rows += beside(Row(name, row), objectives, name, study.published)
    if by_class:
        rows += beside(Row(MEAN, cells(common)), objectives, "", study.published)
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
            if value.objective in ("", objective)
            else EMPTY
            for cell, objective in zip(row.cells, objectives, strict=True)
        ]
        if value.objective in ("", *objectives):
            rows.append(Row(f"{row.name} − {value.label} {value.mean_auc:g}", cells, value))
    return rows


def best(row: Row, metric: str) -> float:
    """The best mean of a row, rounded as it is shown; NaN for differences to published values.

    The best of differences would only repeat the best of their row; of one column there is no best.
    """
    if row.published is not None or len(row.cells) == 1:
        return np.nan
    choose = max if METRICS[metric].higher_is_better else min
    return choose(
        (round(each.mean, 1) for each in row.cells if not np.isnan(each.mean)), default=np.nan
    )
