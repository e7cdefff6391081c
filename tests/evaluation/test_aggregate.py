"""What stands beside tables and figures: names as a reader knows them, and what they rest on."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from grid_cases import SMALL, plans
from table_cases import run
from table_cases import table as finished

from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.aggregate import Cell, label_of, labels_of, values_of
from oebench.evaluation.table import build
from oebench.plan.manifests import Manifests
from oebench.plan.plan import Plan
from oebench.reporting.notes import notes
from oebench.run import Run
from oebench.wording import shown

SPEC = StudyManifest(name="s", title="t", swept=("oe_size",), expected=4, epochs=(50,))


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    base = {
        "dataset": "digits",
        "oe": "letters",
        "objective": "hsc",
        "norm": None,
        "normal_class": 0,
        "normal_name": "zero",
        "oe_size": 16,
        "augment": False,
        "recipe": "digits",
        "seed": 1,
        "status": "ok",
        "arithmetic": "float32",
        "versions": "python 3.11.7, torch 2.13.0",
        "code": "c0de",
        "normal_in_test": 0,
        "oe_in_test": 0,
    }
    frame = pd.DataFrame([{**base, **row} for row in rows])
    return frame.astype({"oe_size": "Int64", "seed": "Int64"})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (16, "16"),
        (16.0, "16"),
        (0.5, "0.5"),
        (2_097_152, "2097152"),
        (2_097_152.0, "2097152"),  # the largest OE size of the paper
        (np.int64(16), "16"),
        (np.float64(0.5), "0.5"),
        ("l2_squared", "l2_squared"),
        (True, "on"),
        (False, "off"),
        (np.True_, "on"),
        (None, ""),
        (pd.NA, ""),
        (float("nan"), ""),
    ],
)
def test_a_value_is_shown_as_a_reader_would_write_it(value: Any, text: str) -> None:
    assert shown(value) == text


def test_normal_classes_are_shown_by_name() -> None:
    runs = table({"normal_class": 1, "normal_name": "one"}, {})
    assert label_of(runs, "normal_class").tolist() == ["one", "zero"]


def test_whole_numbers_are_shown_whole_beside_gaps() -> None:
    assert label_of(table({"oe_size": 16}, {"oe_size": None}), "oe_size").tolist() == ["16", ""]


def test_an_objective_stands_by_its_name_and_what_else_varies_with_its_own() -> None:
    runs = table(
        {"objective": "hsc", "norm": "l1", "oe_size": 1},
        {"objective": "bce", "oe_size": None, "augment": True},
    )
    assert labels_of(runs, ["objective"]).tolist() == ["hsc", "bce"]
    assert labels_of(runs, ["objective", "norm", "oe_size", "augment"]).tolist() == [
        "hsc, norm l1, oe size 1, augment off",
        "bce, augment on",  # no word about what does not apply
    ]


@pytest.mark.parametrize("key", ["oe", "oe_size", "oe_classes", "blur"])
def test_a_run_without_oe_has_none_of_the_keys_of_oe_images(key: str) -> None:
    """Its column holds something all the same: a blur of 0, for one."""
    runs = table({"blur": 0.0, "oe_classes": 2}, {"oe": None, "blur": 0.0, "oe_classes": 2})
    assert values_of(runs, key).isna().tolist() == [False, True]
    assert label_of(runs, key).tolist()[1] == ""


@pytest.mark.parametrize("key", ["recipe", "augment"])
def test_a_baseline_without_training_has_neither_recipe_nor_augmentation(key: str) -> None:
    runs = table({"recipe": "digits"}, {"objective": "kde", "recipe": "pca"})
    assert values_of(runs, key).isna().tolist() == [False, True]
    assert labels_of(runs, ["objective", key]).tolist()[1] == "kde"


def test_the_notes_without_epochs_say_nothing_of_them() -> None:
    text = notes(table({"objective": "kde"}), SPEC.model_copy(update={"epochs": ()}), "Mean")
    assert "1 normal class, 1 seed. " in text


def test_the_notes_claim_no_error_for_a_single_seed() -> None:
    one, two = table({"seed": 1}), table({"seed": 1}, {"seed": 2})
    assert notes(one, SPEC, "Mean", " ± its error").startswith("Mean. Normal")
    assert notes(two, SPEC, "Mean", " ± its error").startswith("Mean ± its error. Normal")


def test_the_notes_say_what_the_numbers_rest_on() -> None:
    runs = table({"seed": 1}, {"seed": 2}, {"normal_class": 1}, {"normal_class": 1, "seed": 2})
    assert notes(runs, SPEC, "Mean AUROC") == (
        "Mean AUROC. Normal and test images: digits; OE images: letters. 2 normal classes, "
        "2 seeds, 50 epochs. 4 of 4 runs are shown."
    )


def test_the_notes_count_what_is_left_out_and_what_is_not_finished() -> None:
    runs = table({}, {"status": "collapsed"}, {"status": "diverged"}, {"status": "diverged"})
    text = notes(runs, SPEC.model_copy(update={"expected": 10}), "Mean AUROC")
    assert text.endswith(
        "1 of 10 runs are shown; 1 collapsed and are left out; 2 diverged and are left out; "
        "6 are not finished."
    )


def test_the_notes_name_every_oe_source_and_none_where_there_is_none() -> None:
    both = table({"oe": "letters"}, {"oe": "fashion"}, {"oe": None})
    assert "OE images: fashion, letters. " in notes(both, SPEC, "Mean")
    assert "OE images: none. " in notes(table({"oe": None}), SPEC, "Mean")


def test_the_notes_name_different_epochs_and_what_lies_beyond_the_pool() -> None:
    spec = SPEC.model_copy(update={"epochs": (50, 100), "dropped": ("oe_size: 9 is more", "b")})
    text = notes(table({}), spec, "Mean")
    assert "50 or 100 epochs" in text
    assert text.endswith(" Left out as beyond the pool: oe_size: 9 is more; b.")


# What a study declares to be swept is drawn, whatever its data

COLOURED: dict[str, Any] = {**SMALL["datasets"]["pets"], "image": [3, 32, 32]}
FLIPPED = {**SMALL["recipes"]["quick"], "augmentation": "flip_crop"}
DATA = {
    "grey": {"dataset": "pets", "oe": "things", "recipe": "grey"},
    "colour": {"dataset": "birds", "oe": "colour", "recipe": "colour"},
}


OTHERS = {
    "datasets": {**SMALL["datasets"], "birds": COLOURED},
    "recipes": {
        **SMALL["recipes"],
        "grey": FLIPPED,
        "colour": {**FLIPPED, "network": "cifar_lenet"},
    },
}


@pytest.fixture
def plan_of(tmp_path: Path) -> Any:
    """The plan of studies that differ from a small one in the given keys."""
    return plans(tmp_path / "small.yaml")


def results(plan: Plan, auroc: Callable[[Run], float]) -> tuple[pd.DataFrame, StudyManifest]:
    """The finished runs of a plan's first study, AUROCs given by run, and what is drawn of them."""

    def row(each: Run) -> dict[str, Any]:
        keys = asdict(each)
        return run(keys.pop("normal_class"), keys.pop("seed"), auroc(each), **keys)

    runs = finished(*map(row, plan.studies["s0"].shown))
    return runs, Manifests(plan).study("s0")


