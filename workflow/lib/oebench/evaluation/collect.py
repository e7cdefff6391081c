"""From scores to numbers: a row for runs.csv from each run of the scores files."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from oebench.artifacts import identity, record, scores
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
    damaged: dict[str, str]  # by their path those that cannot be used, and why
    recorded: record.Runs  # what is recorded of those in the table


def collect(study: StudyManifest, folder: Path, caches: Path) -> Collected:
    """The runs of a study from their scores files, each compared with what the study asks for.

    A run is not current where recipe, code or images are others. folder: that of all runs; caches:
    that of the caches.
    """
    rows: list[dict[str, Any]] = []
    missing: list[str] = []
    outdated: dict[str, str] = {}
    damaged: dict[str, str] = {}
    used: list[dict[str, Any]] = []
    for group in study.groups:
        path = folder / group.file
        planned = {"recipe": study.recipes.get(group.recipe, {}), "code": group.code}
        found = read(path, group.members())
        for member in group.members():
            name = f"{group.condition}/{member}"
            there = found.get(member)
            if there is None:
                missing.append(name)
            elif isinstance(there, UserError):
                damaged[name] = str(there)
            elif wrong := differences(there[0], planned, caches):
                outdated[name] = "; ".join(wrong)
            else:
                try:
                    rows.append(row_of(path, member, *there))
                    used.append(there[0])
                except UserError as error:
                    damaged[name] = str(error)
    return Collected(table_of(rows), missing, outdated, damaged, record.of_attributes(used))


def read(path: Path, members: Iterable[str]) -> dict[str, scores.Content | UserError]:
    """The runs of a scores file that it has, or what is wrong with each."""
    if not path.exists():
        return {}
    members = list(members)
    try:
        return dict(scores.read_all(path, members, "score", "label"))
    except UserError as error:  # with the whole file
        return dict.fromkeys(members, error)


def differences(attributes: dict[str, Any], planned: identity.Facts, caches: Path) -> list[str]:
    """What of a run is not as planned, in words."""
    images = scores.images_of(attributes)
    found = {
        "recipe": json.loads(attributes.get("recipe_resolved") or "{}"),
        "code": attributes.get("code"),
        "images": images,
    }
    names = [str(attributes[key]) for key in ("dataset", "oe") if attributes.get(key)]
    if len(images) != len(names):
        return ["made of images of which it has no checksums"]
    now = identity.current_images(caches, images)
    return identity.differences(found, {**planned, "images": now})


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
    share = {"anomaly_share": float(arrays["label"].mean())}
    row: dict[str, Any] = {**attributes, **dict.fromkeys(METRICS), **share, **place}
    if row.get("status") != DIVERGED:
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
    if found.damaged:
        first = next(iter(found.damaged.values()))
        raise UserError(
            f"{len(found.damaged)} of {study.expected} runs of {study.name} cannot be used; the "
            f"first: {first}"
        )
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
