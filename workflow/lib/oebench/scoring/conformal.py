"""P values of scores, from normal images that were held out of the training.

Split conformal prediction (Vovk, Gammerman, Shafer 2005; Bates et al. 2023, arXiv 2104.08279): the
p value of an image is the share of the held-out images, itself among them, that look at least as
anomalous. Of a normal image that is like them it is at or below a rate with a probability of at
most this rate, whatever the network is.
"""

from collections.abc import Sequence
from decimal import Decimal
from math import ceil, floor, log10

import numpy as np

from oebench.validation import UserError

ROUNDING = 1e-9  # relative, of a quotient of whole numbers


def p_values(held_out: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(1 + number of held-out scores that are as large or larger) / (1 + n), float64 (N,).

    >>> p_values(np.array([1.0, 2.0, 3.0]), np.array([0.5, 2.0, 9.0])).tolist()
    [1.0, 0.75, 0.25]
    """
    below = np.searchsorted(np.sort(held_out), scores, side="left")
    return (1 + len(held_out) - below) / (1 + len(held_out))


def together(each: Sequence[np.ndarray]) -> np.ndarray:
    """P values (N,) of several models for the same images, as one: twice their mean, at most 1.

    Of one model its own. Twice the mean of p values is one however they depend on one another
    (Rüschendorf 1982; Vovk and Wang 2020, Biometrika 107).
    """
    return np.minimum(1.0, factor(len(each)) * np.mean(each, axis=0))


def factor(models: int) -> int:
    return 1 if models == 1 else 2


def needed(rate: float, models: int) -> int:
    """How many held-out images each model needs, so that a p value can be as small as the rate.

    >>> needed(0.01, 1), needed(0.05, 1), needed(0.01, 3)
    (99, 19, 199)
    """
    return max(0, ceil(factor(models) / rate * (1 - ROUNDING)) - 1)


def check_enough(held_out: Sequence[int], rate: float) -> None:
    """Raises UserError where no image could be called anomalous at this rate of false alarms.

    held_out: how many images each model has.
    """
    least = factor(len(held_out)) * np.mean([1 / (1 + count) for count in held_out])
    if least > rate * (1 + ROUNDING):
        which = "the model has" if len(held_out) == 1 else "the models have"
        counts = ", ".join(map(str, held_out))
        raise UserError(
            f"a false-alarm rate of {rate:g} needs {needed(rate, len(held_out))} held-out images, "
            f"and {which} {counts}; train with a larger `held_out` in the recipe, or "
            f"ask for --false-alarms {rounded_up(float(least)):g} or more"
        )


def rounded_up(rate: float) -> float:
    """The next number with two digits.

    >>> rounded_up(1 / 99), rounded_up(0.25)
    (0.011, 0.25)
    """
    step = Decimal(1).scaleb(floor(log10(rate)) - 1)
    return float(ceil(rate / float(step) * (1 - ROUNDING)) * step)


def is_anomalous(values: np.ndarray, rate: float) -> np.ndarray:
    """Whether each p value is at or below the rate, bool (N,)."""
    return values <= rate * (1 + ROUNDING)
