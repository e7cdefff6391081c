"""Objectives of a run, their parameters, its recipe and augmentation."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from grid_cases import plans, refusal, values


@pytest.fixture
def plan_of(tmp_path: Path) -> Any:
    """The plan of studies that differ from a small one in the given keys."""
    return plans(tmp_path / "small.yaml")


def test_an_objective_without_oe_is_trained_once_however_the_oe_is_swept(plan_of: Any) -> None:
    plan = plan_of(
        {"objectives": ["hsc", "dsvdd"], "sweep": {"oe_size": [1, 2, 4], "blur": [0, 2]}}
    )
    of = Counter(run.objective for run in plan.runs)
    assert of == {"hsc": 12, "dsvdd": 2}  # 3 sizes x 2 blurs x 2 classes; 2 classes
    baseline = next(run for run in plan.runs if run.objective == "dsvdd")
    assert (baseline.oe, baseline.oe_size, baseline.oe_classes, baseline.blur) == (
        *(None, None, None, 0.0),
    )


def test_an_objective_without_oe_stays_when_all_sizes_are_beyond_the_pool(plan_of: Any) -> None:
    study = {"objectives": ["hsc", "dsvdd"], "sweep": {"oe_size": [101]}, "up_to_pool": True}
    assert values(plan_of(study), "objective") == ["dsvdd"]


def test_parameters_stand_in_the_runs_of_the_objectives_that_take_them(plan_of: Any) -> None:
    plan = plan_of({"objectives": ["hsc", "deepsad", "bce", "focal", "dsvdd"]})
    parameters = {run.objective: (run.norm, run.gamma) for run in plan.runs}
    assert parameters == {
        "hsc": ("pseudo_huber", None),
        "deepsad": (None, None),
        "bce": (None, None),
        "focal": (None, 2.0),
        "dsvdd": ("pseudo_huber", None),
    }
    plan = plan_of({"objectives": ["hsc", "bce", "focal"], "norm": "l1", "gamma": 0})
    parameters = {run.objective: (run.norm, run.gamma) for run in plan.runs}
    assert parameters == {"hsc": ("l1", None), "bce": (None, None), "focal": (None, 0.0)}


def test_a_default_that_is_spelled_out_is_the_same_run(plan_of: Any) -> None:
    assert plan_of({"norm": "pseudo_huber"}).runs == plan_of({}).runs
    focal = {"objectives": ["focal"]}
    assert plan_of({**focal, "gamma": 2}).runs == plan_of({**focal, "gamma": 2.0}).runs
    assert plan_of({**focal, "gamma": 2}).runs == plan_of(focal).runs
    assert plan_of({"blur": 0}).runs == plan_of({}).runs
    swept = plan_of({**focal, "sweep": {"gamma": [2], "blur": [1]}}).runs[0]
    assert (repr(swept.gamma), repr(swept.blur)) == ("2.0", "1.0")  # one type, written or swept


@pytest.mark.parametrize(
    ("key", "value", "objectives", "takers"),
    [
        ("norm", "l1", ["bce"], "hsc and dsvdd"),
        ("norm", "l1", ["deepsad", "focal"], "hsc and dsvdd"),
        ("gamma", 1, ["hsc", "bce"], "focal"),
    ],
)
def test_a_parameter_that_no_objective_of_the_study_takes_is_refused(
    plan_of: Any, key: str, value: Any, objectives: list[str], takers: str
) -> None:
    sentence = f"{key}: only {takers} take it, the study has {', '.join(objectives)}"
    assert refusal(plan_of, objectives=objectives, **{key: value}) == sentence


@pytest.mark.parametrize(("key", "value"), [("norm", "l1"), ("gamma", 1)])
def test_a_swept_parameter_that_one_objective_does_not_take_is_refused(
    plan_of: Any, key: str, value: Any
) -> None:
    objectives = ["hsc", "focal"]
    message = refusal(plan_of, objectives=objectives, sweep={key: [value]})
    assert message.endswith("the study has hsc, focal")


def test_an_unknown_swept_name_is_refused_with_those_there_are(plan_of: Any) -> None:
    assert refusal(plan_of, sweep={"norm": ["l3"]}) == (
        "norm: 'l3' is not a known norm; there are: pseudo_huber, l1, l2, l2_squared"
    )
    assert refusal(plan_of, sweep={"recipe": ["quck"]}).startswith(
        "recipe: 'quck' is not a known recipe; did you mean 'quick'?"
    )
    assert refusal(plan_of, sweep={"oe": ["thing"]}).startswith(
        "oe: 'thing' is not a known data set; did you mean 'things'?"
    )
    assert "network: 'vgg' is not a network" in refusal(plan_of, sweep={"network": ["vgg"]})


def test_keys_of_the_recipe_can_be_swept_and_stand_in_its_spelling(plan_of: Any) -> None:
    plan = plan_of({"sweep": {"epochs": [2, 3], "batch": [10, 50]}})
    assert values(plan, "recipe") == [
        *("quick~batch=10", "quick", "quick~epochs=3~batch=10", "quick~epochs=3"),
    ]
    assert plan.resolver.recipes["quick~epochs=3~batch=10"].batch == 10


AUGMENTING = {"name": "quick", "augmentation": "jitter_flip_crop"}


def test_a_recipe_s_augmentation_is_used_unless_it_is_switched_off(plan_of: Any) -> None:
    assert values(plan_of({"recipe": AUGMENTING}), "augment") == [True]
    assert values(plan_of({"recipe": AUGMENTING, "augment": True}), "augment") == [True]
    assert values(plan_of({"recipe": AUGMENTING, "augment": False}), "augment") == [False]
    swept = {"recipe": AUGMENTING, "sweep": {"augment": [False, True]}}
    assert values(plan_of(swept), "augment") == [False, True]


@pytest.mark.parametrize("wrong", ["maybe", 0, 1, 2.5])
def test_a_swept_augment_that_is_neither_true_nor_false_is_refused(
    plan_of: Any, wrong: Any
) -> None:
    message = refusal(plan_of, recipe=AUGMENTING, sweep={"augment": [wrong]})
    assert message.startswith("sweep: augment: expected true or false, found ")
    assert repr(wrong) in message


def test_augmentation_is_refused_where_the_recipe_has_none(plan_of: Any) -> None:
    sentence = "augment: the recipe has no augmentation to switch on"
    assert refusal(plan_of, augment=True) == sentence
    assert refusal(plan_of, sweep={"augment": [False, True]}) == sentence
    assert plan_of({"augment": False}).runs == plan_of({}).runs
