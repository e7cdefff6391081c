"""Training on feature vectors: what a network of them learns, and for how long it is trained."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cache_cases import write_cache
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook
from training_cases import BCE, CPU, HSC, IMAGE, RUNS, Asked, every_objective, recipe, same

from oebench.artifacts.cache import Cache
from oebench.artifacts.progress import Stopped
from oebench.artifacts.scores import Diverged
from oebench.config.catalog import of_catalog
from oebench.evaluation.metrics import evaluate
from oebench.models import unit_vectors
from oebench.models.scaling import Scaling
from oebench.recipe import Recipe
from oebench.run import Run
from oebench.training import baseline_job, job, loop
from oebench.training.adam import Adam
from oebench.training.checkpoint import Keeper
from oebench.training.loop import Images

LENGTH = 24
FEATURES = of_catalog()["features"]
QUICK: dict[str, Any] = {"network": "mlp", "augmentation": "none", "batch": 8, "milestones": ()}
KNN = Run("own", None, None, None, 0.0, "knn", None, None, "vectors", False, 0, 1)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def around(centres: np.ndarray, count: int, seed: int) -> np.ndarray:
    """That many vectors around each centre, of all lengths, float16."""
    random = np.random.default_rng(seed)
    centred = np.repeat(centres, count, axis=0)
    vectors = centred + random.normal(size=centred.shape)
    return (vectors * random.uniform(0.5, 2, (len(vectors), 1))).astype(np.float16)


# Corners of a small cube: classes overlap in each dimension, and with all of them hardly. The
# anomalies are about the opposite corner of the normal one, OE vectors about any other.
NORMAL, *OTHERS = np.random.default_rng(0).choice([-0.3, 0.3], (31, LENGTH))
ELSEWHERE = np.stack(OTHERS)
CENTRES = np.stack([NORMAL, -NORMAL, -NORMAL])
CENTRES[2, :3] *= -1


def vectors(run: Run, normal: int = 20) -> Images:
    """Vectors for a run, OE vectors where it uses them."""
    outliers = None if run.oe is None else torch.from_numpy(around(ELSEWHERE[:4], 4, 3))
    return Images(torch.from_numpy(around(CENTRES[:1], normal, 2)), outliers)


def trained(run: Run, how: Recipe, data: Images | None = None, **options: Any) -> dict[str, Tensor]:
    return loop.train(run, how, data or vectors(run), CPU, **options).state_dict()


@pytest.fixture(scope="module")
def caches(tmp_path_factory: pytest.TempPathFactory) -> list[Cache]:
    """Three classes of 80 normal and 40 test vectors, and 30 other classes of 10 OE vectors."""
    folder = tmp_path_factory.mktemp("vectors")
    own = {
        "train": (around(CENTRES, 80, 4), np.repeat([0, 1, 2], 80)),
        "test": (around(CENTRES, 40, 5), np.repeat([0, 1, 2], 40)),
    }
    pool = {"train": (around(ELSEWHERE, 10, 6), np.repeat(np.arange(30), 10))}
    return [
        write_cache(folder / "own.h5", own, ["a", "b", "c"]),
        write_cache(folder / "pool.h5", pool, [f"k{number}" for number in range(30)]),
    ]


def auroc(run: Run, caches: list[Cache], how: Recipe = FEATURES) -> float:
    arrays, attributes, *_ = job.train_run(run, how, caches, CPU, Keeper())
    assert attributes["status"] == "ok"
    assert attributes["normal_in_test"] == 0
    return evaluate(arrays["score"], arrays["label"])["auroc"]


@pytest.mark.trains
@pytest.mark.parametrize("run", [HSC, BCE], ids=["hsc", "bce"])
@pytest.mark.parametrize("network", ["mlp", "linear"])
@pytest.mark.parametrize("amount", [{"oe_size": 300}, {"oe_size": None, "oe_classes": 30}])
def test_hsc_and_bce_learn_to_find_anomalies_of_classes_that_they_never_saw(
    run: Run, network: str, amount: dict[str, Any], caches: list[Cache]
) -> None:
    """Without training a network of hsc finds those of standardised vectors that lie far away, so
    it gets them at length one only."""
    run = replace(run, dataset="own", oe="pool", **amount)
    changes = {"network": network, "learning_rate": 1e-2, "standardise": run.objective == "bce"}
    how = FEATURES.model_copy(update={**changes, "steps": 60})
    untrained = how.model_copy(update={"learning_rate": 1e-9})
    assert auroc(run, caches, untrained) < 0.7 < 0.9 < auroc(run, caches, how)


@pytest.mark.trains
@every_objective
def test_every_objective_has_finite_scores(run: Run, caches: list[Cache]) -> None:
    size = None if run.oe is None else 16
    run = replace(run, dataset="own", oe=run.oe and "pool", oe_size=size)
    short = FEATURES.model_copy(update={"steps": 5})
    arrays, attributes, *_ = job.train_run(run, short, caches, CPU, Keeper())
    assert attributes["status"] == "ok"
    assert arrays["score"].shape == (120,)
    assert arrays["train_score"].shape == (80,)
    assert len(np.unique(arrays["score"])) > 100


def test_vectors_that_are_test_vectors_too_are_counted(tmp_path: Path) -> None:
    normal, other = around(CENTRES[:1], 6, 0), around(CENTRES[1:2], 6, 1)
    own = {
        "train": (np.concatenate([normal, other]), np.repeat([0, 1], 6)),
        "test": (np.concatenate([normal[:2], other[:3]]), np.repeat([0, 1], [2, 3])),
    }
    pool = {"train": (np.concatenate([other[:1], normal + 1]), np.zeros(7, int))}
    two = [
        write_cache(tmp_path / "own.h5", own, ["a", "b"]),
        write_cache(tmp_path / "pool.h5", pool, ["all"]),
    ]
    run = replace(HSC, dataset="own", oe="pool", oe_size=7)
    assert job.leaks(run, FEATURES, two) == {"normal_in_test": 2, "oe_in_test": 1}


# Their scaling


@pytest.mark.trains
def test_the_scaling_is_that_of_the_runs_normal_training_vectors() -> None:
    data = vectors(HSC)
    state = trained(HSC, recipe(**QUICK, steps=1, l2=True, standardise=True), data)
    mean, std = unit_vectors.moments(unit_vectors.unit(data.normal.numpy()))
    assert (state["0.mean"].numpy() == mean).all()
    assert (state["0.std"].numpy() == std).all()
    plain = trained(HSC, recipe(**QUICK, steps=1, l2=True), data)
    assert (plain["0.mean"] == 0).all()
    assert (plain["0.std"] == 1).all()


@pytest.mark.trains
def test_test_vectors_are_scaled_as_training_vectors_are() -> None:
    data, how = vectors(HSC), recipe(**QUICK, steps=3, l2=True, standardise=True)
    network = loop.train(HSC, how, data, CPU)
    test = torch.from_numpy(around(CENTRES, 3, 9))
    mean, std = unit_vectors.moments(unit_vectors.unit(data.normal.numpy()))
    scaled = torch.from_numpy((unit_vectors.unit(test.numpy()) - mean) / std)
    _scaling, trunk = network.children()
    z = trunk(scaled)
    expected = (z.square().sum(1) + 1).sqrt() - 1
    assert loop.score(network, HSC, how, test) == pytest.approx(expected.detach().numpy(), rel=1e-4)
    # One by one as well as all at once, and at any length, but for float16's digits.
    assert loop.score(network, HSC, how, 2 * test) == pytest.approx(expected.detach().numpy(), 1e-4)


def test_all_networks_of_a_seed_begin_with_the_same_weights() -> None:
    how = recipe(**QUICK, steps=1)
    networks = [loop.untrained(HSC, how, vectors(HSC, count).normal)[1] for count in (8, 20)]
    assert same(*(network.state_dict() for network in networks))
    assert isinstance(loop.untrained(HSC, how, vectors(HSC).normal)[0], Scaling)


def test_a_network_of_images_is_not_scaled() -> None:
    images = torch.zeros((8, *IMAGE), dtype=torch.uint8)
    assert same(
        loop.untrained(HSC, recipe(), images).state_dict(),
        loop.initial_network(HSC, recipe(), IMAGE).state_dict(),
    )


# Steps and the cosine


@pytest.fixture
def steps_seen(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The learning rate of each step."""
    rates: list[float] = []
    step = Adam.step

    def counted(self: Adam) -> None:
        rates.append(self.lr)
        step(self)

    monkeypatch.setattr(Adam, "step", counted)
    return rates


