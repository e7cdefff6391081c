"""The model file: the trained network of a run, results/models/RUN.safetensors.

Tensors by name: `network.NAME` of the network's state, for vectors with their scaling; and
`held_out_score` float32 (M,), of the normal images that were held out of the training. The metadata
are one JSON text, `oebench`, with what the network was made of: the run, the resolved recipe (with
the normalisation), code and checksums of the images, as its scores file has them; `seen`, how an
image was brought to what the network takes, with the names of the classes; device and versions; and
the checksums of the tensors and of the test scores that belong to it.

The file is no output of a rule, which Snakemake would delete with those of a failed job: like the
store it is left alone, and compared with the plan by what it says of itself: for that safetensors
is not imported, which a Snakemake without this package's dependencies lacks.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from oebench.files import atomic
from oebench.validation import UserError

SUFFIX = ".safetensors"
FOLDER = "models"  # beside that of the runs
FACTS = "oebench"  # the key of the metadata
NETWORK, HELD_OUT = "network.", "held_out_score"
LARGEST = 1 << 26  # bytes of a header
AGAIN = "delete it, and the workflow makes it again"
Facts = dict[str, Any]


@dataclass(frozen=True)
class Model:
    """A trained network by its tensors, with what is known of it."""

    state: dict[str, np.ndarray]  # of the network
    held_out: np.ndarray  # float32 (M,), scores
    facts: Facts


def of_run(scores: Path, member: str) -> Path:
    """Where the model of a run is: RESULTS/models/CONDITION/MEMBER, of RESULTS/runs/CONDITION/FILE.

    Light, for the plan.
    """
    *_, dataset, oe, objective, recipe = scores.parent.parts
    results = scores.parents[5]
    return results / FOLDER / dataset / oe / objective / recipe / f"{member}{SUFFIX}"


def write(path: Path, model: Model) -> None:
    """Write a model file, whole or not at all."""
    from safetensors.numpy import save_file

    tensors = tensors_of(model)
    text = json.dumps({**model.facts, "sha256": digest(tensors)}, sort_keys=True)
    with atomic(path) as temporary:
        save_file(tensors, temporary, {FACTS: text})


def tensors_of(model: Model) -> dict[str, np.ndarray]:
    named = {NETWORK + name: values for name, values in model.state.items()}
    every = {**named, HELD_OUT: model.held_out}
    return {name: np.array(values, order="C") for name, values in every.items()}


def digest(tensors: Mapping[str, np.ndarray]) -> str:
    """The SHA-256 over names, types, shapes and values of tensors."""
    found = hashlib.sha256()
    for name in sorted(tensors):
        values = tensors[name]
        found.update(f"{name} {values.dtype} {values.shape}\n".encode())
        found.update(values.tobytes())
    return found.hexdigest()


def facts(path: Path) -> Facts:
    """What a model file says that it was made of; nothing where it does not, or does not exist.

    Of its tensors nothing is read.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(length, LARGEST)))
        found = json.loads(header["__metadata__"][FACTS])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read(path: Path) -> Model:
    """A model. Raises UserError where the file is missing, damaged or something else."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if not path.is_file():
        raise UserError(
            f"there is no file {path}; `keep_models: true` in a study keeps the models of its runs"
        )
    known = facts(path)
    if not known:
        raise UserError(f"{path} is no model of this program; expected one of results/{FOLDER}")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} is damaged ({error}); {AGAIN}") from None
    if known.get("sha256") != digest(tensors):
        raise UserError(f"{path} is damaged: its content is not what was written; {AGAIN}")
    held_out = tensors.pop(HELD_OUT)
    state = {name.removeprefix(NETWORK): values for name, values in tensors.items()}
    return Model(state, held_out, known)
