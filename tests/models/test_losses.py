"""The objectives against the paper's formulas, written out in float64 NumPy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from grid_cases import plans, refusal
from torch import Tensor

from oebench.models.losses import loss_of, pseudo_huber, score_of
from oebench.registry import METHODS, NORMS, Objective, objective_named

OBJECTIVES = {name: each for name, each in METHODS.items() if isinstance(each, Objective)}
CASES: list[tuple[str, dict[str, Any]]] = [
    *(("hsc", {"norm": norm}) for norm in NORMS),
    ("deepsad", {}),
    ("bce", {}),
    *(("focal", {"gamma": gamma}) for gamma in (0.0, 0.5, 2.0, 4.0)),
    ("dsvdd", {"norm": "pseudo_huber"}),
]
every_case = pytest.mark.parametrize(("name", "parameters"), CASES)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def paper_pseudo_huber(z: np.ndarray) -> np.ndarray:
    """sqrt(|z|^2 + 1) - 1; where float64 loses its digits, |z|^2 / 2, the series' first term."""
    r = (z**2).sum(1)
    return np.array(np.where(r < 1e-8, r / 2, np.sqrt(r + 1) - 1))


PAPER_NORMS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "pseudo_huber": paper_pseudo_huber,
    "l1": lambda z: np.abs(z).sum(1),
    "l2": lambda z: np.sqrt((z**2).sum(1)),
    "l2_squared": lambda z: (z**2).sum(1),
}


def paper_loss(name: str, z: np.ndarray, y: np.ndarray, norm: str = "", gamma: float = 0.0) -> Any:
    """Loss per image; y = 1 for OE."""
    if name in ("bce", "focal"):
        # -log(sigmoid(x)) for OE and -log(1 - sigmoid(x)) for normal images, x the logit.
        bce = np.logaddexp(0, np.where(y == 1, -z[:, 0], z[:, 0]))
        pt = np.clip(np.exp(-bce), 1e-7, 1 - 1e-7)
        return bce if name == "bce" else (1 - pt) ** gamma * bce
    if name == "deepsad":
        d = (z**2).sum(1)
        return np.where(y == 1, 1 / (d + 1e-9), d)
    d = PAPER_NORMS[norm](z)
    if name == "dsvdd":
        return d
    return np.where(y == 1, -np.log(1 - np.exp(-d) + 1e-9), d)


def paper_score(name: str, z: np.ndarray, norm: str = "", gamma: float = 0.0) -> Any:
    """Score per image, higher = more anomalous."""
    if name in ("bce", "focal"):
        return 1 / (1 + np.exp(-z[:, 0]))
    if name == "deepsad":
        return (z**2).sum(1)
    d = PAPER_NORMS[norm](z)
    return d if name == "dsvdd" else 1 - np.exp(-d)


def unsaturated(name: str, z: np.ndarray, norm: str = "", gamma: float = 0.0) -> Any:
    """The distance or the logit of which the paper's score is an increasing function."""
    if name in ("bce", "focal"):
        return z[:, 0]
    return (z**2).sum(1) if name == "deepsad" else PAPER_NORMS[norm](z)


def representations(name: str, scale: float) -> np.ndarray:
    """Three outputs of a network, as float32 has them: representations (3, 3) or logits (3, 1)."""
    z = np.array([[0.5, -1.0, 0.25], [-0.75, 0.5, 1.5], [2.0, 1.0, -0.5]]) * scale
    z = z.astype(np.float32).astype(np.float64)
    return z[:, :1] if objective_named(name).head else z


def labelled(z: np.ndarray) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """Every row of z as a normal and as an OE image: z (float32), is_oe, and y for NumPy."""
    y = np.repeat([0, 1], len(z))
    twice = torch.tensor(np.concatenate([z, z]), dtype=torch.float32, requires_grad=True)
    return twice, torch.from_numpy(y == 1), y


@every_case
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e15])
def test_loss_is_the_papers(name: str, parameters: dict[str, Any], scale: float) -> None:
    z, is_oe, y = labelled(representations(name, scale))
    expected = paper_loss(name, z.detach().double().numpy(), y, **parameters)
    found = loss_of(objective_named(name), z, is_oe, parameters).detach().numpy()
    # -log of a number near 1 is small but rounded like 1, by 6e-8; tiny losses keep their digits.
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=0 if scale < 1 else 6e-8)


