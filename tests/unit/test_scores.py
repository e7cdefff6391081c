"""The scores file and the store it is adopted from."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from oead.runs import Run
from oead.scores import adopt, read_attributes, store_key, write

RUN = Run("digits", "letters", 16, None, 0.0, "hsc", "l1", None, "digits", False, 3, 1)


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A scores file in a store, long since written."""
    path = tmp_path / "store" / "ab" / "abc.h5"
    write(path, {"score": np.array([0.5, 2.0], dtype=np.float32)}, {"status": "ok"})
    os.utime(path, (1000, 1000))
    return path


def test_what_is_written_is_read_back_as_plain_values(tmp_path: Path) -> None:
    path = tmp_path / "new" / "scores.h5"
    attributes = {"status": "ok", "auroc": 0.75, "n_test": 4, "augment": True}
    write(path, {"score": np.array([1.5], dtype=np.float32)}, attributes)
    found = read_attributes(path)
    assert found == attributes
    assert {key: type(value) for key, value in found.items()} == {
        key: type(value) for key, value in attributes.items()
    }
    with h5py.File(path) as file:
        assert file["score"].dtype == np.float32
        assert file["score"][:].tolist() == [1.5]


def test_none_becomes_the_empty_string(tmp_path: Path) -> None:
    path = tmp_path / "scores.h5"
    write(path, {}, {"status": "diverged", "auroc": None, "oe_size": 0})
    assert read_attributes(path) == {"status": "diverged", "auroc": "", "oe_size": 0}


def test_a_file_that_cannot_be_finished_is_not_left_behind(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write(tmp_path / "scores.h5", {}, {"status": object()})
    assert list(tmp_path.iterdir()) == []


def test_a_broken_file_is_named_and_what_to_do_with_it(tmp_path: Path) -> None:
    path = tmp_path / "scores.h5"
    path.write_text("not HDF5")
    with pytest.raises(ValueError, match=r"scores\.h5 cannot be read as HDF5 .*; delete it to"):
        read_attributes(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"missing\.h5 cannot be read .*No such file"):
        read_attributes(tmp_path / "missing.h5")


def test_another_hdf5_file_is_not_taken_for_scores(tmp_path: Path) -> None:
    path = tmp_path / "cache.h5"
    write(path, {}, {"checksum": "0"})
    with pytest.raises(ValueError, match=r"cache\.h5 is not a scores file.* no attribute status"):
        read_attributes(path)


def test_an_adopted_run_is_a_hard_link_and_new(stored: Path, tmp_path: Path) -> None:
    path = tmp_path / "runs" / "seed=1" / "scores.h5"
    adopt(stored, path)
    assert path.samefile(stored)
    assert not path.is_symlink()  # it outlives the store
    assert path.stat().st_mtime > 1000


def test_an_adopted_run_takes_the_place_of_what_was_there(stored: Path, tmp_path: Path) -> None:
    path, old = tmp_path / "scores.h5", tmp_path / "store" / "old.h5"
    write(old, {}, {"status": "diverged"})
    adopt(old, path)
    adopt(stored, path)
    adopt(stored, path)
    assert path.samefile(stored)
    assert read_attributes(old) == {"status": "diverged"}  # not written over through its link


def test_without_hard_links_an_adopted_run_is_a_copy_and_new(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError("no hard links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    path = tmp_path / "runs" / "scores.h5"
    adopt(stored, path)
    assert path.read_bytes() == stored.read_bytes()
    assert not path.samefile(stored)
    assert path.stat().st_mtime > 1000


FACTS: dict[str, Any] = {
    "run": RUN,
    "recipe": {"epochs": 50, "batch": 32},
    "code": "c0de",
    "checksums": ["12", "34"],
}


@pytest.mark.parametrize(
    "change",
    [
        {"run": replace(RUN, seed=2)},
        {"run": replace(RUN, norm="l2")},
        {"recipe": {"epochs": 51, "batch": 32}},
        {"code": "c0ded"},
        {"checksums": ["12"]},
        {"checksums": ["34", "12"]},  # normal and OE images change places
    ],
)
def test_the_store_key_changes_with_all_a_run_depends_on(change: dict[str, Any]) -> None:
    assert store_key(**(FACTS | change)) != store_key(**FACTS)


def test_the_store_key_does_not_depend_on_the_order_of_the_recipe() -> None:
    turned = {"recipe": {"batch": 32, "epochs": 50}}
    assert store_key(**(FACTS | turned)) == store_key(**FACTS)
