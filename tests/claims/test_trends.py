"""Verdicts on what is so over all values of a key: slopes, and no difference between any two."""

from typing import Any

import pytest
from claim_cases import (
    CLOSE,
    HALF,
    HSC,
    LOW,
    blur,
    finding,
    missing,
    runs,
    sizes,
    verdict,
)

from oebench.claims.findings import CONTRADICTED, HOLDS, UNDECIDED

# With 1, 2 and 4 images the places on the axis are 0, 1 and 2 doublings, so the slope of a seed is
# half of what the last value is above the first: 10, 11, 12.
RISING = sizes("hsc", (60, 60, 60), (90, 10, 50), (80, 82, 84))


@pytest.mark.parametrize(
    ("lower", "expected"), [(0, HOLDS), (LOW - CLOSE, HOLDS), (LOW + CLOSE, UNDECIDED)]
)
def test_a_slope_is_by_doubling_and_has_an_interval(lower: float, expected: str) -> None:
    tilted = [
        {**row, "auroc": row["auroc"] - lower / 100 * (row["oe_size"] // 2)} for row in RISING
    ]
    found = finding({"rises": "hsc", "over": "oe_size"}, tilted)
    assert found.verdict == expected
    falling = finding({"falls": "hsc", "over": "oe_size"}, tilted)
    assert falling.verdict == {HOLDS: CONTRADICTED}.get(expected, expected)


def test_the_numbers_have_the_slope_its_values_and_its_unit() -> None:
    found = finding({"rises": "hsc", "over": "oe_size"}, RISING)
    assert found.numbers == (
        "slope of hsc over size 1 to 4: +11.00 (+8.52 to +13.48) points a doubling",
    )
    blurred = [blur(b, "bce", *(80 - 2 * b + s for s in (0, 1, 2))) for b in (0, 1)]
    found = finding({"falls": "bce", "over": "blur"}, *blurred)
    assert found.verdict == HOLDS
    assert found.numbers == (
        "slope of bce over blur 0 to 1: −2.00 (−2.00 to −2.00) points a step of the axis",
    )


def test_the_axis_of_blur_is_linear_to_1_and_doubles_from_there() -> None:
    """Values 0, 1, 2, 4 have the places 0, 1, 2, 3, where a line of 5 a step is exact."""
    rows = [blur(b, "hsc", *(80 - 5 * place + s for s in (0, 1, 2)))
            for place, b in enumerate((0, 1, 2, 4))]  # fmt: skip
    (number,) = finding({"falls": "hsc", "over": "blur"}, *rows).numbers
    assert "−5.00 (−5.00 to −5.00)" in number


@pytest.mark.parametrize("level", [60.1, 70.3, 99.9, 100])
def test_a_curve_that_is_flat_to_the_last_digit_neither_rises_nor_falls(level: float) -> None:
    rows = sizes("hsc", *[(level, level, level)] * 7)
    for does in ("rises", "falls"):
        assert verdict({does: "hsc", "over": "oe_size"}, rows) == CONTRADICTED


def test_each_method_must_rise() -> None:
    flat = sizes("bce", (60, 61, 62), (60, 61, 62), (61, 61, 61))
    falling = sizes("focal", (80, 81, 82), (70, 70, 70), (60, 60, 60))
    given = {"rises": ["hsc", "bce"], "over": "oe_size"}
    assert verdict(given, RISING, flat) == UNDECIDED
    given["rises"] = ["hsc", "bce", "focal"]
    assert verdict(given, RISING, flat, falling) == CONTRADICTED


def test_a_trend_is_over_the_values_of_its_range() -> None:
    given = {"rises": "hsc", "over": "oe_size", "where": {"oe_size": {"at_most": 2}}}
    (number,) = finding(given, RISING).numbers
    assert number.startswith("slope of hsc over size 1 to 2: ")


def test_a_seed_that_lacks_a_value_has_no_slope() -> None:
    rows = sizes("hsc", (60, 60, 60, 60), (70, 70, 70, 70), (80, 82, 84, "collapsed"))
    assert finding({"rises": "hsc", "over": "oe_size"}, rows).numbers == (
        "slope of hsc over size 1 to 4: +11.00 (+8.52 to +13.48) points a doubling",
    )


@pytest.mark.parametrize("scores", [(), ((60, 61, 62),)])
def test_a_trend_needs_two_values(scores: Any) -> None:
    rows = sizes("hsc", *scores), HSC
    for given in ({"rises": "hsc", "over": "oe_size"}, {"insensitive": "hsc", "to": "oe_size"}):
        more = {"within": 1} if "to" in given else {}
        assert missing({**given, **more}, *rows) == (
            "a comparison over oe size needs 2 values; of hsc on pets with things the "
            f"configuration has {len(scores) or 'none'}"
        )


def test_the_unfinished_runs_of_a_trend_are_named() -> None:
    rows = sizes("hsc", (60, 60), (70, None))
    assert "1 of 2 runs of hsc with 2 OE images" in missing(
        {"rises": "hsc", "over": "oe_size"}, rows
    )


def gammas(*middles: float) -> list[list[dict[str, Any]]]:
    """focal with gamma 0, 1, 2; seeds differ alike."""
    return [
        runs("focal", cat=[middle + s * (1 + gamma) for s in (-1, 0, 1)], study="gammas",
             gamma=float(gamma))
        for gamma, middle in enumerate(middles)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("within", "expected"),
    [
        # Differences are those of the middles ± HALF, and 2 ± 2 HALF of the first and the last.
        (2 + 2 * HALF + CLOSE, HOLDS),
        (2 + 2 * HALF - CLOSE, UNDECIDED),
        (0.5, UNDECIDED),
    ],
)
def test_insensitive_is_that_any_two_values_are_alike(within: float, expected: str) -> None:
    found = finding({"insensitive": "focal", "to": "gamma", "within": within}, *gammas(70, 71, 72))
    assert found.verdict == expected
    assert found.numbers == (
        "focal, gamma 1 − 0: +1.0 (−1.5 to +3.5) points",
        "focal, gamma 2 − 0: +2.0 (−3.0 to +7.0) points",
        "focal, gamma 2 − 1: +1.0 (−1.5 to +3.5) points",
    )


def test_one_value_that_is_far_from_another_contradicts_insensitivity() -> None:
    given = {"insensitive": "focal", "to": "gamma", "within": 5}
    assert verdict(given, *gammas(70, 71, 95)) == CONTRADICTED
