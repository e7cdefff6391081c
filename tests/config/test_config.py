"""What a configuration can ask for: seeds, recipes, data sets, drawings and sweeps."""

from pathlib import Path
from typing import Any

import pytest
from config_cases import DATASET, SMALLEST, accepted, changed, refusal

from oebench.plan.manifests import Manifests, read_plan
from oebench.recipe import Recipe

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "own.yaml"


def test_the_default_configuration_loads_and_is_a_real_study() -> None:
    assert len(read_plan(ROOT / "config/config.yaml").runs) >= 400


def test_the_smallest_configuration_is_accepted(file: Path) -> None:
    assert len(accepted(file, SMALLEST).runs) == 10  # 10 normal classes, 1 seed


# Seeds, recipes


def test_seeds_are_a_number_counted_from_one_or_a_list(file: Path) -> None:
    def seeds(value: Any) -> list[int]:
        plan = accepted(file, changed("studies.s.seeds", value))
        return sorted({run.seed for run in plan.runs})

    assert seeds(3) == [1, 2, 3]
    assert seeds([7, 2]) == [2, 7]
    assert seeds([2, 7, 2]) == [2, 7]
    plan = accepted(file, changed("studies.s.seeds", [7, 2, 7]))
    assert len(plan.runs) == 20  # a seed named twice is one run
    assert "2 seeds" in Manifests(plan).about("s")


@pytest.mark.parametrize("wrong", [0, -1, [0, 1], "three", 1.5])
def test_seeds_that_are_not_positive_whole_numbers_are_refused(file: Path, wrong: Any) -> None:
    assert f"{file}: studies.s.seeds" in refusal(file, changed("studies.s.seeds", wrong))


@pytest.mark.parametrize("key", ["seeds", "normal_classes"])
def test_an_empty_list_is_refused_by_the_name_of_its_key(file: Path, key: str) -> None:
    assert refusal(file, changed(f"studies.s.{key}", [])).startswith(f"{file}: studies.s.{key}: ")


def test_a_recipe_is_given_by_name(file: Path) -> None:
    plan = accepted(file, changed("studies.s.recipe", "mnist") | {"recipes": {"mnist": TINY}})
    assert {run.recipe for run in plan.runs} == {"mnist"}
    assert plan.resolver.recipes["mnist"] == Recipe(**TINY)


TINY = {"network": "digits_lenet", "epochs": 4, "milestones": [2, 3], "batch": 8}


def test_a_recipe_is_given_by_name_and_what_is_overridden_in_it(file: Path) -> None:
    recipe = {"name": "digits", "epochs": 60, "milestones": [20, 40]}
    plan = accepted(file, changed("studies.s.recipe", recipe))
    assert {run.recipe for run in plan.runs} == {"digits~epochs=60~milestones=20+40"}
    resolved = plan.resolver.recipes["digits~epochs=60~milestones=20+40"]
    assert (resolved.epochs, resolved.milestones) == (60, (20, 40))
    assert resolved.batch == 16  # the rest is the catalogue's `digits`


def test_an_override_with_the_recipe_s_own_value_is_the_same_run(file: Path) -> None:
    plain = accepted(file, SMALLEST)
    same = accepted(file, changed("studies.s.recipe", {"name": "digits", "epochs": 25}))
    assert same.runs == plain.runs


def test_a_recipe_without_a_name_is_refused(file: Path) -> None:
    message = refusal(file, changed("studies.s.recipe", {"epochs": 60}))
    assert message == f"{file}: studies.s.recipe.name: the key is missing"


def test_a_configuration_s_own_recipe_replaces_the_catalogue_s(file: Path) -> None:
    plan = accepted(file, changed("recipes.digits", TINY))
    assert plan.resolver.recipes["digits"].epochs == 4  # 25 in the catalogue
    assert "mnist" in plan.config.recipes


@pytest.mark.parametrize(
    "content",
    [
        changed("recipes.mine", {"epochs": 100, "milestones": [50, 100]}),
        changed("studies.s.recipe", {"name": "digits", "epochs": 17}),
        changed("studies.s.sweep", {"epochs": [25, 17]}),
    ],
    ids=["recipe", "override", "sweep"],
)
def test_a_milestone_at_or_beyond_the_last_epoch_is_refused(
    file: Path, content: dict[str, Any]
) -> None:
    message = refusal(file, content)
    assert "must lie before the end of" in message
    assert "set milestones together with epochs" in message


