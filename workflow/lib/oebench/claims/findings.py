"""What becomes of a statement: whether an interval lies in a region, and how statements join."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from oebench.evaluation.intervals import LEVEL, Estimate
from oebench.wording import named, shown, signed

HOLDS, CONTRADICTED, UNDECIDED = "holds", "contradicted", "undecided"
OPEN = "cannot be judged"
FEWEST_SEEDS = 2  # one does not tell how much seeds differ
DIGITS = 9  # of the ends of an interval: beyond them is rounding


class NotJudgedError(Exception):
    """Runs or published values that a statement needs are missing; the message says which."""


@dataclass(frozen=True)
class Levels:
    """The chances of error, of saying that a statement holds and that it is contradicted."""

    holds: float = 1 - LEVEL
    contradicted: float = 1 - LEVEL


LEVELS = Levels()


@dataclass(frozen=True)
class Finding:
    """What became of a statement.

    numbers: the comparisons that were made. missing: why it cannot be judged. more_seeds: how many
    more would probably decide it; None where no number would, or nothing is undecided.
    """

    verdict: str
    numbers: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    more_seeds: int | None = None


def decided(
    found: Estimate,
    region: tuple[float, float],
    levels: Levels,
    what: str,
    number: Callable[[float], str] = signed,
) -> Finding:
    """Whether a number lies in a region, (low, high) without its ends.

    what: the comparison, with a place for the number and its interval. number: puts it in words.
    """
    numbers = (what.format(told(found, number)),)
    if found.seeded and found.seeds < FEWEST_SEEDS:
        return Finding(UNDECIDED, numbers, more_seeds=FEWEST_SEEDS - found.seeds)
    if not found.known:
        raise NotJudgedError("an interval needs at least two classes or two seeds")
    low, high = ends(found, levels.holds)
    if region[0] < low and high < region[1]:
        return Finding(HOLDS, numbers)
    low, high = ends(found, levels.contradicted)
    if high <= region[0] or region[1] <= low:
        return Finding(CONTRADICTED, numbers)
    room = min(abs(found.mean - bound) for bound in region)
    error = levels.holds if region[0] < found.mean < region[1] else levels.contradicted
    more = found.more_seeds(lambda half: half < room, 1 - error)
    return Finding(UNDECIDED, numbers, more_seeds=more)


def ends(found: Estimate, error: float) -> tuple[float, float]:
    """The ends of an interval that is wrong with this chance, without what rounding adds."""
    low, high = found.interval(1 - error)
    return round(low, DIGITS), round(high, DIGITS)


def every(found: Sequence[Finding]) -> Finding:
    """What becomes of a statement that needs all of these."""
    needs = seeds_of(found)
    known = [each for each in needs if each is not None]
    all_known = len(known) == len(needs)
    return joined(found, CONTRADICTED, HOLDS, max(known, default=None) if all_known else None)


def any_one(found: Sequence[Finding]) -> Finding:
    """What becomes of a statement that needs one of these."""
    needs = [each for each in seeds_of(found) if each is not None]
    return joined(found, HOLDS, CONTRADICTED, min(needs, default=None))


def seeds_of(found: Sequence[Finding]) -> list[int | None]:
    """How many more seeds each undecided one asks for."""
    return [each.more_seeds for each in found if each.verdict == UNDECIDED]


def joined(
    found: Sequence[Finding], decides: str, otherwise: str, more_seeds: int | None
) -> Finding:
    """One that `decides` does so, whatever the others are; if all are `otherwise`, it is that."""
    verdicts = {each.verdict for each in found}
    numbers = tuple(dict.fromkeys(number for each in found for number in each.numbers))
    missing = tuple(dict.fromkeys(reason for each in found for reason in each.missing))
    if decides in verdicts:
        return Finding(decides, numbers)
    if OPEN in verdicts:
        return Finding(OPEN, numbers, missing)
    if verdicts == {otherwise}:
        return Finding(otherwise, numbers)
    return Finding(UNDECIDED, numbers, more_seeds=more_seeds)


def from_some(key: str, values: Sequence[float], found: Sequence[Finding]) -> Finding:
    """What becomes of a statement that holds from some value on: what it is at the last."""
    last = found[-1]
    numbers = tuple(number for each in found for number in each.numbers)
    if last.verdict != HOLDS:
        return replace(last, numbers=numbers)
    first = len(found) - 1
    while first and found[first - 1].verdict == HOLDS:
        first -= 1
    return replace(last, numbers=(f"so from {named(key, shown(values[first]))} on", *numbers))


# In words


def percent(value: float) -> str:
    """A mean in per cent: the ends of its interval may lie beyond what there is.

    >>> percent(96.24), percent(100.8)
    ('96.2', '100.0')
    """
    return f"{min(max(value, 0), 100):.1f}"


def fine(value: float) -> str:
    """A slope, with its sign and two digits.

    >>> fine(-0.126)
    '−0.13'
    """
    return f"{value:+.2f}".replace("-", "−")


def told(found: Estimate, number: Callable[[float], str]) -> str:
    """A number with its interval: "+13.9 (+10.2 to +17.5)"."""
    low, high = found.interval()
    ends = f"{number(low)} to {number(high)}" if found.known else "no interval"
    alone = ", one seed" if found.seeded and found.seeds == 1 else ""
    return f"{number(found.mean)} ({ends}{alone})"