def cells(runs: pd.DataFrame, spec: StudyManifest) -> dict[tuple[str, str], Cell]:
    columns, rows = build(runs, spec)
    return {
        (row.name, column): cell
        for row in rows
        for column, cell in zip(columns, row.cells, strict=True)
    }


@pytest.mark.parametrize("data", DATA)
def test_a_sweep_of_norm_and_augmentation_is_a_table_of_the_two(plan_of: Any, data: str) -> None:
    sweep = {"norm": ["l2", "l1", "pseudo_huber"], "augment": [True, False]}
    plan = plan_of({**DATA[data], "sweep": sweep, "seeds": 2, "draw": {"table": "norm"}}, **OTHERS)
    level = {"l1": 0.6, "l2": 0.7, "pseudo_huber": 0.8}

    def auroc(each: Run) -> float:
        # Augmentation adds 10 points, seed 2 another 2; the second class lies 4 below the first.
        return (
            level[each.norm]
            + 0.1 * each.augment
            + 0.02 * (each.seed == 2)
            - 0.04 * each.normal_class
        )

    found = cells(*results(plan, auroc))
    assert list(found) == [
        (norm, f"hsc, augment {augment}")
        for norm in ("l2", "l1", "pseudo_huber")
        for augment in ("on", "off")
    ]
    # l2: 70 - 2 (mean of the classes) = 68 and 70 by seed: 69; error sqrt(2) / sqrt(2) = 1.
    assert [cell.mean for cell in found.values()] == pytest.approx([79, 69, 69, 59, 89, 79])
    assert [cell.error for cell in found.values()] == pytest.approx([1.0] * 6)
    assert {cell.runs for cell in found.values()} == {4}


