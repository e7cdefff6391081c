"""Verdicts on several statements at once, and the seeds that would decide what is open."""

from typing import Any

import pytest
from claim_cases import (
    BETTER,
    CLOSE,
    HALF,
    HSC,
    YES,
    finding,
    half,
    missing,
    published,
    runs,
    sizes,
    verdict,
)
from scipy.stats import t as student

from oebench.claims.findings import CONTRADICTED, HOLDS, OPEN, UNDECIDED, Finding, any_one, every

# Joined statements


NO: dict[str, Any] = {"exceeds": "hsc", "value": 99}
PERHAPS: dict[str, Any] = {"exceeds": "hsc", "value": 80}
UNKNOWN: dict[str, Any] = {"exceeds": "bce", "value": 50}


@pytest.mark.parametrize(
    ("join", "parts", "expected"),
    [
        ("all_of", [YES, YES], HOLDS),
        ("all_of", [YES, NO], CONTRADICTED),
        ("all_of", [UNKNOWN, NO], CONTRADICTED),
        ("all_of", [PERHAPS, NO], CONTRADICTED),
        ("all_of", [YES, PERHAPS], UNDECIDED),
        ("all_of", [PERHAPS, UNKNOWN], OPEN),
        ("all_of", [YES, UNKNOWN], OPEN),
        ("any_of", [NO, NO], CONTRADICTED),
        ("any_of", [NO, YES], HOLDS),
        ("any_of", [UNKNOWN, YES], HOLDS),
        ("any_of", [PERHAPS, YES], HOLDS),
        ("any_of", [NO, PERHAPS], UNDECIDED),
        ("any_of", [PERHAPS, UNKNOWN], OPEN),
        ("all_of", [{"any_of": [UNKNOWN, YES]}, {"any_of": [YES, NO]}], HOLDS),
        ("any_of", [{"all_of": [NO, YES]}, NO], CONTRADICTED),
    ],
)
def test_a_part_decides_even_where_another_one_is_missing(
    join: str, parts: list[dict[str, Any]], expected: str
) -> None:
    assert verdict({join: parts}, HSC, runs("bce", cat=(80, None))) == expected


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_of_many_parts_one_contradicts_all_of_them_at_a_share_of_the_level(parts: int) -> None:
    """That each holds needs no correction: all of them must."""
    edge = 81 + half(1 - 0.05 / parts)
    for value, expected in ((edge + CLOSE, CONTRADICTED), (edge - CLOSE, UNDECIDED)):
        given = [{"exceeds": "hsc", "value": value}, *[YES] * (parts - 1)]
        assert verdict({"all_of": given}, HSC) == expected
    low = {"exceeds": "hsc", "value": 81 - HALF - CLOSE}
    assert verdict({"all_of": [low] * parts}, HSC) == HOLDS


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_of_many_parts_one_makes_any_of_them_hold_at_a_share_of_the_level(parts: int) -> None:
    edge = 81 - half(1 - 0.05 / parts)
    for value, expected in ((edge - CLOSE, HOLDS), (edge + CLOSE, UNDECIDED)):
        given = [{"exceeds": "hsc", "value": value}, *[NO] * (parts - 1)]
        assert verdict({"any_of": given}, HSC) == expected
    high = {"exceeds": "hsc", "value": 81 + HALF + CLOSE}
    assert verdict({"any_of": [high] * parts}, HSC) == CONTRADICTED


