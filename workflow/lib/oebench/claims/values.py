"""The values of expressions: grids of a metric, seeds by normal classes in per cent, or numbers."""

import ast
import re

import numpy as np
import pandas as pd

from oebench.claims.language import TOLERANCE
from oebench.evaluation.aggregate import Cell, mean_of_grid
from oebench.evaluation.comparison import interval, units_of
from oebench.registry import METRICS

Value = float | pd.DataFrame
NO_SEED = [0]  # the seeds of a method that no seed changes; those of others begin at 1


class NotJudgedError(Exception):
    """Runs or published values that an expression needs are missing; the message says which."""


def paired(left: Value, right: Value) -> tuple[Value, Value]:
    """Two grids cut down to the normal classes and seeds that both have; numbers as they are.

    A run of a method that no seed changes is the partner of every seed.
    """
    if isinstance(left, pd.DataFrame) and isinstance(right, pd.DataFrame):
        if [*left.index] == NO_SEED and len(right):
            left = pd.concat([left] * len(right)).set_axis(right.index)
        elif [*right.index] == NO_SEED and len(left):
            right = pd.concat([right] * len(left)).set_axis(left.index)
        return left.align(right, join="inner")
    return left, right


def of_common_classes(sides: list[Value]) -> list[Value]:
    """Grids cut down to the normal classes that all have, so that means can be compared."""
    grids = [side for side in sides if isinstance(side, pd.DataFrame)]
    common = set.intersection(*(set(grid.columns) for grid in grids)) if grids else set()
    return [side[sorted(common)] if isinstance(side, pd.DataFrame) else side for side in sides]


def mean(value: Value) -> Cell:
    """The mean of a grid with its standard error over seeds; of a number, itself."""
    if isinstance(value, pd.DataFrame):
        return mean_of_grid(value, int(value.notna().sum().sum()))
    return Cell(value, np.nan, 0)


def lower(value: Value) -> float:
    """The lower end of the 95 % bootstrap interval over classes (`comparison.interval`)."""
    if not isinstance(value, pd.DataFrame):
        return value
    if value.empty or value.isna().all().any():
        raise NotJudgedError("a class has no pair of runs that ended well")
    pairs = value.rename_axis(index="seed").melt(ignore_index=False).dropna()
    low, _ = interval(units_of(pairs.set_index("normal_class", append=True)["value"]))
    if np.isnan(low):
        raise NotJudgedError("a confidence interval needs at least two classes or two seeds")
    return low


def shown_value(value: Value) -> str:
    """A mean with its standard error, or a number as it is; with a minus sign.

    >>> shown_value(-0.126), shown_value(2.0), shown_value(94.32)
    ('−0.13', '2', '94.3')
    """
    if not isinstance(value, pd.DataFrame):
        digits = 0 if float(value).is_integer() else 2 if abs(value) < 1 else 1
        return f"{value:.{digits}f}".replace("-", "−")
    cell = mean(value)
    error = "" if np.isnan(cell.error) else f" ± {cell.error:.1f}"
    return f"{cell.mean:.1f}{error}".replace("-", "−")


def names_runs(node: ast.AST) -> bool:
    """Whether an expression asks for runs, and does not only compare names and numbers."""
    return any(isinstance(each, ast.Call) for each in ast.walk(node))


def label(node: ast.expr, tolerance: float) -> str:
    """What a number is, to stand before it: "bce ", "abs(hsc - bce) = "; "" for numbers."""
    if not names_runs(node):
        return ""
    text = re.sub(r"auroc\((\w+)\)", r"\1", ast.unparse(node))
    text = re.sub(r"auroc\((\w+), ([^()]*)\)", r"\1[\2]", text)
    if any(isinstance(each, ast.GeneratorExp) for each in ast.walk(node)):
        text = text.replace("((", "(").replace("))", ")")
    text = re.sub(rf"\b{TOLERANCE}\b", f"{tolerance:g}", text)
    single = (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in METRICS
    )
    return f"{text} " if single else f"{text} = "
