"""Studies become runs, those that the configuration asks for and no more."""

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from grid_cases import PAPER, SMALL, plans, refusal, values

from oebench.plan.manifests import Manifests, read_plan
from oebench.plan.plan import Plan

# Study: (cells, runs), from the grid of twelve studies in the original code.
TWELVE = {
    "cifar10-tinyimages": (40, 400),  # 4 objectives x 10 classes x 10 seeds
    "cifar10-oe-size": (440, 4400),  # 2 x 22 sizes x 10 x 10
    "cifar10-blur": (120, 1200),  # 2 x 6 x 10 x 10
    "cifar10-hsc-norm": (80, 800),  # 4 norms x augmentation on/off x 10 x 10
    "cifar10-focal-gamma": (40, 400),  # 4 x 10 x 10
    "cifar10-oe-classes": (160, 1600),  # 2 x 8 x 10 x 10
    "imagenet30-imagenet22k": (120, 1200),  # 4 x 30 x 10
    "imagenet30-oe-size": (1140, 5700),  # 2 x 19 x 30 x 5
    "imagenet30-blur": (360, 1800),  # 2 x 6 x 30 x 5
    "imagenet30-focal-gamma": (40, 400),  # 4 x 10 x 10
    "mnist-oe-classes": (160, 1600),  # 2 x 8 x 10 x 10
    "mnist-blur": (120, 600),  # 2 x 6 x 10 x 5
}


@pytest.fixture(scope="module")
def paper() -> Plan:
    return read_plan(PAPER)


@pytest.fixture
def plan_of(tmp_path: Path) -> Any:
    """The plan of studies that differ from a small one in the given keys."""
    return plans(tmp_path / "small.yaml")


# The paper


@pytest.mark.parametrize("study", TWELVE)
def test_a_study_of_the_paper_has_its_cells_and_runs(paper: Plan, study: str) -> None:
    grid = paper.studies[study]
    assert (grid.cells, len(grid.runs)) == TWELVE[study]


def test_the_paper_has_20_100_runs_of_which_19_800_are_distinct(paper: Plan) -> None:
    assert [*paper.studies] == [*TWELVE]
    assert sum(len(grid.runs) for grid in paper.studies.values()) == 20_100
    assert len(paper.runs) == len(set(paper.runs)) == 19_800


def test_studies_of_the_paper_share_three_times_100_runs(paper: Plan) -> None:
    runs = {name: set(grid.runs) for name, grid in paper.studies.items()}
    shared = {
        (one, other): len(runs[one] & runs[other])
        for one, other in itertools.combinations(runs, 2)
        if runs[one] & runs[other]
    }
    assert shared == {
        ("cifar10-tinyimages", "cifar10-hsc-norm"): 100,  # hsc with the pseudo-Huber norm
        ("cifar10-tinyimages", "cifar10-focal-gamma"): 100,  # gamma 2
        ("imagenet30-imagenet22k", "imagenet30-focal-gamma"): 100,  # gamma 2, classes 0 to 9
    }


def test_half_of_the_runs_of_the_norm_study_augment(paper: Plan) -> None:
    runs = paper.studies["cifar10-hsc-norm"].runs
    assert Counter(run.augment for run in runs) == {True: 400, False: 400}


def test_a_study_of_the_paper_without_size_sees_the_whole_pool(paper: Plan) -> None:
    assert {run.oe_size for run in paper.studies["cifar10-tinyimages"].runs} == {79_302_016}
    assert {run.oe_classes for run in paper.studies["cifar10-tinyimages"].runs} == {None}


# Runs


def test_a_run_for_every_combination_of_values_objectives_classes_and_seeds(plan_of: Any) -> None:
    sweep = {"oe_size": [1, 2, 4], "blur": [0, 1]}
    plan = plan_of({"sweep": sweep, "objectives": ["hsc", "bce"], "seeds": 5})
    combinations = {
        (run.oe_size, run.blur, run.objective, run.normal_class, run.seed) for run in plan.runs
    }
    assert combinations == set(
        itertools.product([1, 2, 4], [0.0, 1.0], ["hsc", "bce"], [0, 1], [1, 2, 3, 4, 5])
    )
    assert len(plan.runs) == 120  # 3 sizes x 2 blurs x 2 objectives x 2 classes x 5 seeds
    assert plan.studies["s0"].cells == 24


