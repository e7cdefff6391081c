"""The verdict on a comparison: its numbers, the runs that they rest on, and what is missing."""

from typing import Any

import pytest
from claim_cases import (
    BCE,
    BETTER,
    CLOSE,
    HALF,
    HIGH,
    HSC,
    LOW,
    YES,
    blur,
    finding,
    judge,
    missing,
    runs,
    size,
    sizes,
    statement,
    verdict,
)
from scipy.stats import t as student

from oebench.claims.findings import CONTRADICTED, HOLDS, UNDECIDED
from oebench.wording import amount


def test_the_numbers_of_this_file() -> None:
    assert abs(HALF - 4.302653 / 3**0.5) < CLOSE
    assert (round(LOW, 1), round(HIGH, 1)) == (8.5, 13.5)


# Comparisons


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (0, HOLDS),
        (LOW - CLOSE, HOLDS),
        (LOW + CLOSE, UNDECIDED),
        (11, UNDECIDED),
        (HIGH - CLOSE, UNDECIDED),
        (HIGH + CLOSE, CONTRADICTED),
    ],
)
def test_better_is_a_difference_above_a_number(by: float, expected: str) -> None:
    assert verdict({**BETTER, "by": by}, HSC, BCE) == expected
    other = {"better": "bce", "than": "hsc", "by": -by}  # as much worse at most
    turned = {HOLDS: CONTRADICTED, CONTRADICTED: HOLDS, UNDECIDED: UNDECIDED}
    assert verdict(other, HSC, BCE) == turned[expected]


@pytest.mark.parametrize(
    ("within", "expected"),
    [
        (LOW - CLOSE, CONTRADICTED),
        (LOW + CLOSE, UNDECIDED),
        (HIGH - CLOSE, UNDECIDED),
        (HIGH + CLOSE, HOLDS),
    ],
)
def test_equivalent_is_a_difference_between_two_numbers(within: float, expected: str) -> None:
    for one, other in (("hsc", "bce"), ("bce", "hsc")):
        assert verdict({"equivalent": one, "to": other, "within": within}, HSC, BCE) == expected


def test_the_numbers_have_the_difference_with_its_interval() -> None:
    found = finding({**BETTER, "where": {"oe_size": "all"}}, HSC, BCE)
    assert found.numbers == ("hsc − bce with all OE images: +11.0 (+8.5 to +13.5) points",)
    other = finding({"better": "bce", "than": {"objective": "hsc", "norm": "pseudo_huber"}},
                    HSC, BCE)  # fmt: skip
    assert other.numbers == ("bce − hsc (norm pseudo_huber): −11.0 (−13.5 to −8.5) points",)


def test_classes_and_seeds_are_both_a_sample() -> None:
    """Differences of cats 10, 11, 12 and of dogs 0, 1, 2: the class means are 11 and 1."""
    hsc, bce = runs("hsc", (80, 81, 82), (70, 71, 72)), runs("bce", (70,) * 3, (70,) * 3)
    # Variances of the mean 6 by classes, 50 / 2, and by seeds, 1 / 3, without a rest: together
    # 76 / 3, with (76 / 3)^2 / (25^2 / 1 + (1 / 3)^2 / 2) = 1.03 degrees of freedom.
    squared = 76 / 3
    free = squared**2 / (25**2 + 1 / 18)
    low = 6 - student.ppf(0.975, free) * squared**0.5
    for by, expected in ((low - 1e-4, HOLDS), (low + 1e-4, UNDECIDED)):
        assert verdict({**BETTER, "by": by}, hsc, bce) == expected


def test_runs_are_paired_by_seed_and_class() -> None:
    """Seeds differ by 20 in both methods, and so do classes: of pairs it is 3, 4, 5."""
    hsc, bce = runs("hsc", (53, 74, 95), (33, 54, 75)), runs("bce", (50, 70, 90), (30, 50, 70))
    assert finding(BETTER, hsc, bce).numbers == ("hsc − bce: +4.0 (+1.5 to +6.5) points",)
    mixed = runs("bce", (70, 90, 50), (50, 70, 30))
    assert verdict(BETTER, hsc, mixed) == UNDECIDED


