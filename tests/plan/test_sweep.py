"""Data sets, outlier exposure and batch of a run, or why there can be no such run."""

from pathlib import Path
from typing import Any

import pytest
from grid_cases import SMALL, plans, refusal, values

from oebench.plan.manifests import Manifests
from oebench.validation import ConfigError


@pytest.fixture
def plan_of(tmp_path: Path) -> Any:
    """The plan of studies that differ from a small one in the given keys."""
    return plans(tmp_path / "small.yaml")


def test_size_all_is_the_number_of_images_in_the_pool(plan_of: Any) -> None:
    assert plan_of({"oe_size": "all"}).runs == plan_of({"oe_size": 100}).runs  # 4 x 25
    swept = plan_of({"sweep": {"oe_size": [100, "all"]}})
    assert values(swept, "oe_size") == [100]
    assert len(swept.runs) == 2  # one run for each class, not two


def test_classes_all_is_the_number_of_classes_of_the_pool(plan_of: Any) -> None:
    assert plan_of({"oe_classes": "all"}).runs == plan_of({"oe_classes": 4}).runs


def test_without_size_and_classes_a_pool_with_classes_gives_all_of_them(plan_of: Any) -> None:
    run = plan_of({"oe": "things"}).runs[0]
    assert (run.oe_size, run.oe_classes) == (None, 4)


def test_without_size_and_classes_a_pool_without_classes_is_seen_whole(plan_of: Any) -> None:
    run = plan_of({"oe": "noise"}).runs[0]
    assert (run.oe_size, run.oe_classes) == (1000, None)


def test_size_and_classes_together_are_refused(plan_of: Any) -> None:
    assert refusal(plan_of, oe_size=4, oe_classes=2) == (
        "oe_size: set either oe_size or oe_classes, not both"
    )
    assert "not both" in refusal(plan_of, oe_size=4, sweep={"oe_classes": [2]})


def test_classes_of_a_pool_without_classes_are_refused(plan_of: Any) -> None:
    assert refusal(plan_of, oe="noise", oe_classes=2) == (
        "oe_classes: noise is a pool without classes; use oe_size"
    )


def test_more_images_or_classes_than_the_pool_has_are_refused(plan_of: Any) -> None:
    assert refusal(plan_of, oe_size=101) == "oe_size: 101 is more than the 100 images of things"
    assert refusal(plan_of, oe_classes=5) == "oe_classes: 5 is more than the 4 classes of things"
    assert "1001" in refusal(plan_of, oe="noise", sweep={"oe_size": [1000, 1001]})


def test_up_to_pool_leaves_out_what_is_beyond_it_and_says_so(plan_of: Any) -> None:
    plan = plan_of(
        {
            "sweep": {"oe_size": [64, 100, 128, 256]},
            "up_to_pool": True,
            "objectives": ["hsc", "bce"],
        }
    )
    assert values(plan, "oe_size") == [64, 100]
    assert plan.studies["s0"].dropped == [
        "oe_size: 128 is more than the 100 images of things",
        "oe_size: 256 is more than the 100 images of things",
    ]
    assert [*Manifests(plan).study("s0").dropped] == plan.studies["s0"].dropped
    assert "Left out as beyond the pool: oe_size: 128 is more than" in Manifests(plan).about("s0")


def test_up_to_pool_refuses_a_study_of_which_nothing_is_left(plan_of: Any) -> None:
    message = refusal(plan_of, sweep={"oe_size": [101, 102]}, up_to_pool=True)
    assert message.startswith(
        "sweep: every value is beyond the pool: oe_size: 101 is more than the "
    )


def test_up_to_pool_forgives_nothing_else(plan_of: Any) -> None:
    message = refusal(plan_of, oe="noise", sweep={"oe_classes": [1]}, up_to_pool=True)
    assert "pool without classes" in message


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "many", True, [4]])
def test_a_swept_size_that_is_no_number_of_images_is_refused(plan_of: Any, wrong: Any) -> None:
    message = refusal(plan_of, sweep={"oe_size": [wrong]})
    assert message.startswith("sweep: oe_size: expected ")
    assert message.endswith(f"; or expected 'all', found {wrong!r}")


