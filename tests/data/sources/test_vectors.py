"""The user's own feature vectors: read, compared with what is declared, held in float16."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from dataset_cases import label_list, made, refusal, stored
from message_cases import assert_says
from pydantic import ValidationError

from oebench.artifacts.verification import verified
from oebench.data.dataset import Dataset
from oebench.data.sources.base import Labelled, SourceError
from oebench.data.sources.vectors import Vectors
from oebench.plan.sweep import held

ROWS = np.array([[1.0, -2.0, 0.5], [0.0, 0.25, 3.0], [4.0, 0.0, 0.0]])
ARRAYS: dict[str, Any] = {
    "train_x": ROWS,
    "train_y": [1, 0, 1],
    "test_x": ROWS[:2] * 2,
    "test_y": [0, 1],
}
READ = (
    "(read from FOLDER/own.npz, which has the arrays train_x, train_y, test_x, test_y; the source "
    "names train_x with the labels train_y and test_x with the labels test_y)"
)


def npz(folder: Path, arrays: dict[str, Any]) -> Path:
    np.savez(folder / "own.npz", **arrays)
    return folder / "own.npz"


def npy_folder(folder: Path, arrays: dict[str, Any]) -> Path:
    (folder / "own").mkdir()
    for name, values in arrays.items():
        np.save(folder / f"own/{name}.npy", values)
    return folder / "own"


def hdf5(folder: Path, arrays: dict[str, Any]) -> Path:
    with h5py.File(folder / "own.h5", "w") as file:
        for name, values in arrays.items():
            file[name] = values
    return folder / "own.h5"


def entry(path: Path, **changes: Any) -> dict[str, Any]:
    """The entry of a data set of those arrays."""
    declared = {"vector": 3, "classes": ("cat", "dog"), "train": (1, 2), "test": 1}
    return {"source": {"kind": "vectors", "path": path}, **declared, **changes}


def with_rows(folder: Path, rows: np.ndarray) -> dict[str, Any]:
    """The same with other training vectors."""
    return entry(npz(folder, ARRAYS | {"train_x": rows}))


@pytest.mark.parametrize("write", [npz, npy_folder, hdf5])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, ">f4"])
def test_the_cache_holds_vectors_of_any_file_in_float16(
    write: Callable[[Path, dict[str, Any]], Path], kind: Any, tmp_path: Path
) -> None:
    given = {
        name: np.array(values, kind if name.endswith("_x") else np.int64)
        for name, values in ARRAYS.items()
    }
    cache = made(entry(write(tmp_path, given)), tmp_path)
    assert stored(cache).dtype == np.float16
    assert stored(cache).tolist() == ROWS.tolist()
    assert stored(cache, "test").tolist() == (ROWS[:2] * 2).tolist()
    assert (cache.labels("train").tolist(), cache.labels("test").tolist()) == ([1, 0, 1], [0, 1])
    assert (cache.image, cache.has_vectors, cache.has_points) == ((3,), True, False)


def test_an_npy_file_is_a_pool_without_labels(tmp_path: Path) -> None:
    np.save(tmp_path / "pool.npy", ROWS)
    loaded = Vectors(kind="vectors", path=tmp_path / "pool.npy").load()
    assert [*loaded] == ["train"]
    assert label_list(loaded["train"]) == [0, 0, 0]
    source = {"kind": "vectors", "path": tmp_path / "pool.npy"}
    cache = made({"source": source, "vector": 3, "train": 3}, tmp_path)
    assert stored(cache).tolist() == ROWS.tolist()
    assert cache.classes == ["all"]


def test_test_vectors_may_come_from_elsewhere(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", train_x=ROWS[1:], train_y=[1, 0])
    given = entry(npz(tmp_path, ARRAYS))
    given["test_source"] = {"kind": "vectors", "path": tmp_path / "other.npz"}
    assert stored(made(given, tmp_path), "test").tolist() == ROWS[1:].tolist()


def test_rows_are_read_in_the_order_that_is_asked_for(tmp_path: Path) -> None:
    many = np.arange(1, 601, dtype=np.float32).reshape(200, 3)
    np.save(tmp_path / "pool.npy", many)
    source = {"kind": "vectors", "path": tmp_path / "pool.npy"}
    cache = made({"source": source, "vector": 3, "train": 200}, tmp_path)
    for rows in ([5], [5, 6, 7], [190, 3, 90], [*range(199, 0, -2)], [7, 7, 2]):
        assert stored(cache, rows=np.array(rows)).tolist() == many[rows].tolist()


def test_another_value_is_another_checksum_and_another_date_is_not(tmp_path: Path) -> None:
    first = made(entry(npz(tmp_path, ARRAYS)), tmp_path).checksum
    assert made(entry(npz(tmp_path, ARRAYS)), tmp_path).checksum == first
    changed = ROWS.copy()
    changed[2, 1] = 0.001
    other = made(with_rows(tmp_path, changed), tmp_path)
    assert other.checksum != first
    assert verified(other.path).checksum == other.checksum


def test_equal_vectors_are_twins(tmp_path: Path) -> None:
    arrays = ARRAYS | {"test_x": np.stack([ROWS[2], ROWS[0] + 1])}
    cache = made(entry(npz(tmp_path, arrays)), tmp_path)
    assert cache.twins(np.array([0, 2]), cache) == 1  # row 2 is the first test vector
    assert cache.twins(np.array([0, 1]), cache) == 0


def test_the_log_says_from_where_to_where_values_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(entry(npz(tmp_path, ARRAYS)), tmp_path)
    printed = capsys.readouterr().out
    assert f"own, train: 3 vectors in {tmp_path}/own.h5, values from -2 to 4\n" in printed
    assert "own, test: 2 vectors" in printed


# Vectors that are refused


def rows(row: int, column: int, value: float) -> np.ndarray:
    """The training vectors with another value."""
    changed = ROWS.copy()
    changed[row, column] = value
    return changed


FAULTS = {
    "nan": (rows(1, 2, np.nan), "row 1, counted from 0, has the value nan, which is not finite"),
    "infinite": (rows(2, 0, -np.inf), "row 2, counted from 0, has the value -inf, which is not"),
    "too large": (
        rows(0, 1, -70_000),
        "row 0, counted from 0, has the value -70000.0, and the cache holds vectors in float16, up "
        "to 65,504. Divide all of them by one number",
    ),
    "zero": (rows(2, 0, 0), "row 2, counted from 0, has only zeros, and so no direction. Leave it"),
    "too small": (
        rows(2, 0, 1e-9),
        "row 2, counted from 0, has only values that are zero in float16, as 1e-09. Multiply all "
        "vectors by one number",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_vector_that_is_no_direction_is_refused_by_file_and_row(
    fault: str, tmp_path: Path
) -> None:
    values, sentence = FAULTS[fault]
    said = refusal(with_rows(tmp_path, values), tmp_path)
    assert_says(said, f"data set own, train: {sentence}...{READ}", tmp_path)


def test_a_row_is_counted_over_all_blocks_that_are_read(tmp_path: Path) -> None:
    many = np.ones((3000, 3))
    many[2500, 1] = np.nan
    np.save(tmp_path / "pool.npy", many)
    source = {"kind": "vectors", "path": tmp_path / "pool.npy"}
    said = refusal({"source": source, "vector": 3, "train": 3000}, tmp_path)
    assert "row 2500, counted from 0, has the value nan" in said


def test_the_largest_and_the_smallest_of_float16_are_taken(tmp_path: Path) -> None:
    values = np.array([[65504.0, -65504.0, 0.0], [0.0, 2.0**-24, 0.0], [1.0, 0.0, 0.0]])
    assert stored(made(with_rows(tmp_path, values), tmp_path)).tolist() == values.tolist()


def test_vectors_of_another_length_are_refused(tmp_path: Path) -> None:
    said = refusal(entry(npz(tmp_path, ARRAYS), vector=4), tmp_path)
    sentence = f"data set own, test: expected vectors of 4 numbers as declared, found 3 {READ}"
    assert_says(said, sentence, tmp_path)


def test_another_number_of_vectors_is_refused(tmp_path: Path) -> None:
    said = refusal(entry(npz(tmp_path, ARRAYS), train=(2, 2)), tmp_path)
    assert "train: cat: found 1, declared 2" in said


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (np.ones((3, 3), np.uint8), r"uint8 (3, 3); expected vectors of floating point"),
        (np.ones((3, 3), np.int64), r"int64 (3, 3); expected vectors of floating point"),
        (np.ones((3, 3), np.complex64), r"complex64 (3, 3); expected vectors of floating"),
        (np.ones((3, 3, 1)), r"float64 (3, 3, 1); expected vectors of floating point"),
        (np.ones(3), r"float64 (3,); expected vectors of floating point"),
    ],
)
def test_what_is_no_array_of_vectors_is_refused(
    values: np.ndarray, found: str, tmp_path: Path
) -> None:
    source = Vectors(kind="vectors", path=npz(tmp_path, ARRAYS | {"train_x": values}))
    with pytest.raises(SourceError, match=re.escape(f"train_x in {source.path} is {found}")):
        source.load()


def test_an_array_without_numbers_is_refused(tmp_path: Path) -> None:
    source = Vectors(kind="vectors", path=npz(tmp_path, {"train_x": np.ones((3, 0))}))
    with pytest.raises(SourceError, match=r"the shape \(3, 0\), in which there is no number"):
        source.load()


def test_labels_are_one_for_each_vector(tmp_path: Path) -> None:
    source = Vectors(kind="vectors", path=npz(tmp_path, ARRAYS | {"train_y": [0, 1]}))
    with pytest.raises(SourceError, match=r"the shape \(2,\), expected \(3,\): a label for each"):
        source.load()


def test_vectors_on_the_disk_are_not_read_before_they_are_needed(tmp_path: Path) -> None:
    np.save(tmp_path / "pool.npy", ROWS)
    loaded = Vectors(kind="vectors", path=tmp_path / "pool.npy").load()["train"]
    assert isinstance(loaded, Labelled)
    assert isinstance(loaded.images, np.memmap)


# How they are declared


def refused(**changes: Any) -> str:
    with pytest.raises(ValidationError) as error:
        Dataset.model_validate(entry(Path("own.npz"), **changes))
    return str(error.value)


@pytest.mark.parametrize("length", [0, -1, 100_001, 1.5, True, "3"])
def test_the_length_is_a_whole_number_from_1_to_100_000(length: Any) -> None:
    assert "vector" in refused(vector=length)


@pytest.mark.parametrize("length", [1, 2, 100_000])
def test_the_shape_of_a_vector_is_its_length(length: int) -> None:
    dataset = Dataset.model_validate(entry(Path("own.npz"), vector=length))
    assert (dataset.shape, dataset.ragged) == ((length,), False)
    assert held(dataset) == f"vectors of {length}"


def test_a_data_set_has_images_or_vectors() -> None:
    assert "length of each vector; both are set" in refused(image=(3, 1, 1))
    assert "length of each vector; neither is set" in refused(vector=None)


def test_a_source_of_images_has_no_vectors_nor_the_other_way_round() -> None:
    images = {"kind": "arrays", "path": "own.npz"}
    assert "this kind has images; declare their size as `image`" in refused(source=images)
    assert "this kind has images; declare their size as `image`" in refused(test_source=images)
    assert "this kind has vectors; declare their size as `vector`" in refused(
        vector=None, image=(1, 3, 1)
    )


@pytest.mark.parametrize("fit", ["crop", "stretch", 8])
def test_vectors_are_not_fitted(fit: Any) -> None:
    assert "fit acts on images, and the data set has vectors" in refused(fit=fit)


def test_the_entry_of_images_says_nothing_of_vectors() -> None:
    """Its cache is what it was: the entry is one of the facts that it is made of."""
    images = {"kind": "arrays", "path": "own.npz"}
    given = Dataset.model_validate({"source": images, "image": (1, 4, 4), "train": 3})
    assert "vector" not in given.facts("", "", None)["dataset"]
    vectors = Dataset.model_validate(entry(Path("own.npz"))).facts("", "", None)["dataset"]
    assert vectors["vector"] == 3
    assert "image" not in vectors
