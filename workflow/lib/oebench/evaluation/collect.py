"""From scores to numbers: a row for runs.csv from each run of the scores files."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from oebench.artifacts import identity, scores
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


def not_as_planned(study: StudyManifest, folder: Path, caches: Path) -> dict[tuple[str, str], str]:
    """What is wrong with the runs of a study that are there, by file and group, in words.

    They are not current where recipe, code or images are others than the study asks for. folder:
    that of all runs; caches: that of the caches.
    """
    told: dict[tuple[str, str], str] = {}
    for group in study.groups:
        path = folder / group.file
        planned = {"recipe": study.recipes.get(group.recipe, {}), "code": group.code}
        held = set(scores.members(path)) if path.exists() else set()
        for member in held & set(group.members()):
            attributes, _ = scores.read(path, member)
            recipe = json.loads(attributes.get("recipe_resolved") or "{}")
            found = {"recipe": recipe, "code": attributes.get("code")}
            wrong = identity.differences(found, planned)
            wrong += other_images(attributes, caches)
            if wrong:
                told[group.file, member] = "; ".join(wrong)
    return told


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


def check_as_planned(study: StudyManifest, folder: Path, caches: Path) -> None:
    """Raises UserError where a run of a study is not what the study asks for."""
    told = not_as_planned(study, folder, caches)
    if told:
        (file, member), wrong = next(iter(told.items()))
        raise UserError(
            f"{len(told)} of {study.expected} runs of {study.name} are not what is asked for; the "
            f"first, {member} in {folder / file}, was {wrong}. The next call of snakemake makes "
            "them again"
        )


def runs_of(study: StudyManifest, folder: Path) -> list[tuple[Path, str]]:
    """The scores file and the group of each run of a study; `folder` is that of all runs."""
    return [(folder / file, member) for file, member in study.runs()]


def finished(study: StudyManifest, folder: Path) -> list[tuple[Path, str]]:
    """The same of those that are there."""
    every = runs_of(study, folder)
    held = {path: scores.members(path) if path.exists() else [] for path, _ in every}
    return [(path, member) for path, member in every if member in held[path]]
