"""The planner: how many OE images or classes each method of a study needs, and what to run next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, inf, isfinite, log2

import numpy as np
import pandas as pd

from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.aggregate import values_of
from oebench.evaluation.amount import Answer, Curve, alike, answers, rising
from oebench.evaluation.comparison import grid_of, methods, settings
from oebench.evaluation.intervals import estimate
from oebench.registry import METHODS, OK
from oebench.run import AMOUNTS

WITHIN = 1.0  # points below the best, where a study names no target
PRECISE = 0.5  # doublings to each side: the interval that more seeds are to reach
NEAR = 1.2  # times the interval with very many seeds, where the classes allow no narrower one
MANY = 10_000
MOST_NEXT = 4  # amounts that are proposed
MOST_TIMES = 10  # as many seeds as there are


@dataclass(frozen=True)
class Target:
    """A mean AUROC in per cent, or points below the best; the other one is None."""

    auroc: float | None = None
    within: float | None = None


@dataclass(frozen=True)
class Needed:
    """What a method needs; amounts are infinite where no amount is enough."""

    setting: str  # what else is swept: "blur 2"
    key: str  # oe_size or oe_classes
    target: float  # mean AUROC, per cent
    best: float  # the highest mean of any method with OE images
    best_method: str  # where the target is said as points below it; else ""
    pool: int  # images or classes of the OE data set
    classes: int
    method: str = ""
    amount: float = inf  # 0: without OE images
    low: float = np.nan  # ends of its 95 % interval
    high: float = np.nan
    tried: int = 0  # the largest amount with runs; 0 for a method without OE images
    alike: str = ""  # methods that cannot be told apart by what they need, with "; " between them
    seeds: int = 0
    next_amounts: str = ""  # to be run next, with " " between them
    next_seeds: int = 0  # as many seeds in all; 0 where none are proposed


def needed(runs: pd.DataFrame, study: StudyManifest, target: Target | None = None) -> list[Needed]:
    """For each method, the fewest OE images or classes for a target.

    target: by default the study's own, else within one point of the best. Only normal classes count
    of which every method has runs at every amount, and of them only seeds with all classes.
    """
    target = target or Target(study.target, None if study.target else WITHIN)
    found: list[Needed] = []
    for key in (each for each in AMOUNTS if each in study.swept):
        rest = study.model_copy(
            update={"swept": tuple(each for each in study.swept if each != key)}
        )
        for setting, group in settings(runs[runs["status"] == OK], rest):
            found += of_setting(group, study, key, setting, target)
    return found


def of_setting(
    runs: pd.DataFrame, study: StudyManifest, key: str, setting: str, target: Target
) -> Iterator[Needed]:
    """What each method needs, all else that is swept being the same."""
    names, amounts = methods(runs, study), values_of(runs, key)
    with_oe = amounts.notna()
    grids = {
        name: {
            int(amount): grid_of(group)
            for amount, group in runs[with_oe & (names == name)].groupby(amounts, sort=True)
        }
        for name in dict.fromkeys(names[with_oe])
    }
    every = [grid for each in grids.values() for grid in each.values()]
    shared_classes = [set(map(int, grid.columns)) for grid in every]
    classes = sorted(set.intersection(*shared_classes)) if every else []
    if not classes:
        return
    seeds = sorted({seed for grid in every for seed in grid.index})
    curves = {name: curve_of(each, classes, seeds) for name, each in grids.items()}
    found, asked, best_method = answers(curves, target.auroc, target.within)
    best = max(float(rising(curve.means[None])[0, -1]) for curve in curves.values())
    images, kinds = study.pools.get(str(runs.loc[with_oe, "oe"].iloc[0]), (0, 0))
    pool = images if key == "oe_size" else kinds
    shared = Needed(setting, key, asked, best, best_method, pool, len(classes))
    for name, answer in found.items():
        curve = curves[name]
        others = [other for other in found if other != name and alike(answer, found[other])]
        yield replace(
            shared,
            method=name,
            amount=answer.amount,
            low=answer.low,
            high=answer.high,
            tried=int(curve.amounts[-1]),
            alike="; ".join(others),
            seeds=max(each.seeds for each in curve.estimates),
            next_amounts=" ".join(map(str, next_amounts(answer, curve, pool))),
            next_seeds=next_seeds(answer, curve),
        )
    for name in dict.fromkeys(names[~with_oe]):
        yield without_oe(runs[names == name], classes, replace(shared, method=name))


def curve_of(grids: dict[int, pd.DataFrame], classes: list[int], seeds: list[int]) -> Curve:
    """The curve of a method from its grid at each amount."""
    estimates, places = [], []
    for grid in grids.values():
        here = grid[classes]
        complete = here.dropna()
        estimates.append(estimate(here))
        kept = complete.index if len(complete) else here.index[:1]
        places.append(np.array([seeds.index(seed) for seed in kept]))
    return Curve(np.array([*grids]), tuple(estimates), tuple(places))


def without_oe(runs: pd.DataFrame, classes: list[int], shared: Needed) -> Needed:
    """A method without OE images: it reaches the target with none, or never."""
    (objective,) = runs["objective"].unique()
    grid = grid_of(runs).reindex(columns=classes)
    if grid.isna().all().any():  # a class has no run that ended well
        return shared
    mean = estimate(grid, METHODS[objective].seeded)
    low, high = mean.interval()
    return replace(
        shared,
        amount=0.0 if mean.mean >= shared.target else inf,
        low=inf if high < shared.target else 0.0,
        high=0.0 if low >= shared.target else inf,
        seeds=len(grid),
    )


def next_amounts(answer: Answer, curve: Curve, pool: int) -> list[int]:
    """Amounts that would narrow the interval: powers of two within it that were not tried.

    Beyond those tried, the next ones; none beyond the pool, and none without an interval.
    """
    if np.isnan(answer.low):
        return []
    tried = {int(each) for each in curve.amounts}
    largest, smallest = max(tried), min(tried)
    most = pool or largest
    high = min(answer.high, 4 * largest, most)
    low = min(max(answer.low, smallest), largest)
    if low >= high:
        return []
    between = [2**power for power in range(ceil(log2(low)), int(log2(high)) + 1)]
    found = [each for each in between if each not in tried]
    if high == most and high > largest:
        found.append(int(most))
    if not found and isfinite(answer.amount):
        found = [each for each in [ceil(answer.amount)] if each not in tried and each <= most]
    found = sorted(set(found))
    step = max(1, ceil(len(found) / MOST_NEXT))
    return found[::step]


def next_seeds(answer: Answer, curve: Curve) -> int:
    """As many seeds in all as would tell the amount well; at most ten times those there are.

    Well is within half a doubling to each side, or, as the classes differ, nearly as well as any
    number of seeds would. 0 where the curve does not cross the target, or is level there.
    """
    rise = rising(curve.means[None])[0]
    if len(rise) < 2 or not isfinite(answer.amount) or not answer.amount:
        return 0
    places = np.log2(curve.amounts.astype(float))
    index = int(np.searchsorted(places, log2(answer.amount)).clip(1, len(places) - 1))
    slope = (rise[index] - rise[index - 1]) / (places[index] - places[index - 1])
    here = max(curve.estimates[index - 1 : index + 1], key=lambda each: each.half())
    if slope <= 0 or not here.known:
        return 0
    enough = max(PRECISE * slope, NEAR * here.half(seeds=MANY))
    most = MOST_TIMES * here.seeds
    every = range(max(here.seeds, 2), most)
    return next((seeds for seeds in every if here.half(seeds=seeds) <= enough), most)


def proposals(found: Sequence[Needed]) -> Iterator[tuple[str, tuple[int, ...], int, list[str]]]:
    """What to run next: key, amounts, seeds in all, and the methods that need just these."""
    groups: dict[tuple[str, tuple[int, ...], int], list[str]] = {}
    for each in found:
        amounts = tuple(map(int, each.next_amounts.split()))
        if amounts:
            seeds = max(each.seeds, each.next_seeds)
            groups.setdefault((each.key, amounts, seeds), []).append(each.method)
    for (key, amounts, seeds), names in groups.items():
        yield key, amounts, seeds, list(dict.fromkeys(names))
