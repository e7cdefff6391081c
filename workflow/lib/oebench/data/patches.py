"""Patches of the two photos that come with scikit-learn: natural images that need no download.

china.jpg is by danielbuechele, flower.jpg by vultilion, both of Flickr and under CC BY 2.0
(README.txt in scikit-learn's folder datasets/images). Each is 640 x 427 pixels.
"""

from functools import partial

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image

from oebench.data.sources.base import Made, Photos

NAMES = ("china", "flower")


def patches(scales: tuple[float, float], seed: int) -> Made:
    """A class for each photo, or one pool of both by turns.

    scales: the range of a patch's size, as a part of the largest patch that the photo has.
    """
    return Made(partial(cut, scales, seed))


def cut(
    scales: tuple[float, float], seed: int, counts: tuple[int, ...], shape: tuple[int, ...]
) -> Photos:
    """As many patches of each class, resized to (channels, height, width) when they are read.

    Number n of a photo is the same however many there are, and in whatever classes.
    """
    labels = np.repeat(np.arange(len(counts)), counts)
    numbers = np.concatenate([np.arange(count) for count in counts])
    photos = labels
    if len(counts) == 1:
        numbers, photos = np.divmod(numbers, len(NAMES))
    mode = "L" if shape[0] == 1 else "RGB"
    images = [Image.fromarray(load_sample_image(f"{name}.jpg")).convert(mode) for name in NAMES]

    def read(index: int) -> np.ndarray:
        photo, number = int(photos[index]), int(numbers[index])
        return patch(images[photo], shape, scales, np.random.default_rng([seed, photo, number]))

    return Photos(
        size=len(labels),
        read=read,
        name=lambda index: f"patch {numbers[index]} of {NAMES[photos[index]]}.jpg",
        labels=labels,
    )


def patch(
    photo: Image.Image,
    shape: tuple[int, ...],
    scales: tuple[float, float],
    random: np.random.Generator,
) -> np.ndarray:
    """One patch as uint8 `shape`, with the proportions of `shape`, from anywhere in the photo.

    Each doubling of its size is as likely. Places and sizes are no whole pixels, so that hardly
    any two patches are alike.
    """
    _, height, width = shape
    scale = np.exp(random.uniform(*np.log(scales)))
    largest = min(photo.width / width, photo.height / height)
    wide, high = scale * largest * width, scale * largest * height
    left, top = random.uniform(0, photo.width - wide), random.uniform(0, photo.height - high)
    right, bottom = min(left + wide, photo.width), min(top + high, photo.height)  # after rounding
    pixels = np.asarray(
        photo.resize((width, height), Image.Resampling.BILINEAR, box=(left, top, right, bottom))
    )
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
