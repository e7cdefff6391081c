"""The time that is left, from what finished jobs took."""

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import Any, Self


@dataclass(frozen=True)
class Work:
    """What decides how long a job takes."""

    kind: tuple[str, ...]
    runs: int = 0  # networks or baselines that it trains, none in other steps

    @classmethod
    def of(cls, rule: str, wildcards: dict[str, Any], runs: int) -> Self:
        """The work of a job; only training has a recipe, and runs.

        Without OE images a step of training has half the images, so that is another kind.
        """
        if "recipe" not in wildcards:
            return cls((rule,))
        exposed = "without OE" if wildcards["oe"] == "none" else "with OE"
        return cls((wildcards["dataset"], exposed, wildcards["recipe"]), runs)


class Forecast:
    """Follows the jobs that there are to do. A moment, `now`, is in seconds of any clock.

    An unfinished run takes the median of the finished runs of its data set and recipe, with OE or
    without, and as many jobs go on at once as did so far. Stored runs that are adopted in no time
    make the estimate too short until jobs that train have outnumbered them.
    """

    def __init__(self) -> None:
        # A job that nobody foretold has a kind of its own.
        self.work: dict[int, Work] = defaultdict(lambda: Work(()))
        self.open: set[int] = set()
        self.started: dict[int, float] = {}
        self.rates: dict[tuple[str, ...], list[float]] = defaultdict(list)
        self.trained = 0.0  # seconds of all training jobs that have ended
        self.first_training: float | None = None

    def expect(self, work: dict[int, Work]) -> None:
        """The jobs to do, by number."""
        self.work.update(work)
        self.open.update(work)

    def start(self, job: int, now: float) -> None:
        """A job begins, for the first time or after a failure."""
        self.started[job] = now
        self.open.add(job)
        if self.work[job].runs and self.first_training is None:
            self.first_training = now

    def finish(self, job: int, now: float) -> float:
        """A job ended well; the seconds that it took, 0 if it never began."""
        work, known = self.work[job], job in self.started
        seconds = self.fail(job, now)
        if known:
            self.rates[work.kind].append(seconds / (work.runs or 1))
        return seconds

    def fail(self, job: int, now: float) -> float:
        """A job ended, and its seconds tell nothing of others."""
        seconds = now - self.started.pop(job, now)
        self.open.discard(job)
        if self.work[job].runs:
            self.trained += seconds
        return seconds

    def left(self, now: float) -> tuple[float, bool] | None:
        """Seconds that are left, and whether a finished job stands for each run that is.

        None while most runs have no such job. Other steps count once one of their rule is finished.
        """
        usual = {kind: median(rates) for kind, rates in self.rates.items()}
        known = sum(self.work[job].runs for job in self.open if self.work[job].kind in usual)
        unknown = sum(self.work[job].runs for job in self.open) - known
        at_once = self.jobs_at_once(now)
        if unknown > known or not at_once:
            return None
        remaining = [0.0]
        for job in self.open:
            work, spent = self.work[job], now - self.started.get(job, now)
            remaining.append(max(0.0, (work.runs or 1) * usual.get(work.kind, 0.0) - spent))
        # The last jobs may be fewer than could run.
        return max(sum(remaining) / at_once, max(remaining)), not unknown

    def jobs_at_once(self, now: float) -> float:
        """The mean number of training jobs since the first of them began."""
        if self.first_training is None or now == self.first_training:
            return 0.0
        running = [now - begun for job, begun in self.started.items() if self.work[job].runs]
        return (self.trained + sum(running)) / (now - self.first_training)
