"""Objectives: one record each for the loss, the score and what the network needs for them.

Training and scoring use the same record, so the two cannot drift apart. Formulas: Ruff et al.,
"Rethinking Assumptions in Deep Anomaly Detection" (arXiv 2006.00339), sections 2 and 3, and
"Deep Semi-Supervised Anomaly Detection" (arXiv 1906.02694) for deepsad. Everything is written with
tensor methods, so the table can be read without loading torch.

Scores are stored unsaturated. The paper's ``1 - exp(-d)`` and ``sigmoid(logit)`` are increasing
functions of the distance d and the logit, so the ranks and the AUROC are the same, but in float32
they reach exactly 1.0 at d = 17.3 and make ties.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

EPSILON = 1e-9  # keeps the logarithm and the quotient of an OE image at the centre finite


def pseudo_huber(z: Tensor) -> Tensor:
    """sqrt(|z|^2 + 1) - 1 per row of z (N, D), as r / (sqrt(r + 1) + 1): exact for tiny norms too.

    The plain form loses every digit below |z| = 3e-4 in float32. For |z|^2 beyond the float32 range
    the squares are taken of z / max|z|, so that a huge representation has a huge, finite distance.
    """
    scale = z.detach().abs().amax(1).clamp(min=1.0)
    r = (z / scale[:, None]).square().sum(1)
    inverse = 1.0 / scale
    return scale * (r / ((r + inverse.square()).sqrt() + inverse))


def l1(z: Tensor) -> Tensor:
    """|z|_1 per row of z (N, D)."""
    return z.abs().sum(1)


def l2(z: Tensor) -> Tensor:
    """|z|_2 per row of z (N, D); its gradient at z = 0 is 0 (torch's norm takes a subgradient)."""
    return z.norm(dim=1)


def l2_squared(z: Tensor) -> Tensor:
    """|z|_2^2 per row of z (N, D)."""
    return z.square().sum(1)


NORMS: dict[str, Callable[[Tensor], Tensor]] = {
    "pseudo_huber": pseudo_huber,
    "l1": l1,
    "l2": l2,
    "l2_squared": l2_squared,
}


def hypersphere_classification(z: Tensor, is_oe: Tensor, *, norm: str) -> Tensor:
    """d for normal images, -log(1 - exp(-d) + 1e-9) for OE images (equation 4 of the paper)."""
    d = NORMS[norm](z)
    return d.where(~is_oe, -((-(-d).expm1()) + EPSILON).log())


def deep_sad(z: Tensor, is_oe: Tensor) -> Tensor:
    """|z|^2 for normal images, 1 / (|z|^2 + 1e-9) for OE images; the centre is 0."""
    d = l2_squared(z)
    return d.where(~is_oe, 1.0 / (d + EPSILON))


def softplus(x: Tensor) -> Tensor:
    """log(1 + exp(x)) without overflow."""
    return x.logaddexp(x.new_zeros(()))


def binary_cross_entropy(z: Tensor, is_oe: Tensor) -> Tensor:
    """Cross entropy of the logit z (N, 1) with OE as the positive class."""
    logit = z.squeeze(1)
    return softplus((-logit).where(is_oe, logit))


def focal(z: Tensor, is_oe: Tensor, *, gamma: float) -> Tensor:
    """(1 - pt)^gamma * cross entropy, pt clamped to [1e-7, 1 - 1e-7]; no class weight alpha."""
    cross_entropy = binary_cross_entropy(z, is_oe)
    pt = (-cross_entropy).exp().clamp(1e-7, 1 - 1e-7)
    return (1 - pt) ** gamma * cross_entropy


def one_class(z: Tensor, is_oe: Tensor, *, norm: str) -> Tensor:
    """The distance of every image: Deep SVDD (Ruff et al. 2018) with hsc's norm and centre 0."""
    return NORMS[norm](z)


def distance(z: Tensor, *, norm: str) -> Tensor:
    """The distance of z (N, D) to the centre 0."""
    return NORMS[norm](z)


def squared_distance(z: Tensor) -> Tensor:
    """The squared distance of z (N, D) to the centre 0."""
    return l2_squared(z)


def logit(z: Tensor) -> Tensor:
    """The logit z (N, 1) as it is."""
    return z.squeeze(1)


@dataclass(frozen=True)
class Objective:
    """What an objective computes and what it asks of the network and the batches.

    `loss(z, is_oe, **parameters)` returns a loss per image, `score(z, **parameters)` a score per
    image, higher = more anomalous. `parameters` holds the defaults of the keys of a run that the
    objective takes.
    """

    description: str
    loss: Callable[..., Tensor]
    score: Callable[..., Tensor]
    parameters: dict[str, Any]
    scored_by: tuple[str, ...] = ()  # the parameters that the score takes too
    head: bool = False  # one Linear(representation, 1) behind the representation
    uses_oe: bool = True
    biases: bool = True  # without OE, biases let a network map every image to the centre

    def losses(self, z: Tensor, is_oe: Tensor, parameters: dict[str, Any]) -> Tensor:
        """Loss per image, in float32 whatever the precision of z is."""
        return self.loss(z.float(), is_oe, **parameters)

    def scores(self, z: Tensor, parameters: dict[str, Any]) -> Tensor:
        """Score per image, in float32, unsaturated."""
        return self.score(z.float(), **{key: parameters[key] for key in self.scored_by})


OBJECTIVES: dict[str, Objective] = {
    "hsc": Objective(
        "hypersphere classification",
        hypersphere_classification,
        distance,
        {"norm": "pseudo_huber"},
        scored_by=("norm",),
    ),
    "deepsad": Objective("Deep SAD", deep_sad, squared_distance, {}),
    "bce": Objective("binary cross entropy", binary_cross_entropy, logit, {}, head=True),
    "focal": Objective("focal loss", focal, logit, {"gamma": 2.0}, head=True),
    "dsvdd": Objective(
        "Deep SVDD, without outlier exposure",
        one_class,
        distance,
        {"norm": "pseudo_huber"},
        scored_by=("norm",),
        uses_oe=False,
        biases=False,
    ),
}
