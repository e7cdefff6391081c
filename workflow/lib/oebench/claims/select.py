"""Which runs a call such as `auroc(bce, oe_size=64)` in an expression names."""

import ast
from dataclasses import dataclass
from typing import Any

import pandas as pd

from oebench.claims.language import ALL, SWEPT
from oebench.recipe import Recipe
from oebench.registry import METHODS, METRICS
from oebench.wording import shown

Names = dict[str, float]  # the loop variables of an expression and their values


@dataclass(frozen=True)
class Selection:
    """Chooses among the runs of a configuration (see `judge.Judge`)."""

    runs: pd.DataFrame
    sweeps: dict[str, tuple[str, ...]]
    pools: dict[str, tuple[int, int]]
    dataset: str
    oe: str

    def chosen(self, call: ast.Call, names: Names, scope: str | None) -> pd.DataFrame:
        """The runs that a call names, each once, finished or not.

        Keys that it does not name have their default: the whole of the OE data set, no blur, the
        objective's own parameters, augmentation where the recipe has it, and no study that sweeps
        a key of the recipe if there is another. Within `for ... in KEY` only runs of studies that
        sweep KEY count, and where these see but a part of the OE data set, it is that part.
        """
        assert isinstance(call.args[0], ast.Name)
        name = call.args[0].id
        method = METHODS[name]
        asked = {str(each.arg): keyword_value(each.value, names) for each in call.keywords}
        oe = str(asked.get("oe", self.oe))
        rows = self.in_scope(scope)
        rows = rows[(rows["dataset"] == self.dataset) & (rows["objective"] == name)]
        rows = rows[rows["oe"] == oe] if method.uses_oe else rows
        if not asked.keys() & {"augment", "recipe"}:
            plain = [not self.sweeps_recipe(study) for study in rows["study"]]
            rows = rows[plain] if any(plain) else rows
        for key, default in method.parameters.items():
            rows = rows[rows[key] == asked.get(key, default)]
        if "recipe" in asked:
            rows = rows[rows["recipe"] == asked["recipe"]]
        rows = rows[rows["augment"] == bool(asked.get("augment", rows["augment"].any()))]
        if method.uses_oe:
            rows = rows[rows["blur"] == asked.get("blur", 0.0)]
            rows = exposed(rows, asked, self.pools.get(oe, (0, 0)), scope is not None)
        return rows.drop_duplicates("path")

    def has(self, call: ast.Call, names: Names, scope: str | None) -> bool:
        """Whether the configuration has such runs."""
        return not self.chosen(call, names, scope).empty

    def in_scope(self, scope: str | None) -> pd.DataFrame:
        """All runs, or those of the studies that sweep a key."""
        if scope is None:
            return self.runs
        return self.runs[[scope in self.sweeps[study] for study in self.runs["study"]]]

    def sweeps_recipe(self, study: str) -> bool:
        return any(key in ("augment", "recipe", *Recipe.model_fields) for key in self.sweeps[study])


def exposed(
    rows: pd.DataFrame, asked: dict[str, Any], pool: tuple[int, int], in_study: bool
) -> pd.DataFrame:
    """The runs with the OE size or classes that are asked for; by default, the whole pool."""
    images, classes = pool
    by_size = rows[rows["oe_classes"].isna()]
    size, count = asked.get("oe_size", ALL), asked.get("oe_classes")
    if count is not None:
        return rows[rows["oe_classes"] == (classes if count == ALL else count)]
    if size != ALL:
        return by_size[by_size["oe_size"] == size]
    for whole in (by_size[by_size["oe_size"] == images], rows[rows["oe_classes"] == classes]):
        if len(whole):
            return whole
    return rows if in_study and "oe_size" not in asked else rows.iloc[:0]


def keyword_value(node: ast.expr, names: Names) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return names.get(name, ALL)
    raise AssertionError(ast.unparse(node))


def is_bound(call: ast.Call, names: Names) -> bool:
    """Whether all loop variables of a call have a value; those of an inner loop have none yet."""
    used = [each.value.id for each in call.keywords if isinstance(each.value, ast.Name)]
    return all(name in names or name == ALL for name in used)


def key_of(node: ast.GeneratorExp) -> str:
    """KEY in `for NAME in KEY`."""
    (loop,) = node.generators
    assert isinstance(loop.iter, ast.Name)
    assert loop.iter.id in SWEPT
    return loop.iter.id


def metrics_in(node: ast.AST) -> list[ast.Call]:
    """The calls of a metric in an expression."""
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    return [each for each in calls if isinstance(each.func, ast.Name) and each.func.id in METRICS]


def spelled(call: ast.Call, names: Names) -> str:
    """A call's method and keys for messages: "bce, oe_size 64"."""
    assert isinstance(call.args[0], ast.Name)
    keys = [f"{each.arg} {shown(keyword_value(each.value, names))}" for each in call.keywords]
    return ", ".join([call.args[0].id, *keys])
