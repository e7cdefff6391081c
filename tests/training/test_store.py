"""The store of finished runs: what is made, what is adopted, and what a job that fails leaves."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from scores_cases import arrays_of, attributes_of, file_of

from oebench.artifacts import identity, scores
from oebench.run import Run
from oebench.training import store

RUN = Run("digits", "letters", 16, None, 0.0, "hsc", "l1", None, "digits", False, 3, 1)
TWO, THREE = replace(RUN, seed=2), replace(RUN, seed=3)
OK = {"status": "ok", "n_test": 4, "train_seconds": 2.04}
EMPTY = {name: np.empty(0) for name in scores.NAMES[1:]}


class Job:
    """A job in a folder of its own whose runs score a test image with their seed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, list[Run]()

    @property
    def path(self) -> Path:
        return file_of(self.folder, RUN)

    def make(self, run: Run, stored: Path, *_: Any) -> store.Made:
        self.made.append(run)
        arrays = {"score": np.array([run.seed], dtype=np.float32), **EMPTY}
        return store.Made(arrays, {**asdict(run), **OK})

    def fill(
        self,
        *runs: Run,
        make: Callable[..., store.Made] | None = None,
        code: str = "c0de",
        recipe: dict[str, Any] | None = None,
        arithmetic: str = "float32",
        images: Callable[[Run], dict[str, str]] = lambda run: {"digits": "12"},
    ) -> None:
        members, folder = [run.member for run in runs], self.folder / "store"
        facts = recipe or {}, arithmetic
        store.fill(self.path, members, folder, code, *facts, images, make or self.make)

    def score(self, run: Run) -> float:
        return float(arrays_of(self.folder, run)["score"][0])

    def attributes(self, run: Run) -> dict[str, Any]:
        return attributes_of(self.folder, run)

    @property
    def files(self) -> list[Path]:
        return sorted(path for path in (self.folder / "store").rglob("*.[!j]*") if path.is_file())


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


# Filled


def test_the_runs_that_are_named_are_made_and_put_there(job: Job) -> None:
    job.fill(RUN, TWO)
    assert job.made == [RUN, TWO]
    assert (job.score(RUN), job.score(TWO)) == (1.0, 2.0)
    found = job.attributes(TWO)
    assert (found["status"], found["seed"], found["n_test"]) == ("ok", 2, 4)


def test_a_scores_file_says_of_what_code_and_images_it_was_made(job: Job) -> None:
    job.fill(RUN, TWO, code="abc", images=lambda run: {"digits": "12", "letters": f"{run.seed}"})
    for run in (RUN, TWO):
        found = job.attributes(run)
        images = {"digits": ["12"], "letters": [f"{run.seed}"]}
        assert (found["code"], scores.images_of(found)) == ("abc", images)
    # A block's file has the checksums of all of its runs.
    assert identity.read(job.path)["images"] == {"digits": ["12"], "letters": ["1", "2"]}


def test_a_scores_file_begins_with_what_it_was_made_of(job: Job) -> None:
    job.fill(RUN, TWO, code="abc", recipe={"epochs": 3})
    runs = [RUN.member, TWO.member]
    images = {"digits": ["12"]}
    facts = {"runs": runs, "recipe": {"epochs": 3}, "code": "abc", "images": images}
    assert identity.read(job.path) == facts | {"seconds": [2.04, 2.04], "diverged": []}


