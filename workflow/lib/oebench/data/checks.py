"""Does a source hold what its data set declares? Each difference is a SourceError."""

import numpy as np

from oebench.data.dataset import Dataset
from oebench.data.sources.base import Photos, Source, SourceError
from oebench.wording import listed


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
                f"data set {name}: expected the classes {', '.join(dataset.classes)} as declared, "
                f"found {', '.join(names)}{read_from(source)}"
            )


def check_shape(
    where: str, shape: tuple[int, ...], dataset: Dataset, source: Source | None = None
) -> None:
    """Compare the shape of images with what is declared; source: where they all come from."""
    if shape != dataset.image and not dataset.ragged:
        raise SourceError(
            f"{where}: expected images {dataset.image} (channels, height, width) as declared, "
            f"found {shape}{read_from(source) if source else ''}; "
            "`fit: crop` or `fit: stretch` in the data set brings them to it"
        )


def check_pool(name: str, pool: Photos, dataset: Dataset) -> None:
    """Compare the size of a pool that is drawn from with what is declared."""
    if dataset.pool != pool.size:
        raise SourceError(
            f"data set {name}: expected {dataset.pool} images as declared, found {pool.size}"
            f"{read_from(dataset.source)}"
        )


def check(
    where: str, labels: np.ndarray, dataset: Dataset, split: str, left_out: list[str]
) -> None:
    """Compare the counts per class with what is declared."""
    declared = dataset.counts(split)
    if labels.min(initial=0) < 0 or labels.max(initial=0) >= len(declared):
        raise SourceError(
            f"{where}: labels run from {labels.min()} to {labels.max()}, the {len(declared)} "
            f"classes of the data set allow 0 to {len(declared) - 1}"
            f"{read_from(dataset.source_of(split))}"
        )
    counts = tuple(np.bincount(labels, minlength=len(declared)).tolist())
    if counts != declared:
        more = f"; {len(left_out)} could not be read: {listed(left_out)}"
        raise SourceError(
            f"{where}: expected {list(declared)} images per class as declared, "
            f"found {list(counts)}"
            f"{read_from(dataset.source_of(split))}" + (more if left_out else "")
        )
