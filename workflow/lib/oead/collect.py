"""runs.csv: a row per run, from the attributes of the scores files."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from oead import scores
from oead.files import atomic
from oead.metrics import METRICS

COLUMNS = (
    *("dataset", "oe", "objective", "norm", "gamma", "normal_class", "normal_name"),
    *("oe_size", "oe_classes", "blur", "augment", "recipe", "seed", "status"),
    *METRICS,
    *("n_test", "train_seconds", "device", "path"),
)
TEXT = ("dataset", "oe", "objective", "norm", "normal_name", "recipe", "status", "device", "path")
INTEGERS = ("normal_class", "oe_size", "oe_classes", "seed", "n_test")


def collect(paths: Iterable[Path]) -> pd.DataFrame:
    """A row per scores file; every column of `COLUMNS`, empty where it does not apply."""
    rows = []
    for path in paths:
        attributes = scores.read_attributes(path)
        attributes["path"] = path.as_posix()
        lacking = [column for column in COLUMNS if column not in attributes]
        if lacking:
            raise ValueError(f"{path} lacks {', '.join(lacking)}; delete it to make the run again")
        rows.append([attributes[column] for column in COLUMNS])
    return typed(pd.DataFrame(rows, columns=list(COLUMNS)).replace("", None))


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """Integer columns as nullable integers, text as text, so that "" and 3.0 do not appear."""
    kinds = dict.fromkeys(INTEGERS, "Int64") | {"blur": "float64", "gamma": "float64"}
    return table.astype(kinds | dict.fromkeys(METRICS, "float64"))


def read(path: Path) -> pd.DataFrame:
    """A runs table from CSV. Raises ValueError if columns are missing."""
    try:
        # Only "" is missing: an OE set or a class may be called "NA" or "none".
        table = pd.read_csv(
            path, keep_default_na=False, na_values=[""], dtype=dict.fromkeys(TEXT, "object")
        )
    except pd.errors.EmptyDataError:
        raise ValueError(f"{path} is empty; delete it to remake it") from None
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a table of runs: {error}") from None
    lacking = [column for column in COLUMNS if column not in table.columns]
    if lacking:
        raise ValueError(f"{path} is not a table of runs: it has no column {', '.join(lacking)}")
    try:
        return typed(table)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a table of runs: {error}") from None


def merge(paths: Iterable[Path]) -> pd.DataFrame:
    """The distinct rows of several runs tables; studies share runs."""
    return pd.concat([read(path) for path in paths]).drop_duplicates("path", ignore_index=True)


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table of runs as CSV."""
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def members(groups: Iterable[dict[str, Any]], folder: Path) -> list[Path]:
    """The scores files that a study's groups name, the inverse of `Plan.groups`."""
    return [
        folder / group["condition"] / f"normal_class={normal_class}/seed={seed}/scores.h5"
        for group in groups
        for normal_class in group["normal_classes"]
        for seed in group["seeds"]
    ]
