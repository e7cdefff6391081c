"""Curves: the numbers behind them by hand, the axes, and files that are the same every time."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from curve_cases import (
    BASELINE,
    BETTER,
    NORMS,
    PETS,
    SPEC,
    SWEPT,
    lines,
    marker,
    runs_of,
    table,
    text_of,
)
from matplotlib.colors import to_hex

from oebench.artifacts.manifest import StudyManifest
from oebench.registry import METHODS
from oebench.reporting.curve import (
    curve_data,
    style_at,
    style_of,
    tick_labels,
    write_curve,
)
from oebench.reporting.style import caption

# The numbers


def test_a_point_is_the_mean_over_classes_with_the_standard_error_over_seeds() -> None:
    data = curve_data(table(runs_of(PETS), runs_of(BETTER, oe_size=64)), SPEC)
    assert list(data.columns) == ["line", "objective", "oe_size", "auroc", "standard_error", "runs"]
    assert data["line"].tolist() == ["hsc", "hsc"]
    assert data["oe_size"].tolist() == [16, 64]
    assert data["auroc"].tolist() == pytest.approx([73.5, 93.0])
    assert data["standard_error"].tolist() == pytest.approx([3.5, 1.0])
    assert data["runs"].tolist() == [4, 4]


def test_points_stand_in_the_order_of_the_axis_whatever_the_order_of_the_runs() -> None:
    sizes = [64, 1, 1024, 16]
    data = curve_data(table(*(runs_of(PETS, oe_size=size) for size in sizes)), SPEC)
    assert data["oe_size"].tolist() == [1, 16, 64, 1024]


def test_failed_runs_are_left_out_of_the_points() -> None:
    runs = table(runs_of({(0, 1): 0.8, (0, 2): 0.9}), runs_of({(0, 3): 0.1}, status="collapsed"))
    (point,) = curve_data(runs, SPEC).to_dict("records")
    assert (point["auroc"], point["standard_error"]) == pytest.approx((85.0, 5.0))
    assert point["runs"] == 2


def test_another_metric_is_drawn_under_its_name(axes: Any) -> None:
    spec = SPEC.model_copy(update={"metric": "miss95"})
    runs = table(runs_of(PETS)).assign(miss95=[0.1, 0.2, 0.3, 0.5])
    (point,) = curve_data(runs, spec).to_dict("records")
    assert "auroc" not in point
    # Class means of the seeds: (10 + 30) / 2 = 20 and (20 + 50) / 2 = 35.
    assert (point["miss95"], point["standard_error"]) == pytest.approx((27.5, 7.5))
    drawn = axes(runs, spec)
    assert drawn.get_ylabel() == "mean share of anomalies called normal [%]"
    assert drawn.get_lines()[0].get_ydata().tolist() == pytest.approx([27.5])


def test_what_else_is_swept_makes_lines_of_its_own() -> None:
    spec = SPEC.model_copy(update={"swept": ("oe_size", "norm")})
    runs = table(*(runs_of(PETS, norm=norm) for norm in ("l1", "l2")))
    assert curve_data(runs, spec)["line"].tolist() == ["hsc, norm l1", "hsc, norm l2"]


# The figure


def test_the_line_and_its_band_show_mean_and_one_standard_error(axes: Any) -> None:
    drawn = axes(table(runs_of(PETS), runs_of(BETTER, oe_size=64)))
    (line,) = drawn.get_lines()
    assert line.get_label() == "hsc"
    assert line.get_xdata().tolist() == [16, 64]
    assert line.get_ydata().tolist() == pytest.approx([73.5, 93.0])
    (band,) = drawn.collections
    corners = {(x, round(float(y), 6)) for x, y in band.get_paths()[0].vertices}
    # 73.5 and 93.0, 3.5 and 1.0 up and down
    assert corners == {(16, 70.0), (16, 77.0), (64, 92.0), (64, 94.0)}


@pytest.mark.parametrize("key", ["oe_size", "oe_classes"])
def test_numbers_of_images_and_classes_stand_on_a_log_2_axis(axes: Any, key: str) -> None:
    spec = SPEC.model_copy(update={"curve": key, "swept": (key,)})
    drawn = axes(table(*(runs_of(PETS, **{key: n}) for n in (1, 4, 16))), spec)
    assert drawn.get_xscale() == "log"
    assert drawn.xaxis.get_transform().base == 2


def on(key: str) -> StudyManifest:
    return SPEC.model_copy(update={"curve": key, "swept": (key,)})


def ticks(axes: Any) -> list[str]:
    return [tick.get_text() for tick in axes.get_xticklabels()]


def test_blurs_stand_on_a_logarithmic_axis_that_begins_with_the_unblurred_images(axes: Any) -> None:
    blurs = [32.0, 0.0, 1.0, 8.0]
    drawn = axes(table(*(runs_of(PETS, blur=blur) for blur in blurs)), on("blur"))
    assert drawn.get_xscale() == "symlog"
    assert drawn.get_xticks().tolist() == [0, 1, 8, 32]
    assert ticks(drawn) == ["0", "1", "8", "32"]
    assert drawn.get_xlabel() == "standard deviation of the OE blur [pixels]"
    (line,) = drawn.get_lines()
    assert line.get_xdata().tolist() == [0, 1, 8, 32]
    # Beyond 1 each doubling is as wide as any other: 8 = 2 ** 3 and 32 = 2 ** 5 are two apart.
    place = drawn.transData.transform([(x, 73.5) for x in (0, 1, 2, 4, 8, 32)])[:, 0]
    doubling = place[2] - place[1]
    assert np.isfinite(place).all()
    assert place[1] - place[0] > 0
    assert np.diff(place)[1:] == pytest.approx([doubling, doubling, doubling, 2 * doubling])


def test_blurs_below_a_pixel_stand_on_a_plain_axis(axes: Any) -> None:
    drawn = axes(table(*(runs_of(PETS, blur=blur) for blur in (0.0, 0.5, 1.0))), on("blur"))
    assert drawn.get_xscale() == "linear"
    assert drawn.get_xticks().tolist() == [0, 0.5, 1]


def test_other_keys_stand_on_a_plain_axis_with_a_tick_for_each_value(axes: Any) -> None:
    focal = (runs_of(PETS, objective="focal", gamma=gamma) for gamma in (0.0, 0.5, 4.0))
    drawn = axes(table(*focal), on("gamma"))
    assert drawn.get_xscale() == "linear"
    assert drawn.get_xticks().tolist() == [0, 0.5, 4]
    assert drawn.get_xlabel() == "focusing parameter gamma"


def test_every_size_is_a_tick_with_its_number(axes: Any) -> None:
    sizes = [1, 3, 64, 2600]
    drawn = axes(table(*(runs_of(PETS, oe_size=size) for size in sizes)))
    assert drawn.get_xticks().tolist() == sizes
    assert ticks(drawn) == ["1", "3", "64", "2600"]


def test_the_largest_sizes_of_the_paper_are_written_out(axes: Any) -> None:
    drawn = axes(table(*(runs_of(PETS, oe_size=2**power) for power in (20, 21))))
    assert ticks(drawn) == ["1048576", "2097152"]


def test_of_many_sizes_every_second_is_written_as_a_power_of_two(axes: Any) -> None:
    drawn = axes(table(*(runs_of(PETS, oe_size=2**power) for power in range(22))))
    assert drawn.get_xticks().tolist() == [2**power for power in range(22)]
    assert ticks(drawn) == [f"$2^{{{power}}}$" * (power % 2 == 0) for power in range(22)]
    written = [tick.get_window_extent() for tick in drawn.get_xticklabels() if tick.get_text()]
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(written))


def test_up_to_ten_sizes_are_numbers() -> None:
    powers = [2.0**power for power in range(11)]
    assert tick_labels(powers[:10]) == [str(2**power) for power in range(10)]
    assert tick_labels(powers)[-2:] == ["", "$2^{10}$"]


def test_the_size_of_a_pool_that_is_no_power_of_two_is_not_taken_for_one() -> None:
    assert tick_labels([2.0**power for power in range(10)] + [600.0])[-1] in ("", "600")


def test_many_sizes_none_of_which_is_a_power_of_two_have_numbers_all_the_same() -> None:
    sizes = [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0, 20000.0]
    assert any(tick_labels(sizes))


def test_the_axes_say_what_they_show(axes: Any) -> None:
    drawn = axes(table(runs_of(PETS)))
    assert (drawn.get_xlabel(), drawn.get_ylabel()) == ("number of OE images", "mean AUROC [%]")


def test_a_baseline_without_oe_is_a_level_line_over_the_whole_axis(axes: Any) -> None:
    runs = table(runs_of(PETS), runs_of(PETS, oe_size=64), runs_of(BETTER, **BASELINE))
    drawn = axes(runs)
    level = lines(drawn)["dsvdd (no OE)"]
    assert level.get_ydata() == pytest.approx([93.0, 93.0])
    assert level.get_transform() == drawn.get_yaxis_transform()  # from edge to edge
    assert list(level.get_xdata()) == [0, 1]
    assert drawn.get_xticks().tolist() == [16, 64]  # it adds no tick


def test_a_baseline_without_oe_is_a_level_line_on_an_axis_of_blurs_too(axes: Any) -> None:
    spec = SPEC.model_copy(update={"curve": "blur", "swept": ("blur",)})
    sharp = runs_of(PETS, blur=1.0)
    runs = table(sharp, runs_of(PETS, blur=4.0), runs_of(BETTER, **BASELINE))
    assert "dsvdd (no OE)" in lines(axes(runs, spec))


def test_every_line_is_named_and_objectives_differ_in_colour_marker_and_dashes(axes: Any) -> None:
    names = ("hsc", "deepsad", "bce", "focal", "dsvdd", "isolation_forest", "one_class_svm", "kde")
    drawn = axes(table(*(runs_of(PETS, objective=name) for name in reversed(names))))
    assert [text.get_text() for text in drawn.get_legend().get_texts()] == [*names]
    assert distinct(drawn.get_lines()) == (8, 8, 8)


def distinct(lines: Sequence[Any]) -> tuple[int, int, int]:
    """How many colours, markers and dashes lines have."""
    # Matplotlib names all dashes of one's own alike, and has no other way to ask for them.
    dashes = {str(line._unscaled_dash_pattern) for line in lines}
    return len({line.get_color() for line in lines}), len({*map(marker, lines)}), len(dashes)


@pytest.mark.parametrize(("norms", "augments"), [(3, 1), (4, 2)])
def test_several_lines_of_one_objective_differ_in_colour_marker_and_dashes(
    axes: Any, norms: int, augments: int
) -> None:
    lines = itertools.product(NORMS[:norms], (False, True)[:augments])
    runs = table(*(runs_of(PETS, norm=norm, augment=augment) for norm, augment in lines))
    count = norms * augments
    assert distinct(axes(runs, SWEPT).get_lines()) == (count, count, count)


def test_more_lines_than_colours_differ_in_two_of_three() -> None:
    looks = [style_at(place) for place in range(64)]
    for one, other in itertools.combinations(looks, 2):
        assert one["color"] != other["color"] or one["linestyle"] != other["linestyle"]
    assert [style_of(name) for name in METHODS] == looks[: len(METHODS)]


def test_the_edges_of_a_band_have_the_dashes_of_its_line(axes: Any) -> None:
    names = ("hsc", "deepsad", "bce", "focal")
    drawn = axes(table(*(runs_of(PETS, objective=name) for name in names)))
    bands = drawn.collections
    assert len({str(band.get_linestyle()) for band in bands}) == 4
    for line, band in zip(drawn.get_lines(), bands, strict=True):
        assert to_hex(band.get_edgecolor()[0]) == line.get_color().lower()
        assert 0 < band.get_linewidth()[0] < line.get_linewidth()


SIX = ("hsc", "deepsad", "bce", "focal", "isolation_forest", "kde")


def test_errors_of_many_lines_are_bars_beside_one_another_of_the_same_length(axes: Any) -> None:
    runs = (runs_of(PETS, objective=n) + runs_of(BETTER, objective=n, oe_size=64) for n in SIX)
    drawn = axes(table(*runs))
    assert len(drawn.collections) == 6
    places = []
    for line, bars in zip(drawn.get_lines(), drawn.collections, strict=True):
        assert line.get_xdata().tolist() == [16, 64]
        ends = [bar.vertices[:, 1].tolist() for bar in bars.get_paths()]
        assert ends == [pytest.approx([70.0, 77.0]), pytest.approx([92.0, 94.0])]
        assert bars.get_transform() == line.get_transform()
        places.append(line.get_transform().transform((16, 73.5)))
    apart = np.diff(places, axis=0)
    assert (apart[:, 0] > 0).all()
    assert apart[:, 1] == pytest.approx(0)
    middle = np.mean(places, axis=0)
    assert middle == pytest.approx(drawn.transData.transform((16, 73.5)))
    low, high = drawn.get_ylim()
    assert (low < 70.0, high > 94.0) == (True, True)
    assert drawn.get_xlim()[0] < 16 < 64 < drawn.get_xlim()[1]


def test_names_of_many_lines_stand_beside_the_axes(axes: Any) -> None:
    drawn = axes(table(*(runs_of(PETS, objective=name) for name in SIX)))
    legend, place = drawn.get_legend().get_window_extent(), drawn.get_window_extent()
    assert legend.x0 >= place.x1
    assert legend.x1 <= drawn.figure.bbox.x1
    few = axes(table(*(runs_of(PETS, objective=name) for name in SIX[:5])))
    assert few.get_legend().get_window_extent().x1 <= few.get_window_extent().x1


@pytest.mark.parametrize(
    ("count", "said"), [(5, "band: one standard error"), (6, "bars and bands: one")]
)
def test_the_text_below_says_how_errors_are_drawn(tmp_path: Path, count: int, said: str) -> None:
    write_curve(table(*(runs_of(PETS, objective=n) for n in SIX[:count])), SPEC, tmp_path / "s")
    assert said in text_of(tmp_path / "s.svg")


def test_long_names_of_many_lines_leave_the_axes_their_width(axes: Any) -> None:
    def width(count: int, name: str) -> float:
        lines = (runs_of(PETS, objective="bce", recipe=f"{name}{n}") for n in range(count))
        spec = SPEC.model_copy(update={"swept": ("oe_size", "recipe")})
        return float(axes(table(*lines), spec).get_window_extent().width)

    assert width(8, "cifar10~batch=256~epochs=200~learning_rate=0.001") > 0.8 * width(4, "a")


def test_levels_without_oe_have_a_marker_at_both_ends(axes: Any) -> None:
    names = ("dsvdd", "isolation_forest", "one_class_svm", "kde")
    runs = (runs_of(BETTER, **BASELINE | {"objective": name}) for name in names)
    drawn = axes(table(runs_of(PETS), *runs)).get_lines()[1:]
    assert distinct(drawn) == (4, 4, 4)
    for line in drawn:
        assert list(line.get_xdata()) == [0, 1]
        assert marker(line) not in ("", "None")
        assert not line.get_clip_on()


# The files


def test_a_curve_comes_with_its_data_and_in_three_formats(tmp_path: Path) -> None:
    runs = table(runs_of(PETS), runs_of(BETTER, oe_size=64))
    paths = write_curve(runs, SPEC, tmp_path / "new/s")
    assert [path.name for path in paths] == ["s.csv", "s.pdf", "s.svg", "s.png"]
    assert paths[0].read_text() == (
        "line,objective,oe_size,auroc,standard_error,runs\n"
        "hsc,hsc,16,73.5000,3.5000,4\n"
        "hsc,hsc,64,93.0000,1.0000,4\n"
    )
    starts = [path.read_bytes()[:8] for path in paths[1:]]
    assert starts[0].startswith(b"%PDF-")
    assert starts[1].startswith(b"<?xml")
    assert starts[2] == b"\x89PNG\r\n\x1a\n"
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == sorted(
        path.name for path in paths
    )


def test_a_figure_says_what_its_numbers_rest_on(tmp_path: Path) -> None:
    runs = table(runs_of(PETS), runs_of(PETS, oe_size=64, status="collapsed"))
    write_curve(runs, SPEC.model_copy(update={"expected": 10}), tmp_path / "s")
    text = text_of(tmp_path / "s.svg")
    assert "OE images: things" in text
    assert "4 of 10 runs are shown; 4 collapsed and are left out; 2 are not finished" in text


def test_what_it_rests_on_stands_small_below_the_figure_in_lines(axes: Any) -> None:
    figure = axes(table(runs_of(PETS))).figure
    caption(figure, "four of four runs are shown " * 5, 60)
    lines = figure.get_supxlabel().split("\n")
    assert " ".join(lines) == ("four of four runs are shown " * 5).strip()
    assert max(map(len, lines)) <= 60
    figure.canvas.draw()
    small, label = figure.texts[-1], figure.axes[0].xaxis.label
    assert small.get_window_extent().y1 <= label.get_window_extent().y0
    assert small.get_fontsize() < label.get_fontsize()


def test_sizes_in_the_data_are_whole_numbers_beside_a_baseline(tmp_path: Path) -> None:
    write_curve(table(runs_of(PETS), runs_of(BETTER, **BASELINE)), SPEC, tmp_path / "s")
    assert (tmp_path / "s.csv").read_text().splitlines()[1:] == [
        "dsvdd,dsvdd,,93.0000,1.0000,4",
        "hsc,hsc,16,73.5000,3.5000,4",
    ]


def test_the_same_runs_give_the_same_bytes_on_another_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = table(runs_of(PETS), runs_of(BETTER, oe_size=64), runs_of(PETS, **BASELINE))
    files = {}
    for day in (0, 400):
        # Matplotlib takes the date that it writes into a file from here.
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(86_400 * day))
        paths = write_curve(runs, SPEC, tmp_path / str(day) / "s")
        files[day] = {path.suffix: path.read_bytes() for path in paths}
        runs = runs.sample(frac=1, random_state=0)  # the order of the rows does not matter
    assert [suffix for suffix in files[0] if files[0][suffix] != files[400][suffix]] == []


def test_drawing_leaves_no_figure_open(tmp_path: Path) -> None:
    write_curve(table(runs_of(PETS)), SPEC, tmp_path / "s")
    assert plt.get_fignums() == []


def test_one_point_with_one_seed_is_drawn_without_an_error(axes: Any) -> None:
    (line,) = axes(table(runs_of({(0, 1): 0.8}))).get_lines()
    assert line.get_ydata().tolist() == [80.0]
    assert np.isfinite(line.axes.get_ylim()).all()
