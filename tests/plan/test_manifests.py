"""What a configuration asks to be shown: comparisons, the run that is plotted, published values."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from grid_cases import PAPER, SMALL, plans, refusal
from typer.testing import CliRunner

from oebench.artifacts.manifest import Manifest, StudyManifest, read, read_all
from oebench.cli import app
from oebench.evaluation.published import read as read_published
from oebench.plan.jobs import scores_file
from oebench.plan.manifests import Manifests, groups, read_plan
from oebench.plan.plan import Plan
from oebench.validation import ConfigError


@pytest.fixture(scope="module")
def paper() -> Plan:
    return read_plan(PAPER)


@pytest.fixture
def plan_of(tmp_path: Path) -> Any:
    """The plan of studies that differ from a small one in the given keys."""
    return plans(tmp_path / "small.yaml")


# Comparisons


@pytest.mark.parametrize(
    ("study", "compared"),
    [
        ({"objectives": ["hsc"]}, False),
        ({"objectives": ["hsc", "bce"]}, True),
        ({"objectives": ["dsvdd", "kde"]}, True),
        ({"objectives": ["hsc", "bce"], "draw": {"compare": False}}, False),
        ({"sweep": {"oe_size": [1, 2]}}, False),  # one method, at two sizes
        ({"sweep": {"norm": ["l1", "l2"]}}, True),  # values of a parameter are methods
        ({"sweep": {"norm": ["l1"]}}, False),
        ({"objectives": ["focal"], "sweep": {"gamma": [0, 2]}}, True),
    ],
)
def test_a_study_is_compared_if_it_has_two_methods(
    plan_of: Any, study: dict[str, Any], compared: bool
) -> None:
    assert Manifests(plan_of(study)).compares("s0") is compared


# The run that is plotted alone

SIZES = {"objectives": ["bce", "hsc"], "sweep": {"oe_size": [4, "all", 2]}, "seeds": [3, 5]}


@pytest.mark.parametrize(
    ("look", "objective", "size", "normal_class", "seed"),
    [
        ({}, "bce", 2, 0, 3),  # the first but for what is swept, of which it is the last
        ({"objective": "hsc"}, "hsc", 2, 0, 3),
        ({"normal_class": "dog"}, "bce", 2, 1, 3),
        ({"normal_class": 1}, "bce", 2, 1, 3),
        ({"seed": 5}, "bce", 2, 0, 5),
        ({"oe_size": 4}, "bce", 4, 0, 3),
        ({"oe_size": "all"}, "bce", 100, 0, 3),  # the largest of the study
        ({"objective": "hsc", "normal_class": "dog", "seed": 5, "oe_size": 4}, "hsc", 4, 1, 5),
    ],
)
def test_a_run_of_the_study_is_looked_at(
    plan_of: Any, look: dict[str, Any], objective: str, size: int, normal_class: int, seed: int
) -> None:
    seen = Manifests(plan_of({**SIZES, "draw": {"look": look}})).looked_at("s0")
    assert (seen.objective, seen.oe_size) == (objective, size)
    assert (seen.normal_class, seen.seed) == (normal_class, seed)


def test_a_study_may_have_no_run_looked_at(plan_of: Any) -> None:
    assert Manifests(plan_of({"draw": {"look": None}})).looked_at("s0") is None


@pytest.mark.parametrize(
    "look", [{"normal_class": "cow"}, {"seed": 2}, {"objective": "bce"}, {"oe_size": 3}]
)
def test_a_look_at_what_no_run_has_is_refused(plan_of: Any, look: dict[str, Any]) -> None:
    assert refusal(plan_of, draw={"look": look}) == (f"draw.look: no run of the study has {look}")


@pytest.mark.parametrize("key", ["oe", "norm"])
def test_all_of_what_has_no_largest_is_refused(plan_of: Any, key: str) -> None:
    """Not every run has these keys, and names have no order."""
    study = {"objectives": ["hsc", "bce", "dsvdd"], "draw": {"look": {key: "all"}}}
    assert refusal(plan_of, **study).startswith("draw.look: ")


# The plane


def test_points_are_not_drawn_of_images(plan_of: Any) -> None:
    assert refusal(plan_of, draw={"plane": True}) == (
        "draw.plane: pets has no points; those of `toy` lie in a plane"
    )


def test_a_study_has_a_curve_or_the_plane(plan_of: Any) -> None:
    both = {"plane": True, "curve": "oe_size"}
    with pytest.raises(ConfigError, match="both set; a study has one figure"):
        plan_of({"sweep": {"oe_size": [1, 2]}, "draw": both})


def test_points_of_the_plane_are_drawn(plan_of: Any) -> None:
    toy = {"dataset": "toy", "oe": "toy-blobs", "recipe": "toy", "draw": {"plane": True}}
    assert len(plan_of(toy).runs) == 2


# The metric


def test_a_study_shows_aurocs_or_what_it_asks_for(plan_of: Any) -> None:
    assert Manifests(plan_of({})).study("s0").metric == "auroc"
    assert Manifests(plan_of({"draw": {"metric": "miss95"}})).study("s0").metric == "miss95"


# Published values

CIFAR10 = {"dataset": "cifar10", "oe": "cifar100", "recipe": "cifar10"}


def published(plan: Plan) -> list[str]:
    return [each.method for each in Manifests(plan).published_for("s0")]


def of_status(*statuses: str) -> list[str]:
    """Methods whose means on CIFAR-10 are so well known, in the order of the files."""
    return [
        each.method
        for each in read_published()
        if each.dataset == "cifar10" and not each.key and each.status in statuses
    ]


VERIFIED = of_status("verified")


def test_verified_values_stand_beside_a_study_and_others_where_all_are_asked_for(
    plan_of: Any,
) -> None:
    assert published(plan_of(CIFAR10)) == VERIFIED
    assert {"DSVDD", "GT", "GT+ (no OE)", "CSI", "GT+ (OE)"} < set(VERIFIED)
    every = published(plan_of(CIFAR10, published="all"))
    assert every == of_status("verified", "secondary", "unverified")
    assert {"FCDD", "IT", "DSAD", "HSC", "Focal", "BCE"} < set(every) - set(VERIFIED)
    assert published(plan_of(CIFAR10, published="none")) == []


def test_the_spec_of_a_table_has_the_published_values(plan_of: Any) -> None:
    spec = Manifests(plan_of(CIFAR10)).study("s0")
    assert [each.method for each in spec.published] == VERIFIED
    assert {each.status for each in spec.published} == {"verified"}


@pytest.mark.parametrize(
    "study",
    [
        {"oe_size": "all"},
        {"oe_classes": "all"},
        {"oe_classes": 100},
        {"objectives": ["hsc", "dsvdd"]},
        {"objectives": ["kde"]},
    ],
)
def test_published_values_stand_beside_a_study_of_all_oe_images_or_none(
    plan_of: Any, study: dict[str, Any]
) -> None:
    assert published(plan_of({**CIFAR10, **study})) == VERIFIED


@pytest.mark.parametrize(
    "study",
    [
        {"oe_size": 128},
        {"oe_classes": 99},
        {"blur": 1},
        {"sweep": {"oe_size": ["all"]}},
        {"sweep": {"norm": ["l1", "l2"]}},
        {"draw": {"table": "norm"}},
        {"draw": {"metric": "fpr95"}},  # they are AUROCs
        {"normal_classes": [0]},  # the published means are over all classes
    ],
)
def test_no_published_value_stands_beside_another_study(
    plan_of: Any, study: dict[str, Any]
) -> None:
    assert published(plan_of({**CIFAR10, **study})) == []


def test_values_of_other_data_are_not_shown(plan_of: Any) -> None:
    assert published(plan_of({}, published="all")) == []


@pytest.mark.parametrize(
    ("shown", "statuses"),
    [
        ("verified", {"verified", "secondary"}),
        ("all", {"verified", "secondary", "unverified"}),
        ("none", set()),
    ],
)
def test_claims_may_compare_with_what_is_told_by_others_too(
    plan_of: Any, shown: str, statuses: set[str]
) -> None:
    found = Manifests(plan_of(CIFAR10, published=shown)).whole_plan().published
    assert list(found) == [each for each in read_published() if each.status in statuses]
    assert {each.status for each in found} == statuses


CURVE = {
    **CIFAR10,
    "objectives": ["hsc", "bce"],
    "sweep": {"oe_classes": [1, 100]},
    "draw": {"curve": "oe_classes"},
}


def points(plan: Plan) -> dict[str, list[float | None]]:
    """The published curves behind the study: their values of the axis by method."""
    found: dict[str, list[float | None]] = {}
    for each in Manifests(plan).study("s0").published_curve:
        found.setdefault(each.method, []).append(each.value)
    return found


@pytest.mark.parametrize("shown", ["verified", "all"])
def test_a_published_curve_over_the_same_key_on_the_same_data_stands_behind_a_study(
    plan_of: Any, shown: str
) -> None:
    axis = [1, 2, 4, 8, 16, 32, 64, 100]
    plan = plan_of(CURVE, published=shown)
    assert points(plan) == {"BCE": axis, "HSC": axis}
    assert published(plan) == []  # no point of a curve stands beside a table


def test_only_curves_of_methods_of_the_study_stand_behind_it(plan_of: Any) -> None:
    assert list(points(plan_of(CURVE | {"objectives": ["deepsad", "bce", "dsvdd"]}))) == ["BCE"]


@pytest.mark.parametrize(
    ("study", "others"),
    [
        ({}, {"published": "none"}),
        ({"normal_classes": [0]}, {}),
        ({"blur": 1}, {}),
        ({"draw": {"curve": None}}, {}),
        ({"sweep": {"oe_size": [1, 100]}, "draw": {"curve": "oe_size"}}, {}),
    ],
)
def test_no_published_curve_stands_behind_another_study(
    plan_of: Any, study: dict[str, Any], others: dict[str, Any]
) -> None:
    assert points(plan_of(CURVE | study, **others)) == {}


def test_a_curve_on_other_oe_images_does_not_stand_behind_a_study(plan_of: Any) -> None:
    mine = SMALL["datasets"]["things"] | {"image": [3, 32, 32]}
    study = CURVE | {"oe": "mine", "sweep": {"oe_classes": [1, 4]}}
    assert points(plan_of(study, datasets={"mine": mine})) == {}


# Blur


def test_the_blur_study_of_the_paper_shows_the_unblurred_runs_of_another(paper: Plan) -> None:
    grid = paper.studies["cifar10-blur"]
    assert (len(grid.runs), len(grid.shown)) == (1200, 1400)
    assert set(grid.unblurred) == set(grid.shown) & set(paper.studies["cifar10-oe-size"].runs)
    # 2 objectives x 10 classes x 10 seeds, at the same 128 images
    assert Counter((run.objective, run.oe_size, run.blur) for run in grid.unblurred) == {
        ("hsc", 128, 0.0): 100,
        ("bce", 128, 0.0): 100,
    }
    assert Manifests(paper).study("cifar10-blur").expected == 1400


def test_runs_that_are_shown_of_another_study_are_not_counted_twice(paper: Plan) -> None:
    listed = CliRunner().invoke(app, ["runs", "--studies", "--configfile", str(PAPER)]).stdout
    assert "cifar10-blur,120,1200" in listed.splitlines()
    assert len(paper.runs) == 19_800


def test_where_unblurred_runs_are_not_of_the_same_size_none_are_shown(plan_of: Any) -> None:
    blurred = {"oe_size": 4, "sweep": {"blur": [1, 2]}}
    assert plan_of(blurred, {"oe_size": 8}).studies["s0"].unblurred == []
    assert len(plan_of(blurred, {"oe_size": 4}).studies["s0"].unblurred) == 2
    own = {"oe_size": 4, "sweep": {"blur": [0, 1]}}
    assert plan_of(own, {"oe_size": 4}).studies["s0"].unblurred == []


# The files


def test_a_manifest_changes_with_what_is_shown_but_not_with_where_runs_are_trained(
    plan_of: Any,
) -> None:
    def both(*studies: dict[str, Any], **others: Any) -> tuple[StudyManifest, Manifest]:
        manifests = Manifests(plan_of(*studies, **others))
        return manifests.study("s0"), manifests.whole_plan()

    study, whole = both({})
    assert both({}) == (study, whole)
    assert both({}, device="cpu") == (study, whole)
    assert both({}, jobs={"mem_mb": 9, "runtime": 5}) == (study, whole)
    # The files that the scores are read from are another matter.
    assert both({}, jobs={"classes": 2})[0] != study
    titled = both({"title": "other"})
    assert titled[0] != study
    assert titled[1] == whole
    assert both({}, title="other")[1] != whole
    assert both({}, published="all")[1] != whole


def test_what_is_written_is_what_is_read(plan_of: Any, tmp_path: Path) -> None:
    manifests = Manifests(plan_of({**SIZES, "draw": {"curve": "oe_size"}}))
    folder = tmp_path / "plan"
    folder.mkdir()
    (folder / "s0.json").write_text(manifests.study("s0").model_dump_json(indent=1))
    (folder / "plan.json").write_text(manifests.whole_plan().model_dump_json(indent=1))
    whole, studies = read_all(folder)
    assert whole == manifests.whole_plan()
    assert studies == [manifests.study("s0")]
    assert studies[0].paths() == [run.path for run in manifests.plan.studies["s0"].shown]
    looked_at = manifests.looked_at("s0")
    assert studies[0].look == (scores_file(manifests.plan, looked_at), looked_at.member)


def test_a_manifest_that_is_missing_or_something_else_is_refused_with_a_sentence(
    tmp_path: Path,
) -> None:
    path = tmp_path / "s0.json"
    with pytest.raises(ValueError, match=r"there is no file .*s0\.json; `snakemake .*` writes it"):
        read(path, StudyManifest)
    for text in ("", "{}", '{"name": 3}'):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"s0\.json is not what a study asks for"):
            read(path, StudyManifest)


def test_a_data_set_says_what_it_is_used_for(plan_of: Any) -> None:
    pets, things = Manifests(plan_of({})).whole_plan().datasets
    assert (pets.name, pets.uses, pets.oe) == ("pets", ("normal and test images",), ("things",))
    assert (pets.classes, pets.train, pets.test, pets.image) == (2, 110, 20, (1, 28, 28))
    assert (things.name, things.uses, things.oe) == ("things", ("OE images",), ())
    assert (things.classes, things.train, things.test) == (4, 100, 0)


def test_a_method_without_oe_in_a_study_of_blur_is_shown_once(plan_of: Any) -> None:
    study = {"objectives": ["hsc", "dsvdd"], "oe_size": 4, "sweep": {"blur": [1, 2]}}
    plan = plan_of(study, {"objectives": ["hsc", "dsvdd"], "oe_size": 4})
    paths = Manifests(plan).study("s0").paths()
    assert len(paths) == len(set(paths)) == 2 * (3 + 1)  # 2 classes; hsc at blur 0, 1, 2; dsvdd


def test_classes_with_other_seeds_are_groups_of_their_own(plan_of: Any) -> None:
    plan = plan_of({"seeds": 3}, {"seeds": [2], "normal_classes": [1]})
    every = [run for grid in plan.studies.values() for run in grid.runs]
    uneven = [run for run in every if (run.normal_class, run.seed) != (1, 3)]
    found = [path for group in groups(plan, uneven) for path in group.paths()]
    assert sorted(found) == sorted(run.path for run in uneven)
