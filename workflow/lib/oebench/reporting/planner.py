"""What the planner says to a person: how many OE images or classes are needed, what to run next."""

from collections.abc import Iterator, Sequence

import pandas as pd

from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.needed import Needed, proposals
from oebench.reporting.comparison import asked_for, indistinct, told
from oebench.run import AMOUNTS, KEYS
from oebench.validation import UserError
from oebench.wording import amount, listed, plural, spaced


def lines(
    studies: Sequence[StudyManifest], runs: pd.DataFrame, found: Sequence[Needed]
) -> Iterator[str]:
    """The planner's answer. Raises UserError where the studies cannot give one."""
    first, names = studies[0], " and ".join(study.name for study in studies)
    if not set(AMOUNTS) & set(first.swept):
        raise UserError(
            f"{first.name} sweeps neither {' nor '.join(AMOUNTS)}; name a study that does"
        )
    expected = len({path for study in studies for path in study.paths()})
    if not found:
        raise UserError(
            f"{names}: {len(runs)} of {expected} runs are finished, and no normal class has a run "
            f"of every method at every amount; `snakemake {first.name}` makes them"
        )
    for setting in dict.fromkeys(each.setting for each in found):
        here = [each for each in found if each.setting == setting]
        yield from of_setting(names, here)
    yield f"{len(runs)} of {expected} runs are finished."
    yield from what_next(found)


def of_setting(names: str, found: Sequence[Needed]) -> Iterator[str]:
    """The answer for one value of what else is swept."""
    each = found[0]
    where = f", {each.setting}" if each.setting else ""
    seeds = max(other.seeds for other in found)
    rests = f"{amount(each.classes, 'normal class')}, {amount(seeds, 'seed')}; 95 % intervals"
    yield f"{names}{where}: {plural(KEYS[each.key].counts)} needed {asked_for(each)} ({rests})"
    width = max(len(other.method) for other in found)
    for other in found:
        yield f"  {other.method:{width}}  {told(other)}"
    for pair in indistinct(found):
        yield f"  not distinguishable: {pair}"


def what_next(found: Sequence[Needed]) -> Iterator[str]:
    """What to run, to know it better."""
    proposed = [*proposals(found)]
    if not proposed:
        yield "Nothing to run next: no amount that was not tried would tell more."
    for key, amounts, seeds, methods in proposed:
        yield (
            f"Run next: {listed(methods)}, {spaced(key)} {', '.join(map(str, amounts))}, "
            f"{amount(seeds, 'seed')}"
        )