@pytest.mark.trains
@pytest.mark.parametrize(
    ("epochs", "steps", "expected"),
    [(10, 5, 5), (10, 6, 6), (2, 5, 4), (10, 1, 1), (3, None, 6)],
)
def test_training_ends_after_its_steps_or_its_epochs(
    epochs: int, steps: int | None, expected: int, steps_seen: list[float]
) -> None:
    how = recipe(**{**QUICK, "epochs": epochs}, steps=steps)  # 20 vectors: 2 steps an epoch
    assert how.steps_on(20) == expected
    assert how.images_shown(20) == 8 * expected
    told: list[int] = []
    trained(HSC, how, keeper=Keeper(told=told.append))
    assert len(steps_seen) == expected
    assert told == [*range(how.epochs_on(20) + 1)]


@pytest.mark.trains
def test_cut_epochs_are_the_beginning_of_whole_ones() -> None:
    whole = trained(HSC, recipe(**QUICK, epochs=2))
    assert same(whole, trained(HSC, recipe(**QUICK, epochs=50, steps=4)))
    assert not same(whole, trained(HSC, recipe(**QUICK, epochs=50, steps=3)))


@pytest.mark.trains
def test_the_learning_rate_falls_along_half_a_cosine(steps_seen: list[float]) -> None:
    trained(HSC, recipe(**QUICK, epochs=9, steps=4, schedule="cosine", learning_rate=0.02))
    # 1 + cos(0), cos(45), cos(90), cos(135 degrees), halved
    half = math.sqrt(0.5)
    assert steps_seen == pytest.approx([0.02, 0.01 * (1 + half), 0.01, 0.01 * (1 - half)])


