"""The store of finished runs, beside the results.

Every finished run goes into the store first, under a name made of all it depends on, and from
there to its path. Snakemake deletes the declared files of a job that fails or grows; the store
keeps what was computed, and the next job adopts it.
"""

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from oebench.artifacts import scores
from oebench.files import atomic
from oebench.registry import DIVERGED
from oebench.run import Run, parse

Made = tuple[dict[str, np.ndarray], dict[str, Any]]  # arrays and attributes of a scores file


def fill(
    paths: Sequence[Path],
    store: Path,
    code: str,
    depends: dict[str, Any],
    checksums_of: Callable[[Run], list[str]],
    make: Callable[[Run, Path], Made],
) -> None:
    """Make the scores file at each path, or adopt it from the store; prints a line per run.

    depends: what the scores depend on besides run, code and images. checksums_of: those of the
    images that a run reads. make: is given the run and where its scores will be stored.
    """
    for path in paths:
        run = parse(path.as_posix())
        checksums = checksums_of(run)
        key = store_key(run, depends, code, checksums)
        stored = store / key[:2] / f"{key}.h5"
        if stored.exists():
            print(f"{run.path}: adopted, trained before", flush=True)
        else:
            arrays, attributes = make(run, stored)
            scores.write(stored, arrays, {**attributes, "code": code, "checksums": checksums})
            stored.with_suffix(".pt").unlink(missing_ok=True)
            print(f"{run.path}: {summary(attributes)}", flush=True)
        adopt(stored, path)


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


def adopt(stored: Path, path: Path) -> None:
    """Put a stored run at its path: a hard link where the file system has them, else a copy."""
    with atomic(path) as temporary:
        temporary.unlink()
        try:
            temporary.hardlink_to(stored)
        except OSError:
            shutil.copyfile(stored, temporary)
    os.utime(path)  # newer than the caches it was made from, as Snakemake expects
