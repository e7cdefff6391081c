"""Curves: means over normal classes against a swept key, with a band of one standard error."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import matplotlib.colors as mcolors
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from oebench.artifacts import marks
from oebench.artifacts.manifest import Published, StudyManifest
from oebench.evaluation.aggregate import labels_of, mean_over_seeds, values_of, with_common_classes
from oebench.registry import METHODS, METRICS, OK
from oebench.reporting.notes import notes
from oebench.reporting.style import caption, in_print, plain, save
from oebench.run import KEYS
from oebench.validation import UserError, unknown
from oebench.wording import reason, shown

# Okabe and Ito's palette, distinguishable with every colour blindness; markers and dashes carry
# the same distinction in a black-and-white print. Methods take them in their order.
COLOURS = (
    *("#0072B2", "#009E73", "#D55E00", "#CC79A7", "#555555"),
    *("#E69F00", "#56B4E9", "#8A6D00", "#117733", "#882255"),
)
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*", "h", "p")
LINES: tuple[Any, ...] = (
    *("-", "-.", "--", ":"),
    *((0, (8, 2)), (0, (5, 1.5, 1, 1.5, 1, 1.5)), (0, (2, 1)), (0, (1, 3))),
    *((0, (12, 2)), (0, (6, 1, 2, 1))),
)
BAND = ", band: one standard error over seeds"
BARS = ", bars and bands: one standard error over seeds"  # levels have bands in any case
MOST_BANDS = 5  # lines; errors of more are bars, and their names stand beside the axes
WIDTH = 12  # points of print, over which the bars of all lines are spread
PUBLISHED = "published "  # begins the names of columns that only published points have
DASHES = (0, (3, 3))  # of all published curves
OTHER = "beside"  # the column of the study of lines that are beside a study's own
OTHERS = ("--", ":", "-.", (0, (8, 2)))  # of the first study beside, the second, ...
NONE: Mapping[str, pd.DataFrame] = {}
LIGHTER = 0.35  # their colour, of the way to white
MOST_TICKS = 10  # that are written out; of more, every second, as a power of two


def curve_data(
    runs: pd.DataFrame, study: StudyManifest, others: Mapping[str, pd.DataFrame] = NONE
) -> pd.DataFrame:
    """A row per line and point: label, objective, x, mean, standard error (per cent), runs.

    A baseline without OE has no value on an OE axis: x is missing, its line is level. Points of
    published curves, where there are any, follow without an error and runs, and with columns of
    their own: status, source and spread, a standard deviation over classes and seeds (per cent).
    others: the same of other studies, by their names; their lines follow, with these in a column.
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
    tables = [pd.DataFrame(rows, columns=columns).astype({"runs": "Int64"})]
    for name, data in others.items():
        own = data[data["runs"].notna()]
        label = study.beside[name].label
        tables.append(own.assign(line=own["line"] + f", {label}", **{OTHER: name}))
    if study.published_curve:
        tables.append(pd.DataFrame([published_row(each) for each in study.published_curve]))
    return pd.concat(
        [table.sort_values(["line", key], kind="stable") for table in tables], ignore_index=True
    )


def read_data(path: Path) -> pd.DataFrame:
    """What `write_curve` has written as CSV. Raises UserError where it is something else."""
    try:
        data = pd.read_csv(path).astype({"runs": "Int64"})
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path} holds no numbers of a curve: {reason(error)}") from None
    return data[[name for name in data.columns if not name.startswith(PUBLISHED)]]


def published_row(point: Published) -> dict[str, Any]:
    """A published point in the columns of `curve_data`."""
    assert point.value is not None
    return {
        "line": f"{point.method}, published",
        "objective": point.objective,
        point.key: KEYS[point.key].kind(point.value),
        "auroc": point.mean_auc,
        **{PUBLISHED + name: getattr(point, name) for name in ("status", "source", "spread")},
    }


def draw_curve(data: pd.DataFrame, study: StudyManifest, below: str) -> Figure:
    """The figure of `curve_data`; `below` says what the numbers rest on."""
    assert study.curve is not None
    looks, many = styles(data), is_crowded(data)
    # Names beside the axes take room of their own: 0.07 inches for a letter.
    outside = many or OTHER in data
    beside = 0.9 + 0.07 * max(map(len, looks)) if outside else 0
    figure, axes = plt.subplots(figsize=(5.5 + beside, 3.6), layout="constrained")
    numbers = pd.to_numeric(data[study.curve], errors="coerce").astype(float)
    for place, (name, style) in enumerate(looks.items()):
        chosen = data["line"] == name
        mean, error = data.loc[chosen, study.metric], data.loc[chosen, "standard_error"].fillna(0)
        points = numbers[chosen].to_numpy(), mean.to_numpy(), error.to_numpy()
        aside = WIDTH * ((place + 0.5) / len(looks) - 0.5) if many else None
        draw_line(axes, plain(name), points, style, aside)
    ticks = sorted(numbers.dropna().unique())
    if KEYS[study.curve].doubling:
        axes.set_xscale("log", base=2)
        axes.set_xticks(ticks, tick_labels(ticks))
        axes.minorticks_off()
    elif 0 < KEYS[study.curve].line_to < max(ticks, default=0):
        axes.set_xscale("symlog", base=2, linthresh=KEYS[study.curve].line_to)
        axes.set_xticks(ticks, [shown(tick) for tick in ticks])
        axes.minorticks_off()
    else:
        axes.set_xticks(ticks)
    axes.set_xlabel(KEYS[study.curve].axis)
    axes.set_ylabel(f"mean {METRICS[study.metric].axis} [%]")
    if looks:
        where: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1, 1)}
        axes.legend(handlelength=3.5, **(where if outside else {"loc": "best"}))
    caption(figure, below, 125)
    return figure


