"""80 Million Tiny Images: the publisher's layout, what is excluded, what is drawn."""

import random
import time
from pathlib import Path

import numpy as np
import pytest
from dataset_cases import made, photos, stored
from tiny_cases import (
    COUNT,
    EXCLUDED,
    IMAGES,
    POOL,
    SIZE,
    TINY_BYTES,
    Entry,
    tiny_entry,
    write_list,
    write_tiny,
)

from oebench.config.catalog import CATALOG
from oebench.data.sources.tinyimages import TinyImages
from oebench.strict_yaml import read_yaml
from oebench.training.exposure import subset


@pytest.fixture
def entry(tmp_path: Path) -> Entry:
    return tiny_entry(tmp_path)


def drawn(seed: int, size: int, excluded: set[int]) -> list[int]:
    """The first `size` of a draw that are not excluded, by the standard library alone."""
    order = random.Random(seed).sample(range(POOL), size + len(excluded))
    return [index for index in order if index not in excluded][:size]


# The layout


def test_an_image_comes_out_the_right_way_round(tmp_path: Path) -> None:
    content = bytearray(2 * TINY_BYTES)

    def paint(channel: int, row: int, column: int) -> None:
        # Byte by byte, as MATLAB numbers the elements of a (row, column, channel) array.
        content[row + 32 * column + 1024 * channel] = 255

    for step in range(32):
        paint(0, 0, step)  # red along the top
        paint(1, step, 0)  # green along the left side
    paint(2, 2, 30)  # a blue dot at the upper right
    (tmp_path / "tiny_images.bin").write_bytes(content)
    (tmp_path / "exclude.txt").touch()
    source = TinyImages(
        kind="tinyimages",
        images=tmp_path / "tiny_images.bin",
        count=2,
        exclude=tmp_path / "exclude.txt",
        exclude_count=0,
    )
    red, green, blue = image = photos(source.load()["train"]).read(0)
    assert image.shape == (3, 32, 32)
    assert image.dtype == np.uint8
    assert (red[0] == 255).all()
    assert red[1:].max() == 0
    assert (green[:, 0] == 255).all()
    assert green[:, 1:].max() == 0
    assert np.argwhere(blue).tolist() == [[2, 30]]


def test_every_image_but_the_last_is_in_the_pool(entry: Entry) -> None:
    pool = photos(TinyImages(**entry()["source"]).load()["train"])
    assert pool.size == POOL
    for index in (0, 1, 200, POOL - 1):
        assert (pool.read(index) == IMAGES[index]).all()
    assert pool.name(0).startswith("image 1 of ")
    assert pool.labels is None


# What is drawn


@pytest.mark.parametrize("seed", range(3))
def test_a_subset_is_the_draw_without_what_is_excluded(
    seed: int, entry: Entry, tmp_path: Path
) -> None:
    expected = drawn(seed, SIZE, {number - 1 for number in EXCLUDED})
    cache = made(entry(), tmp_path, seed=seed, count=SIZE)
    assert (stored(cache) == IMAGES[expected]).all()
    assert cache.labels("train").tolist() == [0] * SIZE


def test_excluded_images_are_passed_over_and_the_subset_has_its_size(
    entry: Entry, tmp_path: Path
) -> None:
    order = [int(index) for index in subset(POOL, SIZE + 2, seed=1)]
    hits = order[0], order[SIZE // 2]
    write_list(tmp_path, tuple(index + 1 for index in hits))
    cache = made(entry(exclude_count=2), tmp_path, seed=1, count=SIZE)
    left = [index for index in order if index not in hits]
    assert len(left) == SIZE
    assert (stored(cache) == IMAGES[left]).all()


def test_a_smaller_subset_is_the_beginning_of_a_larger_one(entry: Entry, tmp_path: Path) -> None:
    large = stored(made(entry(), tmp_path, seed=2, count=300))
    for size in (1, 5, 100):
        assert (stored(made(entry(), tmp_path, seed=2, count=size)) == large[:size]).all()


def test_the_whole_pool_is_all_that_is_not_excluded(entry: Entry, tmp_path: Path) -> None:
    found = stored(made(entry(), tmp_path, seed=0, count=POOL))
    kept = np.delete(IMAGES[:POOL], [number - 1 for number in EXCLUDED], axis=0)
    assert {image.tobytes() for image in found} == {image.tobytes() for image in kept}
    assert len(found) == len(kept)


def test_the_cache_knows_its_seed_and_its_pool(entry: Entry, tmp_path: Path) -> None:
    cache = made(entry(), tmp_path, seed=7, count=SIZE)
    assert (cache.seed, cache.pool) == (7, POOL)
    assert cache.classes == ["all"]
    assert cache.attributes["left_out"] == "[]"


# The checksum


def test_the_checksum_follows_what_is_drawn_and_nothing_else(entry: Entry, tmp_path: Path) -> None:
    def checksum(seed: int = 0) -> str:
        return made(entry(), tmp_path, seed=seed, count=SIZE).checksum_of(SIZE)

    before = checksum()
    assert checksum(seed=1) != before
    write_list(tmp_path, tuple(reversed(EXCLUDED)))
    assert checksum() == before  # the same numbers in another order
    shown = drawn(0, SIZE, {number - 1 for number in EXCLUDED})
    unseen = next(index for index in range(POOL) if index not in shown)
    write_tiny(tmp_path / "tiny_images.bin", {unseen: IMAGES[0] + 1}, COUNT)
    assert checksum() == before
    write_tiny(tmp_path / "tiny_images.bin", {shown[-1]: IMAGES[0] + 1}, COUNT)
    changed = checksum()
    write_list(tmp_path, (*EXCLUDED[:-1], shown[0] + 1))
    assert len({before, changed, checksum()}) == 3


# The true size


def test_the_file_of_the_true_size_is_never_read_whole(tmp_path: Path) -> None:
    entry = read_yaml(CATALOG)["datasets"]["tinyimages"]
    pool, count, excluded = 79_302_016, 79_302_017, 132_416
    assert entry["train"] == pool
    order = random.Random(5).sample(range(pool), 17)
    shown = {index: IMAGES[i] for i, index in enumerate(order)}
    write_tiny(tmp_path / "tiny_images.bin", shown, count)
    assert (tmp_path / "tiny_images.bin").stat().st_size == count * TINY_BYTES
    others = [number for number in range(1, excluded + 9) if number - 1 not in order]
    write_list(tmp_path, (order[3] + 1, *others[: excluded - 1]))
    entry["source"]["images"] = tmp_path / "tiny_images.bin"
    entry["source"]["exclude"] = tmp_path / "exclude.txt"
    started = time.monotonic()
    cache = made(entry, tmp_path, seed=5, count=16)
    assert time.monotonic() - started < 5  # to read its 244 GB takes minutes
    assert (stored(cache) == np.delete(IMAGES[:17], 3, axis=0)).all()
    assert (cache.seed, cache.pool) == (5, pool)
