"""What a network is shown, against PIL."""

from typing import Any

import numpy as np
import pytest
import torch
from embedding_cases import images_of
from PIL import Image
from torch import Tensor

from oebench.blur import gaussian_blur
from oebench.embedding.preprocess import FILTERS, Preprocessing
from oebench.validation import UserError

PIL = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "nearest": Image.Resampling.NEAREST,
}


def shown(images: np.ndarray, **changes: Any) -> Tensor:
    """What a network sees of images, in grey levels."""
    how = {"size": 40, "filter": "bicubic", "crop": None, "mean": (0.0,) * 3, "std": (1.0,) * 3}
    return Preprocessing(**{**how, **changes})(torch.from_numpy(images)) * 255


def resized(images: np.ndarray, height: int, width: int, filter_: str = "bicubic") -> Tensor:
    """Images (N, 3, H, W) by PIL, one by one."""
    pictures = [Image.fromarray(image.transpose(1, 2, 0)) for image in images]
    found = [np.asarray(each.resize((width, height), PIL[filter_])) for each in pictures]
    return torch.from_numpy(np.stack(found)).permute(0, 3, 1, 2).float()


def check_same(found: Tensor, expected: Tensor) -> None:
    """But for a tie here and there, in each direction: PIL's weights are fixed-point numbers."""
    difference = (found - expected).abs()
    assert found.shape == expected.shape
    assert difference.max() < 2.01
    assert difference.mean() < 0.05


@pytest.mark.parametrize("filter_", FILTERS)
@pytest.mark.parametrize("size", [16, 40, 128])
def test_images_are_resized_as_pil_does_it(filter_: str, size: int) -> None:
    images = images_of(3, size=40)
    found = shown(images, size=size, filter=filter_)
    check_same(found, resized(images, size, size, filter_))


def test_images_of_the_right_size_stay_as_they_are() -> None:
    images = images_of(2, size=40)
    torch.testing.assert_close(shown(images), torch.from_numpy(images).float())


def test_a_grey_image_has_three_equal_channels() -> None:
    found = shown(images_of(2, channels=1))
    assert found.shape == (2, 3, 40, 40)
    assert torch.equal(found[:, 0], found[:, 1])
    assert torch.equal(found[:, 0], found[:, 2])


def test_mean_and_standard_deviation_are_of_pixels_from_0_to_1() -> None:
    white = np.full((1, 3, 40, 40), 255, np.uint8)
    mean, std = (0.5, 0.25, 0.0), (0.5, 0.5, 2.0)
    found = shown(white, mean=mean, std=std) / 255
    assert found[0, :, 0, 0].tolist() == pytest.approx([1.0, 1.5, 0.5])
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_a_crop_is_the_middle_of_an_image_that_keeps_its_proportions() -> None:
    image = np.random.default_rng(0).integers(0, 256, (1, 3, 60, 90), np.uint8)
    found = shown(image, crop=0.8)
    check_same(found, resized(image, 50, 75)[:, :, 5:45, 18:58])


def test_without_a_crop_the_whole_image_is_seen() -> None:
    halves = np.zeros((1, 1, 10, 30), np.uint8)
    halves[..., 15:] = 255
    found = shown(halves, filter="nearest")[0, 0]
    assert not found[:, :20].any()
    assert (found[:, 20:] == 255).all()


def test_the_blur_is_of_the_images_as_they_come() -> None:
    images = images_of(2, size=20)
    blurred = gaussian_blur(torch.from_numpy(images), 2.0)
    assert torch.equal(shown(images, blur=2.0), shown(blurred.numpy()))


def test_images_of_several_sizes_are_seen_as_each_alone() -> None:
    images = [images_of(1, size=size) for size in (9, 40, 70)]
    how = Preprocessing(16, "bicubic", None, (0.5,) * 3, (0.5,) * 3)
    together = how([torch.from_numpy(image[0]) for image in images])
    alone = torch.cat([how(torch.from_numpy(image)) for image in images])
    assert torch.equal(together, alone)


def test_images_of_other_channels_are_refused() -> None:
    with pytest.raises(UserError, match="images of 2 channels cannot be shown to a network"):
        shown(images_of(1, channels=2))
