"""From a configuration to its runs."""

import itertools
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from math import prod

from oebench.config.schema import Config
from oebench.config.study import Study
from oebench.data.sources.frozen import Frozen
from oebench.plan.sweep import BeyondPool, Refused, Resolver, normal_classes
from oebench.registry import METHODS, is_trained
from oebench.run import SETTINGS, Run


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
    """All runs of a configuration; `problems` has a sentence for each study without runs."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.resolver = Resolver(config)
        self.studies: dict[str, Grid] = {}
        self.problems: list[str] = []
        asked = {name: self.asked(study) for name, study in config.studies.items()}
        if (total := sum(asked.values())) > config.max_runs:
            most = max(asked, key=asked.__getitem__)
            self.problems.append(
                f"studies: {total:,} runs are asked for, {asked[most]:,} of them by {most}, and "
                f"max_runs is {config.max_runs:,}; take out values or seeds, or raise max_runs"
            )
            return
        for name, study in config.studies.items():
            try:
                self.studies[name] = self.expand(study)
            except Refused as error:
                self.problems.append(f"studies.{name}.{error}")
        for name, grid in self.studies.items():
            grid.unblurred = self.without_blur(config.studies[name], grid.runs)

    def asked(self, study: Study) -> int:
        """The runs that a study asks for, twins and all, without making them."""
        known = self.config.datasets
        named = study.sweep.get("dataset", (study.dataset,))
        every = max((len(known[name].classes) for name in named if name in known), default=1)
        classes = every if study.normal_classes == "all" else len(study.normal_classes)
        seeds = study.seeds if isinstance(study.seeds, int) else len(study.seeds)
        runs = sum(seeds if METHODS[name].seeded else 1 for name in study.objectives)
        return prod(map(len, study.sweep.values())) * classes * runs

    def without_blur(self, study: Study, runs: list[Run]) -> list[Run]:
        """The runs at blur 0 that belong to a study of blur and that another study trains."""
        if "blur" not in study.sweep or 0 in study.sweep["blur"]:
            return []
        # A run without OE images has no blur, so it would be a twin of its own.
        twins = dict.fromkeys(replace(run, blur=0.0) for run in runs if run.oe is not None)
        return [run for run in twins if run in self.there]

    @cached_property
    def runs(self) -> list[Run]:
        """The distinct runs of all studies."""
        return list(dict.fromkeys(run for grid in self.studies.values() for run in grid.runs))

    @cached_property
    def there(self) -> set[Run]:
        """The same, to look a run up."""
        return set(self.runs)

    @cached_property
    def kept(self) -> set[Run]:
        """The runs whose trained networks are kept."""
        named = [name for name, study in self.config.studies.items() if study.keep_models]
        runs = [run for name in named for run in self.studies[name].runs]
        return {run for run in runs if is_trained(run.objective)}

    @cached_property
    def datasets(self) -> list[str]:
        """The data sets that the runs read."""
        named = [name for run in self.runs for name in (run.dataset, run.oe)]
        return [name for name in dict.fromkeys(named) if name is not None]

    @cached_property
    def read(self) -> list[str]:
        """The data sets whose caches are made: those, and the ones whose images are embedded."""
        sources = [self.config.datasets[name].source for name in self.datasets]
        of = [each.of for each in sources if isinstance(each, Frozen)]
        return list(dict.fromkeys([*of, *self.datasets]))

    def expand(self, study: Study) -> Grid:
        """Every combination of swept values, objectives, normal classes and seeds, once each."""
        grid = Grid([])
        runs: dict[Run, None] = {}
        dropped: dict[str, None] = {}
        classes = cache(lambda name: [*normal_classes(study, self.config.datasets[name])])
        for values in itertools.product(*study.sweep.values()):
            swept = dict(zip(study.sweep, values, strict=True))
            settings = {key: getattr(study, key) for key in SETTINGS} | swept
            for objective in study.objectives:
                try:
                    make = self.resolver.condition(study, objective, settings)
                except BeyondPool as error:
                    if not study.up_to_pool:
                        raise
                    dropped[str(error)] = None
                    continue
                # Where no seed changes anything, the first stands for all.
                seeds = study.seed_list if METHODS[objective].seeded else [1]
                for normal_class in classes(make["dataset"]):
                    for seed in seeds:
                        runs[Run(**make, normal_class=normal_class, seed=seed)] = None
        grid.runs, grid.dropped = list(runs), list(dropped)
        if not grid.runs:
            raise Refused("sweep: every value is beyond the pool: " + "; ".join(grid.dropped[:5]))
        return grid
