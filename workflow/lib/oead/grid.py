"""From studies to runs, and from runs to training jobs."""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from oead.architectures import ARCHITECTURES
from oead.config import SETTINGS, Choice, Config, ConfigError, Study, load
from oead.datasets import Dataset
from oead.objectives import NORMS, OBJECTIVES
from oead.recipe import Recipe
from oead.runs import Run, spell
from oead.strict import unknown


class Refused(Exception):
    """A combination of keys that no run can have: the key and a sentence."""


class BeyondPool(Refused):
    """More OE images or classes than the pool has."""


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

    @property
    def cells(self) -> int:
        return len({(run.condition, run.normal_class) for run in self.runs})


class Plan:
    """All runs of a configuration. Raises ConfigError where a study asks for the impossible."""

    def __init__(self, config: Config, file: Path | str = "configuration") -> None:
        self.config = config
        self.recipes: dict[str, Recipe] = {}  # by their spelling in a run's path
        self.studies: dict[str, Grid] = {}
        problems = []
        for name, study in config.studies.items():
            try:
                self.studies[name] = self.expand(study)
            except Refused as error:
                problems.append(f"{file}: studies.{name}.{error}")
        if problems:
            raise ConfigError("\n".join(problems))

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
        for run in self.studies[name].runs:
            members[run.condition][run.normal_class].append(run.seed)
        return [
            {
                "condition": condition,
                "normal_classes": list(classes),
                "seeds": next(iter(classes.values())),
            }
            for condition, classes in members.items()
        ]

    def spec(self, name: str) -> dict[str, Any]:
        """What the table and the figure of a study need beside its runs (`summary.Spec`)."""
        study, grid = self.config.studies[name], self.studies[name]
        swept = ["recipe" if key in Recipe.model_fields else key for key in study.sweep]
        return {
            "name": name,
            "title": study.title,
            "swept": list(dict.fromkeys(swept)),
            "rows": study.draw.table,
            "curve": study.draw.curve,
            "expected": len(grid.runs),
            "epochs": sorted({self.recipes[run.recipe].epochs for run in grid.runs}),
            "dropped": grid.dropped,
        }

    def about(self, name: str) -> str:
        """What a study shows and on what data, in a sentence or two for captions."""
        study, runs = self.config.studies[name], self.studies[name].runs
        outliers = sorted({run.oe for run in runs if run.oe}) or ["none"]
        epochs = sorted({self.recipes[run.recipe].epochs for run in runs})
        text = (
            f"{study.title}. Normal and test images: {study.dataset}; OE images: "
            f"{', '.join(outliers)}. {len({run.normal_class for run in runs})} normal classes, "
            f"{len(study.seed_list)} seeds, {' or '.join(map(str, epochs))} epochs; "
            f"{len(runs)} runs."
        )
        dropped = "; ".join(self.studies[name].dropped)
        return text + (f" Left out as beyond the pool: {dropped}." if dropped else "")

    def expand(self, study: Study) -> Grid:
        """Every combination of swept values, objectives, normal classes and seeds, once each."""
        grid = Grid([])
        runs: dict[Run, None] = {}
        for values in itertools.product(*study.sweep.values()):
            swept = dict(zip(study.sweep, values, strict=True))
            settings = {key: getattr(study, key) for key in SETTINGS} | swept
            for objective in study.objectives:
                try:
                    make = self.condition(study, objective, settings)
                except BeyondPool as error:
                    if not study.up_to_pool:
                        raise
                    grid.dropped += [str(error)] if str(error) not in grid.dropped else []
                    continue
                data = self.dataset("dataset", make["dataset"])
                for normal_class in normal_classes(study, data):
                    for seed in study.seed_list:
                        runs[Run(**make, normal_class=normal_class, seed=seed)] = None
        grid.runs = list(runs)
        if not grid.runs:
            raise Refused("sweep: no value is within the pool: " + "; ".join(grid.dropped))
        return grid

    def condition(self, study: Study, objective: str, settings: dict[str, Any]) -> dict[str, Any]:
        """All keys of a run but normal class and seed, for one point of the sweep."""
        record = OBJECTIVES[objective]
        data = self.dataset("dataset", settings["dataset"])
        if not data.test:
            raise Refused(f"dataset: {settings['dataset']} has no test images to score")
        label, recipe = self.recipe(settings)
        architecture = ARCHITECTURES[recipe.network]
        if data.image != architecture.image:
            raise Refused(
                f"recipe: {recipe.network} takes images {architecture.image} (channels, height, "
                f"width), {settings['dataset']} has {data.image}"
            )
        smallest = min(data.counts("train"))
        if smallest < recipe.batch:
            raise Refused(
                f"recipe: the smallest class of {settings['dataset']} has {smallest} training "
                f"images, fewer than one batch of {recipe.batch}: no step would be made"
            )
        return {
            "dataset": settings["dataset"],
            "objective": objective,
            "recipe": label,
            "augment": augmented(recipe, settings["augment"]),
            **parameters(study, objective, settings),
            **(self.exposure(objective, data, settings) if record.uses_oe else NO_EXPOSURE),
        }

    def exposure(self, objective: str, data: Dataset, settings: dict[str, Any]) -> dict[str, Any]:
        """The keys of a run that say which OE images it sees."""
        name = settings["oe"]
        if name is None:
            raise Refused(f"oe: {objective} needs OE images; name a data set")
        if name == settings["dataset"]:
            raise Refused(f"oe: {name} is the data set of the normal images too")
        pool = self.dataset("oe", name)
        if pool.image != data.image:
            raise Refused(f"oe: {name} has images {pool.image}, {settings['dataset']} {data.image}")
        size, classes = settings["oe_size"], settings["oe_classes"]
        if size is not None and classes is not None:
            raise Refused("oe_size: set either oe_size or oe_classes, not both")
        if classes is not None and not pool.classes:
            raise Refused(f"oe_classes: {name} is a pool without classes; use oe_size")
        if size is None and classes is None:
            size, classes = (None, "all") if pool.classes else ("all", None)
        return {
            "oe": name,
            "oe_size": within("oe_size", size, pool.pool, f"images of {name}"),
            "oe_classes": within("oe_classes", classes, len(pool.classes), f"classes of {name}"),
            "blur": number("blur", settings["blur"]),
        }

    def dataset(self, key: str, name: Any) -> Dataset:
        if name not in self.config.datasets:
            raise Refused(f"{key}: {unknown('data set', str(name), [*self.config.datasets])}")
        return self.config.datasets[name]

    def recipe(self, settings: dict[str, Any]) -> tuple[str, Recipe]:
        """The recipe and its spelling: its name and what is overridden."""
        try:
            choice = Choice.model_validate(settings["recipe"])
        except ValidationError as error:
            raise Refused(f"sweep.recipe: {error.errors()[0]['msg']}") from None
        swept = {key: settings[key] for key in Recipe.model_fields if key in settings}
        overrides = choice.overrides | swept
        if choice.name not in self.config.recipes:
            raise Refused(f"recipe: {unknown('recipe', choice.name, [*self.config.recipes])}")
        base = self.config.recipes[choice.name]
        try:
            recipe = Recipe.model_validate({**base.model_dump(), **overrides})
        except ValidationError as error:
            each = error.errors()[0]
            key = ".".join(["recipe", *map(str, each["loc"])])
            raise Refused(f"{key}: {each['msg'].removeprefix('Value error, ')}") from None
        changed = {key: getattr(recipe, key) for key in Recipe.model_fields if key in overrides}
        changed = {key: value for key, value in changed.items() if value != getattr(base, key)}
        label = spell(choice.name, changed)
        self.recipes[label] = recipe
        return label, recipe

    def blocks(self) -> list[Block]:
        """All training jobs: aligned blocks of classes and seeds, the conditions that share one.

        Seeds 1-5 and 6-10 (and so on) of a condition train in a job each, whatever other seeds are
        asked for, so that one more seed adds to one job only.
        """
        jobs = self.config.jobs
        seeds: dict[tuple[str, int, int], list[int]] = defaultdict(list)
        for run in self.runs:
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


