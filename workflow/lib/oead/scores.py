"""The scores file: the HDF5 file of one run.

Data sets, one value for every test image: `score` float32 (higher = more anomalous, unsaturated:
the distance or the logit), `label` uint8 (1 = anomaly), `class` (original label), `index` (row in
the cache's test split). Attributes: every key of the run, the resolved recipe, status, metrics,
seconds, device, versions, hashes of the code and of the sources; "" where one does not apply.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from oead.files import atomic
from oead.runs import Run

OK, COLLAPSED, DIVERGED = "ok", "collapsed", "diverged"


def write(path: Path, arrays: dict[str, np.ndarray], attributes: dict[str, Any]) -> None:
    """Write one run; None becomes ""."""
    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        for name, values in arrays.items():
            file.create_dataset(name, data=values)
        for name, value in attributes.items():
            file.attrs[name] = "" if value is None else value


def read_attributes(path: Path) -> dict[str, Any]:
    """The attributes as plain Python values. Raises ValueError if it is not a scores file."""
    try:
        with h5py.File(path) as file:
            attributes = {
                key: value.tolist() if isinstance(value, np.generic | np.ndarray) else value
                for key, value in file.attrs.items()
            }
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read as HDF5 ({error}); delete it to remake it"
        ) from None
    if "status" not in attributes:
        raise ValueError(f"{path} is not a scores file, it has no attribute status; delete it")
    return attributes


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
