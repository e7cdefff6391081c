"""What training promises: one batch, paired runs, exact resumption, and honest failures."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.optim.optimizer import register_optimizer_step_pre_hook

from oead import networks, training
from oead.objectives import OBJECTIVES
from oead.recipe import Recipe
from oead.runs import Run
from oead.training import Diverged, Images

CPU = torch.device("cpu")
HSC = Run("d", "o", 16, None, 0.0, "hsc", "pseudo_huber", None, "r", False, 0, 1)
DEEPSAD = replace(HSC, objective="deepsad", norm=None)
BCE = replace(HSC, objective="bce", norm=None)
FOCAL = replace(HSC, objective="focal", norm=None, gamma=2.0)
DSVDD = replace(HSC, objective="dsvdd", oe=None, oe_size=None)
AUGMENTED = replace(HSC, augment=True, blur=1.0)
RUNS = {run.objective: run for run in (HSC, DEEPSAD, BCE, FOCAL, DSVDD)}
every_objective = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
every_stream = pytest.mark.parametrize("run", [*RUNS.values(), AUGMENTED], ids=[*RUNS, "augmented"])


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def recipe(**changes: Any) -> Recipe:
    tiny = {"epochs": 2, "batch": 8, "milestones": (), "augmentation": "jitter_flip_crop"}
    return Recipe(**(tiny | changes))


def noise(count: int, seed: int = 0) -> Tensor:
    """Random uint8 images (count, 1, 28, 28)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, 1, 28, 28), dtype=torch.uint8, generator=generator)


def images(run: Run, normal: int = 20) -> Images:
    """Noise for a run: 16 OE images where it uses them."""
    return Images(noise(normal), None if run.oe is None else noise(16, seed=1))


