"""What is shown of a plan: captions, published values, comparisons, claims, the runs looked at."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from oead import published
from oead.claimfile import CLAIMS, Claim, read_claims
from oead.configfile import ConfigError
from oead.methods import PARAMETERS
from oead.published import Published
from oead.recipe import Recipe
from oead.resolve import Refused
from oead.runs import SEPARATOR, Run
from oead.sources.toy import Toy
from oead.strict import unknown
from oead.words import amount

if TYPE_CHECKING:
    from oead.grid import Plan


class Presentation:
    """What the outputs of a plan need beside their runs."""

    def __init__(self, plan: "Plan") -> None:
        self.plan = plan
        self.published: list[Published] = []
        self.claims: list[tuple[str, Claim, str, str]] = []  # name, claim, data set, OE data set

    @property
    def allowed(self) -> list[Published]:
        """What was published and may be shown: unverified values only where they are asked for."""
        every = self.plan.config.published == "all"
        return [each for each in self.published if every or each.status == "verified"]

    @property
    def digest(self) -> str:
        """Changes with all that the overview and the claims read from the configuration."""
        facts = [
            self.plan.config.model_dump_json(exclude={"device", "jobs"}),
            *(each.model_dump_json() for each in self.allowed),
            *(f"{name} {dataset} {oe} {claim!r}" for name, claim, dataset, oe in self.claims),
        ]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12]

    def problems(self) -> list[str]:
        """Reads what was published and claimed; returns a sentence for each thing to mend."""
        found = []
        for name in self.plan.studies:
            try:
                self.looked_at(name)
                self.check_plane(name)
            except Refused as error:
                found.append(f"studies.{name}.{error}")
        try:
            self.published = published.read()
            self.claims = list(self.read_claims())
        except ValueError as error:
            found.append(str(error))
        return found

    def spec(self, name: str) -> dict[str, Any]:
        """What the table and the figure of a study need beside its runs (`summary.Spec`)."""
        study, grid = self.plan.config.studies[name], self.plan.studies[name]
        swept = ["recipe" if key in Recipe.model_fields else key for key in study.sweep]
        return {
            "name": name,
            "title": study.title,
            "swept": list(dict.fromkeys(swept)),
            "objectives": study.objectives,
            "rows": study.draw.table,
            "curve": study.draw.curve,
            "expected": len(grid.shown),
            "classes": len({run.normal_class for run in grid.runs}),
            "epochs": self.plan.resolver.epochs(grid.runs),
            "dropped": grid.dropped,
            "published": [each.model_dump() for each in self.published_for(name)],
        }

    def about(self, name: str) -> str:
        """What a study shows and on what data, in a sentence or two for captions."""
        study, runs = self.plan.config.studies[name], self.plan.studies[name].runs
        unblurred = self.plan.studies[name].unblurred
        images = sorted({run.dataset for run in runs})
        outliers = sorted({run.oe for run in runs if run.oe}) or ["none"]
        epochs = self.plan.resolver.epochs(runs)
        classes = amount(len({run.normal_class for run in runs}), "normal class")
        text = (
            f"{study.title}. Normal and test images: {', '.join(images)}; OE images: "
            f"{', '.join(outliers)}. {classes}, "
            f"{amount(len(study.seed_list), 'seed')}"
            + (f", {' or '.join(map(str, epochs))} epochs" if epochs else "")
            + f"; {amount(len(runs), 'run')}"
            + (f" and {len(unblurred)} without blur, of another study" if unblurred else "")
            + "."
        )
        dropped = "; ".join(self.plan.studies[name].dropped)
        return text + (f" Left out as beyond the pool: {dropped}." if dropped else "")

    def published_for(self, name: str) -> list[Published]:
        """The published values that stand beside a study: one of all objectives without a sweep."""
        study, runs = self.plan.config.studies[name], self.plan.studies[name].runs
        other = study.sweep or study.draw.table != "normal_class" or not self.whole(runs)
        if other or self.plan.config.published == "none":
            return []
        every = len({run.normal_class for run in runs})
        whole = every == len(self.plan.config.datasets[runs[0].dataset].classes)
        return [
            each
            for each in self.allowed
            if each.dataset == runs[0].dataset and (whole or each.normal_class)
        ]

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

    def compares(self, name: str) -> bool:
        """Whether a study has two methods to compare."""
        study, runs = self.plan.config.studies[name], self.plan.studies[name].runs
        methods = {
            (run.objective, *(getattr(run, key) for key in PARAMETERS if key in study.sweep))
            for run in runs
        }
        return study.draw.compare and len(methods) > 1

    def looked_at(self, name: str) -> Run | None:
        """The run of a study that the report looks at. Raises Refused if none is as asked for.

        What `draw.look` does not name is the study's first objective, normal class and seed, and
        the last swept values.
        """
        study, runs = self.plan.config.studies[name], self.plan.studies[name].runs
        if study.draw.look is None:
            return None
        found = [run for run in runs if self.is_like(run, study.draw.look, runs)]
        if not found:
            raise Refused(f"draw.look: no run of the study has {study.draw.look}")
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
            if value == "all" and key in ("oe_size", "oe_classes"):
                value = max(getattr(each, key) or 0 for each in runs)
            if has != value:
                return False
        return True

    def check_plane(self, name: str) -> None:
        """Raises Refused where points are to be drawn of a study of images."""
        if not self.plan.config.studies[name].draw.plane:
            return
        for dataset in {run.dataset for run in self.plan.studies[name].runs}:
            if not isinstance(self.plan.config.datasets[dataset].source, Toy):
                raise Refused(
                    f"draw.plane: {dataset} has images; only points of `toy` lie in a plane"
                )

    def read_claims(self) -> Iterator[tuple[str, Claim, str, str]]:
        """Each claim with the data sets on which it is judged, normal and OE images.

        Those that the claim is about, if the configuration has them, and for a general claim those
        of `claims.data`; if there is none, the claim's own, so that it says what is missing.
        """
        replaced, given = self.plan.config.replace, self.plan.config.claims.data
        on = {replaced.get(d, d): replaced.get(oe, oe) for d, oe in given.items()}
        for dataset in (*given, *given.values()):
            if dataset not in self.plan.config.datasets:
                raise ConfigError(
                    f"claims.data: {unknown('data set', dataset, [*self.plan.config.datasets])}"
                )
        for name, claim in read_claims(self.plan.config.claims.file or CLAIMS).items():
            own = {replaced.get(d, d): replaced.get(oe, oe) for d, oe in claim.data.items()}
            asked = {**own, **on} if claim.general else {d: on.get(d, oe) for d, oe in own.items()}
            here = {d: oe for d, oe in asked.items() if d in self.plan.datasets}
            for dataset, oe in (here or own).items():
                yield name, claim, dataset, oe
