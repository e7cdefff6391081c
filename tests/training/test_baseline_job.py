"""A job of a baseline: scores files like those of a training, adopted, and on one thread."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cache_cases import write_cache
from scores_cases import arrays_of, attributes_of, by_file, collected, file_of

from oebench.artifacts import cache_writer, scores
from oebench.artifacts.cache import Cache
from oebench.artifacts.runs import columns
from oebench.evaluation.metrics import evaluate
from oebench.models import baselines
from oebench.recipe import Recipe
from oebench.registry import METRICS
from oebench.run import Run
from oebench.training import baseline_job
from oebench.training.baseline_job import fit_block
from oebench.training.job import train_block

LIBRARY = Path(__file__).parents[2] / "workflow/lib"
KDE = Run("ab", None, None, None, 0.0, "kde", None, None, "pca", False, 0, 1)
FOREST = replace(KDE, objective="isolation_forest")
SVM = replace(KDE, objective="one_class_svm")
DSVDD = replace(KDE, objective="dsvdd", norm="pseudo_huber", recipe="tiny")
AB = ["a", "b"]


def noise(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 1, 28, 28), dtype=np.uint8)


def flags(count: int, seed: int) -> np.ndarray:
    """Images with a dark upper half and a bright lower half, each of another grey, and noise."""
    random = np.random.default_rng(seed)
    upper, lower = random.integers(20, 100, (count, 1, 1, 1)), random.integers(150, 230, count)
    halves = np.where(np.arange(28)[:, None] < 14, upper, lower[:, None, None, None])
    return (halves + random.integers(-9, 10, (count, 1, 28, 28))).astype(np.uint8)


TRAIN, TEST = (flags(80, 0), np.repeat([0, 1], 40)), (flags(20, 1), np.tile([0, 1], 10))


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Classes a and b: 40 training and 10 test images each; those of b stand on their head."""
    path = tmp_path_factory.mktemp("ab") / "ab.h5"
    return written(path, TRAIN, TEST)


def written(path: Path, *splits: tuple[np.ndarray, np.ndarray]) -> Path:
    turned = {
        split: (np.where(labels[:, None, None, None] == 1, x[:, :, ::-1], x), labels)
        for split, (x, labels) in zip(("train", "test"), splits, strict=True)
    }
    write_cache(path, turned, AB, image=(1, 28, 28))
    return path


