"""A cache is made only of images that are what the data set declares."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dataset_cases import made, refusal, stored

READ = (
    "(read from {}/own.npz, which has the arrays train_x, train_y, test_x, test_y; "
    "the source names train_x with the labels train_y and test_x with the labels test_y)"
)


@pytest.fixture
def own(tmp_path: Path) -> dict[str, Any]:
    """The entry of a data set with 2 + 1 training and 1 + 1 test images, and its archive."""
    images = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
    np.savez(
        tmp_path / "own.npz",
        train_x=images,
        train_y=[0, 1, 0],
        test_x=images[:2] + 100,
        test_y=[0, 1],
    )
    return {
        "source": {"kind": "arrays", "path": str(tmp_path / "own.npz")},
        "image": (1, 4, 5),
        "classes": ("cat", "dog"),
        "train": (2, 1),
        "test": 1,
    }


def test_the_cache_holds_images_labels_and_names_as_declared(
    own: dict[str, Any], tmp_path: Path
) -> None:
    cache = made(own, tmp_path)
    assert cache.classes == ["cat", "dog"]
    assert cache.labels("train").tolist() == [0, 1, 0]
    assert cache.labels("test").tolist() == [0, 1]
    assert stored(cache).shape == (3, 1, 4, 5)
    assert stored(cache, "test")[1, 0, 0, 0] == 120  # the second image begins at 20, plus 100


def test_a_split_that_is_not_declared_is_left_out(own: dict[str, Any], tmp_path: Path) -> None:
    cache = made({**own, "test": None}, tmp_path)
    with pytest.raises(KeyError):
        cache.labels("test")


def test_a_pool_without_classes_has_one_called_all(own: dict[str, Any], tmp_path: Path) -> None:
    images = np.zeros((4, 4, 5), dtype=np.uint8)
    np.savez(tmp_path / "own.npz", train_x=images)
    cache = made({**own, "classes": (), "train": 4, "test": None}, tmp_path)
    assert cache.classes == ["all"]
    assert cache.labels("train").tolist() == [0, 0, 0, 0]


def test_other_counts_than_declared_are_refused_with_both(
    own: dict[str, Any], tmp_path: Path
) -> None:
    read = READ.format(tmp_path)
    assert refusal({**own, "train": (1, 2)}, tmp_path) == (
        f"data set own, train: cat: found 2, declared 1; dog: found 1, declared 2 {read}"
    )
    assert refusal({**own, "test": 5}, tmp_path) == (
        f"data set own, test: cat: found 1, declared 5; dog: found 1, declared 5 {read}"
    )


def test_a_class_without_an_image_is_counted_as_none(own: dict[str, Any], tmp_path: Path) -> None:
    entry = {**own, "classes": ("cat", "dog", "cow"), "train": (2, 1, 1), "test": (1, 1, 1)}
    message = refusal(entry, tmp_path)
    assert ": cow: found 0, declared 1 (read from" in message


def test_images_of_another_shape_are_refused_with_both(own: dict[str, Any], tmp_path: Path) -> None:
    assert refusal({**own, "image": (3, 4, 5), "test": None}, tmp_path) == (
        "data set own, train: expected images (3, 4, 5) (channels, height, width) as declared, "
        f"found (1, 4, 5) {READ.format(tmp_path)}; `fit: crop` or `fit: stretch` in the data set "
        "brings them to it"
    )


def test_labels_beyond_the_classes_are_refused(own: dict[str, Any], tmp_path: Path) -> None:
    entry = {**own, "classes": ("cat",), "train": 3, "test": None}
    assert refusal(entry, tmp_path) == (
        "data set own, train: labels run from 0 to 1, the 1 classes of the data set allow 0 to 0 "
        + READ.format(tmp_path)
    )


def test_negative_labels_are_refused(own: dict[str, Any], tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", train_x=np.zeros((2, 4, 5), np.uint8), train_y=[-1, 1])
    message = refusal({**own, "test": None}, tmp_path)
    assert "labels run from -1 to 1, the 2 classes of the data set allow 0 to 1" in message


def test_a_declared_split_that_the_source_lacks_is_refused(
    own: dict[str, Any], tmp_path: Path
) -> None:
    np.savez(tmp_path / "own.npz", train_x=np.zeros((3, 4, 5), np.uint8), train_y=[0, 1, 0])
    assert refusal(own, tmp_path) == (
        "data set own: test images are declared, its source has none (read from "
        f"{tmp_path}/own.npz, which has the arrays train_x, train_y; the source names train_x with "
        "the labels train_y and test_x with the labels test_y). Name them in the source or as "
        "`test_source`, or take `test` out of the data set"
    )


def test_missing_data_is_refused_with_what_to_do(own: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "own.npz").unlink()
    message = refusal(own, tmp_path)
    assert message.startswith(f"data set own: there is no file {tmp_path}/own.npz; put a file ")


def test_labels_that_are_missing_are_told_by_what_there_is(
    own: dict[str, Any], tmp_path: Path
) -> None:
    np.savez(tmp_path / "own.npz", train_x=np.zeros((3, 4, 5), np.uint8), classes=[0, 1, 0])
    message = refusal({**own, "test": None}, tmp_path)
    assert "cat: found 3, declared 2; dog: found 0, declared 1" in message
    assert (
        "own.npz, which has the arrays train_x, classes; the source names train_x with" in message
    )


# Fitted images


@pytest.mark.parametrize("fit", ["crop", "stretch"])
def test_arrays_are_fitted_to_size_and_colour(
    fit: str, own: dict[str, Any], tmp_path: Path
) -> None:
    cache = made({**own, "image": (3, 8, 8), "fit": fit}, tmp_path)
    assert stored(cache).shape == (3, 3, 8, 8)
    assert stored(cache, "test").shape == (2, 3, 8, 8)
    assert cache.labels("train").tolist() == [0, 1, 0]
    assert len(np.unique(stored(cache), axis=1)[0]) == 1  # the channels of grey are the same


def test_negative_labels_of_fitted_images_are_refused(own: dict[str, Any], tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", train_x=np.zeros((2, 4, 5), np.uint8), train_y=[-1, 1])
    message = refusal({**own, "test": None, "fit": "crop"}, tmp_path)
    assert "labels run from -1 to 1, the 2 classes of the data set allow 0 to 1" in message


def test_images_of_the_right_shape_are_left_as_they_are(
    own: dict[str, Any], tmp_path: Path
) -> None:
    exact = stored(made(own, tmp_path))
    for fit in ("crop", "stretch"):
        assert (stored(made({**own, "fit": fit}, tmp_path)) == exact).all()
