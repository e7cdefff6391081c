"""Which method is better: pairs, classes and seeds by hand; intervals and p values by SciPy."""

from typing import Any

import numpy as np
import pytest
from scipy import stats
from table_cases import SPEC, run, table

from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.comparison import Difference, compare, holm

Row = dict[str, Any]


def scored(
    objective: str, aurocs: dict[tuple[int, int], float], **changes: Any
) -> list[dict[str, Any]]:
    """Runs by (normal class, seed), in per cent."""
    return [
        {
            **run(0, seed, auroc / 100, objective=objective, **changes),
            "normal_class": normal_class,
            "normal_name": f"class {normal_class}",
        }
        for (normal_class, seed), auroc in aurocs.items()
    ]


def by_class(*aurocs: float) -> dict[tuple[int, int], float]:
    """One seed of each class."""
    return {(normal_class, 1): auroc for normal_class, auroc in enumerate(aurocs)}


def swept(*keys: str) -> StudyManifest:
    return SPEC.model_copy(update={"swept": keys})


def only(first: list[Row], second: list[Row]) -> Difference:
    """The one comparison of two methods."""
    (found,) = compare(table(*first, *second), SPEC)
    return found


def pairs(found: list[Difference]) -> list[tuple[str, str, str]]:
    return [(each.setting, each.first, each.second) for each in found]


# Pairs, classes, seeds


def test_a_class_counts_once_with_the_mean_of_its_seeds() -> None:
    # class 0: 81 - 80, 82 - 80, 83 - 80 = 1, 2, 3, mean 2; class 1: 86 - 80 = 6.
    # Over classes (2 + 6) / 2 = 4; over the four pairs it would be 3.
    found = only(
        scored("hsc", {(0, 1): 81, (0, 2): 82, (0, 3): 83, (1, 1): 86}),
        scored("bce", {(0, 1): 80, (0, 2): 80, (0, 3): 80, (1, 1): 80}),
    )
    assert (found.first, found.second, found.setting) == ("hsc", "bce", "")
    assert found.mean == pytest.approx(4.0)
    assert (found.pairs, found.units, found.wins) == (4, 2, 4)


def test_a_run_of_a_method_that_no_seed_changes_is_the_partner_of_every_seed() -> None:
    # class 0: 81 - 70, 83 - 70 = 11, 13, mean 12; class 1: 86 - 80 = 6.
    hsc = scored("hsc", {(0, 1): 81, (0, 3): 83, (1, 1): 86})
    found = only(hsc, scored("kde", {(0, 1): 70, (1, 1): 80}))
    assert found.mean == pytest.approx(9.0)
    assert (found.pairs, found.units, found.wins) == (3, 2, 3)
    turned = only(scored("kde", {(0, 1): 70, (1, 1): 80}), hsc)
    assert (turned.mean, turned.pairs, turned.wins) == (pytest.approx(-9.0), 3, 0)
    alone = only(scored("kde", {(0, 1): 70}), scored("one_class_svm", {(0, 1): 60}))
    assert (alone.mean, alone.pairs, alone.units) == (pytest.approx(10.0), 1, 1)


@pytest.mark.parametrize("status", ["collapsed", "diverged"])
def test_a_run_that_did_not_end_well_makes_no_pair(status: str) -> None:
    failed = scored("hsc", {(0, 2): 10, (2, 1): 10}, status=status)
    found = only(
        scored("hsc", {(0, 1): 82, (1, 1): 84}) + failed,
        scored("bce", {(0, 1): 80, (0, 2): 80, (1, 1): 80, (2, 1): 80}),
    )
    assert found.mean == pytest.approx(3.0)  # (2 + 4) / 2
    assert (found.pairs, found.units) == (2, 2)


def test_seeds_and_classes_of_one_method_alone_make_no_pair() -> None:
    found = only(
        scored("hsc", {(0, 1): 82, (0, 7): 10, (1, 1): 84, (5, 1): 10}),
        scored("bce", {(0, 1): 80, (0, 8): 99, (1, 1): 80, (6, 1): 99}),
    )
    assert found.mean == pytest.approx(3.0)
    assert (found.pairs, found.units) == (2, 2)


def test_two_methods_without_a_pair_are_not_compared() -> None:
    runs = table(*scored("hsc", {(0, 1): 80}), *scored("bce", {(0, 2): 80, (1, 1): 70}))
    assert compare(runs, SPEC) == []


def test_of_one_class_the_seeds_take_the_place_of_classes() -> None:
    found = only(
        scored("hsc", {(3, 1): 81, (3, 2): 82, (3, 3): 86}),
        scored("bce", {(3, 1): 80, (3, 2): 80, (3, 3): 80}),
    )
    assert found.mean == pytest.approx(3.0)  # (1 + 2 + 6) / 3
    assert (found.pairs, found.units) == (3, 3)
    half = stats.t.ppf(0.975, 2) * np.std([1, 2, 6], ddof=1) / np.sqrt(3)
    assert (found.low, found.high) == pytest.approx((3 - half, 3 + half))


