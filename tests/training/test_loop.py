"""What training keeps: one batch, paired runs, its own random numbers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from training_cases import (
    BCE,
    CPU,
    DEEPSAD,
    DSVDD,
    FOCAL,
    HSC,
    IMAGE,
    batches_seen,
    every_objective,
    every_stream,
    images,
    noise,
    recipe,
    same,
    trained,
)

from oebench.models.losses import loss_of
from oebench.registry import objective_named
from oebench.run import Run
from oebench.training import loop
from oebench.training.adam import Adam
from oebench.training.loop import Images


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@contextmanager
def at_each_step(observe: Callable[[Adam], Any]) -> Iterator[list[Any]]:
    """What `observe` finds at an optimiser before each of its steps."""
    found: list[Any] = []

    class Observed(Adam):
        def step(self) -> None:
            found.append(observe(self))
            super().step()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "Adam", Observed)
        yield found


@pytest.mark.trains
@pytest.mark.parametrize("run", [HSC, replace(HSC, oe_size=None, oe_classes=2), BCE])
def test_normal_and_oe_images_pass_in_one_batch_and_the_last_short_one_is_dropped(run: Run) -> None:
    with batches_seen() as batches:
        trained(run, recipe(epochs=3))
    # 20 normal images: 2 batches of 8 in each of 3 epochs, each with 8 OE images; 4 are left out
    assert [len(batch) for batch in batches] == [16] * 6


@pytest.mark.trains
def test_without_oe_a_batch_has_normal_images_only() -> None:
    with batches_seen() as batches:
        trained(DSVDD, recipe(epochs=3))
    assert [len(batch) for batch in batches] == [8] * 6


# Eight dark normal and eight bright OE images: one step sees them all, in whatever order.
DARK, BRIGHT = noise(8) // 2, 255 - noise(8, seed=1) // 2
ONE_STEP = recipe(epochs=1, mean=(0.25,), std=(0.5,))


def mixture(run: Run) -> tuple[Tensor, Tensor]:
    """The one batch of the one step as the network takes it, and which of it is OE."""
    parts = [DARK, BRIGHT][: 2 if run.oe else 1]
    return (torch.cat(parts) / 255 - 0.25) / 0.5, torch.arange(8 * len(parts)) >= 8


def one_step(run: Run) -> dict[str, Tensor]:
    data = Images(DARK, BRIGHT if run.oe else None)
    return trained(replace(run, oe_size=8 if run.oe else None), ONE_STEP, data)


@pytest.mark.trains
def test_batch_norm_sees_the_mixture() -> None:
    first = loop.initial_network(HSC, ONE_STEP, IMAGE).get_submodule("features.0")
    # Momentum 0.1, from 0; two passes one after the other would give 0.09 and 0.1 of their means.
    expected = 0.1 * first(mixture(HSC)[0]).mean((0, 2, 3))
    torch.testing.assert_close(one_step(HSC)["features.1.running_mean"], expected)


@pytest.mark.trains
@every_objective
def test_a_step_follows_the_gradient_of_the_mean_loss_over_normal_and_oe_images(run: Run) -> None:
    def observe(optimiser: Adam) -> list[Tensor | None]:
        return [None if each.grad is None else each.grad.clone() for each in optimiser.parameters]

    with at_each_step(observe) as found:
        one_step(run)
    network, (batch, is_oe) = loop.initial_network(run, ONE_STEP, IMAGE), mixture(run)
    losses = loss_of(objective_named(run.objective), network(batch), is_oe, run.parameters)
    expected = torch.autograd.grad(losses.sum() / len(batch), list(network.parameters()))
    assert len(found) == 1
    # The biases before a BatchNorm have a gradient of 0, which rounding makes up to 1e-4.
    torch.testing.assert_close(found[0], list(expected), rtol=1e-3, atol=1e-4)


@pytest.mark.trains
@pytest.mark.parametrize("augment", [False, True], ids=["plain", "augmented"])
def test_the_blur_changes_oe_images_only(augment: bool) -> None:
    seen = []
    for blur in (0.0, 4.0):
        with batches_seen() as batches:
            trained(replace(HSC, augment=augment, blur=blur), recipe(epochs=1), images(HSC, 8))
        seen.append(batches[0])
    sharp, blurred = seen
    assert torch.equal(sharp[:8], blurred[:8])
    # Noise has a standard deviation of 0.29, and less than a tenth of it when it is blurred.
    assert sharp[8:, :, 8:-8, 8:-8].std() > 0.25
    assert blurred[8:, :, 8:-8, 8:-8].std() < 0.03


@pytest.mark.trains
def test_the_optimiser_has_all_parameters_and_its_rate_falls_at_milestones() -> None:
    def observe(optimiser: Adam) -> tuple[Any, ...]:
        return optimiser.lr, optimiser.weight_decay, len(optimiser.parameters)

    with at_each_step(observe) as found:
        trained(HSC, recipe(epochs=4, milestones=(1, 3), learning_rate=0.5, weight_decay=0.125))
    of_epoch = found[::2]  # 2 steps each
    assert [each[0] for each in of_epoch] == pytest.approx([0.5, 0.05, 0.05, 0.005])
    # 3 BatchNorms and 4 layers, weight and bias each
    assert {each[1:] for each in found} == {(0.125, 14)}


def test_an_epoch_shows_distinct_normal_images_in_a_fresh_order() -> None:
    generators = loop.streams(1, CPU)
    epochs = [loop.epoch_batches(HSC, images(HSC), recipe(), generators, n)[0] for n in range(20)]
    for epoch in epochs:
        assert epoch.shape == (2, 8)
        assert len(epoch.unique()) == 16
    # The 4 images left out change: one is never seen with probability 0.2^20.
    assert len(torch.stack(epochs).unique()) == 20


def test_an_oe_size_is_walked_evenly_and_oe_classes_are_drawn() -> None:
    # 16 OE images, 32 normal ones: the walk shows each exactly twice, draws hardly ever do.
    for run, even in ((HSC, True), (replace(HSC, oe_size=None, oe_classes=2), False)):
        generators = loop.streams(1, CPU)
        _, outliers = loop.epoch_batches(run, images(run, 32), recipe(), generators, 0)
        assert outliers is not None
        assert outliers.shape == (4, 8)
        assert (outliers.flatten().bincount(minlength=16).tolist() == [2] * 16) == even


def test_every_use_of_random_numbers_has_a_stream_of_its_own() -> None:
    numbers = [torch.randint(1 << 40, (), generator=each) for each in loop.streams(1, CPU)]
    numbers += [torch.randint(1 << 40, (), generator=each) for each in loop.streams(2, CPU)]
    assert len(set(map(int, numbers))) == 8


@pytest.mark.trains
def test_all_objectives_of_a_seed_see_the_same_batches_and_another_seed_sees_others() -> None:
    seen = []
    for run in (HSC, FOCAL, replace(HSC, seed=2)):
        with batches_seen() as batches:
            trained(run, recipe())
        seen.append(torch.stack(batches))
    hsc, focal, other = seen
    assert torch.equal(hsc, focal)
    assert not torch.equal(hsc[:, :8], other[:, :8])
    assert not torch.equal(hsc[:, 8:], other[:, 8:])


def initial(run: Run) -> dict[str, Tensor]:
    """The untrained weights, without the head's."""
    network = loop.initial_network(run, recipe(), IMAGE)
    return (network[0] if isinstance(network, nn.Sequential) else network).state_dict()


def test_initial_weights_are_shared_by_the_classes_and_objectives_of_a_seed() -> None:
    reference = initial(HSC)
    for run in (replace(HSC, normal_class=7), replace(HSC, oe_size=1), DEEPSAD, BCE, FOCAL):
        assert same(initial(run), reference)
    other = initial(replace(HSC, seed=2))
    assert not torch.equal(other["features.0.weight"], reference["features.0.weight"])


@pytest.mark.trains
@every_stream
def test_a_run_depends_neither_on_runs_before_it_nor_on_the_global_seed(run: Run) -> None:
    torch.manual_seed(1)
    first = trained(run, recipe())
    trained(replace(BCE, seed=5), recipe())
    torch.manual_seed(2)
    state = torch.get_rng_state()
    assert same(trained(run, recipe()), first)
    assert torch.equal(torch.get_rng_state(), state)  # and it leaves the global one alone
    assert not same(trained(replace(run, seed=2), recipe()), first)
