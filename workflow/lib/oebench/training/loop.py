"""Training of one run and its scores, to be read from top to bottom.

Claims kept by tests: normal and OE images pass through the network in one batch, so that BatchNorm
sees their mixture; all random numbers come from the run's own generators, so that a run depends
neither on its companions nor on the number of cores; the loss is computed in float32.
"""

from dataclasses import dataclass
from math import cos, pi, prod
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn

from oebench.accelerator import move
from oebench.artifacts.scores import Diverged
from oebench.blur import gaussian_blur
from oebench.models import networks
from oebench.models.losses import loss_of, score_of
from oebench.models.scaling import Scaling
from oebench.recipe import Recipe
from oebench.registry import objective_named
from oebench.run import Run
from oebench.training import augment as augmentation
from oebench.training import exposure
from oebench.training.adam import Adam
from oebench.training.batches import OnDevice, Stored, reader
from oebench.training.checkpoint import Keeper, Place
from oebench.validation import UserError

EVALUATION_BATCH = 1000  # images scored at once, fewer where they are large:
EVALUATION_VALUES = 10_000_000  # values of pixels scored at once
# Values of pixels gathered and augmented at once, at least a batch. More than a processor's cache
# holds takes longer: CIFAR-10 on AVX2 38 ms a step one by one, 49 by threes, 122 an epoch at once.
TOGETHER = 1_000_000
NORMAL_STREAM, OE_STREAM, AUGMENTATION_STREAM, NOISE_STREAM = range(4)


@dataclass(frozen=True)
class Images:
    """What one run trains on: uint8 (N, C, H, W), images of different sizes in a file, or vectors.

    Vectors are float16 (N, D).

    `outliers` is None without OE. With `each_once` they are what the run shows of a huge pool, in
    the order in which it shows them.
    """

    normal: Stored
    outliers: Stored | None
    each_once: bool = False


def streams(seed: int, device: torch.device) -> list[Generator]:
    """A generator of its own for each use of random numbers in a run, by the `..._STREAM`s.

    All but the noise are drawn on the CPU, so that every device sees the same images.
    """
    generators = []
    for stream in range(NOISE_STREAM + 1):
        state = np.random.SeedSequence([seed, stream]).generate_state(1, np.uint64)[0]
        place = device if stream == NOISE_STREAM else "cpu"
        generators.append(torch.Generator(place).manual_seed(int(state) >> 1))
    return generators


def initial_network(run: Run, recipe: Recipe, shape: tuple[int, ...]) -> nn.Module:
    """The untrained network: the same weights for all classes of a seed.

    Objectives of a seed share the weights too, but for dsvdd, whose network lacks the biases.
    shape: (channels, height, width) of an image, or (D,) of a vector.
    """
    objective = objective_named(run.objective)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        return networks.build(recipe.network, shape, head=objective.head, biases=objective.biases)


def untrained(run: Run, recipe: Recipe, normal: Stored) -> nn.Module:
    """The same, behind the scaling of vectors by the normal training vectors (N, D)."""
    network = initial_network(run, recipe, normal.shape[1:])
    if len(normal.shape) > 2:
        return network
    assert isinstance(normal, Tensor)
    scaling = Scaling(normal.numpy(), l2=recipe.l2, standardise=recipe.standardise)
    return nn.Sequential(scaling, network)


def half_precision(recipe: Recipe, device: torch.device) -> bool:
    """Whether forward passes run in bfloat16: asked for, and fast on this device."""
    if recipe.precision == "exact":
        return False
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(torch.cpu.get_capabilities().get("avx512_bf16", False))


