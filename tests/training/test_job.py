"""A training job: its scores files, what it adopts instead of training, and runs gone wrong."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cache_cases import write_cache
from gpu_cases import FOUR, machine_with, whole
from scores_cases import arrays_of, attributes_of, by_file, collected, file_of
from training_cases import refuse_training

from oebench.accelerator import choose_device
from oebench.artifacts.cache import Cache
from oebench.artifacts.scores import images_of
from oebench.evaluation.metrics import evaluate, spread
from oebench.gpus import VISIBLE
from oebench.recipe import Recipe
from oebench.registry import METRICS
from oebench.run import Run
from oebench.sampling import choose_classes
from oebench.training import loop
from oebench.training.exposure import subset
from oebench.training.job import gather, train_block

HSC = Run("ab", "pool", 5, None, 0.0, "hsc", "pseudo_huber", None, "tiny", False, 0, 1)
BCE = replace(HSC, objective="bce", norm=None, oe_size=None, oe_classes=2, normal_class=1)
DSVDD = replace(HSC, objective="dsvdd", oe=None, oe_size=None)
AB = ["a", "b"]
TINY = Recipe(epochs=2, batch=8, milestones=(1,))
TAKE = "from oebench.devices import locks, take\n"  # as another process


@pytest.fixture(autouse=True)
def settings_of_torch() -> Iterator[None]:
    torch.set_num_threads(1)
    yield
    torch.use_deterministic_algorithms(False)


def noise(count: int, seed: int) -> np.ndarray:
    shape = (count, 1, 28, 28)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Classes a and b: 40 training and 10 test images each."""
    train, test = np.repeat([0, 1], 40), np.tile([0, 1], 10)
    splits = {"train": (noise(80, 0), train), "test": (noise(20, 1), test)}
    path = tmp_path_factory.mktemp("ab") / "ab.h5"
    write_cache(path, splits, AB)
    return path


