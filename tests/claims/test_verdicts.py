"""Claims judged on the runs of a configuration, and the table of all verdicts."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from claim_cases import JUDGED, Outcome, asked, claiming, far_apart, finished, judged_cases
from grid_cases import SMALL, plans

from oebench.claims.entries import read_claims
from oebench.claims.findings import CONTRADICTED, HOLDS, OPEN, UNDECIDED
from oebench.claims.verdicts import Verdict, as_csv, coverage, judge, read_verdicts, summary
from oebench.config.catalog import of_catalog
from oebench.plan.plan import Plan
from oebench.validation import ConfigError

FOREIGN = {"cifar10": "tinyimages"}  # not in the configuration
BOTH = {"seeds": 3, "objectives": ["hsc", "bce"]}
BETTER = {"check": {"better": "hsc", "than": "bce"}}


@pytest.fixture
def plan_of(tmp_path: Path) -> Callable[..., Plan]:
    return claiming(tmp_path)


def verdicts(plan: Plan, score: Outcome = far_apart) -> list[Verdict]:
    return judge(*asked(plan), finished(plan, score))


# A verdict


def test_a_verdict_has_all_that_a_reader_needs(plan_of: Any) -> None:
    changes = {"note": "A note.", "stricter": {"exceeds": "hsc", "value": 99}}
    (found,) = verdicts(plan_of(BOTH, claims=[{**BETTER, **changes, "tolerance": "ours"}]))
    about = found.claim, found.text, found.dataset, found.oe
    assert about == ("C1", "hsc is good.", "pets", "things")
    assert (found.verdict, found.check) == (HOLDS, "hsc is better than bce")
    assert found.numbers == "hsc − bce: +10.0 (+10.0 to +10.0) points"
    assert (found.stricter_verdict, found.stricter_check) == (UNDECIDED, "hsc exceeds 99 %")
    assert found.stricter_numbers.startswith("hsc: 71.0 (")
    assert found.tolerance == "ours"
    assert (found.runs, found.collapsed, found.diverged, found.missing) == (12, 0, 0, "")
    assert (found.status, found.source, found.note) == ("secondary", "page 3", "A note.")
    assert (found.own, found.told, found.more_seeds) == (True, HOLDS, "")


def test_without_a_stricter_check_and_tolerance_there_are_none(plan_of: Any) -> None:
    (found,) = verdicts(plan_of(BOTH, claims=[BETTER]))
    assert (found.stricter_verdict, found.stricter_check, found.stricter_numbers) == ("", "", "")
    assert found.tolerance == "none"


def test_a_claim_beyond_statements_says_why(plan_of: Any) -> None:
    beyond = {"check": None, "beyond": "It is about dreams."}
    (found,) = verdicts(plan_of(BOTH, claims=[beyond]))
    assert (found.verdict, found.told, found.missing) == (OPEN, OPEN, "It is about dreams.")
    assert (found.check, found.numbers, found.runs) == ("", "", 0)


@pytest.mark.parametrize(
    ("differences", "seeds", "said"),
    [
        (
            (20, 0),
            3,
            "no number of seeds would decide it: classes differ too much for what is asked",
        ),
        ((10, 10), 1, "1 more seed would probably decide it"),
        ((10, 10), 3, ""),
    ],
)
def test_an_undecided_claim_says_what_would_decide_it(
    plan_of: Any, differences: tuple[float, float], seeds: int, said: str
) -> None:
    def score(run: Any) -> float:
        return 70 + run.seed + differences[run.normal_class] * (run.objective == "hsc")

    (found,) = verdicts(plan_of({**BOTH, "seeds": seeds}, claims=[BETTER]), score)
    assert (found.verdict == UNDECIDED, found.more_seeds) == (bool(said), said)


def test_claims_are_judged_in_their_order(plan_of: Any) -> None:
    checks = [{"check": {"better": "hsc", "than": "bce", "by": by}} for by in (0, 20, -20)]
    found = verdicts(plan_of(BOTH, claims=checks))
    assert [each.claim for each in found] == ["C1", "C2", "C3"]
    assert [each.verdict for each in found] == [HOLDS, CONTRADICTED, HOLDS]


def test_failed_runs_are_counted_and_left_out_and_shared_ones_count_once(plan_of: Any) -> None:
    plan = plan_of({**BOTH, "objectives": ["hsc"]}, BOTH, claims=[BETTER])
    failed = {("hsc", 0, 2): "collapsed", ("hsc", 1, 2): "collapsed", ("bce", 0, 3): "diverged"}

    def score(run: Any) -> Any:
        key = run.objective, run.normal_class, run.seed
        return failed.get(key, 79 + run.seed - 10 * (run.objective == "bce"))

    (found,) = verdicts(plan, score)
    assert (found.runs, found.collapsed, found.diverged) == (12, 2, 1)
    assert found.numbers == "hsc − bce: +10.0 (+10.0 to +10.0, one seed) points"


def test_what_is_not_finished_is_counted_and_named(plan_of: Any) -> None:
    plan = plan_of({"seeds": 2}, {"seeds": 2})  # of the same runs
    (found,) = verdicts(plan, lambda run: 80 if run.seed == 1 else None)
    assert (found.verdict, found.numbers, found.runs) == (OPEN, "", 0)
    assert found.missing.startswith("2 of 4 runs of hsc on pets with things, first dataset=pets/")
    assert found.missing.endswith("normal_class=0/seed=2")
    (nothing,) = verdicts(plan, lambda run: None)
    assert "4 of 4 runs" in nothing.missing


# What a verdict is about

CIFAR = {"dataset": "cifar10", "oe": "cifar100"}
EPOCHS = of_catalog()["cifar10"].epochs


def of_cifar(plan_of: Any, pair: dict[str, str] = CIFAR, **recipe: Any) -> Verdict:
    """The verdict on a claim about CIFAR-10 with CIFAR-100, of runs with this recipe."""
    claims = [{**BETTER, "data": {"cifar10": "cifar100"}}]
    study = {**BOTH, **pair, "recipe": {"name": "cifar10", **recipe}}
    plan = plan_of(study, claims=claims, data={pair["dataset"]: pair["oe"]})
    (found,) = verdicts(plan, lambda run: 79 + run.seed - 10 * (run.objective == "bce"))
    assert found.verdict == HOLDS
    return found


@pytest.mark.parametrize(
    ("changed", "own", "said"),
    [
        ({}, True, f"{EPOCHS} epochs"),
        ({"threads": 2}, True, f"{EPOCHS} epochs"),
        ({"epochs": 160}, False, f"160 epochs (claim: {EPOCHS})"),
        (
            {"batch": 50, "learning_rate": 0.1},
            False,
            f"{EPOCHS} epochs, other batch, learning_rate",
        ),
    ],
)
def test_a_verdict_says_of_what_recipe_it_is(
    plan_of: Any, changed: dict[str, Any], own: bool, said: str
) -> None:
    """That of the catalogue with the name of the data set is the claim's own."""
    found = of_cifar(plan_of, **changed)
    assert found.scope == f"cifar10 with cifar100, {said}, 3 seeds"
    assert found.own == own
    assert found.told == (HOLDS if own else f"on other data: {HOLDS}")