def epoch_batches(
    run: Run, images: Images, recipe: Recipe, generators: list[Generator], epoch: int
) -> tuple[Tensor, Tensor | None]:
    """Rows of the normal images and of the OE images for each step of an epoch: (steps, batch).

    The last short batch of normal images is left out. epoch: counted from 0.
    """
    steps = len(images.normal) // recipe.batch
    count, shape = steps * recipe.batch, (steps, recipe.batch)
    normals = torch.randperm(len(images.normal), generator=generators[NORMAL_STREAM])[:count]
    if images.outliers is None:
        return normals.view(shape), None
    size, draw = len(images.outliers), generators[OE_STREAM]
    if images.each_once:
        outliers = epoch * count + torch.arange(count)
    elif run.oe_size is not None:
        outliers = exposure.balanced_walk(size, count, draw)
    else:
        outliers = exposure.shuffle_or_draw(size, count, len(images.normal), draw)
    return normals.view(shape), outliers.view(shape)


class Normalisation:
    """uint8 images, or floats in [0, 1] -> (x - mean) / std in float32, channels last in memory.

    Vectors stay as they are: their scaling is a part of their network.
    """

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        self.mean = torch.tensor(recipe.mean, device=device).view(1, -1, 1, 1)
        self.scale = 1 / torch.tensor(recipe.std, device=device).view(1, -1, 1, 1)

    def __call__(self, images: Tensor) -> Tensor:
        if images.ndim == 2:
            return images
        values = images.to(torch.float32, memory_format=torch.channels_last)
        if images.dtype == torch.uint8:
            values = values / 255
        return (values - self.mean) * self.scale


def cosine(start: float, step: int, steps: int) -> float:
    """The learning rate of a step, counted from 0: from `start` along half a cosine towards 0."""
    return start * (1 + cos(pi * step / steps)) / 2


def transform(batches: Tensor, draws: Tensor, run: Run, recipe: Recipe, noise: Generator) -> Tensor:
    """Batches augmented: normal images, then as many OE images, which alone are blurred.

    batches: uint8 (steps, N, C, H, W), draws: (steps, N, DRAWS); returns float32 in about [0, 1].
    """
    colours = recipe.augmentation == "jitter_flip_crop"
    flat = augmentation.augment(batches.flatten(0, 1), draws.flatten(0, 1), recipe.padding, colours)
    values = flat.unflatten(0, batches.shape[:2])
    if run.blur:
        outliers = (values[:, recipe.batch :] * 255).round().to(torch.uint8)
        values[:, recipe.batch :] = gaussian_blur(outliers, run.blur) / 255
    return values + augmentation.NOISE * torch.randn(
        values.shape, generator=noise, device=values.device
    )


