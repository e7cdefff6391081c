"""What a plan's outputs need beside its runs, as the files that they read (`artifacts.manifest`).

Here it is decided, before the first job, which published values stand beside a study, whether its
methods are compared, which of its runs is plotted alone, and on what data the claims are judged.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from oebench.artifacts.manifest import (
    SECONDARY,
    UNVERIFIED,
    VERIFIED,
    Beside,
    DatasetSummary,
    Group,
    Manifest,
    Published,
    StudyManifest,
)
from oebench.claims.entries import Asked, read_claims
from oebench.config.catalog import of_catalog
from oebench.config.load import load
from oebench.data.sources.frozen import Frozen
from oebench.evaluation import published
from oebench.plan.jobs import code_of, recipe_of, scores_file
from oebench.plan.plan import Plan
from oebench.plan.sweep import Refused
from oebench.recipe import Recipe
from oebench.run import AMOUNTS, PARAMETERS, SEPARATOR, Run
from oebench.validation import ConfigError, UserError, shortened, told, unknown
from oebench.wording import amount, trained_for

# Which published values the tables of studies have, and which claims and curves have, by the
# configuration's `published`: a verdict and a caption say what a value rests on, a table is read
# without.
TABULATED = {
    "verified": {VERIFIED},
    "all": {VERIFIED, SECONDARY, UNVERIFIED},
    "none": set(),
}
COMPARED = TABULATED | {"verified": {VERIFIED, SECONDARY}}


class Manifests:
    """What is shown of a plan; `problems` has a sentence for each thing that cannot be shown."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.problems: list[str] = []
        self.published: list[Published] = []  # all that claims and curves may have
        self.claims: list[Asked] = []
        for name in plan.studies:
            try:
                self.looked_at(name)
                self.check_toy_figure(name)
            except Refused as error:
                self.problems.append(f"studies.{name}.{error}")
        try:
            wanted = COMPARED[plan.config.published]
            self.published = [each for each in published.read() if each.status in wanted]
            self.claims = list(self.read_claims())
        except UserError as error:
            self.problems.append(str(error))

    def study(self, name: str) -> StudyManifest:
        """What a study asks for."""
        study, grid = self.plan.config.studies[name], self.plan.studies[name]
        swept = ["recipe" if key in Recipe.model_fields else key for key in study.sweep]
        looked_at = self.looked_at(name)
        epochs, steps = self.plan.resolver.lengths(grid.runs)
        return StudyManifest(
            name=name,
            title=study.title,
            about=self.about(name),
            groups=tuple(groups(self.plan, grid.shown)),
            recipes={run.recipe: recipe_of(self.plan, run) for run in grid.shown},
            swept=tuple(dict.fromkeys(swept)),
            objectives=study.objectives,
            rows=study.draw.table,
            curve=study.draw.curve,
            beside={
                other: Beside(label=label, about=self.about(other))
                for other, label in study.draw.beside.items()
            },
            metric=study.draw.metric,
            compare=self.compares(name),
            target=study.draw.target,
            pools=self.pools(grid.runs),
            made_by=tuple(self.made_by(grid.runs)),
            toy_figure=study.draw.plane,
            look=looked_at and (scores_file(self.plan, looked_at), looked_at.member),
            expected=len(grid.shown),
            classes=len({run.normal_class for run in grid.runs}),
            epochs=epochs,
            steps=steps,
            dropped=tuple(grid.dropped),
            published=tuple(self.published_for(name)),
            published_curve=tuple(self.published_curve_for(name)),
        )

    def whole_plan(self) -> Manifest:
        """What the configuration asks for beside its studies."""
        plan = self.plan
        epochs, steps = plan.resolver.lengths(plan.runs)
        return Manifest(
            title=plan.config.title,
            runs=len(plan.runs),
            epochs=epochs,
            steps=steps,
            studies=tuple(plan.studies),
            sweeps={name: tuple(plan.config.studies[name].sweep) for name in plan.studies},
            datasets=tuple(map(self.dataset, plan.datasets)),
            published=tuple(self.published),
            claims=tuple(each.model_dump(mode="json") for each in self.claims),
        )

    def dataset(self, name: str) -> DatasetSummary:
        """A data set and what the runs use it for."""
        data, runs = self.plan.config.datasets[name], self.plan.runs
        seen = [run.oe for run in runs if run.dataset == name and run.oe is not None]
        uses = {
            "normal and test images": any(run.dataset == name for run in runs),
            "OE images": any(run.oe == name for run in runs),
        }
        return DatasetSummary(
            name=name,
            uses=tuple(use for use, used in uses.items() if used),
            oe=tuple(dict.fromkeys(seen)),
            classes=len(data.classes),
            train=data.pool,
            test=sum(data.counts("test")),
            image=data.shape,
        )

    def about(self, name: str) -> str:
        """What a study shows and on what data, in a sentence or two."""
        study, runs = self.plan.config.studies[name], self.plan.studies[name].runs
        unblurred = self.plan.studies[name].unblurred
        images = sorted({run.dataset for run in runs})
        outliers = sorted({run.oe for run in runs if run.oe}) or ["none"]
        length = trained_for(*self.plan.resolver.lengths(runs))
        classes = amount(len({run.normal_class for run in runs}), "normal class")
        text = (
            f"{study.title}. Normal and test images: {', '.join(images)}; OE images: "
            f"{', '.join(outliers)}. {classes}, "
            f"{amount(len(study.seed_list), 'seed')}"
            + (f", {length}" if length else "")
            + f"; {amount(len(runs), 'run')}"
            + (f" and {len(unblurred)} without blur, of another study" if unblurred else "")
            + "."
        )
        dropped = "; ".join(self.plan.studies[name].dropped)
        return text + (f" Left out as beyond the pool: {dropped}." if dropped else "")

    def published_for(self, name: str) -> list[Published]:
        """The published AUROCs that stand beside a study: one of all objectives without a sweep."""
        study, runs = self.plan.config.studies[name], self.plan.studies[name].runs
        other = study.sweep or study.draw.table != "normal_class" or not self.whole(runs)
        if other or study.draw.metric != "auroc":
            return []
        wanted = TABULATED[self.plan.config.published]
        return [
            each
            for each in self.published
            if each.status in wanted
            and not each.key
            and each.dataset == runs[0].dataset
            and (self.has_all_classes(runs) or each.normal_class)
        ]

    def published_curve_for(self, name: str) -> list[Published]:
        """The points of published curves over a study's key, on its data and of its methods."""
        study, runs = self.plan.config.studies[name], self.plan.studies[name].runs
        datasets, outliers = {run.dataset for run in runs}, {run.oe for run in runs if run.oe}
        blurred = study.draw.curve != "blur" and any(run.blur for run in runs)
        if blurred or study.draw.metric != "auroc" or not self.has_all_classes(runs):
            return []
        return [
            each
            for each in self.published
            if each.key
            and each.key == study.draw.curve
            and ({each.dataset}, {each.oe}) == (datasets, outliers)
            and each.objective in ("", *study.objectives)
        ]

    def has_all_classes(self, runs: list[Run]) -> bool:
        """Whether every class of their data sets is normal once."""
        found = {(run.dataset, run.normal_class) for run in runs}
        datasets = {dataset for dataset, _ in found}
        return len(found) == sum(len(self.plan.config.datasets[each].classes) for each in datasets)

    def whole(self, runs: Iterable[Run]) -> bool:
        """Whether all runs with OE may see the whole of the OE data set, unblurred."""
        datasets = self.plan.config.datasets
        return all(
            run.blur == 0
            and run.oe_size in (None, datasets[run.oe].pool)
            and run.oe_classes in (None, len(datasets[run.oe].classes))
            for run in runs
            if run.oe is not None
        )

    def features_of(self, name: str) -> str:
        """The data set whose images a data set has features of; "" for images themselves."""
        data = self.plan.config.datasets.get(name)
        return data.source.of if data and isinstance(data.source, Frozen) else ""

    def made_by(self, runs: Iterable[Run]) -> Iterator[str]:
        """By which pretrained networks the vectors of these runs are features, for captions."""
        for name in dict.fromkeys(name for run in runs for name in (run.dataset, run.oe)):
            source = self.plan.config.datasets[name].source if name else None
            if isinstance(source, Frozen):
                yield f"{name}: {source.described}"

    def pools(self, runs: Iterable[Run]) -> dict[str, tuple[int, int]]:
        """Images and classes of each OE data set of these runs."""
        named = dict.fromkeys(run.oe for run in runs if run.oe is not None)
        datasets = self.plan.config.datasets
        return {name: (datasets[name].pool, len(datasets[name].classes)) for name in named}

    def compares(self, name: str) -> bool:
        """Whether a study has two methods to compare."""
        study, runs = self.plan.config.studies[name], self.plan.studies[name].runs
        methods = {
            (run.objective, *(getattr(run, key) for key in PARAMETERS if key in study.sweep))
            for run in runs
        }
        return study.draw.compare and len(methods) > 1

    def looked_at(self, name: str) -> Run | None:
        """The run of a study that the report plots alone. Raises Refused if there is no such run.

        What `draw.look` does not name is the study's first objective, normal class and seed, and
        the last swept values.
        """
        study, runs = self.plan.config.studies[name], self.plan.studies[name].runs
        if study.draw.look is None:
            return None
        found = [run for run in runs if self.is_like(run, study.draw.look, runs)]
        if not found:
            raise Refused(f"draw.look: no run of the study has {shortened(study.draw.look)}")
        found = [run for run in found if run.objective == found[0].objective]
        return next(run for run in found if run.condition == found[-1].condition)

    def is_like(self, run: Run, wanted: dict[str, Any], runs: list[Run]) -> bool:
        """Whether a run has these values; a class may be named, "all" is the study's largest."""
        for key, value in wanted.items():
            has = getattr(run, key)
            if key == "normal_class" and isinstance(value, str):
                has = self.plan.config.datasets[run.dataset].classes[run.normal_class]
            if key == "recipe" and SEPARATOR not in str(value):
                has = run.recipe.split(SEPARATOR)[0]
            if value == "all" and key in AMOUNTS:
                value = max(getattr(each, key) or 0 for each in runs)
            if has != value:
                return False
        return True

    def check_toy_figure(self, name: str) -> None:
        """Raises Refused where points are to be drawn of a study of images."""
        if not self.plan.config.studies[name].draw.plane:
            return
        for dataset in {run.dataset for run in self.plan.studies[name].runs}:
            if not self.plan.config.datasets[dataset].source.has_points:
                raise Refused(f"draw.plane: {dataset} has no points; those of `toy` lie in a plane")

    def read_claims(self) -> Iterator[Asked]:
        """Each claim with the data sets on which it is judged, normal and OE images.

        Those that the claim is about, if the configuration has them, and of what is said of any
        data those of `claims.data`; if there is none, the claim's own, so that it says what is
        missing.
        """
        config = self.plan.config
        on = {
            config.replace.get(d, d): config.replace.get(oe, oe)
            for d, oe in config.claims.data.items()
        }
        for dataset in (*config.claims.data, *config.claims.data.values()):
            if dataset not in config.datasets:
                raise ConfigError(
                    f"claims.data: {unknown('data set', dataset, [*config.datasets])}"
                )
        claims = read_claims() if config.claims.paper else {}
        for name in config.claims.own:
            if name in claims:
                raise ConfigError(f"claims.own: {name} is a claim of the paper; name it otherwise")
        recipes = of_catalog()
        for name, claim in (claims | config.claims.own).items():
            own = {
                config.replace.get(d, d): config.replace.get(oe, oe) for d, oe in claim.data.items()
            }
            asked = {
                "any": {**own, **on},
                "images": {d: on.get(d, oe) for d, oe in own.items()}
                | {d: oe for d, oe in on.items() if self.features_of(d) in own},
                "pair": own
                | {
                    d: oe
                    for d, oe in on.items()
                    if own.get(self.features_of(d)) == self.features_of(oe)
                },
            }[claim.asked_of]
            here = {d: oe for d, oe in asked.items() if d in self.plan.datasets}
            for dataset, oe in (here or own).items():
                recipe = recipes.get(dataset) if dataset in claim.data else None
                yield Asked(
                    name=name,
                    claim=claim,
                    dataset=dataset,
                    oe=oe,
                    own=claim.data.get(dataset) == oe,
                    recipe=recipe and recipe.model_dump(mode="json"),
                    features_of=self.features_of(dataset),
                )