@pytest.mark.trains
@every_objective
@pytest.mark.parametrize("step", [1, 2, 5])
def test_a_training_that_was_broken_off_goes_on_to_the_same_end(
    run: Run, step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "TOGETHER", 1)  # so that it may be broken off after each step
    how = recipe(**QUICK, epochs=9, steps=7, schedule="cosine", l2=True, standardise=True)
    keeper = Asked(tmp_path / "run.pt", step)
    with keeper.heeding(), pytest.raises(Stopped):
        trained(run, how, keeper=keeper)
    assert same(trained(run, how, keeper=Keeper(tmp_path / "run.pt")), trained(run, how))


@pytest.mark.trains
def test_normal_and_oe_vectors_pass_in_one_batch() -> None:
    seen: list[tuple[int, ...]] = []

    def record(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if isinstance(module, Scaling):
            seen.append(tuple(inputs[0].shape))

    handle = register_module_forward_pre_hook(record)
    trained(HSC, recipe(**QUICK, steps=2))
    trained(RUNS["dsvdd"], recipe(**QUICK, steps=1))
    handle.remove()
    assert seen == [(16, LENGTH), (16, LENGTH), (8, LENGTH)]


@pytest.mark.trains
def test_a_training_that_diverges_says_so() -> None:
    with pytest.raises(Diverged, match="the loss is "):
        trained(HSC, recipe(**QUICK, steps=4, learning_rate=1e30))


# Baselines


def test_a_baseline_is_fitted_to_vectors_as_they_are(caches: list[Cache]) -> None:
    arrays, attributes, *_ = baseline_job.fit(KNN, caches[0])
    assert attributes["status"] == "ok"
    unit = [unit_vectors.unit(np.asarray(caches[0].images(split))) for split in ("train", "test")]
    cosines = unit[1] @ unit[0][:80].T  # class 0 is the first 80 rows
    expected = (1 - np.sort(cosines, axis=1)[:, -2:]).mean(axis=1)
    assert arrays["score"] == pytest.approx(expected, abs=1e-5)
