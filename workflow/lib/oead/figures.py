"""Curves: mean AUROC over normal classes against a swept key, with a band of one standard error."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from oead.methods import METHODS
from oead.plotting import PRINT, caption, save
from oead.scores import OK
from oead.summary import Spec, labels_of, notes, shown, values_of, with_common_classes
from oead.tables import mean_over_seeds

# Okabe and Ito's palette, distinguishable with every colour blindness; markers and dashes carry
# the same distinction in a black-and-white print.
STYLES: dict[str, dict[str, Any]] = {
    name: {"color": color, "marker": marker, "linestyle": line}
    for name, color, marker, line in zip(
        METHODS,
        (
            *("#0072B2", "#009E73", "#D55E00", "#CC79A7", "#555555"),
            *("#E69F00", "#56B4E9", "#8A6D00"),
        ),
        ("o", "^", "s", "D", "v", "P", "X", "*"),
        ("-", "-.", "--", ":", (0, (1, 1)), (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 3))),
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
BAND = ", band: one standard error over seeds"
MOST_TICKS = 10  # that are written out; of more, every second, as a power of two


def curve_data(runs: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    """A row per line and point: label, objective, x, mean, standard error (per cent), runs.

    A baseline without OE has no value on an OE axis: x is missing, its line is level.
    """
    assert spec.curve is not None
    key = spec.curve
    runs = with_common_classes(runs, spec)
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
    order = {name: index for index, name in enumerate(METHODS)}
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
        axes.set_xticks(ticks, tick_labels(ticks))
        axes.minorticks_off()
    elif spec.curve == "blur" and max(ticks, default=0) > 1:
        axes.set_xscale("symlog", base=2, linthresh=1)  # from 0, the unblurred images, to 1 in line
        axes.set_xticks(ticks, [shown(tick) for tick in ticks])
        axes.minorticks_off()
    else:
        axes.set_xticks(ticks)
    axes.set_xlabel(AXES.get(spec.curve, spec.curve.replace("_", " ")))
    axes.set_ylabel("mean AUROC [%]")
    if names:
        axes.legend(loc="best")
    caption(figure, below, 125)
    return figure


def tick_labels(ticks: list[float]) -> list[str]:
    """Numbers, or every second power of two where there are many.

    >>> tick_labels([1, 4, 2600])
    ['1', '4', '2600']
    """
    if len(ticks) <= MOST_TICKS:
        return [shown(float(tick)) for tick in ticks]
    return ["" if index % 2 else as_power(float(tick)) for index, tick in enumerate(ticks)]


def as_power(tick: float) -> str:
    """A power of two as such, other numbers as they are.

    >>> as_power(1024.0), as_power(1000.0)
    ('$2^{10}$', '1000')
    """
    power = float(np.log2(tick))
    return f"$2^{{{power:.0f}}}$" if power.is_integer() else shown(tick)


def write_curve(runs: pd.DataFrame, spec: Spec, base: Path) -> list[Path]:
    """Write BASE.csv, .pdf, .svg and .png; returns their paths."""
    data = curve_data(runs, spec)
    with plt.rc_context(PRINT):
        below = notes(runs, spec, "Mean AUROC over normal classes", BAND)
        return save(draw_curve(data, spec, below), data, base)
