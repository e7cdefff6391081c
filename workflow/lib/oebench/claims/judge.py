"""The verdict on a statement, from intervals over normal classes and seeds.

Everything that is compared becomes an estimate (`evaluation.intervals`) of a number, and a
statement says in which region the number lies: a difference above 0, a slope above 0, a difference
between -d and d. It holds where the interval lies inside the region, is contradicted where it lies
outside, and is undecided else. Runs are paired: differences and slopes are taken run by run.

A statement on several comparisons holds if each does, which needs no correction of the level; that
one of m comparisons contradicts it does, and is asked at a level of 5 % / m (Bonferroni). For
`any_of` it is the other way round.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import combinations
from operator import eq
from typing import Any

import numpy as np
import pandas as pd

from oebench.artifacts.manifest import Published
from oebench.claims.findings import (
    LEVELS,
    OPEN,
    Finding,
    Levels,
    NotJudgedError,
    any_one,
    decided,
    every,
    fine,
    from_some,
    percent,
    told,
)
from oebench.claims.select import Selection, Values
from oebench.claims.spoken import at, either
from oebench.claims.spoken import side as spoken_side
from oebench.claims.statements import (
    AllOf,
    AnyOf,
    Better,
    Compact,
    Equivalent,
    Exceeds,
    Falls,
    Insensitive,
    NamedSide,
    Of,
    Range,
    Rises,
)
from oebench.evaluation.intervals import NO_SEED, Estimate, estimate, paired
from oebench.registry import METHODS, OK
from oebench.run import KEYS, position
from oebench.validation import Strict
from oebench.wording import amount, shown, spaced

INFINITE = float("inf")


@dataclass
class Judge:
    """Judges statements on one data set and one OE data set.

    runs: every run that the configuration asks for, with `study`, the keys of the run and, where
    it is finished, `status` and metrics. sweeps: what each study sweeps. pools: images and classes
    of each OE data set. `used` collects the paths of the runs that verdicts rest on.
    """

    runs: pd.DataFrame
    sweeps: dict[str, tuple[str, ...]]
    pools: dict[str, tuple[int, int]]
    published: Sequence[Published]
    dataset: str
    oe: str
    features_of: str = ""  # the data set of the images, where the runs see features of them
    used: set[str] = field(default_factory=set)

    @cached_property
    def selection(self) -> Selection:
        return Selection(self.runs, self.sweeps, self.pools, self.dataset, self.oe)

    def judge(self, statement: Strict, levels: Levels = LEVELS) -> Finding:
        """What becomes of a statement."""
        try:
            return JUDGES[type(statement)](self, statement, levels)
        except NotJudgedError as error:
            return Finding(OPEN, missing=(str(error),))

    # Joined statements

    def all_of(self, statement: AllOf, levels: Levels) -> Finding:
        here = Levels(levels.holds, levels.contradicted / len(statement.all_of))
        return every([self.judge(each, here) for each in statement.all_of])

    def any_of(self, statement: AnyOf, levels: Levels) -> Finding:
        here = Levels(levels.holds / len(statement.any_of), levels.contradicted)
        return any_one([self.judge(each, here) for each in statement.any_of])

    # Comparisons

    def better(self, statement: Better, levels: Levels) -> Finding:
        region = (statement.by, INFINITE)
        return self.differences(statement, statement.better, statement.than, region, levels)

    def equivalent(self, statement: Equivalent, levels: Levels) -> Finding:
        region = (-statement.within, statement.within)
        return self.differences(statement, statement.equivalent, statement.to, region, levels)

    def differences(
        self,
        statement: Of,
        side: NamedSide,
        others: Sequence[NamedSide],
        region: tuple[float, float],
        levels: Levels,
    ) -> Finding:
        """One method less each of others, at each value that is meant."""

        def compared(values: Values, scope: str | None, levels: Levels) -> Finding:
            inner = Levels(levels.holds, levels.contradicted / len(others))
            return every(
                [
                    decided(
                        self.difference(side, other, values, scope),
                        region,
                        inner,
                        f"{spoken_side(side)} − {spoken_side(other)}{at(values)}: {{}} points",
                    )
                    for other in others
                ]
            )

        return self.at_each(statement, [side, *others], compared, levels)

    def difference(
        self, side: NamedSide, other: NamedSide, values: Values, scope: str | None
    ) -> Estimate:
        grids = [self.grid(each, values, scope) for each in (side, other)]
        first, second = paired(*grids)
        return self.estimated(first - second, side, other)

    def exceeds(self, statement: Exceeds, levels: Levels) -> Finding:
        side, region = statement.exceeds, (statement.by, INFINITE)
        if statement.baseline is not None:
            found = self.differences(statement, side, [statement.baseline], region, levels)
            return replace(found, numbers=(*found.numbers, *self.beside(statement.baseline)))

        def compared(values: Values, scope: str | None, levels: Levels) -> Finding:
            grid, what = self.grid(side, values, scope), f"{spoken_side(side)}{at(values)}: {{}} %"
            if statement.published is None:
                assert statement.value is not None
                inside = (statement.value + statement.by, INFINITE)
                measure = f" against {statement.value:g} %"
                return decided(self.estimated(grid, side), inside, levels, what + measure, percent)
            value = self.published_value(statement.published, values)
            self.must_have_all_classes(grid)
            # What was published is a mean over these very classes, so seeds alone are a sample.
            seeds = grid.dropna().mean(axis=1).to_frame()
            inside = (value.mean_auc + statement.by, INFINITE)
            measure = f" against {value.label} {value.mean_auc:g} %"
            return decided(self.estimated(seeds, side), inside, levels, what + measure, percent)

        return self.at_each(statement, [side], compared, levels)

    def compact(self, statement: Compact, levels: Levels) -> Finding:
        few, many = statement.compact, statement.than

        def compared(values: Values, scope: str | None, levels: Levels) -> Finding:
            grids = [self.grid(side, values, scope, "miss95") for side in (many, few)]
            first, second = paired(*grids)
            shares = (
                f"far points called normal{at(values)}: {spoken_side(many)} "
                f"{first.mean().mean():.1f} %, {spoken_side(few)} {second.mean().mean():.1f} %, "
                f"the first less {statement.factor:g} times the second: {{}} points"
            )
            off = self.estimated(first - statement.factor * second, few, many)
            return decided(off, (0.0, INFINITE), levels, shares)

        return self.at_each(statement, [few, many], compared, levels)

    # Trends

    def rises(self, statement: Rises, levels: Levels) -> Finding:
        return self.trends(statement, statement.rises, statement.over, (0.0, INFINITE), levels)

    def falls(self, statement: Falls, levels: Levels) -> Finding:
        return self.trends(statement, statement.falls, statement.over, (-INFINITE, 0.0), levels)

    def trends(
        self,
        statement: Of,
        sides: Sequence[NamedSide],
        key: str,
        region: tuple[float, float],
        levels: Levels,
    ) -> Finding:
        here = Levels(levels.holds, levels.contradicted / len(sides))
        found = []
        for side in sides:
            grids = self.along(statement, side, key)
            slopes = self.estimated(slope(grids, key), side)
            over = f"over {KEYS[key].spelled} {shown(min(grids))} to {shown(max(grids))}"
            step = "doubling" if KEYS[key].doubling else "step of the axis"
            what = f"slope of {spoken_side(side)} {over}: {{}} points a {step}"
            found.append(decided(slopes, region, here, what, fine))
        return every(found)

    def insensitive(self, statement: Insensitive, levels: Levels) -> Finding:
        side, key = statement.insensitive, statement.to
        grids = self.along(statement, side, key)
        pairs = [*combinations(grids, 2)]
        here = Levels(levels.holds, levels.contradicted / len(pairs))
        region = (-statement.within, statement.within)
        found = []
        for low, high in pairs:
            first, second = paired(grids[high], grids[low])
            what = f"{spoken_side(side)}, {key} {shown(high)} − {shown(low)}: {{}} points"
            found.append(decided(self.estimated(first - second, side), region, here, what))
        return every(found)

    def along(self, statement: Of, side: NamedSide, key: str) -> dict[float, pd.DataFrame]:
        """The grid of a method at each value of a key. Raises NotJudgedError with fewer than 2."""
        asked = dict(statement.where.asked)
        values = self.present(key, asked.pop(key, Range()), asked, [side])
        if len(values) < 2:
            raise NotJudgedError(
                f"a comparison over {spaced(key)} needs 2 values; of {spoken_side(side)} on "
                f"{self.dataset} with {self.oe} the configuration has {len(values) or 'none'}"
            )
        return {value: self.grid(side, {**asked, key: value}, key) for value in values}

    # Runs

    def at_each(
        self,
        statement: Of,
        sides: Sequence[NamedSide],
        compared: Callable[[Values, str | None, Levels], Finding],
        levels: Levels,
    ) -> Finding:
        """A comparison at the values that are meant, or at each of a range."""
        asked = dict(statement.where.asked)
        if statement.range is None:
            return compared(asked, None, levels)
        key, meant = statement.range
        del asked[key]
        values = self.present(key, meant, asked, sides)
        if not values:
            raise NotJudgedError(
                f"no study on {self.dataset} with {self.oe} sweeps {key} over values that are meant"
            )
        if meant.from_some:  # it holds from some value on just if it holds at the last
            found = [compared({**asked, key: value}, key, levels) for value in values]
            return from_some(key, values, found)
        here = Levels(levels.holds, levels.contradicted / len(values))
        return every([compared({**asked, key: value}, key, here) for value in values])

    def present(
        self, key: str, meant: Any, asked: Values, sides: Sequence[NamedSide]
    ) -> list[float]:
        """The values of a key that are meant, a range or one, of which each method has runs."""
        inside = meant.holds if isinstance(meant, Range) else partial(eq, meant)
        return [
            value
            for value in filter(inside, self.selection.values(key))
            if all(
                len(self.selection.chosen(side.objective, side.within({**asked, key: value}), key))
                for side in sides
            )
        ]

    def grid(
        self, side: NamedSide, values: Values, scope: str | None, metric: str = "auroc"
    ) -> pd.DataFrame:
        """A metric of runs in per cent, (seeds, classes). Raises NotJudgedError where runs lack."""
        asked = side.within(values)
        rows = self.selection.chosen(side.objective, asked, scope)
        what = f"{side.objective}{at(asked)} on {self.dataset} with {self.oe}"
        if rows.empty:
            raise NotJudgedError(f"the configuration has no runs of {what}")
        kinds = sorted(rows["condition"].unique())
        if len(kinds) > 1:
            raise NotJudgedError(f"runs of {len(kinds)} kinds match {what}: {', '.join(kinds)}")
        unfinished = rows[rows["status"].isna()]
        if len(unfinished):
            first = unfinished["path"].iloc[0]
            raise NotJudgedError(f"{len(unfinished)} of {len(rows)} runs of {what}, first {first}")
        self.used |= set(rows["path"])
        done = rows[rows["status"] == OK]
        grid = 100 * done.pivot_table(index="seed", columns="normal_class", values=metric)
        grid = grid.reindex(columns=sorted(rows["normal_class"].unique()))
        if not METHODS[side.objective].seeded:
            grid.index = pd.Index(NO_SEED[: len(grid)])
        if grid.empty or grid.isna().all().any():
            raise NotJudgedError(f"every seed of a class of {what} collapsed or diverged")
        return grid

    def estimated(self, grid: pd.DataFrame, *sides: NamedSide) -> Estimate:
        """The estimate of what is compared. Raises NotJudgedError where no two runs are a pair."""
        if grid.empty or grid.isna().all().any():
            raise NotJudgedError(
                f"a class has no pair of runs of {either(map(spoken_side, sides))} that ended well"
            )
        return estimate(grid, any(METHODS[side.objective].seeded for side in sides))

    def published_value(self, method: str, values: Values) -> Published:
        """A published mean; of a curve, that at the value which the runs have."""
        named = (self.features_of or self.dataset, method, "")
        found = [e for e in self.published if (e.dataset, e.method, e.normal_class) == named]
        curve = [each for each in found if each.key in values]
        for each in curve or [each for each in found if not each.key]:
            if not each.key or each.value == self.number(each.key, values[each.key]):
                return each
        raise NotJudgedError(
            f"no value of {method} on {self.dataset}{at(values)} is among the published ones that "
            "may be used"
        )

    def must_have_all_classes(self, grid: pd.DataFrame) -> None:
        """Raises NotJudgedError where some classes were not trained."""
        _, classes = self.pools.get(self.dataset, (0, 0))
        if grid.shape[1] < classes:
            raise NotJudgedError(
                f"{grid.shape[1]} of {amount(classes, 'class')} of {self.dataset} are asked for; a "
                "published mean is over all of them"
            )

    def number(self, key: str, value: object) -> object:
        """A value of a key, "all" as what the OE data set has."""
        images, classes = self.pools.get(self.oe, (0, 0))
        return {"oe_size": images, "oe_classes": classes}.get(key) if value == "all" else value

    def beside(self, baseline: NamedSide) -> Iterable[str]:
        """The other methods without OE images, which a claim on one of them does not speak of."""
        for name, method in METHODS.items():
            if method.uses_oe or name == baseline.objective:
                continue
            side = type(baseline)(objective=name)
            try:
                mean = self.estimated(self.grid(side, {}, None), side)
            except NotJudgedError:
                continue
            yield f"beside, {name}: {told(mean, percent)} %"


JUDGES: dict[type[Strict], Callable[[Judge, Any, Levels], Finding]] = {
    AllOf: Judge.all_of,
    AnyOf: Judge.any_of,
    Better: Judge.better,
    Equivalent: Judge.equivalent,
    Exceeds: Judge.exceeds,
    Compact: Judge.compact,
    Rises: Judge.rises,
    Falls: Judge.falls,
    Insensitive: Judge.insensitive,
}


def slope(grids: dict[float, pd.DataFrame], key: str) -> pd.DataFrame:
    """The least-squares slope of each run's values over the axis of a key, (seeds, classes)."""
    places = np.array([position(key, value) for value in grids])
    off = places - places.mean()
    weights = off / (off**2).sum()
    total: pd.DataFrame | float = 0.0
    for weight, grid in zip(weights, grids.values(), strict=True):
        total = total + weight * grid  # a run that is missing at a value has no slope
    assert isinstance(total, pd.DataFrame)
    return total