def test_a_verdict_says_of_which_images_and_classes_it_is(plan_of: Any) -> None:
    other = of_cifar(plan_of, {"dataset": "cifar10", "oe": "random-images-300k"})
    assert not other.own
    assert other.scope == f"cifar10 with random-images-300k, {EPOCHS} epochs, 3 seeds"
    (found,) = verdicts(plan_of({**BOTH, "normal_classes": ["dog"]}, claims=[BETTER]))
    assert found.scope == "pets with things, 2 epochs, 3 seeds, 1 of 2 classes"
    (found,) = verdicts(plan_of({**BOTH, "seeds": 1}, claims=[BETTER]))
    assert found.scope == "pets with things, 2 epochs, 1 seed"


def test_a_verdict_without_runs_is_about_the_data_alone(plan_of: Any) -> None:
    (found,) = verdicts(plan_of({}, claims=[BETTER]), lambda run: None)
    assert (found.verdict, found.scope) == (OPEN, "pets with things")


def test_what_cannot_be_judged_is_not_said_to_be_elsewhere(plan_of: Any) -> None:
    claim = {**BETTER, "data": {"pets": "noise"}, "asked_of": "images"}
    (found,) = verdicts(plan_of(BOTH, claims=[claim], data={"pets": "things"}))
    assert (found.own, found.told) == (False, f"on other data: {HOLDS}")
    (found,) = verdicts(plan_of({}, claims=[claim], data={"pets": "things"}))
    assert (found.own, found.told) == (False, OPEN)


