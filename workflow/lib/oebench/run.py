"""A run's key and its path: what identifies a run, by name and value.

dataset=digits/oe=letters~size=16/objective=hsc~norm=pseudo_huber/
    recipe=digits~augment=off/normal_class=3/seed=1

All but the last two folders are its condition; its scores lie in a file of this folder, as the
group of the last two, its member.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import log2
from operator import attrgetter
from pathlib import PurePosixPath
from typing import Any, Literal

from oebench.validation import UserError

SAFE_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
NUMBER = r"[0-9][0-9.e+-]*"
# Between a name and its values. Not a comma: Snakemake gives a cluster's job its wildcards as
# NAME=VALUE,NAME=VALUE and splits them at every comma (snakemake#2366).
SEPARATOR = "~"


@dataclass(frozen=True)
class Key:
    """One key of a run: what its values are, what it is about, where it stands.

    `about` says which part of a run it belongs to; a run that lacks this part has no value of it:
    without OE images there is no blur of them. `spelled` is its name in a path, where that part has
    several. `axis` is the title of an axis; numbers without one are no axis of a curve.
    """

    kind: type[str] | type[int] | type[float] | type[bool]
    about: Literal["images", "oe", "objective", "recipe", "member"]
    spelled: str = ""
    axis: str = ""
    doubling: bool = False  # its values double from one to the next, so the axis is logarithmic
    line_to: float = 0.0  # the axis is in line from 0 to here, and logarithmic from here on
    without: Any = None  # the value where nothing is set
    counts: str = ""  # of an amount of OE: what there are so many of


# Every key of a run, in the order of the columns of runs.csv. Columns, settings of a study, axes of
# curves, words of claims and what is left out of a label follow from this table.
KEYS: dict[str, Key] = {
    "dataset": Key(str, "images"),
    "oe": Key(str, "oe"),
    "objective": Key(str, "objective"),
    "norm": Key(str, "objective", spelled="norm"),
    "gamma": Key(float, "objective", spelled="gamma", axis="focusing parameter gamma"),
    "normal_class": Key(int, "member"),
    "oe_size": Key(
        int, "oe", spelled="size", axis="number of OE images", doubling=True, counts="OE image"
    ),
    "oe_classes": Key(
        int, "oe", spelled="classes", axis="number of OE classes", doubling=True, counts="OE class"
    ),
    "blur": Key(
        float,
        "oe",
        spelled="blur",
        axis="standard deviation of the OE blur [pixels]",
        line_to=1.0,
        without=0.0,
    ),
    "augment": Key(bool, "recipe", spelled="augment", without=False),
    "recipe": Key(str, "recipe"),
    "seed": Key(int, "member"),
}


def position(key: str, value: float) -> float:
    """Where a value stands on the axis of its key, in doublings where it is logarithmic.

    >>> position("oe_size", 8), position("blur", 0.5), position("blur", 4), position("gamma", 2)
    (3.0, 0.5, 3.0, 2)
    """
    line_to = KEYS[key].line_to
    if line_to and value > line_to:
        return line_to + log2(value / line_to)
    return log2(value) if KEYS[key].doubling else value


def keys_about(part: str) -> tuple[str, ...]:
    """The keys of one part of a run.

    >>> keys_about("oe")
    ('oe', 'oe_size', 'oe_classes', 'blur')
    """
    return tuple(name for name, key in KEYS.items() if key.about == part)


# The objective's parameters; the amounts of OE, of which a run has one; axes of curves; and what
# a study sets once or sweeps.
PARAMETERS = tuple(name for name in keys_about("objective") if KEYS[name].spelled)
AMOUNTS = tuple(name for name in keys_about("oe") if KEYS[name].doubling)
AXES = tuple(name for name, key in KEYS.items() if key.axis)
SETTINGS = tuple(
    name for name, key in KEYS.items() if key.about != "member" and name != "objective"
)

# How a value of each kind may stand in a path.
SPELLED = {str: SAFE_NAME, int: r"\d+", float: NUMBER}


def optional(names: Iterable[str]) -> str:
    """A pattern for each of these keys, spelled or left out."""
    return "".join(f"(?:~{KEYS[name].spelled}={SPELLED[KEYS[name].kind]})?" for name in names)


# The folders of a run's path and what may stand in each.
AMOUNT = "|".join(KEYS[name].spelled for name in AMOUNTS)
BESIDE = [name for name in keys_about("oe")[1:] if name not in AMOUNTS]  # the amount, in any case
VALUES = {
    "dataset": SAFE_NAME,
    "oe": rf"none|{SAFE_NAME}~(?:{AMOUNT})=\d+{optional(BESIDE)}",
    "objective": SAFE_NAME + optional(PARAMETERS),
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
        named = {key: getattr(self, key) for key in PARAMETERS}
        return {key: value for key, value in named.items() if value is not None}

    @property
    def condition(self) -> str:
        """The path without normal class and seed: what the runs of one scores file share."""
        return condition_of(*CONDITION(self))

    @property
    def member(self) -> str:
        """Which of the runs of its condition it is: its group in a scores file."""
        return member(self.normal_class, self.seed)

    @property
    def path(self) -> str:
        """Its name in full."""
        return f"{self.condition}/{self.member}"


CONDITION = attrgetter(*(name for name, key in KEYS.items() if key.about != "member"))


@cache  # thousands of runs have a few hundred conditions
def condition_of(*values: Any) -> str:
    """The path of a condition from the values of its keys."""
    named = dict(zip((n for n, key in KEYS.items() if key.about != "member"), values, strict=True))
    oe = {KEYS[key].spelled: named[key] or None for key in keys_about("oe")[1:]}
    parameters = {KEYS[key].spelled: named[key] for key in PARAMETERS}
    folders = {
        "dataset": named["dataset"],
        "oe": spell(named["oe"] or "none", oe),
        "objective": spell(named["objective"], parameters),
        "recipe": spell(named["recipe"], {"augment": "on" if named["augment"] else "off"}),
    }
    return "/".join(f"{key}={value}" for key, value in folders.items())


def member(normal_class: int, seed: int) -> str:
    """A run among those of its condition.

    >>> member(3, 1)
    'normal_class=3/seed=1'
    """
    return f"normal_class={normal_class}/seed={seed}"


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
    """The run of that path, the inverse of `Run.path`; folders before "dataset=" are ignored.

    Raises UserError if the path does not name a run.
    """
    pattern = "/".join(f"{folder}=(?P<{folder}>{VALUES[folder]})" for folder in VALUES)
    found = re.search(f"(?:^|/){pattern}$", str(path))
    if not found:
        raise UserError(
            f"{str(path)!r} does not name a run; a run's path has the folders "
            + "/".join(f"{folder}=..." for folder in VALUES)
        )
    oe, oe_values = read(found["oe"])
    objective, parameters = read(found["objective"])
    recipe, _, augment = found["recipe"].rpartition(f"{SEPARATOR}augment=")
    return Run(
        dataset=found["dataset"],
        oe=oe if oe_values else None,
        objective=objective,
        **values_of(keys_about("oe")[1:], oe_values),
        **values_of(PARAMETERS, parameters),
        recipe=recipe,
        augment=augment == "on",
        normal_class=int(found["normal_class"]),
        seed=int(found["seed"]),
    )


def values_of(names: Iterable[str], spelled: dict[str, str]) -> dict[str, Any]:
    """The values of these keys as they are spelled in a path, or what they are without."""
    return {
        name: KEYS[name].kind(spelled[KEYS[name].spelled])
        if KEYS[name].spelled in spelled
        else KEYS[name].without
        for name in names
    }


def read(text: str) -> tuple[str, dict[str, str]]:
    """The inverse of `spell`, values as text."""
    name, *values = text.split(SEPARATOR)
    return name, dict(value.split("=", 1) for value in values)
