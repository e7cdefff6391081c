"""The verdict on each claim: what its expression gives for the runs there are.

A metric of a method is a grid of values, seeds by normal classes, in per cent; grids are added and
subtracted run by run, so that differences are paired. Everything else is done with their means.
"""

import ast
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from oebench.artifacts.manifest import Published
from oebench.claims.language import COMPARISONS, TOLERANCE, parse
from oebench.claims.select import Names, Selection, is_bound, key_of, metrics_in, spelled
from oebench.claims.values import (
    NO_SEED,
    NotJudgedError,
    Value,
    label,
    lower,
    mean,
    names_runs,
    of_common_classes,
    paired,
    shown_value,
)
from oebench.registry import METHODS, METRICS, OK
from oebench.wording import shown

HOLDS, FAILS, OPEN = "holds", "fails", "cannot be judged"
OPERATIONS: dict[type, Callable[[Any, Any], Any]] = {
    **{ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge},
    **{ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul},
}


@dataclass
class Judge:
    """Evaluates expressions on one data set and one OE data set.

    runs: every run that the configuration asks for, with `study`, the keys of the run and, where
    it is finished, `status` and metrics. sweeps: what each study sweeps. pools: images and classes
    of each OE data set. After `verdict`, `numbers` has the comparisons that were made.
    """

    runs: pd.DataFrame
    sweeps: dict[str, tuple[str, ...]]
    pools: dict[str, tuple[int, int]]
    published: Sequence[Published]
    dataset: str
    oe: str
    tolerance: float
    numbers: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    @cached_property
    def selection(self) -> Selection:
        return Selection(self.runs, self.sweeps, self.pools, self.dataset, self.oe)

    def verdict(self, text: str) -> str:
        """holds, fails, or cannot be judged: then `missing` says why."""
        found = self.truth(parse(text), {}, None)
        return OPEN if found is None else HOLDS if found else FAILS

    def truth(self, node: ast.expr, names: Names, scope: str | None) -> bool | None:
        """True, False, or None where something is missing that would decide."""
        match node:
            case ast.Compare():
                try:
                    return self.comparison(node, names, scope)
                except NotJudgedError as error:
                    self.missing += [str(error)] if str(error) not in self.missing else []
                    return None
            case ast.BoolOp(op=joined, values=parts):
                every = isinstance(joined, ast.And)
                found = [self.truth(each, names, scope) for each in parts]
            case ast.Call(func=ast.Name(id=name), args=[ast.GeneratorExp() as each]):
                every = name == "all"
                found = [
                    self.truth(each.elt, inner, scope or key_of(each))
                    for inner in self.values(each, names, scope)
                ]
                if not found:
                    self.missing.append(self.no_values(each))
                    return None
        if (not every) in found:  # one part decides, whatever is missing
            return not every
        return None if None in found else every

    def values(self, node: ast.GeneratorExp, names: Names, scope: str | None) -> Iterator[Names]:
        """The names in each turn of `for NAME in KEY if ...` for which there are runs."""
        (loop,) = node.generators
        assert isinstance(loop.target, ast.Name)
        key = key_of(node)
        rows = self.selection.in_scope(scope or key)
        rows = rows[(rows["dataset"] == self.dataset) & (rows["oe"] == self.oe)]
        calls = metrics_in(node.elt)
        for value in sorted(rows[key].dropna().unique()):
            inner = {**names, loop.target.id: float(value)}
            wanted = all(self.condition(each, inner) for each in loop.ifs)
            asked = [call for call in calls if is_bound(call, inner)]
            if wanted and all(self.selection.has(call, inner, scope or key) for call in asked):
                yield inner

    def no_values(self, node: ast.GeneratorExp) -> str:
        """Says that a loop has no turn."""
        return (
            f"no study on {self.dataset} with {self.oe} sweeps {key_of(node)} over values that are "
            "asked for"
        )

    def condition(self, node: ast.expr, names: Names) -> bool:
        """An `if` of a loop: it compares names and numbers only."""
        found = replace(self, numbers=[], missing=[]).truth(node, names, None)
        return bool(found)

    def comparison(self, node: ast.Compare, names: Names, scope: str | None) -> bool:
        sides = [self.value(each, names, scope) for each in (node.left, *node.comparators)]
        sides = of_common_classes(sides)
        means = [mean(side).mean for side in sides]
        if np.isnan(means).any():
            raise NotJudgedError(f"{ast.unparse(node)} has no value: a class has no pair of runs")
        nodes = (node.left, *node.comparators)
        told = [
            self.told(each, side, names, scope) for each, side in zip(nodes, sides, strict=True)
        ]
        text, true = told[0], True
        for number, operation in enumerate(node.ops):
            text += f" {COMPARISONS[type(operation)]} {told[number + 1]}"
            true = true and OPERATIONS[type(operation)](means[number], means[number + 1])
        if names_runs(node):
            at = ", ".join(f"{name} = {shown(value)}" for name, value in names.items())
            self.numbers.append(text + (f" ({at})" if at else "") + ("" if true else " is false"))
        return true

    def told(self, node: ast.expr, value: Value, names: Names, scope: str | None) -> str:
        """A side of a comparison in words: what it is, its value and its standard error."""
        match node:
            case ast.Call(func=ast.Name(id="lower"), args=[inner]):
                whole = self.value(inner, names, scope)
                return self.told(inner, whole, names, scope) + f", at least {shown_value(value)}"
            case ast.Call(func=ast.Name(id="published"), args=[ast.Constant(value=method)]):
                return f"{self.published_value(str(method)).label} {shown_value(value)}"
        return label(node, self.tolerance) + shown_value(value)

    def value(self, node: ast.expr, names: Names, scope: str | None) -> Value:
        """A grid (seeds, normal classes) in per cent, or a number."""
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name):
                return self.tolerance if name == TOLERANCE else names[name]
            case ast.UnaryOp(operand=operand):
                return -self.value(operand, names, scope)
            case ast.BinOp(left=left, op=operation, right=right):
                sides = self.value(left, names, scope), self.value(right, names, scope)
                return OPERATIONS[type(operation)](*paired(*sides))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                if name in METRICS:
                    return self.grid(node, names, scope)
                return self.function(name, arguments, names, scope)
        raise AssertionError(ast.unparse(node))  # `parse` lets nothing else through

    def function(
        self, name: str, arguments: list[ast.expr], names: Names, scope: str | None
    ) -> Value:
        match name, arguments:
            case "published", [ast.Constant(value=method)]:
                return self.published_value(str(method)).mean_auc
            case "correlation", [ast.Name(id=method), ast.Name(id=key)]:
                return self.correlation(method, key)
            case _, [ast.GeneratorExp() as each]:
                key = scope or key_of(each)
                found = [
                    self.value(each.elt, inner, key) for inner in self.values(each, names, scope)
                ]
                if not found:
                    raise NotJudgedError(self.no_values(each))
            case _:
                found = [self.value(each, names, scope) for each in arguments]
        if name == "lower":
            return lower(found[0])
        found = of_common_classes(found)
        means = [mean(each).mean for each in found]
        least, most = found[int(np.argmin(means))], found[int(np.argmax(means))]
        if name == "abs":
            return found[0] * float(np.sign(means[0]))
        if name == "spread":
            sides = paired(most, least)
            return sides[0] - sides[1]
        return {"max": most, "min": least}[name]

    def published_value(self, method: str) -> Published:
        for each in self.published:
            if (each.dataset, each.method, each.normal_class) == (self.dataset, method, ""):
                return each
        raise NotJudgedError(
            f"no value of {method} on {self.dataset} is among the published ones that are shown"
        )

    def correlation(self, method: str, key: str) -> float:
        """Spearman's rank correlation of a key with the mean AUROC."""
        text = f"auroc({method}, {key}=value) > 0 for value in {key}"
        each = ast.parse(f"({text})", mode="eval").body
        assert isinstance(each, ast.GeneratorExp)
        assert isinstance(each.elt, ast.Compare)
        points = [
            (inner["value"], mean(self.value(each.elt.left, inner, key)).mean)
            for inner in self.values(each, {}, key)
        ]
        if len(points) < 3:
            raise NotJudgedError(
                f"{len(points)} values of {key} for {method} on {self.dataset}; a rank correlation "
                "needs 3"
            )
        if len({auroc for _, auroc in points}) == 1:
            raise NotJudgedError(
                f"the mean AUROC of {method} on {self.dataset} is the same at every {key}"
            )
        return float(spearmanr(*zip(*points, strict=True)).statistic)

    def grid(self, call: ast.Call, names: Names, scope: str | None) -> pd.DataFrame:
        """The values of a metric that a call names. Raises NotJudgedError where runs lack."""
        rows = self.selection.chosen(call, names, scope)
        what = f"{spelled(call, names)} on {self.dataset} with {self.oe}"
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
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        done = rows[rows["status"] == OK]
        grid = 100 * done.pivot_table(index="seed", columns="normal_class", values=name)
        grid = grid.reindex(columns=sorted(rows["normal_class"].unique()))
        if not METHODS[rows["objective"].iloc[0]].seeded:
            grid.index = pd.Index(NO_SEED[: len(grid)])
        if grid.empty or grid.isna().all().any():
            raise NotJudgedError(f"every seed of a class of {what} collapsed or diverged")
        return grid