# The data sets that a claim is judged on


def where(plan: Plan) -> list[tuple[str, str, str, str]]:
    return [(each.claim, each.dataset, each.oe, each.told) for each in verdicts(plan)]


def test_a_claim_about_other_data_cannot_be_judged_and_says_so(plan_of: Any) -> None:
    (found,) = verdicts(plan_of(BOTH, claims=[{**BETTER, "data": FOREIGN}]))
    assert (found.dataset, found.oe, found.verdict) == ("cifar10", "tinyimages", OPEN)
    assert found.missing == "the configuration has no runs of hsc on cifar10 with tinyimages"


ELSEWHERE = f"on other data: {HOLDS}"


@pytest.mark.parametrize(
    ("asked_of", "own", "expected"),
    [
        # pets with things are the configuration's; data asks for them.
        ("any", {"pets": "things"}, ("pets", "things", HOLDS)),
        ("any", {"pets": "noise"}, ("pets", "things", ELSEWHERE)),
        ("any", FOREIGN, ("pets", "things", ELSEWHERE)),
        ("images", {"pets": "things"}, ("pets", "things", HOLDS)),
        ("images", {"pets": "noise"}, ("pets", "things", ELSEWHERE)),
        ("images", FOREIGN, ("cifar10", "tinyimages", OPEN)),
        ("pair", {"pets": "things"}, ("pets", "things", HOLDS)),
        ("pair", {"pets": "noise"}, ("pets", "noise", OPEN)),
        ("pair", FOREIGN, ("cifar10", "tinyimages", OPEN)),
    ],
)
def test_a_claim_says_of_what_data_it_can_be_asked(
    plan_of: Any, asked_of: str, own: dict[str, str], expected: tuple[str, ...]
) -> None:
    claim = {**BETTER, "asked_of": asked_of, "data": own}
    assert where(plan_of(BOTH, claims=[claim], data={"pets": "things"})) == [("C1", *expected)]


def test_of_the_data_of_a_claim_those_of_the_configuration_are_judged(plan_of: Any) -> None:
    claim = {**BETTER, "data": {**FOREIGN, "pets": "things"}}
    assert where(plan_of(BOTH, claims=[claim])) == [("C1", "pets", "things", HOLDS)]


def test_added_data_that_there_are_not_are_refused(plan_of: Any) -> None:
    with pytest.raises(ConfigError, match=r"claims\.data: 'thing' is not a known data set; did"):
        plan_of({}, data={"pets": "thing"})


def test_data_sets_that_take_the_place_of_others_do_so_in_claims(plan_of: Any) -> None:
    study = {**BOTH, "dataset": "cifar10", "oe": "tinyimages"}
    claims = [{**BETTER, "data": FOREIGN}]
    plan = plan_of(study, claims=claims, replace={"cifar10": "pets", "tinyimages": "things"})
    assert where(plan) == [("C1", "pets", "things", ELSEWHERE)]


