"""From studies to runs, and from runs to training jobs."""

import itertools
from collections import defaultdict
from collections.abc import Collection, Container
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from oead.config import SETTINGS, Config, Study
from oead.configfile import ConfigError, load
from oead.presentation import Presentation
from oead.resolve import BeyondPool, Refused, Resolver, normal_classes
from oead.runs import Run

PIXELS_OF_A_STEP = 10_000  # what a training step takes beside its pixels, as pixels of a LeNet


class Block(NamedTuple):
    """The training jobs that train these classes and seeds, one for each condition."""

    name: str
    members: tuple[tuple[int, int], ...]  # (normal class, seed)
    conditions: tuple[str, ...]


@dataclass
class Grid:
    """The runs of one study, and the swept values that were left out as beyond the pool."""

    runs: list[Run]
    dropped: list[str] = field(default_factory=list)
    unblurred: list[Run] = field(default_factory=list)  # other studies' points at blur 0

    @property
    def shown(self) -> list[Run]:
        """What tables and figures are drawn from."""
        return self.unblurred + self.runs

    @property
    def cells(self) -> int:
        return len({(run.condition, run.normal_class) for run in self.runs})


class Plan:
    """All runs of a configuration. Raises ConfigError where a study asks for the impossible."""

    def __init__(self, config: Config, file: Path | str = "configuration") -> None:
        self.config = config
        self.resolver = Resolver(config)
        self.studies: dict[str, Grid] = {}
        problems = []
        for name, study in config.studies.items():
            try:
                self.studies[name] = self.expand(study)
            except Refused as error:
                problems.append(f"{file}: studies.{name}.{error}")
        for name, grid in self.studies.items():
            grid.unblurred = self.without_blur(config.studies[name], grid.runs)
        self.presentation = Presentation(self)
        problems += [f"{file}: {problem}" for problem in self.presentation.problems()]
        if problems:
            raise ConfigError("\n".join(problems))

    def without_blur(self, study: Study, runs: list[Run]) -> list[Run]:
        """The runs at blur 0 that belong to a study of blur and that another study trains."""
        if "blur" not in study.sweep or 0 in study.sweep["blur"]:
            return []
        twins = dict.fromkeys(replace(run, blur=0.0) for run in runs)
        there = {run for grid in self.studies.values() for run in grid.runs}
        return [run for run in twins if run in there]

    @cached_property
    def runs(self) -> list[Run]:
        """The distinct runs of all studies."""
        return list(dict.fromkeys(run for grid in self.studies.values() for run in grid.runs))

    @cached_property
    def conditions(self) -> dict[str, Run]:
        """A run of each condition, by the condition's path."""
        return {run.condition: run for run in reversed(self.runs)}

    @property
    def datasets(self) -> list[str]:
        """The data sets that the runs read."""
        named = [name for run in self.runs for name in (run.dataset, run.oe)]
        return [name for name in dict.fromkeys(named) if name is not None]

    def groups(self, name: str) -> list[dict[str, Any]]:
        """A study's runs in short: conditions with the classes and seeds they share."""
        members: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for run in self.studies[name].shown:
            members[run.condition][run.normal_class].append(run.seed)
        return [
            {
                "condition": condition,
                "normal_classes": list(classes),
                "seeds": next(iter(classes.values())),
            }
            for condition, classes in members.items()
        ]

    def work(self, condition: str, members: Collection[tuple[int, int]]) -> int:
        """How long a training job takes, in pixels: the longest jobs should begin first.

        members: its normal classes and seeds.
        """
        run = self.conditions[condition]
        recipe, data = self.resolver.recipes[run.recipe], self.config.datasets[run.dataset]
        counts, pools = data.counts("train"), 1 if run.oe is None else 2
        steps = sum(recipe.steps(counts[normal_class]) for normal_class, _ in members)
        return steps * (PIXELS_OF_A_STEP + recipe.batch * pools * prod(data.image))

    def expand(self, study: Study) -> Grid:
        """Every combination of swept values, objectives, normal classes and seeds, once each."""
        grid = Grid([])
        runs: dict[Run, None] = {}
        for values in itertools.product(*study.sweep.values()):
            swept = dict(zip(study.sweep, values, strict=True))
            settings = {key: getattr(study, key) for key in SETTINGS} | swept
            for objective in study.objectives:
                try:
                    make = self.resolver.condition(study, objective, settings)
                except BeyondPool as error:
                    if not study.up_to_pool:
                        raise
                    grid.dropped += [str(error)] if str(error) not in grid.dropped else []
                    continue
                data = self.resolver.dataset("dataset", make["dataset"])
                for normal_class in normal_classes(study, data):
                    for seed in study.seed_list:
                        runs[Run(**make, normal_class=normal_class, seed=seed)] = None
        grid.runs = list(runs)
        if not grid.runs:
            raise Refused("sweep: every value is beyond the pool: " + "; ".join(grid.dropped))
        return grid

    def blocks(self, objectives: Container[str]) -> list[Block]:
        """All jobs that train these objectives: blocks of classes and seeds, with their conditions.

        Seeds 1-5 and 6-10 (and so on) of a condition train in a job each, whatever other seeds are
        asked for, so that one more seed adds to one job only.
        """
        jobs = self.config.jobs
        seeds: dict[tuple[str, int, int], list[int]] = defaultdict(list)
        for run in self.runs:
            if run.objective not in objectives:
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


def read_plan(path: Path, overrides: dict[str, Any] | None = None) -> Plan:
    """The plan of a configuration file. Raises ConfigError."""
    return Plan(load(path, overrides), path)


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
