"""How often verdicts are wrong, and whether the seeds that are asked for decide, by simulation."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
from claim_cases import statement
from scipy.stats import binom

from oebench.claims.findings import CONTRADICTED, HOLDS, UNDECIDED, Finding
from oebench.claims.judge import Judge
from oebench.claims.select import Values
from oebench.claims.statements import NamedSide
from oebench.validation import Strict

TRIALS = 400
CLASSES = 10
SIZES = (1.0, 4.0, 16.0, 64.0)  # 2 doublings from one to the next
BETTER = statement(better="hsc", than="bce")
RISES = statement(rises="hsc", over="oe_size")
Grids = dict[tuple[str, float | None], np.ndarray]


@dataclass
class Drawn(Judge):
    """Judges values that were drawn, (seeds, classes) by method and size, in place of runs."""

    grids: Grids = field(default_factory=dict)

    def grid(
        self, side: NamedSide, values: Values, scope: str | None, metric: str = "auroc"
    ) -> pd.DataFrame:
        found = self.grids[side.objective, values.get("oe_size")]
        return pd.DataFrame(found, index=range(1, len(found) + 1))

    def present(self, key: str, meant: Any, asked: Values, sides: Any) -> list[float]:
        return [*SIZES]


def judged(about: Strict, grids: Grids) -> Finding:
    return Drawn(pd.DataFrame(), {}, {}, [], "pets", "things", grids=grids).judge(about)


def effects(
    random: np.random.Generator, seeds: int, of_class: np.ndarray, of_seed: float, rest: float
) -> np.ndarray:
    """What classes, seeds and both add to a value."""
    return (
        of_class
        + of_seed * random.standard_normal((seeds, 1))
        + rest * random.standard_normal((seeds, CLASSES))
    )


def curve(random: np.random.Generator, rise: float, differ: float, seeds: int = 3) -> Grids:
    """Values that rise by so many points a doubling; by how much, may differ with the class."""
    level = effects(random, seeds, 80 + 5 * random.standard_normal(CLASSES), 1.0, 0.0)
    slopes = rise + differ * effects(random, seeds, random.standard_normal(CLASSES), 0.5, 0.0)
    return {
        ("hsc", size): level
        + slopes * np.log2(size)
        + effects(random, seeds, np.zeros(CLASSES), 0.0, 1.0)
        for size in SIZES
    }


def share(draw: Callable[[np.random.Generator], Grids], about: Strict) -> Counter[str]:
    random = np.random.default_rng(0)
    return Counter(judged(about, draw(random)).verdict for _ in range(TRIALS))


AS_OFTEN_AS_5_PER_CENT = int(binom.ppf(0.999, TRIALS, 0.05))


@pytest.mark.parametrize("differ", [0.0, 0.5])
def test_of_flat_curves_few_are_said_to_rise_or_not_to(differ: float) -> None:
    """Classes and seeds have levels and slopes of their own, the latter zero in the mean."""
    found = share(lambda random: curve(random, 0.0, differ), RISES)
    assert found[HOLDS] + found[CONTRADICTED] <= AS_OFTEN_AS_5_PER_CENT
    assert found[HOLDS] + found[CONTRADICTED] + found[UNDECIDED] == TRIALS


@pytest.mark.parametrize(("rise", "expected"), [(1.0, HOLDS), (-1.0, CONTRADICTED)])
def test_of_curves_that_rise_or_fall_by_a_point_a_doubling_most_are_told(
    rise: float, expected: str
) -> None:
    found = share(lambda random: curve(random, rise, 0.5), RISES)
    assert found[expected] > 0.9 * TRIALS


def test_of_equal_methods_few_are_said_to_differ() -> None:
    def equal(random: np.random.Generator) -> Grids:
        return {
            ("hsc", None): effects(random, 3, random.standard_normal(CLASSES), 1.0, 1.0),
            ("bce", None): effects(random, 3, random.standard_normal(CLASSES), 1.0, 1.0),
        }

    found = share(equal, BETTER)
    assert found[HOLDS] + found[CONTRADICTED] <= AS_OFTEN_AS_5_PER_CENT


@pytest.mark.parametrize("difference", [0.6, 1.0])
def test_the_seeds_that_are_asked_for_decide_in_most_cases(difference: float) -> None:
    """hsc is better than bce by a little, in some classes more, in some seeds less."""
    random = np.random.default_rng(0)
    decided: Counter[str] = Counter()
    for _ in range(TRIALS):
        of_class = difference + 0.3 * random.standard_normal(CLASSES)

        def more(seeds: int, of_class: np.ndarray = of_class) -> np.ndarray:
            return effects(random, seeds, of_class, 0.8, 1.0)

        first = more(3)
        found = judged(BETTER, {("hsc", None): first, ("bce", None): np.zeros(first.shape)})
        if found.more_seeds is None:
            continue
        both = np.concatenate([first, more(found.more_seeds)])
        again = judged(BETTER, {("hsc", None): both, ("bce", None): np.zeros(both.shape)})
        decided[again.verdict] += 1
    assert decided.total() > TRIALS / 4
    assert decided[HOLDS] > decided.total() / 2
    assert decided[CONTRADICTED] <= 0.05 * decided.total()
