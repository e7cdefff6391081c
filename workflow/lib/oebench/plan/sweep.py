"""What one point of a study's sweep means: all keys of a run, or why there can be no such run."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from oebench.config.schema import Config
from oebench.config.study import Study
from oebench.data.dataset import Dataset
from oebench.recipe import MOST_STEPS, SCORED, Recipe
from oebench.registry import (
    COLOURS,
    METHODS,
    NETWORKS,
    NORMS,
    Baseline,
    architecture,
    is_trained,
    takes_vectors,
    variants,
)
from oebench.run import KEYS, PARAMETERS, SEPARATOR, Run, keys_about, spell
from oebench.validation import said, shortened, unknown
from oebench.wording import crossed, either, lengths, listed, printed

# What stands where other runs have their recipe, of a baseline on images and on vectors.
FEATURES, VECTORS = "pca", "vectors"
LONGEST_FOLDER = 255  # bytes that a file system takes
NO_EXPOSURE = {key: KEYS[key].without for key in keys_about("oe")}


class Refused(Exception):
    """A combination of keys that no run can have: the key and a sentence."""


class BeyondPool(Refused):
    """More OE images or classes than the pool has."""


class Resolver:
    """Looks names up in a configuration; `recipes` collects recipes by their spelling in a path."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.recipes: dict[str, Recipe] = {}

    def condition(self, study: Study, objective: str, settings: dict[str, Any]) -> dict[str, Any]:
        """All keys of a run but normal class and seed, for one point of the sweep."""
        record = METHODS[objective]
        if not any(METHODS[name].uses_oe for name in study.objectives):
            for key in keys_about("oe"):
                if key != "oe" and settings[key]:
                    raise Refused(f"{key}: no objective of the study uses OE images")
        data = self.dataset("dataset", settings["dataset"])
        if not data.test:
            raise Refused(f"dataset: {settings['dataset']} has no test images to score")
        if len(data.classes) < 2:
            raise Refused(
                f"dataset: {settings['dataset']} has {len(data.classes)} classes; anomalies need a "
                "second one"
            )
        normals = [*normal_classes(study, data)]
        for number in normals:
            check_tested(settings["dataset"], data, number)
        label, recipe = self.recipe(settings)
        if data.vector is not None and settings["blur"]:
            raise Refused(
                f"blur: blur acts on images, {settings['dataset']} has vectors; features of "
                "blurred images are an OE data set of their own, `{features: {of: NAME, blur: 2}}`"
            )
        least, smallest = min((data.counts("train")[number], number) for number in normals)
        if isinstance(record, Baseline):
            if least < record.least:
                raise Refused(
                    f"{objective} needs {record.least} training images, and "
                    f"{data.classes[smallest]} of {settings['dataset']} has {least}. Leave it out, "
                    "or the class out of normal_classes"
                )
            if record.longest and data.vector and data.vector > record.longest:
                raise Refused(
                    f"{objective} works with a matrix of as many rows and columns as vectors have "
                    f"numbers, at most {record.longest:,}; {settings['dataset']} has "
                    f"{held(data)}. Leave it out; knn takes vectors of any length"
                )
            return {
                "dataset": settings["dataset"],
                "objective": objective,
                "recipe": FEATURES if data.vector is None else VECTORS,
                "augment": False,
                **parameters(study, objective, settings),
                **NO_EXPOSURE,
            }
        if architecture(recipe.network, data.shape) is None:
            raise Refused(
                f"recipe: {recipe.network} takes {taken(recipe.network)}; {settings['dataset']} "
                f"has {held(data)}" + remedies(recipe.network, settings["dataset"], data)
            )
        for key in ("mean", "std"):
            if (given := len(getattr(recipe, key))) not in (1, data.shape[0]):
                raise Refused(
                    f"recipe: {key} has {given} numbers, and {settings['dataset']} {held(data)} "
                    "(channels, height, width); give it one number for all channels, or one for "
                    "each"
                )
        if data.ragged and recipe.padding and augmented(recipe, settings["augment"]):
            raise Refused(
                f"recipe: images of {settings['dataset']} are cut out of larger ones, so there is "
                f"no border to pad; set `padding: 0` instead of {recipe.padding}"
            )
        if recipe.held_out and not recipe.held_of(least):
            raise Refused(
                f"recipe: held_out {recipe.held_out} is not one of the {least} training images of "
                f"{data.classes[smallest]}, the smallest normal class of {settings['dataset']}; "
                "hold out more, or none"
            )
        if recipe.trained_of(least) < recipe.batch:
            without = f" and {recipe.held_of(least)} held out" if recipe.held_out else ""
            raise Refused(
                f"recipe: the smallest normal class of {settings['dataset']}, "
                f"{data.classes[smallest]}, has {least} training images{without}, fewer than one "
                f"batch of {recipe.batch}: no step would be made. Set a smaller batch, or leave "
                "the class out of normal_classes"
            )
        counts = data.counts("train")
        steps = recipe.steps_on(recipe.trained_of(max(counts[number] for number in normals)))
        if steps > MOST_STEPS:
            raise Refused(
                f"recipe: {recipe.epochs:,} epochs of {settings['dataset']} are {steps:,} steps; "
                f"{MOST_STEPS:,} are the most"
            )
        return {
            "dataset": settings["dataset"],
            "objective": objective,
            "recipe": label,
            "augment": augmented(recipe, settings["augment"]),
            **parameters(study, objective, settings),
            **(self.exposure(objective, data, settings, recipe) if record.uses_oe else NO_EXPOSURE),
        }

    def exposure(
        self, objective: str, data: Dataset, settings: dict[str, Any], recipe: Recipe
    ) -> dict[str, Any]:
        """The keys of a run that say which OE images it sees."""
        name = settings["oe"]
        if name is None:
            raise Refused(f"oe: {objective} needs OE images; name a data set")
        if name == settings["dataset"]:
            raise Refused(f"oe: {name} is the data set of the normal images too")
        pool = self.dataset("oe", name)
        if pool.shape != data.shape:
            raise Refused(f"oe: {name} has {held(pool)}, {settings['dataset']} {held(data)}")
        if pool.ragged != data.ragged and augmented(recipe, settings["augment"]):
            raise Refused(
                f"oe: images of {name} and {settings['dataset']} must both be cut out of larger "
                "ones, or neither: set `fit` of the two alike"
            )
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
            "blur": float(settings["blur"]),
        }

    def dataset(self, key: str, name: Any) -> Dataset:
        if name not in self.config.datasets:
            raise Refused(f"{key}: {unknown('data set', str(name), [*self.config.datasets])}")
        return self.config.datasets[name]

    def lengths(self, runs: Iterable[Run]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The different numbers of epochs, and of steps, for which these runs are trained."""
        named = {run.recipe for run in runs if is_trained(run.objective)}
        return lengths(self.recipes[name].model_dump() for name in named)

    def recipe(self, settings: dict[str, Any]) -> tuple[str, Recipe]:
        """The recipe and its spelling: its name and what is overridden."""
        choice = settings["recipe"]
        swept = {key: settings[key] for key in SCORED if key in settings}
        overrides = choice.overrides | swept
        if choice.name not in self.config.recipes:
            raise Refused(f"recipe: {unknown('recipe', choice.name, [*self.config.recipes])}")
        base = self.config.recipes[choice.name]
        try:
            recipe = Recipe.model_validate({**dict(base), **overrides})
        except ValidationError as error:
            each = error.errors()[0]
            key = ".".join(["recipe", *map(str, each["loc"])])
            raise Refused(f"{key}: {said(each)}") from None
        changed = {key: getattr(recipe, key) for key in SCORED if key in overrides}
        changed = {key: value for key, value in changed.items() if value != getattr(base, key)}
        label = spell(choice.name, changed)
        folder = f"recipe={label}{SEPARATOR}augment=off"
        if len(folder) > LONGEST_FOLDER:
            raise Refused(
                f"recipe: its changes make the name of a folder too long, {printed(folder)}: "
                f"{len(folder)} letters, and {LONGEST_FOLDER} are the most. Declare a recipe with "
                "these values under `recipes`"
            )
        self.recipes[label] = recipe
        return label, recipe


def taken(network: str) -> str:
    """What a network takes, in words."""
    if takes_vectors(network):
        return "vectors"
    members = variants(network)
    sizes = dict.fromkeys(each.image[1:] for each in members)
    colours = dict.fromkeys(each.image[0] for each in members)
    least = " and larger ones" if all(each.larger for each in members) else ""
    return f"images of {either(map(crossed, sizes))} pixels{least}, " + either(
        COLOURS.get(each, f"with {each} channels") for each in colours
    )


def held(data: Dataset) -> str:
    """What a data set has, in words."""
    return f"images of {crossed(data.shape)}" if data.image else f"vectors of {data.vector}"


def remedies(network: str, name: str, data: Dataset) -> str:
    """What to do where a network does not take what the data set of that name has."""
    found, members = [], variants(network)
    own = [each.image for each in members if each.image and each.image[0] in COLOURS]
    if data.image and not data.source.has_points:
        channels, *sides = data.image
        if takes_vectors(network):
            found.append(f"take features of them, `{{features: {{of: {name}}}}}`")
        elif own:
            nearest = min(
                own, key=lambda each: (each[0] != channels, abs(each[1] - max(sides)), -each[1])
            )
            found.append(f"set `image: {[*nearest]}` and `fit: crop`")
    if others := [each for each in NETWORKS if architecture(each, data.shape)]:
        found.append(f"take {either(others)}")
    return ": " + ", or ".join(found) if found else ""


def normal_classes(study: Study, data: Dataset) -> Iterator[int]:
    """The numbers of the study's normal classes."""
    if study.normal_classes == "all":
        yield from range(len(data.classes))
        return
    numbers = {name: number for number, name in enumerate(data.classes)}
    for each in study.normal_classes:
        if isinstance(each, str) and each in numbers:
            yield numbers[each]
        elif isinstance(each, int) and 0 <= each < len(data.classes):
            yield each
        else:
            raise Refused(
                f"normal_classes: {shortened(each)} is neither a class name of "
                f"{listed(data.classes)} nor a number from 0 to {len(data.classes) - 1}"
            )


def check_tested(name: str, data: Dataset, number: int) -> None:
    """Raises Refused unless a class has images to train on, and to test on with anomalies."""
    tested, of = data.counts("test"), data.classes[number]
    lacks = {
        "no training images": not data.counts("train")[number],
        "no test images": not tested[number],
        "all test images, and there is no anomaly among them": sum(tested) == tested[number],
    }
    for what, lacking in lacks.items():
        if lacking:
            raise Refused(
                f"normal_classes: {of} of {name} has {what}, so it cannot be normal; name the "
                "classes that can"
            )


def within(key: str, value: Any, available: int, what: str) -> int | None:
    """A number of OE images or classes; "all" is what there is."""
    if value is None or value == "all":
        return None if value is None else available
    if value > available:
        raise BeyondPool(f"{key}: {value} is more than the {available} {what}")
    return value


def augmented(recipe: Recipe, wanted: Any) -> bool:
    """Whether a run augments its images; asking it of a recipe without augmentation is refused."""
    if recipe.augmentation == "none":
        if wanted:
            raise Refused("augment: the recipe has no augmentation to switch on")
        return False
    return wanted is not False


def parameters(study: Study, objective: str, settings: dict[str, Any]) -> dict[str, Any]:
    """The objective's parameters, each None where the objective does not take it."""
    chosen: dict[str, Any] = dict.fromkeys(PARAMETERS)
    for key in chosen:
        takes = [name for name in study.objectives if key in METHODS[name].parameters]
        wrong = key in study.sweep and len(takes) < len(study.objectives)
        if settings[key] is not None and (wrong or not takes):
            takers = [name for name, each in METHODS.items() if key in each.parameters]
            raise Refused(
                f"{key}: only {' and '.join(takers)} take it, the study has "
                f"{', '.join(study.objectives)}"
            )
        if objective in takes:
            default = METHODS[objective].parameters[key]
            chosen[key] = settings[key] if settings[key] is not None else default
    if chosen["norm"] is not None and chosen["norm"] not in NORMS:
        raise Refused(f"norm: {unknown('norm', str(chosen['norm']), [*NORMS])}")
    if chosen["gamma"] is not None:
        chosen["gamma"] = float(chosen["gamma"])
    return chosen