class Job:
    """A job in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, run: Run) -> Path:
        return file_of(self.folder, run)

    def fit(self, cache: Path, *runs: Run, code: str = "c0de") -> None:
        for path, members in by_file(self.folder, runs).items():
            fit_block(path, members, cache, self.folder / "store", code)

    def attributes(self, run: Run) -> dict[str, Any]:
        return attributes_of(self.folder, run)

    def arrays(self, run: Run) -> dict[str, np.ndarray]:
        return arrays_of(self.folder, run)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


# The scores file


def test_a_baseline_scores_every_image_as_it_does_by_itself(job: Job, images: Path) -> None:
    job.fit(images, KDE, FOREST, SVM)
    cache = Cache(images)
    normal = (cache.images("train")[:40].reshape(40, 784) / np.float32(255)).astype(np.float32)
    test = (cache.images("test").reshape(20, 784) / np.float32(255)).astype(np.float32)
    for run in (KDE, FOREST, SVM):
        arrays, score = job.arrays(run), baselines.fit(run.objective, normal, seed=1)
        assert arrays["score"] == pytest.approx(score(test), rel=1e-4)
        assert arrays["train_score"] == pytest.approx(score(normal), rel=1e-4)
        assert arrays["label"].tolist() == arrays["class"].tolist() == [0, 1] * 10
        assert arrays["index"].tolist() == list(range(20))
        # b stands on its head and is far away.
        assert evaluate(arrays["score"], arrays["label"])["auroc"] > 0.95


def test_images_scored_in_parts_have_the_same_scores_in_the_same_order(
    job: Job, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.fit(images, KDE)
    whole = job.arrays(KDE)
    monkeypatch.setattr(baseline_job, "BATCH", 7)  # 20 test images make parts of 7, 7 and 6
    job.fit(images, KDE, code="again")
    for name in ("score", "train_score"):
        assert job.arrays(KDE)[name] == pytest.approx(whole[name], rel=1e-4)


@pytest.mark.trains
def test_the_scores_file_is_like_that_of_a_training(job: Job, images: Path) -> None:
    torch.set_num_threads(1)
    job.fit(images, KDE)
    tiny = Recipe(epochs=1, batch=8, milestones=())
    where = job.path(DSVDD), [DSVDD.member]
    train_block(*where, tiny, [images], job.folder / "store", "c0de", device="cpu")
    torch.use_deterministic_algorithms(False)
    assert job.attributes(KDE).keys() == job.attributes(DSVDD).keys()
    fitted, trained = job.arrays(KDE), job.arrays(DSVDD)
    assert fitted.keys() == trained.keys()
    for name in fitted:
        assert fitted[name].dtype == trained[name].dtype
        assert fitted[name].shape == trained[name].shape
    for name in ("label", "class", "index"):
        assert np.array_equal(fitted[name], trained[name])


def test_attributes_say_what_the_run_is_and_how_it_went(job: Job, images: Path) -> None:
    b = replace(KDE, normal_class=1, seed=3)
    job.fit(images, b)
    found = job.attributes(b)
    for key, value in asdict(b).items():
        assert found[key] == ("" if value is None else value), key
    assert (found["normal_name"], found["status"], found["n_test"]) == ("b", "ok", 20)
    assert (found["device"], found["arithmetic"]) == ("cpu", "float32")
    assert json.loads(found["recipe_resolved"]) == {}
    assert found["code"] == "c0de"
    assert scores.images_of(found) == {KDE.dataset: [Cache(images).checksum]}
    versions = dict(each.split(" ") for each in found["versions"].split(", "))
    assert set(versions) == {"python", "sklearn", "numpy", "h5py"}


def test_a_baseline_stands_in_the_table_of_runs_with_every_column(job: Job, images: Path) -> None:
    job.fit(images, KDE)
    table = collected([(job.path(KDE), KDE.member)])
    assert [*table.columns] == [*columns()]
    row = table.iloc[0]
    inapplicable = ("oe", "norm", "gamma", "oe_size", "oe_classes", "oe_in_test")
    assert row[[*inapplicable]].isna().all()
    assert row.drop([*inapplicable]).notna().all()
    assert (row["objective"], row["recipe"], row["normal_name"]) == ("kde", "pca", "a")
    assert row["path"] == job.path(KDE).as_posix()
    arrays = job.arrays(KDE)
    assert row[[*METRICS]].to_dict() == evaluate(arrays["score"], arrays["label"])


def test_a_baseline_whose_images_are_all_alike_has_collapsed(job: Job) -> None:
    grey = np.full((20, 1, 28, 28), 77, dtype=np.uint8)
    labels = np.tile([0, 1], 10)
    path = job.folder / "grey.h5"
    write_cache(path, {"train": (grey, labels), "test": (grey, labels)}, AB, image=(1, 28, 28))
    job.fit(path, KDE, FOREST, SVM)
    table = collected([(job.path(run), run.member) for run in (KDE, FOREST, SVM)])
    assert table["status"].tolist() == ["collapsed"] * 3
    assert table["auroc"].tolist() == [0.5] * 3


def test_a_density_of_many_dimensions_that_tells_the_classes_apart_has_not_collapsed(
    job: Job,
) -> None:
    # Noise, of class a with half the contrast. All log densities share a large constant, the
    # logarithm of the kernels' volume, that says nothing about how much they differ.
    splits = {}
    for split, (x, labels) in {"train": TRAIN, "test": TEST}.items():
        loud = noise(len(x), seed=len(x) + 1)
        quiet = loud // 2 + 64
        splits[split] = np.where(labels[:, None, None, None] == 1, loud, quiet), labels
    write_cache(job.folder / "noise.h5", splits, AB, image=(1, 28, 28))
    job.fit(job.folder / "noise.h5", KDE)
    (row,) = collected([(job.path(KDE), KDE.member)]).to_dict("records")
    assert (row["auroc"], row["status"]) == (1.0, "ok")


# What it depends on


def test_test_images_do_not_change_what_is_fitted(job: Job, images: Path) -> None:
    # Each split's scores of other test images, of which one is far from all.
    other = np.concatenate([flags(19, 5), np.full((1, 1, 28, 28), 255, dtype=np.uint8)])
    changed = written(job.folder / "other.h5", TRAIN, (other, TEST[1]))
    for run in (KDE, FOREST, SVM):
        job.fit(images, run)
        before = job.arrays(run)
        job.fit(changed, run)
        after = job.arrays(run)
        assert np.array_equal(before["train_score"], after["train_score"])
        assert not np.array_equal(before["score"], after["score"])


def test_anomalies_among_the_training_images_are_not_fitted_to(job: Job, images: Path) -> None:
    x, labels = TRAIN
    other = np.where(labels[:, None, None, None] == 1, noise(80, 9), x)
    job.fit(images, KDE)
    before = job.arrays(KDE)
    job.fit(written(job.folder / "other.h5", (other, labels), TEST), KDE)
    assert np.array_equal(before["score"], job.arrays(KDE)["score"])


def test_runs_of_one_job_do_not_change_one_another(tmp_path: Path, images: Path) -> None:
    runs = (FOREST, replace(FOREST, normal_class=1), replace(FOREST, seed=2))
    together, alone = Job(tmp_path / "together"), Job(tmp_path / "alone")
    together.fit(images, *runs)
    alone.fit(images, runs[-1])
    scores = [together.arrays(run)["score"] for run in runs]
    assert np.array_equal(scores[-1], alone.arrays(runs[-1])["score"])
    assert not np.array_equal(scores[0], scores[-1])


SCRIPT = """
import sys
from pathlib import Path
from oebench.training.baseline_job import fit_block