def test_the_level_is_shared_by_methods_and_by_values_of_a_range_too() -> None:
    """Differences 10, 11, 12 of two methods at two sizes are four comparisons."""
    hsc, bce = sizes("hsc", *[(80, 81, 82)] * 2), sizes("bce", *[(70, 70, 70)] * 2)
    focal = sizes("focal", *[(60, 60, 60)] * 2)
    given = {"better": "hsc", "than": ["bce", "focal"], "where": {"oe_size": {}}}
    edge = 11 + half(1 - 0.05 / 4)
    assert verdict({**given, "by": edge + CLOSE}, hsc, bce, focal) == CONTRADICTED
    assert verdict({**given, "by": edge - CLOSE}, hsc, bce, focal) == UNDECIDED
    # So it is by methods of a trend, and by pairs of values.
    slopes = [sizes(name, (60,) * 3, (60,) * 3, (80, 82, 84)) for name in ("hsc", "bce")]
    edge = 11 + half(1 - 0.05 / 2)
    for tilt, expected in ((edge + CLOSE, CONTRADICTED), (edge - CLOSE, UNDECIDED)):
        tilted = [
            [{**row, "auroc": row["auroc"] - tilt / 100 * (row["oe_size"] // 2)} for row in rows]
            for rows in slopes
        ]
        assert verdict({"rises": ["hsc", "bce"], "over": "oe_size"}, *tilted) == expected


# Seeds


def test_with_one_seed_it_is_undecided_and_one_more_is_asked_for() -> None:
    found = finding(YES, runs("hsc", cat=(80,), dog=(81,)))
    assert (found.verdict, found.more_seeds) == (UNDECIDED, 1)
    assert found.numbers == ("hsc: 80.5 (74.1 to 86.9, one seed) % against 50 %",)
    found = finding(BETTER, runs("hsc", cat=(80,)), runs("bce", cat=(70,)))
    assert (found.verdict, found.more_seeds) == (UNDECIDED, 1)
    assert found.numbers == ("hsc − bce: +10.0 (no interval, one seed) points",)
    # A mean over all classes is known without a second class, but not without a second seed.
    one = runs("hsc", cat=(80,), dog=(81,))
    found = finding({"exceeds": "hsc", "published": "CSI"}, one, published=[published("CSI", 50)])
    assert (found.verdict, found.more_seeds) == (UNDECIDED, 1)


def test_a_method_that_no_seed_changes_is_judged_by_its_classes() -> None:
    kde = runs("kde", cat=(80,), dog=(81,))
    assert verdict({"exceeds": "kde", "value": 70}, kde) == HOLDS
    found = finding({"exceeds": "kde", "value": 79}, kde)
    assert (found.verdict, found.more_seeds) == (UNDECIDED, None)
    assert "at least two classes or two seeds" in missing({"exceeds": "kde", "value": 70}, kde[:1])


def needed(of_seeds: float, room: float, seeds: int = 3) -> int:
    """The first number of more seeds that makes an interval narrow enough, of one class."""
    for more in range(1, 100):
        free = seeds + more - 1
        quantiles = student.ppf(0.975, free) + student.ppf(0.8, free)
        if quantiles * (of_seeds / (seeds + more)) ** 0.5 < room:
            return more
    raise AssertionError


@pytest.mark.parametrize("value", [79.5, 80.2, 82.0])
def test_so_many_seeds_as_would_probably_decide_are_asked_for(value: float) -> None:
    """Seeds have the variance 1, and the value is that far from the mean."""
    found = finding({"exceeds": "hsc", "value": value}, HSC)
    assert found.verdict == UNDECIDED
    asked = found.more_seeds
    assert asked is not None
    assert needed(1.0, abs(81 - value)) <= asked <= 1.1 * needed(1.0, abs(81 - value))


def test_where_classes_differ_too_much_no_number_of_seeds_helps() -> None:
    hsc, bce = runs("hsc", (80, 80, 80), (50, 50, 50)), runs("bce", (70, 70, 70), (55, 55, 55))
    found = finding(BETTER, hsc, bce)
    assert (found.verdict, found.more_seeds) == (UNDECIDED, None)


@pytest.mark.parametrize(
    ("join", "needs", "expected"),
    [
        (every, [2, 5], 5),
        (every, [2, None], None),
        (any_one, [2, 5], 2),
        (any_one, [None, 5], 5),
        (any_one, [None], None),
    ],
)
def test_parts_ask_for_as_many_seeds_as_they_need(
    join: Any, needs: list[int | None], expected: int | None
) -> None:
    parts = [Finding(UNDECIDED, more_seeds=each) for each in needs]
    other = Finding(HOLDS) if join is every else Finding(CONTRADICTED)
    assert join([*parts, other]).more_seeds == expected
