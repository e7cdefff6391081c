"""Curves: mean AUROC over normal classes against a swept key, with a band of one standard error."""

import textwrap
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

matplotlib.use("agg")
import matplotlib.pyplot as plt

from oead.files import atomic
from oead.objectives import OBJECTIVES
from oead.scores import OK
from oead.summary import Spec, labels_of, notes, shown, values_of
from oead.tables import mean_over_seeds

# Okabe and Ito's palette, distinguishable with every colour blindness; markers and dashes carry
# the same distinction in a black-and-white print.
STYLES: dict[str, dict[str, Any]] = {
    name: {"color": color, "marker": marker, "linestyle": line}
    for name, color, marker, line in zip(
        OBJECTIVES,
        ("#0072B2", "#009E73", "#D55E00", "#CC79A7", "#555555"),
        ("o", "^", "s", "D", "v"),
        ("-", "-.", "--", ":", (0, (1, 1))),
        strict=True,
    )
}
AXES = {
    "oe_size": "number of OE images",
    "oe_classes": "number of OE classes",
    "blur": "standard deviation of the OE blur [pixels]",
    "gamma": "focusing parameter gamma",
}
LOG2 = ("oe_size", "oe_classes")
PRINT: dict[Any, Any] = {
    "font.family": "serif",
    "font.serif": ["STIXGeneral"],
    "mathtext.fontset": "stix",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "oead",  # the same runs give the same bytes
    "pdf.fonttype": 42,
}


def curve_data(runs: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    """A row per line and point: label, objective, x, mean, standard error (per cent), runs.

    A baseline without OE has no value on an OE axis: x is missing, its line is level.
    """
    assert spec.curve is not None
    key = spec.curve
    lines = labels_of(runs, ["objective", *(each for each in spec.swept if each != key)])
    rows = []
    for (label, x), group in runs.groupby([lines, values_of(runs, key)], sort=False, dropna=False):
        cell = mean_over_seeds(group[group["status"] == OK], group)
        objective = group["objective"].iloc[0]
        rows.append((label, objective, x, cell.mean, cell.error, cell.runs))
    columns = ["line", "objective", key, "auroc", "standard_error", "runs"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["line", key], ignore_index=True, kind="stable"
    )


def draw_curve(data: pd.DataFrame, spec: Spec, below: str) -> Figure:
    """The figure of `curve_data`; `below` says what the numbers rest on."""
    assert spec.curve is not None
    figure, axes = plt.subplots(figsize=(5.5, 3.6), layout="constrained")
    numbers = pd.to_numeric(data[spec.curve], errors="coerce").astype(float)
    order = {name: index for index, name in enumerate(OBJECTIVES)}
    names = sorted(data["line"].unique(), key=lambda name: order[name.split(",")[0]])
    for index, name in enumerate(names):
        chosen = data["line"] == name
        line = data[chosen]
        style = dict(STYLES[line["objective"].iloc[0]])
        if len(names) > len(set(data["objective"])):  # several lines of one objective
            style["color"] = plt.get_cmap("cividis")(index / len(names))
        x = numbers[chosen].to_numpy()
        y, error = line["auroc"].to_numpy(), line["standard_error"].fillna(0).to_numpy()
        if np.isnan(x).all():
            axes.axhline(y[0], label=f"{name} (no OE)", color=style["color"], ls=style["linestyle"])
            axes.axhspan(y[0] - error[0], y[0] + error[0], color=style["color"], alpha=0.15, lw=0)
            continue
        axes.plot(x, y, label=name, markersize=4.5, **style)
        axes.fill_between(x, y - error, y + error, color=style["color"], alpha=0.2, lw=0)
    ticks = sorted(numbers.dropna().unique())
    if spec.curve in LOG2:
        axes.set_xscale("log", base=2)
        axes.set_xticks(ticks, [shown(tick) for tick in ticks])
    else:
        axes.set_xticks(ticks)
    axes.set_xlabel(AXES.get(spec.curve, spec.curve.replace("_", " ")))
    axes.set_ylabel("mean AUROC [%]")
    axes.legend(loc="best")
    small = {"fontsize": 6.5, "color": "#555555", "x": 0.01, "ha": "left"}
    figure.supxlabel("\n".join(textwrap.wrap(below, 125)), **small)
    return figure


def write_curve(runs: pd.DataFrame, spec: Spec, base: Path) -> list[Path]:
    """Write BASE.csv, .pdf, .svg and .png; returns their paths."""
    data = curve_data(runs, spec)
    paths = [base.parent / (base.name + suffix) for suffix in (".csv", ".pdf", ".svg", ".png")]
    with atomic(paths[0]) as temporary:
        data.to_csv(temporary, index=False, float_format="%.4f", lineterminator="\n")
    with plt.rc_context(PRINT):
        band = "Mean AUROC over normal classes, band: one standard error over seeds"
        figure = draw_curve(data, spec, notes(runs, spec, band))
        for path in paths[1:]:
            undated = {"Date": None} if path.suffix == ".svg" else {"CreationDate": None}
            with atomic(path) as temporary:
                metadata = undated if path.suffix != ".png" else None
                figure.savefig(temporary, dpi=200, metadata=metadata)
        plt.close(figure)
    return paths
