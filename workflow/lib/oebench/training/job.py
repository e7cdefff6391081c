"""One training job: a block of runs that differ in normal class and seed only."""

import json
import os
from collections.abc import Collection, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from torch import nn

from oebench.accelerator import choose_device
from oebench.artifacts import scores
from oebench.artifacts.cache import Cache
from oebench.artifacts.progress import Job
from oebench.artifacts.stored import state_beside
from oebench.artifacts.verification import verified
from oebench.devices import reserved
from oebench.recipe import Recipe
from oebench.registry import DIVERGED
from oebench.run import Run
from oebench.sampling import choose_classes, drawn_from_pool
from oebench.training import exposure, loop, store
from oebench.training.batches import Stored, stored_images
from oebench.training.checkpoint import Keeper
from oebench.training.memory import keep_freed_memory
from oebench.validation import UserError


def set_up(recipe: Recipe) -> None:
    """PyTorch in this process as trainings want it: memory, threads, float32 and determinism."""
    keep_freed_memory()
    torch.set_num_threads(recipe.threads)
    torch.backends.cudnn.allow_tf32 = False  # float32 is float32, also in scoring
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # else cuBLAS is not deterministic
    # On a GPU an operation without a deterministic form warns in the log instead of stopping.
    # `use_deterministic_algorithms` does the same and imports a compiler, two seconds of every job.
    torch.set_deterministic_debug_mode("warn" if recipe.precision == "exact" else "default")
    # Else every new tensor is filled before it is written, a sixth of a step.
    deterministic = torch.utils.deterministic
    deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # a property


def train_block(
    path: Path,
    members: Sequence[str],
    recipe: Recipe,
    caches: Sequence[Path],
    folder: Path,
    code: str,
    device: str = "auto",
    per_gpu: int = 1,
    checkpoint_seconds: float = 300,
    kept: Collection[str] = (),
) -> None:
    """Make a scores file: train and score its runs, or adopt them from the store in `folder`.

    path, members: the file and the runs of its condition (`artifacts.scores`). caches: of the
    normal and test images, then of the OE images: one, or one for each seed where a pool is too
    large to be copied. device, per_gpu: as `devices.reserved` takes them. checkpoint_seconds:
    between two states of a training on the disk. kept: the runs whose trained networks are kept.
    """
    set_up(recipe)
    opened = [verified(path) for path in caches]

    def needs(run: Run) -> list[Cache]:
        return [cache for cache in opened if cache.seed in (None, run.seed)]

    def images_of(run: Run) -> dict[str, str]:
        read = needs(run)
        count = drawn_count(run, recipe, read)
        named = zip(read, (run.dataset, str(run.oe)), strict=False)
        return {cache.name(dataset): cache.checksum_of(count) for cache, dataset in named}

    def make(run: Run, stored: Path, job: Job) -> store.Made:
        normals = len(normal_rows(run, recipe, needs(run)[0]))
        told = partial(job.trained, epochs=recipe.epochs_on(normals))
        keeper = Keeper(state_beside(stored), checkpoint_seconds, told)
        with keeper.heeding():
            return train_run(run, recipe, needs(run), target, keeper, keep=run.member in kept)

    with reserved(device, per_gpu):
        target = choose_device(device)
        store.fill(
            path,
            members,
            folder,
            code,
            recipe.model_dump(mode="json"),
            arithmetic(recipe, target),
            images_of,
            make,
            kept,
        )


def arithmetic(recipe: Recipe, device: torch.device) -> str:
    """The numbers of forward passes in training: scores depend on it, so the store's key does."""
    return "bfloat16" if loop.half_precision(recipe, device) else "float32"


def read_split(cache: Cache, split: str) -> tuple[Stored, np.ndarray]:
    """Images and labels of a split, kept for the other runs of the job."""
    return read_content(cache, split, cache.checksum)


@lru_cache(maxsize=8)
def read_content(cache: Cache, split: str, checksum: str) -> tuple[Stored, np.ndarray]:
    return stored_images(cache.images(split)), cache.labels(split)


def drawn_count(run: Run, recipe: Recipe, caches: list[Cache]) -> int | None:
    """How many images of a pool that is drawn from the run needs; None without such a pool."""
    if run.oe_size is None or caches[1].seed is None:
        return None
    normals = len(normal_rows(run, recipe, caches[0]))
    return drawn_from_pool(run.oe_size, caches[1].pool, recipe.images_shown(normals))


