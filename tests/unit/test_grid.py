"""Studies become runs, and runs become training jobs: what a configuration asks for, no more."""

import itertools
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from oead.config import ConfigError
from oead.grid import Plan, read_plan

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
    return read_plan(Path(__file__).with_name("paper.yaml"))


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


# A small configuration: 2 classes of 50 images, a pool with 4 classes of 25, a pool without.

SMALL: dict[str, Any] = {
    "datasets": {
        "pets": {
            "source": {"kind": "arrays", "path": "pets.npz"},
            "image": [1, 28, 28],
            "classes": ["cat", "dog"],
            "train": [60, 50],
            "test": 10,
        },
        "things": {
            "source": {"kind": "arrays", "path": "things.npz"},
            "image": [1, 28, 28],
            "classes": ["cup", "lamp", "sofa", "table"],
            "train": 25,
        },
        "noise": {
            "source": {"kind": "arrays", "path": "noise.npz"},
            "image": [1, 28, 28],
            "train": 1000,
        },
        "colour": {
            "source": {"kind": "arrays", "path": "colour.npz"},
            "image": [3, 32, 32],
            "train": 1000,
        },
    },
    "recipes": {"quick": {"epochs": 2, "milestones": [1], "batch": 50}},
}


@pytest.fixture
def plan_of(tmp_path: Path) -> Any:
    """The plan of studies that differ from a small one in the given keys."""

    def plan(*studies: dict[str, Any], **others: Any) -> Plan:
        base = {
            "title": "t",
            "dataset": "pets",
            "oe": "things",
            "objectives": ["hsc"],
            "recipe": "quick",
            "seeds": 1,
        }
        content = {**SMALL, **others}
        content["studies"] = {
            f"s{number}": {key: base[key] for key in base if key not in each.get("sweep", {})}
            | each
            for number, each in enumerate(studies)
        }
        file = tmp_path / "small.yaml"
        file.write_text(yaml.safe_dump(content, sort_keys=False))
        return read_plan(file)

    return plan


def refusal(plan_of: Any, **study: Any) -> str:
    with pytest.raises(ConfigError) as error:
        plan_of(study)
    assert "studies.s0." in str(error.value)
    return str(error.value).split("studies.s0.")[1]


def values(plan: Plan, key: str) -> list[Any]:
    """The distinct values of a key, in the order of the runs."""
    return list(dict.fromkeys(getattr(run, key) for run in plan.runs))


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


# Outlier exposure


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
    assert plan.spec("s0")["dropped"] == plan.studies["s0"].dropped
    assert "Left out as beyond the pool: oe_size: 128 is more than" in plan.about("s0")


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
    assert refusal(plan_of, sweep={"oe_size": [wrong]}) == (
        f"oe_size: {wrong!r} is neither a positive whole number nor 'all'"
    )


@pytest.mark.parametrize("wrong", [-1, "strong", None, True, float("nan"), float("inf")])
def test_a_swept_blur_that_is_no_deviation_in_pixels_is_refused(plan_of: Any, wrong: Any) -> None:
    assert refusal(plan_of, sweep={"blur": [wrong]}).startswith("blur: ")


def test_an_objective_that_needs_oe_images_is_refused_without_a_source(plan_of: Any) -> None:
    assert refusal(plan_of, oe=None) == "oe: hsc needs OE images; name a data set"
    assert len(plan_of({"oe": None, "objectives": ["dsvdd"]}).runs) == 2


def test_normal_images_cannot_be_their_own_outliers(plan_of: Any) -> None:
    assert refusal(plan_of, oe="pets") == "oe: pets is the data set of the normal images too"


def test_outliers_of_another_shape_are_refused(plan_of: Any) -> None:
    assert refusal(plan_of, oe="colour").startswith("oe: colour has images (3, 32, 32), pets ")


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
    assert refusal(plan_of, sweep={key: [["pets"]]}).startswith(f"{key}: ")


def test_a_recipe_for_images_of_another_shape_is_refused(plan_of: Any) -> None:
    recipe = {"name": "quick", "network": "cifar_lenet"}
    assert refusal(plan_of, recipe=recipe).startswith(
        "recipe: cifar_lenet takes images (3, 32, 32)"
    )


def test_a_batch_larger_than_the_smallest_class_is_refused(plan_of: Any) -> None:
    assert refusal(plan_of, recipe={"name": "quick", "batch": 51}) == (
        "recipe: the smallest class of pets has 50 training images, fewer than one batch of 51: "
        "no step would be made"
    )
    assert len(plan_of({"recipe": {"name": "quick", "batch": 50}}).runs) == 2


# Objectives and their parameters


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
    assert "network: 'lenet' is not a network" in refusal(plan_of, sweep={"network": ["lenet"]})


def test_keys_of_the_recipe_can_be_swept_and_stand_in_its_spelling(plan_of: Any) -> None:
    plan = plan_of({"sweep": {"epochs": [2, 3], "batch": [10, 50]}})
    assert values(plan, "recipe") == [
        *("quick,batch=10", "quick", "quick,epochs=3,batch=10", "quick,epochs=3"),
    ]
    assert plan.resolver.recipes["quick,epochs=3,batch=10"].batch == 10


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
    assert message.startswith("augment: ")
    assert repr(wrong) in message