def test_runs_without_a_partner_do_not_count() -> None:
    hsc = runs("hsc", cat=(80, 81, 82, 10), dog=(20, 20, 20))
    assert finding(BETTER, hsc, BCE).numbers == ("hsc − bce: +11.0 (+8.5 to +13.5) points",)


def test_a_method_that_no_seed_changes_is_compared_with_every_seed() -> None:
    kde = runs("kde", cat=(70,))
    found = finding({"exceeds": "hsc", "baseline": "kde"}, HSC, kde)
    assert found.numbers == ("hsc − kde: +11.0 (+8.5 to +13.5) points",)


def test_one_method_is_compared_with_each_of_others() -> None:
    focal = runs("focal", cat=(81, 82, 83))
    found = finding({"better": "hsc", "than": ["bce", "focal"]}, HSC, BCE, focal)
    assert found.verdict == CONTRADICTED
    assert [each.partition(":")[0] for each in found.numbers] == ["hsc − bce", "hsc − focal"]
    assert verdict({"better": "focal", "than": ["bce", "hsc"]}, HSC, BCE, focal) == HOLDS


# Ranges and places


def at_sizes(*margins: float) -> list[list[dict[str, Any]]]:
    """hsc and bce with 1, 2, 4, ... OE images; how much better hsc is there, by a point or so."""
    return [
        sizes("hsc", *([50 + each + step for step in (0, 1, 2)] for each in margins)),
        sizes("bce", *([51, 51, 51] for _ in margins)),
    ]


@pytest.mark.parametrize(
    ("meant", "values"),
    [
        ({}, [1, 2, 4, 8]),
        ({"at_most": 2}, [1, 2]),
        ({"at_least": 4}, [4, 8]),
        ({"above": 2}, [4, 8]),
        ({"above": 1, "at_most": 4}, [2, 4]),
    ],
)
def test_a_range_is_every_value_that_studies_sweep_in_it(
    meant: dict[str, int], values: list[int]
) -> None:
    found = finding({**BETTER, "where": {"oe_size": meant}}, *at_sizes(5, 5, 5, 5))
    assert found.verdict == HOLDS
    assert found.numbers == tuple(
        f"hsc − bce with {amount(value, 'OE image')}: +5.0 (+2.5 to +7.5) points"
        for value in values
    )


@pytest.mark.parametrize(
    ("margins", "expected"),
    [
        ((5, 5, 5), HOLDS),
        ((5, -9, 5), CONTRADICTED),
        ((5, 0, 5), UNDECIDED),
        ((0, -9, 5), CONTRADICTED),
    ],
)
def test_a_statement_on_a_range_needs_every_value(margins: Any, expected: str) -> None:
    assert verdict({**BETTER, "where": {"oe_size": {}}}, *at_sizes(*margins)) == expected


@pytest.mark.parametrize(
    ("margins", "expected", "first"),
    [
        ((-9, 5, 5), HOLDS, "so from oe size 2 on"),
        ((5, 0, 5), HOLDS, "so from oe size 4 on"),
        ((5, 5, 5), HOLDS, "so from oe size 1 on"),
        ((5, 5, 0), UNDECIDED, "hsc − bce with 1 OE image: "),
        ((5, 5, -9), CONTRADICTED, "hsc − bce with 1 OE image: "),
    ],
)
def test_from_some_value_on_is_decided_by_the_last(margins: Any, expected: str, first: str) -> None:
    found = finding({**BETTER, "where": {"oe_size": {"from_some": True}}}, *at_sizes(*margins))
    assert found.verdict == expected
    assert found.numbers[0].startswith(first)


