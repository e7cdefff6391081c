"""The figure of a look at one run: its sentences, its images, and runs gone wrong."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from run_cases import BASELINE, CLASSES, PETS, RUN, written

from oebench.artifacts import cache_writer
from oebench.artifacts.cache import Cache
from oebench.reporting import run_figure
from oebench.reporting.run_figure import draw, write_run_figure

Made = Callable[..., tuple[Path, Path]]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """Writes a scores file and the cache of its images; returns their paths."""
    yield partial(written, tmp_path)
    plt.close("all")


def text_of(figure: Figure) -> str:
    """All that is written in a figure, its lines joined."""
    figure.canvas.draw()
    words = [each.get_text() for each in figure.findobj(plt.Text)]
    return re.sub(r"\s+", " ", " ".join(words))


def shown_images(figure: Figure) -> dict[str, np.ndarray]:
    """The strips of images by their title, (H, W, 3)."""
    drawn = [axes for axes in figure.findobj(plt.Axes) if axes.images]
    return {axes.get_title(loc="left"): axes.images[0].get_array() for axes in drawn}


# Sentences


def test_the_figure_says_which_run_it_is_and_what_it_rests_on(made: Made) -> None:
    given = made()
    text = text_of(draw(run_figure.read(*given), RUN.path))
    assert "hsc on pets, normal class cat, seed 1" in text
    assert f"Run {RUN.path}: status ok. 9 test images of pets, OE images: things, 16" in text
    assert "50 epochs." in text
    # Of 4 x 5 pairs, 10.5 and 2 are won; all anomalies are found from 0 on.
    assert "AUROC 62.5 %" in text
    assert "above which 100.0 % of the normal images are" in text
    assert "average precision is the share of anomalies, 55.6 %" in text


def test_a_run_without_oe_says_so(made: Made) -> None:
    run = replace(RUN, oe=None, oe_size=None, objective="dsvdd")
    assert "OE images: none. 50 epochs." in text_of(draw(run_figure.read(*made(run)), run.path))


def test_a_baseline_has_no_epochs(made: Made) -> None:
    given = made(BASELINE, recipe_resolved="{}")
    text = text_of(draw(run_figure.read(*given), BASELINE.path))
    assert "OE images: none. One run" in text
    assert "epochs" not in text


def test_a_run_of_steps_says_so(made: Made) -> None:
    given = made(recipe_resolved='{"epochs": 300, "steps": 400}')
    text = text_of(draw(run_figure.read(*given), RUN.path))
    assert "400 steps." in text
    assert "epochs" not in text


def test_of_vectors_all_but_images_is_shown(made: Made, tmp_path: Path) -> None:
    vectors = np.arange(1, 28, dtype=np.float16).reshape(9, 3)
    figure = draw(run_figure.read(*(given := made(images=vectors))), RUN.path)
    assert shown_images(figure) == {}
    titles = [axes.get_title().rstrip("0123456789. %") for axes in figure.findobj(plt.Axes)]
    assert titles == ["scores", "ROC, AUROC", "average precision", "by class"]
    assert "points of the plane" not in text_of(figure)
    assert all(path.stat().st_size > 100 for path in write_run_figure(*given, tmp_path / "look"))


def test_a_diverged_run_says_so_and_has_no_classes(made: Made, tmp_path: Path) -> None:
    given = made(score=[])
    assert "diverged: the loss is nan in epoch 2, step 1" in text_of(
        draw(run_figure.read(*given), RUN.path)
    )
    table, *figures = write_run_figure(*given, tmp_path / "look")
    assert table.read_text().strip() == ""
    assert all(path.stat().st_size > 1000 for path in figures)


@pytest.mark.parametrize("level", [0.0, 1.0, -2.5, 1e9])
@pytest.mark.filterwarnings("error")
def test_a_run_whose_scores_are_all_the_same_is_drawn(made: Made, level: float) -> None:
    given = made(score=[level] * 9, training=(level,) * 3)
    assert "status collapsed" in text_of(draw(run_figure.read(*given), RUN.path))


@pytest.mark.parametrize("level", [1.0, -2.5, 1e9])
@pytest.mark.filterwarnings("error")
def test_a_run_whose_scores_are_all_the_same_but_for_a_digit_is_drawn(
    made: Made, level: float
) -> None:
    last = float(np.nextafter(np.float32(level), np.float32(np.inf)))
    given = made(score=[*[level] * 8, last], training=(level,) * 3)
    assert "status collapsed" in text_of(draw(run_figure.read(*given), RUN.path))


def test_the_least_and_the_most_anomalous_images_stand_in_the_order_of_their_scores(
    made: Made,
) -> None:
    found = shown_images(draw(run_figure.read(*made()), RUN.path))
    greys = {title: strip[0, ::6, 0].tolist() for title, strip in found.items()}  # 5 wide, 1 white
    # Cats are the images 0, 2, 4, 7; the others 3 and 6, then by their scores 1, 5, 8.
    normal, anomaly = [0, 20, 40, 70], [30, 60, 10, 50, 80]
    assert greys == {
        "normal, least anomalous": normal,
        "normal, most anomalous": normal,
        "anomaly, least anomalous": anomaly,
        "anomaly, most anomalous": anomaly,
    }


def test_of_many_images_the_first_and_the_last_dozen_are_shown(made: Made) -> None:
    score = [*range(14, 0, -1), 0.5]
    found = shown_images(
        draw(run_figure.read(*made(score=score, classes=[0] * 14 + [1])), RUN.path)
    )
    least, most = (found[f"normal, {end} anomalous"][0, ::6, 0] for end in ("least", "most"))
    # The score of image 0 is the highest, 14, that of image 13 the lowest.
    assert least.tolist() == [*range(130, 10, -10)]
    assert most.tolist() == [*range(110, -10, -10)]


# Kinds of images


@pytest.mark.parametrize("channels", [1, 3])
def test_grey_and_colour_images_are_shown_as_they_are(made: Made, channels: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (9, channels, 4, 5), dtype=np.uint8)
    strip = shown_images(draw(run_figure.read(*made(images=images)), RUN.path))[
        "normal, least anomalous"
    ]
    assert strip.shape == (4, 4 * 6, 3)
    for place, row in enumerate((0, 2, 4, 7)):
        image = strip[:, 6 * place : 6 * place + 5]
        assert np.array_equal(image, np.broadcast_to(images[row].transpose(1, 2, 0), (4, 5, 3)))
        assert (strip[:, 6 * place + 5] == 255).all()


def test_of_larger_images_the_middle_is_shown(made: Made, tmp_path: Path) -> None:
    sizes = [(8, 9), (10, 7), (4, 5), (6, 5), (4, 7), (12, 5), (6, 7), (8, 5), (4, 9)]
    images = []
    for row, (height, width) in enumerate(sizes):  # white, in the middle 4 x 5 of one grey
        image = np.full((3, height, width), 255, dtype=np.uint8)
        top, left = (height - 4) // 2, (width - 5) // 2
        image[:, top : top + 4, left : left + 5] = 10 * row
        images.append(image)
    with cache_writer.create(tmp_path / "large.h5", PETS, {"image": (3, 4, 5)}) as writer:
        for split in ("train", "test"):
            writer.add_each(split, zip(images, CLASSES, strict=True), ragged=True)
    scores_file, member, _ = made(images_made_of={"pets": Cache(tmp_path / "large.h5").checksum})
    found = shown_images(
        draw(run_figure.read(scores_file, member, tmp_path / "large.h5"), RUN.path)
    )
    strip = found["anomaly, most anomalous"]
    assert strip.shape == (4, 5 * 6, 3)
    for place, row in enumerate((3, 6, 1, 5, 8)):
        assert (strip[:, 6 * place : 6 * place + 5] == 10 * row).all()


def test_points_of_the_plane_have_no_images_to_show(made: Made) -> None:
    figure = draw(run_figure.read(*made(images=np.zeros((9, 2, 1, 1), dtype=np.uint8))), RUN.path)
    assert shown_images(figure) == {}
    assert "points of the plane, no images" in text_of(figure)


def test_names_with_dollar_signs_are_no_formula(made: Made, tmp_path: Path) -> None:
    odd = ["$5_$10", "R&D 100%_x", "{a}^2 $", "bird"]
    file, member, cache = made(names=odd)
    _, *figures = write_run_figure(file, member, cache, tmp_path / "look")
    text = html.unescape(figures[1].read_text())
    for name in odd[:3]:
        assert name in text


# What colours say


def test_normal_images_and_anomalies_are_told_apart_without_colours(made: Made) -> None:
    figure = draw(run_figure.read(*made()), RUN.path)
    figure.canvas.draw()
    histogram, classes = (
        next(axes for axes in figure.findobj(plt.Axes) if axes.get_title() == title)
        for title in ("scores", "by class")
    )
    handles, labels = histogram.get_legend_handles_labels()
    areas = {
        label: (bool(handle.get_hatch()), handle.get_fill())
        for handle, label in zip(handles, labels, strict=True)
    }
    assert areas == {
        "normal": (False, True),
        "anomaly": (True, True),
        "normal, training": (False, False),
    }
    names = [tick.get_text() for tick in classes.get_yticklabels()]
    hatched = {
        names[round(bar.get_y() + bar.get_height() / 2)]: bool(bar.get_hatch())
        for bar in classes.patches
    }
    assert hatched == {"cat": False, "dog": True, "cow": True}