cache, store, member, *paths = sys.argv[1:]
for path in paths:
    fit_block(Path(path), [member], Path(cache), Path(store), "")
"""


def test_scores_do_not_depend_on_the_number_of_threads(tmp_path: Path) -> None:
    # 600 images of a class: with few of them, linear algebra uses one thread anyway.
    labels = np.repeat([0, 1], 600)
    cache = written(tmp_path / "ab.h5", (noise(1200, 0), labels), TEST)
    found: dict[str, list[np.ndarray]] = {}
    for threads in ("1", "2", "7"):
        job = Job(tmp_path / threads)
        paths = [job.path(run).as_posix() for run in (KDE, SVM)]
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        environment = {**os.environ, "PYTHONPATH": str(LIBRARY), **dict.fromkeys(names, threads)}
        arguments = [str(cache), str(job.folder / "store"), KDE.member, *paths]
        subprocess.run([sys.executable, "-c", SCRIPT, *arguments], env=environment, check=True)
        found[threads] = [job.arrays(run)["score"] for run in (KDE, SVM)]
    for threads in ("2", "7"):
        for one, other in zip(found["1"], found[threads], strict=True):
            assert np.array_equal(one, other)


# The store


def test_fitted_runs_are_adopted_the_second_time(
    job: Job, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job.fit(images, KDE)
    before = job.path(KDE).read_bytes()
    job.path(KDE).unlink()
    capsys.readouterr()
    job.fit(images, KDE, SVM)
    assert job.path(KDE).read_bytes() == before
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{KDE.path}: adopted, trained before"
    assert second.startswith(f"{SVM.path}: finished in ")


def test_other_code_or_other_images_fit_again(job: Job, images: Path) -> None:
    job.fit(images, KDE)
    job.fit(images, KDE, code="other")
    job.fit(written(job.folder / "ab.h5", TRAIN, (flags(20, 6), TEST[1])), KDE)
    assert len([*(job.folder / "store").rglob("*.h5")]) == 3


# Images of different sizes


def test_of_larger_images_the_middle_is_fitted_and_scored(job: Job) -> None:
    """A frame of noise around the images, of another width for each, changes no score."""
    plain = written(job.folder / "plain.h5", TRAIN, TEST)
    ragged, random = job.folder / "ragged.h5", np.random.default_rng(3)
    with cache_writer.create(ragged, AB, {"image": (1, 28, 28)}) as writer:
        for split in ("train", "test"):
            framed = []
            for image in Cache(plain).images(split):
                height, width = random.integers(0, 5, 2)
                shape = (1, 28 + 2 * height, 28 + 2 * width)
                large = random.integers(0, 256, shape, dtype=np.uint8)
                large[:, height : height + 28, width : width + 28] = image
                framed.append(large)
            writer.add_each(split, zip(framed, Cache(plain).labels(split), strict=True), True)
    job.fit(plain, KDE)
    expected = job.arrays(KDE)
    job.fit(ragged, KDE)
    assert Cache(ragged).images("test").sizes.max() > 28
    assert np.array_equal(job.arrays(KDE)["score"], expected["score"])
    assert np.array_equal(job.arrays(KDE)["train_score"], expected["train_score"])
