"""Caches for tests, written as `prepare` writes them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from oebench.artifacts import cache_writer
from oebench.artifacts.cache import Cache


def write_cache(
    path: Path,
    splits: Mapping[str, tuple[np.ndarray, np.ndarray]],
    classes: list[str],
    **provenance: Any,
) -> Cache:
    """A cache of images (N, C, H, W) and labels (N,) of each split."""
    first, _ = next(iter(splits.values()))
    given = {"image": first.shape[1:], **provenance}
    with cache_writer.create(path, classes, given) as writer:
        for split, (images, labels) in splits.items():
            writer.add(split, images, labels)
    return Cache(path)