def test_from_some_value_on_is_among_those_of_the_range() -> None:
    meant = {"at_most": 2, "from_some": True}
    assert verdict({**BETTER, "where": {"oe_size": meant}}, *at_sizes(0, 5, -9)) == HOLDS


def around(middle: float, **keys: Any) -> list[dict[str, Any]]:
    return runs("hsc", cat=(middle - 1, middle, middle + 1), **keys)


def mean_of(where: dict[str, Any], *rows: list[dict[str, Any]]) -> str:
    (number,) = finding({"exceeds": "hsc", "value": 50, "where": where}, *rows).numbers
    return number.partition(": ")[2].partition(" (")[0]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, "11.0"),
        ({"oe_size": "all"}, "11.0"),
        ({"oe_size": 100}, "11.0"),
        ({"oe_size": 7}, "21.0"),
        ({"oe_classes": 2}, "31.0"),
        ({"oe_classes": "all"}, "41.0"),
        ({"blur": 2}, "51.0"),
        ({"norm": "l1"}, "61.0"),
        ({"recipe": "slow"}, "71.0"),  # of a study that sweeps a key of the recipe
        ({"oe": "noise"}, "81.0"),
    ],
)
def test_where_names_the_runs_and_what_it_does_not_name_has_its_default(
    where: dict[str, Any], expected: str
) -> None:
    rows = [
        *(around(11), around(21, oe_size=7), around(31, oe_classes=2), around(41, oe_classes=4)),
        *(around(51, blur=2.0), around(61, norm="l1")),
        *(around(71, recipe="slow", study="epochs"), around(81, oe="noise", oe_size=50)),
    ]
    assert mean_of(where, *rows) == expected


def test_runs_are_augmented_where_the_recipe_is_unless_it_is_said() -> None:
    both = around(11), around(21, augment=True)
    assert [mean_of(where, *both) for where in ({}, {"augment": True}, {"augment": False})] == [
        *("21.0", "21.0", "11.0"),
    ]
    assert mean_of({}, around(11)) == "11.0"


def test_a_key_of_a_side_takes_the_place_of_that_of_all() -> None:
    rows = [blur(strength, "hsc", *(80 - 5 * strength + s for s in (0, 1, 2)))
            for strength in (0, 1, 2)]  # fmt: skip
    unblurred = {"objective": "hsc", "blur": 0}
    given = {"better": unblurred, "than": "hsc", "where": {"blur": {"above": 0}}}
    assert finding(given, *rows).numbers == (
        "hsc (blur 0) − hsc at blur 1: +5.0 (+5.0 to +5.0) points",
        "hsc (blur 0) − hsc at blur 2: +10.0 (+10.0 to +10.0) points",
    )


def test_the_amount_of_a_side_takes_the_place_of_the_other_one() -> None:
    one, kinds = size(1, "hsc", 80, 81, 82), runs("hsc", cat=(70, 70, 70), oe_classes=2)
    given = {"better": {"objective": "hsc", "oe_size": 1}, "than": "hsc"}
    found = finding({**given, "where": {"oe_classes": 2}}, one, kinds)
    assert found.numbers == (
        "hsc (oe size 1) − hsc with 2 OE classes: +11.0 (+8.5 to +13.5) points",
    )


def test_a_range_sees_the_runs_of_studies_that_sweep_its_key_only() -> None:
    elsewhere = [runs("hsc", cat=(10,) * 3, oe_size=99), runs("bce", cat=(90,) * 3, oe_size=99)]
    noise = [size(8, "hsc", *(10,) * 3, oe="noise"), size(8, "bce", *(90,) * 3, oe="noise")]
    given = {**BETTER, "where": {"oe_size": {}}}
    assert len(finding(given, *at_sizes(5, 5), *elsewhere, *noise).numbers) == 2
    assert verdict({**BETTER, "where": {"oe_size": 99}}, *at_sizes(5), *elsewhere) == CONTRADICTED


