"""From a source to its cache: load, compare with what the data set promises, write."""

from pathlib import Path

import numpy as np

from oead import cache
from oead.datasets import Dataset
from oead.sources.base import Labelled, SourceError


def prepare(
    name: str, dataset: Dataset, path: Path, code: str, downloads: Path | None = None
) -> None:
    """Write the cache of a data set. Raises SourceError where its source is not as promised.

    downloads: the folder with the files that were downloaded for it.
    """
    missing = dataset.source.missing()
    if missing:
        raise SourceError(f"data set {name}: {missing}")
    names = dataset.source.class_names()
    if names and dataset.classes and names != list(dataset.classes):
        raise SourceError(
            f"data set {name}: its source has the classes {', '.join(names)}; promised are "
            f"{', '.join(dataset.classes)}"
        )
    splits = dataset.source.load(downloads)
    promised = {split for split in ("train", "test") if dataset.counts(split)}
    if not promised <= set(splits):
        raise SourceError(
            f"data set {name}: {sorted(promised)} are promised, the source has {sorted(splits)}"
        )
    for split in sorted(promised):
        check(f"data set {name}, {split}", splits[split], dataset, split)
    provenance = {"source": dataset.source.model_dump(mode="json"), "dataset": name, "code": code}
    kept = {split: splits[split] for split in sorted(promised)}
    cache.write(path, kept, list(dataset.classes or ["all"]), provenance)
    for split, labelled in kept.items():
        print(f"{name}, {split}: {len(labelled.labels)} images in {path}")


def check(where: str, found: Labelled, dataset: Dataset, split: str) -> None:
    """Compare shape and counts per class with the promise."""
    if found.images.shape[1:] != dataset.image:
        raise SourceError(
            f"{where}: images are {found.images.shape[1:]} (channels, height, width), "
            f"{dataset.image} is promised"
        )
    promised = dataset.counts(split)
    labels = found.labels
    if labels.min(initial=0) < 0 or labels.max(initial=0) >= len(promised):
        raise SourceError(
            f"{where}: labels run from {labels.min()} to {labels.max()}, the {len(promised)} "
            f"classes of the data set allow 0 to {len(promised) - 1}"
        )
    counts = tuple(np.bincount(labels, minlength=len(promised)).tolist())
    if counts != promised:
        raise SourceError(
            f"{where}: found {list(counts)} images per class, promised are {list(promised)}"
        )
