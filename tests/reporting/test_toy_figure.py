"""The toy figure, from small real runs: panels, axes, data, and studies that are not finished."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.tri import TriContourSet
from scores_cases import by_file, collected, file_of

from oebench.artifacts.cache import Cache
from oebench.artifacts.manifest import StudyManifest
from oebench.artifacts.points import coordinates
from oebench.config.load import load
from oebench.data.prepare import prepare
from oebench.evaluation.metrics import normal_limit
from oebench.reporting.toy_figure import (
    NORMAL,
    OUTLIER,
    SCORES,
    Panel,
    draw,
    draw_scores,
    panels,
    probability,
    training_points,
    write_toy_figure,
)
from oebench.run import Run
from oebench.training.job import train_block

ROOT = Path(__file__).parents[2]
BCE = Run("toy", "toy-uniform", 1024, None, 0.0, "bce", None, None, "toy", False, 0, 1)
HSC = replace(BCE, objective="hsc", norm="pseudo_huber")
POOLS = ("toy-uniform", "toy-blobs")
# In the study's order: a row of the figure for each pool, a column for each objective.
RUNS = [
    replace(run, oe=oe, seed=seed) for oe, run, seed in itertools.product(POOLS, (BCE, HSC), (1, 2))
]
SPEC = StudyManifest(
    **{"name": "toy", "title": "Toy", "objectives": ("bce", "hsc"), "swept": ("oe",)},
    **{"rows": "oe", "metric": "miss95", "expected": 8, "epochs": (2,)},
    recipes={name: {"network": name} for name in ("toy", "toy_sigmoid")},
)


class Study(NamedTuple):
    runs: pd.DataFrame
    caches: dict[str, Cache]

    def only(self, **values: str) -> pd.DataFrame:
        """The runs that have these values."""
        found = self.runs
        for key, value in values.items():
            found = found[found[key] == value]
        return found

    def without(self, **values: str) -> pd.DataFrame:
        return self.runs.drop(self.only(**values).index)

    def failed(self, status: str, **values: str) -> pd.DataFrame:
        runs = self.runs.copy()
        runs.loc[self.only(**values).index, "status"] = status
        return runs


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Both pools, both objectives and two seeds, trained for two epochs."""
    folder = tmp_path_factory.mktemp("toy")
    config = load(ROOT / "config/config.yaml")
    for name in ("toy", *POOLS):
        prepare(name, config.datasets[name], folder / f"{name}.h5", code="c0de")
    caches = {name: Cache(folder / f"{name}.h5") for name in ("toy", *POOLS)}
    recipe = config.recipes["toy"].model_copy(update={"epochs": 2, "milestones": ()})
    for pool in POOLS:
        read = [folder / "toy.h5", folder / f"{pool}.h5"]
        for path, members in by_file(folder, [run for run in RUNS if run.oe == pool]).items():
            train_block(path, members, recipe, read, folder / "store", "c0de", device="cpu")
    torch.use_deterministic_algorithms(False)
    runs = collected([(file_of(folder, run), run.member) for run in RUNS])
    assert runs["status"].tolist() == ["ok"] * 8
    return Study(runs, caches)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    torch.set_num_threads(1)
    yield
    plt.close("all")


def folder_of(study: Study) -> Path:
    """Where the caches lie."""
    return study.caches["toy"].path.parent


def grid_of(figure: Figure) -> np.ndarray:
    """The axes of the panels, (rows, columns); the colour bar is left out."""
    own = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    shape = own[0].get_gridspec().get_geometry()
    return np.array(own, dtype=object).reshape(shape)


def contours(axes: Any) -> list[TriContourSet]:
    return [each for each in axes.collections if isinstance(each, TriContourSet)]


# Scores in [0, 1]


def test_a_logit_becomes_a_probability_and_a_distance_one_minus_its_exponential() -> None:
    score = np.array([-np.log(3), 0, np.log(3)])
    assert probability("bce", score).tolist() == pytest.approx([0.25, 0.5, 0.75])
    distance = np.array([0, np.log(2), np.log(4)])
    assert probability("hsc", distance).tolist() == pytest.approx([0, 0.5, 0.75])
    assert probability("deepsad", distance).tolist() == pytest.approx([0, 0.5, 0.75])
    assert probability("focal", score).tolist() == pytest.approx([0.25, 0.5, 0.75])


