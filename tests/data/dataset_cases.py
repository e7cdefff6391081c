"""Data sets of a test's folder, made into caches or refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from oebench.artifacts.cache import Cache
from oebench.artifacts.ragged import Ragged
from oebench.data.dataset import Dataset
from oebench.data.prepare import prepare
from oebench.data.sources.base import Photos, SourceError, Split

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def made(entry: dict[str, Any], folder: Path, **options: Any) -> Cache:
    """The cache of a data set called "own"; options: downloads, seed, count."""
    prepare("own", Dataset.model_validate(entry), folder / "own.h5", code="c0de", **options)
    return Cache(folder / "own.h5")


def refusal(entry: dict[str, Any], folder: Path, **options: Any) -> str:
    """The sentence that refuses it; no cache is left behind."""
    with pytest.raises(SourceError) as error:
        made(entry, folder, **options)
    assert not (folder / "own.h5").exists()
    assert not (folder / "own.sha256").exists()
    return str(error.value)


def stored(cache: Cache, split: str = "train", rows: np.ndarray | None = None) -> np.ndarray:
    """Images of one size, (N, C, H, W)."""
    images = cache.images(split, rows)
    assert not isinstance(images, Ragged)
    return images


def ragged(cache: Cache, split: str = "train", rows: np.ndarray | None = None) -> Ragged:
    """Images of different sizes."""
    images = cache.images(split, rows)
    assert isinstance(images, Ragged)
    return images


def photos(split: Split) -> Photos:
    """Images that are read one by one."""
    assert isinstance(split, Photos)
    return split


def label_list(split: Split) -> list[int]:
    assert split.labels is not None
    return [int(label) for label in split.labels]


def save(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (8, 8)) -> None:
    """An image of one colour; size: width and height."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def cut(path: Path, size: int = 40) -> None:
    """Leave only the first bytes of a file."""
    path.write_bytes(path.read_bytes()[:size])
