"""Which networks a plan keeps, and images that recipes hold out."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from grid_cases import plans, refusal

from oebench.artifacts import model
from oebench.plan.jobs import as_planned, blocks, code_of, lacks_models, recipe_of, scores_file
from oebench.plan.plan import Plan
from oebench.run import Run
from oebench.validation import ConfigError


@pytest.fixture
def plan_of(tmp_path: Path) -> Any:
    return plans(tmp_path / "small.yaml")


def write_model(plan: Plan, run: Run, folder: Path, **changes: Any) -> Path:
    """A model of a run as the plan asks for it, or otherwise; returns its scores file."""
    file = folder / "results/runs" / scores_file(plan, run)
    facts = {
        **{"seed": run.seed, "normal_class": run.normal_class, "code": code_of(plan, run)},
        **{"recipe_resolved": recipe_of(plan, run), "images": {"pets": "12"}, **changes},
    }
    found = model.Model({"w": np.ones(1, np.float32)}, np.empty(0, np.float32), facts)
    model.write(model.of_run(file, run.member), found)
    return file


def test_a_run_is_kept_where_a_study_that_has_it_asks_for_it(plan_of: Any) -> None:
    asked = {"oe_size": 4, "objectives": ["hsc", "kde"]}
    plan = plan_of({**asked, "keep_models": True}, {**asked, "seeds": 9})
    assert plan.kept < plan.there
    assert {run.objective for run in plan.kept} == {"hsc"}
    assert plan_of(asked).kept == set()
    assert plan_of(asked).runs == plan_of({**asked, "keep_models": True}).runs


def test_a_model_lacks_where_it_is_missing_or_made_otherwise(plan_of: Any, tmp_path: Path) -> None:
    plan = plan_of({"oe_size": 4, "keep_models": True, "seeds": 1})
    run = plan.runs[0]
    images = {"pets": ["12"]}

    def lacks(plan: Plan = plan, diverged: tuple[str, ...] = ()) -> bool:
        return lacks_models(plan, [run], file, diverged, images)

    file = write_model(plan, run, tmp_path)
    assert as_planned(plan, run, images)["images"] == images
    assert not lacks()
    for changes in (
        *({"code": "other"}, {"images": {"pets": "13"}}, {"images": {}}, {"seed": 2}),
        *({"normal_class": 5}, {"recipe_resolved": {}}),
    ):
        write_model(plan, run, tmp_path, **changes)
        assert lacks(), changes
    model.of_run(file, run.member).write_bytes(b"damaged")
    assert lacks()
    model.of_run(file, run.member).unlink()
    assert lacks()
    assert not lacks(diverged=(run.member,))
    assert not lacks(plan_of({"oe_size": 4, "seeds": 1}))


def test_models_of_a_study_that_trains_nothing_are_refused(plan_of: Any) -> None:
    with pytest.raises(ConfigError, match="keep_models keeps trained networks, and kde, knn train"):
        plan_of({"objectives": ["kde", "knn"], "keep_models": True})


def test_held_out_images_are_no_training_images(plan_of: Any) -> None:
    recipe = {"name": "quick", "batch": 8}
    whole = plan_of({"oe_size": 4, "recipe": recipe})
    held = plan_of({"oe_size": 4, "recipe": {**recipe, "held_out": 0.5}})
    assert "held_out=0.5" in held.runs[0].path
    assert "held_out" not in whole.runs[0].path
    assert len(blocks(held)) == len(blocks(whole))
    assert recipe_of(held, held.runs[0])["held_out"] == 0.5
    assert "held_out" not in recipe_of(whole, whole.runs[0])


def test_shares_that_hold_out_nothing_or_leave_no_batch_are_refused(plan_of: Any) -> None:
    assert refusal(plan_of, recipe={"name": "quick", "held_out": 0.001}) == (
        "recipe: held_out 0.001 is not one of the 50 training images of dog, the smallest normal "
        "class of pets; hold out more, or none"
    )
    assert refusal(plan_of, recipe={"name": "quick", "batch": 45, "held_out": 0.2}) == (
        "recipe: the smallest normal class of pets, dog, has 50 training images and 10 held out, "
        "fewer than one batch of 45: no step would be made. Set a smaller batch, or leave the "
        "class out of normal_classes"
    )