def test_a_milestone_before_the_last_epoch_is_accepted(file: Path) -> None:
    accepted(file, changed("studies.s.recipe", {"name": "digits", "epochs": 34}))  # 17, 33


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        ({"milestones": [100, 50]}, "milestones must increase, found [100, 50]"),
        ({"mean": [0.5, 0.5]}, "as many numbers as mnist_lenet: 1"),  # a grey image has one channel
        ({"network": "lenet", "std": [0.5, 0.5]}, "std needs as many numbers as lenet: 1 or 3"),
        ({"std": [0.0]}, "std must be positive, found [0.0]"),
        ({"batch": 1}, "batch: expected at least 2, found 1"),
        ({"learning_rate": 0}, "learning_rate: expected more than 0, found 0"),
        ({"precision": "half"}, "precision: expected 'exact' or 'fast', found 'half'"),
    ],
)
def test_a_recipe_with_an_impossible_value_is_refused(
    file: Path, recipe: dict[str, Any], sentence: str
) -> None:
    message = refusal(file, changed("recipes.mine", recipe))
    assert message.startswith(f"{file}: recipes.mine")
    assert sentence in message


def test_counts_must_be_given_for_each_class_or_once_for_all(file: Path) -> None:
    message = refusal(file, changed("datasets.mine", {**DATASET, "train": [500, 400, 300]}))
    assert message.startswith(f"{file}: datasets.mine: train has 3 counts for 2 classes")
    plan = accepted(file, changed("datasets.mine", {**DATASET, "train": [500, 400]}))
    assert plan.config.datasets["mine"].pool == 900
    assert plan.config.datasets["mine"].counts("test") == (100, 100)


def test_two_classes_of_one_name_are_refused_for_they_would_share_a_row(file: Path) -> None:
    message = refusal(file, changed("datasets.mine", {**DATASET, "classes": ["cat", "cat"]}))
    assert message.startswith(f"{file}: datasets.mine")
    assert "'cat'" in message


# What is drawn and swept


def test_the_axis_of_a_curve_must_be_swept(file: Path) -> None:
    message = refusal(file, changed("studies.s.draw", {"curve": "oe_size"}))
    assert message.startswith(f"{file}: studies.s: draw.curve is 'oe_size'")
    assert message.endswith("swept are: none")
    content = changed("studies.s.draw", {"curve": "oe_size"})
    content["studies"]["s"]["sweep"] = {"blur": [1, 2]}
    assert refusal(file, content).endswith("swept are: blur")
    content["studies"]["s"]["sweep"] = {"oe_size": [1, 2]}
    accepted(file, content)


def test_a_curve_over_a_key_that_runs_csv_has_no_column_for_is_refused(file: Path) -> None:
    content = changed("studies.s.draw", {"curve": "epochs"})
    content["studies"]["s"]["sweep"] = {"epochs": [40, 50]}
    assert "draw.curve" in refusal(file, content)


def test_a_metric_that_there_is_not_is_refused(file: Path) -> None:
    message = refusal(file, changed("studies.s.draw", {"metric": "fpr59"}))
    assert message == (
        f"{file}: studies.s.draw.metric: 'fpr59' is not a known metric; did you mean 'fpr95'? "
        "There are: auroc, average_precision, fpr95, miss95"
    )
    accepted(file, changed("studies.s.draw", {"metric": "fpr95"}))


@pytest.mark.parametrize(
    ("key", "value"), [("oe_size", 4), ("oe_classes", 2), ("blur", 1), ("norm", "l1")]
)
def test_a_key_that_is_set_and_swept_is_refused(file: Path, key: str, value: Any) -> None:
    content = changed(f"studies.s.{key}", value)
    content["studies"]["s"]["sweep"] = {key: [value]}
    sentence = f"studies.s: {key} is set and swept; take it out of one of the two"
    assert refusal(file, content) == f"{file}: {sentence}"
    del content["studies"]["s"][key]
    accepted(file, content)


@pytest.mark.parametrize("key", ["oe", "epochs"])
def test_a_set_value_is_never_dropped_in_silence_for_a_swept_one(file: Path, key: str) -> None:
    content = changed("studies.s.recipe", {"name": "digits", "epochs": 40})
    content["studies"]["s"]["sweep"] = {key: {"oe": ["letters"], "epochs": [50]}[key]}
    assert "set and swept" in refusal(file, content)


def test_a_sweep_over_nothing_is_refused(file: Path) -> None:
    message = refusal(file, changed("studies.s.sweep", {"oe_size": []}))
    assert message.startswith(f"{file}: studies.s: sweep.oe_size is an empty list")
