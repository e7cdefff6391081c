"""The store of finished runs, beside the results.

Every finished run goes into the store first, in a file of its own under a name made of all it
depends on, and from there to its job's scores file. Snakemake deletes the declared file of a job
that fails or grows; the store keeps what was computed, and the next job adopts it.
"""

import json
import platform
import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from oebench.artifacts import model, scores
from oebench.artifacts.progress import Job, at_work
from oebench.artifacts.stored import finished_file, model_beside, state_beside, store_key
from oebench.files import BROKEN, atomic
from oebench.registry import DIVERGED, LEAKS
from oebench.run import KEYS, Run
from oebench.validation import UserError

# What the scores file of a run says that its model says, too, beside the keys of the run.
OF_MODEL = (
    *("normal_name", "arithmetic", "code", "device", "versions"),
    *("finished", "commit", "dirty"),
)


class Made(NamedTuple):
    """What became of a run: arrays and attributes of a scores file, and its network if it is kept.

    network: its state, by name. seen: how images became what it takes.
    """

    arrays: dict[str, np.ndarray]
    attributes: dict[str, Any]
    network: dict[str, np.ndarray] | None = None
    seen: dict[str, Any] | None = None


def fill(
    path: Path,
    members: Sequence[str],
    store: Path,
    code: str,
    recipe: dict[str, Any],
    arithmetic: str,
    images_of: Callable[[Run], dict[str, str]],
    make: Callable[[Run, Path, Job], Made],
    kept: Collection[str] = (),
) -> None:
    """Make the scores file at `path` with these runs of its condition; prints a line per run.

    Runs that are in the store are adopted from there. images_of: the checksums of what a run reads,
    by the names of the caches. make: is given the run, where its scores will be stored and the job,
    to tell how far it is. kept: the runs whose networks are stored too; one that is there without
    its network is made again. Only one job at a time makes the same scores file.
    """
    with at_work(store, path, members, code, recipe) as job:
        finished: dict[str, Path] = {}
        diverged: list[str] = []
        images: dict[str, set[str]] = defaultdict(set)
        for member in members:
            run = scores.run_of(path, member)
            read = images_of(run)
            stored = finished_file(store, store_key(run, recipe, arithmetic, code, read))
            job.begins(member, stored.stem)
            facts = {
                **asdict(run),
                "recipe_resolved": json.dumps(recipe),
                "arithmetic": arithmetic,
                "code": code,
                "images": json.dumps(read),
            }
            keep = member in kept
            if attributes := adopted(stored, member, facts, keep):
                print(f"{run.path}: adopted, trained before", flush=True)
            else:
                made = make(run, stored, job)
                attributes = {**facts, **made.attributes}
                if keep and made.network is not None:
                    model.write(model_beside(stored), model_of(made, attributes))
                scores.write(stored, member, made.arrays, attributes)
                print(f"{run.path}: {summary(attributes)}", flush=True)
            state_beside(stored).unlink(missing_ok=True)
            finished[member] = stored
            job.finished(attributes["train_seconds"])
            if attributes["status"] == DIVERGED:
                diverged.append(member)
            for name, checksum in read.items():
                images[name].add(checksum)
        made_of = {
            "runs": [*finished],
            "recipe": recipe,
            "code": code,
            "images": {name: sorted(found) for name, found in images.items()},
        }
        told = {"seconds": [*job.progress.seconds], "diverged": diverged}
        for member in kept:
            keep_model(model_beside(finished[member]), model.of_run(path, member))
        scores.join(path, finished, made_of | told)


def keep_model(stored: Path, path: Path) -> None:
    """Hand a model of the store on; of a run that has diverged there is none."""
    if not stored.exists():
        path.unlink(missing_ok=True)
        return
    with atomic(path) as temporary:
        shutil.copyfile(stored, temporary)


def model_of(made: Made, attributes: dict[str, Any]) -> model.Model:
    """The model of a run, with what is known of it; attributes: those of its scores."""
    assert made.network is not None
    facts = {
        **{key: attributes[key] for key in (*KEYS, *OF_MODEL)},
        "recipe_resolved": json.loads(attributes["recipe_resolved"]),
        "images": json.loads(attributes["images"]),
        "seen": made.seen,
        "scores": model.digest({"score": made.arrays["score"]}),
    }
    held_out = made.arrays.get(model.HELD_OUT, np.empty(0, np.float32))
    return model.Model(made.network, held_out, facts)


def has_model(stored: Path, score: np.ndarray) -> bool:
    """Whether the store has the network that gave a finished run these test scores."""
    try:
        found = model.read(model_beside(stored))
    except UserError:
        return False
    return bool(found.facts["scores"] == model.digest({"score": score}))


def adopted(
    stored: Path, member: str, facts: dict[str, Any], keep: bool = False
) -> dict[str, Any] | None:
    """The attributes of that run where a file of the store holds it, else None.

    facts: attributes that it must have. keep: whether its network must be there, too. A file that
    is damaged or another is put aside.
    """
    if not stored.exists():
        return None
    try:
        attributes, arrays = scores.read(stored, member, *scores.NAMES)
        wrong = scores.differing(attributes, facts)
        reason = f"it holds a run of other {', '.join(wrong)}" if wrong else ""
    except UserError as error:
        reason = str(error)
    if reason:
        aside = stored.with_name(stored.name + BROKEN)
        stored.replace(aside)
        print(f"{aside} was put aside and its run is made again: {reason}", flush=True)
        return None
    if keep and attributes["status"] != DIVERGED and not has_model(stored, arrays["score"]):
        print(f"{scores.described(attributes).path}: made again, because its network was not kept")
        return None
    return attributes


def summary(attributes: dict[str, Any]) -> str:
    """What became of a run, in a line."""
    if attributes["status"] == DIVERGED:
        return f"diverged, {attributes['message']}"
    told = "finished in {train_seconds:.1f} s".format(**attributes)
    for key, what in LEAKS.items():
        if attributes.get(key):
            told += f"; {attributes[key]} of its {what}s are test images, too"
    return told


def versions(*modules: ModuleType) -> str:
    """The versions of Python and of these packages."""
    named = {module.__name__: module.__version__ for module in modules}
    each = {"python": platform.python_version(), **named}
    return ", ".join(f"{name} {version}" for name, version in sorted(each.items()))
