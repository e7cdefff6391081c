"""The names of a run's files in the store: scores, trained network, the state of its training."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oebench.artifacts import model
from oebench.run import Run

FINISHED, STATE = ".h5", ".pt"


def store_key(
    run: Run, recipe: Mapping[str, Any], arithmetic: str, code: str, images: Mapping[str, str]
) -> str:
    """What the scores of a run depend on, as one name: run, recipe, arithmetic, code and images.

    images: the checksum of what it reads of each cache.
    """
    made_with = {**recipe, "arithmetic": arithmetic}
    facts = {"run": run.path, "recipe": made_with, "code": code, "images": images}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def finished_file(store: Path, key: str) -> Path:
    """Where the finished run of that name is, or will be."""
    return store / key[:2] / f"{key}{FINISHED}"


def state_beside(finished: Path) -> Path:
    """Where the state of its training is, as long as it is at work or broken off."""
    return finished.with_suffix(STATE)


def model_beside(finished: Path) -> Path:
    """Where its trained network is, where that is kept."""
    return finished.with_suffix(model.SUFFIX)


def finished_beside(state: Path) -> Path:
    """Where the run will be whose state this is."""
    return state.with_suffix(FINISHED)