def test_normal_classes_are_all_or_those_listed_by_number_or_name(plan_of: Any) -> None:
    assert values(plan_of({}), "normal_class") == [0, 1]
    assert values(plan_of({"normal_classes": [1]}), "normal_class") == [1]
    assert values(plan_of({"normal_classes": ["dog", "cat", 0]}), "normal_class") == [1, 0]


def test_a_normal_class_that_does_not_exist_is_refused(plan_of: Any) -> None:
    assert refusal(plan_of, normal_classes=[2]).startswith(
        "normal_classes: 2 is neither a class name of cat, dog nor a number from 0 to 1"
    )


def test_a_run_that_two_studies_need_is_one_run(plan_of: Any) -> None:
    plan = plan_of({"oe_size": 4, "seeds": 2}, {"sweep": {"oe_size": [4, 8]}, "seeds": 1})
    assert [len(grid.runs) for grid in plan.studies.values()] == [4, 4]
    assert len(plan.runs) == 6  # size 4: 2 classes x 2 seeds, size 8: 2 x 1


# What other steps read of a plan


def test_a_plan_names_the_data_sets_that_its_runs_read(plan_of: Any) -> None:
    assert plan_of({"sweep": {"oe": ["noise", "things"]}}).datasets == ["pets", "noise", "things"]
    assert plan_of({"objectives": ["dsvdd"]}).datasets == ["pets"]


def test_the_groups_of_a_study_are_its_runs_in_short(plan_of: Any) -> None:
    plan = plan_of({"sweep": {"oe_size": [1, 2]}, "objectives": ["hsc", "dsvdd"], "seeds": [2, 5]})
    study = Manifests(plan).study("s0")
    # hsc with 1 and with 2 images, dsvdd; a job trains a class.
    assert len(study.groups) == 3 * 2
    assert sorted(study.paths()) == sorted(run.path for run in plan.studies["s0"].runs)


def test_a_method_that_no_seed_changes_runs_once_per_class(plan_of: Any) -> None:
    plan = plan_of({"objectives": ["kde", "isolation_forest", "dsvdd"], "seeds": [2, 5]})
    found = {(run.objective, run.normal_class, run.seed) for run in plan.runs}
    assert found == {("kde", 0, 1), ("kde", 1, 1)} | {
        (name, normal_class, seed)
        for name in ("isolation_forest", "dsvdd")
        for normal_class in (0, 1)
        for seed in (2, 5)
    }


def test_a_study_over_several_data_sets_names_them_all(plan_of: Any) -> None:
    datasets = {**SMALL["datasets"], "birds": SMALL["datasets"]["pets"]}
    plan = plan_of({"sweep": {"dataset": ["pets", "birds"]}}, datasets=datasets)
    assert values(plan, "dataset") == ["pets", "birds"]
    assert "Normal and test images: birds, pets;" in Manifests(plan).about("s0")


def test_what_a_drawing_needs_of_a_study_stands_in_its_manifest(plan_of: Any) -> None:
    plan = plan_of(
        {
            "sweep": {"oe_size": [1, 2], "epochs": [2, 3], "batch": [10, 20]},
            "draw": {"curve": "oe_size", "table": None},
        }
    )
    study = Manifests(plan).study("s0")
    assert study.swept == ("oe_size", "recipe")  # epochs and batch are parts of the recipe
    assert (study.rows, study.curve) == (None, "oe_size")
    assert (study.expected, study.epochs) == (16, (2, 3))  # 2 x 2 x 2 x 2 classes


def test_a_study_says_on_what_data_it_rests(plan_of: Any) -> None:
    plan = plan_of({"title": "Pets", "seeds": 3, "sweep": {"oe": ["things", "noise"]}})
    about = Manifests(plan).about("s0")
    assert about == (
        "Pets. Normal and test images: pets; OE images: noise, things. 2 normal classes, 3 seeds, "
        "2 epochs; 12 runs."
    )
