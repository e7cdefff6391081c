"""Images that come with the packages: handwritten digits and drawn letters."""

import string
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from oebench.config.catalog import CATALOG
from oebench.data.glyphs import FONTS, draw, framed
from oebench.data.sources.base import Labelled
from oebench.data.sources.embedded import Digits, Letters
from oebench.strict_yaml import read_yaml


def counts(labelled: Labelled) -> list[int]:
    return np.bincount(labelled.labels).tolist()


def assert_in_a_frame(images: np.ndarray) -> None:
    """uint8 (N, 1, 16, 16) with something to see in a border of 2 black pixels."""
    assert images.dtype == np.uint8
    assert images.shape[1:] == (1, 16, 16)
    inside = images[:, :, 2:14, 2:14]
    assert images.sum(dtype=np.int64) == inside.sum(dtype=np.int64)  # the border is black
    assert (inside.reshape(len(images), -1).max(axis=1) > 128).all()  # no image is empty or faint


# The frame that digits and letters share


def test_a_white_square_becomes_12_by_12_white_pixels_in_a_black_border() -> None:
    (image,) = framed(np.full((1, 8, 8), 16))
    assert (image[0, 2:14, 2:14] == 255).all()
    assert image.sum() == 12 * 12 * 255


def test_levels_0_to_16_become_grey_values_0_to_255() -> None:
    small = np.stack([np.full((8, 8), level) for level in (0, 4, 8, 16)])
    # round(level * 255 / 16): 63.75 -> 64, 127.5 -> 128 (to even)
    assert framed(small)[:, 0, 8, 8].tolist() == [0, 64, 128, 255]


def test_an_image_is_enlarged_without_being_turned_or_mirrored() -> None:
    small = np.zeros((1, 8, 8))
    small[0, 0, 7] = 16  # the upper right corner
    image = framed(small)[0, 0]
    assert image[2, 13] == 255
    assert image[:2].sum() == 0
    assert image[2:14, 2:11].sum() == 0
    assert image[5:].sum() == 0


# Digits


@pytest.fixture(scope="module")
def digits() -> dict[str, Labelled]:
    return Digits(kind="digits").load()


def test_the_digits_are_1797_of_which_two_thirds_of_each_class_train(
    digits: dict[str, Labelled],
) -> None:
    assert {name: len(split.images) for name, split in digits.items()} == {
        "train": 1198,
        "test": 599,
    }
    of_each = np.bincount(load_digits().target)  # 178, 182, 177, ...
    assert counts(digits["train"]) == [round(n * 2 / 3) for n in of_each]
    assert counts(digits["test"]) == [n - round(n * 2 / 3) for n in of_each]


def test_the_digits_are_as_many_as_the_catalogue_declares(digits: dict[str, Labelled]) -> None:
    declared = read_yaml(CATALOG)["datasets"]["digits"]
    assert {name: counts(split) for name, split in digits.items()} == {
        "train": declared["train"],
        "test": declared["test"],
    }


def test_the_digits_are_framed_as_mnist(digits: dict[str, Labelled]) -> None:
    for split in digits.values():
        assert_in_a_frame(split.images)
        assert split.labels.dtype == np.int64


def test_every_digit_is_in_exactly_one_split_and_with_its_label(
    digits: dict[str, Labelled],
) -> None:
    original = load_digits()
    expected = zip(framed(original.images), original.target, strict=True)
    found = [
        (image.tobytes(), label)
        for split in digits.values()
        for image, label in zip(*split, strict=True)
    ]
    assert sorted(found) == sorted((image.tobytes(), label) for image, label in expected)


def test_the_digits_are_the_same_every_time(digits: dict[str, Labelled]) -> None:
    again = Digits(kind="digits").load()
    for name, split in digits.items():
        assert (again[name].images == split.images).all()
        assert (again[name].labels == split.labels).all()


# Letters


@pytest.fixture(scope="module")
def letters() -> Labelled:
    return Letters(kind="letters").load()["train"]


def test_the_letters_are_100_of_each_and_a_pool_without_test_images(letters: Labelled) -> None:
    assert counts(letters) == [100] * 26
    assert letters.images.shape == (2600, 1, 16, 16)
    assert [*Letters(kind="letters", per_class=1).load()] == ["train"]


def test_the_letters_look_like_the_digits(letters: Labelled, digits: dict[str, Labelled]) -> None:
    assert_in_a_frame(letters.images)
    # Not a trivial task: as bright as the digits within a half.
    assert letters.images.mean() == pytest.approx(digits["train"].images.mean(), rel=0.5)


def test_a_letter_is_drawn_as_the_digits_were_made(letters: Labelled) -> None:
    random = np.random.default_rng(0)
    for letter in string.ascii_uppercase:
        small = draw(letter, random)
        assert small.shape == (8, 8)
        assert small.min() >= 0
        assert small.max() <= 16  # black pixels of a 4x4 square
        assert small.max() > 8
        # Its longer side is 26 to 32 of 32 pixels: at least 6 of 8 squares, not turned too far.
        rows, columns = (np.flatnonzero(small.sum(axis=axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 >= 6


def test_the_images_of_a_class_show_its_letter(letters: Labelled) -> None:
    mean = letters.images[letters.labels == string.ascii_uppercase.index("L")].mean(axis=0)[0]
    left, right = mean[2:9, 2:8].sum(), mean[2:9, 8:14].sum()
    assert left > 2 * right  # the upper half of an L is its stem
    mean = letters.images[letters.labels == string.ascii_uppercase.index("T")].mean(axis=0)[0]
    assert mean[2:5].sum() > 2 * mean[11:14].sum()  # a T's bar is at the top


def test_every_font_has_every_letter() -> None:
    class Fixed:
        """Draws with one font, straight."""

        def __init__(self, font: int) -> None:
            self.font = font

        def integers(self, _: int) -> int:
            return self.font

        def uniform(self, low: float, high: float, size: int | None = None) -> object:
            middle = (low + high) / 2
            return middle if size is None else np.full(size, middle)

    for font in range(len(FONTS)):
        fixed: Any = Fixed(font)
        images = {draw(letter, fixed).tobytes() for letter in "AIMQZ"}
        assert len(images) == 5, f"{FONTS[font]} draws the same sign for several letters"


def test_letters_are_the_same_for_a_seed_and_others_for_another() -> None:
    one, same, other = (
        Letters(kind="letters", per_class=2, seed=seed).load()["train"].images for seed in (0, 0, 1)
    )
    assert (one == same).all()
    different = (one != other).any(axis=(1, 2, 3))
    assert different.mean() > 0.9


def test_nothing_is_ever_missing_of_what_is_embedded() -> None:
    assert Digits(kind="digits").missing() is None
    assert Letters(kind="letters").missing() is None