def test_a_small_distance_keeps_its_digits_and_a_large_one_stays_within_one() -> None:
    found = probability("hsc", np.array([1e-12, 1e4], dtype=np.float32))
    assert found[0] == pytest.approx(1e-12, rel=1e-6)
    assert found[1] == 1.0


# Panels


@pytest.mark.trains
def test_there_is_a_panel_for_each_pool_and_objective_in_the_studys_order(study: Study) -> None:
    found = panels(study.runs, study.caches["toy"])
    assert [(panel.oe, panel.objective) for panel in found] == [
        ("toy-uniform", "bce"),
        ("toy-uniform", "hsc"),
        ("toy-blobs", "bce"),
        ("toy-blobs", "hsc"),
    ]


@pytest.mark.trains
def test_a_panel_shows_the_first_seed_over_the_test_points(study: Study) -> None:
    turned = study.runs.iloc[::-1]
    for panel in panels(turned, study.caches["toy"]):
        group = study.only(oe=panel.oe, objective=panel.objective)
        (first,) = group[group["seed"] == 1].to_dict("records")
        with h5py.File(first["path"]) as file:
            assert np.array_equal(panel.score, file[first["group"]]["score"][:])
        assert np.array_equal(panel.points, coordinates(study.caches["toy"].images("test")))
        assert panel.label.tolist() == [0] * 512 + [1] * 2372


@pytest.mark.trains
def test_the_note_is_the_mean_over_the_seeds(study: Study) -> None:
    runs = study.only(oe="toy-blobs", objective="hsc").copy()
    runs["miss95"] = [0.25, 0.125]
    (panel,) = panels(runs, study.caches["toy"])
    # (25 + 12.5) / 2 is 18.75; the deviation (n - 1) is 12.5 / sqrt(2), a standard error of 6.25.
    assert panel.note == "far points called normal: 18.8 ± 6.2 %"


@pytest.mark.trains
@pytest.mark.parametrize("status", ["collapsed", "diverged"])
def test_of_a_failed_first_seed_the_next_is_shown(study: Study, status: str) -> None:
    runs = study.only(oe="toy-blobs", objective="hsc").copy()
    runs.loc[runs["seed"] == 1, "status"] = status
    (panel,) = panels(runs, study.caches["toy"])
    (second,) = runs[runs["seed"] == 2].to_dict("records")
    with h5py.File(second["path"]) as file:
        assert np.array_equal(panel.score, file[second["group"]]["score"][:])
    assert panel.note == f"far points called normal: {100 * runs['miss95'].iloc[1]:.1f} %"


@pytest.mark.trains
def test_a_method_without_oe_images_has_no_panel(study: Study) -> None:
    runs = study.runs.copy()
    runs.loc[runs["objective"] == "bce", ["oe", "objective"]] = [None, "kde"]
    found = panels(runs, study.caches["toy"])
    assert {panel.objective for panel in found} == {"hsc"}


@pytest.mark.trains
def test_training_points_are_the_normal_class_and_the_whole_pool(study: Study) -> None:
    normal, outliers = training_points(study.caches["toy"], study.caches["toy-blobs"], 0)
    assert normal.shape == outliers.shape == (1024, 2)
    assert np.abs(normal).max() < 1.5  # the normal blob, 0.3 wide
    assert np.array_equal(outliers, coordinates(study.caches["toy-blobs"].images("train")))


# The figure


@pytest.mark.trains
def test_a_row_for_each_pool_and_a_column_for_the_points_and_each_objective(study: Study) -> None:
    figure, _ = draw(study.runs, study.caches, SPEC.objectives, "below")
    grid = grid_of(figure)
    assert grid.shape == (2, 3)
    titles = ["training data", "supervised OE (bce)", "unsupervised OE (hsc)"]
    assert [axes.get_title() for axes in grid[0]] == titles
    assert [line[0].get_ylabel() for line in grid] == ["ideal", "skewed"]
    assert {axes.get_xlim() for axes in grid.flat} == {(-4.0, 4.0)}
    assert {axes.get_ylim() for axes in grid.flat} == {(-2.5, 2.5)}
    assert {axes.get_aspect() for axes in grid.flat} == {1.0}  # as long in x as in y
    assert len(figure.axes) == 7  # with the colour bar


