"""The plot of one run: its scores of normal images, anomalies and single classes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve, roc_auc_score, roc_curve

from oebench.artifacts import marks, scores
from oebench.artifacts.cache import Cache
from oebench.artifacts.ragged import Ragged
from oebench.artifacts.verification import verified
from oebench.evaluation.collect import status_of
from oebench.evaluation.metrics import evaluate, normal_limit
from oebench.registry import DIVERGED
from oebench.reporting.style import caption, in_print, plain, save, shortened
from oebench.wording import lengths, trained_for

NORMAL, ANOMALY, TRAINING = "#0072B2", "#D55E00", "#555555"
# Areas of normal images and of anomalies. Both colours are nearly one grey in a black-and-white
# print, where the strokes tell anomalies apart.
AREAS: dict[int, dict[str, Any]] = {
    0: {"facecolor": to_rgba(NORMAL, 0.45), "edgecolor": NORMAL},
    1: {"facecolor": to_rgba(ANOMALY, 0.25), "edgecolor": ANOMALY, "hatch": "/////"},
}
SHOWN = 12  # images in each row of the grid
CLIP = 0.005  # share of the scores at either end that the histogram puts into its last bins


@dataclass(frozen=True)
class Looked:
    """What the figure needs of a run and of its test images."""

    attributes: dict[str, Any]
    score: np.ndarray  # (N,) of the test images
    label: np.ndarray  # (N,), 1 = anomaly
    classes: np.ndarray  # (N,), int64
    index: np.ndarray  # (N,), rows of the cache's test split
    train_score: np.ndarray  # (M,) of the normal training images
    names: list[str]
    cache: Cache


def read(scores_file: Path, member: str, cache: Path) -> Looked:
    """Raises UserError where the files are not a scores file and the cache of its images."""
    attributes, arrays = scores.read(scores_file, member, *scores.NAMES)
    images = verified(cache)
    scores.check_images(scores_file, attributes, images)
    if attributes["status"] != DIVERGED:
        attributes |= evaluate(arrays["score"], arrays["label"])
        attributes["status"] = status_of(attributes, arrays["score"])
    classes = arrays.pop("class")
    return Looked(attributes, **arrays, classes=classes, names=images.classes, cache=images)


def by_class(run: Looked) -> pd.DataFrame:
    """Per class: test images, how many of them are called anomalous, AUROC against the normal ones.

    An image is called anomalous above the score up to which 95 % of the normal test images are.
    """
    normal = run.score[run.label == 0]
    limit = normal_limit(normal)
    rows = []
    for number, name in enumerate(run.names):
        own = run.score[run.classes == number]
        if not len(own):
            continue
        anomaly = number != run.attributes["normal_class"]
        both = np.concatenate([normal, own])
        auroc = roc_auc_score(np.repeat([0, 1], [len(normal), len(own)]), both) if anomaly else None
        called = 100 * float((own > limit).mean())
        rows.append(
            (name, int(anomaly), len(own), called, float(own.mean()), auroc and 100 * auroc)
        )
    columns = ["class", "anomaly", "images", "called_anomalous", "mean_score", "auroc"]
    return pd.DataFrame(rows, columns=columns)


def draw_histogram(axes: Axes, run: Looked) -> None:
    every = np.concatenate([run.score, run.train_score])
    ends = np.quantile(every, [CLIP, 1 - CLIP])
    bins: Any = np.linspace(ends[0], ends[1], 41) if ends[0] < ends[1] else 10
    for values, label, style in (
        (run.score[run.label == 0], "normal", AREAS[0]),
        (run.score[run.label == 1], "anomaly", AREAS[1]),
        (run.train_score, "normal, training", {"edgecolor": TRAINING, "fill": False}),
    ):
        style = {"histtype": "stepfilled", "linewidth": 0.8, **style}
        axes.hist(values.clip(*ends), bins, density=True, label=label, **style)
    limit = normal_limit(run.score[run.label == 0])
    axes.axvline(limit, color=NORMAL, lw=0.8, ls="--")
    axes.set(xlabel="score", ylabel="density", title="scores")
    axes.legend(fontsize=7)


def draw_roc(axes: Axes, run: Looked) -> None:
    fpr, tpr, _ = roc_curve(run.label, run.score)
    axes.plot(100 * fpr, 100 * tpr, color=NORMAL)
    axes.plot([0, 100], [0, 100], color=TRAINING, lw=0.8, ls=":")
    axes.plot(100 * run.attributes["fpr95"], 95, "o", color=ANOMALY, markersize=4)
    title = f"ROC, AUROC {100 * run.attributes['auroc']:.1f} %"
    axes.set(xlabel="normal called anomalous [%]", ylabel="anomalies found [%]", title=title)


def draw_precision_recall(axes: Axes, run: Looked) -> None:
    precision, recall, _ = precision_recall_curve(run.label, run.score)
    axes.plot(100 * recall, 100 * precision, color=NORMAL)
    axes.axhline(100 * run.label.mean(), color=TRAINING, lw=0.8, ls=":")
    title = f"average precision {100 * run.attributes['average_precision']:.1f} %"
    axes.set(xlabel="recall [%]", ylabel="precision [%]", title=title, ylim=(None, 101))


def draw_classes(axes: Axes, table: pd.DataFrame) -> None:
    """Confusion by class: a bar for each, the normal class among them."""
    table = table.sort_values("called_anomalous", kind="stable")
    places = np.arange(len(table))  # two names may look the same
    for anomaly, style in AREAS.items():
        chosen = table["anomaly"].to_numpy() == anomaly
        axes.barh(places[chosen], table["called_anomalous"][chosen], linewidth=0.8, **style)
    axes.set_yticks(places, table["class"].map(shortened))
    axes.axvline(5, color=NORMAL, lw=0.8, ls="--")
    axes.tick_params(axis="y", labelsize=7 if len(table) <= 12 else 5)
    axes.grid(axis="y", visible=False)
    axes.set(xlabel="called anomalous [%]", title="by class", xlim=(0, 100))


def draw_images(figure: Any, run: Looked) -> None:
    """The least and the most anomalous normal images and anomalies, scores rising to the right."""
    rows = []
    for label, name in ((0, "normal"), (1, "anomaly")):
        places = np.flatnonzero(run.label == label)
        order = places[np.argsort(run.score[places], kind="stable")]
        rows.append((f"{name}, least anomalous", order[:SHOWN]))
        rows.append((f"{name}, most anomalous", order[-SHOWN:]))
    grid = figure.subplots(len(rows), 1)
    for axes, (title, chosen) in zip(grid, rows, strict=True):
        strip = np.hstack([*pixels(run, run.index[chosen])])
        axes.imshow(strip, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axes.set_title(title, fontsize=8, loc="left", pad=2)
        axes.set_axis_off()


def pixels(run: Looked, rows: np.ndarray) -> np.ndarray:
    """Test images as they are shown, uint8 (N, H, W, 3), with a white line to their right."""
    images = run.cache.images("test", rows)
    if isinstance(images, Ragged):
        images = images.crops(np.arange(len(images)))
    colour = images if images.shape[1] == 3 else np.repeat(images, 3, axis=1)
    border = ((0, 0), (0, 0), (0, max(1, colour.shape[3] // 14)), (0, 0))
    return np.pad(colour.transpose(0, 2, 3, 1), border, constant_values=255)


def below(run: Looked, path: str) -> str:
    """What the figure rests on."""
    about, recipe = run.attributes, json.loads(run.attributes["recipe_resolved"])
    oe = f"{about['oe']}, {about['oe_size']} images" if about["oe"] else "none"
    length = f" {trained_for(*lengths([recipe]))}." if recipe else ""
    return (
        f"Run {path}: status {about['status']}. {len(run.score)} test images of "
        f"{about['dataset']}, OE images: {oe}.{length} One run, so there is no error. An image is "
        "called anomalous above the dashed line, the score up to which 95 % of the normal test "
        f"images are. Dot: the threshold that finds 95 % of the anomalies, above which "
        f"{100 * about['fpr95']:.1f} % of the normal images are. Dotted lines: chance, whose "
        f"average precision is the share of anomalies, {100 * run.label.mean():.1f} %."
    )


def draw(run: Looked, path: str, note: str = "") -> Figure:
    """The figure of a run."""
    figure = plt.figure(figsize=(10, 6.4), layout="constrained")
    about = run.attributes
    name = f"{about['objective']} on {about['dataset']}, normal class "
    figure.suptitle(f"{name}{shortened(about['normal_name'])}, seed {about['seed']}")
    if about["status"] == DIVERGED:
        figure.text(0.5, 0.5, plain(f"diverged: {about['message']}"), ha="center")
        return figure
    upper, lower = figure.subfigures(2, 1, height_ratios=[1, 1.15], squeeze=False)[:, 0]
    for axes, part in zip(
        upper.subplots(1, 3), (draw_histogram, draw_roc, draw_precision_recall), strict=True
    ):
        part(axes, run)
    if run.cache.has_vectors:  # no image can be shown
        draw_classes(lower.subplots(), by_class(run))
    else:
        left, right = lower.subfigures(1, 2, width_ratios=[1, 2], squeeze=False)[0]
        draw_classes(left.subplots(), by_class(run))
        if run.cache.has_points:
            right.text(0.5, 0.5, "points of the plane, no images", ha="center", color=TRAINING)
        else:
            draw_images(right, run)
    caption(figure, f"{below(run, path)} {note}".rstrip(), 220)
    return figure


def write_run_figure(
    scores_file: Path, member: str, cache: Path, base: Path, note: str = "", code: str = ""
) -> list[Path]:
    """Write BASE.csv, the confusion by class, and BASE.pdf, .svg and .png; returns their paths.

    member: which of the file's runs (`artifacts.scores`). note: stands below the figure, too.
    code: its hash, for the mark of the files.
    """
    run = read(scores_file, member, cache)
    table = by_class(run) if run.attributes["status"] != DIVERGED else pd.DataFrame()
    path, recipe = scores.run_of(scores_file, member).path, run.attributes["recipe_resolved"]
    mark = marks.of_texts("look", path, code, recipe, run.score.tobytes())
    with in_print():
        return save(draw(run, path, note), table, base, mark)