def groups(plan: Plan, runs: Iterable[Run]) -> Iterator[Group]:
    """Runs in short: scores files with the classes that have the same seeds."""
    seeds: dict[tuple[str, int], list[int]] = defaultdict(list)
    first: dict[str, Run] = {}
    for run in runs:
        file = scores_file(plan, run)
        seeds[file, run.normal_class].append(run.seed)
        first.setdefault(file, run)
    classes: dict[tuple[str, tuple[int, ...]], list[int]] = defaultdict(list)
    for (file, normal_class), chosen in seeds.items():
        classes[file, tuple(chosen)].append(normal_class)
    for (file, chosen_seeds), chosen in classes.items():
        yield Group(
            file=file,
            normal_classes=tuple(chosen),
            seeds=chosen_seeds,
            recipe=first[file].recipe,
            code=code_of(plan, first[file]),
        )


def read_manifests(path: Path, overrides: dict[str, Any] | None = None) -> Manifests:
    """The plan of a configuration file and what is shown of it.

    overrides: keys that a machine sets in place of the file (`config.load`). Raises ConfigError
    with a line for each thing to mend.
    """
    manifests = Manifests(Plan(load(path, overrides)))
    problems = [*manifests.plan.problems, *manifests.problems]
    if problems:
        raise ConfigError(told(f"{path}: {problem}" for problem in problems))
    return manifests


def read_plan(path: Path) -> Plan:
    """The plan of a configuration file. Raises ConfigError with a line for each thing to mend."""
    return read_manifests(path).plan
