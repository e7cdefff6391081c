"""The scores file: the HDF5 file of runs that share their condition, a group for each of them.

The group is named after the run's member of the condition, normal_class=3/seed=1. Its data sets,
one value for every test image: `score` float32 (higher = more anomalous, unsaturated: the distance
or the logit), `label` uint8 (1 = anomaly), `class` (original label), `index` (row in the cache's
test split); and `train_score` float32, of every normal training image without augmentation; where a
recipe holds some of them out of the training, `held_out_score` likewise of those. Its attributes:
every key of the run, the resolved recipe, status (ok or diverged; whether its scores have collapsed
is found with the metrics, when runs are collected), seconds, device, versions, hashes of the code
and of the images, the commit of the code and when it was done; "" where one does not apply. At its
beginning stands what it was made of, with a checksum that is compared whenever it is read
(`identity.py`).
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from oebench import origin
from oebench.artifacts import identity
from oebench.artifacts.cache import Cache
from oebench.artifacts.model import HELD_OUT
from oebench.files import atomic
from oebench.registry import DIVERGED, LEAKS, OK
from oebench.run import KEYS, Run, parse
from oebench.validation import UserError

NAMES = ("score", "label", "class", "index", "train_score")  # that every run has
Content = tuple[dict[str, Any], dict[str, np.ndarray]]  # attributes and arrays of a run


class Diverged(Exception):
    """The loss or a score became NaN or infinite; the message names the place."""


def contents(
    run: Run,
    classes: np.ndarray,
    class_names: list[str],
    make: Callable[[], tuple[np.ndarray, ...]],
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and attributes of the scores file, whatever becomes of the run.

    classes: the test images' own, int64 (N,). make: trains and gives the scores of the test images
    (N,), of the normal training images (M,) and of those held out, where there are any, float32; or
    raises Diverged.
    """
    label = (classes != run.normal_class).astype(np.uint8)
    started = time.perf_counter()
    status, message = OK, None
    try:
        score, train_score, *held_out = make()
    except Diverged as error:
        status, message = DIVERGED, str(error)
        score = np.full(len(label), np.nan, dtype=np.float32)
        train_score, held_out = np.empty(0, dtype=np.float32), []
    arrays = {
        "score": score,
        "label": label,
        "class": classes,
        "index": np.arange(len(label), dtype=np.int64),
        "train_score": train_score,
        **dict(zip([HELD_OUT], held_out, strict=False)),
    }
    attributes = {
        **asdict(run),
        "normal_name": class_names[run.normal_class],
        "status": status,
        "message": message,
        "n_test": len(label),
        **dict.fromkeys(LEAKS),
        "train_seconds": time.perf_counter() - started,
        "finished": origin.now(),
        **origin.commit(),
    }
    return arrays, attributes


def write(
    path: Path, member: str, arrays: dict[str, np.ndarray], attributes: dict[str, Any]
) -> None:
    """Write a file of one run; None becomes ""."""
    with created(path, {}) as file:
        group = file.create_group(member)
        for name, values in arrays.items():
            # Labels, classes and rows shrink to nearly nothing, scores hardly.
            packed = {"compression": "gzip", "shuffle": True} if values.dtype.kind in "iu" else {}
            group.create_dataset(name, data=values, **packed)
        for name, value in attributes.items():
            group.attrs[name] = "" if value is None else value


def join(path: Path, runs: Mapping[str, Path], facts: identity.Facts) -> None:
    """Write one file of the runs, by member, that are in these files.

    facts: what they are made of, which stands at its beginning (`artifacts.identity`).
    """
    with created(path, facts) as file:
        for member, source in runs.items():
            with h5py.File(source, locking=False) as stored:
                normal_class, seed = member.split("/")
                stored.copy(member, file.require_group(normal_class), seed)


@contextmanager
def created(path: Path, facts: identity.Facts) -> Iterator[h5py.File]:
    """A new file to write to, which appears whole, with the facts at its beginning."""
    facts = identity.called(path, facts)
    size = identity.size_of(facts)
    with atomic(path) as temporary:
        with h5py.File(temporary, "w", locking=False, userblock_size=size) as file:
            yield file
        identity.write(temporary, facts)


