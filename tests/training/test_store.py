"""The store of finished runs: what is made, what is adopted, and what a job that fails leaves."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from oebench.artifacts.scores import read_attributes, write
from oebench.run import Run
from oebench.training import store
from oebench.training.store import adopt, store_key

RUN = Run("digits", "letters", 16, None, 0.0, "hsc", "l1", None, "digits", False, 3, 1)
TWO, THREE = replace(RUN, seed=2), replace(RUN, seed=3)
OK = {"status": "ok", "n_test": 4, "train_seconds": 2.04}


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A scores file in a store, long since written."""
    path = tmp_path / "store" / "ab" / "abc.h5"
    write(path, {"score": np.array([0.5, 2.0], dtype=np.float32)}, {"status": "ok"})
    os.utime(path, (1000, 1000))
    return path


class Job:
    """A job in a folder of its own whose runs score a test image with their seed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, list[Run]()

    def path(self, run: Run) -> Path:
        return self.folder / "runs" / run.path / "scores.h5"

    def make(self, run: Run, stored: Path) -> store.Made:
        self.made.append(run)
        return {"score": np.array([run.seed], dtype=np.float32)}, {**asdict(run), **OK}

    def fill(
        self,
        *runs: Run,
        make: Callable[[Run, Path], store.Made] | None = None,
        code: str = "c0de",
        depends: dict[str, Any] | None = None,
        checksums: Callable[[Run], list[str]] = lambda run: ["12"],
    ) -> None:
        paths = [self.path(run) for run in runs]
        folder = self.folder / "store"
        store.fill(paths, folder, code, depends or {}, checksums, make or self.make)

    def score(self, run: Run) -> float:
        with h5py.File(self.path(run)) as file:
            return float(file["score"][0])

    @property
    def files(self) -> list[Path]:
        return sorted(path for path in (self.folder / "store").rglob("*") if path.is_file())


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


# Filled


def test_what_a_path_names_is_made_and_put_there(job: Job) -> None:
    job.fill(RUN, TWO)
    assert job.made == [RUN, TWO]
    assert (job.score(RUN), job.score(TWO)) == (1.0, 2.0)
    found = read_attributes(job.path(TWO))
    assert (found["status"], found["seed"], found["n_test"]) == ("ok", 2, 4)


def test_a_scores_file_says_of_what_code_and_images_it_was_made(job: Job) -> None:
    job.fill(RUN, TWO, code="abc", checksums=lambda run: ["12", f"of seed {run.seed}"])
    for run in (RUN, TWO):
        found = read_attributes(job.path(run))
        assert (found["code"], found["checksums"]) == ("abc", ["12", f"of seed {run.seed}"])


def test_a_line_is_printed_for_each_run(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    def make(run: Run, stored: Path) -> store.Made:
        failed = {"status": "diverged", "message": "the loss is nan"}
        return {}, {**OK, **(failed if run == THREE else {})}

    job.fill(RUN, THREE, make=make)
    # 2.04 is rounded to a tenth.
    assert capsys.readouterr().out.splitlines() == [
        f"{RUN.path}: finished in 2.0 s",
        f"{THREE.path}: diverged, the loss is nan",
    ]


def test_a_run_in_the_store_is_adopted_and_not_made_again(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    job.fill(RUN)
    job.path(RUN).unlink()
    capsys.readouterr()
    job.fill(RUN, TWO)
    assert job.made == [RUN, TWO]
    assert job.score(RUN) == 1.0
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{RUN.path}: adopted, trained before"
    assert second.startswith(f"{TWO.path}: finished")


@pytest.mark.parametrize(
    "change",
    [{"code": "c0ded"}, {"depends": {"epochs": 2}}, {"checksums": lambda run: ["34"]}],
    ids=["code", "depends", "checksums"],
)
def test_a_run_that_depends_on_something_else_is_made_again(
    job: Job, change: dict[str, Any]
) -> None:
    job.fill(RUN)
    job.fill(RUN, **change)
    assert job.made == [RUN, RUN]
    assert len(job.files) == 2  # the older one is still there to go back to
    job.fill(RUN)
    assert job.made == [RUN, RUN]


def test_a_failed_run_is_kept_too(job: Job) -> None:
    def diverging(run: Run, stored: Path) -> store.Made:
        job.made.append(run)
        return {}, {"status": "diverged", "message": "the loss is nan"}

    job.fill(RUN, make=diverging)
    job.fill(RUN, make=diverging)
    assert job.made == [RUN]
    assert read_attributes(job.path(RUN))["status"] == "diverged"


def test_a_make_that_raises_leaves_nothing_at_the_path_and_keeps_what_was_finished(
    job: Job,
) -> None:
    def failing(run: Run, stored: Path) -> store.Made:
        if run == TWO:
            raise RuntimeError("the disk is full")
        return job.make(run, stored)

    with pytest.raises(RuntimeError, match="the disk is full"):
        job.fill(RUN, TWO, THREE, make=failing)
    assert [job.path(run).exists() for run in (RUN, TWO, THREE)] == [True, False, False]
    assert not job.path(TWO).parent.exists()
    job.path(RUN).unlink()  # as Snakemake does with the outputs of a failed job
    job.fill(RUN, TWO, THREE)
    assert job.made == [RUN, TWO, THREE]


def test_a_checkpoint_beside_the_stored_run_goes_when_the_run_is_done_and_not_before(
    job: Job,
) -> None:
    def cut(run: Run, stored: Path) -> store.Made:
        stored.parent.mkdir(parents=True)
        stored.with_suffix(".pt").write_text("half way")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        job.fill(RUN, make=cut)
    assert [path.suffix for path in job.files] == [".pt"]

    def resumed(run: Run, stored: Path) -> store.Made:
        assert stored.with_suffix(".pt").read_text() == "half way"
        return job.make(run, stored)

    job.fill(RUN, make=resumed)
    assert [path.suffix for path in job.files] == [".h5"]


def test_a_path_that_names_no_run_is_refused_before_anything_is_made(job: Job) -> None:
    with pytest.raises(ValueError, match="does not name a run"):
        store.fill([job.folder / "scores.h5"], job.folder, "", {}, lambda run: [], job.make)
    assert job.made == []


def test_versions_are_those_of_python_and_of_the_packages_named() -> None:
    found = json.loads(store.versions(np, h5py))
    assert list(found) == ["python", "numpy", "h5py"]
    assert found["numpy"] == np.__version__
    assert found["python"].startswith("3.")


# Adopted


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


# Named


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
