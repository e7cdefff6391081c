"""The metrics by hand."""

import numpy as np
import pytest

from oead.metrics import METRICS, evaluate, spread

# Sorted; the normal .6 lies above the anomaly .4, which ties with two normal images.
SCORE = np.array([0.1, 0.2, 0.4, 0.4, 0.4, 0.6, 0.8, 0.9])
LABEL = np.array([0, 0, 0, 0, 1, 0, 1, 1])


def test_auroc_counts_pairs_and_ties_as_halves() -> None:
    # 3 x 5 pairs: the anomaly .4 wins 2, ties 2, loses 1; .8 and .9 win 5 each.
    assert evaluate(SCORE, LABEL)["auroc"] == pytest.approx((3 + 5 + 5) / 15)


def test_average_precision_takes_ties_at_once() -> None:
    # Precision 1 at recall 1/3 and 2/3; all of .4 together bring recall 1 at precision 3/6.
    expected = 1 / 3 * 1 + 1 / 3 * 1 + 1 / 3 * 1 / 2
    assert evaluate(SCORE, LABEL)["average_precision"] == pytest.approx(expected)


def test_fpr95_is_the_rate_at_the_threshold_that_finds_95_percent() -> None:
    # All three anomalies are found from .4 on, and with them 3 of the 5 normal images.
    assert evaluate(SCORE, LABEL)["fpr95"] == pytest.approx(3 / 5)


def test_fpr95_lets_one_anomaly_in_twenty_go() -> None:
    # 19 of 20 are 95 %: the anomaly at 0, below all normal images, need not be found.
    score = np.array([*[1.0] * 19, 0.0, 0.5, 0.5])
    assert evaluate(score, np.array([*[1] * 20, 0, 0]))["fpr95"] == 0.0
    # 18 of 19 are 94.7 %.
    assert evaluate(score[1:], np.array([*[1] * 19, 0, 0]))["fpr95"] == 1.0


def test_fpr95_looks_at_every_threshold() -> None:
    # An anomaly and a normal image at each of 20 values: at 19 of them both rates are 95 %. The
    # curve is a straight line there, from which libraries like to leave points out.
    score, label = np.repeat(np.arange(20.0), 2), np.tile([0, 1], 20)
    assert evaluate(score, label)["fpr95"] == pytest.approx(0.95)


def test_a_score_that_separates_is_perfect_and_its_negative_the_worst() -> None:
    score, label = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1])
    assert evaluate(score, label) == {"auroc": 1.0, "average_precision": 1.0, "fpr95": 0.0}
    # The anomalies come last: precision 1/3 at recall 1/2 and 2/4 at recall 1.
    worst = {"auroc": 0.0, "average_precision": 1 / 2 * 1 / 3 + 1 / 2 * 2 / 4, "fpr95": 1.0}
    assert evaluate(-score, label) == pytest.approx(worst)


def test_equal_scores_are_chance_and_have_no_spread() -> None:
    # Every pair ties; the only threshold takes all 4 images, 3 of them anomalies.
    score = np.full(4, 0.25, dtype=np.float32)
    found = evaluate(score, np.array([0, 1, 1, 1]))
    assert found == {"auroc": 0.5, "average_precision": 0.75, "fpr95": 1.0}
    assert spread(score) == 0.0


def test_the_metrics_are_those_named() -> None:
    assert tuple(evaluate(SCORE, LABEL)) == METRICS
    assert all(type(value) is float for value in evaluate(SCORE, LABEL).values())


@pytest.mark.parametrize("only", [0, 1])
def test_one_class_is_refused(only: int) -> None:
    with pytest.raises(ValueError, match=rf"both labels 0 and 1 are needed, found \[{only}\]"):
        evaluate(SCORE, np.full(8, only))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused_and_counted(bad: float) -> None:
    score = SCORE.copy()
    score[[1, 6]] = bad
    with pytest.raises(ValueError, match="2 of 8 scores are not finite"):
        evaluate(score, LABEL)


def test_spread_is_the_standard_deviation_over_the_mean_magnitude() -> None:
    assert spread(np.array([1.0, 3.0])) == 1 / 2  # mean 2, deviations 1
    assert spread(np.array([-1.0, 1.0, 1.0, -1.0])) == 1.0  # logits around 0: magnitude 1
    assert spread(np.zeros(3)) == 0.0


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_spread_does_not_depend_on_the_scale_of_float32_scores(scale: float) -> None:
    # The squares, 1e-60 and 1e60, are beyond float32.
    assert spread(np.array([1, 3], dtype=np.float32) * np.float32(scale)) == pytest.approx(0.5)
