"""One training job: a block of runs that differ in normal class and seed only.

Every finished run goes into a store first, under a name made of all it depends on, and from there
to its path. Snakemake deletes the declared files of a job that fails or grows; the store keeps
what was computed, and the next job adopts it.
"""

import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch

from oead import exposure, scores, training
from oead.cache import Cache
from oead.draws import drawn_from_pool
from oead.images import Stored, stored_images
from oead.metrics import METRICS, evaluate, spread
from oead.recipe import Recipe
from oead.runs import Run, parse

# A standard deviation below this share of the scores' mean magnitude: the network maps every image
# to nearly the same place. The default study's 510 runs lie above 0.18.
COLLAPSED_BELOW = 1e-2


def choose_device(wanted: str) -> torch.device:
    """`auto` is the GPU if there is one. Raises ValueError where `cuda` is asked for in vain."""
    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise ValueError("device: cuda is configured, but PyTorch sees no GPU on this machine")
    return torch.device("cuda" if available and wanted != "cpu" else "cpu")


def train_block(
    paths: Sequence[Path],
    recipe: Recipe,
    caches: Sequence[Path],
    store: Path,
    code: str,
    device: str = "auto",
) -> None:
    """Train and score the run of each path, or adopt it from the store; prints a line per run.

    caches: of the normal and test images, then of the OE images: one, or one for each seed where
    a pool is too large to be copied.
    """
    torch.set_num_threads(recipe.threads)
    torch.backends.cudnn.allow_tf32 = False  # float32 is float32, also in scoring
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # else cuBLAS is not deterministic
    # On a GPU an operation without a deterministic form warns in the log instead of stopping.
    torch.use_deterministic_algorithms(recipe.precision == "exact", warn_only=True)
    target = choose_device(device)
    opened = [Cache(path) for path in caches]
    for path in paths:
        run = parse(path.as_posix())
        read = [cache for cache in opened if cache.seed in (None, run.seed)]
        count = drawn_count(run, recipe, read)
        checksums = [cache.checksum_of(count) for cache in read]
        key = scores.store_key(run, recipe.model_dump(mode="json"), code, checksums)
        stored = store / key[:2] / f"{key}.h5"
        if stored.exists():
            print(f"{run.path}: adopted, trained before", flush=True)
        else:
            arrays, attributes = train_run(run, recipe, read, target, stored)
            facts = {"code": code, "checksums": checksums}
            scores.write(stored, arrays, {**attributes, **facts})
            stored.with_suffix(".pt").unlink(missing_ok=True)
            print(f"{run.path}: {summary(attributes)}", flush=True)
        scores.adopt(stored, path)


def summary(attributes: dict[str, Any]) -> str:
    """A run's outcome in a line."""
    if attributes["status"] == scores.DIVERGED:
        return f"diverged, {attributes['message']}"
    return "{status}, AUROC {auroc:.2%} in {train_seconds:.1f} s".format(**attributes)


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
    normals = int((caches[0].labels("train") == run.normal_class).sum())
    return drawn_from_pool(run.oe_size, caches[1].pool, recipe.images_shown(normals))


def gather(run: Run, recipe: Recipe, caches: list[Cache]) -> training.Images:
    """The images the run trains on. Raises ValueError if a cache holds too few."""
    train_images, labels = read_split(caches[0], "train")
    normal = train_images[labels == run.normal_class]
    if run.oe is None:
        return training.Images(normal, None)
    pool = caches[1]
    count = drawn_count(run, recipe, caches)
    if count is not None:
        assert run.oe_size is not None
        held = len(pool.labels("train"))
        if held < count:
            unreadable = ", ".join(json.loads(pool.attributes["left_out"])) or "none"
            raise ValueError(
                f"{pool.path} holds {held} images of {run.oe}, the run {run.path} needs {count}. "
                f"Files that could not be read: {unreadable}; delete them and lower `train` of the "
                "data set by their number"
            )
        drawn = stored_images(pool.images("train", np.arange(count)))
        return training.Images(normal, drawn, each_once=count < run.oe_size)
    if run.oe_size is not None:
        labels = pool.labels("train")
        rows = exposure.subset(len(labels), run.oe_size, run.seed)
        return training.Images(normal, stored_images(pool.images("train", rows)))
    assert run.oe_classes is not None
    pool_images, labels = read_split(pool, "train")
    chosen = exposure.choose_classes(range(len(pool.classes)), run.oe_classes, run.seed)
    return training.Images(normal, pool_images[np.isin(labels, chosen)])


def train_run(
    run: Run, recipe: Recipe, caches: list[Cache], device: torch.device, stored: Path
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays and attributes of the scores file, whatever becomes of the training."""
    images = gather(run, recipe, caches)
    test_images, classes = read_split(caches[0], "test")
    label = (classes != run.normal_class).astype(np.uint8)
    started = time.perf_counter()
    outcome: dict[str, Any] = {"status": scores.OK, "message": None}
    values: dict[str, float | None] = dict.fromkeys(METRICS)
    try:
        network = training.train(run, recipe, images, device, stored.with_suffix(".pt"))
        seconds = time.perf_counter() - started
        score = training.score(network, run, recipe, test_images)
        values.update(evaluate(score, label))
        if spread(score) < COLLAPSED_BELOW:
            outcome = {
                "status": scores.COLLAPSED,
                "message": f"the scores spread by {spread(score):.1e} of their level",
            }
    except training.Diverged as error:
        outcome = {"status": scores.DIVERGED, "message": str(error)}
        score = np.full(len(label), np.nan, dtype=np.float32)
        seconds = time.perf_counter() - started
    half = training.half_precision(recipe, device)
    attributes = {
        **asdict(run),
        "normal_name": caches[0].classes[run.normal_class],
        "oe_size": None if images.outliers is None else run.oe_size or len(images.outliers),
        "recipe_resolved": recipe.model_dump_json(),
        **outcome,
        **values,
        "n_test": len(label),
        "train_seconds": seconds,
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        "spread": None if np.isnan(score).any() else spread(score),
        "arithmetic": "bfloat16" if half else "float32",
        "versions": json.dumps(
            {
                "python": platform.python_version(),
                **{module.__name__: module.__version__ for module in (torch, np, h5py)},
            }
        ),
    }
    index = np.arange(len(label), dtype=np.int64)
    arrays = {"score": score, "label": label, "class": classes, "index": index}
    return arrays, attributes
