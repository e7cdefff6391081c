"""How far studies are, also while they run: what is done, at work, broken off and missing.

Only small things are read, so that thousands of scores files take seconds: the first line of each,
which says what it was made of, what its runs took and which of them diverged, and what jobs at
work or broken off say of themselves. Which runs have collapsed is known from a study's table, once
it was collected.
"""

import csv
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from statistics import median

from oebench.artifacts import identity, scores
from oebench.artifacts.manifest import StudyManifest
from oebench.artifacts.progress import FAILED, KILLED, RUNNING, STOPPED, Progress
from oebench.registry import COLLAPSED, DIVERGED, is_trained
from oebench.run import Run
from oebench.wording import amount, lasting

SHOWN = 10  # jobs, or reasons, of a study that are listed
# What is said of runs that a job has not finished, by its state.
STATES = {RUNNING: "at work", FAILED: "failed", STOPPED: "stopped", KILLED: "killed"}
Kind = tuple[str, bool, str]  # what decides how long a run takes: data set, OE or none, recipe


@dataclass(frozen=True)
class Block:
    """The runs of a study that share a scores file, and what became of them."""

    file: str  # within the folder of all runs
    members: tuple[str, ...]
    done: frozenset[str]
    diverged: frozenset[str]
    seconds: tuple[float, ...]  # that finished runs took
    job: Progress | None  # at work or broken off, where it makes what the study asks for

    @cached_property
    def run(self) -> Run:
        """One of them."""
        return scores.run_of(Path(self.file), self.members[0])

    @property
    def kind(self) -> Kind:
        return self.run.dataset, self.run.oe is not None, self.run.recipe

    @property
    def left(self) -> int:
        """How many runs are still to do."""
        return len(self.members) - len(self.done)

    @property
    def state(self) -> str:
        return STATES[self.job.state] if self.job else "missing"

    @property
    def at_work(self) -> str:
        """The run that its job makes, or made when it was broken off, and how far it is."""
        if self.job is None or not self.job.member:
            return self.file
        epochs = f" at epoch {self.job.epoch} of {self.job.epochs}" if self.job.epochs else ""
        return f"{PurePath(self.file).parent}/{self.job.member}{epochs}"


