"""Studies of feature vectors: which runs they have, and what is refused as it is for images."""

from pathlib import Path
from typing import Any

import pytest
from grid_cases import SMALL, plans, refusal, values

from oebench.artifacts.manifest import StudyManifest
from oebench.config.catalog import of_catalog
from oebench.plan import needs
from oebench.plan.jobs import blocks
from oebench.plan.manifests import Manifests
from oebench.plan.plan import Plan
from oebench.recipe import Recipe
from oebench.validation import UserError

SOURCE = {"kind": "vectors", "path": "own.npz"}
DATASETS = {
    **SMALL["datasets"],
    "features": {
        **{"source": SOURCE, "vector": 1280, "classes": ["cat", "dog"]},
        **{"train": [600, 500], "test": 100},
    },
    "others": {"source": SOURCE, "vector": 1280, "train": 5000},
    "long": {
        **{"source": SOURCE, "vector": 20_000, "classes": ["cat", "dog"]},
        **{"train": [600, 500], "test": 100},
    },
    "shorter": {"source": SOURCE, "vector": 512, "train": 5000},
}
VECTORS = {"dataset": "features", "oe": "others", "recipe": "features"}


@pytest.fixture
def plan_of(tmp_path: Path) -> Any:
    plan = plans(tmp_path / "small.yaml")

    def plan_of_vectors(*studies: dict[str, Any], **others: Any) -> Plan:
        named = (
            {key: VECTORS[key] for key in VECTORS if key not in study.get("sweep", {})} | study
            for study in studies
        )
        return plan(*named, datasets=DATASETS, **others)

    return plan_of_vectors


def test_a_study_of_vectors_has_the_runs_of_one_of_images(plan_of: Any) -> None:
    plan = plan_of({"objectives": ["hsc", "bce"], "sweep": {"oe_size": [1, "all"]}})
    assert len(plan.runs) == 2 * 2 * 2  # objectives, sizes, classes
    assert values(plan, "oe_size") == [1, 5000]
    assert values(plan, "recipe") == ["features"]
    assert not any(run.augment for run in plan.runs)


def test_keys_of_vectors_are_overridden_and_swept(plan_of: Any) -> None:
    plan = plan_of({"sweep": {"l2": [True, False], "network": ["mlp", "linear"]}})
    assert values(plan, "recipe") == [
        *("features", "features~network=linear"),
        *("features~l2=False", "features~network=linear~l2=False"),
    ]
    assert not plan.resolver.recipes["features~l2=False"].l2


def test_a_baseline_on_vectors_has_vectors_in_the_place_of_a_recipe(plan_of: Any) -> None:
    plan = plan_of({"objectives": ["knn", "kde"], "oe": None})
    assert values(plan, "recipe") == ["vectors"]
    assert values(plan_of({"objectives": ["knn"], "dataset": "pets"}), "recipe") == ["pca"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"recipe": "quick"},
        "recipe: mnist_lenet takes images of 28 x 28 pixels, grey; features has vectors of 1280: "
        "take mlp or linear",
    ),
    (
        {"dataset": "pets", "oe": "things"},
        "recipe: mlp takes vectors; pets has images of 1 x 28 x 28: take features of them, "
        "`{features: {of: pets}}`, or take lenet or mnist_lenet",
    ),
    ({"oe": "shorter"}, "oe: shorter has vectors of 512, features vectors of 1280"),
    ({"oe": "things"}, "oe: things has images of 1 x 28 x 28, features vectors of 1280"),
    ({"blur": 1}, "blur: blur acts on images, features has vectors"),
    ({"sweep": {"blur": [0, 1]}}, "blur: blur acts on images, features has vectors"),
    (
        {"objectives": ["mahalanobis"], "dataset": "long", "oe": None},
        "mahalanobis works with a matrix of as many rows and columns as vectors have numbers, at "
        "most 10,000; long has vectors of 20000. Leave it out; knn takes",
    ),
    ({"augment": True}, "augment: the recipe has no augmentation to switch on"),
    (
        {"recipe": {"name": "features", "augmentation": "flip_crop"}},
        "recipe: augmentation acts on images, and mlp takes vectors; take it out",
    ),
    (
        {"recipe": {"name": "features", "std": [0.5]}},
        "recipe: std acts on images, and mlp takes vectors; take it out",
    ),
    (
        {"recipe": {"name": "quick", "l2": True}},
        "recipe: l2 acts on vectors, and mnist_lenet takes images; take it out",
    ),
    (
        {"draw": {"plane": True}},
        "draw.plane: features has no points; those of `toy` lie in a plane",
    ),
]