def gather(run: Run, recipe: Recipe, caches: list[Cache]) -> loop.Images:
    """The images the run trains on. Raises UserError if a cache holds too few."""
    train_images, _ = read_split(caches[0], "train")
    normal = train_images[normal_rows(run, recipe, caches[0])]
    if run.oe is None:
        return loop.Images(normal, None)
    rows = oe_rows(run, recipe, caches)
    if run.oe_classes is not None:  # many runs of a job see the same images
        return loop.Images(normal, read_split(caches[1], "train")[0][rows])
    assert run.oe_size is not None
    drawn = caches[1].seed is not None
    outliers = stored_images(caches[1].images("train", rows))
    return loop.Images(normal, outliers, each_once=drawn and len(rows) < run.oe_size)


def normal_rows(run: Run, recipe: Recipe, cache: Cache, *, held_out: bool = False) -> np.ndarray:
    """The rows of the normal training images, int64 (N,), in order.

    held_out: of those that are kept out of the training, in the place of the others.
    """
    rows = np.flatnonzero(cache.labels("train") == run.normal_class)
    count = recipe.held_of(len(rows))
    chosen = np.isin(np.arange(len(rows)), exposure.held_out(len(rows), count, run.seed))
    return rows[chosen == held_out]


def oe_rows(run: Run, recipe: Recipe, caches: list[Cache]) -> np.ndarray:
    """The rows of the OE images that a run sees, int64 (N,). Raises UserError where some lack."""
    pool = caches[1]
    labels = pool.labels("train")
    if run.oe_classes is not None:
        chosen = choose_classes(range(len(pool.classes)), run.oe_classes, run.seed)
        return np.flatnonzero(np.isin(labels, chosen))
    assert run.oe_size is not None
    count = drawn_count(run, recipe, caches)
    if count is None:
        return exposure.subset(len(labels), run.oe_size, run.seed)
    if len(labels) < count:
        unreadable = ", ".join(json.loads(pool.attributes["left_out"])) or "none"
        raise UserError(
            f"{pool.path} holds {len(labels)} images of {run.oe}, the run {run.path} needs "
            f"{count}. Files that could not be read: {unreadable}; delete them and lower `train` "
            "of the data set by their number"
        )
    return np.arange(count)


def leaks(run: Run, recipe: Recipe, caches: list[Cache]) -> dict[str, int]:
    """How many images of the training are test images, byte for byte (`registry.LEAKS`)."""
    if caches[0].has_points:
        return {}
    found = {"normal_in_test": caches[0].twins(normal_rows(run, recipe, caches[0]), caches[0])}
    if run.oe is not None:
        found["oe_in_test"] = caches[1].twins(oe_rows(run, recipe, caches), caches[0])
    return found


def train_run(
    run: Run,
    recipe: Recipe,
    caches: list[Cache],
    device: torch.device,
    keeper: Keeper,
    *,
    keep: bool = False,
) -> store.Made:
    """The arrays and attributes of the scores file, whatever becomes of the training.

    keep: with the trained network, unless the run has diverged.
    """
    images = gather(run, recipe, caches)
    test_images, classes = read_split(caches[0], "test")
    held_out = normal_rows(run, recipe, caches[0], held_out=True)
    trained: list[nn.Module] = []

    def train_and_score() -> tuple[np.ndarray, ...]:
        network = loop.train(run, recipe, images, device, keeper)
        trained.append(network)
        scored = [test_images, images.normal]
        if len(held_out):
            scored.append(read_split(caches[0], "train")[0][held_out])
        return tuple(loop.score(network, run, recipe, each, keeper) for each in scored)

    arrays, attributes = scores.contents(run, classes, caches[0].classes, train_and_score)
    attributes = {
        **attributes,
        "train_seconds": keeper.before + attributes["train_seconds"],
        "oe_size": None if images.outliers is None else run.oe_size or len(images.outliers),
        **leaks(run, recipe, caches),
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        "versions": store.versions(torch, np, h5py),
    }
    if not keep or attributes["status"] == DIVERGED:
        return store.Made(arrays, attributes)
    state = {name: values.cpu().numpy() for name, values in trained[0].state_dict().items()}
    return store.Made(arrays, attributes, state, seen_by(caches[0]))


def seen_by(cache: Cache) -> dict[str, Any]:
    """How images became what is in a cache: what a model has to know to be shown others.

    The names of the `classes`; the `shape` of an image as the network takes it, or of a vector;
    `fit`; whether images were taken `plain`, as they lie in their files; and where vectors of a
    pretrained network take their place, its `features`, its `weights_file` and the shape
    `of_image`.
    """
    known: dict[str, Any] = {
        key: json.loads(cache.attributes[key])
        for key in ("fit", "source", "features", "weights_file", "of_image")
        if key in cache.attributes
    }
    *_, source = known.pop("source", None) or [{}]  # of the test images
    plain = bool(source.get("plain"))
    return {"classes": cache.classes, "fit": "exact", **known, "shape": cache.image, "plain": plain}
