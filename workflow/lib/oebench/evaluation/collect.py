"""From scores to numbers: a row for runs.csv from each run of the scores files."""

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


def collect(runs: Iterable[tuple[Path, str]]) -> pd.DataFrame:
    """A row per run; every column of `runs.columns`, empty where it does not apply.

    runs: the scores file and the group of each.
    """
    rows = []
    for path, member in runs:
        row = numbers_of(path, member)
        lacking = [column for column in columns() if column not in row]
        if lacking:
            raise UserError(
                f"{path} lacks {', '.join(lacking)} of {member}; delete it to make the run again"
            )
        rows.append([row[column] for column in columns()])
    return typed(pd.DataFrame(rows, columns=list(columns())).replace("", None))


def numbers_of(path: Path, member: str) -> dict[str, Any]:
    """The attributes of a run, its metrics and its status by its scores."""
    attributes, arrays = scores.read(path, member, "score", "label")
    place = {"path": path.as_posix(), "group": member}
    row: dict[str, Any] = {**attributes, **dict.fromkeys(METRICS), **place}
    if row["status"] == DIVERGED:
        return row
    try:
        row |= evaluate(arrays["score"], arrays["label"])
    except UserError as error:
        raise UserError(f"{path}, {member}: {error}; delete it to make the run again") from None
    row["status"] = status_of(row, arrays["score"])
    return row


def status_of(attributes: dict[str, Any], score: np.ndarray) -> str:
    """ok, or collapsed where the scores (N,) of a run are nearly the same for every image."""
    collapsed_below = METHODS[attributes["objective"]].collapsed_below
    return COLLAPSED if spread(score) < collapsed_below else OK


def runs_of(study: StudyManifest, folder: Path) -> list[tuple[Path, str]]:
    """The scores file and the group of each run of a study; `folder` is that of all runs."""
    return [(folder / file, member) for file, member in study.runs()]


def finished(study: StudyManifest, folder: Path) -> list[tuple[Path, str]]:
    """The same of those that are there."""
    held = {
        path: scores.members(path) if path.exists() else [] for path, _ in runs_of(study, folder)
    }
    return [(path, member) for path, member in runs_of(study, folder) if member in held[path]]