@pytest.fixture(scope="module")
def outliers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pool of three classes with 10, 20 and 30 images."""
    path = tmp_path_factory.mktemp("pool") / "pool.h5"
    labels = np.repeat([0, 1, 2], [10, 20, 30])
    write_cache(path, {"train": (noise(60, 2), labels)}, ["x", "y", "z"])
    return path


class Job:
    """A job in a folder of its own, to be run again and again."""

    def __init__(self, folder: Path, images: Path, outliers: Path) -> None:
        self.folder, self.images, self.outliers = folder, images, outliers

    def path(self, run: Run) -> Path:
        return file_of(self.folder, run)

    def train(self, *runs: Run, recipe: Recipe = TINY, code: str = "c0de", **changes: Any) -> None:
        given = {"images": self.images, "outliers": self.outliers, **changes}
        caches = [cache for cache in given.values() if cache is not None]
        for path, members in by_file(self.folder, runs).items():
            train_block(path, members, recipe, caches, self.folder / "store", code, device="cpu")

    def attributes(self, run: Run) -> dict[str, Any]:
        return attributes_of(self.folder, run)

    def arrays(self, run: Run) -> dict[str, np.ndarray]:
        return arrays_of(self.folder, run)


@pytest.fixture
def job(tmp_path: Path, images: Path, outliers: Path) -> Job:
    return Job(tmp_path, images, outliers)


@pytest.fixture
def no_training(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_training(monkeypatch)


@pytest.mark.trains
def test_every_path_gets_a_score_for_every_test_image(job: Job) -> None:
    job.train(HSC, BCE)
    for run in (HSC, BCE):
        arrays = job.arrays(run)
        assert {name: each.dtype.name for name, each in arrays.items()} == {
            "score": "float32",
            "label": "uint8",
            "class": "int64",
            "index": "int64",
            "train_score": "float32",
        }
        assert arrays["class"].tolist() == [0, 1] * 10
        assert arrays["index"].tolist() == list(range(20))
        assert arrays["label"].tolist() == [run.normal_class, 1 - run.normal_class] * 10


@pytest.mark.trains
def test_the_scores_are_those_of_the_run_trained_alone(job: Job) -> None:
    job.train(HSC, DSVDD)
    caches, cpu = [Cache(job.images), Cache(job.outliers)], torch.device("cpu")
    test, normal = (torch.from_numpy(caches[0].images(split)) for split in ("test", "train"))
    for run in (HSC, DSVDD):
        network = loop.train(run, TINY, gather(run, TINY, caches), cpu)
        for name, x in (("score", test), ("train_score", normal[:40])):
            assert np.array_equal(job.arrays(run)[name], loop.score(network, run, TINY, x))


@pytest.mark.trains
def test_normal_training_images_are_scored_in_their_order_and_not_augmented(job: Job) -> None:
    both, same = (noise(80, 0), np.repeat([0, 1], 40)), job.folder / "same.h5"
    write_cache(same, {"train": both, "test": both}, AB)
    run, how = replace(HSC, augment=True), TINY.model_copy(update={"augmentation": "flip_crop"})
    job.train(run, recipe=how, images=same)
    assert np.array_equal(job.arrays(run)["train_score"], job.arrays(run)["score"][:40])


@pytest.mark.trains
def test_attributes_say_what_the_run_is_and_how_it_went(job: Job) -> None:
    job.train(HSC, BCE)
    for run, name in ((HSC, "a"), (BCE, "b")):
        found, arrays = job.attributes(run), job.arrays(run)
        for key, value in asdict(run).items():
            if key != "oe_size":  # see below
                assert found[key] == ("" if value is None else value), key
        assert found["normal_name"] == name
        assert (found["status"], found["message"]) == ("ok", "")
        row = collected([(job.path(run), run.member)]).iloc[0]
        assert row["status"] == "ok"
        assert row[[*METRICS]].to_dict() == evaluate(arrays["score"], arrays["label"])
        assert spread(arrays["score"]) > 0.01
        assert found["n_test"] == 20
        assert found["train_seconds"] > 0
        assert (found["device"], found["arithmetic"]) == ("cpu", "float32")


@pytest.mark.trains
def test_attributes_say_with_what_the_run_was_made(job: Job) -> None:
    job.train(HSC)
    found = job.attributes(HSC)
    assert Recipe.model_validate_json(found["recipe_resolved"]) == TINY
    assert found["code"] == "c0de"
    images = [[Cache(path).checksum] for path in (job.images, job.outliers)]
    assert [*images_of(found).values()] == images
    versions = dict(each.split(" ") for each in found["versions"].split(", "))
    assert set(versions) == {"python", "torch", "numpy", "h5py"}
    assert versions["torch"] == torch.__version__


@pytest.mark.trains
def test_images_that_are_trained_on_and_tested_on_are_counted_and_said(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    job.train(HSC)
    found = job.attributes(HSC)
    assert (found["normal_in_test"], found["oe_in_test"]) == (0, 0)
    assert "test images" not in capsys.readouterr().out
    # Three normal images of class a and one of b are tested on, and two of the five that HSC draws
    # of the pool; of another image of the pool, too, which it does not draw.
    train, pool, test = noise(80, 0), noise(60, 2), noise(20, 1)
    drawn = subset(60, 5, seed=1)
    undrawn = next(row for row in range(60) if row not in drawn)
    test[:7] = [*train[[0, 5, 39, 40]], *pool[drawn[:2]], pool[undrawn]]
    splits = {"train": (train, np.repeat([0, 1], 40)), "test": (test, np.tile([0, 1], 10))}
    write_cache(job.folder / "leak.h5", splits, AB)
    job.train(HSC, images=job.folder / "leak.h5")
    found = job.attributes(HSC)
    assert (found["normal_in_test"], found["oe_in_test"]) == (3, 2)
    said = "; 3 of its normal training images are test images, too; 2 of its OE images are test"
    assert said in capsys.readouterr().out
    job.train(DSVDD, images=job.folder / "leak.h5", outliers=None)
    found = job.attributes(DSVDD)
    assert (found["normal_in_test"], found["oe_in_test"]) == (3, "")


@pytest.mark.trains
def test_oe_size_is_the_number_of_outliers_a_run_may_see(job: Job) -> None:
    job.train(HSC, BCE, DSVDD)
    sizes = dict(zip(range(3), (10, 20, 30), strict=True))
    assert job.attributes(HSC)["oe_size"] == 5
    assert job.attributes(BCE)["oe_size"] == sum(
        sizes[each] for each in choose_classes([0, 1, 2], 2, 1)
    )
    assert job.attributes(DSVDD)["oe_size"] == ""


def test_a_run_trains_on_its_class_and_its_share_of_the_pool(job: Job) -> None:
    caches = [Cache(job.images), Cache(job.outliers)]
    normal, pool = caches[0].images("train"), caches[1].images("train")
    by_size, by_class, without = (gather(run, TINY, caches) for run in (HSC, BCE, DSVDD))
    assert np.array_equal(by_size.normal, normal[:40])
    assert np.array_equal(by_class.normal, normal[40:])
    assert by_size.outliers is not None
    assert np.array_equal(by_size.outliers, pool[subset(60, 5, seed=1)])
    assert by_class.outliers is not None
    chosen = choose_classes([0, 1, 2], 2, seed=1)
    assert np.array_equal(by_class.outliers, pool[np.isin(caches[1].labels("train"), chosen)])
    assert without.outliers is None


@pytest.mark.trains
def test_one_diverging_run_does_not_stop_the_others(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Without biases black images lie at the centre: no loss, no gradient, so that even a learning
    # rate of 1e30 moves nothing. Weights that see the noise of class b it throws to infinity.
    train = np.concatenate([np.zeros_like(noise(40, 0)), noise(40, 0)])
    splits = {"train": (train, np.repeat([0, 1], 40)), "test": (noise(20, 1), np.tile([0, 1], 10))}
    black = tmp_path / "black.h5"
    write_cache(black, splits, AB)
    b, a = replace(DSVDD, normal_class=1), DSVDD
    wild = Recipe(epochs=1, batch=8, milestones=(), learning_rate=1e30, weight_decay=0)
    job.train(b, a, recipe=wild, images=black, outliers=None)

    assert job.attributes(a)["status"] == "ok"
    found = job.attributes(b)
    assert found["status"] == "diverged"
    assert re.search(
        "the loss is nan in epoch|20 of 20 test scores are not finite", found["message"]
    )
    row = collected([(job.path(b), b.member)]).iloc[0]
    assert row["status"] == "diverged"
    assert row[[*METRICS]].isna().all()
    assert np.isnan(job.arrays(b)["score"]).all()
    assert job.arrays(b)["label"].tolist() == [1, 0] * 10
    assert f"{b.path}: diverged, {found['message']}\n" in capsys.readouterr().out


@pytest.mark.trains
def test_deleted_files_are_adopted_from_the_store_without_training(
    job: Job, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    job.train(HSC, BCE)
    before = job.path(HSC).read_bytes()
    job.path(HSC).unlink()
    request.getfixturevalue("no_training")
    capsys.readouterr()
    job.train(HSC, BCE)
    assert job.path(HSC).read_bytes() == before
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{run.path}: adopted, trained before" for run in (HSC, BCE)]


@pytest.mark.trains
@pytest.mark.parametrize(
    "change", [{"code": "other"}, {"recipe": TINY.model_copy(update={"epochs": 3})}]
)
def test_other_code_or_another_recipe_trains_again(job: Job, change: dict[str, Any]) -> None:
    job.train(HSC)
    before = job.attributes(HSC)
    job.train(HSC, **change)
    after = job.attributes(HSC)
    keys = ("code", "recipe_resolved")
    assert [before[key] for key in keys] != [after[key] for key in keys]
    assert after["train_seconds"] != before["train_seconds"]


@pytest.mark.trains
def test_other_images_train_again_and_the_same_images_elsewhere_do_not(
    job: Job, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    labels = np.repeat([0, 1, 2], [10, 20, 30])
    for name, seed in (("copy", 2), ("other", 3)):
        splits = {"train": (noise(60, seed), labels)}
        write_cache(tmp_path / f"{name}.h5", splits, ["x", "y", "z"], remade=True)
    job.train(HSC)
    request.getfixturevalue("no_training")
    job.train(HSC, outliers=tmp_path / "copy.h5")
    with pytest.raises(AssertionError, match="this trains"):
        job.train(HSC, outliers=tmp_path / "other.h5")


@pytest.mark.trains
def test_a_job_that_is_cut_off_keeps_its_finished_runs(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, original = [], loop.train

    def cut(run: Run, *arguments: Any) -> Any:
        trained.append(run)
        if len(trained) == 2:
            raise KeyboardInterrupt
        return original(run, *arguments)

    monkeypatch.setattr(loop, "train", cut)
    with pytest.raises(KeyboardInterrupt):
        job.train(HSC, BCE)
    assert job.path(HSC).exists()
    assert not job.path(BCE).exists()
    job.path(HSC).unlink()  # as Snakemake does with the outputs of a failed job
    job.train(HSC, BCE)
    assert trained == [HSC, BCE, BCE]


@pytest.mark.trains
def test_a_checkpoint_is_used_and_removed_when_the_run_is_done(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    original: Any = loop.train
    restored: list[bool] = []

    def impatient(*arguments: Any) -> Any:
        keeper = arguments[-1]
        restored.append(keeper.path.exists())
        keeper.seconds = 0
        network = original(*arguments)
        if len(restored) == 1:
            raise KeyboardInterrupt
        return network

    monkeypatch.setattr(loop, "train", impatient)
    with pytest.raises(KeyboardInterrupt):
        job.train(HSC)
    job.train(HSC)
    assert restored == [False, True]
    assert [path.suffix for path in (job.folder / "store").rglob("*.*")] == [".h5"]


@pytest.mark.trains
def test_a_job_has_a_device_while_it_trains_and_its_runs_do_not_depend_on_which(
    job: Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine_with(monkeypatch, job.folder, whole(*FOUR))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)  # they are made up
    seen, original = [], loop.train

    def train(*arguments: Any) -> Any:
        other = [sys.executable, "-c", f"{TAKE}print(take([{FOUR[1]!r}], 1, locks()))"]
        found = subprocess.run(other, capture_output=True, text=True, check=True).stdout
        seen.append((os.environ[VISIBLE], found.strip()))
        return original(*arguments)

    monkeypatch.setattr(loop, "train", train)
    caches = [job.images, job.outliers]
    for asked in ("1", "2"):
        monkeypatch.setenv(VISIBLE, asked)
        store = job.folder / "store"
        train_block(job.path(HSC), [HSC.member], TINY, caches, store, "c0de", "auto", per_gpu=2)
    assert seen == [("1", "None")]
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [f"uses the GPU {FOUR[2]}", f"{HSC.path}: adopted, trained before"]


def test_a_gpu_that_is_not_there_is_not_asked_for_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto").type == choose_device("cpu").type == "cpu"
    with pytest.raises(ValueError, match="device: cuda is configured, but PyTorch sees no GPU"):
        choose_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto").type == choose_device("cuda").type == "cuda"
    assert choose_device("cpu").type == "cpu"
