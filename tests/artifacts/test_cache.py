"""The cache of a data set: written once and whole, known by its content."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from cache_cases import write_cache
from dataset_cases import stored

from oebench.artifacts import cache_writer
from oebench.artifacts.cache import Cache
from oebench.artifacts.checksums import path_of
from oebench.files import atomic

IMAGES = np.arange(4 * 2 * 3, dtype=np.uint8).reshape(4, 1, 2, 3)
LABELS = np.array([0, 1, 1, 0])


def written(
    path: Path, images: np.ndarray = IMAGES, labels: np.ndarray = LABELS, **provenance: Any
) -> Cache:
    return write_cache(path, {"train": (images, labels)}, ["cat", "dog"], **provenance)


def one_by_one(path: Path, images: np.ndarray = IMAGES, labels: np.ndarray = LABELS) -> Cache:
    with cache_writer.create(path, ["cat", "dog"], {"image": images.shape[1:]}) as writer:
        found = writer.add_each("train", zip(images, labels.tolist(), strict=True), ragged=False)
        assert found.tolist() == labels.tolist()
    return Cache(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "caches/own.h5"


def test_what_is_written_is_read(path: Path) -> None:
    found = written(path)
    assert (stored(found) == IMAGES).all()
    assert stored(found).dtype == np.uint8
    assert found.labels("train").tolist() == [0, 1, 1, 0]
    assert found.classes == ["cat", "dog"]


def test_rows_come_in_the_order_asked_for_and_as_often(path: Path) -> None:
    rows = np.array([3, 0, 3, 2])
    found = stored(written(path), "train", rows)
    assert (found == IMAGES[[3, 0, 3, 2]]).all()


def test_no_rows_are_an_empty_array_of_images(path: Path) -> None:
    assert stored(written(path), "train", np.array([], dtype=np.int64)).shape == (0, 1, 2, 3)


def test_rows_that_follow_each_other_are_read_too(path: Path) -> None:
    found = written(path)
    assert (stored(found, "train", np.array([1, 2])) == IMAGES[1:3]).all()
    assert (stored(found, "train", np.array([3])) == IMAGES[3:]).all()


@pytest.mark.parametrize("block", [0, 6, 11, 12, 1 << 24])
def test_images_that_come_one_by_one_are_the_same_cache(
    tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_writer, "BLOCK", block)  # an image has 6 bytes
    monkeypatch.setattr(cache_writer, "CHUNK", 12)
    found = one_by_one(tmp_path / "each.h5")
    assert (stored(found) == IMAGES).all()
    assert found.labels("train").tolist() == LABELS.tolist()
    assert found.checksum == written(tmp_path / "all.h5").checksum


def test_provenance_is_kept_with_the_versions_that_made_it(path: Path) -> None:
    attributes = written(path, source={"kind": "arrays"}, code="abc").attributes
    assert json.loads(attributes["source"]) == {"kind": "arrays"}
    assert json.loads(attributes["code"]) == "abc"
    assert json.loads(attributes["versions"])["numpy"] == np.__version__


# The checksum


def test_the_same_content_has_the_same_checksum_wherever_it_came_from(tmp_path: Path) -> None:
    one = written(tmp_path / "one.h5", source="here", code="abc")
    other = written(tmp_path / "other.h5", source="there", code="def")
    assert one.checksum == other.checksum
    assert len(one.checksum) == 64  # SHA-256 in hexadecimal digits


def test_the_checksum_stands_in_a_file_beside_the_cache(path: Path) -> None:
    found = written(path)
    assert path_of(path).name == "own.sha256"
    assert path_of(path).read_text() == f"{found.checksum}\n"


def test_remaking_the_same_cache_leaves_the_checksum_file_s_content(path: Path) -> None:
    written(path, code="abc")
    before = path_of(path).read_bytes()
    written(path, code="def")
    assert path_of(path).read_bytes() == before


def test_any_change_of_the_content_changes_the_checksum(tmp_path: Path) -> None:
    pixel = IMAGES.copy()
    pixel[2, 0, 1, 1] += 1
    label = LABELS.copy()
    label[3] = 1
    others = [
        written(tmp_path / "pixel.h5", images=pixel),
        written(tmp_path / "label.h5", labels=label),
        written(tmp_path / "order.h5", images=IMAGES[::-1]),
        written(tmp_path / "shape.h5", images=IMAGES.reshape(4, 1, 3, 2)),
    ]
    checksums = {written(tmp_path / "same.h5").checksum, *(each.checksum for each in others)}
    assert len(checksums) == 5


def test_the_split_that_an_image_is_in_counts(tmp_path: Path) -> None:
    first, second = (IMAGES[:2], LABELS[:2]), (IMAGES[2:], LABELS[2:])

    def checksum(**splits: tuple[np.ndarray, np.ndarray]) -> str:
        write_cache(tmp_path / "own.h5", splits, [])
        return path_of(tmp_path / "own.h5").read_text()

    one = checksum(train=first, test=second)
    assert one == checksum(test=second, train=first)  # their order does not
    assert one != checksum(train=second, test=first)
    assert checksum(train=first) != checksum(test=first)


def test_the_names_of_the_classes_count(tmp_path: Path) -> None:
    splits = {"train": (IMAGES, LABELS)}
    one = write_cache(tmp_path / "one.h5", splits, ["cat", "dog"])
    other = write_cache(tmp_path / "other.h5", splits, ["cat", "cow"])
    assert one.checksum != other.checksum


# What a part of a pool is known by


def test_a_cache_knows_the_seed_and_the_pool_that_it_holds_a_part_of(tmp_path: Path) -> None:
    part = written(tmp_path / "part.h5", seed=3, pool=1000)
    assert (part.seed, part.pool) == (3, 1000)
    assert written(tmp_path / "whole.h5").seed is None
    assert written(tmp_path / "whole.h5", seed=None).seed is None


# What is no cache


@pytest.mark.parametrize("kind", ["without checksum", "without train", "no HDF5", "empty"])
def test_a_file_that_is_no_cache_is_refused_by_name(path: Path, kind: str) -> None:
    path.parent.mkdir()
    if kind == "without checksum":
        with h5py.File(path, "w") as file:
            file.create_group("train")
    elif kind == "without train":
        with h5py.File(path, "w") as file:
            file.attrs["checksum"] = "abc"
    else:
        path.write_text("" if kind == "empty" else "not HDF5", encoding="utf-8")
    with pytest.raises(ValueError, match=r"own\.h5 is not a cache.* Delete it"):
        Cache(path).checksum  # noqa: B018 - reading is what fails


# Files appear whole or not at all


def test_a_failed_write_leaves_no_file_at_all(path: Path) -> None:
    with pytest.raises(TypeError):
        written(path, source=object())  # JSON cannot hold it
    assert list(path.parent.iterdir()) == []


def test_a_failed_write_leaves_the_old_cache_as_it_was(path: Path) -> None:
    before = written(path).checksum
    with pytest.raises(TypeError):
        written(path, images=IMAGES + 1, source=object())
    assert (written_now := Cache(path)).checksum == before
    assert (stored(written_now) == IMAGES).all()
    assert sorted(file.name for file in path.parent.iterdir()) == ["own.h5", "own.sha256"]


def test_a_file_appears_at_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new/file.csv"
    with atomic(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        assert temporary.parent == path.parent  # a rename within one file system
        assert temporary.suffix == ".csv"
    assert path.read_text() == "half"
    assert [file.name for file in path.parent.iterdir()] == ["file.csv"]


def test_a_file_has_the_permissions_that_any_new_file_has(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    with atomic(tmp_path / "ours") as temporary:
        temporary.write_text("")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_what_is_cut_out_of_larger_images_counts(tmp_path: Path) -> None:
    """A baseline scores the middle of a photo: another size of it is another image."""
    checksums = set()
    for size in ((1, 2, 3), (1, 1, 1)):
        with cache_writer.create(tmp_path / "own.h5", ["cat"], {"image": size}) as writer:
            writer.add_each("train", zip(IMAGES, [0] * 4, strict=True), ragged=True)
        checksums.add(Cache(tmp_path / "own.h5").checksum)
    assert len(checksums) == 2