@pytest.mark.parametrize("wrong", [-1, "strong", None, True, float("nan"), float("inf")])
def test_a_swept_blur_that_is_no_deviation_in_pixels_is_refused(plan_of: Any, wrong: Any) -> None:
    assert refusal(plan_of, sweep={"blur": [wrong]}).startswith("sweep: blur: ")


def test_an_objective_that_needs_oe_images_is_refused_without_a_source(plan_of: Any) -> None:
    assert refusal(plan_of, oe=None) == "oe: hsc needs OE images; name a data set"
    assert len(plan_of({"oe": None, "objectives": ["dsvdd"]}).runs) == 2


def test_normal_images_cannot_be_their_own_outliers(plan_of: Any) -> None:
    assert refusal(plan_of, oe="pets") == "oe: pets is the data set of the normal images too"


def test_outliers_of_another_shape_are_refused(plan_of: Any) -> None:
    assert refusal(plan_of, oe="colour").startswith("oe: colour has images of 3 x 32 x 32, pets ")


def test_a_data_set_without_test_images_cannot_be_normal(plan_of: Any) -> None:
    message = refusal(plan_of, dataset="things", oe="pets")
    assert message == "dataset: things has no test images to score"


@pytest.mark.parametrize("classes", [["cat"], []], ids=["one", "none"])
def test_a_data_set_without_a_second_class_is_refused_for_it_has_no_anomalies(
    plan_of: Any, classes: list[str]
) -> None:
    lonely = {**SMALL["datasets"]["pets"], "classes": classes, "train": 60}
    with pytest.raises(ConfigError, match=r"studies\.s0\.dataset: lonely has .*class"):
        plan_of({"dataset": "lonely"}, datasets={**SMALL["datasets"], "lonely": lonely})


@pytest.mark.parametrize("key", ["dataset", "oe"])
def test_a_swept_value_that_is_no_name_is_refused(plan_of: Any, key: str) -> None:
    assert refusal(plan_of, sweep={key: [["pets"]]}) == (
        f"sweep: {key}: expected a text; put it in quotes, found ['pets']"
    )


def test_a_recipe_for_images_of_another_shape_is_refused(plan_of: Any) -> None:
    recipe = {"name": "quick", "network": "cifar_lenet"}
    assert refusal(plan_of, recipe=recipe) == (
        "recipe: cifar_lenet takes images of 32 x 32 pixels, colour; pets has images of "
        "1 x 28 x 28: set `image: [3, 32, 32]` and `fit: crop`, or take lenet or mnist_lenet"
    )


def test_a_batch_larger_than_the_smallest_class_is_refused(plan_of: Any) -> None:
    assert refusal(plan_of, recipe={"name": "quick", "batch": 51}) == (
        "recipe: the smallest normal class of pets, dog, has 50 training images, fewer than one "
        "batch of 51: no step would be made. Set a smaller batch, or leave the class out of "
        "normal_classes"
    )
    assert len(plan_of({"recipe": {"name": "quick", "batch": 50}}).runs) == 2


def test_photos_cut_out_of_larger_ones_have_no_border_to_pad(tmp_path: Path) -> None:
    photos = {
        "source": {"kind": "folder", "train": "photos", "test": "more"},
        "image": [3, 32, 32],
        "fit": 40,
        "classes": ["cat", "dog"],
        "train": 128,
        "test": 10,
    }
    plan_of = plans(tmp_path / "own.yaml")
    others = {"datasets": {**SMALL["datasets"], "photos": photos}}
    others["datasets"]["more"] = {**photos, "classes": [], "train": 900, "test": None}
    study = {"dataset": "photos", "oe": "more", "recipe": "cifar10"}
    with pytest.raises(ConfigError, match="no border to pad; set `padding: 0` instead of 4"):
        plan_of(study, **others)
    unpadded = {**study, "recipe": {"name": "cifar10", "padding": 0}}
    assert plan_of(unpadded, **others).runs
    with pytest.raises(ConfigError, match="must both be cut out of larger ones, or neither"):
        plan_of({**unpadded, "oe": "colour"}, **others)
    assert plan_of({**study, "augment": False}, **others).runs
