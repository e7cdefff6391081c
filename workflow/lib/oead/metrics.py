"""Metrics of a score against labels; the anomaly is the positive class."""

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

METRICS = ("auroc", "average_precision", "fpr95")


def evaluate(score: np.ndarray, label: np.ndarray) -> dict[str, float]:
    """AUROC, average precision and the false positive rate at 95 % true positive rate, in [0, 1].

    score: (N,), higher = more anomalous; label: (N,), 1 = anomaly. Raises ValueError where a
    metric is not defined: one class only, or a score that is not finite.

    >>> evaluate(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))["auroc"]
    0.75
    """
    if not np.isfinite(score).all():
        raise ValueError(f"{(~np.isfinite(score)).sum()} of {len(score)} scores are not finite")
    if len(np.unique(label)) != 2:
        raise ValueError(f"both labels 0 and 1 are needed, found {np.unique(label).tolist()}")
    fpr, tpr, _ = roc_curve(label, score, drop_intermediate=False)
    return {
        "auroc": float(roc_auc_score(label, score)),
        "average_precision": float(average_precision_score(label, score)),
        "fpr95": float(fpr[np.argmax(tpr >= 0.95)]),
    }


def spread(score: np.ndarray) -> float:
    """Standard deviation of the scores over their mean magnitude; 0 where all are the same."""
    level = float(np.abs(score.astype(np.float64)).mean())
    return float(score.astype(np.float64).std() / level) if level > 0 else 0.0