def train(
    run: Run,
    recipe: Recipe,
    images: Images,
    device: torch.device,
    keeper: Keeper | None = None,
) -> nn.Module:
    """The trained network of a run.

    With a keeper, training goes on from the state that it has kept, with the same result as without
    the break. Raises UserError where no step would be made, Diverged where the loss is not finite,
    Stopped where the keeper was asked to end.
    """
    if len(images.normal) < recipe.batch:
        raise UserError(
            f"normal class {run.normal_class} of {run.dataset} has {len(images.normal)} training "
            f"images, fewer than one batch of {recipe.batch}: no step would be made and the "
            "network stay untrained. Set a smaller batch in the recipe."
        )
    objective, parameters = objective_named(run.objective), run.parameters
    normalise, half = Normalisation(recipe, device), half_precision(recipe, device)
    network = untrained(run, recipe, images.normal).train()
    move(network, device)
    optimiser = Adam(
        network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    generators = streams(run.seed, device)
    stateful: dict[str, Any] = {"network": network, "optimiser": optimiser}
    keeper = keeper or Keeper()
    kept = keeper.restore(stateful, generators)
    keeper.told(kept.epoch)

    shape = images.normal.shape[1:]
    readers = [
        reader(each, device) for each in (images.normal, images.outliers) if each is not None
    ]
    blur_each = run.blur > 0 and not run.augment
    if blur_each and isinstance(readers[1], OnDevice):  # nothing random comes first: once is enough
        parts = readers[1].images.split(EVALUATION_BATCH)
        readers[1] = OnDevice(torch.cat([gaussian_blur(p, run.blur) for p in parts]))
        blur_each = False
    is_oe = torch.arange(len(readers) * recipe.batch, device=device) >= recipe.batch
    together = max(1, TOGETHER // (len(is_oe) * prod(shape)))
    steps_in_all = recipe.steps_on(len(images.normal))
    for epoch in range(kept.epoch, recipe.epochs_on(len(images.normal))):
        before = epoch * (len(images.normal) // recipe.batch)  # steps of the epochs that are done
        drawn = [each.get_state() for each in generators]
        tables = [
            table[: steps_in_all - before]
            for table in epoch_batches(run, images, recipe, generators, epoch)
            if table is not None
        ]
        steps = len(tables[0])
        losses = torch.empty(steps, device=device)
        places: list[Tensor | None] = [None] * len(readers)
        if run.augment:
            draws = augmentation.draw(steps, len(is_oe), generators[AUGMENTATION_STREAM])
            places = list(augmentation.places(draws).split(recipe.batch, dim=1))
            draws = draws.to(device)
        takers = [
            each.epoch(table, place)
            for each, table, place in zip(readers, tables, places, strict=True)
        ]
        done = 0
        if epoch == kept.epoch and kept.step:  # broken off within this epoch
            done = kept.step
            losses[:done] = kept.losses
            keeper.go_on()
        for first in range(done, steps, together):
            part = slice(first, min(first + together, steps))
            batches = torch.cat([take(part) for take in takers], dim=1)
            if blur_each:
                outliers = batches[:, recipe.batch :]
                batches[:, recipe.batch :] = gaussian_blur(outliers, run.blur)
            if run.augment:
                batches = transform(batches, draws[part], run, recipe, generators[NOISE_STREAM])
            for step, batch in enumerate(batches.unbind(), first):
                with torch.autocast(device.type, torch.bfloat16, enabled=half):
                    z = network(normalise(batch))
                loss = loss_of(objective, z, is_oe, parameters).mean()
                optimiser.zero_grad()
                loss.backward()
                if recipe.schedule == "cosine":
                    optimiser.lr = cosine(recipe.learning_rate, before + step, steps_in_all)
                optimiser.step()
                losses[step] = loss.detach()
            keeper.beat(Place(epoch, part.stop, drawn, losses[: part.stop]))
        if epoch + 1 in recipe.milestones:
            optimiser.lr *= 0.1
        finite = losses.isfinite().tolist()  # one synchronisation an epoch, not one a step
        if not all(finite):
            step = finite.index(False)
            raise Diverged(f"the loss is {losses[step]} in epoch {epoch + 1}, step {step + 1}")
        keeper.told(epoch + 1)
    return network


@torch.no_grad()
def score(
    network: nn.Module, run: Run, recipe: Recipe, images: Stored, keeper: Keeper | None = None
) -> np.ndarray:
    """Scores float32 (N,) of images uint8 (N, C, H, W) or vectors, higher = more anomalous.

    Of images of different sizes the middle is scored.

    Always in float32: logits in bfloat16 have so few digits that they tie. Raises Diverged where a
    score is not finite.
    """
    device = next(network.parameters()).device
    normalise, objective = Normalisation(recipe, device), objective_named(run.objective)
    network.eval()
    batch = min(EVALUATION_BATCH, max(1, EVALUATION_VALUES // prod(images.shape[1:])))
    take = reader(images, torch.device("cpu")).epoch
    parts = []
    for rows in torch.arange(len(images)).split(batch):
        z = network(normalise(take(rows[None], None)(slice(1))[0].to(device)))
        parts.append(score_of(objective, z, run.parameters).cpu())
        if keeper:
            keeper.beat()
    scores = torch.cat(parts).numpy()
    bad = ~np.isfinite(scores)
    if bad.any():
        raise Diverged(f"{bad.sum()} of {len(scores)} test scores are not finite after training")
    return scores
