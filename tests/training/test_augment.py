"""Batched transforms against PIL and torchvision on single images."""

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_images

from oebench.training import augment
from oebench.vision import torchvision


def random_images(count: int, channels: int, height: int, width: int) -> torch.Tensor:
    random = np.random.default_rng(0)
    return torch.from_numpy(random.integers(0, 256, (count, channels, height, width), np.uint8))


@pytest.mark.parametrize(
    ("position", "adjust", "neutral"),
    [(0, "brightness", 1), (1, "contrast", 1), (2, "saturation", 1), (3, "hue", 0)],
)
def test_each_change_of_the_jitter_equals_torchvisions(
    position: int, adjust: str, neutral: int
) -> None:
    images = random_images(8, 3, 16, 16).float() / 255
    changes = torch.zeros(8, 4)
    changes[:, position] = torch.linspace(-0.1, 0.1, 8)
    function = getattr(torchvision.transforms.functional, f"adjust_{adjust}")
    for image, change, jittered in zip(
        images, changes[:, position], augment.jitter(images, changes), strict=True
    ):
        expected = function(image, neutral + float(change))
        torch.testing.assert_close(jittered, expected, atol=2e-5, rtol=0)


def test_the_jitter_changes_nothing_by_nothing_and_little_by_one_per_cent() -> None:
    images = random_images(64, 3, 16, 16).float() / 255
    unchanged = augment.jitter(images, torch.zeros(64, 4))
    torch.testing.assert_close(unchanged, images, atol=1e-6, rtol=0)
    changes = torch.rand(64, 4) * 0.02 - 0.01
    difference = (augment.jitter(images, changes) - images).abs()
    assert 0.001 < difference.mean() < 0.02


def test_flip_and_crop_take_the_draws_as_written() -> None:
    image = torch.arange(1.0, 10).view(1, 1, 3, 3)
    images = image.expand(4, 1, 3, 3)
    # With a border of 1 there are 3 places: below 1/3 the first, from 2/3 on the last.
    draws = torch.tensor([[0.9, 0.5, 0.5], [0.1, 0.5, 0.5], [0.9, 0.0, 0.5], [0.1, 0.5, 0.99]])
    middle, flipped, down, flipped_left = augment.flip_and_crop(images, draws, padding=1)[:, 0]
    assert middle.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert flipped.tolist() == [[3, 2, 1], [6, 5, 4], [9, 8, 7]]
    assert down.tolist() == [[0, 0, 0], [1, 2, 3], [4, 5, 6]]  # the border is black
    assert flipped_left.tolist() == [[2, 1, 0], [5, 4, 0], [8, 7, 0]]  # flipped, then cropped


def test_every_image_of_a_batch_has_its_own_draws() -> None:
    draws = augment.draw(2, 100, torch.Generator().manual_seed(0))
    assert draws.shape == (2, 100, augment.DRAWS)
    crops = augment.augment(random_images(1, 3, 8, 8).expand(100, 3, 8, 8), draws[0], padding=2)
    assert len(torch.unique(crops, dim=0)) > 90


def test_without_jitter_an_image_is_only_flipped_and_cropped() -> None:
    images = random_images(8, 3, 32, 32)
    draws = augment.draw(1, 8, torch.Generator().manual_seed(0))[0]
    plain = augment.augment(images, draws, 4, colours=False)
    assert torch.equal(plain, augment.flip_and_crop(images.float() / 255, draws[:, :3], 4))
    assert not torch.equal(plain, augment.augment(images, draws, 4))


def test_the_jitter_is_within_two_grey_levels_of_pils_on_real_photos() -> None:
    """PIL cuts off fractions after each change and keeps hues in 8 bits; ours does neither."""
    photo = np.concatenate(load_sample_images().images, axis=1)[:416, :1280]
    tiles = photo.reshape(13, 32, 40, 32, 3).transpose(0, 2, 1, 3, 4).reshape(-1, 32, 32, 3)[::5]
    changes = (2 * np.random.default_rng(0).random((len(tiles), 4)) - 1) * augment.JITTER
    batch = torch.from_numpy(np.ascontiguousarray(tiles.transpose(0, 3, 1, 2)))
    ours = augment.jitter(batch.float() / 255, torch.tensor(changes, dtype=torch.float32)) * 255
    adjust = torchvision.transforms.functional
    differences = []
    for tile, (brightness, contrast, saturation, hue), found in zip(
        tiles, changes, ours.numpy(), strict=True
    ):
        image = adjust.adjust_brightness(Image.fromarray(tile), 1 + brightness)
        image = adjust.adjust_contrast(image, 1 + contrast)
        image = adjust.adjust_hue(adjust.adjust_saturation(image, 1 + saturation), hue)
        differences.append(np.abs(found - np.asarray(image).transpose(2, 0, 1)))
    assert np.mean(differences) < 2
    assert np.max(differences) < 12
