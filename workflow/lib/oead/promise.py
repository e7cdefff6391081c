"""Does a source hold what its data set promises? Each difference is a SourceError."""

import numpy as np

from oead.datasets import Dataset
from oead.sources.base import Photos, Source, SourceError

NAMED = 20  # images that cannot be read, in a message; the cache has all


def read_from(source: Source) -> str:
    """Where that is, to be put behind a refusal."""
    place = source.place()
    return f" (read from {place})" if place else ""


def check_classes(name: str, dataset: Dataset) -> None:
    """Compare the names of the classes, where a source has names of its own."""
    for source in dataset.sources:
        names = source.class_names()
        if names and dataset.classes and names != list(dataset.classes):
            raise SourceError(
                f"data set {name}: its source has the classes {', '.join(names)}; promised are "
                f"{', '.join(dataset.classes)}{read_from(source)}"
            )


def check_shape(where: str, shape: tuple[int, ...], dataset: Dataset) -> None:
    if shape != dataset.image and not dataset.ragged:
        raise SourceError(
            f"{where}: images are {shape} (channels, height, width), {dataset.image} is promised; "
            "`fit: crop` or `fit: stretch` in the data set brings them to it"
        )


def check_pool(name: str, pool: Photos, dataset: Dataset) -> None:
    """Compare the size of a pool that is drawn from with the promise."""
    if dataset.pool != pool.size:
        raise SourceError(
            f"data set {name}: found {pool.size} images, promised are {dataset.pool}"
            f"{read_from(dataset.source)}"
        )


def check(
    where: str, labels: np.ndarray, dataset: Dataset, split: str, left_out: list[str]
) -> None:
    """Compare the counts per class with the promise."""
    promised = dataset.counts(split)
    if labels.min(initial=0) < 0 or labels.max(initial=0) >= len(promised):
        raise SourceError(
            f"{where}: labels run from {labels.min()} to {labels.max()}, the {len(promised)} "
            f"classes of the data set allow 0 to {len(promised) - 1}"
        )
    counts = tuple(np.bincount(labels, minlength=len(promised)).tolist())
    if counts != promised:
        more = f"; {len(left_out)} could not be read: {', '.join(left_out[:NAMED])}"
        source = dataset.sources[-1] if split == "test" else dataset.source
        raise SourceError(
            f"{where}: found {list(counts)} images per class, promised are {list(promised)}"
            f"{read_from(source)}" + (more if left_out else "")
        )
