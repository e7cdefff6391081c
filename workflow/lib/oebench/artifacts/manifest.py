"""What a configuration asks for, as all that comes after training reads it.

`results/plan/STUDY.json` holds a `StudyManifest`, `results/plan/plan.json` the `Manifest` of the
whole configuration. They are written by the workflow from its plan and are ordinary inputs of the
steps that collect, draw and judge.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from oebench.registry import METHODS
from oebench.run import AXES, KEYS, member
from oebench.validation import Strict, UserError, said, unknown

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
VERIFIED, SECONDARY, UNVERIFIED = "verified", "secondary", "unverified"


class Published(Strict):
    """One published value, per cent.

    It is a mean over normal classes, with `normal_class` the value of that class alone, and with
    `key` and `value` a point of a curve over that key. A verified value was read where it was
    published, a secondary one where somebody else tells it, an unverified one is remembered.
    """

    dataset: Text
    oe: Text
    method: Text
    mean_auc: float = Field(ge=0, le=100)
    status: Literal["verified", "secondary", "unverified"]
    source: Text
    normal_class: str = ""
    objective: str = ""  # the method's name here, empty for one that this library does not have
    key: str = ""
    value: float | None = Field(None, ge=0, le=10**9)
    spread: float | None = Field(None, ge=0, le=100)  # standard deviation over classes and seeds

    @field_validator("objective")
    @classmethod
    def is_known(cls, name: str) -> str:
        if name and name not in METHODS:
            raise UserError(unknown("method", name, [*METHODS]))
        return name

    @field_validator("key")
    @classmethod
    def is_an_axis(cls, key: str) -> str:
        if key and key not in AXES:
            raise UserError(unknown("key of a curve", key, [*AXES]))
        return key

    @model_validator(mode="after")
    def is_a_mean_or_a_point(self) -> Self:
        if not self.key and (self.value, self.spread) != (None, None):
            raise UserError("a point of a curve has a key; expected one beside value and spread")
        if self.key and self.value is None:
            raise UserError(f"a point of a curve has a value; expected one of {self.key}")
        if self.key and self.normal_class:
            raise UserError("a point of a curve is a mean over classes; leave normal_class empty")
        counted = bool(self.key) and KEYS[self.key].kind is int
        if self.value is not None and counted and (self.value < 1 or self.value % 1):
            raise UserError(
                f"value: expected a whole number of {self.key} from 1 on, found {self.value:g}"
            )
        return self

    @property
    def label(self) -> str:
        """The value as it stands beside ours, always with its OE images and its status."""
        oe = "no OE" if self.oe == "none" else f"OE {self.oe}"
        mark = "" if self.status == VERIFIED else f", {self.status}"
        return f"{self.method.removesuffix(' (OE)').removesuffix(' (no OE)')} ({oe}{mark})"


class Group(Strict):
    """Runs of one scores file: every one of these normal classes with every one of these seeds."""

    file: str  # within the folder of all runs
    normal_classes: tuple[int, ...]
    seeds: tuple[int, ...]
    recipe: str = ""  # which of the study's recipes it is trained with
    code: str = ""  # the hash of the code that makes it

    @property
    def condition(self) -> str:
        """What its runs share."""
        return self.file.rpartition("/")[0]

    def members(self) -> Iterator[str]:
        """Which runs of the condition they are."""
        for normal_class in self.normal_classes:
            for seed in self.seeds:
                yield member(normal_class, seed)

    def paths(self) -> Iterator[str]:
        """The paths of its runs."""
        return (f"{self.condition}/{member}" for member in self.members())


class Beside(Strict):
    """A study whose lines stand in the figure of another."""

    label: str  # behind the names of its lines
    about: str  # what it shows and on what data


class StudyManifest(Strict):
    """What a study asks for: its runs, and what is shown of them."""

    name: str
    title: str
    about: str = ""  # what it shows and on what data, in a sentence or two
    groups: tuple[Group, ...] = ()  # all runs that are shown
    recipes: dict[str, dict[str, Any]] = Field({})  # by value, those of the groups
    swept: tuple[str, ...] = ()  # columns of the table of runs that vary by design
    objectives: tuple[str, ...] = ()  # in the study's order
    rows: str | None = None  # the key whose values are the rows of the table
    curve: str | None = None  # the key on the horizontal axis of the curve
    beside: dict[str, Beside] = Field({})  # other studies in its figure, by name
    metric: str = "auroc"  # what table and curve show
    compare: bool = False  # whether methods are compared
    target: float | None = None  # mean AUROC in per cent that the planner is asked for
    made_by: tuple[str, ...] = ()  # which networks its vectors are features by, as sentences
    pools: dict[str, tuple[int, int]] = Field({})  # images and classes of each OE data set
    toy_figure: bool = False  # whether points and scores are drawn over the plane
    look: tuple[str, str] | None = None  # of the run that is plotted alone, file and member
    expected: int  # runs in the study
    classes: int = 0  # normal classes in the study
    epochs: tuple[int, ...]  # of recipes without steps
    steps: tuple[int, ...] = ()  # of recipes that end after so many
    dropped: tuple[str, ...] = ()  # swept values left out, as sentences
    published: tuple[Published, ...] = ()  # to stand beside the table's numbers
    published_curve: tuple[Published, ...] = ()  # points, to be drawn behind the curve

    def paths(self) -> list[str]:
        """The paths of its runs."""
        return [path for group in self.groups for path in group.paths()]


class DatasetSummary(Strict):
    """A data set that the runs read, as declared; `classes` and `test` are 0 for a pool."""

    name: str
    uses: tuple[str, ...]  # "normal and test images", "OE images"
    oe: tuple[str, ...]  # the data sets of the OE images that its runs see
    classes: int
    train: int  # images: what OE can draw from
    test: int
    image: tuple[int, ...]  # channels, height and width; or the length of a vector

    @property
    def has_points(self) -> bool:
        """Whether its images are points of the plane, whose coordinates are two channels."""
        return len(self.image) == 3 and self.image[0] == 2


class Manifest(Strict):
    """What a whole configuration asks for, beside its studies."""

    title: str
    runs: int  # distinct ones
    epochs: tuple[int, ...]  # of recipes without steps
    steps: tuple[int, ...] = ()  # of recipes that end after so many
    studies: tuple[str, ...]
    sweeps: dict[str, tuple[str, ...]]  # the keys that each study sweeps
    datasets: tuple[DatasetSummary, ...]
    published: tuple[Published, ...]  # all that claims may compare with, points too
    claims: tuple[dict[str, Any], ...]  # as `claims.entries.Asked` has them


Kind = TypeVar("Kind", StudyManifest, Manifest)


def read(path: Path, kind: type[Kind]) -> Kind:
    """A manifest. Raises UserError where the file is missing or something else."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UserError(
            f"there is no file {path}; `snakemake {path.as_posix()}` writes it"
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole file"
        raise UserError(
            f"{path} is not what a study asks for ({where}: {said(first)}); "
            f"`snakemake --forcerun write_plan {path.as_posix()}` writes it again"
        ) from None


def read_all(folder: Path) -> tuple[Manifest, list[StudyManifest]]:
    """The plan and all its studies. Raises UserError where a file is missing or something else."""
    plan = read(folder / "plan.json", Manifest)
    return plan, [read(folder / f"{name}.json", StudyManifest) for name in plan.studies]
