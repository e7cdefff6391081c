"""The typed model of a configuration: the one place for its keys, defaults and allowed values.

Those of a study stand in `study.py`. The JSON schema for editors and the list of keys in
config/README.md are made from the model.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    field_validator,
    model_validator,
)

from oebench.claims.entries import Claim
from oebench.config.study import LONGEST_NAME, STUDY_NAME, Name, Study
from oebench.data.dataset import Dataset, FeaturesOf
from oebench.data.sources.base import UserPath
from oebench.gpus import MOST_JOBS
from oebench.recipe import Recipe
from oebench.validation import (
    Strict,
    Title,
    UserError,
    Whole,
    unknown,
)

StudyName = Annotated[str, Field(pattern=f"^{STUDY_NAME}$", max_length=LONGEST_NAME)]
RESERVED = ("all", "compare", "download", "embed", "fit", "plan", "prepare", "train")
MOST_IN_JOB = 500  # runs
Shown = Literal["verified", "all", "none"]  # which published values


class Claims(Strict):
    """Which claims are judged, and on what data."""

    paper: bool = Field(True, strict=True, description="Whether those of the paper are judged.")
    own: dict[Name, Claim] = Field(
        {}, max_length=200, description="Claims of one's own by name, judged after the paper's."
    )
    data: dict[Name, Name] = Field(
        {},
        description="Data sets on which claims that can be asked of any data are judged, each with "
        "its OE data set.",
    )


class Jobs(Strict):
    """How runs are put together into training jobs, and what a job asks a cluster for."""

    classes: Whole = Field(1, description="Normal classes trained in one job.")
    seeds: Whole = Field(5, description="Seeds trained in one job: 1 to 5, 6 to 10, ...")
    per_gpu: Annotated[int, Field(gt=0, le=MOST_JOBS, strict=True)] = Field(
        1,
        description="Training jobs that share a GPU at one time, on a machine without a scheduler: "
        "more than one for networks that leave most of it idle.",
    )
    mem_mb: Whole | None = Field(
        None,
        description="Main memory of a training job at its first attempt, in MB; by default what "
        "its images take and 3,000. Each further attempt gets twice as much.",
    )
    runtime: Whole | None = Field(
        None,
        description="Time limit of a training job at its first attempt, in minutes; by default "
        "from its steps and images. Each further attempt gets twice as much.",
    )
    max_mem_mb: Whole = Field(64_000, description="The most memory of any attempt, in MB.")
    max_runtime: Whole = Field(2880, description="The longest limit of any attempt, in minutes.")

    @model_validator(mode="after")
    def consistent(self) -> "Jobs":
        if self.classes * self.seeds > MOST_IN_JOB:
            raise UserError(
                f"{self.classes:,} classes with {self.seeds:,} seeds are too many for one job, "
                f"whose command names its runs; at most {MOST_IN_JOB} runs fit"
            )
        return self


def declared(entry: Any) -> Any:
    """An entry of features is a data set, whose classes and counts are those of another."""
    if isinstance(entry, dict) and "features" in entry:
        return FeaturesOf.model_validate(entry).dataset
    return entry


Declared = Annotated[
    Dataset, BeforeValidator(declared, json_schema_input_type=Dataset | FeaturesOf)
]


class Config(Strict):
    """A whole configuration file."""

    title: Title = Field("Outlier exposure", description="The title of the report.")
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where training runs; `auto` is the GPU if there is one."
    )
    jobs: Jobs = Field(Jobs(), description="The size of training jobs.")
    folders: dict[Name, UserPath] = Field(
        {},
        description="Folders of your own, by data set, that have the files which would be "
        "downloaded, also in torchvision's layout.",
    )
    replace: dict[Name, Name] = Field(
        {}, description="Data sets, and those that take their place in every study."
    )
    published: Shown = Field(
        "verified",
        description="Which published numbers stand beside ours: `verified` ones (claims and curves "
        "have secondary ones too), `all`, marked by their status, or `none`.",
    )
    claims: Claims = Field(Claims(), description="Which claims are judged, and on what data.")
    datasets: dict[Name, Declared] = Field({}, description="Data sets beside the catalogue's.")
    recipes: dict[Name, Recipe] = Field({}, description="Recipes beside the catalogue's.")
    max_runs: Whole = Field(
        1_000_000,
        description="The most runs that all studies may ask for together; more are a mistake in "
        "most cases, and take long to be counted alone.",
    )
    studies: dict[StudyName, Study] = Field(
        min_length=1,
        max_length=80,
        description="The studies by name: lower-case letters, digits and hyphens.",
    )

    @field_validator("studies")
    @classmethod
    def not_reserved(cls, studies: dict[str, Study]) -> dict[str, Study]:
        for name in studies:
            if name in RESERVED:
                raise UserError(f"{name!r} is a target of the workflow; name the study otherwise")
        return studies

    @field_validator("studies")
    @classmethod
    def one_axis(cls, studies: dict[str, Study]) -> dict[str, Study]:
        for name, study in studies.items():
            for other in study.draw.beside:
                if other not in studies:
                    raise UserError(f"{name}.draw.beside: {unknown('study', other, [*studies])}")
                drawn, asked = studies[other].draw, study.draw
                if other == name or drawn.beside:
                    raise UserError(
                        f"{name}.draw.beside: {other} has others beside it; name studies whose "
                        "own figure shows them alone"
                    )
                if (drawn.curve, drawn.metric) != (asked.curve, asked.metric):
                    raise UserError(
                        f"{name}.draw.beside: {other} shows {drawn.metric} by {drawn.curve}, and "
                        f"{name} {asked.metric} by {asked.curve}; one figure has one pair of axes"
                    )
        return studies
