"""What a cache says of where its images came from."""

import hashlib
import json
import platform
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from dataset_cases import BLUE, RED, cut, made, refusal, save
from file_cases import IMAGES, LABELS, idx, mnist

from oebench.artifacts.cache import Cache

MNIST: dict[str, Any] = {
    "image": (1, 5, 4),
    "classes": ("a", "b", "c"),
    "train": 2,
    "test": (2, 1, 1),
}


def written(folder: Path) -> Path:
    """The files of MNIST with 6 training and 4 test images."""
    tests = {"t10k-images-idx3-ubyte": idx(IMAGES[:4]), "t10k-labels-idx1-ubyte": idx(LABELS[:4])}
    return mnist(folder, **tests)


@pytest.fixture
def pets(tmp_path: Path) -> dict[str, Any]:
    for split in ("train", "test"):
        save(tmp_path / split / "cat/a.png", RED)
        save(tmp_path / split / "dog/a.png", BLUE)
    return {
        "source": {"kind": "folder", "train": tmp_path / "train", "test": tmp_path / "test"},
        "image": (3, 8, 8),
        "classes": ("cat", "dog"),
        "train": 1,
        "test": 1,
    }


def said(cache: Cache, key: str) -> Any:
    return json.loads(cache.attributes[key])


def test_the_data_set_its_sources_and_its_fit(pets: dict[str, Any], tmp_path: Path) -> None:
    cache = made(pets | {"fit": "crop"}, tmp_path)
    assert said(cache, "dataset") == "own"
    (source,) = said(cache, "source")
    assert source["kind"] == "folder"
    assert source["train"] == str(tmp_path / "train")
    assert said(cache, "fit") == "crop"
    assert said(cache, "seed") is None


def test_both_sources_where_test_images_come_from_elsewhere(
    pets: dict[str, Any], tmp_path: Path
) -> None:
    elsewhere = {"kind": "folder", "train": tmp_path / "test"}
    cache = made(pets | {"test_source": elsewhere}, tmp_path)
    assert [source["train"] for source in said(cache, "source")] == [
        str(tmp_path / "train"),
        str(tmp_path / "test"),
    ]


def test_the_code_and_the_versions_that_made_it(pets: dict[str, Any], tmp_path: Path) -> None:
    cache = made(pets, tmp_path)
    assert said(cache, "code") == "c0de"
    versions = said(cache, "versions")
    assert versions["python"] == platform.python_version()
    assert versions["numpy"] == np.__version__


def test_the_checksums_of_what_was_downloaded(tmp_path: Path) -> None:
    folder = written(tmp_path / "downloads")
    names = sorted(path.name for path in folder.iterdir())
    found = {name: hashlib.md5((folder / name).read_bytes()).hexdigest() for name in names}
    downloads = [
        {"file": name, "urls": ["http://localhost"], "md5": md5} for name, md5 in found.items()
    ]
    cache = made(
        {"source": {"kind": "idx", "downloads": downloads}} | MNIST, tmp_path, downloads=folder
    )
    assert said(cache, "checksums") == {str(folder / name): found[name] for name in names}


def test_no_cache_is_made_of_another_file_than_the_publishers(tmp_path: Path) -> None:
    folder = written(tmp_path / "downloads")
    downloads = [
        {"file": path.name, "urls": ["http://localhost"], "md5": "0" * 32}
        for path in folder.iterdir()
    ]
    entry = {"source": {"kind": "idx", "downloads": downloads}} | MNIST
    path = folder / "train-images-idx3-ubyte.gz"
    assert refusal(entry, tmp_path, downloads=folder) == (
        f"{path} has the MD5 {hashlib.md5(path.read_bytes()).hexdigest()}, expected {'0' * 32}: it "
        "is cut or another file than the publisher's. Delete it, and it is downloaded; to use it "
        "on purpose, declare a data set of your own with `folder` and without `downloads`"
    )


def test_the_checksums_of_ones_own_files(pets: dict[str, Any], tmp_path: Path) -> None:
    folder = written(tmp_path / "mnist")
    cache = made({"source": {"kind": "idx", "folder": folder}} | MNIST, tmp_path)
    assert said(cache, "checksums") == {
        str(path): hashlib.md5(path.read_bytes()).hexdigest() for path in folder.iterdir()
    }
    photos = made(pets, tmp_path)
    assert said(photos, "checksums") == {}  # the cache's own is that of all photos


def test_the_images_of_each_class_that_are_in_each_split(tmp_path: Path) -> None:
    source = {"kind": "idx", "folder": written(tmp_path / "mnist")}
    with h5py.File(made({"source": source} | MNIST, tmp_path).path) as file:
        assert file["train"].attrs["counts"].tolist() == [2, 2, 2]
        assert file["test"].attrs["counts"].tolist() == [2, 1, 1]
        assert file.attrs["classes"].tolist() == ["a", "b", "c"]


def test_the_counts_of_photos_that_are_read_one_by_one(
    pets: dict[str, Any], tmp_path: Path
) -> None:
    with h5py.File(made(pets, tmp_path).path) as file:
        assert file["train"].attrs["counts"].tolist() == [1, 1]


def test_what_was_left_out(pets: dict[str, Any], tmp_path: Path) -> None:
    assert said(made(pets, tmp_path), "left_out") == []
    bad = [tmp_path / split / "cat/bad.png" for split in ("test", "train")]
    for path in bad:
        save(path, RED)
        cut(path)
    assert said(made(pets, tmp_path), "left_out") == [str(path) for path in bad]


def test_the_seed_and_the_pool_that_was_drawn_from(tmp_path: Path) -> None:
    for number in range(5):
        save(tmp_path / f"pool/{number}.png", RED)
    source = {"kind": "folder", "train": tmp_path / "pool", "pool": True, "drawn": True}
    entry = {"source": source, "image": (3, 8, 8), "train": 5}
    cache = made(entry, tmp_path, seed=9, count=2)
    assert (said(cache, "seed"), said(cache, "pool")) == (9, 5)
    with h5py.File(cache.path) as file:
        assert file["train"].attrs["counts"].tolist() == [2]


def test_none_of_it_changes_the_checksum(pets: dict[str, Any], tmp_path: Path) -> None:
    before = made(pets, tmp_path).checksum
    save(tmp_path / "train/cat/bad.png", RED)
    cut(tmp_path / "train/cat/bad.png")
    (tmp_path / "train").rename(tmp_path / "moved")
    source = pets["source"] | {"train": tmp_path / "moved"}
    cache = made(pets | {"source": source}, tmp_path)
    assert said(cache, "left_out") == [str(tmp_path / "moved/cat/bad.png")]
    assert cache.checksum == before
