"""The scores file: what a run becomes, how it is written and read."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from cache_cases import write_cache

from oebench.artifacts import identity
from oebench.artifacts.scores import (
    Diverged,
    contents,
    join,
    members,
    read,
    results_of,
    run_of,
    write,
)
from oebench.run import Run
from oebench.validation import UserError

RUN = Run("digits", "letters", 16, None, 0.0, "hsc", "l1", None, "digits", False, 3, 1)
ONE, TWO = "normal_class=3/seed=1", "normal_class=3/seed=2"


# Six test images of the classes 3, 3, 5, 7, 3, 5: the normal class is 3.
CLASSES = np.array([3, 3, 5, 7, 3, 5])
DIGITS = [f"digit {number}" for number in range(10)]


def made(
    score: list[float], train_score: tuple[float, ...] = (0.0,)
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and attributes of a run with these scores."""
    both = np.array(score, dtype=np.float32), np.array(train_score, dtype=np.float32)
    return contents(RUN, CLASSES, DIGITS, lambda: both)


# What becomes of a run


def test_a_run_has_the_scores_labels_and_classes_of_its_images() -> None:
    arrays, _ = made([1, 2, 3, 4, 5, 6], (0.5, 0.25))
    assert {name: (each.dtype.name, each.tolist()) for name, each in arrays.items()} == {
        "score": ("float32", [1, 2, 3, 4, 5, 6]),
        "label": ("uint8", [0, 0, 1, 1, 0, 1]),
        "class": ("int64", [3, 3, 5, 7, 3, 5]),
        "index": ("int64", [0, 1, 2, 3, 4, 5]),
        "train_score": ("float32", [0.5, 0.25]),
    }


def test_a_run_that_went_well_has_its_keys() -> None:
    _, found = made([1, 2, 3, 4, 5, 6])
    assert {key: found[key] for key in asdict(RUN)} == asdict(RUN)
    assert (found["normal_name"], found["n_test"]) == ("digit 3", 6)
    assert (found["status"], found["message"]) == ("ok", None)


def test_scores_that_do_not_differ_are_kept_as_those_of_a_run_that_went_well() -> None:
    arrays, found = made([0.5] * 6)
    assert arrays["score"].tolist() == [0.5] * 6
    assert (found["status"], found["message"]) == ("ok", None)


def test_a_run_that_diverges_has_labels_and_a_reason_but_no_scores() -> None:
    def diverging() -> Any:
        raise Diverged("the loss is nan in epoch 2, step 1")

    arrays, found = contents(RUN, CLASSES, DIGITS, diverging)
    assert (found["status"], found["message"]) == ("diverged", "the loss is nan in epoch 2, step 1")
    assert found["n_test"] == 6
    assert np.isnan(arrays["score"]).tolist() == [True] * 6
    assert arrays["label"].tolist() == [0, 0, 1, 1, 0, 1]
    assert (arrays["train_score"].dtype, len(arrays["train_score"])) == (np.float32, 0)
    fine = made([1, 2, 3, 4, 5, 6])
    assert (arrays.keys(), found.keys()) == (fine[0].keys(), fine[1].keys())


def test_another_error_than_a_divergence_is_not_taken_for_one() -> None:
    def broken() -> Any:
        raise ValueError("a batch is empty")

    with pytest.raises(ValueError, match="a batch is empty"):
        contents(RUN, CLASSES, DIGITS, broken)


# Written and read


def test_what_is_written_is_read_back_as_plain_values(tmp_path: Path) -> None:
    path = tmp_path / "new" / "all.h5"
    attributes = {"status": "ok", "auroc": 0.75, "n_test": 4, "augment": True}
    write(path, ONE, {"score": np.array([1.5], dtype=np.float32)}, attributes)
    found, _ = read(path, ONE)
    assert found == attributes
    assert {key: type(value) for key, value in found.items()} == {
        key: type(value) for key, value in attributes.items()
    }
    with h5py.File(path) as file:
        score = file["normal_class=3/seed=1/score"]
        assert score.dtype == np.float32
        assert score[:].tolist() == [1.5]


def test_none_becomes_the_empty_string(tmp_path: Path) -> None:
    path = tmp_path / "all.h5"
    write(path, ONE, {}, {"status": "diverged", "auroc": None, "oe_size": 0})
    assert read(path, ONE)[0] == {"status": "diverged", "auroc": "", "oe_size": 0}


