"""Patches of scikit-learn's two sample photos: a pool of natural images that needs no download."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dataset_cases import made, ragged, refusal, stored
from PIL import Image
from pydantic import ValidationError

from oebench.config.catalog import CATALOG
from oebench.data.dataset import Dataset
from oebench.data.patches import NAMES, cut, patch
from oebench.data.sources.embedded import PhotoPatches
from oebench.strict_yaml import read_yaml

SCALES = (0.1, 0.8)
COLOUR = (3, 32, 32)


def entry(**changes: Any) -> dict[str, Any]:
    return {"source": {"kind": "photo_patches"}, "image": COLOUR, "train": 40, **changes}


def images(count: int, shape: tuple[int, ...] = COLOUR, seed: int = 0) -> np.ndarray:
    photos = cut(SCALES, seed, (count,), shape)
    return np.stack([photos.read(index) for index in range(count)])


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """The pool of the catalogue."""
    declared = read_yaml(CATALOG)["datasets"]["photo-patches"]
    return stored(made(declared, tmp_path_factory.mktemp("photos")))


def test_the_pool_of_the_catalogue_is_5000_distinct_colour_patches(catalogue: np.ndarray) -> None:
    assert (catalogue.shape, catalogue.dtype) == ((5000, 3, 32, 32), np.uint8)
    assert len({each.tobytes() for each in catalogue}) == 5000


def test_it_has_dark_and_bright_plain_and_detailed_patches_in_all_colours(
    catalogue: np.ndarray,
) -> None:
    assert catalogue.min() < 5
    assert catalogue.max() == 255
    means, contrasts = catalogue.mean(axis=(1, 2, 3)), catalogue.std(axis=(1, 2, 3))
    assert means.min() < 40 < 200 < means.max()
    assert contrasts.min() < 5 < 60 < contrasts.max()
    strongest = np.bincount(catalogue.mean(axis=(2, 3)).argmax(axis=1), minlength=3)
    assert (strongest > 50).all()  # the orange flower, its green leaves, the sky


def test_patches_are_the_same_every_time_and_others_for_another_seed() -> None:
    assert (images(20) == images(20)).all()
    assert (images(20) != images(20, seed=1)).any(axis=(1, 2, 3)).all()


def test_a_patch_is_the_same_in_a_larger_pool_and_in_classes(tmp_path: Path) -> None:
    pool = stored(made(entry(), tmp_path))
    assert (images(6) == pool[:6]).all()
    cache = made(entry(classes=NAMES, train=[20, 5]), tmp_path)
    assert cache.labels("train").tolist() == [0] * 20 + [1] * 5
    assert (stored(cache)[:20] == pool[::2]).all()  # both photos take turns
    assert (stored(cache)[20:] == pool[1:10:2]).all()


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 16, 16), (1, 28, 28), (3, 20, 48)])
def test_it_is_as_large_as_the_data_set_declares_and_grey_with_one_channel(
    shape: tuple[int, ...], tmp_path: Path
) -> None:
    pool = stored(made(entry(image=shape, train=7), tmp_path))
    assert pool.shape == (7, *shape)
    assert pool.std(axis=(1, 2, 3)).max() > 20


def test_another_size_shows_the_same_part_of_the_photo() -> None:
    coarse = images(10, (1, 16, 16)).astype(float)
    fine = images(10, (1, 64, 64)).reshape(10, 1, 16, 4, 16, 4).mean(axis=(3, 5))
    assert np.abs(coarse - fine).mean() < 4


def side(pixels: np.ndarray) -> float:
    """How many columns of a photo a patch of it spans, where a column's grey is its number."""
    grey = pixels[0].mean(axis=0)
    return float(grey[-1] - grey[0]) * len(grey) / (len(grey) - 1)


def test_sizes_are_from_the_whole_range_and_each_doubling_is_as_likely() -> None:
    photo = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (256, 1)))
    random = np.random.default_rng(0)
    parts = np.array([side(patch(photo, (1, 16, 16), SCALES, random)) / 256 for _ in range(600)])
    octaves, _ = np.histogram(parts, [0.1, 0.2, 0.4, 0.8])
    assert octaves.sum() > 590  # but for rounded greys
    assert octaves.min() > 160  # 200 each


def test_places_are_from_the_whole_photo() -> None:
    photo = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (256, 1)))
    random = np.random.default_rng(0)
    middles = [patch(photo, (1, 16, 16), (0.1, 0.1), random).mean() for _ in range(200)]
    assert min(middles) < 20  # 12.8 at the left end, 243.2 at the right one
    assert max(middles) > 235
    assert np.mean(middles) == pytest.approx(128, abs=12)


def test_the_largest_patch_is_the_largest_part_of_the_photo_with_these_proportions() -> None:
    rows = np.arange(200, dtype=np.uint8)
    photo = Image.fromarray(np.tile(rows[:, None], (1, 255)))
    whole = patch(photo, (1, 100, 50), (1, 1), np.random.default_rng(0))
    assert whole[0, :, 0].tolist() == pytest.approx((2 * np.arange(100) + 0.5).tolist(), abs=1)


def test_crops_are_cut_out_of_patches_that_are_larger_than_an_image(tmp_path: Path) -> None:
    pool = ragged(made(entry(image=[3, 16, 16], fit=20, train=3), tmp_path))
    assert pool.sizes.tolist() == [[20, 20]] * 3


def test_the_images_may_be_those_that_are_tested(tmp_path: Path) -> None:
    data = {
        "source": {"kind": "photo_patches", "seed": 1},
        "test_source": {"kind": "photo_patches"},
        "classes": NAMES,
        "test": 3,
    }
    cache = made(entry(**data), tmp_path)
    assert cache.labels("test").tolist() == [0, 0, 0, 1, 1, 1]
    assert not np.isin(cache.hashes("test"), cache.hashes("train")).any()


def test_other_classes_than_the_photos_are_refused(tmp_path: Path) -> None:
    assert refusal(entry(classes=["china", "tulip"]), tmp_path) == (
        "data set own: expected the classes china, tulip as declared, found china, flower; not "
        "declared: flower; not found: tulip"
    )


@pytest.mark.parametrize(
    ("scales", "reason"),
    [
        ([0.8, 0.1], "expected the smaller scale first, found [0.8, 0.1]"),
        ([0, 0.5], "greater than or equal to 0.01"),
        ([0.5, 1.5], "less than or equal to 1"),
    ],
)
def test_scales_that_are_none_are_refused(scales: list[float], reason: str) -> None:
    with pytest.raises(ValidationError) as error:
        Dataset.model_validate(entry(source={"kind": "photo_patches", "scales": scales}))
    assert reason in str(error.value)


def test_nothing_is_ever_missing() -> None:
    assert PhotoPatches(kind="photo_patches").missing() is None
