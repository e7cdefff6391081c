"""From a source to its cache: load, compare with what the data set declares, write."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oebench.artifacts import cache_writer
from oebench.data.checks import check, check_classes, check_pool, check_shape, read_from
from oebench.data.dataset import Dataset
from oebench.data.images import drawn, halves, one_by_one
from oebench.data.sources.base import Labelled, Made, Photos, SourceError, Split, Unreadable
from oebench.data.sources.files import checksum
from oebench.wording import amount


def prepare(
    name: str,
    dataset: Dataset,
    path: Path,
    code: str,
    downloads: Path | None = None,
    seed: int | None = None,
    count: int = 0,
) -> None:
    """Write the cache of a data set. Raises SourceError where its source is not as declared.

    downloads: the folder with the files that were downloaded for it. seed, count: for a pool that
    is drawn from, whose cache holds the first `count` images that this seed draws.
    """
    if missing := dataset.missing():
        raise SourceError(f"data set {name}: {missing}")
    if dataset.source.is_drawn and seed is None:
        raise SourceError(f"data set {name}: a pool that is drawn from needs a seed and a count")
    facts = dataset.facts(dataset.stamp(), code, seed)  # before anything is read
    check_classes(name, dataset)
    splits = load(dataset, downloads)
    declared = sorted(split for split in ("train", "test") if dataset.counts(split))
    if "train" not in splits:
        raise SourceError(
            f"data set {name}: its source has no training images{read_from(dataset.source)}"
        )
    if not set(declared) <= set(splits):
        raise SourceError(
            f"data set {name}: test images are declared, its source has none"
            f"{read_from(dataset.source_of('test'))}. Name them in the source or as "
            "`test_source`, or take `test` out of the data set"
        )
    left_out: list[str] = []
    notes: dict[str, dict[str, int]] = {}
    provenance: dict[str, Any] = {
        "dataset": name,
        "source": [source.model_dump(mode="json") for source in dataset.sources],
        "image": dataset.shape,
        "fit": dataset.fit,
        "checksums": checksums(dataset, downloads),
        "left_out": left_out,
        "notes": notes,
        "code": code,
        "seed": seed,
    }
    classes = list(dataset.classes or ["all"])
    if seed is not None:
        pool = splits["train"]
        assert isinstance(pool, Photos)
        check_pool(name, pool, dataset)
        provenance["pool"] = dataset.pool
        pairs = drawn(pool, dataset, seed, count, left_out)
        with cache_writer.create(path, classes, provenance, facts) as writer:
            found = writer.add_each("train", pairs, dataset.ragged)
            tell(name, "train", pool, notes)
        print(f"{name}: the first {len(found)} images that seed {seed} draws in {path}")
        return
    with cache_writer.create(path, classes, provenance, facts) as writer:
        for split in declared:
            where = f"data set {name}, {split}"
            images = write(writer, split, splits[split], dataset, left_out, where)
            what = "images" if dataset.vector is None else "vectors"
            print(f"{name}, {split}: {images} {what} in {path}, {writer.range_of(split)}")
            tell(name, split, splits[split], notes)


def tell(name: str, split: str, images: Split, notes: dict[str, dict[str, int]]) -> None:
    """Print what was passed over or changed, and keep it for the cache."""
    if isinstance(images, Photos) and images.notes:
        notes[split] = dict(images.notes)
        for what, count in sorted(images.notes.items()):
            print(f"{name}, {split}: {amount(count, 'file')} {what}")


def load(dataset: Dataset, downloads: Path | None) -> Mapping[str, Split]:
    """The splits that the sources have, test images from elsewhere if the data set says so."""
    splits = dict(dataset.source.load(downloads))
    if dataset.test_source is not None:
        elsewhere = dataset.test_source.load(downloads)
        splits["test"] = elsewhere["test" if "test" in elsewhere else "train"]
    return {
        split: images.make(dataset.counts(split), dataset.shape)
        if isinstance(images, Made)
        else images
        for split, images in splits.items()
    }


def checksums(dataset: Dataset, downloads: Path | None) -> dict[str, str]:
    """The MD5 of every file that is read, as it lies on the disk; not of single photos."""
    files = [path for source in dataset.sources for path in source.checked_files()]
    files += [downloads / each.file for each in dataset.needed()] if downloads else []
    return {str(path): checksum(path) for path in files}


def write(
    writer: cache_writer.Writer,
    split: str,
    images: Split,
    dataset: Dataset,
    left_out: list[str],
    where: str,
) -> int:
    """Add a split to a cache, compared with what is declared; returns its number of images."""
    source = dataset.source_of(split)
    if isinstance(images, Labelled):
        check(where, images.labels, dataset, split, left_out)
        if dataset.fit == "exact":
            check_shape(where, images.images.shape[1:], dataset, source)
            if dataset.vector is None:
                writer.add(split, images.images, images.labels)
            else:
                writer.add_each(split, halves(images, where, source), ragged=False)
            return len(images.labels)
    try:
        labels = writer.add_each(split, one_by_one(images, dataset, left_out), dataset.ragged)
    except Unreadable as error:
        raise SourceError(f"{where}: {error}{read_from(source)}") from None
    if isinstance(images, Photos):  # only now is it known how many can be read
        check(where, labels, dataset, split, left_out)
    return len(labels)