def test_a_pair_alone_has_a_difference_but_neither_interval_nor_p_value() -> None:
    found = only(scored("hsc", by_class(80)), scored("bce", by_class(85)))
    assert found.mean == pytest.approx(-5.0)
    assert (found.pairs, found.units, found.wins) == (1, 1, 0)
    assert np.isnan([found.low, found.high, found.p, found.p_corrected]).all()


def test_a_win_is_a_pair_in_which_the_first_is_better_a_tie_is_none() -> None:
    found = only(scored("hsc", by_class(80, 70, 60)), scored("bce", by_class(79, 70, 99)))
    assert (found.wins, found.pairs) == (1, 3)


def test_a_study_with_one_method_has_no_comparison() -> None:
    assert compare(table(*scored("hsc", by_class(80, 90))), SPEC) == []


def test_without_a_finished_run_there_is_no_comparison() -> None:
    failed = table(*scored("hsc", by_class(80), status="diverged"))
    for runs in (failed, failed[:0]):
        assert compare(runs, swept("oe_size")) == []


# Intervals and p values

HSC = by_class(80, 80, 80, 80, 80, 80)
BCE = by_class(79, 78, 77, 76, 75, 74)  # hsc is better by 1, 2, 3, 4, 5, 6
FOCAL = by_class(71, 82, 79, 70, 68, 63)  # hsc is better by 9, -2, 1, 10, 12, 17


def test_the_interval_is_student_s_over_classes_where_there_is_one_seed() -> None:
    found = only(scored("hsc", HSC), scored("focal", FOCAL))
    differences = np.array([9, -2, 1, 10, 12, 17])
    half = stats.t.ppf(0.975, 5) * differences.std(ddof=1) / np.sqrt(6)
    mean = differences.mean()
    assert (found.low, found.high) == pytest.approx((mean - half, mean + half))


def test_the_interval_is_over_classes_and_seeds() -> None:
    """Differences 1, 3 of one class and 5, 11 of the other: by hand as a crossed design."""
    found = only(
        scored("hsc", {(0, 1): 81, (0, 2): 83, (1, 1): 85, (1, 2): 91}),
        scored("bce", {(0, 1): 80, (0, 2): 80, (1, 1): 80, (1, 2): 80}),
    )
    # Class means 2, 8: variance 18, of the mean 9. Seed means 3, 7: 8, 4. Residuals 1, -1, -1, 1:
    # variance 4 with one degree of freedom, of the mean 1. 9 + 4 - 1 = 12 with Satterthwaite's
    # 12^2 / (9^2 + 4^2 + 1^2) = 144 / 98 degrees of freedom.
    half = stats.t.ppf(0.975, 144 / 98) * np.sqrt(12)
    assert (found.low, found.high) == pytest.approx((5 - half, 5 + half))


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        ((75, 75, 75), (50, 50, 50), 25.0),
        ((90, 80, 70, 60), (80, 70, 60, 50), 10.0),  # the same but for the last binary digit
        ((90, 80, 70), (90, 80, 70), 0.0),
    ],
)
def test_differences_that_are_all_alike_have_an_interval_of_that_point(
    first: tuple[float, ...], second: tuple[float, ...], difference: float
) -> None:
    found = only(scored("hsc", by_class(*first)), scored("bce", by_class(*second)))
    assert (found.mean, found.low, found.high) == pytest.approx((difference,) * 3)


def test_the_p_value_is_scipys_signed_rank_test_over_classes() -> None:
    found = only(scored("hsc", HSC), scored("focal", FOCAL))
    assert found.p == stats.wilcoxon([9, -2, 1, 10, 12, 17]).pvalue
    # -2 has rank 2: of the 64 subsets of the ranks, {}, {1} and {2} have at most that sum.
    assert found.p == pytest.approx(2 * 3 / 64)


def test_methods_that_never_differ_have_the_p_value_1() -> None:
    found = only(scored("hsc", HSC), scored("bce", HSC))
    assert (found.p, found.p_corrected, found.wins) == (1.0, 1.0, 0)


def test_p_values_are_corrected_by_holm_over_all_comparisons_of_the_study() -> None:
    found = compare(table(*scored("hsc", HSC), *scored("bce", BCE), *scored("focal", FOCAL)), SPEC)
    assert pairs(found) == [("", "hsc", "bce"), ("", "hsc", "focal"), ("", "bce", "focal")]
    # hsc - bce is positive throughout: 2 * 1 / 64. bce - focal is 8, -4, -2, 6, 7, 11; -2 and -4
    # have ranks 1 and 2, and {}, {1}, {2}, {3} and {1, 2} at most their sum: 2 * 5 / 64.
    assert [each.p for each in found] == pytest.approx([2 / 64, 6 / 64, 10 / 64])
    # Holm: 3 * 2 / 64 = 6 / 64; 2 * 6 / 64 = 12 / 64; 10 / 64, but not below the one before.
    assert [each.p_corrected for each in found] == pytest.approx([6 / 64, 12 / 64, 12 / 64])
    assert [each.wins for each in found] == [6, 5, 4]


