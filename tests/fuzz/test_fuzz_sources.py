"""A user's own files after accidents, and with anything in them: images, or one sentence."""

import pickle
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import hypothesis.extra.numpy as hn
import numpy as np
import pytest
from byte_cases import damaged
from file_cases import COLOURS
from fuzz_cases import answers
from hypothesis import given
from hypothesis import strategies as st
from message_cases import DRAWN, ENTRIES, Entry
from PIL import Image

from oebench.artifacts.cache import Cache
from oebench.data.dataset import Dataset
from oebench.data.prepare import prepare
from oebench.data.sources.folder import SUFFIXES

# What Pillow warns of, in which it names no file.
pytestmark = pytest.mark.filterwarnings("ignore")
Files = dict[str, bytes]


def files_of(folder: Path) -> Files:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def tried(entry: Entry, folder: Path, **options: Any) -> None:
    """Make a cache of it, or be told in a sentence why not; nothing else is left behind."""
    before, cache = set(files_of(folder)), folder / "caches/own.h5"
    call = partial(prepare, "own", Dataset.model_validate(entry), cache, "c0de", **options)
    told = answers(call, folder)
    left = set(files_of(folder)) - before
    if told:
        assert not left
        return
    assert left == {"caches/own.h5", "caches/own.sha256"}
    assert Cache(cache).labels("train").min(initial=0) >= 0
    cache.unlink()
    cache.with_suffix(".sha256").unlink()


# The kinds of sources, of whose files one is damaged.


@st.composite
def one_damaged(draw: st.DrawFn, files: Files) -> tuple[str, bytes]:
    name = draw(st.sampled_from(sorted(files)))
    return name, draw(damaged(files[name]))


@pytest.mark.parametrize("kind", ENTRIES)
def test_a_damaged_file(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    try_damaged(kind, tmp_path_factory.mktemp("folder"))


def try_damaged(kind: str, folder: Path) -> None:
    entry = ENTRIES[kind](folder)
    files = files_of(folder)

    @given(one_damaged(files))
    def with_one(damage: tuple[str, bytes]) -> None:
        name, content = damage
        (folder / name).write_bytes(content)
        try:
            tried(entry, folder, **DRAWN.get(kind, {}))
        finally:
            (folder / name).write_bytes(files[name])

    with_one()


# Images


def picture(suffix: str) -> bytes:
    """A small image as that format has it."""
    buffer = BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    format_ = Image.registered_extensions()[suffix]
    Image.fromarray(pixels).save(buffer, format=format_)
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("fit", ["crop", 32])
def test_a_damaged_image(
    suffix: str, fit: str | int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    try_image(suffix, fit, tmp_path_factory.mktemp("folder"))


def try_image(suffix: str, fit: str | int, folder: Path) -> None:
    source = {"kind": "folder", "train": folder / "own", "pool": True}
    entry = {"source": source, "image": (3, 8, 8), "train": 1, "fit": fit}
    (folder / "own").mkdir()

    @given(damaged(picture(suffix)))
    def with_it(content: bytes) -> None:
        (folder / f"own/a{suffix}").write_bytes(content)
        tried(entry, folder)

    with_it()


# Arrays of any type and shape.

SHAPES = hn.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4)
TYPES = st.one_of(st.just(np.dtype("u1")), hn.scalar_dtypes(), hn.array_dtypes())
VALUES = st.one_of(
    hn.arrays(
        np.dtype("O"), SHAPES, elements=st.one_of(st.none(), st.text(max_size=5)), fill=st.none()
    ),
    hn.arrays(TYPES, SHAPES, fill=st.nothing()),
    hn.arrays(np.uint8, st.sampled_from([(3, 5, 4), (3, 0, 4), (0, 5, 4), (3, 5, 4, 1)])),
    hn.arrays(hn.integer_dtypes(), st.just((3,))),
    hn.arrays(hn.floating_dtypes(), st.sampled_from([(3, 4), (3, 0), (0, 4), (3, 5)])),
)
ARRAYS = st.dictionaries(
    st.sampled_from(["train_x", "train_y", "test_x", "test_y", "a/b"]), VALUES, min_size=1
)


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    np.savez(path, **arrays)


def write_npy(path: Path, arrays: dict[str, np.ndarray]) -> None:
    np.save(path, next(iter(arrays.values())))


def write_h5(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            try:
                file[name] = values
            except (TypeError, ValueError, OSError):  # of a type that HDF5 has not
                file[name] = h5py.Empty("f4")


WRITERS: dict[str, Callable[[Path, dict[str, np.ndarray]], None]] = {
    "own.npz": write_npz,
    "own.npy": write_npy,
    "own.h5": write_h5,
}


# What a data set of them declares.
DECLARED = (
    {"kind": "arrays", "image": (1, 5, 4), "fit": "exact"},
    {"kind": "arrays", "image": (1, 5, 4), "fit": "crop"},
    {"kind": "vectors", "vector": 4},
)


@pytest.mark.parametrize("name", WRITERS)
def test_arrays_of_any_type_and_shape(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    try_arrays(name, tmp_path_factory.mktemp("folder"))


def try_arrays(name: str, folder: Path) -> None:
    @given(ARRAYS, st.booleans(), st.sampled_from(DECLARED))
    def with_them(arrays: dict[str, np.ndarray], tested: bool, declared: dict[str, Any]) -> None:
        (folder / name).unlink(missing_ok=True)
        WRITERS[name](folder / name, arrays)
        source = {"kind": declared["kind"], "path": folder / name}
        shape = {key: declared[key] for key in declared if key != "kind"}
        counts = {"train": 3, "test": 3 if tested else None}
        tried({"source": source} | shape | counts, folder)

    with_them()


# Batches of CIFAR with anything in them.

PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=5)
)
NESTED = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(st.text(max_size=5), st.integers()), inner, max_size=3),
    ),
    max_leaves=6,
)


def doubled(depth: int) -> list[Any]:
    """Lists of twice the same list, so that a few bytes stand for very many values."""
    value: list[Any] = [0, 1]
    for _ in range(depth):
        value = [value, value]
    return value


ENTRY = st.one_of(
    NESTED,
    VALUES,
    st.integers(0, 100).map(doubled),
    st.just(COLOURS[:2].reshape(2, -1)),
    st.lists(st.integers(-1, 3), min_size=2, max_size=2),
)
BATCHES = st.one_of(
    NESTED,
    st.fixed_dictionaries({}, optional={"data": ENTRY, "labels": ENTRY, "other": NESTED}),
)


def test_batches_with_anything_in_them(tmp_path_factory: pytest.TempPathFactory) -> None:
    try_batches(tmp_path_factory.mktemp("folder"))


def try_batches(folder: Path) -> None:
    entry = ENTRIES["cifar"](folder)

    @given(BATCHES, st.integers(0, 4))
    def with_it(content: Any, protocol: int) -> None:
        (folder / "own/data_batch_1").write_bytes(pickle.dumps(content, protocol))
        tried(entry, folder)

    with_it()
