"""What a scores file was made of, at its beginning, to be read without HDF5.

HDF5 leaves the first bytes of a file to whoever writes it (the user block). There stands one line
of JSON: the runs, the recipe by value and the hash of the code. The workflow compares it with its
plan for every scores file before the first job, whatever Snakemake has recorded of it: so it holds
in a copied folder, too, and when a configuration is changed and changed back.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SMALLEST = 512  # bytes of a user block, which is a power of two
LARGEST = 1 << 20
Facts = dict[str, Any]  # runs, recipe, code


def size_of(facts: Mapping[str, Any]) -> int:
    """How long the user block has to be, in bytes."""
    return max(SMALLEST, 1 << len(line(facts)).bit_length())


def line(facts: Mapping[str, Any]) -> bytes:
    return json.dumps(facts, sort_keys=True).encode() + b"\n"


def write(path: Path, facts: Mapping[str, Any]) -> None:
    """Write the facts into the user block of a finished file, which has the size for them."""
    with path.open("r+b") as file:
        file.write(line(facts))


def read(path: Path) -> Facts:
    """What a file was made of; nothing where it does not say so or does not exist."""
    try:
        with path.open("rb") as file:
            facts = json.loads(file.readline(LARGEST))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def differences(found: Mapping[str, Any], planned: Mapping[str, Any]) -> list[str]:
    """What of a file or a run is not as planned, in words; of the recipe the keys that differ.

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
    return told