@pytest.mark.parametrize(
    ("p", "corrected"),
    [
        # .01 * 4, .02 * 3, .03 * 2 and .04 * 1, but not below the ones before.
        ([0.01, 0.02, 0.03, 0.04], [0.04, 0.06, 0.06, 0.06]),
        ([0.04, 0.01, 0.03, 0.02], [0.06, 0.04, 0.06, 0.06]),  # each keeps its place
        ([0.001, 0.01, 0.2], [0.003, 0.02, 0.2]),  # .2 * 1 lies above .01 * 2
        ([0.02, 0.02, 0.5], [0.06, 0.06, 0.5]),  # equal ones stay equal
        ([0.4, 0.6, 0.5], [1.0, 1.0, 1.0]),  # .4 * 3 and .5 * 2, and .6 not below them
        ([0.0, 1.0], [0.0, 1.0]),
        ([0.03], [0.03]),
        ([np.nan, 0.02, np.nan, 0.03], [np.nan, 0.04, np.nan, 0.04]),  # of two that are there
        ([np.nan], [np.nan]),
        ([], []),
    ],
)
def test_holm_s_correction_is_that_worked_out_by_hand(
    p: list[float], corrected: list[float]
) -> None:
    assert holm(np.array(p)).tolist() == pytest.approx(corrected, nan_ok=True)


def test_a_comparison_without_a_p_value_does_not_count_in_the_correction() -> None:
    runs = table(*scored("hsc", HSC), *scored("bce", BCE), *scored("focal", {(0, 1): 71}))
    corrected = [each.p_corrected for each in compare(runs, SPEC)]
    assert corrected == pytest.approx([2 / 64, np.nan, np.nan], nan_ok=True)


# What else is swept


def test_methods_are_compared_at_each_value_of_what_is_swept() -> None:
    runs = [
        *scored("hsc", by_class(80, 80), oe_size=16),
        *scored("bce", by_class(70, 78), oe_size=16),
        *scored("hsc", by_class(80, 80), oe_size=32),
        *scored("bce", by_class(90, 92), oe_size=32),
    ]
    found = compare(table(*runs), swept("oe_size"))
    assert pairs(found) == [("oe size 16", "hsc", "bce"), ("oe size 32", "hsc", "bce")]
    assert [each.mean for each in found] == pytest.approx([6.0, -11.0])


@pytest.mark.parametrize("key", ["oe_size", "oe_classes", "blur"])
def test_a_baseline_without_oe_is_compared_at_every_size_and_blur(key: str) -> None:
    none = {"oe": None, "oe_size": None}
    sizes = {"oe_size": None} if key == "oe_classes" else {}
    runs = [
        *scored("hsc", by_class(80, 80), **{**sizes, key: 1}),
        *scored("hsc", by_class(90, 92), **{**sizes, key: 4}),
        *scored("dsvdd", by_class(70, 70), **none),
    ]
    found = compare(table(*runs), swept(key))
    name = key.replace("_", " ")
    assert pairs(found) == [(f"{name} 1", "hsc", "dsvdd"), (f"{name} 4", "hsc", "dsvdd")]
    assert [each.mean for each in found] == pytest.approx([10.0, 21.0])


def test_a_baseline_without_augmentation_is_compared_with_and_without_it() -> None:
    runs = [
        *scored("dsvdd", by_class(80, 80), oe=None, augment=True),
        *scored("dsvdd", by_class(70, 70), oe=None, augment=False),
        *scored("kde", by_class(60, 62), oe=None, recipe="pca"),
    ]
    found = compare(table(*runs), swept("augment"))
    assert pairs(found) == [("augment on", "dsvdd", "kde"), ("augment off", "dsvdd", "kde")]
    assert [each.mean for each in found] == pytest.approx([19.0, 9.0])


def test_norms_are_methods_and_augmentation_a_setting() -> None:
    runs = [
        row
        for augment in (True, False)
        for norm, auroc in (("l1", 70), ("l2", 80))
        for row in scored("hsc", by_class(auroc, auroc + augment), norm=norm, augment=augment)
    ]
    found = compare(table(*runs), swept("norm", "augment"))
    assert pairs(found) == [
        ("augment on", "hsc, norm l1", "hsc, norm l2"),
        ("augment off", "hsc, norm l1", "hsc, norm l2"),
    ]
    assert [each.mean for each in found] == pytest.approx([-10.0, -10.0])


def test_values_of_gamma_are_methods() -> None:
    runs = [
        row for gamma in (0.0, 0.5) for row in scored("focal", by_class(80 + gamma), gamma=gamma)
    ]
    (found,) = compare(table(*runs), swept("gamma"))
    assert (found.first, found.second) == ("focal, gamma 0", "focal, gamma 0.5")
    assert found.mean == pytest.approx(-0.5)