@pytest.mark.parametrize("data", DATA)
def test_a_sweep_of_gamma_stands_in_the_rows_or_in_the_columns(plan_of: Any, data: str) -> None:
    study = {**DATA[data], "objectives": ["focal"], "sweep": {"gamma": [2, 0, 0.5]}}
    gammas = {0.0: 0.75, 0.5: 0.85, 2.0: 0.95}
    plan = plan_of({**study, "draw": {"table": "gamma"}}, **OTHERS)
    found = cells(*results(plan, lambda each: gammas[each.gamma]))
    assert list(found) == [("0", "focal"), ("0.5", "focal"), ("2", "focal")]
    assert [cell.mean for cell in found.values()] == pytest.approx([75, 85, 95])
    plan = plan_of(study, **OTHERS)
    found = cells(*results(plan, lambda each: gammas[each.gamma] - each.normal_class / 10))
    assert list(found) == [
        (row, f"focal, gamma {gamma}")
        for row in ("cat", "dog", "mean")
        for gamma in ("2", "0", "0.5")
    ]
    assert found["dog", "focal, gamma 0.5"].mean == pytest.approx(75)  # 85 - 10
    assert found["mean", "focal, gamma 0.5"].mean == pytest.approx(80)


def test_the_unblurred_images_of_another_study_are_the_first_row_of_a_blur(plan_of: Any) -> None:
    blurred = {"oe_size": 4, "sweep": {"blur": [8, 1]}, "draw": {"table": "blur"}}
    plan = plan_of(blurred, {"oe_size": 4})
    found = cells(*results(plan, lambda each: 0.9 - each.blur / 100))
    assert list(found) == [("0", "hsc"), ("1", "hsc"), ("8", "hsc")]
    assert [cell.mean for cell in found.values()] == pytest.approx([90, 89, 82])


def test_the_notes_say_where_runs_of_two_arithmetics_stand_together() -> None:
    assert "bfloat16" not in notes(table({}, {}), SPEC, "Mean")
    text = notes(table({"arithmetic": "bfloat16"}, {}), SPEC, "Mean")
    assert "Runs were trained in bfloat16 and float32, by different machines." in text


def test_the_notes_say_where_runs_of_two_versions_or_codes_stand_together() -> None:
    alike = notes(table({}, {"versions": "numpy 2.4, python 3.13.0, torch 2.13.0"}), SPEC, "Mean")
    assert "torch" not in alike
    text = notes(table({"versions": "torch 2.14.1+cu126, x 1"}, {}), SPEC, "Mean")
    assert "Runs were trained with torch 2.13.0 and 2.14.1+cu126." in text
    text = notes(table({"code": "c0ded"}, {}), SPEC, "Mean")
    assert "Runs of one method were made by different code." in text
    # Another method, or another recipe, whose network may be another, has its own code.
    for other in ({"objective": "bce"}, {"recipe": "toy_sigmoid"}):
        assert "code" not in notes(table({"code": "c0ded", **other}, {}), SPEC, "Mean")


def test_the_notes_count_images_that_are_trained_on_and_tested_on() -> None:
    assert "test images, too" not in notes(table({}, {"oe_in_test": None}), SPEC, "Mean")
    text = notes(table({"oe_in_test": 4}, {"oe_in_test": 2, "normal_in_test": 1}), SPEC, "Mean")
    assert "In 1 run up to 1 normal training image is a test image, too." in text
    assert "In 2 runs up to 4 OE images are test images, too." in text
