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
    COLUMNS,
    FAR,
    NORMAL,
    ROWS,
    TEST,
    TRAIN,
    Toy,
    far_lattice,
    outliers,
)

ROOT = Path(__file__).parents[3]
LEVEL = FRAME / 255  # distance of two levels, of x and of y
HALF = 0.5 * LEVEL + 1e-12
WIDTH = NORMAL.width
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
    # The lattice has 65 x 41 = 2665 points; 293 of them are less than 9.6 of its steps of 0.125
    # from the middle, nearer than 1.2: as many whole numbers have a sum of squares below 92.16.
    train, test = split("normal"), split("normal", "test")
    assert np.bincount(train.labels).tolist() == [TRAIN, TRAIN] == [1024, 1024]
    assert np.bincount(test.labels).tolist() == [TEST, 65 * 41 - 293] == [512, 2372]


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
    # x / 8 + 1 / 2, times 255: -4 is 0, 0 is 127.5, which rounds to the even 128; y / 5 + 1 / 2.
    found = levels(np.array([[-4.0, 2.5], [0.0, 1.25], [-2.0, -2.49]]))
    assert found.shape == (3, 2, 1, 1)
    # y: 1.25 is 191.25 and -2.49 is 0.51; x: -2 is 63.75.
    assert found[:, :, 0, 0].tolist() == [[0, 255], [128, 191], [64, 1]]


def test_what_lies_outside_the_frame_is_moved_to_its_edge() -> None:
    assert levels(np.array([[-9.0, 2.6]]))[0, :, 0, 0].tolist() == [0, 255]


def test_coordinates_are_the_inverse_of_levels_within_half_a_level() -> None:
    given = np.linspace(-0.5, 0.5, 1001)[:, None] * FRAME * [1, -1]
    error = np.abs(coordinates(levels(given)) - given).max(axis=0)
    assert (error > 0.49 * LEVEL).all()
    assert (error <= HALF).all()


def test_every_level_keeps_its_value() -> None:
    each = np.arange(256, dtype=np.uint8)
    images = np.stack([each, each[::-1]], axis=1)[:, :, None, None]
    assert np.array_equal(levels(coordinates(images)), images)


def test_a_level_is_about_a_tenth_of_the_normal_blobs_width_or_less() -> None:
    assert (LEVEL / WIDTH < 0.106).all()  # 0.0314 / 0.3 and 0.0196 / 0.3


@pytest.mark.parametrize("name", ["toy", "toy_sigmoid"])
def test_a_network_sees_the_coordinates_in_one_unit(name: str) -> None:
    recipe = load(ROOT / "config/config.yaml").recipes[name]
    images = np.random.default_rng(0).integers(0, 256, (50, 2, 1, 1), np.uint8)
    seen = (images[:, :, 0, 0] / 255 - recipe.mean) / recipe.std
    assert np.allclose(seen, coordinates(images), rtol=0, atol=1e-12)


# Where the points lie


STEP = 0.125  # of the lattice, in x and in y


def test_the_lattice_begins_four_deviations_from_the_middle_and_ends_at_the_frame() -> None:
    lattice = far_lattice()
    assert np.hypot(*lattice.T).min() >= FAR * WIDTH
    assert np.abs(lattice).max(axis=0).tolist() == [4, 2.5] == (FRAME / 2).tolist()
    steps = np.round(lattice / STEP)
    assert np.allclose(steps * STEP, lattice)
    # (4 * 0.3 / 0.125)^2 is 92.16: 93 is no sum of two squares, nor is 94 to 96; 97 is 81 + 16.
    assert (steps**2).sum(axis=1).min() == 97
    assert len(np.unique(steps, axis=0)) == len(lattice) == COLUMNS * ROWS - 293


@pytest.mark.parametrize("turn", [[-1, 1], [1, -1]])
def test_the_lattice_is_symmetric(turn: list[int]) -> None:
    steps = np.round(far_lattice() / STEP).astype(int)
    assert {*map(tuple, steps * turn)} == {*map(tuple, steps)}


def test_test_anomalies_are_the_lattice_within_half_a_level() -> None:
    found = points_of("normal", "test", label=1)
    assert (np.abs(found - far_lattice()) <= HALF).all()


@pytest.mark.parametrize(("name", "count"), [("train", 1024), ("test", 512)])
def test_normal_points_lie_around_the_middle(name: str, count: int) -> None:
    found = points_of("normal", name)
    # Four standard errors; and of so many points hardly one is five widths away.
    assert np.abs(found.mean(axis=0)).max() < 4 * WIDTH / np.sqrt(count)
    assert np.abs(found.std(axis=0) / WIDTH - 1).max() < 4 / np.sqrt(2 * count)
    assert np.abs(found).max() < 5 * WIDTH
    assert abs(np.corrcoef(found.T)[0, 1]) < 4 / np.sqrt(count)


def test_blobs_lie_where_they_should_be_with_the_points_and_width_that_they_have() -> None:
    found = np.split(outliers("blobs", random()), np.cumsum([blob.points for blob in BLOBS])[:-1])
    for points, blob in zip(found, BLOBS, strict=True):
        assert len(points) == blob.points
        assert np.abs(points.mean(axis=0) - blob.centre).max() < 4 * blob.width / np.sqrt(
            blob.points
        )
        assert np.abs(points.std(axis=0) / blob.width - 1).max() < 4 / np.sqrt(2 * blob.points)


def test_blobs_are_small_at_the_left_largest_at_the_lower_left_small_at_the_lower_right() -> None:
    left, lower_left, lower_right = BLOBS
    assert sum(blob.points for blob in BLOBS) == TRAIN
    assert left.centre[0] < -5 * WIDTH < -WIDTH < left.centre[1] < WIDTH
    assert max(lower_left.centre) < -4 * WIDTH
    assert lower_right.centre[0] > 4 * WIDTH
    assert lower_right.centre[1] < -3 * WIDTH
    for small in (left, lower_right):
        assert small.points < lower_left.points / 3
        assert small.width < lower_left.width


def test_the_pool_of_blobs_is_on_one_side_and_apart_from_the_normal_points() -> None:
    found = points_of("blobs")
    assert (found[:, 1] < FAR * WIDTH).all()  # none above
    assert not ((found[:, 0] > 0) & (found[:, 1] > 0)).any()
    # The blobs' middles are 1.9 away, 6.4 widths.
    assert (np.hypot(*found.T) < 2.5 * WIDTH).mean() < 0.01
    # Hardly any is moved to the edge of the frame, which would make a line of it.
    assert (np.abs(found) >= FRAME / 2 - HALF).any(axis=1).mean() < 0.002


def test_uniform_points_fill_the_frame() -> None:
    found = points_of("uniform")
    # 16 fields with 64 points each on average, 8 standard deviation.
    count, _, _ = np.histogram2d(*found.T, bins=4, range=FRAME[:, None] * [[-0.5, 0.5]])
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
