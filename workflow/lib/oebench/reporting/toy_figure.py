"""The toy figure: training points, and what each objective makes of the plane around them.

A row for each OE data set, columns: training data, then the objectives in the study's order. The
paper's figure has two rows (ideal and skewed outliers) and bce and hsc beside the data. Of several
recipes the first is drawn, and the caption has the numbers of the others.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.tri import TriContourSet
from scipy.special import expit

from oebench.artifacts import marks
from oebench.artifacts.cache import Cache
from oebench.artifacts.manifest import StudyManifest
from oebench.artifacts.points import FRAME, coordinates
from oebench.artifacts.scores import check_images, read
from oebench.artifacts.verification import verified
from oebench.evaluation.aggregate import mean_over_seeds
from oebench.evaluation.metrics import normal_limit
from oebench.registry import NETWORKS, OK, objective_named
from oebench.reporting.notes import notes
from oebench.reporting.style import caption, in_print, save
from oebench.reporting.table import show
from oebench.validation import UserError

# In grey, too, dots are told from crosses, and low scores, dark, from high ones.
NORMAL: dict[str, Any] = {"color": "#0072B2", "marker": ".", "s": 6, "lw": 0}
OUTLIER: dict[str, Any] = {"color": "#D55E00", "marker": "x", "s": 6, "lw": 0.4}
SCORES = "cividis"
LINE: dict[str, Any] = {"colors": "white", "linewidths": 1, "linestyles": "solid"}
EDGE = [withStroke(linewidth=2.2, foreground="black")]
NAMES = {
    "bce": "supervised OE (bce)",
    "hsc": "unsupervised OE (hsc)",
    "toy-uniform": "ideal",
    "toy-blobs": "skewed",
}
LEVELS = np.linspace(0, 1, 21)
BELOW_ONE = 1 - 1e-9  # what is at the last level itself is left without a colour
EXPLAINED = (
    "Dots: normal points, crosses: outliers to train on. Colour of the plane: the score of the "
    "first seed's network. Line: 95 % of the normal test points lie inside. Numbers: the share of "
    "a lattice of points far from the normal ones that lies inside too, mean ± standard error "
    "over seeds"
)


class Panel(NamedTuple):
    """One run's scores over the plane; `points` (N, 2), scores and labels (N,)."""

    oe: str
    objective: str
    points: np.ndarray
    score: np.ndarray
    label: np.ndarray
    note: str


def probability(objective: str, score: np.ndarray) -> np.ndarray:
    """The paper's score in [0, 1]: a sigmoid of the logit, or 1 - exp(-d) of the distance."""
    if objective_named(objective).head:
        return expit(score.astype(np.float64))
    return -np.expm1(-score.astype(np.float64))


def panels(runs: pd.DataFrame, test: Cache) -> list[Panel]:
    """The first seed of each OE data set and objective; what the note says is over all seeds."""
    found = []
    done = runs[(runs["status"] == OK) & runs["oe"].notna()]
    for (oe, objective), group in done.groupby(["oe", "objective"], sort=False):
        first = group.sort_values("seed").iloc[0]
        path = Path(first["path"])
        attributes, arrays = read(path, first["group"], "score", "label", "index")
        check_images(path, attributes, test)
        score, label, index = arrays["score"], arrays["label"], arrays["index"]
        images = test.images("test", index)
        assert isinstance(images, np.ndarray)
        note = f"far points called normal: {missed(group)}"
        found.append(Panel(str(oe), str(objective), coordinates(images), score, label, note))
    return found


def missed(runs: pd.DataFrame) -> str:
    """The share of test outliers that runs of several seeds call normal, as text."""
    return f"{show(mean_over_seeds(runs, runs, 'miss95'))} %"


def drawn_recipe(runs: pd.DataFrame, study: StudyManifest) -> str:
    """The first recipe of the study that has runs."""
    return next(name for name in study.recipes if name in set(runs["recipe"]))


def told_others(runs: pd.DataFrame, study: StudyManifest) -> list[str]:
    """A sentence for each recipe that is not drawn, with its share of far points called normal."""
    done = runs[(runs["status"] == OK) & runs["oe"].notna()]
    drawn, told = drawn_recipe(runs, study), []
    for name, of_recipe in done[done["recipe"] != drawn].groupby("recipe", sort=False):
        shares = [
            f"{NAMES.get(str(oe), oe)}, {objective} {missed(group)}"
            for (oe, objective), group in of_recipe.groupby(["oe", "objective"], sort=False)
        ]
        network = NETWORKS[study.recipes[str(name)]["network"]].description
        told.append(
            f"Recipe {drawn} is drawn, and not {name} ({network}), whose shares are: "
            f"{'; '.join(shares)}"
        )
    return told


