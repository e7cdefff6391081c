"""Runs of cats and dogs by seed, their curve worked out by hand, and how it is drawn."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.figure import Figure
from table_cases import run

from oebench.artifacts.manifest import StudyManifest
from oebench.artifacts.runs import columns, typed
from oebench.reporting.curve import (
    curve_data,
    draw_curve,
)

SPEC = StudyManifest(
    name="s", title="t", swept=("oe_size",), curve="oe_size", expected=4, epochs=(50,)
)


def runs_of(auroc: dict[tuple[int, int], float], **changes: Any) -> list[dict[str, Any]]:
    """Runs by (normal class, seed)."""
    return [
        run(normal_class, seed, value, **({"normal_name": str(normal_class)} | changes))
        for (normal_class, seed), value in auroc.items()
    ]


def table(*runs: list[dict[str, Any]]) -> pd.DataFrame:
    return typed(pd.DataFrame([row for rows in runs for row in rows], columns=list(columns())))


# Class means of seed 1 and 2: (80 + 60) / 2 = 70 and (90 + 64) / 2 = 77. Their mean is 73.5, the
# standard error sqrt(24.5) / sqrt(2) = 3.5.
PETS = {(0, 1): 0.80, (0, 2): 0.90, (1, 1): 0.60, (1, 2): 0.64}
BETTER = {(0, 1): 0.90, (0, 2): 0.90, (1, 1): 0.94, (1, 2): 0.98}  # 92 and 94: 93, 1
BASELINE = {"objective": "dsvdd", "oe": None, "oe_size": None}


@pytest.fixture
def axes() -> Iterator[Any]:
    """The axes of a drawn curve; figures are closed afterwards."""

    def draw(runs: pd.DataFrame, spec: StudyManifest = SPEC) -> Any:
        figure = draw_curve(curve_data(runs, spec), spec, "4 of 4 runs")
        assert isinstance(figure, Figure)
        figure.canvas.draw()
        return figure.axes[0]

    yield draw
    plt.close("all")


def lines(axes: Any) -> dict[str, Any]:
    return {line.get_label(): line for line in axes.get_lines()}


NORMS = ("l1", "l2", "l2_squared", "pseudo_huber")
SWEPT = SPEC.model_copy(update={"swept": ("oe_size", "norm", "augment")})


def marker(line: Any) -> str:
    return str(line.get_marker())


def text_of(svg: Path) -> str:
    """All that is written in a figure, its lines joined."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", svg.read_text(encoding="utf-8")))
