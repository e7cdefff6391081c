"""A cache whose content is damaged or was exchanged is found before it is used."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from cache_cases import write_cache

from oebench.artifacts import cache_writer, content, identity, verification
from oebench.artifacts.cache import Cache
from oebench.artifacts.checksums import path_of
from oebench.artifacts.verification import verified
from oebench.validation import UserError

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (40, 3, 6, 5), np.uint8)
LABELS = np.arange(40) % 2
PHOTOS = [RANDOM.integers(0, 256, (3, 4 + row % 3, 5), np.uint8) for row in range(9)]


def plain(folder: Path) -> Path:
    splits = {"train": (IMAGES, LABELS), "test": (IMAGES[:7], LABELS[:7])}
    return write_cache(folder / "plain.h5", splits, ["cat", "dog"]).path


def one_by_one(ragged: bool, images: Any, **provenance: Any) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "each.h5"
        pairs = zip(images, [0] * len(images), strict=True)
        about = {"image": (3, 4, 5), **provenance}
        with cache_writer.create(path, ["all"], about) as writer:
            writer.add_each("train", pairs, ragged)
        return path

    return write


# A cache of each kind that there is: whole, of images one by one, of photos, of what a seed draws.
KINDS: dict[str, Callable[[Path], Path]] = {
    "whole": plain,
    "one by one": one_by_one(False, IMAGES),
    "photos": one_by_one(True, PHOTOS),
    "drawn": one_by_one(False, IMAGES, seed=1, pool=100),
    "drawn photos": one_by_one(True, PHOTOS, seed=1, pool=100),
    "empty": one_by_one(False, []),
}
each_kind = pytest.mark.parametrize("write", KINDS.values(), ids=KINDS)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one block and chunk of a few images."""
    monkeypatch.setattr(cache_writer, "BLOCK", 500)
    monkeypatch.setattr(cache_writer, "CHUNK", 300)


@each_kind
def test_a_whole_cache_is_read_once_and_remembered(
    write: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path)
    assert verified(path).checksum == Cache(path).checksum
    monkeypatch.setattr(identity, "check_whole", lambda path: pytest.fail("it is read again"))
    assert verified(path).checksum == Cache(path).checksum


def test_a_day_later_it_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = plain(tmp_path)
    verified(path)
    memory = tmp_path / ".plain.verified"
    day_before = memory.stat().st_mtime - verification.REMEMBERED - 1
    os.utime(memory, (day_before, day_before))
    again: list[Path] = []
    monkeypatch.setattr(identity, "check_whole", again.append)
    verified(path)
    verified(path)
    assert again == [path]


def pixels_inverted(path: Path) -> None:
    with h5py.File(path, "a") as file:
        name = "pixels" if "pixels" in file["train"] else "images"
        file["train"][name][:] = 255 - file["train"][name][:]


def labels_exchanged(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file["train/labels"][0] = 1 - file["train/labels"][0]


def class_renamed(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file.attrs["classes"] = ["other" for _ in file.attrs["classes"]]


def checksum_edited(path: Path) -> None:
    path_of(path).write_text(path_of(path).read_text().replace("a", "b").replace("1", "2"))


def checksum_damaged(path: Path) -> None:
    path_of(path).write_text("no checksum\n")


def checksum_gone(path: Path) -> None:
    path_of(path).unlink()


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 700)


def an_array_gone(path: Path) -> None:
    with h5py.File(path, "a") as file:
        del file["train/labels"]


def of_other_images(path: Path) -> None:
    """The cache of other images in its place, with dates and all, but not its checksum file."""
    before, listed = path.stat(), path_of(path).read_text()
    write_cache(path, {"train": (IMAGES[::-1], LABELS)}, ["cat", "dog"])
    path_of(path).write_text(listed)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


WAYS = [
    *(pixels_inverted, labels_exchanged, class_renamed, checksum_edited, checksum_damaged),
    *(checksum_gone, cut, an_array_gone, of_other_images),
]


@pytest.mark.parametrize("seen", [False, True], ids=["new", "seen before"])
@pytest.mark.parametrize("change", WAYS, ids=[way.__name__ for way in WAYS])
@pytest.mark.parametrize("write", list(KINDS.values())[:-1], ids=[*KINDS][:-1])
def test_what_is_damaged_or_exchanged_is_refused_by_its_name(
    write: Callable[[Path], Path], change: Callable[[Path], None], seen: bool, tmp_path: Path
) -> None:
    path = write(tmp_path)
    if seen:
        verified(path)
    change(path)
    with pytest.raises(UserError, match=rf"{path.stem}\.(h5|sha256).*elete"):
        verified(path)


def test_a_bit_that_changes_later_is_found_when_it_is_read(tmp_path: Path) -> None:
    path = plain(tmp_path)
    found = verified(path)
    before = path.stat()
    with path.open("r+b") as file:
        place = path.read_bytes().index(IMAGES[0].tobytes()) + 17
        file.seek(place)
        file.write(bytes([IMAGES[0].tobytes()[17] ^ 4]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(UserError, match=r"plain\.h5 is damaged: .*Delete it"):
        found.images("train")


def test_a_folder_that_cannot_be_written_is_read_again_by_each_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = plain(tmp_path)

    def refused(path: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(verification, "atomic", refused)
    assert verified(path).checksum == verified(path).checksum
    assert not [*tmp_path.glob(".*verified")]


def test_equal_images_are_counted_and_no_others(tmp_path: Path) -> None:
    test = np.concatenate([IMAGES[:3], 255 - IMAGES[3:7]])
    splits = {"train": (IMAGES, LABELS), "test": (test, LABELS[:7])}
    cache = write_cache(tmp_path / "a.h5", splits, ["cat", "dog"])
    assert cache.twins(np.arange(40), cache) == 3
    assert cache.twins(np.array([1, 2, 3]), cache) == 2
    assert content.of_image(IMAGES[0]) != content.of_image(IMAGES[0].reshape(3, 5, 6))