def training_points(normal: Cache, outliers: Cache, normal_class: int) -> tuple[np.ndarray, ...]:
    """Coordinates (N, 2) of the normal points and of the outliers."""
    every, pool = normal.images("train"), outliers.images("train")
    assert isinstance(every, np.ndarray)
    assert isinstance(pool, np.ndarray)
    return coordinates(every[normal.labels("train") == normal_class]), coordinates(pool)


def draw_training(axes: Axes, normal: np.ndarray, outliers: np.ndarray) -> None:
    for points, style in ((outliers, OUTLIER), (normal, NORMAL)):
        axes.scatter(points[:, 0], points[:, 1], rasterized=True, **style)


def draw_scores(axes: Axes, panel: Panel) -> TriContourSet:
    """The score over the plane, and the line within which 95 % of the normal points lie."""
    seen = probability(panel.objective, panel.score)
    x, y = panel.points.T
    image = axes.tricontourf(x, y, seen.clip(max=BELOW_ONE), LEVELS, cmap=SCORES)
    image.set_rasterized(True)
    limit = normal_limit(panel.score[panel.label == 0])
    axes.tricontour(x, y, panel.score, [limit], **LINE).set(path_effects=EDGE)
    axes.text(0.02, 0.02, panel.note, transform=axes.transAxes, fontsize=6.5,
              bbox={"facecolor": "white", "alpha": 0.8, "lw": 0, "pad": 1.5})  # fmt: skip
    return image


def draw(
    runs: pd.DataFrame, caches: dict[str, Cache], objectives: Sequence[str], below: str
) -> tuple[Figure, pd.DataFrame]:
    """The figure, and the points of all panels. objectives: in the order of the columns."""
    test = caches[str(runs["dataset"].iloc[0])]
    found = panels(runs, test)
    rows = list(dict.fromkeys(panel.oe for panel in found))
    columns = sorted({panel.objective for panel in found}, key=list(objectives).index)
    width, height = 2.6 * FRAME / FRAME[0]
    size = (width * (len(columns) + 1) + 0.6, height * max(len(rows), 1) + 0.9)
    figure, grid = plt.subplots(
        max(len(rows), 1), len(columns) + 1, figsize=size, layout="constrained", squeeze=False
    )
    for line, oe in zip(grid, rows, strict=False):
        points = training_points(test, caches[oe], int(runs["normal_class"].iloc[0]))
        draw_training(line[0], *points)
        line[0].set_ylabel(NAMES.get(oe, oe))
        for axes, objective in zip(line[1:], columns, strict=True):
            here = [each for each in found if (each.oe, each.objective) == (oe, objective)]
            for panel in here:
                image = draw_scores(axes, panel)
    for axes, title in zip(grid[0], ["training data", *columns], strict=True):
        axes.set_title(NAMES.get(title, title), fontsize=10)
    x, y = FRAME / 2
    for axes in grid.flat:
        axes.set(xlim=(-x, x), ylim=(-y, y), aspect="equal", xticks=[], yticks=[])
        axes.grid(visible=False)
        axes.spines[:].set_visible(True)
    if found:
        figure.colorbar(
            image, ax=grid, shrink=0.6, label="score: 0 normal, 1 anomalous", ticks=[0, 0.5, 1]
        )
    caption(figure, below, 170)
    return figure, data_of(found)


def data_of(found: Sequence[Panel]) -> pd.DataFrame:
    """A row per point and panel."""
    tables = [
        pd.DataFrame(
            {
                "oe": panel.oe,
                "objective": panel.objective,
                "x": panel.points[:, 0],
                "y": panel.points[:, 1],
                "anomaly": panel.label,
                "score": panel.score,
            }
        )
        for panel in found
    ]
    return pd.concat(tables) if tables else pd.DataFrame()


def write_toy_figure(
    runs: pd.DataFrame, study: StudyManifest, caches: Path, base: Path, code: str = ""
) -> list[Path]:
    """Write BASE.csv, .pdf, .svg and .png; returns their paths.

    caches: the folder of the caches, which are NAME.h5. code: its hash, for the mark of the files.
    Raises UserError where there is no run.
    """
    with in_print():
        if runs.empty:
            raise UserError(f"{study.name}: the toy figure needs finished runs, found none")
        names = dict.fromkeys([*runs["dataset"], *runs["oe"].dropna()])
        opened = {name: verified(caches / f"{name}.h5") for name in names}
        mark = marks.of_runs("toy-figure", study.name, code, [study], runs)
        drawn = runs[runs["recipe"] == drawn_recipe(runs, study)]
        below = notes(runs, study, ". ".join([EXPLAINED, *told_others(runs, study)]))
        return save(*draw(drawn, opened, study.objectives, below), base, mark)
