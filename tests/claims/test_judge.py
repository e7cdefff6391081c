"""The verdict on a statement: what the numbers are, which runs they rest on, and what is missing.

Most cases are of one class and three seeds whose values differ by 1: then half the interval of the
mean is t(0.975, 2 degrees of freedom) * 1 / sqrt(3) = 2.484.
"""

from typing import Any

import pytest
from claim_cases import (
    blur,
    finding,
    judge,
    missing,
    published,
    runs,
    size,
    sizes,
    statement,
    verdict,
)
from scipy.stats import t as student

from oebench.claims.findings import CONTRADICTED, HOLDS, OPEN, UNDECIDED, Finding, any_one, every


def half(level: float, step: float = 1.0) -> float:
    """Half the interval of three values, each that step above the last."""
    return float(student.ppf((1 + level) / 2, 2) * step / 3**0.5)


HALF = half(0.95)
CLOSE = 1e-6
LOW, HIGH = 11 - HALF, 11 + HALF  # of hsc - bce: 10, 11, 12
HSC = runs("hsc", cat=(80, 81, 82))
BCE = runs("bce", cat=(70, 70, 70))
BETTER = {"better": "hsc", "than": "bce"}


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
    assert found.numbers == ("hsc − bce at oe size all: +11.0 (+8.5 to +13.5) points",)
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
        f"hsc − bce at oe size {value}: +5.0 (+2.5 to +7.5) points" for value in values
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
        ((5, 5, 0), UNDECIDED, "hsc − bce at oe size 1: "),
        ((5, 5, -9), CONTRADICTED, "hsc − bce at oe size 1: "),
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
    assert found.numbers == ("hsc (oe size 1) − hsc at oe classes 2: +11.0 (+8.5 to +13.5) points",)


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
    assert "no runs of hsc with blur 1" in missing({**BETTER, "where": {"blur": 1}}, *rows)


def test_a_range_without_a_value_says_so() -> None:
    text = missing({**BETTER, "where": {"oe_size": {"above": 100}}}, *at_sizes(5, 5))
    assert text == "no study on pets with things sweeps oe_size over values that are meant"


# Trends


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
    assert "1 of 2 runs of hsc with oe size 2" in missing({"rises": "hsc", "over": "oe_size"}, rows)


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


# Measures

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
    assert "no value of HSC on pets at oe classes 3" in text  # the mean at none is of another thing
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
    assert ["at oe size 1" in each for each in found.numbers] == [True, False]


# Joined statements


YES: dict[str, Any] = {"exceeds": "hsc", "value": 50}  # hsc: 81 ± 2.484
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
        ({"objective": "bce", "oe_size": 7}, "bce with oe size 7 on"),
        ({"objective": "bce", "blur": 1}, "bce with blur 1 on"),
        ({"objective": "hsc", "norm": "l1"}, "hsc with norm l1 on"),
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