def test_a_value_that_one_method_was_not_asked_for_is_passed_over() -> None:
    hsc, bce = at_sizes(5, 5)
    more = size(4, "hsc", 10, 10, 10)
    assert len(finding({**BETTER, "where": {"oe_size": {}}}, hsc, bce, more).numbers) == 2


def test_a_range_of_blurs_over_a_part_of_the_pool_is_of_that_part() -> None:
    rows = [blur(b, name, *(score + s for s in (0, 1, 2)), oe_size=10)
            for b in (0, 1) for name, score in (("hsc", 80), ("bce", 70))]  # fmt: skip
    assert verdict({**BETTER, "where": {"blur": {}}}, *rows) == HOLDS
    assert "no runs of hsc at blur 1" in missing({**BETTER, "where": {"blur": 1}}, *rows)


def test_a_range_without_a_value_says_so() -> None:
    text = missing({**BETTER, "where": {"oe_size": {"above": 100}}}, *at_sizes(5, 5))
    assert text == "no study on pets with things sweeps oe_size over values that are meant"


# Collapsed runs, and runs that are missing


@pytest.mark.parametrize("status", ["collapsed", "diverged"])
def test_a_failed_run_is_left_out_but_among_those_that_are_used(status: str) -> None:
    found = judge(runs("hsc", cat=(80, 81, 82, 10), dog=(60, 61, 62, status)))
    (number,) = found.judge(statement(exceeds="hsc", value=50)).numbers
    assert number.startswith("hsc: 71.0 (")  # the seeds that both classes have
    assert len(found.used) == 8


def test_a_class_of_which_every_run_failed_leaves_nothing_to_judge() -> None:
    failed = runs("hsc", cat=(80, 90), dog=("collapsed", "diverged"))
    assert missing(YES, failed) == (
        "every seed of a class of hsc on pets with things collapsed or diverged"
    )


def test_a_class_without_a_pair_leaves_no_difference() -> None:
    """The dogs alone would decide for both."""
    hsc = runs("hsc", cat=(80, "collapsed"), dog=(60, 64))
    bce = runs("bce", cat=("collapsed", 88), dog=(61, 65))
    assert missing(BETTER, hsc, bce) == "a class has no pair of runs of hsc and bce that ended well"


def test_missing_runs_are_counted_and_the_first_is_named() -> None:
    rows = runs("hsc", cat=(80, None), dog=(60, None))
    text = missing(YES, rows, BCE)
    assert "2 of 4 runs of hsc on pets with things" in text
    assert text.endswith(rows[1]["path"])
    assert rows[1]["path"].endswith("normal_class=0/seed=2")


@pytest.mark.parametrize(
    ("side", "named"),
    [
        ("deepsad", "deepsad on"),
        ({"objective": "bce", "oe_size": 7}, "bce with 7 OE images on"),
        ({"objective": "bce", "blur": 1}, "bce at blur 1 on"),
        ({"objective": "hsc", "norm": "l1"}, "hsc at norm l1 on"),
    ],
)
def test_runs_that_nobody_asked_for_are_missing_which_is_said_once(side: Any, named: str) -> None:
    part = {"exceeds": side, "value": 50}
    text = missing({"all_of": [part, {**part, "value": 60}]}, HSC, BCE)
    assert text == f"the configuration has no runs of {named} pets with things"


def test_runs_of_two_kinds_cannot_be_told_apart_unless_one_is_named() -> None:
    slow = runs("hsc", cat=(90, 91, 92), recipe="slow")
    text = missing(YES, HSC, slow)
    assert text.startswith("runs of 2 kinds match hsc on pets with things: dataset=pets/")
    assert all(f"recipe={name}~augment=off" in text for name in ("quick", "slow"))
    assert verdict({**YES, "where": {"recipe": "slow"}}, HSC, slow) == HOLDS
