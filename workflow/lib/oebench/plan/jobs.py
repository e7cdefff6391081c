"""From runs to training jobs: which runs share a job, and how long it takes."""

import itertools
from collections import defaultdict
from collections.abc import Collection
from math import prod
from typing import NamedTuple

from oebench.plan.plan import Plan
from oebench.registry import is_trained

PIXELS_OF_A_STEP = 10_000  # what a training step takes beside its pixels, as pixels of a LeNet


class Block(NamedTuple):
    """The training jobs that train these classes and seeds, one for each condition."""

    name: str
    members: tuple[tuple[int, int], ...]  # (normal class, seed)
    conditions: tuple[str, ...]


def blocks(plan: Plan, *, trained: bool) -> list[Block]:
    """All jobs of the objectives (trained) or of the baselines: blocks with their conditions.

    Seeds 1-5 and 6-10 (and so on) of a condition train in a job each, whatever other seeds are
    asked for, so that one more seed adds to one job only.
    """
    jobs = plan.config.jobs
    seeds: dict[tuple[str, int, int], list[int]] = defaultdict(list)
    for run in plan.runs:
        if is_trained(run.objective) != trained:
            continue
        aligned = (run.seed - 1) // jobs.seeds
        seeds[run.condition, run.normal_class, aligned].append(run.seed)
    classes: dict[tuple[str, int, tuple[int, ...]], list[int]] = defaultdict(list)
    for (condition, normal_class, _), chosen in seeds.items():
        aligned = normal_class // jobs.classes
        classes[condition, aligned, tuple(sorted(chosen))].append(normal_class)
    conditions: dict[tuple[tuple[int, ...], tuple[int, ...]], list[str]] = defaultdict(list)
    for (condition, _, chosen_seeds), chosen in classes.items():
        conditions[tuple(sorted(chosen)), chosen_seeds].append(condition)
    return [
        Block(
            f"train_classes_{ranges(chosen)}_seeds_{ranges(chosen_seeds)}",
            tuple(itertools.product(chosen, chosen_seeds)),
            tuple(sorted(paths)),
        )
        for (chosen, chosen_seeds), paths in sorted(conditions.items())
    ]


def work(plan: Plan, condition: str, members: Collection[tuple[int, int]]) -> int:
    """How long a training job takes, in pixels: the longest jobs should begin first.

    members: its normal classes and seeds.
    """
    run = plan.conditions[condition]
    recipe, data = plan.resolver.recipes[run.recipe], plan.config.datasets[run.dataset]
    counts, pools = data.counts("train"), 1 if run.oe is None else 2
    steps = sum(recipe.steps(counts[normal_class]) for normal_class, _ in members)
    return steps * (PIXELS_OF_A_STEP + recipe.batch * pools * prod(data.image))


def ranges(numbers: tuple[int, ...]) -> str:
    """Numbers for a rule's name.

    >>> ranges((0, 1, 2, 5)), ranges((7,))
    ('0_to_2_and_5', '7')
    """
    parts: list[str] = []
    for _, group in itertools.groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        parts.append(str(run[0]) if len(run) == 1 else f"{run[0]}_to_{run[-1]}")
    return "_and_".join(parts)