def test_only_published_values_that_may_be_shown_are_compared(plan_of: Any) -> None:
    """CSI on CIFAR-10, 94.3, is verified; BCE, 96.1, is not."""
    cifar = {"datasets": SMALL["datasets"] | {"cifar10": SMALL["datasets"]["pets"]}}
    claims = [
        {"data": {"cifar10": "things"}, "check": {"exceeds": "hsc", "published": name}}
        for name in ("CSI", "BCE")
    ]
    expected = {"verified": [HOLDS, OPEN], "all": [HOLDS, CONTRADICTED], "none": [OPEN, OPEN]}
    for shown, found in expected.items():
        plan = plan_of({"dataset": "cifar10", "seeds": 3}, claims=claims, **cifar, published=shown)
        told = verdicts(plan, lambda run: 95 + run.seed / 100)
        assert [each.verdict for each in told] == found, shown


# Claims of one's own


OURS = {**JUDGED[1], "claim": "Ours.", "status": "verified", "source": "x", "data": FOREIGN}


def test_the_claims_of_the_paper_are_judged_and_then_ones_own(tmp_path: Path) -> None:
    def names(given: dict[str, Any]) -> list[str]:
        found = verdicts(plans(tmp_path / "own.yaml")(BOTH, claims=given))
        return list(dict.fromkeys(each.claim for each in found))

    paper = [*read_claims()]
    assert names({}) == paper
    assert names({"own": {"D1": OURS}}) == [*paper, "D1"]
    assert names({"paper": False, "own": {"D1": OURS}}) == ["D1"]
    assert names({"paper": False}) == []
    with pytest.raises(ConfigError, match=r"claims\.own: C3 is a claim of the paper; name it oth"):
        names({"own": {"C3": OURS}})
    assert names({"paper": False, "own": {"C3": OURS}}) == ["C3"]


def test_a_wrong_claim_of_ones_own_stops_the_configuration_with_its_sentence(
    plan_of: Any,
) -> None:
    check = {"better": "hsc", "than": ["bec"]}
    with pytest.raises(ConfigError, match=r"claims\.own\.C1\.check\.than\.0.*: 'bec' is not a kno"):
        plan_of({}, claims=[{"check": check}])


# All verdicts


@pytest.fixture
def judged(plan_of: Any) -> Any:
    return judged_cases(plan_of)


def test_a_csv_is_read_as_it_was_written(judged: Any, tmp_path: Path) -> None:
    found = judge(*judged)
    assert [each.verdict for each in found] == [HOLDS, CONTRADICTED, UNDECIDED, OPEN, HOLDS]
    found[0] = replace(found[0], own=False)
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


def test_the_summary_counts_verdicts_and_those_on_other_data_apart(judged: Any) -> None:
    found = judge(*judged)
    own, other = "On the data and with the recipe that they are about", "on other data"
    counts = "2 hold, 1 contradicted, 1 undecided"
    assert summary(found) == f"{own}: {counts}; {other}: none was judged; 1 cannot be judged"
    elsewhere = [replace(each, own=False) for each in found]
    assert summary(elsewhere) == (f"{own}: none was judged; {other}: {counts}; 1 cannot be judged")
    assert summary(found[:1] + elsewhere[1:2]) == (
        f"{own}: 1 holds, 0 contradicted, 0 undecided; "
        f"{other}: 0 hold, 1 contradicted, 0 undecided; 0 cannot be judged"
    )


def test_the_coverage_counts_runs(judged: Any, plan_of: Any) -> None:
    whole, _, runs = judged
    assert coverage(whole, runs) == "96 of 96 runs are finished; 1 collapsed, 2 diverged"
    plan = plan_of({"seeds": 2}, {"seeds": 2})
    some = finished(plan, lambda run: 80 if run.seed == 1 else None)
    told = coverage(asked(plan)[0], some)
    assert told == "2 of 4 runs are finished; 0 collapsed, 0 diverged"