def is_crowded(data: pd.DataFrame) -> bool:
    """Whether so many lines are drawn that bands would hide one another."""
    return data["line"].nunique() > MOST_BANDS


def draw_line(
    axes: Axes,
    name: str,
    points: tuple[np.ndarray, np.ndarray, np.ndarray],
    style: dict[str, Any],
    aside: float | None,
) -> None:
    """A line with its errors; without places on the axis a level, with its marker at both ends.

    points: x, mean and error. aside: errors are bars, and all of the line is so many points of
    print to the right of its place, where bars of others do not hide it; None for a band.
    """
    x, y, error = points
    if np.isnan(x).all():
        axes.axhline(y[0], label=f"{name} (no OE)", clip_on=False, **style)
        if error.any():
            axes.axhspan(y[0] - error[0], y[0] + error[0], **band(style))
        return
    (line,) = axes.plot(x, y, label=name, **style)
    if aside is not None:
        bars = axes.vlines(x, y - error, y + error, color=style["color"], linewidth=0.8)
        inches = ScaledTranslation(aside / 72, 0, axes.figure.dpi_scale_trans)
        for artist in (line, bars):  # now that the axes know their numbers
            artist.set_transform(axes.transData + inches)
    elif error.any():
        axes.fill_between(x, y - error, y + error, **band(style))


def band(style: dict[str, Any]) -> dict[str, Any]:
    """The band of a line; its edges have the dashes of the line, to be told from other bands."""
    return {
        "facecolor": mcolors.to_rgba(style["color"], 0.15),
        "edgecolor": style["color"],
        "linestyle": style["linestyle"],
        "linewidth": 0.5,
    }


def styles(data: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """How each line of `curve_data` looks: those of methods in their order, then published ones.

    A method looks the same in every figure, unless it has several lines. Lines of other studies
    have its colour and its marker, hollow; what others published of it is on a thin line behind.
    """
    order = [*METHODS, ""]
    about = data.drop_duplicates("line").sort_values(
        "objective", key=lambda names: names.map(order.index), kind="stable"
    )
    beside = about[OTHER].notna() if OTHER in about else pd.Series(False, about.index)
    measured = about["runs"].notna()
    ours, theirs = about[measured & ~beside], about[~measured]
    alone = ours["objective"].is_unique
    found = {}
    for place, (name, method) in enumerate(zip(ours["line"], ours["objective"], strict=True)):
        found[name] = style_of(method) if alone else style_at(place)
    free = len(METHODS) if alone else len(ours)  # the first place that no method has
    studies = [*about.loc[beside, OTHER].unique()] if beside.any() else []
    for _, row in about[beside].iterrows():
        found[row["line"]] = style_of(row["objective"]) | {
            "markerfacecolor": "white",
            "linestyle": OTHERS[studies.index(row[OTHER])],
            "linewidth": 1.0,
        }
    for place, (name, method) in enumerate(zip(theirs["line"], theirs["objective"], strict=True)):
        style = style_of(method) if alone and method else style_at(free + place)
        found[name] = style | {
            "color": lighter(style["color"]),
            "markerfacecolor": "white",
            "linestyle": DASHES,
            "linewidth": 0.9,
            "zorder": 1.5,  # between bands and lines
        }
    return found


def lighter(colour: str) -> tuple[float, ...]:
    """A colour on its way to white."""
    return tuple(LIGHTER + (1 - LIGHTER) * part for part in mcolors.to_rgb(colour))


def style_of(method: str) -> dict[str, Any]:
    """Colour, marker and line of a method."""
    return style_at(list(METHODS).index(method))


def style_at(place: int) -> dict[str, Any]:
    """Colour, marker and line, each of its own up to the eighth place, together up to the 64th."""
    turn, place = divmod(place, len(COLOURS))
    shifted = (place + turn) % len(LINES)
    return {
        "color": COLOURS[place],
        "marker": MARKERS[place],
        "markersize": 4.5,
        "linestyle": LINES[shifted],
    }


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


def write_curve(
    runs: pd.DataFrame,
    study: StudyManifest,
    base: Path,
    code: str = "",
    others: Mapping[str, pd.DataFrame] = NONE,
) -> list[Path]:
    """Write BASE.csv, .pdf, .svg and .png; returns their paths. code: its hash, for their mark.

    others: `curve_data` of the studies that stand beside it, as far as there is any.
    """
    if study.curve is None:
        raise UserError(f"{study.name} has no curve: its `draw.curve` is null")
    for name in others:
        if name not in study.beside:
            raise UserError(unknown("study beside it", name, [*study.beside]))
    data = curve_data(runs, study, others)
    error = BARS if is_crowded(data) else BAND
    with in_print():
        what = f"Mean {METRICS[study.metric].title} over normal classes"
        below = notes(runs, study, what, error) + said_of(study, others) + sources(study)
        mark = marks.of_runs("curve", study.name, code, [study], runs)
        return save(draw_curve(data, study, below), data, base, mark)


def said_of(study: StudyManifest, others: Iterable[str]) -> str:
    """A sentence on each other study in a figure; "" without them."""
    return "".join(
        f" Hollow markers, {study.beside[name].label}: {name}, {study.beside[name].about}"
        for name in others
    )


def sources(study: StudyManifest) -> str:
    """A sentence on the published curves of a figure, with what it follows; "" without them."""
    labels: dict[str, list[str]] = {}
    for each in study.published_curve:
        labels.setdefault(each.source, []).append(each.label)
    told = [f"{', '.join(dict.fromkeys(names))}: {source}" for source, names in labels.items()]
    return f" Dashed with hollow markers, published: {'; '.join(told)}." if told else ""
