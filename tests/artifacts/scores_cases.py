"""Scores files of the tests: one for all runs of a condition."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from oebench.artifacts import scores
from oebench.evaluation.collect import row_of, table_of
from oebench.run import Run


def file_of(folder: Path, run: Run) -> Path:
    """Where the scores of a run lie; `folder` is that of the results."""
    return folder / "runs" / run.condition / "all.h5"


def by_file(folder: Path, runs: Iterable[Run]) -> dict[Path, list[str]]:
    """The runs of each scores file."""
    found: dict[Path, list[str]] = {}
    for run in runs:
        found.setdefault(file_of(folder, run), []).append(run.member)
    return found


def attributes_of(folder: Path, run: Run) -> dict[str, Any]:
    return scores.read(file_of(folder, run), run.member)[0]


def collected(runs: Iterable[tuple[Path, str]]) -> pd.DataFrame:
    """The table of these runs, each by its scores file and its member."""
    rows = (
        row_of(path, member, *scores.read(path, member, "score", "label")) for path, member in runs
    )
    return table_of(rows)


def arrays_of(folder: Path, run: Run) -> dict[str, np.ndarray]:
    with scores.opened(file_of(folder, run)) as file:
        return {name: values[:] for name, values in file[run.member].items()}
