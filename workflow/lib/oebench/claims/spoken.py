"""What a statement says, in words."""

from collections.abc import Callable, Mapping
from typing import Any

from oebench.claims.statements import (
    ALL,
    AllOf,
    AnyOf,
    Better,
    Compact,
    Equivalent,
    Exceeds,
    Falls,
    Insensitive,
    NamedSide,
    Range,
    Rises,
)
from oebench.run import KEYS
from oebench.validation import Strict
from oebench.wording import named, plural, points, shown, spaced


def spoken(statement: Strict) -> str:
    """A statement as a sentence without its end.

    >>> spoken(Rises(rises=["hsc", "bce"], over="oe_size"))
    'the mean AUROC of hsc and bce rises with oe size'
    """
    return SPOKEN[type(statement)](statement)


def better(each: Better) -> str:
    others, place = either(map(side, each.than)), at(each.where.asked)
    if each.by < 0:
        return f"{side(each.better)} is at most {points(-each.by)} worse than {others}{place}"
    by = f" by at least {points(each.by)}" if each.by else ""
    return f"{side(each.better)} is better than {others}{by}{place}"


def equivalent(each: Equivalent) -> str:
    others = either(map(side, each.to))
    return (
        f"{side(each.equivalent)} is within {points(each.within)} of {others}{at(each.where.asked)}"
    )


def rises(each: Rises) -> str:
    return trend(each.rises, "rises", each.over, each.where)


def falls(each: Falls) -> str:
    return trend(each.falls, "falls", each.over, each.where)


def trend(sides: Any, does: str, key: str, asked: Any) -> str:
    return (
        f"the mean AUROC of {either(map(side, sides))} {does} with {spaced(key)}{at(asked.asked)}"
    )


def insensitive(each: Insensitive) -> str:
    return (
        f"the mean AUROC of {side(each.insensitive)} differs by at most {points(each.within)} over "
        f"{spaced(each.to)}{at(each.where.asked)}"
    )


def exceeds(each: Exceeds) -> str:
    if each.published is not None:
        measure = f"the published {each.published}"
    elif each.baseline is not None:
        measure = f"the baseline {side(each.baseline)}"
    else:
        measure = f"{each.value:g} %"
    by = f" by at least {points(each.by)}" if each.by > 0 else ""
    less = f", or is at most {points(-each.by)} below," if each.by < 0 else ""
    return f"{side(each.exceeds)} exceeds {measure}{by}{less}{at(each.where.asked)}"


def compact(each: Compact) -> str:
    many, few = side(each.than), f"{side(each.compact)}{at(each.where.asked)}"
    if each.factor == 1:
        return f"{many} calls more far points normal than {few}"
    return f"{many} calls more than {each.factor:g} times as many far points normal as {few}"


def all_of(each: AllOf) -> str:
    return "; and ".join(map(spoken, each.all_of))


def any_of(each: AnyOf) -> str:
    return "; or ".join(map(spoken, each.any_of))


SPOKEN: dict[type[Strict], Callable[[Any], str]] = {
    Better: better,
    Equivalent: equivalent,
    Rises: rises,
    Falls: falls,
    Insensitive: insensitive,
    Exceeds: exceeds,
    Compact: compact,
    AllOf: all_of,
    AnyOf: any_of,
}


def side(each: NamedSide) -> str:
    """A method and the values that are its own.

    >>> side(NamedSide(objective="bce"))
    'bce'
    """
    values = ", ".join(named(key, shown(value)) for key, value in each.asked.items())
    return f"{each.objective} ({values})" if values else each.objective


def at(values: Mapping[str, Any]) -> str:
    """Where a statement or a comparison is made, by values of keys or ranges.

    >>> at({"oe_size": 64, "blur": 2.0}), at({"blur": Range(above=0)})
    (' with 64 OE images at blur 2', ' at every blur above 0')
    """
    return "".join(value_of(key, value) for key, value in values.items())


def value_of(key: str, value: Any) -> str:
    """A value of a key, or its range, as a place."""
    name, of = spaced(key), KEYS[key].counts
    if value == ALL:
        return f" with all {plural(of or name)}"
    if not isinstance(value, Range):
        many = f" with {shown(value)} {of if value == 1 else plural(of)}"
        return many if of else f" at {named(key, shown(value))}"
    ends = {"above": value.above, "from": value.at_least, "up to": value.at_most}
    told = "".join(f" {word} {shown(end)}" for word, end in ends.items() if end is not None)
    each = f"number of {plural(of)}" if of else name
    return f" from some {each}{told} on" if value.from_some else f" at every {each}{told}"


def either(names: Any) -> str:
    """Names with "and" before the last.

    >>> either(["hsc", "bce", "focal"])
    'hsc, bce and focal'
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else str(last)
