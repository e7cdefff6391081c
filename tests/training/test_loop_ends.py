"""How training ends: refused, diverged, or with scores of all images."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from training_cases import (
    CPU,
    HSC,
    IMAGE,
    images,
    noise,
    recipe,
    trained,
)

from oebench.artifacts.scores import Diverged
from oebench.models import losses
from oebench.registry import objective_named
from oebench.training import loop


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_too_few_images_for_a_batch_are_refused_in_a_sentence() -> None:
    sentence = (
        r"^normal class 0 of d has 7 training images, fewer than one batch of 8: no step would be "
        r"made and the network stay untrained\. Set a smaller batch in the recipe\.$"
    )
    with pytest.raises(ValueError, match=sentence):
        trained(HSC, recipe(), images(HSC, 7))


@pytest.mark.trains
def test_a_loss_that_is_not_a_number_names_epoch_and_step() -> None:
    # At the rate 1e30 the first step throws the weights away; the second finds inf - inf.
    with pytest.raises(Diverged, match="the loss is nan in epoch 1, step 2"):
        trained(HSC, recipe(learning_rate=1e30))
    # 1 / (255 * 1e-40) is infinite in float32, and 0 * inf is no number.
    with pytest.raises(Diverged, match="the loss is nan in epoch 1, step 1"):
        trained(HSC, recipe().model_copy(update={"std": (1e-40,)}))


@pytest.mark.trains
def test_a_loss_that_leaves_float32_in_a_later_epoch_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = iter(range(100))

    def infinite_at_the_fourth_step(z: Tensor, is_oe: Tensor, **_: Any) -> Tensor:
        return z.square().sum(1) * (float("inf") if next(calls) == 3 else 1.0)

    monkeypatch.setattr(losses, "hypersphere_classification", infinite_at_the_fourth_step)
    with pytest.raises(Diverged, match="the loss is inf in epoch 2, step 2"):
        trained(HSC, recipe(epochs=3))


def test_scores_that_are_not_finite_are_counted() -> None:
    network = loop.initial_network(HSC, recipe(), IMAGE)
    nn.init.constant_(network.get_parameter("representation.bias"), torch.inf)
    with pytest.raises(Diverged, match="5 of 5 test scores are not finite after training"):
        loop.score(network, HSC, recipe(), noise(5))


@pytest.mark.trains
def test_all_images_are_scored_each_by_itself_by_the_test_statistics() -> None:
    test, how = noise(loop.EVALUATION_BATCH + 3), recipe(mean=(0.25,), std=(0.5,))
    network = loop.train(HSC, how, images(HSC), CPU)
    found = loop.score(network, HSC, how, test)
    assert found.shape == (1003,)
    for row in (0, 999, 1000, 1002):
        with torch.no_grad():
            z = network.eval()((test[[row]] / 255 - 0.25) / 0.5).double()
        expected = (z.square().sum() + 1).sqrt() - 1
        assert found[row] == pytest.approx(expected.item(), rel=1e-4)


def test_half_precision_is_asked_for_and_known_to_the_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The last is another architecture.
    for capabilities in ({"avx512_bf16": True}, {"avx512_bf16": False}, {"sve": True}):
        monkeypatch.setattr(torch.cpu, "get_capabilities", capabilities.copy)
        known = capabilities.get("avx512_bf16", False)
        assert loop.half_precision(recipe(precision="fast"), CPU) == known
        assert not loop.half_precision(recipe(precision="exact"), CPU)


@pytest.mark.trains
def test_in_half_precision_the_loss_and_the_scores_are_still_float32(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "half_precision", lambda *_: True)
    exact, seen = losses.hypersphere_classification, []

    def loss(z: Tensor, is_oe: Tensor, **parameters: Any) -> Tensor:
        seen.append((z.dtype, torch.is_autocast_enabled("cpu"), bool((z == z.bfloat16()).all())))
        return exact(z, is_oe, **parameters)

    monkeypatch.setattr(losses, "hypersphere_classification", loss)
    network = loop.train(HSC, recipe(), images(HSC), CPU)
    # float32, outside autocast, of a representation that bfloat16 can hold
    assert set(seen) == {(torch.float32, False, True)}
    found = loop.score(network, HSC, recipe(precision="fast"), noise(20))
    assert found.dtype == np.float32
    with torch.no_grad():
        z = network(noise(20) / 255)
    assert found == pytest.approx(
        losses.score_of(objective_named("hsc"), z, HSC.parameters).numpy(), rel=1e-5
    )
    assert not torch.equal(z, z.bfloat16().float())