NO_EXPOSURE = {"oe": None, "oe_size": None, "oe_classes": None, "blur": 0.0}


def read_plan(path: Path, overrides: dict[str, Any] | None = None) -> Plan:
    """The plan of a configuration file. Raises ConfigError."""
    return Plan(load(path, overrides), path)


def normal_classes(study: Study, data: Dataset) -> Iterator[int]:
    """The numbers of the study's normal classes."""
    if study.normal_classes == "all":
        yield from range(len(data.classes))
        return
    for each in study.normal_classes:
        if isinstance(each, str) and each in data.classes:
            yield data.classes.index(each)
        elif isinstance(each, int) and 0 <= each < len(data.classes):
            yield each
        else:
            raise Refused(
                f"normal_classes: {each!r} is neither a class name of {', '.join(data.classes)} "
                f"nor a number from 0 to {len(data.classes) - 1}"
            )


def within(key: str, value: Any, available: int, what: str) -> int | None:
    """A number of OE images or classes; "all" is what there is."""
    if value is None or value == "all":
        return None if value is None else available
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Refused(f"{key}: {value!r} is neither a positive whole number nor 'all'")
    if value > available:
        raise BeyondPool(f"{key}: {value} is more than the {available} {what}")
    return value


def number(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise Refused(f"{key}: {value!r} is not a number of at least 0")
    return float(value)


def augmented(recipe: Recipe, wanted: bool | None) -> bool:
    """Whether a run augments its images; asking it of a recipe without augmentation is refused."""
    if recipe.augmentation == "none":
        if wanted:
            raise Refused("augment: the recipe has no augmentation to switch on")
        return False
    return wanted is not False


def parameters(study: Study, objective: str, settings: dict[str, Any]) -> dict[str, Any]:
    """The objective's parameters, each None where the objective does not take it."""
    chosen: dict[str, Any] = {"norm": None, "gamma": None}
    for key in chosen:
        takes = [name for name in study.objectives if key in OBJECTIVES[name].parameters]
        wrong = key in study.sweep and len(takes) < len(study.objectives)
        if settings[key] is not None and (wrong or not takes):
            takers = [name for name, each in OBJECTIVES.items() if key in each.parameters]
            raise Refused(
                f"{key}: only {' and '.join(takers)} take it, the study has "
                f"{', '.join(study.objectives)}"
            )
        if objective in takes:
            default = OBJECTIVES[objective].parameters[key]
            chosen[key] = settings[key] if settings[key] is not None else default
    if chosen["norm"] is not None and chosen["norm"] not in NORMS:
        raise Refused(f"norm: {unknown('norm', str(chosen['norm']), [*NORMS])}")
    if chosen["gamma"] is not None:
        chosen["gamma"] = number("gamma", chosen["gamma"])
    return chosen


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
