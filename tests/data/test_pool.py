"""A folder that is drawn from: only what a seed draws is read, whatever cannot be read is named."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dataset_cases import cut, made, ragged, refusal, save, stored
from PIL import Image

from oebench.data import images
from oebench.data.sources.folder import Folder
from oebench.sampling import draws

POOL = 30  # images in the folders that are not left out
SEED = 3
SIZE = 10


def name(index: int) -> str:
    """The pool's images in the order of their paths: three folders with 10 each."""
    return f"n{index // 10}/{index:02}.png"


def colour(index: int) -> tuple[int, int, int]:
    return 8 * index, 255 - 8 * index, index


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index in range(POOL):
        save(tmp_path / "pool" / name(index), colour(index), (4 + index % 3, 4))
    save(tmp_path / "pool/normal/a.png", (9, 9, 9))
    return tmp_path


def entry(folder: Path, **changes: Any) -> dict[str, Any]:
    source = {
        "kind": "folder",
        "train": folder / "pool",
        "pool": True,
        "drawn": True,
        "leave_out": ["normal"],
    }
    return {"source": source, "image": (3, 4, 4), "fit": "crop", "train": POOL} | changes


def drawn(size: int, without: tuple[int, ...] = ()) -> list[int]:
    return [index for index in draws(POOL, SEED) if index not in without][:size]


def colours(images: np.ndarray) -> list[tuple[int, ...]]:
    return [tuple(int(value) for value in image[:, 0, 0]) for image in images]


def test_the_cache_holds_what_the_seed_draws_in_its_order(folder: Path) -> None:
    cache = made(entry(folder), folder, seed=SEED, count=SIZE)
    assert colours(stored(cache)) == [colour(index) for index in drawn(SIZE)]
    assert cache.labels("train").tolist() == [0] * SIZE
    assert (cache.seed, cache.pool) == (SEED, POOL)
    assert cache.classes == ["all"]


@pytest.mark.parametrize("at_once", [1, 3, 4096])
def test_how_many_are_read_at_once_changes_nothing(
    at_once: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "READ_AT_ONCE", at_once)
    bad = drawn(SIZE)[4]
    cut(folder / "pool" / name(bad))
    cache = made(entry(folder), folder, seed=SEED, count=SIZE)
    assert colours(stored(cache)) == [colour(index) for index in drawn(SIZE, (bad,))]


def test_an_image_that_cannot_be_read_is_passed_over_and_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tuple(drawn(SIZE)[place] for place in (0, 6))
    for index in bad:
        cut(folder / "pool" / name(index))
    cache = made(entry(folder), folder, seed=SEED, count=SIZE)
    assert colours(stored(cache)) == [colour(index) for index in drawn(SIZE, bad)]
    # They are read in the order in which they lie on the disk.
    paths = [str(folder / "pool" / name(index)) for index in sorted(bad)]
    assert json.loads(cache.attributes["left_out"]) == paths
    printed = capsys.readouterr().out
    for path in paths:
        assert f"left out, cannot be read: {path} (" in printed
    assert f"own: the first {SIZE} images that seed {SEED} draws in {folder}/own.h5" in printed


def test_a_smaller_subset_stays_the_beginning_of_a_larger_one(folder: Path) -> None:
    cut(folder / "pool" / name(drawn(SIZE)[1]))
    large = stored(made(entry(folder), folder, seed=SEED, count=SIZE))
    small = stored(made(entry(folder), folder, seed=SEED, count=3))
    assert (small == large[:3]).all()


def test_where_too_few_can_be_read_the_cache_holds_those(folder: Path) -> None:
    for index in range(4):
        cut(folder / "pool" / name(index))
    cache = made(entry(folder), folder, seed=SEED, count=POOL)
    assert len(stored(cache)) == POOL - 4


def test_folders_that_are_left_out_are_never_drawn(folder: Path) -> None:
    found = colours(stored(made(entry(folder), folder, seed=SEED, count=POOL)))
    assert sorted(found) == sorted(colour(index) for index in range(POOL))
    assert (9, 9, 9) not in found


