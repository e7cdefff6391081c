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


def members_of(plan: Plan) -> dict[str, list[tuple[int, int]]]:
    """The classes and seeds of each scores file, by the file's name and without its condition."""
    return {
        path.rpartition("/")[2]: [(run.normal_class, run.seed) for run in runs]
        for path, runs in blocks(plan).items()
    }


def assert_each_run_is_made_by_one_job(plan: Plan) -> None:
    made = Counter(run for runs in blocks(plan).values() for run in runs)
    assert made == Counter(plan.runs)
    for path, runs in blocks(plan).items():
        assert {run.condition for run in runs} == {path.rpartition("/")[0]}


def test_every_run_of_the_paper_is_in_exactly_one_job(paper: Plan) -> None:
    assert_each_run_is_made_by_one_job(paper)
    # A job trains a class with its 10 seeds; ImageNet's sweeps have 5.
    assert len(blocks(paper)) == 2790


def test_a_scores_file_is_named_after_its_condition_and_an_aligned_range(plan_of: Any) -> None:
    plan = plan_of({"oe_size": 4, "seeds": 2}, jobs={"classes": 5, "seeds": 5})
    names = {path: [run.member for run in runs] for path, runs in blocks(plan).items()}
    # The data set has two classes.
    assert names == {
        f"{plan.runs[0].condition}/normal_class=0-1~seed=1-5.h5": [
            *("normal_class=0/seed=1", "normal_class=0/seed=2"),
            *("normal_class=1/seed=1", "normal_class=1/seed=2"),
        ]
    }


def test_seeds_train_in_aligned_blocks(plan_of: Any) -> None:
    plan = plan_of({"seeds": 12, "normal_classes": [0]}, jobs={"seeds": 5})
    assert members_of(plan) == {
        "normal_class=0~seed=1-5.h5": [(0, seed) for seed in (1, 2, 3, 4, 5)],
        "normal_class=0~seed=6-10.h5": [(0, seed) for seed in (6, 7, 8, 9, 10)],
        "normal_class=0~seed=11-15.h5": [(0, seed) for seed in (11, 12)],
    }


def test_one_more_seed_changes_one_job_only(plan_of: Any) -> None:
    before, after = (
        members_of(plan_of({"seeds": n, "normal_classes": [0]}, jobs={"seeds": 5})) for n in (7, 8)
    )
    assert [len(members) for members in before.values()] == [5, 2]
    assert [len(members) for members in after.values()] == [5, 3]
    assert before.keys() == after.keys()


def test_a_job_of_one_class_or_seed_is_named_after_it(plan_of: Any) -> None:
    plan = plan_of({"seeds": 2, "normal_classes": [1]}, jobs={"classes": 1, "seeds": 1})
    assert [*members_of(plan)] == ["normal_class=1~seed=1.h5", "normal_class=1~seed=2.h5"]


def test_no_scores_file_is_made_by_two_jobs_when_studies_ask_for_different_seeds(
    plan_of: Any,
) -> None:
    plan = plan_of(
        {"oe_size": 4, "seeds": 3},
        {"oe_size": 4, "seeds": 7, "normal_classes": [1]},
        {"oe_size": 8, "seeds": [2, 4, 6]},
        jobs={"classes": 2, "seeds": 5},
    )
    assert_each_run_is_made_by_one_job(plan)
    size_4 = {
        path.rpartition("/")[2]: [(run.normal_class, run.seed) for run in runs]
        for path, runs in blocks(plan).items()
        if "size=4" in path
    }
    assert size_4 == {
        "normal_class=0-1~seed=1-5.h5": [
            *((0, 1), (0, 2), (0, 3)),
            *((1, 1), (1, 2), (1, 3), (1, 4), (1, 5)),
        ],
        "normal_class=0-1~seed=6-10.h5": [(1, 6), (1, 7)],
    }


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
        for runs in blocks(plan).values():
            assert len({run.normal_class // together["classes"] for run in runs}) == 1
            assert len({(run.seed - 1) // together["seeds"] for run in runs}) == 1


def test_the_work_of_a_job_is_that_of_all_its_steps(plan_of: Any) -> None:
    plan = plan_of({"objectives": ["hsc", "dsvdd"]})
    hsc = [run for run in plan.runs if run.objective == "hsc" and run.seed == 1]
    (dsvdd,) = [
        r for r in plan.runs if r.objective == "dsvdd" and (r.normal_class, r.seed) == (0, 1)
    ]
    # Classes of 60 and 50 images in batches of 50: a step an epoch, 2 epochs; with OE 100 images of
    # 28 x 28 pixels a step, without it 50; and 10,000 for the step itself.
    assert work(plan, hsc) == 2 * 2 * (100 * 28 * 28 + 10_000)
    assert work(plan, [dsvdd]) == 2 * (50 * 28 * 28 + 10_000)
