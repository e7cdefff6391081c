"""Metrics of a score against labels; the anomaly is the positive class."""

from typing import NamedTuple

import numpy as np

from oebench.registry import METRICS, code
from oebench.validation import UserError


class Ranking(NamedTuple):
    """The test images of a run from most to least anomalous, as the metrics need them."""

    score: np.ndarray  # (N,), higher = more anomalous
    label: np.ndarray  # (N,), 1 = anomaly
    false_positives: np.ndarray  # (T,), as `roc_curve` gives them
    true_positives: np.ndarray  # (T,)


def evaluate(score: np.ndarray, label: np.ndarray) -> dict[str, float]:
    """The metrics of a run by their name in the registry, each in [0, 1].

    score: (N,), higher = more anomalous; label: (N,), 1 = anomaly. Raises UserError where a
    metric is not defined: one class only, or a score that is not finite.

    >>> evaluate(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))["auroc"]
    0.75
    """
    if not np.isfinite(score).all():
        raise UserError(f"{(~np.isfinite(score)).sum()} of {len(score)} scores are not finite")
    if len(np.unique(label)) != 2:
        raise UserError(f"expected both labels, 0 and 1, found {np.unique(label).tolist()}")
    ranking = Ranking(score, label, *roc_curve(score, label))
    return {name: float(code(metric.code)(ranking)) for name, metric in METRICS.items()}


def auroc(ranking: Ranking) -> float:
    """The area under the curve of true against false positive rate."""
    false, true = ranking.false_positives, ranking.true_positives
    return np.trapezoid(true / true[-1], false / false[-1])


def average_precision(ranking: Ranking) -> float:
    """The mean precision over the anomalies, each at the threshold that finds it."""
    false, true = ranking.false_positives, ranking.true_positives
    return (np.diff(true / true[-1]) * (true / np.maximum(false + true, 1))[1:]).sum()


def fpr95(ranking: Ranking) -> float:
    """The share of normal images called anomalous where 95 % of the anomalies are."""
    false, true = ranking.false_positives, ranking.true_positives
    return (false / false[-1])[np.argmax(true / true[-1] >= 0.95)]


def miss95(ranking: Ranking) -> float:
    """The share of anomalies called normal where 95 % of the normal images are."""
    limit = normal_limit(ranking.score[ranking.label == 0])
    return (ranking.score[ranking.label == 1] <= limit).mean()


def roc_curve(score: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """False and true positives, int64 (T,), for falling thresholds: none, then each distinct score.

    As scikit-learn's, whose import takes longer than many a training.

    >>> roc_curve(np.array([1, 3, 3, 2]), np.array([0, 1, 0, 1]))
    (array([0, 1, 1, 2]), array([0, 1, 2, 2]))
    """
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)  # of equal scores
    true = np.cumsum(label[order], dtype=np.int64)[last]
    return np.append(0, last + 1 - true), np.append(0, true)


def normal_limit(score: np.ndarray) -> float:
    """The score up to which an image is called normal: 95 % of the normal images, score (N,), are.

    >>> normal_limit(np.arange(1, 101))
    95.0
    """
    return float(np.quantile(score, 0.95, method="inverted_cdf"))


def spread(score: np.ndarray) -> float:
    """Standard deviation of the scores over their mean magnitude; 0 where all are the same."""
    level = float(np.abs(score.astype(np.float64)).mean())
    return float(score.astype(np.float64).std() / level) if level > 0 else 0.0