@every_case
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e15])
def test_score_is_the_distance_or_the_logit(
    name: str, parameters: dict[str, Any], scale: float
) -> None:
    z = representations(name, scale)
    found = score_of(
        objective_named(name), torch.tensor(z, dtype=torch.float32), parameters
    ).numpy()
    np.testing.assert_allclose(found, unsaturated(name, z, **parameters), rtol=1e-6)


def test_pseudo_huber_keeps_its_digits_where_the_plain_form_gives_zero() -> None:
    z = torch.tensor([[3e-7, 4e-7], [6e-4, 8e-4]])
    plain = (z.square().sum(1) + 1).sqrt() - 1
    assert plain[0] == 0.0
    # r = 2.5e-13 and 1e-6, d = r / 2 - r^2 / 8
    np.testing.assert_allclose(pseudo_huber(z), [1.25e-13, 4.99999875e-7], rtol=1e-6)


def test_pseudo_huber_of_a_huge_representation_is_finite() -> None:
    # |z|^2 = 25e60 is beyond float32, d = 5e30 - 1 is not.
    z = torch.tensor([[3e30, -4e30]])
    np.testing.assert_allclose(
        score_of(objective_named("hsc"), z, {"norm": "pseudo_huber"}), [5e30], 1e-6
    )


@every_case
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e-6, 1.0, 30.0, 1e15, 1e30])
def test_gradients_are_finite(name: str, parameters: dict[str, Any], scale: float) -> None:
    z, is_oe, _ = labelled(representations(name, scale))
    loss_of(objective_named(name), z, is_oe, parameters).sum().backward()
    assert z.grad is not None
    assert z.grad.isfinite().all()


@every_case
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e15, 1e30])
def test_losses_are_finite_unless_the_square_leaves_float32(
    name: str, parameters: dict[str, Any], scale: float
) -> None:
    squares = name == "deepsad" or parameters.get("norm") in ("l2", "l2_squared")
    z, is_oe, _ = labelled(representations(name, scale))
    finite = loss_of(objective_named(name), z, is_oe, parameters).isfinite()
    if squares and scale == 1e30:  # |z|^2 = 1e60; only the OE loss, which goes to 0, is finite
        assert finite.tolist() == is_oe.tolist()
    else:
        assert finite.all()


@every_case
def test_gradient_is_the_slope_of_the_papers_loss(name: str, parameters: dict[str, Any]) -> None:
    z, is_oe, y = labelled(representations(name, 1.0))
    loss_of(objective_named(name), z, is_oe, parameters).sum().backward()
    assert z.grad is not None
    values = z.detach().double().numpy()
    for column in range(values.shape[1]):
        step = np.zeros_like(values)
        step[:, column] = 1e-5
        up, down = (paper_loss(name, values + s, y, **parameters) for s in (step, -step))
        np.testing.assert_allclose(z.grad[:, column], (up - down) / 2e-5, rtol=1e-4, atol=1e-7)


def test_gradient_of_bce_at_the_logit_zero_is_a_half() -> None:
    # sigmoid(0) - y
    z = torch.zeros(2, 1, requires_grad=True)
    loss_of(objective_named("bce"), z, torch.tensor([False, True]), {}).sum().backward()
    assert z.grad is not None
    assert z.grad.flatten().tolist() == [0.5, -0.5]


@every_case
def test_scores_rank_as_the_papers_do(name: str, parameters: dict[str, Any]) -> None:
    z = np.random.default_rng(0).normal(size=(50, 1 if objective_named(name).head else 4))
    z = z.astype(np.float32)
    found = score_of(objective_named(name), torch.from_numpy(z), parameters).numpy()
    paper = paper_score(name, z.astype(np.float64), **parameters)
    assert np.argsort(found).tolist() == np.argsort(paper).tolist()
    assert len(np.unique(found)) == 50


@pytest.mark.parametrize("norm", NORMS)
def test_distances_20_and_30_are_apart_where_the_papers_scores_tie(norm: str) -> None:
    at = {"pseudo_huber": [440**0.5, 960**0.5], "l2_squared": [20**0.5, 30**0.5]}
    z = torch.tensor(at.get(norm, [20.0, 30.0]))[:, None]  # sqrt(440 + 1) - 1 = 20
    paper = 1 - (-torch.tensor([20.0, 30.0])).exp()
    assert paper.tolist() == [1.0, 1.0]
    found = score_of(objective_named("hsc"), z, {"norm": norm})
    assert found.tolist() == pytest.approx([20, 30], rel=1e-6)