@pytest.mark.trains
def test_the_first_column_has_the_points_of_its_row(study: Study) -> None:
    figure, _ = draw(study.runs, study.caches, SPEC.objectives, "below")
    for axes, pool in zip(grid_of(figure)[:, 0], POOLS, strict=True):
        points = [np.asarray(each.get_offsets()) for each in axes.collections]
        normal, outliers = training_points(study.caches["toy"], study.caches[pool], 0)
        assert all(isinstance(each, PathCollection) for each in axes.collections)
        assert np.array_equal(points[0], outliers)
        assert np.array_equal(points[1], normal)  # on top


@pytest.mark.trains
def test_a_panel_has_its_scores_as_colours_and_the_limit_of_the_normal_points(
    study: Study,
) -> None:
    figure, _ = draw(study.runs, study.caches, SPEC.objectives, "below")
    found = panels(study.runs, study.caches["toy"])
    for axes, panel in zip(grid_of(figure)[:, 1:].flat, found, strict=True):
        colours, line = contours(axes)
        assert (colours.zmin, colours.zmax) == pytest.approx(
            tuple(np.quantile(probability(panel.objective, panel.score), [0, 1])), abs=1e-8
        )
        assert line.levels.tolist() == [normal_limit(panel.score[:512])]
        assert (panel.score[:512] <= line.levels[0]).mean() >= 0.95
        assert panel.note in [text.get_text() for text in axes.texts]


def test_scores_that_are_exactly_one_are_coloured_too() -> None:
    x, y = (each.ravel() for each in np.meshgrid(np.linspace(-4, 4, 9), np.linspace(-2, 2, 9)))
    score = np.where(x > 0, 1e4, -1e4)
    panel = Panel("things", "bce", np.stack([x, y], axis=1), score, (x > 0).astype(int), "note")
    assert probability("bce", score).max() == 1
    colours = draw_scores(plt.figure().subplots(), panel)
    for place in ((-3.5, 0.1), (3.5, 0.1)):
        assert any(path.contains_point(place) for path in colours.get_paths()), place


def test_in_grey_too_scores_are_told_apart_and_normal_points_from_outliers() -> None:
    colours = plt.get_cmap(SCORES)(np.linspace(0, 1, 20))[:, :3]
    assert (np.diff(colours @ [0.299, 0.587, 0.114]) > 0).all()  # ITU-R BT.601's luminance
    assert NORMAL["marker"] != OUTLIER["marker"]


# Several recipes


def of_two_recipes(study: Study) -> pd.DataFrame:
    """The runs, and as many of another recipe of which other shares are called normal."""
    other = study.runs.assign(recipe="toy_sigmoid", miss95=0.0)
    other.loc[other["objective"] == "hsc", "miss95"] = [0.25, 0.125] * 2
    return pd.concat([other, study.runs], ignore_index=True)


@pytest.mark.trains
def test_of_two_recipes_the_studys_first_is_drawn_and_the_caption_has_the_others_shares(
    study: Study, tmp_path: Path
) -> None:
    paths = write_toy_figure(of_two_recipes(study), SPEC, folder_of(study), tmp_path / "toy")
    alone = write_toy_figure(study.runs, SPEC, folder_of(study), tmp_path / "alone")
    assert paths[0].read_text() == alone[0].read_text()
    text = svg_text(paths[2])
    assert (
        "Recipe toy is drawn, and not toy_sigmoid (two layers for points of the plane and a "
        "sigmoid behind them, as in the authors' network), whose shares are: ideal, bce 0.0 ± "
        "0.0 %; ideal, hsc 18.8 ± 6.2 %; skewed, bce 0.0 ± 0.0 %; skewed, hsc 18.8 ± 6.2 %."
    ) in text
    assert "is drawn" not in svg_text(alone[2])


@pytest.mark.trains
def test_as_long_as_the_first_recipe_has_no_runs_the_next_is_drawn(
    study: Study, tmp_path: Path
) -> None:
    other = study.runs.assign(recipe="toy_sigmoid")
    paths = write_toy_figure(other, SPEC, folder_of(study), tmp_path / "toy")
    assert len(pd.read_csv(paths[0])) == 4 * 2884
    assert "is drawn" not in svg_text(paths[2])


