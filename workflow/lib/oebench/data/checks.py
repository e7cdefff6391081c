"""Does a source hold what its data set declares? Each difference is a SourceError."""

import numpy as np

from oebench.data.dataset import Dataset
from oebench.data.sources.base import Photos, Source, SourceError
from oebench.wording import amount, listed


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
    if shape == dataset.shape or dataset.ragged:
        return
    if dataset.vector is not None:
        raise SourceError(
            f"{where}: expected vectors of {amount(dataset.vector, 'number')} as declared, found "
            f"{shape[0]}{read_from(source) if source else ''}"
        )
    raise SourceError(
        f"{where}: expected images {dataset.image} (channels, height, width) as declared, "
        f"found {shape}{read_from(source) if source else ''}; "
        "`fit: crop` or `fit: stretch` in the data set brings them to it"
    )


def check_vectors(
    where: str, first: int, vectors: np.ndarray, half: np.ndarray, source: Source
) -> None:
    """Raises SourceError for a vector that is no direction, or none in the cache's float16.

    vectors: some rows (N, D) of those of `source`, of which the first is row `first`; half: the
    same as the cache would hold them.
    """
    faults = {
        "the value {0}, which is not finite. Leave it out, with its label": ~np.isfinite(vectors),
        "the value {0}, and the cache holds vectors in float16, up to 65,504. Divide all of them "
        "by one number": ~np.isfinite(half),
        "only zeros, and so no direction. Leave it out, with its label": no_value(vectors),
        "only values that are zero in float16, as {0}. Multiply all vectors by one number": (
            no_value(half)
        ),
    }
    for fault, wrong in faults.items():
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise SourceError(
                f"{where}: row {first + row}, counted from 0, has "
                f"{fault.format(vectors[row, column])}{read_from(source)}"
            )


def no_value(vectors: np.ndarray) -> np.ndarray:
    """Which of these vectors (N, D) are zero, bool (N, 1)."""
    return np.asarray((vectors == 0).all(axis=1, keepdims=True))


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
