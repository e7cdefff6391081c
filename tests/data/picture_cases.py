"""Folders of small pictures, as people have them."""

from pathlib import Path

import numpy as np
from PIL import Image

NORMAL, FAULTY = 90, 190  # mean brightness


def put(folder: Path, count: int, level: int, size: tuple[int, int] = (20, 20)) -> Path:
    """Pictures of noise in colour around a level; size: height and width."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(level)
    for number in range(count):
        pixels = random.normal(level, 20, (*size, 3)).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:03}.png")
    return folder


def mvtec(folder: Path, train: int = 20, test: int = 6) -> Path:
    """train/good, test/good, test/broken."""
    put(folder / "train/good", train, NORMAL)
    put(folder / "test/good", test, NORMAL + 1)
    put(folder / "test/broken", test, FAULTY)
    return folder