# Studies that are not finished


@pytest.mark.trains
def test_a_study_without_one_of_its_objectives_is_still_drawn(study: Study) -> None:
    figure, data = draw(study.without(objective="bce"), study.caches, SPEC.objectives, "below")
    assert grid_of(figure).shape == (2, 2)
    assert set(data["objective"]) == {"hsc"}
    assert len(data) == 2 * 2884


@pytest.mark.trains
def test_a_study_without_one_of_its_pools_is_still_drawn(study: Study) -> None:
    figure, _ = draw(study.without(oe="toy-uniform"), study.caches, SPEC.objectives, "below")
    grid = grid_of(figure)
    assert grid.shape == (1, 3)
    assert grid[0, 0].get_ylabel() == "skewed"


@pytest.mark.trains
@pytest.mark.parametrize("oe", POOLS)
def test_a_missing_panel_leaves_its_place_empty_and_the_others_where_they_are(
    study: Study, oe: str
) -> None:
    figure, _ = draw(study.without(oe=oe, objective="bce"), study.caches, SPEC.objectives, "below")
    grid = grid_of(figure)
    drawn = [[bool(contours(axes)) for axes in line[1:]] for line in grid]
    titles = [axes.get_title() for axes in grid[0, 1:]]
    assert titles == ["supervised OE (bce)", "unsupervised OE (hsc)"]
    assert drawn == [[pool != oe, True] for pool in POOLS]


@pytest.mark.trains
def test_a_study_of_which_all_runs_failed_is_drawn_without_panels(
    study: Study, tmp_path: Path
) -> None:
    paths = write_toy_figure(study.failed("diverged"), SPEC, folder_of(study), tmp_path / "toy")
    assert paths[0].read_text().strip() == ""
    assert "0 of 8 runs are shown; 8 diverged and are left out" in svg_text(paths[2])


# The files


def svg_text(path: Path) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", path.read_text(encoding="utf-8")))


@pytest.mark.trains
def test_the_figure_comes_with_its_data_and_in_three_formats(study: Study, tmp_path: Path) -> None:
    paths = write_toy_figure(study.runs, SPEC, folder_of(study), tmp_path / "new/toy")
    assert [path.name for path in paths] == ["toy.csv", "toy.pdf", "toy.svg", "toy.png"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(
        path.name for path in paths
    )
    data = pd.read_csv(paths[0])
    assert [*data.columns] == ["oe", "objective", "x", "y", "anomaly", "score"]
    assert data.groupby(["oe", "objective"]).size().tolist() == [2884] * 4
    assert data["anomaly"].sum() == 4 * 2372
    first = panels(study.runs, study.caches["toy"])[0]
    assert np.allclose(data[["x", "y"]][:2884], first.points, atol=5e-5)
    assert np.allclose(data["score"][:2884], first.score, atol=5e-5)


@pytest.mark.trains
def test_the_caption_says_what_the_figure_rests_on(study: Study, tmp_path: Path) -> None:
    runs = study.failed("collapsed", oe="toy-blobs", objective="hsc")
    runs = runs.drop(study.only(oe="toy-uniform", objective="bce").index[1])
    write_toy_figure(runs, SPEC, folder_of(study), tmp_path / "toy")
    text = svg_text(tmp_path / "toy.svg")
    assert "Normal and test images: toy; OE images: toy-blobs, toy-uniform" in text
    assert "1 normal class, 2 seeds, 2 epochs" in text
    assert "5 of 8 runs are shown; 2 collapsed and are left out; 1 is not finished" in text


@pytest.mark.trains
def test_the_same_runs_give_the_same_bytes_on_another_day(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {}
    for day in (0, 400):
        # Matplotlib takes the date that it writes into a file from here.
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(86_400 * day))
        paths = write_toy_figure(study.runs, SPEC, folder_of(study), tmp_path / str(day) / "toy")
        files[day] = {path.suffix: path.read_bytes() for path in paths}
    assert [suffix for suffix in files[0] if files[0][suffix] != files[400][suffix]] == []
    assert plt.get_fignums() == []
