"""How numbers, values of keys, differences and what others say are put into words."""

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from typing import Any

LISTED = 600  # characters of a list of names
SHOWN = 160  # characters of a name in it, and of what somebody else says


def amount(count: int, what: str) -> str:
    """A number with its noun.

    >>> amount(1, "seed"), amount(10, "normal class")
    ('1 seed', '10 normal classes')
    """
    return f"{count} {what if count == 1 else plural(what)}"


def plural(what: str) -> str:
    """A noun of several.

    >>> plural("OE image"), plural("class")
    ('OE images', 'classes')
    """
    return what + ("es" if what.endswith("s") else "s")


def points(number: float) -> str:
    """A difference of AUROCs in per cent.

    >>> points(1.0), points(0.5)
    ('1 point', '0.5 points')
    """
    return f"{number:.3g} point{'' if f'{number:.3g}' == '1' else 's'}"


def alternatives(numbers: Iterable[int], what: str) -> str:
    """Numbers that occur, with their noun.

    >>> alternatives([1], "epoch"), alternatives([25, 100], "epoch")
    ('1 epoch', '25 or 100 epochs')
    """
    *others, last = numbers
    return " or ".join([*map(str, others), amount(last, what)])


def either(names: Iterable[str]) -> str:
    """Names of which one is meant.

    >>> either(["16"]), either(["16", "28", "32"])
    ('16', '16, 28 or 32')
    """
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def crossed(shape: Iterable[int]) -> str:
    """The shape of an image.

    >>> crossed([3, 48, 64])
    '3 x 48 x 64'
    """
    return " x ".join(map(str, shape))


def lengths(recipes: Iterable[Mapping[str, Any]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Of recipes by value, for how many epochs or for how many steps each trains, in order.

    >>> lengths([{"epochs": 100}, {"epochs": 25}, {"epochs": 300, "steps": 400}])
    ((25, 100), (400,))
    """
    epochs, steps = set(), set()
    for recipe in recipes:
        if recipe.get("steps"):
            steps.add(recipe["steps"])
        else:
            epochs.add(recipe["epochs"])
    return tuple(sorted(epochs)), tuple(sorted(steps))


def trained_for(epochs: Sequence[int], steps: Sequence[int]) -> str:
    """The same in words; "" where nothing is trained.

    >>> trained_for((25, 100), (400,)), trained_for((), ())
    ('25 or 100 epochs or 400 steps', '')
    """
    named = {"epoch": epochs, "step": steps}
    return " or ".join(alternatives(each, what) for what, each in named.items() if each)


def lasting(seconds: float) -> str:
    """How long something takes, in words.

    >>> lasting(3.2), lasting(100), lasting(5400), lasting(500000)
    ('3 s', '2 min', '1.5 h', '5.8 days')
    """
    for unit, size, digits in (("s", 1, 0), ("min", 60, 0), ("h", 3600, 1)):
        if seconds < 90 * size:
            return f"{seconds / size:.{digits}f} {unit}"
    return f"{seconds / 86400:.1f} days"


def shown(value: Any) -> str:
    """A value of a column as a reader sees it; "" where it does not apply.

    >>> shown(16.0), shown(0.5), shown(None), shown(True)
    ('16', '0.5', '', 'on')
    """
    if value is None or str(value) in ("<NA>", "nan"):
        return ""
    if str(value) in ("True", "False"):  # NumPy's too
        return "on" if value else "off"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def named(key: str, text: str) -> str:
    """A value with the name of its key; an objective speaks for itself."""
    return text if not text or key == "objective" else f"{spaced(key)} {text}"


def signed(value: float) -> str:
    """A difference in points with its sign.

    >>> signed(-1.26), signed(0.04)
    ('−1.3', '+0.0')
    """
    return "-" if isnan(value) else f"{value:+.1f}".replace("-", "−")


def probability(value: float) -> str:
    """A p value with two digits.

    >>> probability(0.0213), probability(0.00004), probability(float("nan"))
    ('0.021', '< 0.001', '-')
    """
    if isnan(value):
        return "-"
    return "< 0.001" if value < 0.001 else f"{value:.2g}"


def spaced(key: str) -> str:
    """A key as a reader sees it.

    >>> spaced("oe_size")
    'oe size'
    """
    return key.replace("_", " ")


def printed(text: str, shown: int | None = SHOWN) -> str:
    """The beginning of somebody else's text, on one line and without what cannot be printed.

    shown: characters of it; None for all.

    >>> printed("cut at\\n byte 5\\0")
    'cut at byte 5?'
    """
    line = " ".join(text.split())
    beginning = "".join(each if each.isprintable() else "?" for each in line[:shown])
    return beginning if shown is None or len(line) <= shown else f"{beginning} ..."


def reason(error: Exception, shown: int = SHOWN) -> str:
    """What a library says of what it was given, as a part of a sentence.

    >>> reason(ValueError("Bad magic number.")), reason(EOFError())
    ('Bad magic number', 'EOFError')
    """
    return printed(str(error), shown).rstrip(".:") or type(error).__name__


def listed(names: Iterable[str]) -> str:
    """Names with commas between them, of many only the first.

    >>> listed(["hsc", "bce"]), listed(f"n{i}" for i in range(1000))[-18:]
    ('hsc, bce', ' n117 and 882 more')
    """
    every = [printed(name) for name in names]
    shown = every[:1]
    length = len("".join(shown))
    for name in every[1:]:
        length += len(name) + 2
        if length > LISTED:
            break
        shown.append(name)
    more = f" and {len(every) - len(shown):,} more" if len(every) > len(shown) else ""
    return ", ".join(shown) + more
