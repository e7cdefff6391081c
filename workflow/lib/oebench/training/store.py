"""The store of finished runs, beside the results.

Every finished run goes into the store first, in a file of its own under a name made of all it
depends on, and from there to its job's scores file. Snakemake deletes the declared file of a job
that fails or grows; the store keeps what was computed, and the next job adopts it.
"""

import json
import platform
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from oebench.artifacts import scores
from oebench.artifacts.progress import Job, at_work
from oebench.artifacts.stored import finished_file, state_beside, store_key
from oebench.files import BROKEN
from oebench.registry import DIVERGED, LEAKS
from oebench.run import Run
from oebench.validation import UserError

Made = tuple[dict[str, np.ndarray], dict[str, Any]]  # arrays and attributes of a scores file


def fill(
    path: Path,
    members: Sequence[str],
    store: Path,
    code: str,
    recipe: dict[str, Any],
    arithmetic: str,
    images_of: Callable[[Run], dict[str, str]],
    make: Callable[[Run, Path, Job], Made],
) -> None:
    """Make the scores file at `path` with these runs of its condition; prints a line per run.

    Runs that are in the store are adopted from there. images_of: the checksums of what a run reads,
    by the names of the caches. make: is given the run, where its scores will be stored and the job,
    to tell how far it is. Only one job at a time makes the same scores file.
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
            if attributes := adopted(stored, member, facts):
                print(f"{run.path}: adopted, trained before", flush=True)
            else:
                arrays, attributes = make(run, stored, job)
                scores.write(stored, member, arrays, {**facts, **attributes})
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
        scores.join(path, finished, made_of | told)


def adopted(stored: Path, member: str, facts: dict[str, Any]) -> dict[str, Any] | None:
    """The attributes of that run where a file of the store holds it, else None.

    facts: attributes that it must have. A file that is damaged or another is put aside.
    """
    if not stored.exists():
        return None
    try:
        attributes, _ = scores.read(stored, member, *scores.NAMES)
        wrong = scores.differing(attributes, facts)
        reason = f"it holds a run of other {', '.join(wrong)}" if wrong else ""
    except UserError as error:
        reason = str(error)
    if reason:
        aside = stored.with_name(stored.name + BROKEN)
        stored.replace(aside)
        print(f"{aside} was put aside and its run is made again: {reason}", flush=True)
        return None
    return attributes


def summary(attributes: dict[str, Any]) -> str:
    """What became of a run, in a line."""
    if attributes["status"] == DIVERGED:
        return f"diverged, {attributes['message']}"
    told = "finished in {train_seconds:.1f} s".format(**attributes)
    for key, what in LEAKS.items():
        if attributes.get(key):
            told += f"; {attributes[key]} of its {what} are test images, too"
    return told


def versions(*modules: ModuleType) -> str:
    """The versions of Python and of these packages."""
    named = {module.__name__: module.__version__ for module in modules}
    each = {"python": platform.python_version(), **named}
    return ", ".join(f"{name} {version}" for name, version in sorted(each.items()))
