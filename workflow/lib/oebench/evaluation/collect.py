"""From scores to numbers: a row for runs.csv from each scores file."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from oebench.artifacts import scores
from oebench.artifacts.manifest import StudyManifest
from oebench.artifacts.runs import columns, typed
from oebench.evaluation.metrics import evaluate, spread
from oebench.registry import COLLAPSED, DIVERGED, METHODS, METRICS, OK
from oebench.validation import UserError


def collect(paths: Iterable[Path]) -> pd.DataFrame:
    """A row per scores file; every column of `runs.columns`, empty where it does not apply."""
    rows = []
    for path in paths:
        row = numbers_of(path)
        lacking = [column for column in columns() if column not in row]
        if lacking:
            raise UserError(f"{path} lacks {', '.join(lacking)}; delete it to make the run again")
        rows.append([row[column] for column in columns()])
    return typed(pd.DataFrame(rows, columns=list(columns())).replace("", None))


def numbers_of(path: Path) -> dict[str, Any]:
    """The attributes of a scores file, its metrics and its status by its scores."""
    attributes, arrays = scores.read(path, "score", "label")
    row: dict[str, Any] = {**attributes, **dict.fromkeys(METRICS), "path": path.as_posix()}
    if row["status"] == DIVERGED:
        return row
    try:
        row |= evaluate(arrays["score"], arrays["label"])
    except UserError as error:
        raise UserError(f"{path}: {error}; delete it to make the run again") from None
    row["status"] = status_of(row, arrays["score"])
    return row


def status_of(attributes: dict[str, Any], score: np.ndarray) -> str:
    """ok, or collapsed where the scores (N,) of a run are nearly the same for every image."""
    collapsed_below = METHODS[attributes["objective"]].collapsed_below
    return COLLAPSED if spread(score) < collapsed_below else OK


def scores_files(study: StudyManifest, folder: Path) -> list[Path]:
    """The scores files of a study; `folder` is that of all runs."""
    return [folder / path / "scores.h5" for path in study.paths()]
