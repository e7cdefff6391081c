"""Curves: means over normal classes against a swept key, with a band of one standard error."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from oebench.artifacts import marks
from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.aggregate import labels_of, mean_over_seeds, values_of, with_common_classes
from oebench.registry import METHODS, METRICS, OK
from oebench.reporting.notes import notes
from oebench.reporting.style import caption, in_print, save
from oebench.run import KEYS
from oebench.validation import UserError
from oebench.wording import shown

# Okabe and Ito's palette, distinguishable with every colour blindness; markers and dashes carry
# the same distinction in a black-and-white print. Methods take them in their order.
COLOURS = (
    *("#0072B2", "#009E73", "#D55E00", "#CC79A7", "#555555"),
    *("#E69F00", "#56B4E9", "#8A6D00"),
)
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*")
LINES: tuple[Any, ...] = (
    *("-", "-.", "--", ":"),
    *((0, (1, 1)), (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 3))),
)
BAND = ", band: one standard error over seeds"
MOST_TICKS = 10  # that are written out; of more, every second, as a power of two


def curve_data(runs: pd.DataFrame, study: StudyManifest) -> pd.DataFrame:
    """A row per line and point: label, objective, x, mean, standard error (per cent), runs.

    A baseline without OE has no value on an OE axis: x is missing, its line is level.
    """
    assert study.curve is not None
    key = study.curve
    runs = with_common_classes(runs, study)
    lines = labels_of(runs, ["objective", *(each for each in study.swept if each != key)])
    rows = []
    for (label, x), group in runs.groupby([lines, values_of(runs, key)], sort=False, dropna=False):
        cell = mean_over_seeds(group[group["status"] == OK], group, study.metric)
        objective = group["objective"].iloc[0]
        rows.append((label, objective, x, cell.mean, cell.error, cell.runs))
    columns = ["line", "objective", key, study.metric, "standard_error", "runs"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["line", key], ignore_index=True, kind="stable"
    )


def draw_curve(data: pd.DataFrame, study: StudyManifest, below: str) -> Figure:
    """The figure of `curve_data`; `below` says what the numbers rest on."""
    assert study.curve is not None
    figure, axes = plt.subplots(figsize=(5.5, 3.6), layout="constrained")
    numbers = pd.to_numeric(data[study.curve], errors="coerce").astype(float)
    order = {name: index for index, name in enumerate(METHODS)}
    names = sorted(data["line"].unique(), key=lambda name: order[name.split(",")[0]])
    for index, name in enumerate(names):
        chosen = data["line"] == name
        line = data[chosen]
        style = style_of(line["objective"].iloc[0])
        if len(names) > len(set(data["objective"])):  # several lines of one objective
            style["color"] = plt.get_cmap("cividis")(index / len(names))
        x = numbers[chosen].to_numpy()
        y, error = line[study.metric].to_numpy(), line["standard_error"].fillna(0).to_numpy()
        if np.isnan(x).all():
            axes.axhline(y[0], label=f"{name} (no OE)", color=style["color"], ls=style["linestyle"])
            axes.axhspan(y[0] - error[0], y[0] + error[0], color=style["color"], alpha=0.15, lw=0)
            continue
        axes.plot(x, y, label=name, markersize=4.5, **style)
        axes.fill_between(x, y - error, y + error, color=style["color"], alpha=0.2, lw=0)
    ticks = sorted(numbers.dropna().unique())
    if KEYS[study.curve].doubling:
        axes.set_xscale("log", base=2)
        axes.set_xticks(ticks, tick_labels(ticks))
        axes.minorticks_off()
    elif study.curve == "blur" and max(ticks, default=0) > 1:
        axes.set_xscale("symlog", base=2, linthresh=1)  # from 0, the unblurred images, to 1 in line
        axes.set_xticks(ticks, [shown(tick) for tick in ticks])
        axes.minorticks_off()
    else:
        axes.set_xticks(ticks)
    axes.set_xlabel(KEYS[study.curve].axis)
    axes.set_ylabel(f"mean {METRICS[study.metric].axis} [%]")
    if names:
        axes.legend(loc="best")
    caption(figure, below, 125)
    return figure


def style_of(method: str) -> dict[str, Any]:
    """Colour, marker and line of a method; styles repeat after the last."""
    place = list(METHODS).index(method)
    parts = {"color": COLOURS, "marker": MARKERS, "linestyle": LINES}
    return {name: values[place % len(values)] for name, values in parts.items()}


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


def write_curve(runs: pd.DataFrame, study: StudyManifest, base: Path, code: str = "") -> list[Path]:
    """Write BASE.csv, .pdf, .svg and .png; returns their paths. code: its hash, for their mark."""
    if study.curve is None:
        raise UserError(f"{study.name} has no curve: its `draw.curve` is null")
    data = curve_data(runs, study)
    with in_print():
        below = notes(runs, study, f"Mean {METRICS[study.metric].title} over normal classes", BAND)
        mark = marks.of_runs("curve", study.name, code, [study], runs)
        return save(draw_curve(data, study, below), data, base, mark)