def test_augmentation_is_refused_where_the_recipe_has_none(plan_of: Any) -> None:
    sentence = "augment: the recipe has no augmentation to switch on"
    assert refusal(plan_of, augment=True) == sentence
    assert refusal(plan_of, sweep={"augment": [False, True]}) == sentence
    assert plan_of({"augment": False}).runs == plan_of({}).runs


# What other steps read of a plan


def test_a_plan_names_the_data_sets_that_its_runs_read(plan_of: Any) -> None:
    assert plan_of({"sweep": {"oe": ["noise", "things"]}}).datasets == ["pets", "noise", "things"]
    assert plan_of({"objectives": ["dsvdd"]}).datasets == ["pets"]


def test_the_groups_of_a_study_are_its_runs_in_short(plan_of: Any) -> None:
    plan = plan_of({"sweep": {"oe_size": [1, 2]}, "objectives": ["hsc", "dsvdd"], "seeds": [2, 5]})
    paths = [
        f"{group['condition']}/normal_class={normal_class}/seed={seed}"
        for group in plan.groups("s0")
        for normal_class in group["normal_classes"]
        for seed in group["seeds"]
    ]
    assert len(plan.groups("s0")) == 3  # hsc with 1 and with 2 images, dsvdd
    assert sorted(paths) == sorted(run.path for run in plan.studies["s0"].runs)


def test_a_study_over_several_data_sets_names_them_all(plan_of: Any) -> None:
    datasets = {**SMALL["datasets"], "birds": SMALL["datasets"]["pets"]}
    plan = plan_of({"sweep": {"dataset": ["pets", "birds"]}}, datasets=datasets)
    assert values(plan, "dataset") == ["pets", "birds"]
    assert "Normal and test images: birds, pets;" in plan.about("s0")


def test_what_a_drawing_needs_of_a_study_stands_in_its_spec(plan_of: Any) -> None:
    plan = plan_of(
        {
            "sweep": {"oe_size": [1, 2], "epochs": [2, 3], "batch": [10, 20]},
            "draw": {"curve": "oe_size", "table": None},
        }
    )
    spec = plan.spec("s0")
    assert spec["swept"] == ["oe_size", "recipe"]  # epochs and batch are parts of the recipe
    assert (spec["rows"], spec["curve"]) == (None, "oe_size")
    assert (spec["expected"], spec["epochs"]) == (16, [2, 3])  # 2 x 2 x 2 x 2 classes


def test_a_study_says_on_what_data_it_rests(plan_of: Any) -> None:
    about = plan_of({"title": "Pets", "seeds": 3, "sweep": {"oe": ["things", "noise"]}}).about("s0")
    assert about == (
        "Pets. Normal and test images: pets; OE images: noise, things. 2 normal classes, 3 seeds, "
        "2 epochs; 12 runs."
    )


# Training jobs


def jobs_of(plan: Plan) -> list[tuple[str, list[str]]]:
    """Each training job: the name of its rule and the paths of its runs."""
    return [
        (block.name, [f"{condition}/normal_class={c}/seed={s}" for c, s in block.members])
        for block in plan.blocks()
        for condition in block.conditions
    ]


def assert_each_run_is_made_by_one_job(plan: Plan) -> None:
    made = Counter(path for _, paths in jobs_of(plan) for path in paths)
    assert made == Counter(run.path for run in plan.runs)
    names = [block.name for block in plan.blocks()]
    assert len(names) == len(set(names))


def test_every_run_of_the_paper_is_in_exactly_one_job(paper: Plan) -> None:
    assert_each_run_is_made_by_one_job(paper)
    # A job trains 5 seeds of one class: 19,800 / 5.
    assert len(jobs_of(paper)) == 3960


def test_seeds_train_in_aligned_blocks(plan_of: Any) -> None:
    plan = plan_of({"seeds": 12, "normal_classes": [0]}, jobs={"seeds": 5})
    assert [block.members for block in plan.blocks()] == [
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
    (block,) = plan_of({"seeds": 2}, jobs={"classes": 2, "seeds": 5}).blocks()
    assert block.name == "train_classes_0_to_1_seeds_1_to_2"
    assert block.members == ((0, 1), (0, 2), (1, 1), (1, 2))


def test_conditions_with_the_same_classes_and_seeds_share_a_rule(plan_of: Any) -> None:
    (block,) = plan_of(
        {"objectives": ["hsc", "bce"], "sweep": {"oe_size": [1, 2]}}, jobs={"classes": 2}
    ).blocks()
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
        for block in plan.blocks()
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
        for block in plan.blocks():
            classes, seeds = zip(*block.members, strict=True)
            assert len({normal_class // together["classes"] for normal_class in classes}) == 1
            assert len({(seed - 1) // together["seeds"] for seed in seeds}) == 1
