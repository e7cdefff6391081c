"""The scores file: the HDF5 file of one run.

Data sets, one value for every test image: `score` float32 (higher = more anomalous, unsaturated:
the distance or the logit), `label` uint8 (1 = anomaly), `class` (original label), `index` (row in
the cache's test split); and `train_score` float32, of every normal training image without
augmentation. Attributes: every key of the run, the resolved recipe, status (ok or diverged; whether
its scores have collapsed is found with the metrics, when runs are collected), seconds, device,
versions, hashes of the code and of the sources; "" where one does not apply.
"""

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from oebench.artifacts.cache import Cache
from oebench.files import atomic
from oebench.registry import DIVERGED, OK
from oebench.run import Run
from oebench.validation import UserError


class Diverged(Exception):
    """The loss or a score became NaN or infinite; the message names the place."""


def contents(
    run: Run,
    classes: np.ndarray,
    class_names: list[str],
    make: Callable[[], tuple[np.ndarray, np.ndarray]],
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and attributes of the scores file, whatever becomes of the run.

    classes: the test images' own, int64 (N,). make: trains and gives the scores of the test images
    (N,) and of the normal training images (M,), float32; or raises Diverged.
    """
    label = (classes != run.normal_class).astype(np.uint8)
    started = time.perf_counter()
    status, message = OK, None
    try:
        score, train_score = make()
    except Diverged as error:
        status, message = DIVERGED, str(error)
        score = np.full(len(label), np.nan, dtype=np.float32)
        train_score = np.empty(0, dtype=np.float32)
    arrays = {
        "score": score,
        "label": label,
        "class": classes,
        "index": np.arange(len(label), dtype=np.int64),
        "train_score": train_score,
    }
    attributes = {
        **asdict(run),
        "normal_name": class_names[run.normal_class],
        "status": status,
        "message": message,
        "n_test": len(label),
        "train_seconds": time.perf_counter() - started,
    }
    return arrays, attributes


def write(path: Path, arrays: dict[str, np.ndarray], attributes: dict[str, Any]) -> None:
    """Write one run; None becomes ""."""
    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        for name, values in arrays.items():
            file.create_dataset(name, data=values)
        for name, value in attributes.items():
            file.attrs[name] = "" if value is None else value


def check_images(path: Path, attributes: dict[str, Any], cache: Cache) -> None:
    """Raises UserError unless the cache holds the images that the run was scored on."""
    if cache.checksum != attributes["checksums"][0]:
        raise UserError(
            f"{cache.path} does not hold the images that {path} was scored on; make the run again"
        )


def read(path: Path, *names: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The attributes as plain Python values, and the data sets of these names.

    Raises UserError if it is not a scores file, or has no such data set.
    """
    try:
        with h5py.File(path) as file:
            attributes = {
                key: value.tolist() if isinstance(value, np.generic | np.ndarray) else value
                for key, value in file.attrs.items()
            }
            lacking = [name for name in names if name not in file]
            arrays = {name: file[name][:] for name in names if name in file}
    except OSError as error:
        raise UserError(
            f"{path} cannot be read as HDF5 ({error}); delete it to remake it"
        ) from None
    if "status" not in attributes:
        raise UserError(f"{path} is not a scores file, it has no attribute status; delete it")
    if lacking:
        raise UserError(f"{path} has no {', '.join(lacking)}; delete it to make the run again")
    return attributes, arrays


def read_attributes(path: Path) -> dict[str, Any]:
    """The attributes as plain Python values. Raises UserError if it is not a scores file."""
    return read(path)[0]
