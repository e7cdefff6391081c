"""Networks that are kept beside their scores, and images that are held out of the training."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cache_cases import write_cache
from scores_cases import arrays_of, by_file, file_of
from training_cases import refuse_training

from oebench.artifacts import model, scores
from oebench.recipe import Recipe
from oebench.registry import DIVERGED
from oebench.run import Run
from oebench.training import exposure, loop
from oebench.training.job import normal_rows, train_block
from oebench.validation import UserError

HSC = Run("ab", "pool", 5, None, 0.0, "hsc", "pseudo_huber", None, "tiny", False, 0, 1)
TWO = replace(HSC, seed=2)
BCE = replace(HSC, objective="bce", norm=None)
TINY = Recipe(network="digits_lenet", epochs=1, batch=8, milestones=(), mean=(0.2,), std=(0.5,))
HELD = TINY.model_copy(update={"held_out": 0.25})


def noise(count: int, seed: int) -> np.ndarray:
    shape = (count, 1, 16, 16)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


class Job:
    """A job in a folder of its own, to be run again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        own = {
            "train": (noise(80, 0), np.repeat([0, 1], 40)),
            "test": (noise(20, 1), np.tile([0, 1], 10)),
        }
        pool = {"train": (noise(30, 2), np.repeat([0, 1, 2], 10))}
        self.images = write_cache(folder / "ab.h5", own, ["a", "b"], fit="crop")
        self.outliers = write_cache(folder / "pool.h5", pool, ["x", "y", "z"])

    def train(
        self, *runs: Run, keep: tuple[Run, ...] = (), recipe: Recipe = TINY, **more: Any
    ) -> None:
        caches = [self.images.path, self.outliers.path]
        for path, members in by_file(self.folder, runs).items():
            kept = [run.member for run in keep]
            store = self.folder / "store"
            train_block(path, members, recipe, caches, store, "c0de", "cpu", kept=kept, **more)

    def model(self, run: Run) -> Path:
        return model.of_run(file_of(self.folder, run), run.member)

    def arrays(self, run: Run) -> dict[str, np.ndarray]:
        return arrays_of(self.folder, run)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