def test_another_number_than_declared_is_refused_with_both(folder: Path) -> None:
    assert refusal(entry(folder, train=31), folder, seed=SEED, count=SIZE) == (
        f"data set own: expected 31 images as declared, found 30 (read from {folder}/pool)"
    )
    save(folder / "pool/n4/new.png", (1, 2, 3))
    assert "expected 30 images as declared, found 31" in refusal(
        entry(folder), folder, seed=SEED, count=1
    )


def test_an_image_of_another_size_is_refused_by_name_where_none_is_fitted(folder: Path) -> None:
    message = refusal(entry(folder, fit="exact"), folder, seed=SEED, count=SIZE)
    wide = next(path for path in sorted((folder / "pool").rglob("*.png")) if path.name in message)
    with Image.open(wide) as image:
        assert f"{wide}: expected images (3, 4, 4) " in message
        assert f"as declared, found (3, 4, {image.width})" in message
    assert "; `fit: crop` or `fit: stretch`" in message


def test_drawn_images_can_keep_their_proportions(folder: Path) -> None:
    cache = made(entry(folder, image=(3, 6, 6), fit=8), folder, seed=SEED, count=SIZE)
    found = ragged(cache)
    for place, index in enumerate(drawn(SIZE)):
        assert found.image(place).shape == (3, 8, 8 + 2 * (index % 3))
        assert tuple(found.image(place)[:, 0, 0]) == colour(index)


def test_the_checksum_follows_all_that_is_drawn_and_how_it_is_fitted(folder: Path) -> None:
    def checksum(seed: int = SEED, **changes: Any) -> str:
        cache = made(entry(folder, **changes), folder, seed=seed, count=SIZE)
        return cache.checksum_of(SIZE)

    before = checksum()
    others = [checksum(seed=4), checksum(image=(1, 4, 4))]
    last = drawn(SIZE)[-1]
    save(folder / "pool" / name(last), (5, 5, 5))
    others.append(checksum())
    cut(folder / "pool" / name(last))
    others.append(checksum())
    assert len({before, *others}) == 5


def test_drawing_more_leaves_the_checksums_of_what_was_drawn(folder: Path) -> None:
    def lines(count: int) -> list[str]:
        made(entry(folder), folder, seed=SEED, count=count)
        return (folder / "own.sha256").read_text().splitlines()

    small, large = lines(8), lines(16)
    assert large[: len(small)] == small
    assert [line.split()[0] for line in large] == ["1", "2", "4", "8", "16"]


def test_a_run_s_checksum_covers_the_images_it_needs(folder: Path) -> None:
    cache = made(entry(folder), folder, seed=SEED, count=8)
    before = [cache.checksum_of(count) for count in (1, 3, 4, 5, 8)]
    assert before[1] == before[2]  # the first four
    assert before[3] == before[4]
    save(folder / "pool" / name(drawn(8)[5]), (5, 5, 5))
    cache = made(entry(folder), folder, seed=SEED, count=8)
    after = [cache.checksum_of(count) for count in (1, 3, 4, 5, 8)]
    assert after[:3] == before[:3]
    assert after[3] != before[3]


def test_an_image_that_is_added_or_replaced_in_place_changes_the_stamp(folder: Path) -> None:
    source = Folder(**entry(folder)["source"])
    before = source.stamp()
    assert source.stamp() == before
    place = folder / "pool" / name(3)
    os.utime(place, ns=(0, place.stat().st_mtime_ns + 1))
    replaced = source.stamp()
    assert replaced != before
    save(folder / "pool/n0/new.png", (1, 2, 3))
    assert source.stamp() not in (before, replaced)


def test_of_a_folder_that_is_vouched_for_only_its_own_date_counts(folder: Path) -> None:
    source = Folder(**entry(folder)["source"] | {"vouched": True})
    assert source.own_files() == [folder / "pool"]  # not the millions of files in it
    before = source.stamp()
    place = folder / "pool" / name(3)
    os.utime(place, ns=(0, place.stat().st_mtime_ns + 1))
    assert source.stamp() == before
    save(folder / "pool/new.png", (1, 2, 3))
    assert source.stamp() != before
