"""Metrics of a score against labels; the anomaly is the positive class."""

import numpy as np

METRICS = ("auroc", "average_precision", "fpr95", "miss95")


def evaluate(score: np.ndarray, label: np.ndarray) -> dict[str, float]:
    """The metrics of a run, each in [0, 1].

    auroc, average_precision; fpr95: the share of normal images called anomalous where 95 % of the
    anomalies are; miss95: the share of anomalies called normal where 95 % of the normal images are.

    score: (N,), higher = more anomalous; label: (N,), 1 = anomaly. Raises ValueError where a
    metric is not defined: one class only, or a score that is not finite.

    >>> evaluate(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))["auroc"]
    0.75
    """
    # Not above: the names of the metrics are read where nothing heavy may be loaded.
    from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

    if not np.isfinite(score).all():
        raise ValueError(f"{(~np.isfinite(score)).sum()} of {len(score)} scores are not finite")
    if len(np.unique(label)) != 2:
        raise ValueError(f"both labels 0 and 1 are needed, found {np.unique(label).tolist()}")
    fpr, tpr, _ = roc_curve(label, score, drop_intermediate=False)
    return {
        "auroc": float(roc_auc_score(label, score)),
        "average_precision": float(average_precision_score(label, score)),
        "fpr95": float(fpr[np.argmax(tpr >= 0.95)]),
        "miss95": float((score[label == 1] <= normal_limit(score[label == 0])).mean()),
    }


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