@pytest.mark.parametrize(("study", "sentence"), REFUSED, ids=[each for _, each in REFUSED])
def test_what_does_not_go_together_is_refused(
    study: dict[str, Any], sentence: str, plan_of: Any
) -> None:
    assert refusal(plan_of, **study).startswith(sentence)


def test_what_is_shown_says_for_how_many_steps_it_trained(plan_of: Any) -> None:
    own = {"network": "mlp", "epochs": 5, "milestones": []}
    plan = plan_of(
        {"sweep": {"recipe": ["features", "own", "digits_like"]}},
        recipes={**SMALL["recipes"], "own": own, "digits_like": {**own, "steps": 40}},
    )
    manifests = Manifests(plan)
    study: StudyManifest = manifests.study("s0")
    assert (study.epochs, study.steps) == ((5,), (40, 300))
    whole = manifests.whole_plan()
    assert (whole.epochs, whole.steps) == ((5,), (40, 300))
    assert "1 seed, 5 epochs or 40 or 300 steps; 6 runs." in manifests.about("s0")


def test_a_summary_has_the_length_of_vectors(plan_of: Any) -> None:
    summary = Manifests(plan_of({})).dataset("features")
    assert (summary.image, summary.has_points) == ((1280,), False)


def test_a_job_asks_for_what_vectors_in_floats_take(plan_of: Any) -> None:
    (runs, *_) = blocks(plan := plan_of({"oe_size": "all"})).values()
    held = 16 * (1100 + 200 + 5000) * 1280 / 1e6  # MB
    batch = needs.FLOATS * 128 * 1280 / 1e6
    assert needs.mem_mb(plan, runs) == pytest.approx(needs.PROCESS_MB + held + batch, abs=1)
    assert needs.runtime(plan, runs, "cpu") < 30


# Recipes


def test_the_recipe_of_the_catalogue_is_300_steps_of_a_cosine() -> None:
    recipe = of_catalog()["features"]
    assert (recipe.network, recipe.learning_rate, recipe.batch) == ("mlp", 3e-4, 64)
    assert (recipe.l2, recipe.standardise, recipe.schedule) == (True, True, "cosine")
    for normals in (64, 100, 640, 5000, 100_000):
        assert recipe.steps_on(normals) == 300
    assert recipe.epochs_on(5000) == 4  # 78 steps each
    assert recipe.epochs_on(64) == 300


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"schedule": "cosine"}, "has no milestones; set `milestones: []` instead of [50, 100]"),
        ({"padding": 0}, "padding acts on images, and mlp takes vectors"),
        ({"mean": [0.5]}, "mean acts on images, and mlp takes vectors"),
        ({"network": "toy", "standardise": True}, "standardise acts on vectors, and toy takes im"),
        ({"steps": 0}, "steps"),
        ({"l2": 1}, "l2"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(keys: dict[str, Any], sentence: str) -> None:
    with pytest.raises((UserError, ValueError)) as error:
        Recipe.model_validate({"network": "mlp", **keys})
    assert sentence in str(error.value)


def test_a_recipe_of_images_says_nothing_of_vectors_steps_or_schedules() -> None:
    """Stored runs are found by the recipe's keys and values, which are what they were."""
    assert [*of_catalog()["cifar10"].model_dump(mode="json")] == [
        *("network", "epochs", "batch", "learning_rate", "milestones", "weight_decay"),
        *("augmentation", "padding", "mean", "std", "precision", "threads"),
    ]
    dumped = of_catalog()["features"].model_dump(mode="json")
    assert {"steps": 300, "schedule": "cosine", "l2": True, "standardise": True}.items() <= (
        dumped.items()
    )
    assert Recipe.model_validate(dumped) == of_catalog()["features"]
