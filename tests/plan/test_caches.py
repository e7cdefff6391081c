"""Which caches a plan needs, and how much of a pool each holds."""

from pathlib import Path
from typing import Any

import pytest
from grid_cases import PAPER, SMALL, plans

from oebench.plan.caches import Caches
from oebench.plan.manifests import read_plan
from oebench.plan.plan import Plan

HUGE = {
    "source": {"kind": "folder", "train": "huge", "pool": True, "drawn": True},
    "image": [1, 28, 28],
    "train": 1_000_000,
}


@pytest.fixture
def plan_of(tmp_path: Path) -> Any:
    """Plans with a pool of a million images that is drawn from."""
    make = plans(tmp_path / "own.yaml")
    datasets = {**SMALL["datasets"], "huge": HUGE}

    def plan(*studies: dict[str, Any]) -> Plan:
        return make(*({"oe": "huge", **study} for study in studies), datasets=datasets)

    return plan


def test_a_seed_holds_its_largest_subset_rounded_up_to_a_power_of_two(plan_of: Any) -> None:
    caches = Caches(plan_of({"sweep": {"oe_size": [3, 100]}, "seeds": 2}))
    assert caches.pools == {"huge": {1: 128, 2: 128}}
    assert caches.names == ["pets", "huge/seed=1", "huge/seed=2"]
    assert caches.options("huge/seed=2", None) == "--seed 2 --count 128"
    assert caches.options("pets", None) == ""


def test_a_cache_that_holds_more_than_is_needed_stays(plan_of: Any, tmp_path: Path) -> None:
    caches = Caches(plan_of({"oe_size": 3}))
    checksums = tmp_path / "seed=1.sha256"
    lines = [f"{1 << power} {power:064x}\n" for power in range(4)]
    checksums.write_text("".join(lines))
    assert caches.options("huge/seed=1", checksums) == "--seed 1 --count 8"
    checksums.write_text("".join(lines[:2]))
    assert caches.options("huge/seed=1", checksums) == "--seed 1 --count 4"


def test_of_the_whole_pool_a_seed_holds_what_its_epochs_show(plan_of: Any) -> None:
    # 60 or 50 normal images, batches of 50, 2 epochs: 100 OE images are shown
    caches = Caches(plan_of({"oe_size": "all"}))
    assert caches.pools == {"huge": {1: 128}}


def test_a_job_reads_the_caches_of_its_seeds(plan_of: Any) -> None:
    plan = plan_of({"oe_size": 3, "seeds": 3}, {"objectives": ["dsvdd"], "oe": None})
    caches = Caches(plan)
    with_oe, without = (plan.studies[name].runs[0] for name in ("s0", "s1"))
    assert caches.of_job(with_oe, [3, 1, 3]) == ["pets", "huge/seed=1", "huge/seed=3"]
    assert caches.of_job(without, [1]) == ["pets"]


def test_the_paper_draws_what_its_largest_subset_and_its_epochs_need() -> None:
    caches = Caches(read_plan(PAPER))
    # 2^21 is the largest subset; 200 epochs of 39 steps of 128 images show 998,400
    assert caches.pools["tinyimages"] == dict.fromkeys(range(1, 11), 2**21)
    # seeds 1 to 5 have subsets up to 2^18; 150 epochs of 10 steps of 128 show 192,000
    assert caches.pools["imagenet22k"] == dict.fromkeys(range(1, 11), 2**18)
    assert set(caches.names) == {
        *("cifar10", "cifar100", "mnist", "emnist-letters", "imagenet30"),
        *(f"{pool}/seed={seed}" for pool in caches.pools for seed in range(1, 11)),
    }
