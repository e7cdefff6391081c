"""The metrics by hand."""

import numpy as np
import pytest
from sklearn import metrics as reference

from oebench.evaluation.metrics import evaluate, normal_limit, spread
from oebench.registry import METRICS

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


@pytest.mark.parametrize("seed", range(20))
def test_the_metrics_are_scikit_learn_s(seed: int) -> None:
    random = np.random.default_rng(seed)
    label = np.append(random.integers(0, 2, 300), [0, 1])
    score = random.normal(size=302).astype(np.float32) + label
    score = score.round(2) if seed % 2 else score  # with ties and without
    found = evaluate(score, label)
    fpr, tpr, _ = reference.roc_curve(label, score, drop_intermediate=False)
    assert found["auroc"] == pytest.approx(reference.roc_auc_score(label, score), abs=1e-13)
    average_precision = reference.average_precision_score(label, score)
    assert found["average_precision"] == pytest.approx(average_precision, abs=1e-13)
    assert found["fpr95"] == fpr[np.argmax(tpr >= 0.95)]


def test_miss95_is_the_share_of_anomalies_up_to_the_limit_of_the_normal_images() -> None:
    # 95 % of 5 normal images are all 5: the limit is .6, and of .4, .8 and .9 one lies below.
    assert evaluate(SCORE, LABEL)["miss95"] == pytest.approx(1 / 3)


def test_miss95_lets_one_normal_image_in_twenty_go() -> None:
    # The limit is the 19th of 20 normal scores, 0, whatever the last one is.
    normal = [*[0.0] * 19, 9.0]
    score, label = np.array([*normal, -1.0, 1.0, 2.0, 8.0]), np.array([*[0] * 20, *[1] * 4])
    assert evaluate(score, label)["miss95"] == 1 / 4
    # 18 of 19 are 94.7 %: the limit is the last, 9.
    assert evaluate(score[1:], label[1:])["miss95"] == 1.0


def test_an_anomaly_that_ties_with_the_limit_is_called_normal() -> None:
    # The 19th of 20 is 1; of the anomalies 1, 1 and 2 two are no higher.
    score = np.array([*[0.0] * 18, 1.0, 1.0, 1.0, 1.0, 2.0], dtype=np.float32)
    assert evaluate(score, np.array([*[0] * 20, *[1] * 3]))["miss95"] == pytest.approx(2 / 3)


def test_a_limit_of_float32_scores_is_one_of_them() -> None:
    # 0.1 in float32 is larger than 0.1: a limit that lost digits would miss no anomaly.
    score = np.array([0.1, 0.1], dtype=np.float32)
    assert evaluate(score, np.array([0, 1]))["miss95"] == 1.0
    assert normal_limit(score) == float(np.float32(0.1)) != 0.1


@pytest.mark.parametrize(
    ("count", "place"),
    [(1, 1), (2, 2), (19, 19), (20, 19), (21, 20), (39, 38), (40, 38), (41, 39), (59, 57)],
)
def test_up_to_the_limit_are_at_least_95_percent_and_no_more_than_needed(
    count: int, place: int
) -> None:
    # 18 of 19 are 94.7 %, 19 of 20 exactly 95 %; 20 of 21 are 95.2 %; 56 of 59 are 94.9 %.
    assert normal_limit(np.arange(count, 0, -1)) == place


def test_exactly_95_percent_are_enough_whatever_the_number() -> None:
    # 0.95 is a little less or more in floating point, and so is its product with each of these.
    found = [normal_limit(np.arange(1, 20 * n + 1)) for n in range(1, 300)]
    assert found == [19 * n for n in range(1, 300)]


def test_a_score_that_separates_is_perfect_and_its_negative_the_worst() -> None:
    score, label = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1])
    perfect = {"auroc": 1.0, "average_precision": 1.0, "fpr95": 0.0, "miss95": 0.0}
    assert evaluate(score, label) == perfect
    # The anomalies come last: precision 1/3 at recall 1/2 and 2/4 at recall 1.
    precision = 1 / 2 * 1 / 3 + 1 / 2 * 2 / 4
    worst = {"auroc": 0.0, "average_precision": precision, "fpr95": 1.0, "miss95": 1.0}
    assert evaluate(-score, label) == pytest.approx(worst)


def test_equal_scores_are_chance_and_have_no_spread() -> None:
    # Every pair ties; the only threshold takes all 4 images, 3 of them anomalies. The limit of the
    # normal image is the score of all.
    score = np.full(4, 0.25, dtype=np.float32)
    found = evaluate(score, np.array([0, 1, 1, 1]))
    assert found == {"auroc": 0.5, "average_precision": 0.75, "fpr95": 1.0, "miss95": 1.0}
    assert spread(score) == 0.0


def test_the_metrics_are_those_named() -> None:
    assert list(evaluate(SCORE, LABEL)) == [*METRICS]
    assert all(type(value) is float for value in evaluate(SCORE, LABEL).values())


@pytest.mark.parametrize("only", [0, 1])
def test_one_class_is_refused(only: int) -> None:
    with pytest.raises(ValueError, match=rf"expected both labels, 0 and 1, found \[{only}\]"):
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
