"""Images of different sizes in a cache: written in blocks, cut to one size when they are read."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from dataset_cases import made, ragged
from PIL import Image

from oebench.artifacts import cache_writer
from oebench.artifacts.cache import Cache
from oebench.artifacts.ragged import Ragged
from oebench.vision import torchvision

SIZES = [(9, 12), (12, 9), (7, 7), (8, 15), (7, 20), (13, 7)]
LABELS = [0, 1, 1, 0, 1, 0]


def noise(size: tuple[int, int], channels: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (channels, *size), np.uint8)


def images(channels: int = 3) -> list[np.ndarray]:
    return [noise(size, channels, seed) for seed, size in enumerate(SIZES)]


def written(path: Path, given: list[np.ndarray]) -> Cache:
    with cache_writer.create(path, ["cat", "dog"], {"image": (3, 4, 5)}) as writer:
        pairs = zip(given, LABELS[: len(given)], strict=True)
        assert writer.add_each("train", pairs, ragged=True).tolist() == LABELS[: len(given)]
    return Cache(path)


@pytest.fixture
def stored(tmp_path: Path) -> Ragged:
    return ragged(written(tmp_path / "own.h5", images()))


def central(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """What torchvision cuts out of the middle."""
    return torchvision.transforms.CenterCrop(size)(torch.from_numpy(image)).numpy()


# Written and read


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("block", [0, 100, 700, 1 << 24])
def test_what_is_written_in_blocks_is_read(
    block: int, channels: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_writer, "BLOCK", block)
    monkeypatch.setattr(cache_writer, "CHUNK", 50)
    given = images(channels)
    own = written(tmp_path / "own.h5", given)
    found = ragged(own)
    assert len(found) == len(given)
    assert found.sizes.tolist() == [list(size) for size in SIZES]
    for row, image in enumerate(given):
        assert found.image(row).shape == image.shape
        assert (found.image(row) == image).all()
    assert own.labels("train").tolist() == LABELS


def test_little_more_than_a_block_waits_to_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks: list[int] = []
    append = cache_writer.Writer.append

    def recorded(writer: cache_writer.Writer, split: str, block: list[np.ndarray]) -> None:
        blocks.append(sum(image.nbytes for image in block))
        append(writer, split, block)

    monkeypatch.setattr(cache_writer.Writer, "append", recorded)
    monkeypatch.setattr(cache_writer, "BLOCK", 700)
    given = images()
    written(tmp_path / "own.h5", given)
    assert len(blocks) > 1
    assert max(blocks) <= 700 + max(image.nbytes for image in given)
    assert sum(blocks) == sum(image.nbytes for image in given)


def test_the_checksum_does_not_depend_on_the_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = written(tmp_path / "one.h5", images()).checksum
    monkeypatch.setattr(cache_writer, "BLOCK", 100)
    assert written(tmp_path / "other.h5", images()).checksum == one


def test_the_checksum_depends_on_pixels_and_on_the_shape_of_every_image(tmp_path: Path) -> None:
    given = images()
    pixel = [given[0], given[1].copy(), *given[2:]]
    pixel[1][2, 3, 4] += 1
    shape = [*given[:-1], given[-1].reshape(3, 7, 13)]
    versions = given, pixel, shape, given[::-1]
    checksums = {written(tmp_path / f"{i}.h5", each).checksum for i, each in enumerate(versions)}
    assert len(checksums) == 4


def test_the_file_holds_the_pixels_one_after_another(tmp_path: Path) -> None:
    given = images()
    with h5py.File(written(tmp_path / "own.h5", given).path) as file:
        group = file["train"]
        assert group["pixels"][:].tobytes() == b"".join(image.tobytes() for image in given)
        assert group["sizes"][:].tolist() == [list(size) for size in SIZES]
        assert group["offsets"][1] == given[0].size
        assert group.attrs["counts"].tolist() == [3, 3]
        assert "images" not in group


# Some of them


def test_rows_and_masks_select_images(stored: Ragged) -> None:
    given = images()
    mask = np.array(LABELS) == 1
    for chosen, expected in ((np.array([4, 0, 4]), [4, 0, 4]), (mask, [1, 2, 4])):
        found = stored[chosen]
        assert len(found) == len(expected)
        for place, row in enumerate(expected):
            assert (found.image(place) == given[row]).all()


def test_a_cache_gives_the_rows_that_are_asked_for(tmp_path: Path) -> None:
    found = ragged(written(tmp_path / "own.h5", images()), rows=np.array([5, 2]))
    assert [found.image(place).shape for place in range(2)] == [(3, 13, 7), (3, 7, 7)]
    assert (found.image(0) == images()[5]).all()


def test_selections_can_be_made_of_selections(stored: Ragged) -> None:
    found = stored[np.array([5, 3, 1])][np.array([False, True, True])]
    assert (found.image(1) == images()[1]).all()


# Crops


@pytest.mark.parametrize("size", [(7, 7), (6, 6), (5, 7), (4, 5), (1, 2)])
def test_the_middle_is_torchvisions_center_crop(size: tuple[int, int], stored: Ragged) -> None:
    cut = replace(stored, size=size).crops(np.arange(6))
    assert cut.dtype == np.uint8
    np.testing.assert_array_equal(cut, np.stack([central(image, size) for image in images()]))


def test_crops_come_in_the_order_asked_for_and_as_often(stored: Ragged) -> None:
    cut = replace(stored, size=(5, 5)).crops(np.array([3, 0, 3]))
    np.testing.assert_array_equal(cut, np.stack([central(images()[i], (5, 5)) for i in (3, 0, 3)]))


def test_crops_of_one_channel(tmp_path: Path) -> None:
    found = ragged(written(tmp_path / "own.h5", images(1)))
    cut = replace(found, size=(6, 6)).crops(np.arange(6))
    expected = np.stack([central(image, (6, 6)) for image in images(1)])
    assert cut.shape == (6, 1, 6, 6)
    np.testing.assert_array_equal(cut, expected)


def test_random_places_stay_inside_and_reach_both_ends(tmp_path: Path) -> None:
    rows, columns = np.indices((9, 12), dtype=np.uint8)
    found = ragged(written(tmp_path / "own.h5", [np.stack([rows, columns, 0 * rows])]))
    count = 2000
    places = np.random.default_rng(0).random((count, 2))
    cut = replace(found, size=(7, 7)).crops(np.zeros(count, np.int64), places)
    top, left = cut[:, 0, 0, 0], cut[:, 1, 0, 0]
    # A cut is a window of the image, not the border of another one.
    np.testing.assert_array_equal(cut[:, 0], top[:, None, None] + np.indices((7, 7))[0])
    np.testing.assert_array_equal(cut[:, 1], left[:, None, None] + np.indices((7, 7))[1])
    assert set(top.tolist()) == {0, 1, 2}
    assert set(left.tolist()) == {0, 1, 2, 3, 4, 5}
    for found_at, ways in ((top, 3), (left, 6)):  # all equally often
        assert np.bincount(found_at).min() > 0.8 * count / ways


@pytest.mark.parametrize(("place", "corner"), [(0.0, (0, 0)), (1 - 2**-53, (2, 5))])
def test_the_first_and_the_last_place_are_the_corners(
    place: float, corner: tuple[int, int], stored: Ragged
) -> None:
    top, left = corner
    cut = replace(stored, size=(7, 7)).crops(np.array([0]), np.full((1, 2), place))
    assert (cut[0] == images()[0][:, top : top + 7, left : left + 7]).all()


def test_an_image_of_the_crop_s_size_is_taken_whole(stored: Ragged) -> None:
    for places in (None, np.array([[0.99, 0.5]])):
        cut = replace(stored, size=(7, 7)).crops(np.array([2]), places)
        assert (cut[0] == images()[2]).all()


# From photos to crops


def test_photos_are_resized_and_cut_as_torchvision_does(tmp_path: Path) -> None:
    sizes = [(60, 45), (45, 61), (50, 50), (39, 90)]  # width and height
    for number, (width, height) in enumerate(sizes):
        path = tmp_path / f"photos/{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(noise((height, width)).transpose(1, 2, 0)).save(path)
    entry = {
        "source": {"kind": "folder", "train": tmp_path / "photos"},
        "image": (3, 32, 32),
        "fit": 36,
        "train": 4,
    }
    found = ragged(made(entry, tmp_path))
    cut = found.crops(np.arange(4))
    assert found.shape == cut.shape == (4, 3, 32, 32)
    transform = torchvision.transforms.Compose(
        [torchvision.transforms.Resize(36), torchvision.transforms.CenterCrop(32)]
    )
    for number in range(4):
        with Image.open(tmp_path / f"photos/{number}.png") as photo:
            expected = np.asarray(transform(photo)).transpose(2, 0, 1)
        np.testing.assert_array_equal(cut[number], expected)
