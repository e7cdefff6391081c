"""A run's key and its path: what identifies a run, by name and value.

dataset=digits/oe=letters~size=16/objective=hsc~norm=pseudo_huber/
    recipe=digits~augment=off/normal_class=3/seed=1
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

SAFE_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
NUMBER = r"[0-9][0-9.e+-]*"
# Between a name and its values. Not a comma: Snakemake gives a cluster's job its wildcards as
# NAME=VALUE,NAME=VALUE and splits them at every comma (snakemake#2366).
SEPARATOR = "~"
# The folders of a run's path and what may stand in each.
VALUES = {
    "dataset": SAFE_NAME,
    "oe": rf"none|{SAFE_NAME}~(?:size|classes)=\d+(?:~blur={NUMBER})?",
    "objective": rf"{SAFE_NAME}(?:~norm={SAFE_NAME})?(?:~gamma={NUMBER})?",
    "recipe": rf"{SAFE_NAME}(?:~[^~/]+)*~augment=(?:on|off)",
    "normal_class": r"\d+",
    "seed": r"\d+",
}


@dataclass(frozen=True)
class Run:
    """One trained network and its scores.

    `oe` is None for objectives without OE; else exactly one of `oe_size` (a subset of that many
    images) and `oe_classes` (all images of that many classes) is set. `blur` is the standard
    deviation in pixels, 0 for none. `recipe` is the recipe's name and what is overridden in it.
    """

    dataset: str
    oe: str | None
    oe_size: int | None
    oe_classes: int | None
    blur: float
    objective: str
    norm: str | None
    gamma: float | None
    recipe: str
    augment: bool
    normal_class: int
    seed: int

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the objective."""
        named = {"norm": self.norm, "gamma": self.gamma}
        return {key: value for key, value in named.items() if value is not None}

    @property
    def condition(self) -> str:
        """The path without normal class and seed: what the runs of one job share."""
        oe = {"size": self.oe_size, "classes": self.oe_classes, "blur": self.blur or None}
        folders = {
            "dataset": self.dataset,
            "oe": spell(self.oe or "none", oe),
            "objective": spell(self.objective, self.parameters),
            "recipe": spell(self.recipe, {"augment": "on" if self.augment else "off"}),
        }
        return "/".join(f"{key}={value}" for key, value in folders.items())

    @property
    def path(self) -> str:
        """Relative to the folder of all runs."""
        return f"{self.condition}/normal_class={self.normal_class}/seed={self.seed}"


def spell(name: str, values: dict[str, Any]) -> str:
    """A name and its values as a part of a path.

    >>> spell("letters", {"size": 16, "classes": None, "blur": 0.5})
    'letters~size=16~blur=0.5'
    """
    given = [f"{key}={spell_value(value)}" for key, value in values.items() if value is not None]
    return SEPARATOR.join([name, *given])


def spell_value(value: Any) -> str:
    """Numbers at their shortest, lists joined by "+".

    >>> spell_value([5, 8]), spell_value(2.0), spell_value(0.5)
    ('5+8', '2', '0.5')
    """
    if isinstance(value, list | tuple):
        return "+".join(map(spell_value, value)) or "none"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def parse(path: str | PurePosixPath) -> Run:
    """The run whose scores lie at `path`, the inverse of `Run.path`.

    Folders before "dataset=" and a file name after the seed are ignored. Raises ValueError if the
    path does not name a run.
    """
    pattern = "/".join(f"{folder}=(?P<{folder}>{VALUES[folder]})" for folder in VALUES)
    found = re.search(f"(?:^|/){pattern}(?:/|$)", str(path))
    if not found:
        raise ValueError(
            f"{str(path)!r} does not name a run; a run's path has the folders "
            + "/".join(f"{folder}=..." for folder in VALUES)
        )
    oe, oe_values = read(found["oe"])
    objective, parameters = read(found["objective"])
    recipe, _, augment = found["recipe"].rpartition(f"{SEPARATOR}augment=")
    return Run(
        dataset=found["dataset"],
        oe=oe if oe_values else None,
        oe_size=int(oe_values["size"]) if "size" in oe_values else None,
        oe_classes=int(oe_values["classes"]) if "classes" in oe_values else None,
        blur=float(oe_values.get("blur", 0)),
        objective=objective,
        norm=parameters.get("norm"),
        gamma=float(parameters["gamma"]) if "gamma" in parameters else None,
        recipe=recipe,
        augment=augment == "on",
        normal_class=int(found["normal_class"]),
        seed=int(found["seed"]),
    )


def read(text: str) -> tuple[str, dict[str, str]]:
    """The inverse of `spell`, values as text."""
    name, *values = text.split(SEPARATOR)
    return name, dict(value.split("=", 1) for value in values)
