"""The store of finished runs, beside the results.

Every finished run goes into the store first, in a file of its own under a name made of all it
depends on, and from there to its job's scores file. Snakemake deletes the declared file of a job
that fails or grows; the store keeps what was computed, and the next job adopts it.
"""

import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from oebench.artifacts import scores
from oebench.registry import DIVERGED
from oebench.run import Run

Made = tuple[dict[str, np.ndarray], dict[str, Any]]  # arrays and attributes of a scores file


def fill(
    path: Path,
    members: Sequence[str],
    store: Path,
    code: str,
    recipe: dict[str, Any],
    arithmetic: str,
    checksums_of: Callable[[Run], list[str]],
    make: Callable[[Run, Path], Made],
) -> None:
    """Make the scores file at `path` with these runs of its condition; prints a line per run.

    Runs that are in the store are adopted from there. checksums_of: those of the images that a run
    reads. make: is given the run and where its scores will be stored.
    """
    finished: dict[str, Path] = {}
    for member in members:
        run = scores.run_of(path, member)
        checksums = checksums_of(run)
        key = store_key(run, {**recipe, "arithmetic": arithmetic}, code, checksums)
        stored = store / key[:2] / f"{key}.h5"
        if stored.exists():
            print(f"{run.path}: adopted, trained before", flush=True)
        else:
            arrays, attributes = make(run, stored)
            attributes = {**attributes, "code": code, "checksums": checksums}
            scores.write(stored, member, arrays, attributes)
            stored.with_suffix(".pt").unlink(missing_ok=True)
            print(f"{run.path}: {summary(attributes)}", flush=True)
        finished[member] = stored
    scores.join(path, finished, {"runs": [*finished], "recipe": recipe, "code": code})


def summary(attributes: dict[str, Any]) -> str:
    """What became of a run, in a line."""
    if attributes["status"] == DIVERGED:
        return f"diverged, {attributes['message']}"
    return "finished in {train_seconds:.1f} s".format(**attributes)


def versions(*modules: ModuleType) -> str:
    """The versions of Python and of these packages, as JSON."""
    named = {module.__name__: module.__version__ for module in modules}
    return json.dumps({"python": platform.python_version(), **named})


def store_key(run: Run, recipe: dict[str, Any], code: str, checksums: list[str]) -> str:
    """What the scores of a run depend on, as one name: the run, its recipe, code and images."""
    facts = {"run": run.path, "recipe": recipe, "code": code, "checksums": checksums}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
