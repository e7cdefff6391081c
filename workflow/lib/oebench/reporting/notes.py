"""What stands below every table and figure: what its numbers rest on."""

import pandas as pd

from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.aggregate import with_common_classes
from oebench.registry import COLLAPSED, DIVERGED, OK
from oebench.wording import alternatives, amount


def notes(runs: pd.DataFrame, study: StudyManifest, what: str, error: str = "") -> str:
    """What the numbers rest on: data, OE source, seeds, epochs, and how many of the runs exist.

    error: how their error is shown, which a single seed does not have.
    """
    status = runs["status"].value_counts()
    oe = sorted(runs["oe"].dropna().unique())
    classes, seeds = runs["normal_class"].nunique(), runs["seed"].nunique()
    epochs = f", {alternatives(study.epochs, 'epoch')}" if study.epochs else ""
    sentences = [
        f"{what}{error if seeds > 1 else ''}. "
        f"Normal and test images: {', '.join(sorted(runs['dataset'].unique()))}; "
        f"OE images: {', '.join(oe) or 'none'}. {amount(classes, 'normal class')}, "
        f"{amount(seeds, 'seed')}{epochs}. "
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
    used = sorted(runs["arithmetic"].dropna().unique())
    if len(used) > 1:
        text += f" Runs were trained in {' and '.join(used)}, by different machines."
    if study.dropped:
        text += " Left out as beyond the pool: " + "; ".join(study.dropped) + "."
    return text
