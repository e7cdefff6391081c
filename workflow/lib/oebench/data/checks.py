"""Does a source hold what its data set declares? Each difference is a SourceError."""

from collections.abc import Sequence

import numpy as np

from oebench.data.dataset import SPLITS, Dataset
from oebench.data.sources.base import Photos, Source, SourceError
from oebench.data.sources.folder import Folder, label_files
from oebench.wording import amount, listed

TOLD_CLASSES = 10  # of many that differ


def read_from(source: Source) -> str:
    """Where that is, to be put behind a refusal."""
    place = source.place()
    return f" (read from {place})" if place else ""


def check_classes(name: str, dataset: Dataset) -> None:
    """Compare the names of the classes, where a source has names of its own."""
    declared = list(dataset.classes)
    for source in dataset.sources:
        names = source.class_names()
        if isinstance(source, Folder) and declared and not names and not source.pool:
            beside = [each for root in source.roots() for each in label_files(root)]
            labels = f"; labels in {listed(beside)} are not read" if beside else ""
            raise SourceError(
                f"data set {name}: there are no folders of classes{read_from(source)}, and the "
                f"classes {listed(declared)} are declared; put the images of each class into a "
                f"folder of its name{labels}"
            )
        if names and declared and names != declared:
            more, lacking = sorted({*names} - {*declared}), sorted({*declared} - {*names})
            other = [f"not declared: {listed(more)}"] if more else []
            other += [f"not found: {listed(lacking)}"] if lacking else []
            raise SourceError(
                f"data set {name}: expected the classes {listed(declared)} as declared, found "
                f"{listed(names)}{read_from(source)}; "
                f"{'; '.join(other) or 'they are declared in another order'}"
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
    counts = np.bincount(labels, minlength=len(declared)).tolist()
    if wrong := count_differences(dataset, counts, declared):
        source = dataset.source_of(split)
        more = (
            f"; {len(left_out)} could not be read: {listed(left_out)}. Repair them or take them "
            "away"
        )
        raise SourceError(f"{where}: {wrong}{read_from(source)}" + (more if left_out else ""))


def count_differences(dataset: Dataset, found: Sequence[int], declared: Sequence[int]) -> str:
    """The classes whose numbers of images are not those declared, in words; "" where all are.

    found, declared: for each class, or one number for a pool.
    """
    names = [f"{name}: " for name in dataset.classes] or [""]
    pairs = zip(names, found, declared, strict=True)
    wrong = [f"{name}found {has}, declared {asked}" for name, has, asked in pairs if has != asked]
    more = f"; and {len(wrong) - TOLD_CLASSES} classes more" if len(wrong) > TOLD_CLASSES else ""
    return "; ".join(wrong[:TOLD_CLASSES]) + more


def check_listing(name: str, dataset: Dataset) -> None:
    """Compare names of classes and numbers of images with folders, before an image is opened."""
    check_classes(name, dataset)
    for split in SPLITS:
        declared = dataset.counts(split)
        listing = dataset.listed(split) if declared else ()
        if listing and (wrong := count_differences(dataset, listing, declared)):
            raise SourceError(
                f"data set {name}, {split}: {wrong}{read_from(dataset.source_of(split))}. A file "
                "that cannot be read is named in `leave_out` of the source"
            )
