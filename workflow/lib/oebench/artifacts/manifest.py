"""What a configuration asks for, as all that comes after training reads it.

`results/plan/STUDY.json` holds a `StudyManifest`, `results/plan/plan.json` the `Manifest` of the
whole configuration. They are written by the workflow from its plan and are ordinary inputs of the
steps that collect, draw and judge.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StringConstraints, ValidationError

from oebench.registry import METHODS
from oebench.run import member
from oebench.validation import Strict, UserError, said

# The names of the objectives in the paper, where they are not ours in capitals.
NAMES = {"DSAD": "deepsad"}
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Published(Strict):
    """One published value; `normal_class` is empty for a mean over classes."""

    dataset: Text
    oe: Text
    method: Text
    mean_auc: float = Field(ge=0, le=100)
    status: Literal["verified", "unverified"]
    source: Text
    normal_class: str = ""
    key: str = ""
    value: float | None = None

    @property
    def objective(self) -> str | None:
        """The method's name here; None for one that this library does not have."""
        name = NAMES.get(self.method, self.method.lower())
        return name if name in METHODS else None

    @property
    def label(self) -> str:
        """The value as it stands beside ours, always with its OE images and its status."""
        oe = "no OE" if self.oe == "none" else f"OE {self.oe}"
        mark = "" if self.status == "verified" else ", unverified"
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
    compare: bool = False  # whether methods are compared
    target: float | None = None  # mean AUROC in per cent that the planner is asked for
    pools: dict[str, tuple[int, int]] = Field({})  # images and classes of each OE data set
    toy_figure: bool = False  # whether points and scores are drawn over the plane
    look: tuple[str, str] | None = None  # of the run that is plotted alone, file and member
    expected: int  # runs in the study
    classes: int = 0  # normal classes in the study
    epochs: tuple[int, ...]
    dropped: tuple[str, ...] = ()  # swept values left out, as sentences
    published: tuple[Published, ...] = ()  # to stand beside the table's numbers

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
    image: tuple[int, int, int]


class Manifest(Strict):
    """What a whole configuration asks for, beside its studies."""

    title: str
    runs: int  # distinct ones
    epochs: tuple[int, ...]
    studies: tuple[str, ...]
    sweeps: dict[str, tuple[str, ...]]  # the keys that each study sweeps
    datasets: tuple[DatasetSummary, ...]
    published: tuple[Published, ...]  # all that may be shown
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
