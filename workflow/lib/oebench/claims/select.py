"""Which runs a method and values of keys name, such as bce with 64 OE images."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from oebench.claims.statements import ALL
from oebench.recipe import Recipe
from oebench.registry import METHODS
from oebench.run import keys_about

Values = dict[str, Any]  # of keys of a run
OE_KEYS = keys_about("oe")


@dataclass(frozen=True)
class Selection:
    """Chooses among the runs of a configuration (see `judge.Judge`)."""

    runs: pd.DataFrame
    sweeps: dict[str, tuple[str, ...]]
    pools: dict[str, tuple[int, int]]
    dataset: str
    oe: str

    def chosen(self, name: str, asked: Values, scope: str | None) -> pd.DataFrame:
        """The runs of a method with these values, each once, finished or not.

        Keys that are not named have their default: the whole of the OE data set, no blur, the
        objective's own parameters, augmentation where the recipe has it, and no study that sweeps
        a key of the recipe if there is another. With `scope`, a key, only runs of studies that
        sweep it count, and where these see but a part of the OE data set, it is that part.
        """
        method = METHODS[name]
        oe = str(asked.get("oe", self.oe))
        rows = self.in_scope(scope if method.uses_oe or scope not in OE_KEYS else None)
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

    def values(self, key: str) -> list[float]:
        """The values of a key that studies sweep on these data, in their order."""
        rows = self.in_scope(key)
        rows = rows[(rows["dataset"] == self.dataset) & (rows["oe"] == self.oe)]
        return sorted(map(float, rows[key].dropna().unique()))

    def in_scope(self, scope: str | None) -> pd.DataFrame:
        """All runs, or those of the studies that sweep a key."""
        if scope is None:
            return self.runs
        return self.runs[[scope in self.sweeps[study] for study in self.runs["study"]]]

    def sweeps_recipe(self, study: str) -> bool:
        return any(key in ("augment", "recipe", *Recipe.model_fields) for key in self.sweeps[study])


def exposed(
    rows: pd.DataFrame, asked: Values, pool: tuple[int, int], in_study: bool
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
