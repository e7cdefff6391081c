"""The table of runs, runs.csv: a row per run."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from oebench.files import atomic
from oebench.registry import LEAKS, METRICS
from oebench.run import KEYS
from oebench.validation import UserError
from oebench.wording import listed, printed

NAMED = {"normal_class": ["normal_name"]}  # a class stands with its name
KINDS = {str: "object", int: "Int64", float: "float64"}  # of columns, missing values among them
NUMBERS = (KINDS[int], KINDS[float])


def columns() -> dict[str, str]:
    """The columns in their order, each with its kind; "bool" where no value is missing."""
    keys: dict[str, str] = {}
    for name, key in KEYS.items():
        keys[name] = KINDS.get(key.kind, "bool")
        keys |= dict.fromkeys(NAMED.get(name, []), KINDS[str])
    return {
        **keys,
        "status": KINDS[str],
        **dict.fromkeys(METRICS, KINDS[float]),
        "anomaly_share": KINDS[float],  # of the test images: the average precision of chance
        "n_test": KINDS[int],
        **dict.fromkeys(LEAKS, KINDS[int]),
        "train_seconds": KINDS[float],
        "device": KINDS[str],
        "arithmetic": KINDS[str],
        "versions": KINDS[str],
        "code": KINDS[str],
        "path": KINDS[str],
        "group": KINDS[str],
    }


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """Integer columns as nullable integers, text as text, so that "" and 3.0 do not appear."""
    kinds = {name: kind for name, kind in columns().items() if kind in NUMBERS}
    return table.astype(kinds)


def read(path: Path) -> pd.DataFrame:
    """A runs table from CSV. Raises UserError if columns are missing."""
    try:
        # Only "" is missing: an OE set or a class may be called "NA" or "none".
        table = pd.read_csv(
            path,
            keep_default_na=False,
            na_values=[""],
            dtype={name: kind for name, kind in columns().items() if kind == KINDS[str]},
        )
    except FileNotFoundError:
        raise UserError(f"there is no table of runs {path}; `snakemake {path}` makes it") from None
    except pd.errors.EmptyDataError:
        raise UserError(f"{path} is empty; delete it to remake it") from None
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not a table of runs: {printed(str(error))}") from None
    lacking = [column for column in columns() if column not in table.columns]
    if lacking:
        raise UserError(f"{path} is not a table of runs: it has no column {listed(lacking)}")
    try:
        return typed(table)
    except (TypeError, ValueError, OverflowError) as error:
        raise UserError(f"{path} is not a table of runs: {printed(str(error))}") from None


def merge(paths: Iterable[Path]) -> pd.DataFrame:
    """The distinct rows of several files of runs."""
    return distinct(read(path) for path in paths)


def distinct(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The distinct rows of several tables of runs; studies share runs."""
    return pd.concat(tables).drop_duplicates(["path", "group"], ignore_index=True)


def names(table: pd.DataFrame) -> pd.Series:
    """The path of each row's run, which names it: its condition and its group in the file."""
    condition = table["path"].str.extract("((?:^|(?<=/))dataset=.*)/", expand=False)
    return condition.str.cat(table["group"], sep="/")


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table of runs as CSV."""
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