def trained(run: Run, how: Recipe, data: Images | None = None, **options: Any) -> dict[str, Tensor]:
    """The state of the network after training."""
    return training.train(run, how, data or images(run), CPU, **options).state_dict()


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Bitwise."""
    assert one.keys() == other.keys()
    return all(torch.equal(one[key], other[key]) for key in one)


@contextmanager
def batches_seen() -> Iterator[list[Tensor]]:
    """The images of every forward pass of a network, in order."""
    batches: list[Tensor] = []

    def record(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if isinstance(module, networks.LeNet):
            batches.append(inputs[0].clone())

    handle = register_module_forward_pre_hook(record)
    yield batches
    handle.remove()


@contextmanager
def at_each_step(observe: Callable[[torch.optim.Optimizer], Any]) -> Iterator[list[Any]]:
    """What `observe` finds at an optimiser before each of its steps."""
    found: list[Any] = []
    handle = register_optimizer_step_pre_hook(lambda each, *_: found.append(observe(each)))
    yield found
    handle.remove()


@pytest.mark.parametrize("run", [HSC, replace(HSC, oe_size=None, oe_classes=2), BCE])
def test_normal_and_oe_images_pass_in_one_batch_and_the_last_short_one_is_dropped(run: Run) -> None:
    with batches_seen() as batches:
        trained(run, recipe(epochs=3))
    # 20 normal images: 2 batches of 8 in each of 3 epochs, each with 8 OE images; 4 are left out
    assert [len(batch) for batch in batches] == [16] * 6


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


def test_batch_norm_sees_the_mixture() -> None:
    first = training.initial_network(HSC, ONE_STEP).get_submodule("features.0")
    # Momentum 0.1, from 0; two passes one after the other would give 0.09 and 0.1 of their means.
    expected = 0.1 * first(mixture(HSC)[0]).mean((0, 2, 3))
    torch.testing.assert_close(one_step(HSC)["features.1.running_mean"], expected)


@every_objective
def test_a_step_follows_the_gradient_of_the_mean_loss_over_normal_and_oe_images(run: Run) -> None:
    def observe(optimiser: torch.optim.Optimizer) -> list[Tensor]:
        return [each.grad.clone() for each in optimiser.param_groups[0]["params"]]

    with at_each_step(observe) as found:
        one_step(run)
    network, (batch, is_oe) = training.initial_network(run, ONE_STEP), mixture(run)
    losses = OBJECTIVES[run.objective].losses(network(batch), is_oe, run.parameters)
    expected = torch.autograd.grad(losses.sum() / len(batch), list(network.parameters()))
    assert len(found) == 1
    # The biases before a BatchNorm have a gradient of 0, which rounding makes up to 1e-4.
    torch.testing.assert_close(found[0], list(expected), rtol=1e-3, atol=1e-4)


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


def test_the_optimiser_is_adam_with_l2_on_all_parameters_and_the_rate_falls_at_milestones() -> None:
    def observe(optimiser: torch.optim.Optimizer) -> tuple[Any, ...]:
        (group,) = optimiser.param_groups
        values = (group["lr"], group["weight_decay"], group["betas"], len(group["params"]))
        return type(optimiser), group["decoupled_weight_decay"], *values

    with at_each_step(observe) as found:
        trained(HSC, recipe(epochs=4, milestones=(1, 3), learning_rate=0.5, weight_decay=0.125))
    of_epoch = found[::2]  # 2 steps each
    assert [each[2] for each in of_epoch] == pytest.approx([0.5, 0.05, 0.05, 0.005])
    # 3 BatchNorms and 4 layers, weight and bias each
    assert {each[:2] + each[3:] for each in found} == {
        (torch.optim.Adam, False, 0.125, (0.9, 0.999), 14)
    }


def test_an_epoch_shows_distinct_normal_images_in_a_fresh_order() -> None:
    generators = training.streams(1, CPU)
    epochs = [training.epoch_batches(HSC, images(HSC), recipe(), generators)[0] for _ in range(20)]
    for epoch in epochs:
        assert epoch.shape == (2, 8)
        assert len(epoch.unique()) == 16
    # The 4 images left out change: one is never seen with probability 0.2^20.
    assert len(torch.stack(epochs).unique()) == 20


def test_an_oe_size_is_walked_evenly_and_oe_classes_are_drawn() -> None:
    # 16 OE images, 32 normal ones: the walk shows each exactly twice, draws hardly ever do.
    for run, even in ((HSC, True), (replace(HSC, oe_size=None, oe_classes=2), False)):
        generators = training.streams(1, CPU)
        _, outliers = training.epoch_batches(run, images(run, 32), recipe(), generators)
        assert outliers is not None
        assert outliers.shape == (4, 8)
        assert (outliers.flatten().bincount(minlength=16).tolist() == [2] * 16) == even


def test_every_use_of_random_numbers_has_a_stream_of_its_own() -> None:
    numbers = [torch.randint(1 << 40, (), generator=each) for each in training.streams(1, CPU)]
    numbers += [torch.randint(1 << 40, (), generator=each) for each in training.streams(2, CPU)]
    assert len(set(map(int, numbers))) == 8


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
    network = training.initial_network(run, recipe())
    return (network[0] if isinstance(network, nn.Sequential) else network).state_dict()


def test_initial_weights_are_shared_by_the_classes_and_objectives_of_a_seed() -> None:
    reference = initial(HSC)
    for run in (replace(HSC, normal_class=7), replace(HSC, oe_size=1), DEEPSAD, BCE, FOCAL):
        assert same(initial(run), reference)
    other = initial(replace(HSC, seed=2))
    assert not torch.equal(other["features.0.weight"], reference["features.0.weight"])


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


@every_stream
def test_training_resumed_from_a_checkpoint_equals_the_uninterrupted(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = recipe(epochs=5, milestones=(2, 4), learning_rate=1e-2)
    uninterrupted = trained(run, how)
    checkpoint: dict[str, Any] = {"checkpoint": tmp_path / "run.pt", "checkpoint_seconds": 0}
    epochs, of_epoch = iter(range(5)), training.epoch_batches

    def cut(*arguments: Any) -> Any:
        if next(epochs) == 3:
            raise KeyboardInterrupt
        return of_epoch(*arguments)

    monkeypatch.setattr(training, "epoch_batches", cut)
    with pytest.raises(KeyboardInterrupt):
        trained(run, how, **checkpoint)
    monkeypatch.undo()
    with batches_seen() as batches:
        resumed = trained(run, how, **checkpoint)
    assert len(batches) == 4  # 2 of 5 epochs of 2 steps were left
    assert same(resumed, uninterrupted)


def test_no_checkpoint_is_written_before_its_time(tmp_path: Path) -> None:
    trained(HSC, recipe(), checkpoint=tmp_path / "run.pt", checkpoint_seconds=300)
    assert list(tmp_path.iterdir()) == []


def test_too_few_images_for_a_batch_are_refused_in_a_sentence() -> None:
    sentence = (
        r"^normal class 0 of d has 7 training images, fewer than one batch of 8: no step would be "
        r"made and the network stay untrained\. Set a smaller batch in the recipe\.$"
    )
    with pytest.raises(ValueError, match=sentence):
        trained(HSC, recipe(), images(HSC, 7))


def test_a_loss_that_is_not_a_number_names_epoch_and_step() -> None:
    # At the rate 1e30 the first step throws the weights away; the second finds inf - inf.
    with pytest.raises(Diverged, match="the loss is nan in epoch 1, step 2"):
        trained(HSC, recipe(learning_rate=1e30))
    # 1 / (255 * 1e-40) is infinite in float32, and 0 * inf is no number.
    with pytest.raises(Diverged, match="the loss is nan in epoch 1, step 1"):
        trained(HSC, recipe(std=(1e-40,)))


def test_a_loss_that_leaves_float32_in_a_later_epoch_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = iter(range(100))

    def infinite_at_the_fourth_step(z: Tensor, is_oe: Tensor, **_: Any) -> Tensor:
        return z.square().sum(1) * (float("inf") if next(calls) == 3 else 1.0)

    broken = replace(OBJECTIVES["hsc"], loss=infinite_at_the_fourth_step)
    monkeypatch.setitem(OBJECTIVES, "hsc", broken)
    with pytest.raises(Diverged, match="the loss is inf in epoch 2, step 2"):
        trained(HSC, recipe(epochs=3))


def test_scores_that_are_not_finite_are_counted() -> None:
    network = training.initial_network(HSC, recipe())
    nn.init.constant_(network.get_parameter("representation.bias"), torch.inf)
    with pytest.raises(Diverged, match="5 of 5 test scores are not finite after training"):
        training.score(network, HSC, recipe(), noise(5))


def test_all_images_are_scored_each_by_itself_by_the_test_statistics() -> None:
    test, how = noise(training.EVALUATION_BATCH + 3), recipe(mean=(0.25,), std=(0.5,))
    network = training.train(HSC, how, images(HSC), CPU)
    found = training.score(network, HSC, how, test)
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
        assert training.half_precision(recipe(precision="fast"), CPU) == known
        assert not training.half_precision(recipe(precision="exact"), CPU)


def test_in_half_precision_the_loss_and_the_scores_are_still_float32(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "half_precision", lambda *_: True)
    exact, seen = OBJECTIVES["hsc"], []

    def loss(z: Tensor, is_oe: Tensor, **parameters: Any) -> Tensor:
        seen.append((z.dtype, torch.is_autocast_enabled("cpu"), bool((z == z.bfloat16()).all())))
        return exact.loss(z, is_oe, **parameters)

    monkeypatch.setitem(OBJECTIVES, "hsc", replace(exact, loss=loss))
    network = training.train(HSC, recipe(), images(HSC), CPU)
    # float32, outside autocast, of a representation that bfloat16 can hold
    assert set(seen) == {(torch.float32, False, True)}
    found = training.score(network, HSC, recipe(precision="fast"), noise(20))
    assert found.dtype == np.float32
    with torch.no_grad():
        z = network(noise(20) / 255)
    assert found == pytest.approx(exact.scores(z, HSC.parameters).numpy(), rel=1e-5)
    assert not torch.equal(z, z.bfloat16().float())