@pytest.mark.parametrize(("name", "parameters"), [("bce", {}), ("focal", {"gamma": 2.0})])
def test_logits_20_and_30_are_apart_where_sigmoids_tie(
    name: str, parameters: dict[str, Any]
) -> None:
    z = torch.tensor([[20.0], [30.0]])
    assert z.sigmoid().flatten().tolist() == [1.0, 1.0]
    assert score_of(objective_named(name), z, parameters).tolist() == [20.0, 30.0]


@every_case
def test_losses_and_scores_of_bfloat16_are_computed_in_float32(
    name: str, parameters: dict[str, Any]
) -> None:
    z, is_oe, _ = labelled(representations(name, 1.1))
    half, objective = z.detach().bfloat16(), objective_named(name)
    losses, scores = (
        loss_of(objective, half, is_oe, parameters),
        score_of(objective, half, parameters),
    )
    assert losses.dtype == scores.dtype == torch.float32
    assert torch.equal(losses, loss_of(objective, half.float(), is_oe, parameters))
    assert torch.equal(scores, score_of(objective, half.float(), parameters))


def test_focal_with_gamma_0_is_bce() -> None:
    z, is_oe, _ = labelled(np.array([[-40.0], [-1.0], [0.0], [2.0], [40.0]]))
    focal = loss_of(objective_named("focal"), z, is_oe, {"gamma": 0.0})
    assert torch.equal(focal, loss_of(objective_named("bce"), z, is_oe, {}))


def test_only_bce_and_focal_have_a_head_and_only_dsvdd_has_neither_oe_nor_biases() -> None:
    assert {name for name, each in OBJECTIVES.items() if each.head} == {"bce", "focal"}
    assert {name for name, each in OBJECTIVES.items() if not each.uses_oe} == {"dsvdd"}
    assert {name for name, each in OBJECTIVES.items() if not each.biases} == {"dsvdd"}


def test_defaults_are_the_papers() -> None:
    assert objective_named("hsc").parameters == {"norm": "pseudo_huber"}
    assert objective_named("focal").parameters == {"gamma": 2.0}


# An objective of one's own


def margin(z: Tensor, is_oe: Tensor, *, gamma: float) -> Tensor:
    """The logit of normal images; of OE images, what it lacks to gamma."""
    logit = z.squeeze(1)
    return logit.where(~is_oe, (gamma - logit).clamp(min=0))


def shifted(z: Tensor, *, gamma: float) -> Tensor:
    """The logit above gamma."""
    return z.squeeze(1) - gamma


def test_an_objective_of_ones_own_is_a_record_and_two_functions(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = Objective(
        "margin",
        loss=f"{__name__}:margin",
        score=f"{__name__}:shifted",
        parameters={"gamma": 3.0},
        scored_by=("gamma",),
        head=True,
    )
    plan_of = plans(tmp_path / "small.yaml")
    assert "'margin' is not a known objective" in refusal(plan_of, objectives=["margin"])
    monkeypatch.setitem(METHODS, "margin", record)
    # Beside hsc, which has no gamma; swept, it is alone.
    plain = plan_of({"objectives": ["hsc", "margin"]}).runs
    assert {(run.objective, run.gamma) for run in plain} == {("hsc", None), ("margin", 3.0)}
    swept = plan_of({"objectives": ["margin"], "sweep": {"gamma": [1, 2]}})
    assert "/objective=margin~gamma=1/" in swept.runs[0].path
    assert {run.gamma for run in swept.runs} == {1.0, 2.0}
    assert "only focal and margin take it" in refusal(plan_of, objectives=["hsc"], gamma=1)

    z, is_oe = torch.tensor([[0.5], [0.5], [4.0]]), torch.tensor([False, True, True])
    parameters = plain[-1].parameters
    losses = loss_of(objective_named("margin"), z.bfloat16(), is_oe, parameters)
    assert losses.dtype == torch.float32
    assert losses.tolist() == [0.5, 2.5, 0.0]  # 3 - 0.5; 4 is beyond 3
    assert score_of(objective_named("margin"), z, parameters).tolist() == [-2.5, -2.5, 1.0]
