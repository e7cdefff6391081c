"""From scores to numbers: a row for runs.csv from each run of the scores files."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from oebench.artifacts import identity, scores
from oebench.artifacts.manifest import StudyManifest
from oebench.artifacts.runs import columns, typed
from oebench.evaluation.metrics import evaluate, spread
from oebench.registry import COLLAPSED, DIVERGED, METHODS, METRICS, OK
from oebench.validation import UserError


class Collected(NamedTuple):
    """What there is of a study."""

    runs: pd.DataFrame  # the table of those that are what it asks for
    missing: list[str]  # the paths of those that are not there
    outdated: dict[str, str]  # by their path those that were made otherwise, and how, in words


def collect(study: StudyManifest, folder: Path, caches: Path) -> Collected:
    """The runs of a study from their scores files, each compared with what the study asks for.

    A run is not current where recipe, code or images are others. folder: that of all runs; caches:
    that of the caches.
    """
    rows: list[dict[str, Any]] = []
    missing: list[str] = []
    outdated: dict[str, str] = {}
    for group in study.groups:
        path = folder / group.file
        planned = {"recipe": study.recipes.get(group.recipe, {}), "code": group.code}
        found = scores.read_all(path, group.members(), "score", "label") if path.exists() else {}
        for member in group.members():
            name = f"{group.condition}/{member}"
            if member not in found:
                missing.append(name)
                continue
            attributes, arrays = found[member]
            if wrong := differences(attributes, planned, caches):
                outdated[name] = "; ".join(wrong)
            else:
                rows.append(row_of(path, member, attributes, arrays))
    return Collected(table_of(rows), missing, outdated)


def differences(attributes: dict[str, Any], planned: identity.Facts, caches: Path) -> list[str]:
    """What of a run is not as planned, in words."""
    recipe = json.loads(attributes.get("recipe_resolved") or "{}")
    found = {"recipe": recipe, "code": attributes.get("code")}
    return identity.differences(found, planned) + other_images(attributes, caches)


def other_images(attributes: dict[str, Any], caches: Path) -> list[str]:
    """Which data sets hold other images than a run was made of, in words."""
    names = [str(attributes[key]) for key in ("dataset", "oe") if attributes.get(key)]
    checksums = attributes.get("checksums", ())
    if len(checksums) != len(names):
        return ["made of images of which it has no checksums"]
    told = []
    for name, checksum in zip(names, checksums, strict=True):
        drawn = caches / name / f"seed={attributes['seed']}.sha256"
        file = drawn if drawn.exists() else caches / f"{name}.sha256"
        if file.exists() and checksum not in file.read_text(encoding="utf-8").split():
            told.append(f"made of other images of {name} than {file} says")
    return told


def table_of(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """The table of runs; what does not apply is empty."""
    values = [[row[column] for column in columns()] for row in rows]
    return typed(pd.DataFrame(values, columns=list(columns())).replace("", None))


def row_of(
    path: Path, member: str, attributes: dict[str, Any], arrays: dict[str, np.ndarray]
) -> dict[str, Any]:
    """The row of a run: its attributes, its metrics and its status by its scores.

    Raises UserError where the run lacks a column, or no metric is defined of its scores.
    """
    place = {"path": path.as_posix(), "group": member}
    row: dict[str, Any] = {**attributes, **dict.fromkeys(METRICS), **place}
    if row["status"] != DIVERGED:
        try:
            row |= evaluate(arrays["score"], arrays["label"])
        except UserError as error:
            raise UserError(f"{path}, {member}: {error}; delete it to make the run again") from None
        row["status"] = status_of(row, arrays["score"])
    lacking = [column for column in columns() if column not in row]
    if lacking:
        raise UserError(
            f"{path} lacks {', '.join(lacking)} of {member}; delete it to make the run again"
        )
    return row


def status_of(attributes: dict[str, Any], score: np.ndarray) -> str:
    """ok, or collapsed where the scores (N,) of a run are nearly the same for every image."""
    collapsed_below = METHODS[attributes["objective"]].collapsed_below
    return COLLAPSED if spread(score) < collapsed_below else OK


def check_complete(study: StudyManifest, found: Collected) -> None:
    """Raises UserError where a run of a study is missing, or is not what the study asks for."""
    if found.missing:
        raise UserError(
            f"{len(found.missing)} of {study.expected} runs of {study.name} are not there; the "
            f"first is {found.missing[0]}. `snakemake {study.name}` makes them"
        )
    if found.outdated:
        name, wrong = next(iter(found.outdated.items()))
        raise UserError(
            f"{len(found.outdated)} of {study.expected} runs of {study.name} are not what is asked "
            f"for; the first, {name}, was {wrong}. `snakemake {study.name}` makes them again"
        )