def test_a_line_is_printed_for_each_run(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    def make(run: Run, stored: Path, *_: Any) -> store.Made:
        failed = {"status": "diverged", "message": "the loss is nan"}
        return store.Made({}, {**OK, **(failed if run == THREE else {})})

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
    job.path.unlink()
    capsys.readouterr()
    job.fill(RUN, TWO)
    assert job.made == [RUN, TWO]
    assert job.score(RUN) == 1.0
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{RUN.path}: adopted, trained before"
    assert second.startswith(f"{TWO.path}: finished")


def test_a_file_holds_the_runs_that_are_asked_for_and_no_others(job: Job) -> None:
    job.fill(RUN, TWO)
    job.fill(TWO, THREE)
    assert scores.members(job.path) == [TWO.member, THREE.member]
    assert (job.score(TWO), job.score(THREE)) == (2.0, 3.0)
    assert job.made == [RUN, TWO, THREE]
    assert len(job.files) == 3  # the first is still there to go back to


@pytest.mark.parametrize(
    "change",
    [
        {"code": "c0ded"},
        {"recipe": {"epochs": 2}},
        {"arithmetic": "bfloat16"},
        {"images": lambda run: {"digits": "34"}},
    ],
    ids=["code", "recipe", "arithmetic", "images"],
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
    def diverging(run: Run, stored: Path, *_: Any) -> store.Made:
        job.made.append(run)
        arrays = {name: np.empty(0) for name in scores.NAMES}
        return store.Made(arrays, {**OK, "status": "diverged", "message": "the loss is nan"})

    job.fill(RUN, make=diverging)
    job.fill(RUN, make=diverging)
    assert job.made == [RUN]
    assert job.attributes(RUN)["status"] == "diverged"
    assert identity.read(job.path)["diverged"] == [RUN.member]


def test_a_make_that_raises_leaves_nothing_at_the_path_and_keeps_what_was_finished(
    job: Job,
) -> None:
    def failing(run: Run, stored: Path, *_: Any) -> store.Made:
        if run == TWO:
            raise RuntimeError("the disk is full")
        return job.make(run, stored)

    with pytest.raises(RuntimeError, match="the disk is full"):
        job.fill(RUN, TWO, THREE, make=failing)
    assert not job.path.exists()
    job.fill(RUN, TWO, THREE)
    assert job.made == [RUN, TWO, THREE]


def test_a_checkpoint_beside_the_stored_run_goes_when_the_run_is_done_and_not_before(
    job: Job,
) -> None:
    def cut(run: Run, stored: Path, *_: Any) -> store.Made:
        stored.parent.mkdir(parents=True)
        stored.with_suffix(".pt").write_text("half way")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        job.fill(RUN, make=cut)
    assert [path.suffix for path in job.files] == [".pt"]

    def resumed(run: Run, stored: Path, *_: Any) -> store.Made:
        assert stored.with_suffix(".pt").read_text() == "half way"
        return job.make(run, stored)

    job.fill(RUN, make=resumed)
    assert [path.suffix for path in job.files] == [".h5"]


def test_a_checkpoint_of_a_run_that_is_adopted_goes_too(job: Job) -> None:
    """As of a job that was killed between the two."""
    job.fill(RUN)
    job.files[0].with_suffix(".pt").write_text("the end")
    job.fill(RUN)
    assert [path.suffix for path in job.files] == [".h5"]


def test_a_path_that_names_no_run_is_refused_before_anything_is_made(job: Job) -> None:
    with pytest.raises(ValueError, match="does not name a run"):
        store.fill(
            job.folder / "x.h5", [RUN.member], job.folder, "", {}, "", lambda run: {}, job.make
        )
    assert job.made == []


def test_versions_are_those_of_python_and_of_the_packages_named() -> None:
    h5, numpy, python = store.versions(np, h5py).split(", ")
    assert (h5, numpy) == (f"h5py {h5py.__version__}", f"numpy {np.__version__}")
    assert python.startswith("python 3.")


# Verified


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-300])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def scores_changed(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file[RUN.member]["score"][0] = 7.5


def attribute_changed(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file[RUN.member].attrs["status"] = "diverged"


def array_gone(path: Path) -> None:
    with h5py.File(path, "a") as file:
        del file[RUN.member]["index"]


def of_another_seed(path: Path) -> None:
    job = Job(path.parents[2] / "other")
    job.fill(TWO)
    content = job.files[0].read_bytes()
    path.write_bytes(content)


def of_another_recipe(path: Path) -> None:
    job = Job(path.parents[2] / "other")
    job.fill(RUN, recipe={"epochs": 7})
    path.write_bytes(job.files[0].read_bytes())


@pytest.mark.parametrize(
    "change",
    [
        *(cut, emptied, scores_changed, attribute_changed, array_gone),
        *(of_another_seed, of_another_recipe),
    ],
    ids=lambda change: change.__name__,
)
def test_a_stored_file_that_is_damaged_or_exchanged_is_put_aside_and_made_again(
    job: Job, change: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    job.fill(RUN)
    (stored,) = job.files
    before = stored.read_bytes()
    change(stored)
    broken = stored.read_bytes()
    capsys.readouterr()
    job.fill(RUN)
    assert job.made == [RUN, RUN]
    assert job.score(RUN) == 1.0
    assert stored.read_bytes() == before
    aside = stored.with_name(f"{stored.name}.broken")
    assert aside.read_bytes() == broken
    assert f"{aside} was put aside and its run is made again: " in capsys.readouterr().out
