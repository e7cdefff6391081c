"""The plans of the paper's studies and of small ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from oebench.plan.manifests import read_plan
from oebench.plan.plan import Plan
from oebench.validation import ConfigError

PAPER = Path(__file__).parents[2] / "config/paper.yaml"

# 2 classes of 60 and 50 images, a pool with 4 classes of 25, one without, one of another shape.
SMALL: dict[str, Any] = {
    "datasets": {
        "pets": {
            "source": {"kind": "arrays", "path": "pets.npz"},
            "image": [1, 28, 28],
            "classes": ["cat", "dog"],
            "train": [60, 50],
            "test": 10,
        },
        "things": {
            "source": {"kind": "arrays", "path": "things.npz"},
            "image": [1, 28, 28],
            "classes": ["cup", "lamp", "sofa", "table"],
            "train": 25,
        },
        "noise": {
            "source": {"kind": "arrays", "path": "noise.npz"},
            "image": [1, 28, 28],
            "train": 1000,
        },
        "colour": {
            "source": {"kind": "arrays", "path": "colour.npz"},
            "image": [3, 32, 32],
            "train": 1000,
        },
    },
    "recipes": {"quick": {"epochs": 2, "milestones": [1], "batch": 50}},
}


def plans(file: Path) -> Callable[..., Plan]:
    """A function that gives the plan of studies that differ from a small one in the given keys."""

    def plan(*studies: dict[str, Any], **others: Any) -> Plan:
        base = {
            "title": "t",
            "dataset": "pets",
            "oe": "things",
            "objectives": ["hsc"],
            "recipe": "quick",
            "seeds": 1,
        }
        content = {**SMALL, **others}
        content["studies"] = {
            f"s{number}": {key: base[key] for key in base if key not in each.get("sweep", {})}
            | each
            for number, each in enumerate(studies)
        }
        file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return read_plan(file)

    return plan


def refusal(plan_of: Any, **study: Any) -> str:
    with pytest.raises(ConfigError) as error:
        plan_of(study)
    assert "studies.s0." in str(error.value)
    return str(error.value).split("studies.s0.")[1]


def values(plan: Plan, key: str) -> list[Any]:
    """The distinct values of a key, in the order of the runs."""
    return list(dict.fromkeys(getattr(run, key) for run in plan.runs))
