"""What a job asks a scheduler for follows from its images and steps and grows by attempts."""

from pathlib import Path
from typing import Any

import pytest
from grid_cases import PAPER, plans

from oebench.plan import needs
from oebench.plan.jobs import blocks
from oebench.plan.manifests import read_plan
from oebench.plan.plan import Plan


@pytest.fixture
def plan_of(tmp_path: Path) -> Any:
    return plans(tmp_path / "small.yaml")


def asked(plan: Plan, device: str = "cpu", attempt: int = 1) -> set[tuple[int, int]]:
    """MB and minutes of all jobs."""
    return {
        (needs.mem_mb(plan, runs, attempt), needs.runtime(plan, runs, device, attempt))
        for runs in blocks(plan).values()
    }


def test_each_attempt_gets_twice_as_much_up_to_the_most(plan_of: Any) -> None:
    jobs = {"mem_mb": 500, "runtime": 7, "max_mem_mb": 1800, "max_runtime": 25}
    plan = plan_of({"oe_size": 4}, jobs=jobs)
    found = [asked(plan, attempt=attempt) for attempt in (1, 2, 3, 4)]
    assert found == [{(500, 7)}, {(1000, 14)}, {(1800, 25)}, {(1800, 25)}]


def test_a_baseline_has_no_recipe_and_needs_its_images(plan_of: Any) -> None:
    plan = plan_of({"objectives": ["kde"]})
    assert asked(plan) == {(needs.PROCESS_MB + 1, needs.BASELINE)}


def test_more_seeds_in_a_job_take_longer_and_a_gpu_is_faster(plan_of: Any) -> None:
    recipe = {"name": "quick", "epochs": 200_000, "milestones": []}
    one, five = (
        plan_of({"oe_size": 4, "recipe": recipe, "seeds": 5}, jobs={"seeds": seeds})
        for seeds in (1, 5)
    )
    minutes = [max(time for _, time in asked(plan)) - needs.START_UP for plan in (one, five)]
    assert minutes[1] == pytest.approx(5 * minutes[0], rel=0.02)
    assert max(asked(five, "cuda"))[1] < max(asked(five))[1]


def test_the_paper_fits_into_what_its_jobs_ask_for() -> None:
    paper = read_plan(PAPER)
    by_images = {
        (runs[0].dataset, runs[0].oe_size): needs.mem_mb(paper, runs)
        for runs in blocks(paper).values()
    }
    cifar10 = 60_000 * 3 * 32 * 32 / 1e6  # MB of its images
    # 200 epochs of 39 steps show a million images of a pool of 80 million.
    shown = 200 * 39 * 128 * 3 * 32 * 32 / 1e6
    assert by_images["cifar10", 2**17] > 3000 + cifar10 + 2**17 * 3 * 32 * 32 / 1e6
    assert by_images["cifar10", max(size for _, size in by_images if size)] > 3000 + cifar10 + shown
    assert max(by_images.values()) < 64_000