def run_of(path: Path, member: str) -> Run:
    """The run whose scores the file at `path` holds in the group `member`."""
    return parse((path.parent / member).as_posix())


def results_of(path: Path) -> Path:
    """The folder of the results that a scores file belongs to: RESULTS/runs/CONDITION/FILE."""
    return path.absolute().parents[5]


def images_of(attributes: Mapping[str, Any]) -> dict[str, list[str]]:
    """By the names of the caches that a run was made of, the checksum of what it read."""
    return {name: [each] for name, each in json.loads(attributes.get("images") or "{}").items()}


def check_images(path: Path, attributes: dict[str, Any], cache: Cache) -> None:
    """Raises UserError unless the cache holds the images that the run was scored on."""
    if images_of(attributes).get(attributes["dataset"]) != [cache.checksum]:
        raise UserError(
            f"{cache.path} does not hold the images that {path} was scored on; make the run again"
        )


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """A scores file to read. Raises UserError where it is missing, damaged or something else."""
    identity.check_whole(path)
    try:
        with h5py.File(path, locking=False) as file:
            yield file
    except OSError as error:
        raise UserError(
            f"{path} cannot be read as HDF5 ({error}); delete it to remake it"
        ) from None


def read(path: Path, member: str, *names: str) -> Content:
    """The attributes of a run as plain Python values, and its data sets of these names.

    Raises UserError if the file is no scores file, is damaged, or does not have the run or the data
    sets.
    """
    with opened(path) as file:
        if member not in file:
            there = ", ".join(members_in(file)) or "none"
            raise UserError(f"{path} has no run {member}; it has {there}")
        return content_of(file, path, member, names)


def members(path: Path) -> list[str]:
    """Which runs of its condition a file holds. Raises UserError if it is no HDF5 file."""
    with opened(path) as file:
        return members_in(file)


def members_in(file: h5py.File) -> list[str]:
    classes = [name for name in file if name.startswith("normal_class=")]
    return [f"{name}/{seed}" for name in classes for seed in file[name]]


def read_all(
    path: Path, members: Iterable[str], *names: str
) -> Iterator[tuple[str, Content | UserError]]:
    """The same of each of these runs that the file has, which is opened once; or what is wrong."""
    with opened(path) as file:
        for member in members:
            if member not in file:
                continue
            try:
                yield member, content_of(file, path, member, names)
            except UserError as error:
                yield member, error


def content_of(file: h5py.File, path: Path, member: str, names: Sequence[str]) -> Content:
    """Attributes and arrays of a run, whose name is compared with its attributes."""
    group = file[member]
    attributes = {
        key: value.tolist() if isinstance(value, np.generic | np.ndarray) else value
        for key, value in group.attrs.items()
    }
    lacking = [name for name in names if name not in group]
    if lacking:
        raise UserError(
            f"{path} has no {', '.join(lacking)} of {member}; delete it to make the run again"
        )
    if path.parent.name.startswith("recipe="):  # in the store no name tells the run
        check_named(path, member, attributes)
    return attributes, {name: group[name][:] for name in names}


def check_named(path: Path, member: str, attributes: Mapping[str, Any]) -> None:
    """Raises UserError where a run is not the one that its file and group are named after."""
    named = described(attributes).path
    if named != "/".join((*path.absolute().parts[-5:-1], member)):
        raise UserError(
            f"{member} of {path} holds the scores of another run, {named}; delete the file to make "
            "it again"
        )


def described(attributes: Mapping[str, Any]) -> Run:
    """The run that attributes are of."""
    keys: dict[str, Any] = {key: attributes.get(key) for key in KEYS}
    keys = {key: None if value == "" else value for key, value in keys.items()}
    if keys["oe_classes"] is not None:
        keys["oe_size"] = None  # the number of their images
    return Run(**keys)


def differing(attributes: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    """Which of these facts the attributes of a run do not have."""
    wrong = []
    for key, value in facts.items():
        counted = key == "oe_size" and value is None  # of OE classes, the number of their images
        if not counted and attributes.get(key) != ("" if value is None else value):
            wrong.append(key)
    return wrong