@pytest.fixture
def no_training(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_training(monkeypatch)


@pytest.mark.trains
def test_a_kept_network_lies_beside_the_runs_and_says_what_it_is(job: Job) -> None:
    job.train(HSC, TWO, keep=(HSC,))
    assert job.model(HSC) == job.folder / "models" / f"{HSC.path}.safetensors"
    assert not job.model(TWO).exists()
    found = model.read(job.model(HSC))
    assert {"0.features.0.weight", "features.0.weight"} & found.state.keys()
    assert len(found.held_out) == 0
    facts = found.facts
    assert facts["seen"] == {
        **{"classes": ["a", "b"], "shape": [1, 16, 16], "fit": "crop", "plain": False}
    }
    assert (facts["objective"], facts["norm"], facts["normal_class"], facts["seed"]) == (
        *("hsc", "pseudo_huber", 0, 1),
    )
    assert (facts["normal_name"], facts["code"]) == ("a", "c0de")
    assert facts["recipe_resolved"] == TINY.model_dump(mode="json")
    assert facts["images"] == {"ab": job.images.checksum, "pool": job.outliers.checksum}
    assert "torch" in facts["versions"]
    assert scores.described(facts) == HSC


@pytest.mark.trains
def test_a_model_changes_no_score(job: Job) -> None:
    job.train(HSC, keep=(HSC,))
    kept = job.arrays(HSC)
    file_of(job.folder, HSC).unlink()
    for file in (job.folder / "store").rglob("*.h5"):
        file.unlink()
    job.train(HSC)
    assert all(np.array_equal(kept[name], each) for name, each in job.arrays(HSC).items())


@pytest.mark.trains
def test_a_finished_run_trains_again_once_its_network_is_to_be_kept(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    job.train(HSC, TWO)
    job.train(HSC, TWO, keep=(HSC,))
    told = capsys.readouterr().out
    assert f"{HSC.path}: made again, because its network was not kept" in told
    assert f"{TWO.path}: adopted" in told
    assert job.model(HSC).exists()


@pytest.mark.trains
def test_a_model_that_is_lost_is_taken_from_the_store(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.train(HSC, keep=(HSC,))
    before = job.model(HSC).read_bytes()
    job.model(HSC).unlink()
    monkeypatch.delattr(loop, "train")
    job.train(HSC, keep=(HSC,))
    assert job.model(HSC).read_bytes() == before


@pytest.mark.trains
@pytest.mark.parametrize("damage", ["cut", "changed", "of other scores"])
def test_a_model_of_the_store_that_is_not_that_of_the_run_is_made_again(
    damage: str, job: Job
) -> None:
    job.train(HSC, TWO, keep=(HSC, TWO))
    before = model.read(job.model(HSC))
    stored = {file.read_bytes(): file for file in (job.folder / "store").rglob(f"*{model.SUFFIX}")}
    file, other = stored[job.model(HSC).read_bytes()], job.model(TWO).read_bytes()
    content = file.read_bytes()
    broken = {
        "cut": content[:-4],
        "changed": content[:-1] + bytes([content[-1] ^ 1]),
        "of other scores": other,
    }
    file.write_bytes(broken[damage])
    job.train(HSC, TWO, keep=(HSC, TWO))
    after = model.read(job.model(HSC))
    assert all(np.array_equal(after.state[name], each) for name, each in before.state.items())


@pytest.mark.trains
def test_a_run_that_diverges_has_no_model(job: Job) -> None:
    wild = TINY.model_copy(update={"learning_rate": 1e30})
    job.train(BCE, keep=(BCE,))
    assert job.model(BCE).exists()
    job.train(BCE, keep=(BCE,), recipe=wild)
    attributes, _ = scores.read(file_of(job.folder, BCE), BCE.member)
    assert attributes["status"] == DIVERGED
    assert not job.model(BCE).exists()


def test_what_is_no_model_is_refused_by_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no file .*; `keep_models: true` in a study"):
        model.read(tmp_path / "none.safetensors")
    (tmp_path / "other.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    with pytest.raises(UserError, match="is no model of this program"):
        model.read(tmp_path / "other.safetensors")
    path = tmp_path / "a.safetensors"
    model.write(path, model.Model({"w": np.ones(3)}, np.zeros(2, np.float32), {"seed": 1}))
    assert model.facts(path)["seed"] == 1
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"\1")
    with pytest.raises(UserError, match="is damaged: its content is not what was written; delete"):
        model.read(path)
    path.write_bytes(content[:-1])
    with pytest.raises(UserError, match="is damaged"):
        model.read(path)


# Held out


def test_images_are_held_out_by_the_seed_and_the_rest_is_trained_on(job: Job) -> None:
    for run in (HSC, TWO, replace(HSC, normal_class=1)):
        held = normal_rows(run, HELD, job.images, held_out=True)
        rest = normal_rows(run, HELD, job.images)
        assert (len(held), len(rest)) == (10, 30)
        assert sorted([*held, *rest]) == [*range(40 * run.normal_class, 40 * run.normal_class + 40)]
        assert np.array_equal(normal_rows(run, HELD, job.images, held_out=True), held)
    one, two = (normal_rows(run, HELD, job.images, held_out=True) for run in (HSC, TWO))
    assert not np.array_equal(one, two)
    assert np.array_equal(normal_rows(HSC, TINY, job.images), np.arange(40))


def test_a_smaller_share_is_a_part_of_a_larger_one() -> None:
    assert exposure.held_out(100, 10, 3).tolist() == exposure.held_out(100, 30, 3)[:10].tolist()


@pytest.mark.trains
def test_the_scores_of_held_out_images_are_stored_with_the_run_and_its_model(job: Job) -> None:
    job.train(HSC, keep=(HSC,), recipe=HELD)
    arrays = job.arrays(HSC)
    assert arrays["held_out_score"].dtype == np.float32
    assert (len(arrays["held_out_score"]), len(arrays["train_score"])) == (10, 30)
    assert np.array_equal(model.read(job.model(HSC)).held_out, arrays["held_out_score"])
    job.train(HSC)
    assert "held_out_score" not in job.arrays(HSC)


def test_a_recipe_without_held_out_images_is_what_it_was() -> None:
    assert "held_out" not in TINY.model_dump()
    assert HELD.model_dump()["held_out"] == 0.25
