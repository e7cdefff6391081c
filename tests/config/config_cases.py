"""The smallest configuration, changed at one place, and what becomes of it."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from oebench.plan.manifests import read_plan
from oebench.validation import ConfigError

SMALLEST = {
    "studies": {
        "s": {
            "title": "Digits against letters",
            "dataset": "digits",
            "oe": "letters",
            "objectives": ["hsc"],
            "recipe": "digits",
            "seeds": 1,
        }
    }
}
DATASET = {
    "source": {"kind": "arrays", "path": "own.npz"},
    "image": [1, 16, 16],
    "classes": ["cat", "dog"],
    "train": 500,
    "test": 100,
}


def changed(place: str, value: Any) -> dict[str, Any]:
    """The smallest configuration with one more key, e.g. at "studies.s.sweep"."""
    content = copy.deepcopy(SMALLEST)
    *folders, last = place.split(".")
    inner: Any = content
    for folder in folders:
        inner = inner.setdefault(folder, {})
    inner[last] = value
    return content


def refusal(file: Path, content: dict[str, Any] | str) -> str:
    """The message with which a configuration is refused."""
    file.write_text(
        content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8"
    )
    with pytest.raises(ConfigError) as error:
        read_plan(file)
    return str(error.value)


def accepted(file: Path, content: dict[str, Any]) -> Any:
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return read_plan(file)
