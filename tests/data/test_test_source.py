"""Test images from elsewhere than the training images."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dataset_cases import BLUE, RED, made, refusal, save, stored

from oebench.data.dataset import Dataset


@pytest.fixture
def entry(tmp_path: Path) -> dict[str, Any]:
    """Three grey images of 4 x 5 to train on, three photos to test on."""
    images = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
    np.savez(tmp_path / "own.npz", train_x=images, train_y=[1, 0, 1])
    save(tmp_path / "photos/cat/a.png", RED, (20, 30))
    save(tmp_path / "photos/cat/b.jpg", RED, (9, 9))
    save(tmp_path / "photos/dog/a.png", BLUE, (5, 4))
    return {
        "source": {"kind": "arrays", "path": tmp_path / "own.npz"},
        "test_source": {"kind": "folder", "train": tmp_path / "photos"},
        "image": (1, 4, 5),
        "fit": "crop",
        "classes": ("cat", "dog"),
        "train": (1, 2),
        "test": (2, 1),
    }


def test_a_cache_has_both(entry: dict[str, Any], tmp_path: Path) -> None:
    cache = made(entry, tmp_path)
    assert stored(cache).shape == (3, 1, 4, 5)
    assert (stored(cache).ravel() == np.arange(60)).all()
    assert cache.labels("train").tolist() == [1, 0, 1]
    assert stored(cache, "test").shape == (3, 1, 4, 5)
    assert stored(cache, "test")[:, 0, 0, 0].tolist() == [76, 76, 29]  # red and blue as grey
    assert cache.labels("test").tolist() == [0, 0, 1]


def test_test_images_of_a_source_that_has_both_are_its_test_images(
    entry: dict[str, Any], tmp_path: Path
) -> None:
    save(tmp_path / "few/cat/a.png", RED)
    save(tmp_path / "few/dog/a.png", BLUE)
    source = {"kind": "folder", "train": tmp_path / "photos", "test": tmp_path / "few"}
    cache = made({**entry, "test_source": source, "test": 1}, tmp_path)
    assert stored(cache, "test")[:, 0, 0, 0].tolist() == [76, 29]


def test_a_file_with_test_images_alone_is_enough(entry: dict[str, Any], tmp_path: Path) -> None:
    arrays: dict[str, Any] = {"test_x": np.full((3, 4, 5), 7, np.uint8), "test_y": [0, 0, 1]}
    np.savez(tmp_path / "tests.npz", **arrays)
    source = {"kind": "arrays", "path": tmp_path / "tests.npz"}
    assert (stored(made({**entry, "test_source": source}, tmp_path), "test") == 7).all()


def test_they_take_the_place_of_the_sources_own(entry: dict[str, Any], tmp_path: Path) -> None:
    images = np.zeros((3, 4, 5), np.uint8)
    arrays: dict[str, Any] = {"train_x": images, "train_y": [1, 0, 1], "test_x": images}
    np.savez(tmp_path / "own.npz", **arrays)
    assert stored(made(entry, tmp_path), "test")[:, 0, 0, 0].tolist() == [76, 76, 29]


def test_counts_are_checked_in_both(entry: dict[str, Any], tmp_path: Path) -> None:
    assert refusal({**entry, "test": 2}, tmp_path) == (
        f"data set own, test: dog: found 1, declared 2 (read from {tmp_path}/photos)"
    )
    message = refusal({**entry, "train": 2}, tmp_path)
    assert "data set own, train: cat: found 1, declared 2" in message
    assert f"read from {tmp_path}/own.npz" in message


def test_shapes_are_checked_in_both(entry: dict[str, Any], tmp_path: Path) -> None:
    exact = {**entry, "fit": "exact"}
    message = refusal(exact, tmp_path)
    assert f"{tmp_path}/photos/cat/a.png: expected images (1, 4, 5)" in message
    assert "found (3, 30, 20)" in message
    assert "data set own, train: expected images " in refusal(
        {**exact, "image": (3, 4, 5), "test": None}, tmp_path
    )


def test_other_names_of_classes_are_refused(entry: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "photos/dog").rename(tmp_path / "photos/a dog")
    assert refusal(entry, tmp_path) == (
        "data set own: expected the classes cat, dog as declared, found a dog, cat (read from "
        f"{tmp_path}/photos); not declared: a dog; not found: dog"
    )


def test_whatever_is_missing_is_named(entry: dict[str, Any], tmp_path: Path) -> None:
    entry["test_source"]["train"] = tmp_path / "nowhere"
    message = refusal(entry, tmp_path)
    assert message.startswith(f"data set own: there is no folder {tmp_path}/nowhere; put a folder")
    (tmp_path / "own.npz").unlink()
    message = refusal({**entry, "advice": "Ask a friend"}, tmp_path)
    assert f"there is no file {tmp_path}/own.npz; put" in message
    assert f". there is no folder {tmp_path}/nowhere; put" in message
    assert message.endswith(". Ask a friend")


def test_a_replaced_file_of_either_changes_the_stamp(entry: dict[str, Any], tmp_path: Path) -> None:
    dataset = Dataset.model_validate(entry)
    stamps = [dataset.stamp()]
    assert dataset.stamp() == stamps[0]
    save(tmp_path / "photos/cat/b.jpg", BLUE, (7, 7))
    stamps.append(dataset.stamp())
    np.savez(tmp_path / "own.npz", train_x=np.zeros((1, 4, 5), np.uint8))
    stamps.append(dataset.stamp())
    assert len(set(stamps)) == 3


def test_downloads_of_both_are_needed() -> None:
    files = [
        {"file": name, "urls": [f"http://localhost/{name}"], "md5": "0" * 32} for name in "abc"
    ]
    dataset = Dataset.model_validate(
        {
            "source": {"kind": "idx", "test": None, "downloads": files[:2]},
            "test_source": {"kind": "idx", "test": None, "downloads": files[2:]},
            "image": (1, 4, 5),
            "train": 1,
            "test": 1,
        }
    )
    assert [each.file for each in dataset.needed()] == ["a", "b", "c"]
