"""Runs of two classes with two seeds each, of which the tables can be worked out by hand."""

from typing import Any

import pandas as pd

from oebench.artifacts.manifest import StudyManifest
from oebench.artifacts.runs import columns, typed

SPEC = StudyManifest(name="s", title="Pets", rows="normal_class", expected=4, epochs=(50,))


def run(normal_class: int, seed: int, auroc: float, **changes: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(columns()),
        "dataset": "pets",
        "oe": "things",
        "objective": "hsc",
        "normal_class": normal_class,
        "normal_name": ["cat", "dog", "cow"][normal_class],
        "oe_size": 16,
        "blur": 0.0,
        "augment": False,
        "recipe": "quick",
        "seed": seed,
        "status": "ok",
        "auroc": auroc,
        **changes,
    }


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    return typed(pd.DataFrame(rows, columns=list(columns())))


# Two classes, two seeds.
#          seed 1  seed 2   mean  standard error: deviation (n - 1) / sqrt(2)
# cat        80      90     85.0  sqrt(50) / sqrt(2) = 5.0
# dog        60      64     62.0  sqrt(8) / sqrt(2) = 2.0
# mean       70      77     73.5  sqrt(24.5) / sqrt(2) = 3.5; over the two classes it would be 11.5
PETS = (run(0, 1, 0.80), run(0, 2, 0.90), run(1, 1, 0.60), run(1, 2, 0.64))
