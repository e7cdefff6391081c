"""The verdict on a claim: what the numbers are, which runs they rest on, and what is missing."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from claim_cases import blur, judge, missing, published, runs, size, sizes, verdict

from oebench.claims.judge import FAILS, HOLDS, OPEN
from oebench.claims.language import ExpressionError
from oebench.evaluation.comparison import interval

#          seed 1  seed 2   mean  standard error: deviation (n - 1) / sqrt(2)
# hsc cat    80      90     85.0
#     dog    60      64     62.0
#     mean   70      77     73.5  3.5
# bce cat    82      88     85.0
#     dog    61      65     63.0
#     mean   71.5    76.5   74.0  2.5
# hsc - bce  -1.5    0.5    -0.5  1.0
HSC = runs("hsc", cat=(80, 90), dog=(60, 64))
BCE = runs("bce", cat=(82, 88), dog=(61, 65))


# Numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("auroc(bce) > auroc(hsc)", HOLDS),
        ("auroc(bce) < auroc(hsc)", FAILS),
        ("auroc(hsc) > 73.4 and auroc(hsc) < 73.6", HOLDS),
        ("73.4 < auroc(hsc) < 73.6 <= auroc(bce)", HOLDS),
        ("73.4 < auroc(hsc) < 73", FAILS),
        ("-0.6 < auroc(hsc) - auroc(bce) < -0.4", HOLDS),
        ("-73.6 < -auroc(hsc) < -73.4", HOLDS),
        ("294 < 2 * auroc(hsc) + auroc(bce) * 2 < 296", HOLDS),
        ("auroc(hsc) > auroc(bce) - tolerance", HOLDS),
    ],
)
def test_means_over_classes_and_seeds_are_compared(text: str, expected: str) -> None:
    assert verdict(text, HSC, BCE, tolerance=1.0) == expected


@pytest.mark.parametrize(
    ("sign", "expected"), [(">=", HOLDS), (">", FAILS), ("<=", HOLDS), ("<", FAILS)]
)
def test_an_equal_value_is_neither_more_nor_less(sign: str, expected: str) -> None:
    assert verdict(f"auroc(hsc) {sign} 80", runs("hsc", cat=(80, 80))) == expected


def test_the_numbers_have_both_means_with_their_errors_and_the_numbers_named() -> None:
    found = judge(HSC, BCE)
    found.verdict("auroc(bce) > auroc(hsc) and auroc(hsc) - auroc(bce) < 7")
    first, second = found.numbers
    assert re.search(r"74\.0 ± 2\.5 > .*73\.5 ± 3\.5", first)
    assert "−0.5 ± 1.0 < 7" in second  # unpaired, the error would be larger than 2.5


def test_a_method_that_no_seed_changes_has_no_error_and_is_compared_with_every_seed() -> None:
    kde = runs("kde", cat=(70,), dog=(60,), oe=None, oe_size=None)
    hsc = runs("hsc", cat=(80, 90), dog=(75, 65))
    found = judge(hsc, kde)
    # By seed 77.5 and 77.5; kde 65: 12.5 better with both.
    assert found.verdict("auroc(kde) < 66 and auroc(hsc) - auroc(kde) > 12") == HOLDS
    assert found.numbers[0] == "kde 65.0 < 66"
    assert "12.5 ± 0.0 > 12" in found.numbers[1]
    assert judge(hsc, kde).verdict("lower(auroc(hsc) - auroc(kde)) > 9") == HOLDS


def test_a_difference_is_of_pairs_where_a_comparison_is_of_means() -> None:
    hsc = runs("hsc", cat=(90, 50), dog=(90, 50))  # mean 70
    bce = runs("bce", cat=("collapsed", 48), dog=("collapsed", 48))  # mean 48
    assert verdict("auroc(hsc) > 10 + auroc(bce)", hsc, bce) == HOLDS  # 70 > 58
    assert verdict("auroc(hsc) - auroc(bce) > 10", hsc, bce) == FAILS  # 50 - 48, with seed 2


def test_classes_that_one_method_lacks_do_not_count_for_the_other() -> None:
    hsc = runs("hsc", cat=(80, 80), dog=(20, 20))  # mean 50, of cats 80
    text = "auroc(hsc) > auroc(bce) and auroc(hsc) - auroc(bce) > 9"
    assert verdict(text, hsc, runs("bce", cat=(70, 70))) == HOLDS


@pytest.mark.parametrize(
    "text",
    [
        "abs(auroc(hsc) - auroc(bce)) <= 1",  # of every run it is 20
        "auroc(focal) > max(auroc(hsc), auroc(bce))",  # 75 > 70; the highest of each class is 80
        "auroc(dsvdd) < min(auroc(hsc), auroc(bce))",  # 65 < 70; the lowest of each class is 60
        "spread(auroc(hsc), auroc(bce)) <= 1 and 4 < spread(auroc(hsc), auroc(focal)) < 6",
        "4 < abs(auroc(hsc) - auroc(focal)) < 6",  # 5, not -5
        "abs(4 - 6) >= 2 and max(1, 3, 2) >= 3 and min(2, 1, 3) <= 1 and spread(2, 9, 5) >= 7",
    ],
)
def test_abs_max_min_and_spread_are_taken_of_means(text: str) -> None:
    hsc = runs("hsc", cat=(80, 80), dog=(60, 60))
    bce = runs("bce", cat=(60, 60), dog=(80, 80))
    others = runs("focal", (75, 75), (75, 75)), runs("dsvdd", (65, 65), (65, 65))
    assert verdict(text, hsc, bce, *others) == HOLDS


LOWER = "lower(auroc(hsc) - auroc(bce)) > tolerance"


def test_lower_is_the_lower_end_of_the_interval_of_the_class_means() -> None:
    hsc = runs("hsc", cat=(80, 92, 90), dog=(60, 64, 62))
    bce = runs("bce", cat=(70, 74, 72), dog=(58, 54, 54))
    # Differences: cats 10, 18, 18, mean 46 / 3; dogs 2, 10, 8, mean 20 / 3.
    low, _ = interval(np.array([46 / 3, 20 / 3]))
    assert abs(low - interval(np.array([10, 18, 18, 2, 10, 8]))[0]) > 0.1
    assert verdict(LOWER, hsc, bce, tolerance=low - 1e-6) == HOLDS
    assert verdict(LOWER, hsc, bce, tolerance=low + 1e-6) == FAILS


def test_lower_of_a_single_class_is_over_its_seeds_and_needs_two() -> None:
    hsc, bce = runs("hsc", cat=(80, 90, 70)), runs("bce", cat=(70, 72, 68))
    low, _ = interval(np.array([10, 18, 2]))
    assert verdict(LOWER, hsc, bce, tolerance=low - 1e-6) == HOLDS
    assert verdict(LOWER, hsc, bce, tolerance=low + 1e-6) == FAILS
    assert "two classes or two seeds" in missing(LOWER, hsc[:1], bce[:1])


def test_other_metrics_are_in_per_cent_too() -> None:
    rows = runs("hsc", (10, 20), metric="miss95"), runs("bce", (50, 60), metric="miss95")
    text = "miss95(bce) > tolerance * miss95(hsc) and 14.9 < miss95(hsc) < 15.1"  # 55 and 15
    assert verdict(text, *rows, tolerance=3.0) == HOLDS
    assert verdict(text, *rows, tolerance=4.0) == FAILS


# Published values and correlations


def test_a_published_mean_is_that_of_the_data_set() -> None:
    others = published("CSI", 90, dataset="plants"), published("CSI", 91, normal_class="cat")
    values = *others, published("GT", 92), published("CSI", 70)
    assert verdict('auroc(hsc) > published("CSI")', HSC, published=values) == HOLDS
    assert verdict('auroc(hsc) > published("CSI") + 4', HSC, published=values) == FAILS


def test_a_published_mean_that_is_not_shown_cannot_be_compared() -> None:
    text = missing('auroc(hsc) > published("CSI")', HSC, published=[published("GT", 70)])
    assert "no value of CSI on pets" in text


@pytest.mark.parametrize(
    ("means", "low", "high"),
    [
        ((60, 79, 80), 0.99, 1.01),  # ranks rise, whatever the steps: a linear one has 0.5
        ((80, 79, 60), -1.01, -0.99),
        ((60, 80, 70), 0.49, 0.51),  # squared differences of ranks 0, 1, 1: 1 - 6 * 2 / (3 * 8)
    ],
)
def test_correlation_is_of_ranks(means: tuple[float, ...], low: float, high: float) -> None:
    rows = sizes(*means)
    assert verdict(f"{low} < correlation(hsc, oe_size) < {high}", *rows) == HOLDS


def test_correlation_sees_the_studies_that_sweep_its_key_only() -> None:
    other = runs("hsc", cat=[10], oe_size=99)
    assert verdict("correlation(hsc, oe_size) > 0.9", *sizes(60, 70, 80), other) == HOLDS


def test_the_numbers_have_a_correlation() -> None:
    found = judge(*sizes(60, 80, 70))
    found.verdict("correlation(hsc, oe_size) > 0.9")
    assert ["0.50" in each for each in found.numbers] == [True]


def test_a_correlation_needs_three_values_and_their_runs() -> None:
    text = "correlation(hsc, oe_size) > 0"
    assert missing(text, *sizes(60, 70)).endswith("needs 3")
    assert "1 of 1 runs of hsc, oe_size 2" in missing(text, *sizes(60, None, 80))


@pytest.mark.filterwarnings("error")
def test_a_constant_has_no_correlation_and_the_reason_says_so() -> None:
    assert "pair" not in missing("correlation(hsc, oe_size) > 0", *sizes(70, 70, 70))


# Collapsed runs, and runs that are missing


@pytest.mark.parametrize("status", ["collapsed", "diverged"])
def test_a_failed_run_is_left_out_but_among_those_that_are_used(status: str) -> None:
    found = judge(runs("hsc", cat=(80, 90), dog=(60, status)))
    # Seed 1 is complete: (80 + 60) / 2 = 70; with seed 2 of the cats it would be more.
    assert found.verdict("69.9 < auroc(hsc) < 70.1") == HOLDS
    assert len(found.used) == 4


def test_a_class_of_which_every_run_failed_leaves_nothing_to_judge() -> None:
    failed = runs("hsc", cat=(80, 90), dog=("collapsed", "diverged"))
    assert "every seed of a class of hsc" in missing("auroc(hsc) > 1", failed)


@pytest.mark.parametrize("whole", ["{}", "max(0, {})", "max({}, 0)", "lower({})"])
def test_a_class_without_a_pair_leaves_no_difference(whole: str) -> None:
    """The dogs alone would decide for both."""
    text = whole.format("auroc(hsc) - auroc(bce)") + " > -9"
    hsc = runs("hsc", cat=(80, "collapsed"), dog=(60, 64))
    bce = runs("bce", cat=("collapsed", 88), dog=(61, 65))
    assert "class" in missing(text, hsc, bce)


def test_missing_runs_are_counted_and_the_first_is_named() -> None:
    rows = runs("hsc", cat=(80, None), dog=(60, None))
    text = missing("auroc(hsc) > 1", rows, BCE)
    assert "2 of 4 runs of hsc on pets with things" in text
    assert text.endswith(rows[1]["path"])
    assert rows[1]["path"].endswith("normal_class=0/seed=2")


@pytest.mark.parametrize("lacking", ["deepsad", "bce, oe_size=7", "bce, blur=1", "hsc, norm='l1'"])
def test_runs_that_nobody_asked_for_are_missing_which_is_said_once(lacking: str) -> None:
    text = missing(f"auroc({lacking}) > 1 and auroc({lacking}) > 2", HSC, BCE)
    assert text.startswith(f"the configuration has no runs of {lacking.split(',')[0]}")
    assert text.count("no runs") == text.count("on pets with things") == 1


YES, NO, UNKNOWN = "auroc(hsc) > 50", "auroc(hsc) > 99", "auroc(bce) > 50"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((f"{NO} and {UNKNOWN}", FAILS), (f"{UNKNOWN} and {NO}", FAILS)),
        *((f"{YES} or {UNKNOWN}", HOLDS), (f"{UNKNOWN} or {YES}", HOLDS)),
        *((f"{YES} and {UNKNOWN}", OPEN), (f"{NO} or {UNKNOWN}", OPEN)),
        *((f"{YES} and {YES} and {NO}", FAILS), (f"{NO} or {NO} or {YES}", HOLDS)),
        (f"({UNKNOWN} or {YES}) and ({YES} or {NO})", HOLDS),
    ],
)
def test_a_part_decides_even_where_another_one_is_missing(text: str, expected: str) -> None:
    assert verdict(text, HSC, runs("bce", cat=(80, None))) == expected


def test_an_expression_that_is_none_is_refused_and_not_executed(tmp_path: Path) -> None:
    with pytest.raises(ExpressionError):
        judge(HSC).verdict(f"open({str(tmp_path / 'made')!r}, 'w') > auroc(hsc)")
    assert not [*tmp_path.iterdir()]


# Loops over a swept key

EVERY = "all(auroc(hsc, oe_size=s) > 50 for s in oe_size)"
ANY = EVERY.replace("all", "any", 1)


@pytest.mark.parametrize(
    ("text", "means", "expected"),
    [
        *((EVERY, (60, 70, 80), HOLDS), (EVERY, (60, 40, 80), FAILS), (EVERY, (60, 70), HOLDS)),
        *((ANY, (40, 40, 80), HOLDS), (ANY, (40, 40, 40), FAILS)),
        *((EVERY, (None, 70, 40), FAILS), (EVERY, (None, 70, 80), OPEN)),
        *((ANY, (None, 40, 80), HOLDS), (ANY, (40, 30, None), OPEN)),
    ],
)
def test_all_and_any_ask_of_each_size_and_one_decides(text: str, means: Any, expected: str) -> None:
    assert verdict(text, *sizes(*means)) == expected


def test_if_picks_values_and_the_numbers_name_them() -> None:
    found = judge(*sizes(60, 40, 80), tolerance=100)  # sizes 1, 2 and 100
    text = "all(auroc(hsc, oe_size=s) > 50 for s in oe_size if s < 2 or s >= tolerance if s > 0)"
    assert found.verdict(text) == HOLDS
    assert ["s = 1" in each for each in found.numbers] == [True, True]
    assert ["s = 100" in each for each in found.numbers] == [False, True]


@pytest.mark.parametrize("loop", ["for s in oe_size if s > 100", "for s in gamma"])
@pytest.mark.parametrize("text", ["all({} > 1 {})", "any({} > 1 {})", "spread({} {}) < 9"])
def test_a_loop_without_a_turn_says_so(text: str, loop: str) -> None:
    text = missing(text.format("auroc(hsc)", loop), *sizes(60, 70, 80))
    assert f"sweeps {loop.split()[3]} over values that are asked for" in text


def test_a_loop_sees_the_runs_of_studies_that_sweep_its_key_only() -> None:
    elsewhere = runs("hsc", cat=[10], oe_size=99), runs("hsc", cat=[10], oe_size=2, recipe="slow")
    assert verdict(EVERY, *sizes(60, 70, 80), *elsewhere, size(5, "hsc", 1, oe="noise")) == HOLDS
    assert verdict("auroc(hsc, oe_size=99) < 11", *sizes(60, 70, 80), *elsewhere) == HOLDS


def test_a_value_that_one_method_was_not_asked_for_is_passed_over() -> None:
    text = "all(auroc(hsc, oe_size=s) > auroc(bce, oe_size=s) for s in oe_size)"
    assert verdict(text, *sizes(60, 70, 80), size(2, "bce", 65)) == HOLDS


def test_a_loop_of_blurs_over_a_part_of_the_pool_is_of_that_part() -> None:
    rows = [blur(b, "hsc", 80 - b, oe_size=10) for b in (0, 1, 2)]
    assert verdict("all(auroc(hsc, blur=b) > 77 for b in blur)", *rows) == HOLDS
    assert "no runs of hsc, blur 2" in missing("auroc(hsc, blur=2) > 77", *rows)


def test_max_and_spread_run_over_a_loop() -> None:
    one = "auroc(hsc, oe_size=s)"
    text = f"19 < spread({one} for s in oe_size) < 21 and max({one} for s in oe_size if s < 9) < 71"
    assert verdict(text, *sizes(60, 70, 80)) == HOLDS


@pytest.mark.parametrize(
    ("bce", "expected"),
    [((90, 70, 60), HOLDS), ((90, 70, 85), FAILS), ((90, 70, None), OPEN), ((9, 85, 60), HOLDS)],
)
def test_from_some_blur_on_is_an_all_within_an_any(bce: Any, expected: str) -> None:
    inner = "all(auroc(hsc, blur=s) > auroc(bce, blur=s) for s in blur if s >= least)"
    rows = [blur(b, "hsc", 80) for b in (0, 1, 2)]
    rows += [blur(b, "bce", mean) for b, mean in enumerate(bce)]
    assert verdict(f"any({inner} for least in blur if least > 0)", *rows) == expected
