"""What stands below every table and figure: what its numbers rest on."""

import pandas as pd

from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.aggregate import with_common_classes
from oebench.registry import COLLAPSED, DIVERGED, LEAKS, OK
from oebench.wording import amount, trained_for

TORCH = r"\btorch ([^ ,]+)"


def notes(runs: pd.DataFrame, study: StudyManifest, what: str, error: str = "") -> str:
    """What the numbers rest on: data, OE source, seeds, epochs, and how many of the runs exist.

    error: how their error is shown, which a single seed does not have.
    """
    status = runs["status"].value_counts()
    oe = sorted(runs["oe"].dropna().unique())
    classes, seeds = runs["normal_class"].nunique(), runs["seed"].nunique()
    length = trained_for(study.epochs, study.steps)
    sentences = [
        f"{what}{error if seeds > 1 else ''}. "
        f"Normal and test images: {', '.join(sorted(runs['dataset'].unique()))}; "
        f"OE images: {', '.join(oe) or 'none'}. {amount(classes, 'normal class')}, "
        f"{amount(seeds, 'seed')}{length and f', {length}'}. "
        f"{int(status.get(OK, 0))} of {study.expected} runs are shown",
    ]
    for bad in (COLLAPSED, DIVERGED):
        if status.get(bad, 0):
            sentences.append(f"{status[bad]} {bad} and are left out")
    if study.expected > len(runs):
        missing = study.expected - len(runs)
        sentences.append(f"{missing} {'is' if missing == 1 else 'are'} not finished")
    text = "; ".join(sentences) + "."
    common = with_common_classes(runs, study)["normal_class"].nunique()
    if common < study.classes:
        text += (
            f" Means are over the {common} of {amount(study.classes, 'normal class')} of which all "
            "methods have a finished run."
        )
    text += "".join(f" {told}." for told in [*mixtures(runs), *leaks(runs)])
    text += "".join(f" {told}." for told in study.made_by)
    if study.dropped:
        text += " Left out as beyond the pool: " + "; ".join(study.dropped) + "."
    return text


def mixtures(runs: pd.DataFrame) -> list[str]:
    """In what the making of the runs differs though it is not what they are compared by."""
    told = []
    arithmetic = sorted(runs["arithmetic"].dropna().unique())
    if len(arithmetic) > 1:
        told.append(f"Runs were trained in {' and '.join(arithmetic)}, by different machines")
    torch = sorted(runs["versions"].str.extract(TORCH, expand=False).dropna().unique())
    if len(torch) > 1:
        told.append(f"Runs were trained with torch {' and '.join(torch)}")
    # One method on one network is one code; a recipe has one network.
    method = ["objective", "norm", "dataset", "recipe"]
    alike = runs.fillna({"norm": ""}).groupby(method)["code"].nunique()
    if (alike > 1).any():
        told.append("Runs of one method were made by different code")
    return told


def leaks(runs: pd.DataFrame) -> list[str]:
    """What of the runs' training is also what they are tested on."""
    told = []
    for column, what in LEAKS.items():
        found = runs.loc[runs[column].fillna(0) > 0, column]
        if len(found):
            where, most = amount(len(found), "run"), int(found.max())
            are = "is a test image" if most == 1 else "are test images"
            told.append(f"In {where} up to {amount(most, what)} {are}, too")
    return told
