"""What a cache or a scores file was made of, at its beginning, to be read without HDF5.

HDF5 leaves the first bytes of a file to whoever writes it (the user block). There stands one line
of JSON, with a checksum of all that follows, by which a file is found whole before HDF5 opens it.
Of a scores file: its runs, the recipe by value, the hash of the code and the checksums of the
images; of a cache: the entry of its data set, what tells that the user's own files are replaced,
and the hash of the code. The workflow compares these facts with its plan for every file before the
first job, whatever Snakemake has recorded of it: so it holds in a copied folder, too, and when a
configuration is changed and changed back. Beside them stands the command that made the file, which
nobody compares, and in a scores file what each run took and which diverged, so that many can be
counted.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from oebench import origin
from oebench.artifacts import checksums
from oebench.validation import UserError

SMALLEST = 512  # bytes of a user block, which is a power of two
LARGEST = 1 << 26
WHOLE = "sha256"  # the checksum of all that follows the line
CALL = "call"  # what was called to make the file, which makes no other content
Facts = dict[str, Any]


def size_of(facts: Mapping[str, Any]) -> int:
    """How long the user block has to be, in bytes."""
    return max(SMALLEST, 1 << len(line(facts, "")).bit_length())


def line(facts: Mapping[str, Any], whole: str) -> bytes:
    return json.dumps({**facts, WHOLE: f"{whole:64}"}, sort_keys=True).encode() + b"\n"


def write(path: Path, facts: Mapping[str, Any]) -> None:
    """Write the facts into the user block of a finished file, which has the size for them."""
    with path.open("r+b") as file:
        file.seek(len(line(facts, "")))
        whole = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        file.write(line(facts, whole))


def read(path: Path) -> Facts:
    """What a file was made of; nothing where it does not say so or does not exist."""
    return {key: value for key, value in begins(path).items() if key not in (WHOLE, CALL)}


def begins(path: Path) -> Facts:
    """The same with the checksum, and with what was called to make the file."""
    try:
        with path.open("rb") as file:
            return first_line(file)
    except OSError:
        return {}


def called(path: Path, facts: Mapping[str, Any]) -> Facts:
    """The facts of a new file with what is called to make it."""
    return {**facts, CALL: {"file": path.as_posix(), **origin.call()}}


def first_line(file: BinaryIO) -> Facts:
    try:
        begins = file.read(1)
        file.seek(0)
        facts = json.loads(file.readline(LARGEST)) if begins == b"{" else {}
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def check_whole(path: Path) -> None:
    """Raises UserError unless a file is as it was written; HDF5 may crash on one that is not."""
    try:
        with path.open("rb") as file:
            whole = first_line(file).get(WHOLE)
            if whole == hashlib.file_digest(file, "sha256").hexdigest():
                return
    except FileNotFoundError:
        raise UserError(f"there is no file {path}; `snakemake {path}` makes it") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    raise UserError(
        f"{path} is damaged, or of another version: its content is not what was written. Delete "
        "it, and the workflow makes it again"
    )


def differences(found: Mapping[str, Any], planned: Mapping[str, Any]) -> list[str]:
    """What of a scores file or of a run is not as planned, in words.

    Of the recipe the keys that differ; of the images the data sets whose checksum is none of those
    that are planned.

    >>> differences({"code": "1", "recipe": {"epochs": 2}}, {"code": "1", "recipe": {"epochs": 3}})
    ['trained with epochs 2, the configuration says 3']
    """
    told = []
    recipe, wanted = found.get("recipe", {}), planned.get("recipe", {})
    for key in sorted({*recipe, *wanted}):
        if recipe.get(key) != wanted.get(key):
            has, says = (each.get(key, "none") for each in (recipe, wanted))
            told.append(f"trained with {key} {has}, the configuration says {says}")
    if found.get("code") != planned.get("code"):
        told.append(f"made by code {found.get('code', 'unknown')}, today's is {planned['code']}")
    images = found.get("images", {})
    for name, now in planned.get("images", {}).items():
        if name not in images:
            told.append(f"made of images of which it has no checksum, of {name}")
        elif not {*images[name]} <= {*now}:
            told.append(f"made of other images of {name} than the cache has now")
    return told


def current_images(caches: Path, names: Iterable[str]) -> dict[str, list[str]]:
    """The checksums of these caches in a folder as they are now, of those that are there."""
    found = {name: checksums.current(caches / f"{name}.sha256") for name in names}
    return {name: [*each.values()] for name, each in found.items() if each}
