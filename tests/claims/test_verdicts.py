"""Claims judged on the runs of a configuration, and the table of all verdicts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from claim_cases import Outcome, asked, by_seed, claiming, finished, judged_cases
from grid_cases import SMALL

from oebench.claims.judge import FAILS, HOLDS, OPEN
from oebench.claims.verdicts import Verdict, as_csv, coverage, judge, read_verdicts, summary
from oebench.plan.plan import Plan
from oebench.validation import ConfigError

FOREIGN = {"cifar10": "tinyimages"}  # not in the configuration


@pytest.fixture
def plan_of(tmp_path: Path) -> Callable[..., Plan]:
    return claiming(tmp_path)


def verdicts(plan: Plan, score: Outcome) -> list[Verdict]:
    return judge(*asked(plan), finished(plan, score))


# A verdict


def test_a_verdict_has_all_that_a_reader_needs(plan_of: Any) -> None:
    changes = {"note": "A note.", "tolerance": 2, "tolerance_source": "ours, in points"}
    check = {"check": "auroc(hsc) > 70 + tolerance", "stricter": "auroc(bce) > 90"}
    (found,) = verdicts(
        plan_of({"seeds": 2, "objectives": ["hsc", "bce"]}, claims=[changes | check]), by_seed
    )
    about = found.claim, found.text, found.dataset, found.oe
    assert about == ("C1", "hsc is good.", "pets", "things")
    assert (found.verdict, found.check) == (HOLDS, check["check"])
    assert "73.5 ± 3.5 >" in found.numbers
    assert (found.stricter_verdict, found.stricter_check) == (FAILS, check["stricter"])
    assert "73.5 ± 3.5 > 90" in found.stricter_numbers
    assert found.tolerance == "2 (ours, in points)"
    assert (found.runs, found.collapsed, found.diverged, found.missing) == (8, 0, 0, "")
    assert (found.status, found.source, found.note) == ("secondary", "page 3", "A note.")


def test_without_a_stricter_check_and_tolerance_there_are_none(plan_of: Any) -> None:
    (found,) = verdicts(plan_of({}), lambda run: 60)
    assert found.verdict == FAILS
    assert (found.stricter_verdict, found.stricter_check, found.stricter_numbers) == ("", "", "")
    assert found.tolerance == "none"


def test_claims_are_judged_in_their_order_each_with_its_tolerance(plan_of: Any) -> None:
    check = {"check": "auroc(hsc) > tolerance", "tolerance_source": "ours"}
    plan = plan_of({}, claims=[check | {"tolerance": 50}, check | {"tolerance": 90}, check])
    found = verdicts(plan, lambda run: 80)
    assert [each.claim for each in found] == ["C1", "C2", "C3"]
    assert [each.verdict for each in found] == [HOLDS, FAILS, HOLDS]


def test_failed_runs_are_counted_and_left_out_and_shared_ones_count_once(plan_of: Any) -> None:
    plan = plan_of({"seeds": 3}, {"objectives": ["hsc", "bce"], "seeds": 3})
    failed = {(0, 2): "collapsed", (1, 2): "collapsed", (0, 3): "diverged"}
    (found,) = verdicts(plan, lambda run: failed.get((run.normal_class, run.seed), 80))
    assert (found.verdict, found.runs, found.collapsed, found.diverged) == (HOLDS, 6, 2, 1)


def test_what_is_not_finished_is_counted_and_named(plan_of: Any) -> None:
    plan = plan_of({"seeds": 2}, {"seeds": 2})  # of the same runs
    (found,) = verdicts(plan, lambda run: 80 if run.seed == 1 else None)
    assert (found.verdict, found.numbers, found.runs) == (OPEN, "", 0)
    assert found.missing.startswith("2 of 4 runs of hsc on pets with things, first dataset=pets/")
    assert found.missing.endswith("normal_class=0/seed=2")
    (nothing,) = verdicts(plan, lambda run: None)
    assert "4 of 4 runs" in nothing.missing


# The data sets that a claim is judged on


def where(plan: Plan) -> list[tuple[str, str, str, str]]:
    return [(each.claim, each.dataset, each.oe, each.verdict) for each in verdicts(plan, by_seed)]


def test_a_claim_about_other_data_cannot_be_judged_and_says_so(plan_of: Any) -> None:
    (found,) = verdicts(plan_of({}, claims=[{"data": FOREIGN}]), by_seed)
    assert (found.dataset, found.oe, found.verdict) == ("cifar10", "tinyimages", OPEN)
    assert found.missing == "the configuration has no runs of hsc on cifar10 with tinyimages"


def test_general_claims_alone_are_judged_on_the_data_that_are_added(plan_of: Any) -> None:
    claims = [{"data": FOREIGN, "general": True}, {"data": FOREIGN}, {"general": True}]
    assert where(plan_of({}, claims=claims, data={"pets": "things"})) == [
        ("C1", "pets", "things", FAILS),  # 70 > 70 is false: only seed 1
        ("C2", "cifar10", "tinyimages", OPEN),
        ("C3", "pets", "things", FAILS),
    ]


def test_of_the_data_of_a_claim_those_of_the_configuration_are_judged(plan_of: Any) -> None:
    claim = {"data": {**FOREIGN, "pets": "things"}, "check": "auroc(hsc) >= 70"}
    assert where(plan_of({}, claims=[claim])) == [("C1", "pets", "things", HOLDS)]


def test_added_data_that_there_are_not_are_refused(plan_of: Any) -> None:
    with pytest.raises(ConfigError, match=r"claims\.data: 'thing' is not a known data set; did"):
        plan_of({}, data={"pets": "thing"})


def test_data_sets_that_take_the_place_of_others_do_so_in_claims(plan_of: Any) -> None:
    study = {"dataset": "cifar10", "oe": "tinyimages"}
    plan = plan_of(
        study, claims=[{"data": FOREIGN}], replace={"cifar10": "pets", "tinyimages": "things"}
    )
    assert where(plan) == [("C1", "pets", "things", FAILS)]


def test_a_wrong_file_of_claims_stops_the_configuration_with_its_sentence(plan_of: Any) -> None:
    with pytest.raises(ConfigError, match=r"small\.yaml: claims\.yaml: C1\.check: 'auroc\(hsc\)'"):
        plan_of({}, claims=[{"check": "auroc(hsc)"}])


def test_only_published_values_that_may_be_shown_are_compared(plan_of: Any) -> None:
    """CSI on CIFAR-10, 94.3, is verified; BCE, 96.1, is not."""
    cifar = {"datasets": SMALL["datasets"] | {"cifar10": SMALL["datasets"]["pets"]}}
    claims = [
        {"data": {"cifar10": "things"}, "check": f'auroc(hsc) > published("{name}")'}
        for name in ("CSI", "BCE")
    ]
    for shown, expected in (("verified", [HOLDS, OPEN]), ("all", [HOLDS, FAILS])):
        plan = plan_of({"dataset": "cifar10"}, claims=claims, **cifar, published=shown)
        assert [each.verdict for each in verdicts(plan, lambda run: 95)] == expected


# The runs that a claim rests on

WHOLE = SMALL["recipes"]["quick"] | {"augmentation": "flip_crop"}


@pytest.mark.parametrize(
    ("studies", "default", "other"),
    [
        # The whole of the pool has 100 images and 4 classes.
        ([{"sweep": {"oe_size": [10, 100]}}], {"oe_size": 100}, "oe_size=10"),
        ([{"sweep": {"oe_classes": [1, 4]}}], {"oe_classes": 4}, "oe_classes=1"),
        ([{}, {"oe_size": "all"}], {"oe_size": 100}, "oe_classes=all"),
        ([{"sweep": {"blur": [0, 2]}}], {"blur": 0}, "blur=2"),
        ([{"sweep": {"norm": ["l1", "pseudo_huber"]}}], {"norm": "pseudo_huber"}, 'norm="l1"'),
        ([{"sweep": {"augment": [False, True]}}], {"augment": True}, "augment=False"),
        ([{}, {"sweep": {"epochs": [3, 4]}}], {"recipe": "quick"}, 'recipe="quick~epochs=3"'),
        ([{}, {"oe": "noise"}], {"oe": "things"}, 'oe="noise"'),
        ([{"recipe": "plain"}, {"oe": "noise"}], {"oe": "things"}, 'oe="noise"'),
        ([{"oe": "noise"}, {"sweep": {"augment": [True, False]}}], {"oe": "things"}, 'oe="noise"'),
    ],
)
def test_a_key_that_is_not_named_has_its_default(
    plan_of: Any, studies: list[dict[str, Any]], default: dict[str, Any], other: str
) -> None:
    """The default has 80, all else 40."""
    check = f"auroc(hsc) > 70 and auroc(hsc, {other}) < 70"
    recipes = {"recipes": {"quick": WHOLE, "plain": SMALL["recipes"]["quick"]}}
    plan = plan_of(*studies, claims=[{"check": check}], **recipes)
    ((key, value),) = default.items()
    (found,) = verdicts(plan, lambda run: 80 if getattr(run, key) == value else 40)
    assert (found.verdict, found.missing) == (HOLDS, "")


def test_runs_of_two_recipes_cannot_be_told_apart_unless_one_is_named(plan_of: Any) -> None:
    studies = {}, {"recipe": "slow"}
    recipes = {"recipes": SMALL["recipes"] | {"slow": SMALL["recipes"]["quick"] | {"epochs": 9}}}
    named = 'auroc(hsc, recipe="slow") < 50'
    plan = plan_of(*studies, claims=[{}, {"check": named}], **recipes)
    first, second = verdicts(plan, lambda run: 80 if run.recipe == "quick" else 40)
    assert (first.verdict, second.verdict) == (OPEN, HOLDS)
    assert first.missing.startswith("runs of 2 kinds match hsc on pets with things: ")
    assert all(f"recipe={name}~" in first.missing for name in ("quick", "slow"))


def test_gamma_and_methods_without_oe_have_their_defaults_too(plan_of: Any) -> None:
    studies = {"objectives": ["focal"], "sweep": {"gamma": [0, 2]}}, {"objectives": ["dsvdd"]}
    check = "auroc(focal) > 70 and auroc(focal, gamma=0) < 50 and auroc(dsvdd) < 50"
    (found,) = verdicts(
        plan_of(*studies, claims=[{"check": check}]), lambda run: 80 * (run.gamma == 2)
    )
    assert found.verdict == HOLDS


def test_runs_of_another_study_are_the_unblurred_ones_of_a_sweep(plan_of: Any) -> None:
    check = "all(auroc(hsc, blur=b) > 75 for b in blur if b < 2)"
    plan = plan_of({}, {"sweep": {"blur": [1, 2]}}, claims=[{"check": check}])
    (found,) = verdicts(plan, lambda run: 80 - 2 * run.blur)
    assert found.verdict == HOLDS
    assert [each in found.numbers for each in ("b = 0", "b = 1", "b = 2")] == [True, True, False]


# All verdicts


@pytest.fixture
def judged(plan_of: Any) -> Any:
    return judged_cases(plan_of)


def test_a_csv_is_read_as_it_was_written(judged: Any, tmp_path: Path) -> None:
    found = judge(*judged)
    assert [each.verdict for each in found] == [HOLDS, FAILS, OPEN, HOLDS]
    (tmp_path / "claims.csv").write_text(as_csv(found))
    assert read_verdicts(tmp_path / "claims.csv") == found


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda text: "",
        lambda text: "claim,verdict\nC1,holds\n",
        lambda text: text.replace("verdict", "found", 1),
        lambda text: text[: text.rindex("C4,") + 20],
    ],
)
def test_another_csv_is_refused_with_a_sentence(spoilt: Any, judged: Any, tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text(spoilt(as_csv(judge(*judged))))
    with pytest.raises(ValueError, match=r"claims\.csv is not a table of verdicts; delete it"):
        read_verdicts(path)


def test_the_summary_counts_verdicts(judged: Any) -> None:
    assert summary(judge(*judged)) == "2 hold, 1 fail, 1 cannot be judged"


def test_the_coverage_counts_runs(judged: Any, plan_of: Any) -> None:
    whole, _, runs = judged
    assert coverage(whole, runs) == "32 of 32 runs are finished; 1 collapsed, 2 diverged"
    plan = plan_of({"seeds": 2}, {"seeds": 2})
    some = finished(plan, lambda run: 80 if run.seed == 1 else None)
    told = coverage(asked(plan)[0], some)
    assert told == "2 of 4 runs are finished; 0 collapsed, 0 diverged"