class Status:
    """How far studies are.

    jobs: what jobs say of themselves, by scores file within all runs. now: seconds since 1970.
    """

    def __init__(
        self,
        studies: Sequence[StudyManifest],
        results: Path,
        caches: Path,
        jobs: Mapping[str, Progress],
        now: float | None = None,
    ) -> None:
        self.results, self.caches, self.jobs = results, caches, jobs
        self.now = time.time() if now is None else now
        self.at_once = sum(job.state == RUNNING for job in jobs.values())
        self.images: dict[str, list[str]] = {}  # the checksums of caches as they are now
        self.studies = [(study, [*self.blocks(study)]) for study in studies]
        self.usual = usual_seconds([block for _, each in self.studies for block in each])

    def blocks(self, study: StudyManifest) -> Iterator[Block]:
        """Its runs by scores file: what the first line of that and its job say of them."""
        members: dict[str, list[str]] = defaultdict(list)
        planned: dict[str, identity.Facts] = {}
        for group in study.groups:
            members[group.file] += group.members()
            recipe = study.recipes.get(group.recipe, {})
            planned[group.file] = {"recipe": recipe, "code": group.code}
        for file, asked in members.items():
            found = identity.read(self.results / "runs" / file)
            images = self.images_now(found.get("images", {}))
            if identity.differences(found, {**planned[file], "images": images}):
                found = {}
            job = self.jobs.get(file)
            if job and planned[file] != {"recipe": job.recipe, "code": job.code}:
                job = None
            finished = {*found.get("runs", ()), *(job.finished if job else ())}
            yield Block(
                file=file,
                members=tuple(asked),
                done=frozenset(finished.intersection(asked)),
                diverged=frozenset(found.get("diverged", ())).intersection(asked),
                seconds=tuple(found.get("seconds", job.seconds if job else ())),
                job=job if not finished.issuperset(asked) else None,
            )

    def images_now(self, names: Iterable[str]) -> dict[str, list[str]]:
        """The checksums of those of these caches that are there, each of which is read once."""
        for name in names:
            if name not in self.images:
                found = identity.current_images(self.caches, [name])
                self.images[name] = found.get(name, [])
        return {name: self.images[name] for name in names if self.images[name]}

    def lines(self) -> Iterator[str]:
        """A line for each study, then those of its jobs."""
        for study, blocks in self.studies:
            yield f"{study.name}: {self.counted(study, blocks)}{self.time_left(blocks)}"
            jobs = [(block, block.job) for block in blocks if block.job]
            working = [(block, job) for block, job in jobs if job.state == RUNNING]
            yield from first([self.working(block, job) for block, job in working])
            reasons: dict[str, list[Block]] = defaultdict(list)
            for block, job in jobs:
                if job.state != RUNNING:
                    reasons[why(block, job)].append(block)
            yield from first([self.broken_off(*each) for each in reasons.items()])

    def counted(self, study: StudyManifest, blocks: Sequence[Block]) -> str:
        """How many runs there are of each state."""
        bad = {
            DIVERGED: sum(len(block.diverged) for block in blocks),
            COLLAPSED: self.collapsed(study, blocks),
        }
        among = ", ".join(f"{count} {what}" for what, count in bad.items() if count)
        left: dict[str, int] = defaultdict(int)
        for block in blocks:
            left[block.state] += block.left
        done = f"{study.expected - sum(left.values())} of {study.expected} runs done"
        states = (*STATES.values(), "missing")
        others = [f"{left[state]} {state}" for state in states if left[state]]
        return ", ".join([done + f" ({among})" * bool(among), *others])

    def collapsed(self, study: StudyManifest, blocks: Sequence[Block]) -> int:
        """How many of the done runs have collapsed, by the study's table where it is not older."""
        table = self.results / "studies" / f"{study.name}.csv"
        found: dict[str, set[str]] = defaultdict(set)
        try:
            collected = table.stat().st_mtime
            with table.open(encoding="utf-8", newline="") as rows:
                for row in csv.DictReader(rows):
                    if row["status"] == COLLAPSED:
                        found["/".join(PurePath(row["path"]).parts[-5:])].add(row["group"])
        except (OSError, ValueError, KeyError, csv.Error):  # not there, or no such table
            return 0
        return sum(
            len(found[block.file] & block.done)
            for block in blocks
            if block.file in found and self.scored(block) <= collected
        )

    def scored(self, block: Block) -> float:
        """When its scores file was written, in seconds since 1970."""
        try:
            return (self.results / "runs" / block.file).stat().st_mtime
        except OSError:
            return float("inf")

    def time_left(self, blocks: Sequence[Block]) -> str:
        """How long the rest takes, by what finished runs of the same kind took."""
        left = [block for block in blocks if block.left]
        if not left:
            return ""
        if any(block.kind not in self.usual for block in left):
            return "; the time left is not known yet"
        seconds = [self.usual[block.kind] * (block.left - share(block)) for block in left]
        if not self.at_once:
            return f"; {lasting(sum(seconds))} of work left, no job is at work"
        # All jobs may work for this study, but each block is the work of one.
        longest = max(sum(seconds) / self.at_once, *seconds)
        return f"; {lasting(longest)} left with {amount(self.at_once, 'job')} at work"

    def working(self, block: Block, job: Progress) -> str:
        return f"  at work: {block.at_work}, {job.where}, for {lasting(self.now - job.began)}"

    def broken_off(self, reason: str, blocks: Sequence[Block]) -> str:
        """Why some jobs were broken off, and the log of the first."""
        block = blocks[0]
        rule = "train" if is_trained(block.run.objective) else "fit"
        log = self.results / "logs" / rule / PurePath(block.file).with_suffix(".log")
        more = f", and {amount(len(blocks) - 1, 'more job')}" if len(blocks) > 1 else ""
        return f"  {reason}; its log: {log}{more}"


def share(block: Block) -> float:
    """How much of a run its job has done at the moment, of 1."""
    job = block.job
    return job.epoch / job.epochs if job and job.state == RUNNING and job.epochs else 0.0


def why(block: Block, job: Progress) -> str:
    """Why a job was broken off."""
    if job.state == KILLED:
        return f"killed: ended without a word, {block.at_work}"
    return job.reason if job.state == STOPPED else f"failed: {job.reason}"


def usual_seconds(blocks: Iterable[Block]) -> dict[Kind, float]:
    """What a run of each kind takes: the median of finished ones, else by the epochs of others."""
    took: dict[Kind, list[float]] = defaultdict(list)
    paces: dict[Kind, list[float]] = defaultdict(list)
    for block in blocks:
        took[block.kind] += block.seconds
        if (job := block.job) and job.epoch > job.resumed:
            pace = (job.updated - job.since) / (job.epoch - job.resumed)
            paces[block.kind].append(pace * job.epochs)
    return {kind: median(took[kind] or paces[kind]) for kind in took if took[kind] or paces[kind]}


def first(lines: Sequence[str]) -> list[str]:
    """Lines, of many only the first."""
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], *([f"  and {more} more"] if more > 0 else [])]
