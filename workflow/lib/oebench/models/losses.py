"""The losses and scores of the objectives that `registry.METHODS` names. Formulas: Ruff et al.,
"Rethinking Assumptions in Deep Anomaly Detection" (arXiv 2006.00339), sections 2 and 3, and
"Deep Semi-Supervised Anomaly Detection" (arXiv 1906.02694) for deepsad.

Scores are stored unsaturated. The paper's ``1 - exp(-d)`` and ``sigmoid(logit)`` are increasing
functions of the distance d and the logit, so the ranks and the AUROC are the same, but in float32
they reach exactly 1.0 at d = 17.3 and make ties.
"""

from typing import Any

from torch import Tensor

from oebench.registry import NORMS, Objective, code

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


def hypersphere_classification(z: Tensor, is_oe: Tensor, *, norm: str) -> Tensor:
    """d for normal images, -log(1 - exp(-d) + 1e-9) for OE images (equation 4 of the paper)."""
    d = code(NORMS[norm])(z)
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
    return code(NORMS[norm])(z)


def distance(z: Tensor, *, norm: str) -> Tensor:
    """The distance of z (N, D) to the centre 0."""
    return code(NORMS[norm])(z)


def squared_distance(z: Tensor) -> Tensor:
    """The squared distance of z (N, D) to the centre 0."""
    return l2_squared(z)


def logit(z: Tensor) -> Tensor:
    """The logit z (N, 1) as it is."""
    return z.squeeze(1)


def loss_of(objective: Objective, z: Tensor, is_oe: Tensor, parameters: dict[str, Any]) -> Tensor:
    """Loss per image (N,), in float32 whatever the precision of z (N, D) is.

    is_oe: (N,), bool. parameters: those of the run.
    """
    return code(objective.loss)(z.float(), is_oe, **parameters)


def score_of(objective: Objective, z: Tensor, parameters: dict[str, Any]) -> Tensor:
    """Score per image (N,), in float32, unsaturated; z: (N, D)."""
    taken = {key: parameters[key] for key in objective.scored_by}
    return code(objective.score)(z.float(), **taken)
