"""What images are known by: checksums of the splits of a cache, and bits that tell one image."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from oebench.artifacts.checksums import Checksums


def of_image(image: np.ndarray) -> int:
    """64 bits that tell an image (C, H, W), or a vector, from others: by them twins are found."""
    digest = hashlib.blake2b(f"{image.shape}".encode(), digest_size=8)
    digest.update(np.ascontiguousarray(image).data)
    return int.from_bytes(digest.digest(), "little")


class SplitDigest:
    """The checksum of a split: its pixels, image by image, then shapes, then labels."""

    def __init__(self) -> None:
        self.pixels = hashlib.sha256()
        self.count = 0
        self.beginnings: Checksums = {}  # of the first 1, 2, 4, 8, ... images and of all

    def add(self, pixels: np.ndarray, images: int) -> None:
        """Pixels of so many images; powers of two that lie within them are passed over."""
        self.pixels.update(np.ascontiguousarray(pixels).data)
        self.count += images
        if is_power_of_two(self.count):
            self.beginnings[self.count] = self.pixels.hexdigest()

    def finish(self, shapes: np.ndarray, labels: np.ndarray) -> str:
        """The checksum; shapes: int64, of all images or (N, 3) of each; labels: int64 (N,)."""
        self.beginnings[self.count] = self.pixels.hexdigest()
        self.pixels.update(shapes.astype(np.int64).tobytes() + labels.astype(np.int64).tobytes())
        return self.pixels.hexdigest()


def is_power_of_two(count: int) -> bool:
    return count > 0 and count & (count - 1) == 0


def of_cache(classes: Iterable[str], image: Any, parts: Mapping[str, str]) -> str:
    """The checksum of a cache from those of its splits; dates and paths do not count.

    image: channels, height and width as training takes it, which of larger ones is a part; or [D].
    """
    text = json.dumps([[*classes], image, dict(parts)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
