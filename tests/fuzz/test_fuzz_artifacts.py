"""Our own files after accidents: what is read of them is what was written, or one sentence."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from byte_cases import damaged
from cache_cases import write_cache
from fuzz_cases import answers
from hypothesis import given

from oebench.artifacts import cache_writer, checksums, identity, scores
from oebench.artifacts.cache import Cache
from oebench.artifacts.ragged import Ragged
from oebench.artifacts.verification import verified
from oebench.evaluation.collect import read
from oebench.run import Run
from oebench.validation import UserError

RUN = Run("digits", "letters", 16, None, 0.0, "hsc", "l1", None, "digits", False, 3, 1)
CLASSES = np.array([3, 3, 5, 7, 3, 5])
MEMBERS = ["normal_class=3/seed=1", "normal_class=3/seed=2"]
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (20, 1, 6, 5), np.uint8)
PHOTOS = [RANDOM.integers(0, 256, (3, 4 + row % 3, 5), np.uint8) for row in range(9)]


def scores_file(folder: Path) -> Path:
    """Two runs, as the store makes a file of them."""
    sources = {}
    for seed, member in enumerate(MEMBERS, 1):
        sources[member] = folder / f"{seed}.h5"
        both = RANDOM.random(6).astype(np.float32), RANDOM.random(3).astype(np.float32)
        arrays, attributes = scores.contents(RUN, CLASSES, [*"0123456789"], lambda both=both: both)
        scores.write(sources[member], member, arrays, {**attributes, "seed": seed})
    path = folder / "runs" / RUN.condition / "normal_class=3~seed=1-2.h5"
    scores.join(path, sources, {"runs": MEMBERS, "recipe": {"epochs": 2}, "code": "c0de"})
    return path


def test_a_scores_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = scores_file(tmp_path_factory.mktemp("folder"))
    whole, before = path.read_bytes(), read(path, MEMBERS)

    def same() -> None:
        for member, found in read(path, MEMBERS).items():
            if isinstance(found, UserError):
                raise found
            expected = before[member]
            assert not isinstance(expected, UserError)
            assert found[0] == expected[0]
            for name, values in expected[1].items():
                assert values.tobytes() == found[1][name].tobytes()

    @given(damaged(whole))
    def with_one(content: bytes) -> None:
        path.write_bytes(content)
        identity.read(path)
        answers(same, path)

    with_one()


def plain(folder: Path) -> Path:
    splits = {"train": (IMAGES, np.arange(20) % 2), "test": (IMAGES[:7], np.arange(7) % 2)}
    return write_cache(folder / "own.h5", splits, ["cat", "dog"]).path


def photos(folder: Path) -> Path:
    """Of which a seed draws the first ones."""
    path = folder / "own.h5"
    about = {"image": (3, 4, 5), "seed": 1, "pool": 100}
    with cache_writer.create(path, ["all"], about) as writer:
        writer.add_each("train", zip(PHOTOS, [0] * 9, strict=True), ragged=True)
    return path


def contents_of(path: Path) -> list[bytes]:
    """All that training takes of a cache."""
    cache, found = verified(path), []
    for split in ("train", "test") if cache.seed is None else ("train",):
        images = cache.images(split)
        if isinstance(images, Ragged):
            found += [images.image(row).tobytes() for row in range(len(images))]
        else:
            found.append(images.tobytes())
        found += [cache.labels(split).tobytes(), cache.hashes(split).tobytes()]
    return [*found, str((cache.classes, cache.image, cache.seed)).encode()]


@pytest.mark.parametrize("write", [plain, photos], ids=["images", "photos"])
def test_a_cache(write: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = write(tmp_path_factory.mktemp("folder"))
    whole, before = path.read_bytes(), contents_of(path)

    def same() -> None:
        assert contents_of(path) == before

    @given(damaged(whole))
    def with_one(content: bytes) -> None:
        path.write_bytes(content)
        identity.read(path)
        answers(same, path.stem)

    with_one()


def test_a_file_of_checksums(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = photos(tmp_path_factory.mktemp("folder"))
    listed = checksums.path_of(path)
    whole = listed.read_bytes()

    @given(damaged(whole))
    def with_one(content: bytes) -> None:
        listed.write_bytes(content)
        checksums.current(listed)
        told = answers(lambda: verified(path), listed)
        assert told or checksums.read(listed) == checksums.read(listed)
        assert told or Cache(path).checksum_of(3)

    with_one()
