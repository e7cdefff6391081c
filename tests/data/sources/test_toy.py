"""The points of the toy figure: how many there are, where they lie, and that they stay there."""

from pathlib import Path

import numpy as np
import pytest
from dataset_cases import made, refusal, stored

from oebench.artifacts.points import FRAME, coordinates, levels
from oebench.config.load import load
from oebench.data.sources.base import Labelled
from oebench.data.sources.toy import (
    BLOBS,
    FAR,
    SIDE,
    TEST,
    TRAIN,
    WIDTH,
    Toy,
    far_lattice,
    outliers,
)

ROOT = Path(__file__).parents[3]
LEVEL = 2 * FRAME / 255  # distance of two levels
NAMES = ("toy", "toy-uniform", "toy-blobs")


def split(points: str, name: str = "train") -> Labelled:
    return Toy.model_validate({"kind": "toy", "points": points}).load()[name]


def points_of(points: str, name: str = "train", label: int = 0) -> np.ndarray:
    """Coordinates (N, 2) of the points with a label."""
    found = split(points, name)
    return coordinates(found.images[found.labels == label])


def random() -> np.random.Generator:
    return np.random.default_rng(7)


# Counts


def test_normal_points_come_with_a_class_of_outliers_and_a_test_set() -> None:
    # The lattice has 41 x 41 = 1681 points; 145 of them are less than 7 of its steps of 0.2 from
    # the middle, nearer than 1.4.
    train, test = split("normal"), split("normal", "test")
    assert np.bincount(train.labels).tolist() == [TRAIN, TRAIN] == [1024, 1024]
    assert np.bincount(test.labels).tolist() == [TEST, 41 * 41 - 145] == [512, 1536]


@pytest.mark.parametrize("points", ["uniform", "blobs"])
def test_a_pool_of_outliers_has_no_classes_and_no_test_set(points: str) -> None:
    found = Toy.model_validate({"kind": "toy", "points": points}).load()
    assert list(found) == ["train"]
    assert found["train"].labels.tolist() == [0] * 1024


@pytest.mark.parametrize("points", ["normal", "uniform", "blobs"])
def test_a_point_is_an_image_of_one_pixel_with_two_channels(points: str) -> None:
    images = split(points).images
    assert (images.dtype, images.shape[1:]) == (np.uint8, (2, 1, 1))


# Levels


def test_the_middle_and_the_corners_of_the_frame_have_these_levels() -> None:
    # (x / 4 + 1) / 2 * 255: -4 is 0, 4 is 255, 0 is 127.5, half of which rounds to the even 128.
    found = levels(np.array([[-4.0, 4.0], [0.0, 2.0], [-2.0, -3.99]]))
    assert found.shape == (3, 2, 1, 1)
    # 2 is 191.25 and -2 is 63.75; -3.99 is 0.32.
    assert found[:, :, 0, 0].tolist() == [[0, 255], [128, 191], [64, 0]]


def test_what_lies_outside_the_frame_is_moved_to_its_edge() -> None:
    assert levels(np.array([[-9.0, 4.1]]))[0, :, 0, 0].tolist() == [0, 255]


def test_coordinates_are_the_inverse_of_levels_within_half_a_level() -> None:
    line = np.linspace(-FRAME, FRAME, 1001)
    given = np.stack([line, -line], axis=1)
    error = np.abs(coordinates(levels(given)) - given).max()
    assert 0.49 * LEVEL < error <= 0.5 * LEVEL + 1e-12


def test_every_level_keeps_its_value() -> None:
    each = np.arange(256, dtype=np.uint8)
    images = np.stack([each, each[::-1]], axis=1)[:, :, None, None]
    assert np.array_equal(levels(coordinates(images)), images)


def test_a_level_is_about_a_tenth_of_a_blobs_width() -> None:
    assert 0.08 < LEVEL / WIDTH < 0.1  # 0.0314 / 0.35


# Where the points lie


def test_the_lattice_begins_four_deviations_from_the_middle_and_ends_at_the_frame() -> None:
    lattice = far_lattice()
    distance = np.hypot(*lattice.T)
    # (1.4, 0), 7 steps from the middle, is kept, and (1.2, 0.6), 6.7 steps, is not.
    assert distance.min() == pytest.approx(FAR * WIDTH)
    assert distance.min() >= FAR * WIDTH
    assert np.abs(lattice).max() == FRAME
    steps = np.round(lattice / 0.2)
    assert np.allclose(steps * 0.2, lattice)
    assert (steps**2).sum(axis=1).min() == 49
    assert len(np.unique(steps, axis=0)) == len(lattice) == SIDE**2 - 145


