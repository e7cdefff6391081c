"""What tables and figures share: what is drawn, how it is named and what it rests on."""

from typing import Any

import numpy as np
import pandas as pd

from oead.baselines import BASELINES
from oead.published import Published
from oead.scores import COLLAPSED, DIVERGED, OK
from oead.strict import Strict
from oead.words import amount


class Spec(Strict):
    """What a table or figure of a study needs beside its runs."""

    name: str
    title: str
    swept: tuple[str, ...] = ()  # columns of the runs table that vary by design
    objectives: tuple[str, ...] = ()  # in the study's order
    rows: str | None = None
    curve: str | None = None
    expected: int  # runs in the study
    classes: int = 0  # normal classes in the study
    epochs: tuple[int, ...]
    dropped: tuple[str, ...] = ()  # swept values left out, as sentences
    published: tuple[Published, ...] = ()  # to stand beside the table's numbers


def shown(value: Any) -> str:
    """A value of a column as a reader sees it; "" where it does not apply.

    >>> shown(16.0), shown(0.5), shown(None), shown(True)
    ('16', '0.5', '', 'on')
    """
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, bool | np.bool_):
        return "on" if value else "off"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


OE_KEYS = ("oe", "oe_size", "oe_classes", "blur")
RECIPE_KEYS = ("recipe", "augment")


def values_of(runs: pd.DataFrame, key: str) -> pd.Series:
    """A column, missing where it does not apply: a run without OE has no blur of OE images."""
    if key in OE_KEYS:
        return runs[key].where(runs["oe"].notna())
    if key in RECIPE_KEYS:
        return runs[key].where(~runs["objective"].isin([*BASELINES]))
    return runs[key]


def label_of(runs: pd.DataFrame, key: str) -> pd.Series:
    """A column as text for rows, in the order of its values; normal classes by name."""
    if key == "normal_class":
        return runs["normal_name"].astype(str)
    return values_of(runs, key).map(shown).astype(str)


def named(key: str, text: str) -> str:
    """A value with the name of its key; an objective speaks for itself."""
    return text if not text or key == "objective" else f"{key.replace('_', ' ')} {text}"


def labels_of(runs: pd.DataFrame, keys: list[str]) -> pd.Series:
    """A label for each run from several columns, leaving out what does not apply.

    The objective stands by its name alone, other keys with theirs: "hsc, norm l1".
    """
    parts = [[named(key, shown(value)) for value in values_of(runs, key)] for key in keys]
    return pd.Series(
        [", ".join(filter(None, row)) for row in zip(*parts, strict=True)], index=runs.index
    )


def with_common_classes(runs: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    """The runs of the normal classes that every method and swept value has finished runs of.

    In a half-finished grid, means over classes are comparable only so.
    """
    cells = labels_of(runs, ["objective", *spec.swept])
    found = [set(group) for _, group in runs["normal_class"].groupby(cells)]
    return runs[runs["normal_class"].isin(set.intersection(*found) if found else set())]


def notes(runs: pd.DataFrame, spec: Spec, what: str, error: str = "") -> str:
    """What the numbers rest on: data, OE source, seeds, epochs, and how many of the runs exist.

    error: how their error is shown, which a single seed does not have.
    """
    status = runs["status"].value_counts()
    oe = sorted(runs["oe"].dropna().unique())
    classes, seeds = runs["normal_class"].nunique(), runs["seed"].nunique()
    epochs = ", " + " or ".join(map(str, spec.epochs)) + " epochs" if spec.epochs else ""
    sentences = [
        f"{what}{error if seeds > 1 else ''}. "
        f"Normal and test images: {', '.join(sorted(runs['dataset'].unique()))}; "
        f"OE images: {', '.join(oe) or 'none'}. {amount(classes, 'normal class')}, "
        f"{amount(seeds, 'seed')}{epochs}. "
        f"{int(status.get(OK, 0))} of {spec.expected} runs are shown",
    ]
    for bad in (COLLAPSED, DIVERGED):
        if status.get(bad, 0):
            sentences.append(f"{status[bad]} {bad} and are left out")
    if spec.expected > len(runs):
        missing = spec.expected - len(runs)
        sentences.append(f"{missing} {'is' if missing == 1 else 'are'} not finished")
    text = "; ".join(sentences) + "."
    common = with_common_classes(runs, spec)["normal_class"].nunique()
    if common < spec.classes:
        text += (
            f" Means are over the {common} of {amount(spec.classes, 'normal class')} of which all "
            "methods have a finished run."
        )
    if spec.dropped:
        text += " Left out as beyond the pool: " + "; ".join(spec.dropped) + "."
    return text
