"""The data sets and recipes that come with the library, and what a configuration changes."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from oebench.config.schema import Config
from oebench.config.study import Study
from oebench.data.checks import check_classes
from oebench.data.dataset import Dataset
from oebench.data.sources.files import FileSource
from oebench.data.sources.frozen import Frozen
from oebench.recipe import Recipe
from oebench.strict_yaml import read_yaml
from oebench.validation import UserError, unknown

CATALOG = Path(__file__).parent / "catalog.yaml"


@cache
def of_catalog() -> dict[str, Recipe]:
    """The recipes that come with the library, whatever a configuration puts in their place."""
    return {name: Recipe(**entry) for name, entry in read_yaml(CATALOG)["recipes"].items()}


def complete(given: Config, catalog: dict[str, Any]) -> Config:
    """A configuration with the catalogue's entries, its `folders` and `replace` carried out.

    Raises UserError, which begins with the key, where they name what cannot be.
    """
    entries = catalog["datasets"].items()
    datasets = {name: Dataset(**entry) for name, entry in entries} | given.datasets
    recipes = {name: Recipe(**entry) for name, entry in catalog["recipes"].items()} | given.recipes
    check_distinct("datasets", datasets)
    check_distinct("recipes", recipes)
    for name, folder in given.folders.items():
        datasets[name] = found_in(folder, f"folders.{name}", name, datasets)
    for old, new in given.replace.items():
        for name in (old, new):
            check_known(f"replace.{old}", name, datasets)
    studies = {name: replaced(study, given.replace) for name, study in given.studies.items()}
    for name in [each for each in read_by(studies.values(), datasets) if each in given.datasets]:
        datasets[name] = listed(name, datasets[name])
    datasets = {name: counted(name, each, datasets) for name, each in datasets.items()}
    update = {"datasets": datasets, "recipes": recipes, "studies": studies}
    return given.model_copy(update=update)


def read_by(studies: Iterable[Study], datasets: dict[str, Dataset]) -> list[str]:
    """The data sets that studies name, and those whose images are embedded for them."""
    named: list[Any] = []
    for study in studies:
        for key in ("dataset", "oe"):
            named += study.sweep.get(key, (getattr(study, key),))
    sources = [datasets[name].source for name in named if name in datasets]
    named += [source.of for source in sources if isinstance(source, Frozen)]
    return [name for name in dict.fromkeys(named) if name in datasets]


def listed(name: str, data: Dataset) -> Dataset:
    """A data set with the numbers of images that are not declared, counted in its folders.

    Raises UserError where they cannot be.
    """
    if data.train is not None or isinstance(data.source, Frozen):
        return data
    if missing := data.missing():
        raise UserError(
            f"datasets.{name}: {missing}. Or declare `train` and `test`, how many images there "
            "will be, and the plan is made without them"
        )
    check_classes(name, data)
    return data.counted()


def counted(name: str, data: Dataset, datasets: dict[str, Dataset]) -> Dataset:
    """A data set of features with the classes and counts of the one whose images they are of."""
    if not isinstance(data.source, Frozen):
        return data
    key = f"datasets.{name}.features.of"
    check_known(key, data.source.of, datasets)
    images = datasets[data.source.of]
    if images.source.has_vectors or images.source.has_points or images.source.is_drawn:
        raise UserError(f"{key}: {data.source.of} has no images that one cache holds")
    shared = {each: getattr(images, each) for each in ("classes", "train", "test", "advice")}
    return data.model_copy(update=shared)


def check_distinct(key: str, names: Iterable[str]) -> None:
    """Raises UserError where two names are one on a file system that knows no capitals."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise UserError(
                f"{key}: {other} and {name} differ in capitals only, and some file systems would "
                "take the files of one for those of the other; rename one of them"
            )


def check_known(key: str, name: str, datasets: dict[str, Dataset]) -> None:
    if name not in datasets:
        raise UserError(f"{key}: {unknown('data set', name, [*datasets])}")


def found_in(folder: Path, key: str, name: str, datasets: dict[str, Dataset]) -> Dataset:
    """A data set whose files lie in a folder of the user's instead of being downloaded."""
    check_known(key, name, datasets)
    dataset = datasets[name]
    if not isinstance(dataset.source, FileSource):
        raise UserError(f"{key}: {name} is not downloaded; set its source instead")
    source = dataset.source.model_copy(update={"folder": folder.expanduser()})
    return dataset.model_copy(update={"source": source})


def replaced(study: Study, replace: dict[str, str]) -> Study:
    """A study with other data sets in the place of those named."""
    changes: dict[str, Any] = {
        key: replace[name]
        for key in ("dataset", "oe")
        if (name := getattr(study, key)) is not None and name in replace
    }
    changes["sweep"] = {
        key: tuple(
            replace.get(value, value) if isinstance(value, str) else value for value in values
        )
        if key in ("dataset", "oe")
        else values
        for key, values in study.sweep.items()
    }
    return study.model_copy(update=changes)