@pytest.mark.parametrize("turn", ["x", "y", "diagonal"])
def test_the_lattice_is_symmetric(turn: str) -> None:
    steps = np.round(far_lattice() / 0.2).astype(int)
    turned = {"x": steps * [-1, 1], "y": steps * [1, -1], "diagonal": steps[:, ::-1]}[turn]
    assert {*map(tuple, turned)} == {*map(tuple, steps)}


def test_test_anomalies_are_the_lattice_within_half_a_level() -> None:
    found = points_of("normal", "test", label=1)
    assert np.abs(found - far_lattice()).max() <= 0.5 * LEVEL + 1e-12


@pytest.mark.parametrize(("name", "count"), [("train", 1024), ("test", 512)])
def test_normal_points_lie_around_the_middle(name: str, count: int) -> None:
    found = points_of("normal", name)
    # Four standard errors; and of so many points hardly one is five widths away.
    assert np.abs(found.mean(axis=0)).max() < 4 * WIDTH / np.sqrt(count)
    assert np.abs(found.std(axis=0) / WIDTH - 1).max() < 4 / np.sqrt(2 * count)
    assert np.abs(found).max() < 5 * WIDTH
    assert abs(np.corrcoef(found.T)[0, 1]) < 4 / np.sqrt(count)


def test_blobs_lie_where_they_should_be_and_are_as_wide_as_the_normal_one() -> None:
    found = outliers("blobs", random())
    centres = np.array([(-2, 0), (-1.4, -1.6), (1.6, -1.4)])
    assert np.array_equal(BLOBS, centres)
    nearest = np.linalg.norm(found[:, None] - centres, axis=2).argmin(axis=1)
    for number, centre in enumerate(centres):
        blob = found[nearest == number]
        assert abs(len(blob) - TRAIN / 3) < 4 * np.sqrt(TRAIN * 2 / 9)
        # A few points of the two neighbours on the left change places.
        assert np.abs(blob.mean(axis=0) - centre).max() < 5 * WIDTH / np.sqrt(len(blob))
        assert np.abs(blob.std(axis=0) / WIDTH - 1).max() < 0.15


def test_the_pool_of_blobs_is_on_one_side_and_apart_from_the_normal_points() -> None:
    found = points_of("blobs")
    assert (found[:, 1] < FAR * WIDTH).all()  # none above
    assert not ((found[:, 0] > 0) & (found[:, 1] > 0)).any()
    # The blobs' middles are 2.0 to 2.1 away, 5.7 widths; half of the way is 2.9 widths from each.
    assert (np.hypot(*found.T) < 2.5 * WIDTH).mean() < 0.01


def test_uniform_points_fill_the_frame() -> None:
    found = points_of("uniform")
    assert np.abs(found).max() <= FRAME
    # 16 fields with 64 points each on average, 8 standard deviation.
    count, _, _ = np.histogram2d(*found.T, bins=4, range=[[-FRAME, FRAME]] * 2)
    assert count.sum() == TRAIN
    assert count.min() > 64 - 4 * 8
    assert count.max() < 64 + 4 * 8


def test_outliers_of_the_training_split_are_not_the_test_outliers_nor_those_of_the_pool() -> None:
    own, pool = points_of("normal", label=1), points_of("uniform")
    assert not np.array_equal(own, pool)
    # Some lie within the normal blob, where no test outlier is.
    assert (np.hypot(*own.T) < FAR * WIDTH).any()


def test_normal_training_points_are_not_the_test_points() -> None:
    assert not np.array_equal(points_of("normal")[:TEST], points_of("normal", "test"))


@pytest.mark.parametrize("points", ["normal", "uniform", "blobs"])
def test_points_are_the_same_every_time(points: str) -> None:
    one, other = (Toy.model_validate({"kind": "toy", "points": points}).load() for _ in range(2))
    for name in one:
        assert np.array_equal(one[name].images, other[name].images)
        assert np.array_equal(one[name].labels, other[name].labels)


# In the catalogue


@pytest.mark.parametrize("name", NAMES)
def test_the_data_are_as_the_catalogue_declares(name: str, tmp_path: Path) -> None:
    entry = load(ROOT / "config/config.yaml").datasets[name]
    cache = made(entry.model_dump(mode="json"), tmp_path)
    assert cache.image == (2, 1, 1)
    assert stored(cache).shape == (entry.pool, 2, 1, 1)
    assert cache.classes == (["normal", "outlier"] if name == "toy" else ["all"])
    assert entry.missing() is None
    assert entry.needed() == ()


def test_another_number_of_points_than_there_are_is_refused(tmp_path: Path) -> None:
    entry = load(ROOT / "config/config.yaml").datasets["toy-blobs"].model_dump(mode="json")
    assert "1024" in refusal({**entry, "train": 1000}, tmp_path)


def test_pools_are_known_by_name_only() -> None:
    with pytest.raises(ValueError, match="'normal', 'uniform' or 'blobs'"):
        Toy.model_validate({"kind": "toy", "points": "ring"})
