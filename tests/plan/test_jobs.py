"""Runs become training jobs: each run is made by exactly one of them."""

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from grid_cases import PAPER, plans

from oebench.plan.jobs import blocks, work
from oebench.plan.manifests import read_plan
from oebench.plan.plan import Plan


@pytest.fixture(scope="module")
def paper() -> Plan:
    return read_plan(PAPER)


@pytest.fixture
def plan_of(tmp_path: Path) -> Any:
    """The plan of studies that differ from a small one in the given keys."""
    return plans(tmp_path / "small.yaml")


def jobs_of(plan: Plan) -> list[tuple[str, list[str]]]:
    """Each training job: the name of its rule and the paths of its runs."""
    return [
        (block.name, [f"{condition}/normal_class={c}/seed={s}" for c, s in block.members])
        for block in blocks(plan, trained=True)
        for condition in block.conditions
    ]


def assert_each_run_is_made_by_one_job(plan: Plan) -> None:
    made = Counter(path for _, paths in jobs_of(plan) for path in paths)
    assert made == Counter(run.path for run in plan.runs)
    names = [block.name for block in blocks(plan, trained=True)]
    assert len(names) == len(set(names))


def test_every_run_of_the_paper_is_in_exactly_one_job(paper: Plan) -> None:
    assert_each_run_is_made_by_one_job(paper)
    # A job trains 5 seeds of one class: 19,800 / 5.
    assert len(jobs_of(paper)) == 3960


def test_baselines_are_fitted_in_jobs_of_their_own_and_every_run_is_made_once(plan_of: Any) -> None:
    objectives = ["hsc", "dsvdd", "kde", "isolation_forest"]
    plan = plan_of({"objectives": objectives, "seeds": 3}, jobs={"classes": 2, "seeds": 5})
    # 4 methods x 2 classes x 3 seeds; a job takes the 6 runs of a method.
    assert len(plan.runs) == 24
    (trained,), (fitted,) = blocks(plan, trained=True), blocks(plan, trained=False)
    assert trained.members == fitted.members == tuple((c, s) for c in (0, 1) for s in (1, 2, 3))
    names = [[each.split("/")[2] for each in block.conditions] for block in (trained, fitted)]
    assert names == [
        ["objective=dsvdd~norm=pseudo_huber", "objective=hsc~norm=pseudo_huber"],
        ["objective=isolation_forest", "objective=kde"],
    ]


def test_a_plan_without_baselines_has_no_job_that_fits_one(plan_of: Any) -> None:
    plan = plan_of({"objectives": ["hsc"]})
    assert blocks(plan, trained=False) == []
    assert sum(len(block.members) for block in blocks(plan, trained=True)) == len(plan.runs)


def test_seeds_train_in_aligned_blocks(plan_of: Any) -> None:
    plan = plan_of({"seeds": 12, "normal_classes": [0]}, jobs={"seeds": 5})
    assert [block.members for block in blocks(plan, trained=True)] == [
        tuple((0, seed) for seed in (1, 2, 3, 4, 5)),
        tuple((0, seed) for seed in (6, 7, 8, 9, 10)),
        tuple((0, seed) for seed in (11, 12)),
    ]


def test_one_more_seed_changes_one_job_only(plan_of: Any) -> None:
    before, after = (
        dict(jobs_of(plan_of({"seeds": n, "normal_classes": [0]}, jobs={"seeds": 5})))
        for n in (7, 8)
    )
    assert [len(paths) for paths in before.values()] == [5, 2]
    assert [len(paths) for paths in after.values()] == [5, 3]
    assert before["train_classes_0_seeds_1_to_5"] == after["train_classes_0_seeds_1_to_5"]


def test_few_classes_with_their_seeds_share_a_job_where_that_is_asked_for(plan_of: Any) -> None:
    plan = plan_of({"seeds": 2}, jobs={"classes": 2, "seeds": 5})
    (block,) = blocks(plan, trained=True)
    assert block.name == "train_classes_0_to_1_seeds_1_to_2"
    assert block.members == ((0, 1), (0, 2), (1, 1), (1, 2))


def test_conditions_with_the_same_classes_and_seeds_share_a_rule(plan_of: Any) -> None:
    study = {"objectives": ["hsc", "bce"], "sweep": {"oe_size": [1, 2]}}
    (block,) = blocks(plan_of(study, jobs={"classes": 2}), trained=True)
    assert len(block.conditions) == 4


def test_no_scores_file_is_made_by_two_rules_when_studies_ask_for_different_seeds(
    plan_of: Any,
) -> None:
    plan = plan_of(
        {"oe_size": 4, "seeds": 3},
        {"oe_size": 4, "seeds": 7, "normal_classes": [1]},
        {"oe_size": 8, "seeds": [2, 4, 6]},
        jobs={"classes": 2, "seeds": 5},
    )
    assert_each_run_is_made_by_one_job(plan)
    size_4 = [
        block.members
        for block in blocks(plan, trained=True)
        if any("size=4" in condition for condition in block.conditions)
    ]
    assert sorted(size_4) == [
        ((0, 1), (0, 2), (0, 3)),
        ((1, 1), (1, 2), (1, 3), (1, 4), (1, 5)),
        ((1, 6), (1, 7)),
    ]


def test_whatever_seeds_and_classes_studies_mix_each_run_is_made_by_one_aligned_job(
    plan_of: Any,
) -> None:
    draw = random.Random(0)
    for _ in range(30):
        together = {"classes": draw.randint(1, 3), "seeds": draw.randint(1, 6)}
        studies = [
            {
                "oe_size": draw.choice([1, 2]),
                "seeds": draw.sample(range(1, 20), draw.randint(1, 8)),
                "normal_classes": draw.sample([0, 1], draw.randint(1, 2)),
            }
            for _ in range(3)
        ]
        plan = plan_of(*studies, jobs=together)
        assert_each_run_is_made_by_one_job(plan)
        for block in blocks(plan, trained=True):
            classes, seeds = zip(*block.members, strict=True)
            assert len({normal_class // together["classes"] for normal_class in classes}) == 1
            assert len({(seed - 1) // together["seeds"] for seed in seeds}) == 1


def test_the_work_of_a_job_is_that_of_all_its_steps(plan_of: Any) -> None:
    plan = plan_of({"objectives": ["hsc", "dsvdd"]})
    hsc, dsvdd = plan.runs[0].condition, plan.runs[-1].condition
    # Classes of 60 and 50 images in batches of 50: a step an epoch, 2 epochs; with OE 100 images of
    # 28 x 28 pixels a step, without it 50; and 10,000 for the step itself.
    assert work(plan, hsc, [(0, 1), (1, 1)]) == 2 * 2 * (100 * 28 * 28 + 10_000)
    assert work(plan, dsvdd, [(0, 1)]) == 2 * (50 * 28 * 28 + 10_000)
