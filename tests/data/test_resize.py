"""Images of any size and colour against PIL and torchvision on the same images."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from oebench.data.resize import Fit, fitted
from oebench.vision import torchvision

SIZES = [
    (100, 167),
    (300, 200),
    (200, 300),
    (257, 401),
    (401, 257),
    (100, 100),
    (64, 1000),
    (256, 256),
]


def noise(height: int, width: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (channels, height, width), np.uint8)


def picture(image: np.ndarray) -> Image.Image:
    """An image (C, height, width) as PIL has it."""
    return Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0).copy())


def array(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(image)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def test_exact_changes_nothing() -> None:
    image = noise(5, 7)
    assert fitted(image, (3, 5, 7), "exact") is image
    assert fitted(image, (1, 9, 9), "exact") is image  # to refuse it is left to others


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("short", [40, 256])
@pytest.mark.parametrize("size", SIZES)
def test_a_number_is_torchvisions_resize(size: tuple[int, int], short: int, channels: int) -> None:
    image = noise(*size, channels)
    expected = torchvision.transforms.Resize(short)(picture(image))
    found = fitted(image, (channels, short, short), short)
    np.testing.assert_array_equal(found, array(expected))
    assert min(found.shape[1:]) == short
    assert found.dtype == np.uint8


def test_a_number_leaves_an_image_with_that_short_side_as_it_is() -> None:
    image = noise(256, 300)
    np.testing.assert_array_equal(fitted(image, (3, 224, 224), 256), image)


@pytest.mark.parametrize("size", SIZES)
def test_crop_is_pils_fit(size: tuple[int, int]) -> None:
    image = noise(*size)
    expected = ImageOps.fit(picture(image), (48, 32), Image.Resampling.BILINEAR)
    found = fitted(image, (3, 32, 48), "crop")
    assert found.shape == (3, 32, 48)
    np.testing.assert_array_equal(found, array(expected))


@pytest.mark.parametrize("size", SIZES)
def test_stretch_is_pils_resize(size: tuple[int, int]) -> None:
    image = noise(*size)
    expected = picture(image).resize((48, 32), Image.Resampling.BILINEAR)
    found = fitted(image, (3, 32, 48), "stretch")
    assert found.shape == (3, 32, 48)
    np.testing.assert_array_equal(found, array(expected))


def test_crop_keeps_the_middle_and_stretch_the_whole() -> None:
    wide = np.zeros((1, 4, 12), np.uint8)
    wide[:, :, 4:8] = 255  # the middle third
    assert fitted(wide, (1, 4, 4), "crop").min() == 255
    first, second, third, last = fitted(wide, (1, 4, 4), "stretch")[0, 0]
    assert first < 100 < second
    assert last < 100 < third


@pytest.mark.parametrize("fit", ["crop", "stretch", 8])
def test_colour_becomes_grey_as_pil_weighs_it(fit: Fit) -> None:
    for channel, grey in enumerate((76, 150, 29)):  # 0.299, 0.587, 0.114 of 255
        image = np.zeros((3, 8, 8), np.uint8)
        image[channel] = 255
        found = fitted(image, (1, 8, 8), fit)
        assert found.shape == (1, 8, 8)
        assert (found == grey).all()


@pytest.mark.parametrize("fit", ["crop", "stretch", 8])
def test_grey_becomes_three_equal_channels(fit: Fit) -> None:
    image = noise(8, 8, channels=1)
    found = fitted(image, (3, 8, 8), fit)
    assert found.shape == (3, 8, 8)
    assert (found == image).all()
