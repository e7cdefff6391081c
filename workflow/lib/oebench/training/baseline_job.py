"""One job of a baseline: fit it to each run's normal images and score the test images."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import h5py
import numpy as np
import sklearn
from threadpoolctl import threadpool_limits

from oebench.artifacts import scores
from oebench.artifacts.cache import Cache
from oebench.artifacts.ragged import Ragged
from oebench.artifacts.verification import verified
from oebench.models import baselines
from oebench.run import Run
from oebench.training import store

BATCH = 1000  # images scored at once
FLOAT32 = "float32"


def fit_block(path: Path, members: Sequence[str], cache: Path, folder: Path, code: str) -> None:
    """Make a scores file: fit and score its runs, or adopt them from the store in `folder`.

    path, members: the file and the runs of its condition (`artifacts.scores`). One thread: how many
    there are changes the sums of linear algebra, hence the scores.
    """
    images = verified(cache)
    with threadpool_limits(1):
        store.fill(
            path,
            members,
            folder,
            code,
            {},
            FLOAT32,
            lambda run: {run.dataset: images.checksum},
            lambda run, *_: fit(run, images),
        )


def fit(run: Run, cache: Cache) -> store.Made:
    """The arrays and attributes of a baseline's scores file."""
    rows = np.flatnonzero(cache.labels("train") == run.normal_class)
    normal = read(cache, "train", cache.checksum)[rows]
    test = read(cache, "test", cache.checksum)

    def fit_and_score() -> tuple[np.ndarray, np.ndarray]:
        pixels = np.concatenate([*parts(normal, cache)])
        score = baselines.fit(run.objective, pixels, run.seed, vectors=cache.has_vectors)
        return (
            checked(np.concatenate([score(part) for part in parts(test, cache)])),
            checked(np.concatenate([score(part) for part in parts(normal, cache)])),
        )

    arrays, attributes = scores.contents(run, cache.labels("test"), cache.classes, fit_and_score)
    more = {
        "normal_in_test": cache.twins(rows, cache),
        "device": "cpu",
        "versions": store.versions(sklearn, np, h5py),
    }
    return store.Made(arrays, attributes | more)


@lru_cache(maxsize=2)
def read(cache: Cache, split: str, checksum: str) -> np.ndarray | Ragged:
    """The images of a split, kept for the other runs of the job."""
    return cache.images(split)


def parts(images: np.ndarray | Ragged, cache: Cache) -> Iterator[np.ndarray]:
    """float32 (N, pixels) in [0, 1], some at a time; of larger images the middle; or vectors."""
    for rows in np.array_split(np.arange(len(images)), -(-len(images) // BATCH)):
        part = images.crops(rows) if isinstance(images, Ragged) else images[rows]
        values = part.reshape(len(part), -1).astype(np.float32)
        yield values if cache.has_vectors else values / 255


def checked(score: np.ndarray) -> np.ndarray:
    """The scores. Raises Diverged where one is not finite."""
    bad = ~np.isfinite(score)
    if bad.any():
        raise scores.Diverged(f"{bad.sum()} of {len(score)} scores are not finite")
    return score
