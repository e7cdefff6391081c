"""Verdicts on a method against a number, a published mean, a baseline; and on far points."""

from typing import Any

import pytest
from claim_cases import (
    CLOSE,
    HALF,
    HSC,
    finding,
    missing,
    published,
    runs,
    size,
    sizes,
    verdict,
)

from oebench.claims.findings import CONTRADICTED, HOLDS, UNDECIDED

#             seed 1  seed 2  seed 3
# hsc cat       80      81      82
#     dog       60      61      62
#     mean      70      71      72     71 ± 2.484 over seeds
CLASSES = runs("hsc", cat=(80, 81, 82), dog=(60, 61, 62))


@pytest.mark.parametrize(
    ("mean", "expected"),
    [
        (71 - HALF - CLOSE, HOLDS),
        (71 - HALF + CLOSE, UNDECIDED),
        (71 + HALF - CLOSE, UNDECIDED),
        (71 + HALF + CLOSE, CONTRADICTED),
    ],
)
def test_against_a_published_mean_seeds_alone_are_a_sample(mean: float, expected: str) -> None:
    """It is a mean over the same classes; against a number they are a sample too."""
    given = {"exceeds": "hsc", "published": "CSI"}
    assert verdict(given, CLASSES, published=[published("CSI", mean)]) == expected
    above = [published("CSI", mean - 5)]
    assert verdict({**given, "by": 5}, CLASSES, published=above) == expected
    assert verdict({"exceeds": "hsc", "value": mean}, CLASSES) == UNDECIDED


def test_the_numbers_name_what_is_exceeded() -> None:
    given = {"exceeds": "hsc", "published": "CSI"}
    found = finding(given, CLASSES, published=[published("CSI", 65, status="unverified")])
    assert found.numbers == ("hsc: 71.0 (68.5 to 73.5) % against CSI (no OE, unverified) 65 %",)
    found = finding({"exceeds": "hsc", "value": 70}, HSC)
    assert found.numbers == ("hsc: 81.0 (78.5 to 83.5) % against 70 %",)


@pytest.mark.parametrize(
    ("value", "by", "expected"),
    [
        (78.5, 0, HOLDS),
        (77, 2, UNDECIDED),
        (77, 1.5, HOLDS),
        (83.4, 0, UNDECIDED),
        (83.5, 0, CONTRADICTED),
        (84, -1, UNDECIDED),
    ],
)
def test_a_number_is_exceeded_by_some_points(value: float, by: float, expected: str) -> None:
    assert verdict({"exceeds": "hsc", "value": value, "by": by}, HSC) == expected


def test_a_published_mean_is_that_of_the_data_set_and_of_all_classes() -> None:
    given = {"exceeds": "hsc", "published": "CSI"}
    others = [published("CSI", 90, dataset="plants"), published("CSI", 91, normal_class="cat")]
    assert verdict(given, CLASSES, published=[*others, published("CSI", 65)]) == HOLDS
    text = missing(given, CLASSES, published=[*others, published("GT", 65)])
    assert text == "no value of CSI on pets is among the published ones that may be used"
    text = missing(given, HSC, published=[published("CSI", 65)])
    assert text == "1 of 2 classes of pets are asked for; a published mean is over all of them"


def test_a_published_curve_is_met_at_the_number_of_classes() -> None:
    def point(value: float, mean: float) -> Any:
        return published("HSC", mean, oe="things", key="oe_classes", value=value)

    curve = [published("HSC", 99, oe="photos"), point(1, 60), point(2, 95), point(4, 65)]
    one = runs("hsc", cat=(80, 81, 82), dog=(60, 61, 62), oe_classes=1)
    every_class = runs("hsc", cat=(80, 81, 82), dog=(60, 61, 62), oe_classes=4)
    given = {"exceeds": "hsc", "published": "HSC"}
    for classes, mean, rows in ((1, 60, one), ("all", 65, every_class)):
        found = finding({**given, "where": {"oe_classes": classes}}, rows, published=curve)
        assert found.verdict == HOLDS
        assert found.numbers[0].endswith(f"against HSC (OE things) {mean} %")
    three = runs("hsc", cat=(80, 81, 82), dog=(60, 61, 62), oe_classes=3)
    text = missing({**given, "where": {"oe_classes": 3}}, three, published=curve)
    assert (
        "no value of HSC on pets with 3 OE classes" in text
    )  # the mean at none is of another thing
    assert "no value of HSC" in missing(given, CLASSES, published=curve[1:])
    few = runs("hsc", cat=(80, 81, 82), dog=(60, 61, 62), oe_size=7)
    given["where"] = {"oe_size": 7}
    assert verdict(given, few, published=curve) == CONTRADICTED  # 99, which has no axis


def test_a_baseline_is_exceeded_in_pairs_and_others_stand_beside() -> None:
    dsvdd, kde = runs("dsvdd", cat=(70, 71, 72)), runs("kde", cat=(90,))
    forest = runs("isolation_forest", cat=(50, 51, 52))
    found = finding({"exceeds": "hsc", "baseline": "dsvdd"}, HSC, dsvdd, kde, forest)
    assert found.verdict == HOLDS
    assert found.numbers == (
        "hsc − dsvdd: +10.0 (+10.0 to +10.0) points",
        "beside, isolation_forest: 51.0 (48.5 to 53.5) %",
        "beside, kde: 90.0 (no interval) %",
    )


def test_a_baseline_is_the_same_for_every_size() -> None:
    dsvdd = runs("dsvdd", cat=(70, 71, 72))
    given = {"exceeds": "hsc", "baseline": "dsvdd", "where": {"oe_size": {}}}
    rows = sizes("hsc", (60, 61, 62), (80, 81, 82))
    assert verdict(given, rows, dsvdd) == CONTRADICTED
    given["where"] = {"oe_size": {"at_least": 2}}
    assert verdict(given, rows, dsvdd) == HOLDS


@pytest.mark.parametrize(
    ("factor", "expected"), [(1, HOLDS), (3, HOLDS), (5.1, UNDECIDED), (6, CONTRADICTED)]
)
def test_compact_compares_far_points_called_normal(factor: float, expected: str) -> None:
    few, many = (runs(name, scores, metric="miss95")
                 for name, scores in (("hsc", (10, 10, 10)), ("bce", (50, 51, 52))))  # fmt: skip
    given = {"compact": "hsc", "than": "bce", "factor": factor}
    found = finding(given, few, many)
    assert found.verdict == expected
    (number,) = found.numbers
    assert number.startswith("far points called normal: bce 51.0 %, hsc 10.0 %, the first less ")
    turned = {"compact": "bce", "than": "hsc", "factor": factor}
    assert verdict(turned, few, many) == CONTRADICTED


def test_compact_may_be_asked_of_a_range() -> None:
    rows = [size(number, name, *scores, metric="miss95") for number in (1, 2)
            for name, scores in (("hsc", (10, 10, 10)), ("bce", (50, 51, 52)))]  # fmt: skip
    given = {"compact": "hsc", "than": "bce", "where": {"oe_size": {}}}
    found = finding(given, *rows)
    assert found.verdict == HOLDS
    assert ["with 1 OE image" in each for each in found.numbers] == [True, False]
