"""The batched blur against PIL's on single images."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from oebench.blur import gaussian_blur


@pytest.mark.parametrize("std", [0.3, 0.5, 1, 1.7, 2, 4, 8, 16, 32])
@pytest.mark.parametrize("size", [(28, 28), (32, 32), (20, 37)])
def test_the_blur_equals_pils_to_the_last_bit(std: float, size: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    images = torch.from_numpy(random.integers(0, 256, (4, 3, *size), np.uint8))
    expected = [
        Image.fromarray(image.permute(1, 2, 0).numpy()).filter(ImageFilter.GaussianBlur(std))
        for image in images
    ]
    blurred = gaussian_blur(images, std).permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(blurred, np.stack([np.asarray(image) for image in expected]))
