"""A look at one run: its classes by hand, the files, and files that do not belong."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from run_cases import RUN, grey, written

from oebench.artifacts import scores
from oebench.artifacts.checksums import path_of
from oebench.reporting import run_figure
from oebench.reporting.run_figure import Looked, by_class, write_run_figure

Made = Callable[..., tuple[Path, str, Path]]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """Writes a scores file and the cache of its images; returns their paths."""
    yield partial(written, tmp_path)
    plt.close("all")


def rows(run: Looked) -> dict[str, tuple[Any, ...]]:
    """Of each class: anomaly, images, called anomalous, mean score, AUROC."""
    return {row[0]: row[1:] for row in by_class(run).itertuples(index=False, name=None)}


# By class


def test_a_class_has_its_images_its_mean_and_its_auroc_against_the_normal_images(
    made: Made,
) -> None:
    found = rows(run_figure.read(*made()))
    assert list(found) == ["cat", "dog", "cow"]
    # Cats 0, 1, 2, 3: 95 % of 4 are all of them, the limit is 3.
    assert found["cat"][:4] == (0, 4, 0.0, 1.5)
    assert np.isnan(found["cat"][4])
    # Dogs 2, 4, 5: two above 3. Of 12 pairs 4 and 5 win 4 each, 2 wins 2 and ties 1: 10.5.
    assert found["dog"] == pytest.approx((1, 3, 200 / 3, 11 / 3, 100 * 10.5 / 12))
    # Cows 0, 1: of 8 pairs 0 ties 1, 1 wins 1 and ties 1: 2.
    assert found["cow"] == pytest.approx((1, 2, 0.0, 0.5, 25.0))


def test_of_twenty_normal_images_one_may_be_called_anomalous(made: Made) -> None:
    # The limit is the 19th, 18: the cat of 19 lies above, a dog of 18 does not.
    score, classes = [*map(float, range(20)), 18.0, 18.5], [0] * 20 + [1] * 2
    found = rows(run_figure.read(*made(score=score, classes=classes)))
    assert found["cat"][2] == pytest.approx(5.0)
    assert found["dog"][2] == pytest.approx(50.0)


def test_an_auroc_of_zero_is_a_number(made: Made) -> None:
    found = rows(run_figure.read(*made(score=[3.0, 4.0, 1.0, 2.0], classes=[0, 0, 1, 1])))
    assert found["dog"][4] == 0.0


def test_another_normal_class_stands_in_its_own_place(made: Made) -> None:
    found = rows(run_figure.read(*made(replace(RUN, normal_class=2))))
    # Cows 0 and 1 are normal, the limit is 1; of the cats 0, 1, 2, 3 half lie above.
    assert [found[name][0] for name in ("cat", "dog", "cow")] == [1, 1, 0]
    assert found["cat"][2] == 50.0
    assert np.isnan(found["cow"][4])


# The files


def test_a_look_is_a_table_of_classes_and_a_figure_in_three_formats(
    made: Made, tmp_path: Path
) -> None:
    paths = write_run_figure(*made(), tmp_path / "new/look")
    assert [path.name for path in paths] == ["look.csv", "look.pdf", "look.svg", "look.png"]
    assert paths[0].read_text() == (
        "class,anomaly,images,called_anomalous,mean_score,auroc\n"
        "cat,0,4,0.0000,1.5000,\n"
        "dog,1,3,66.6667,3.6667,87.5000\n"
        "cow,1,2,0.0000,0.5000,25.0000\n"
    )
    starts = [path.read_bytes()[:8] for path in paths[1:]]
    assert starts[0].startswith(b"%PDF-")
    assert starts[1].startswith(b"<?xml")
    assert starts[2] == b"\x89PNG\r\n\x1a\n"
    assert len([*(tmp_path / "new").iterdir()]) == 4
    assert plt.get_fignums() == []


def test_the_same_run_gives_the_same_bytes_on_another_day(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, files = made(), {}
    for day in (0, 400):
        # Matplotlib takes the date that it writes into a file from here.
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(86_400 * day))
        paths = write_run_figure(*given, tmp_path / str(day) / "look")
        files[day] = {path.suffix: path.read_bytes() for path in paths}
    assert [suffix for suffix in files[0] if files[0][suffix] != files[400][suffix]] == []


# Files that do not belong


def test_a_cache_with_other_images_is_refused(made: Made, tmp_path: Path) -> None:
    scores_file, member, cache = made()
    other = tmp_path / "other"
    other.mkdir()
    _, _, wrong = written(other, images=grey(9) + 1)
    with pytest.raises(ValueError, match="does not hold the images that") as error:
        write_run_figure(scores_file, member, wrong, tmp_path / "look")
    assert str(error.value) == (
        f"{wrong} does not hold the images that {scores_file} was scored on; make the run again"
    )
    assert [*tmp_path.glob("look*")] == []
    write_run_figure(scores_file, member, cache, tmp_path / "look")


def test_the_same_images_in_a_cache_elsewhere_are_not_refused(made: Made, tmp_path: Path) -> None:
    scores_file, member, _ = made()
    (tmp_path / "elsewhere").mkdir()
    _, _, cache = written(tmp_path / "elsewhere")
    assert len(run_figure.read(scores_file, member, cache).score) == 9


def test_a_file_that_is_no_scores_file_is_refused(made: Made, tmp_path: Path) -> None:
    _, member, cache = made()
    (tmp_path / "text.h5").write_text("not HDF5")
    with pytest.raises(ValueError, match=r"text\.h5 is damaged, or of"):
        write_run_figure(tmp_path / "text.h5", member, cache, tmp_path / "look")
    with pytest.raises(ValueError, match=r"pets\.h5 has no run normal_class=0/seed=1"):
        write_run_figure(cache, member, cache, tmp_path / "look")
    with pytest.raises(ValueError, match=r"there is no file .*missing\.h5"):
        write_run_figure(tmp_path / "missing.h5", member, cache, tmp_path / "look")


def test_a_file_that_is_no_cache_is_refused(made: Made, tmp_path: Path) -> None:
    scores_file, member, cache = made()
    path_of(cache).rename(path_of(scores_file))
    with pytest.raises(ValueError, match=r"all\.h5 is not a cache"):
        write_run_figure(scores_file, member, scores_file, tmp_path / "look")


def test_a_scores_file_without_scores_of_training_images_is_refused(
    made: Made, tmp_path: Path
) -> None:
    # As they were made before training images were scored.
    scores_file, member, cache = made()
    attributes, arrays = scores.read(scores_file, member, *scores.NAMES[:-1])
    scores.write(scores_file, member, arrays, attributes)
    with pytest.raises(ValueError, match="train_score"):
        write_run_figure(scores_file, member, cache, tmp_path / "look")


def test_a_scores_file_at_a_place_that_names_no_run_is_refused(made: Made, tmp_path: Path) -> None:
    scores_file, member, cache = made()
    with pytest.raises(ValueError, match="does not name a run"):
        write_run_figure(scores_file.rename(tmp_path / "x.h5"), member, cache, tmp_path / "look")