def test_a_file_that_cannot_be_finished_is_not_left_behind(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write(tmp_path / "all.h5", ONE, {}, {"status": object()})
    assert list(tmp_path.iterdir()) == []


def test_files_of_a_run_each_are_joined_bit_for_bit(tmp_path: Path) -> None:
    sources = {}
    for member, score in ((TWO, [0.1, np.nan]), (ONE, [1.5, -0.0])):
        sources[member] = tmp_path / f"{len(sources)}.h5"
        label = np.arange(2, dtype=np.uint8)
        arrays = {"score": np.array(score, dtype=np.float32), "label": label}
        write(sources[member], member, arrays, {"status": "ok", "of": member})
    path = tmp_path / "new" / "all.h5"
    facts = {"runs": [*sources], "recipe": {"text": "x" * 3000}, "code": "c0de"}
    join(path, sources, facts)
    assert identity.read(path) == facts
    assert members(path) == [ONE, TWO]
    for member, source in sources.items():
        attributes, arrays = read(path, member, "score", "label")
        before = read(source, member, "score", "label")
        assert attributes == before[0] == {"status": "ok", "of": member}
        for name, values in arrays.items():
            assert values.dtype == before[1][name].dtype
            assert values.tobytes() == before[1][name].tobytes()


def test_a_scores_file_lies_in_the_results_and_names_its_runs() -> None:
    path = Path("some/results/runs") / RUN.condition / "normal_class=0-9~seed=1-5.h5"
    assert run_of(path, "normal_class=3/seed=1") == RUN
    assert results_of(path) == Path("some/results").absolute()


def test_a_broken_file_is_named_and_what_to_do_with_it(tmp_path: Path) -> None:
    path = tmp_path / "all.h5"
    path.write_text("not HDF5")
    for reading in (lambda: read(path, ONE), lambda: members(path)):
        with pytest.raises(UserError, match=r"all\.h5 is damaged, or of .* Delete it"):
            reading()


def test_a_missing_file_is_named_and_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no file .*missing\.h5; `snakemake .*5`"):
        read(tmp_path / "missing.h5", ONE)


def test_a_run_that_a_file_lacks_is_named_with_those_it_has(tmp_path: Path) -> None:
    path = tmp_path / "all.h5"
    write(path, ONE, {}, {"status": "ok"})
    with pytest.raises(UserError, match=r"all\.h5 has no run normal_class=3/seed=2; it has .*=1$"):
        read(path, TWO)


def test_another_hdf5_file_is_not_taken_for_scores(tmp_path: Path) -> None:
    path = write_cache(tmp_path / "cache.h5", {"train": (CLASSES, CLASSES)}, DIGITS).path
    with pytest.raises(UserError, match=r"cache\.h5 has no run normal_class=3/seed=1; it has none"):
        read(path, ONE)


def test_arrays_are_read_by_name_and_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "all.h5"
    write(path, ONE, {"score": np.array([1.5]), "label": np.array([1])}, {"status": "ok"})
    attributes, arrays = read(path, ONE, "label", "score")
    assert attributes == {"status": "ok"}
    assert {name: each.tolist() for name, each in arrays.items()} == {"label": [1], "score": [1.5]}
    with pytest.raises(UserError, match=r"all\.h5 has no train_score of .*; delete it to make the"):
        read(path, ONE, "score", "train_score")


# Damaged or exchanged


def named(folder: Path) -> Path:
    """A file of two runs at the place that their condition names."""
    path = folder / "runs" / RUN.condition / "normal_class=3~seed=1-2.h5"
    sources = {}
    for member in (ONE, TWO):
        arrays, attributes = made([1, 2, 3, 4, 5, 6])
        attributes["seed"] = int(member[-1])
        sources[member] = folder / f"{member[-1]}.h5"
        write(sources[member], member, arrays, attributes)
    join(path, sources, {"runs": [*sources]})
    return path


def score_changed(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file[ONE]["score"][0] = 7.5


def attribute_changed(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file[ONE].attrs["seed"] = 2


def seed_two_as_seed_one(path: Path) -> None:
    with h5py.File(path, "a") as file:
        del file[ONE]
        file.copy(TWO, file, ONE)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def a_bit_changed(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1000] ^= 4
    path.write_bytes(content)


def without_a_beginning(path: Path) -> None:
    """As it was written before."""
    with h5py.File(path, "w") as file:
        file.create_group(ONE)


@pytest.mark.parametrize(
    "change",
    [
        *(score_changed, attribute_changed, seed_two_as_seed_one, cut, a_bit_changed),
        without_a_beginning,
    ],
    ids=lambda change: change.__name__,
)
def test_a_file_that_is_not_as_it_was_written_is_refused_by_its_name(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    path = named(tmp_path)
    change(path)
    for member in (ONE, TWO):
        with pytest.raises(UserError, match=r"seed=1-2\.h5 is damaged, or of .* Delete it"):
            read(path, member, "score", "label")


def test_a_file_at_the_place_of_another_condition_is_refused(tmp_path: Path) -> None:
    path = named(tmp_path)
    place = path.parents[1] / "recipe=slow~augment=off" / path.name
    place.parent.mkdir()
    place.write_bytes(path.read_bytes())
    with pytest.raises(
        UserError, match=r"holds the scores of another run, dataset=.*recipe=digits~"
    ):
        read(place, ONE, "score")
