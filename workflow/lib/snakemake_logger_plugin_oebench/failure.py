"""Why a step failed, in the words of whoever ended it, and the last lines of what it wrote."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

LOG_LINES = 15
MORE = "each further attempt gets twice as much"
# Why a scheduler says that it ended a job: what that means and what to change.
REASONS = {
    "OUT_OF_MEMORY": f"it ran out of memory; {MORE}, and `jobs.mem_mb` sets the first",
    "TIMEOUT": f"it reached its time limit; {MORE}, and `jobs.runtime` sets the first",
    "DEADLINE": "it could not end before a deadline that the site has set",
    "CANCELLED": "it was cancelled, by scancel, by the site or by Ctrl-C",
    "PREEMPTED": "it had to make room for another job",
    "NODE_FAIL": "its machine failed",
    "BOOT_FAIL": "its machine did not start",
    "FAILED": "its command failed, or the process was killed",
}
# What Slurm writes into a job's log when it ends it, which tells more than its status may.
WRITTEN = {
    "OUT_OF_MEMORY": r"exceeded (job )?memory limit|oom.kill|out of memory",
    "TIMEOUT": r"due to time limit",
    "PREEMPTED": r"due to preemption",
    "NODE_FAIL": r"due to node failure",
    "CANCELLED": r"\*\*\* (job|step) .* cancelled at",
}
SCHEDULERS = re.compile(r"^(slurmstepd|srun|slurmd|sbatch)\b")
STATUS = re.compile(r"SLURM status is: '(?P<status>\w+)")
REFUSED = re.compile(r"sbatch failed\. The error message was '(?P<said>.*?)'\.?\s*$", re.M | re.S)
REFUSAL = "the scheduler refused it: {}. Partition, account and limits stand in the profile"
# What executors say in every case.
FURTHER = "For further error details see the cluster/cloud log and the log files of the involved"
State = tuple[int, int]  # of a log: when it was written, and its size


class Attempt(NamedTuple):
    """What there was before an attempt: logs of an older one tell nothing of it."""

    logs: dict[str, State | None]

    @classmethod
    def begins(cls, logs: Iterable[str]) -> "Attempt":
        return cls({log: state_of(Path(log)) for log in logs})

    def wrote(self, log: str) -> bool:
        """Whether the attempt has written to its log."""
        now = state_of(Path(log))
        return now is not None and now != self.logs.get(log)


def state_of(log: Path) -> State | None:
    try:
        status = log.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def reason(message: str | None, number: str | None, logs: Iterable[str] = ()) -> list[str]:
    """What an executor says of a job that it ended.

    number: the scheduler's of the job; logs: what there is of it.
    """
    said = (message or "").partition(FURTHER)[0].strip()
    if found := STATUS.search(said):
        # Only the scheduler's lines: a training may say that its GPU is out of memory.
        wrote = "\n".join(line for log in logs for line in schedulers_lines(there(Path(log))))
        read = (name for name, words in WRITTEN.items() if re.search(words, wrote, re.I))
        status = next(read, found["status"])
        named = f"job {number}: " if number else ""
        return [f"{named}{REASONS.get(status, 'it ended')} ({status})"]
    if found := REFUSED.search(said):
        return [REFUSAL.format(" ".join(found["said"].split()))]
    return [line.strip() for line in said.splitlines()[:LOG_LINES] if line.strip()]


def is_elsewhere(message: str | None) -> bool:
    """Whether a job was a scheduler's, whose executor said this of it."""
    return FURTHER in (message or "")


def logs_of(attempt: Attempt, logs: Iterable[str]) -> list[str]:
    """The last lines of what a failed attempt has written."""
    lines = []
    for log in logs:
        place = there(Path(log))
        older = log in attempt.logs and not attempt.wrote(log)
        wrote = ["(it wrote nothing)"] if older else tail(place)
        lines += [f"  {place}:", *(f"  | {line}" for line in wrote)]
    return lines


def there(log: Path) -> Path:
    """The log of a scheduler's job; those of an array lie above where the executor says."""
    if log.exists():
        return log
    above = [folder / log.name for folder in log.parents if "slurm_logs" in folder.parts]
    return next((place for place in above if place.exists()), log)


def tail(log: Path) -> list[str]:
    """The last lines of a log file; where a scheduler has written into it, its lines."""
    if not log.exists():
        return ["(there is no log file)"]
    lines = schedulers_lines(log) or lines_of(log)
    return lines[-LOG_LINES:] or ["(the log file is empty)"]


def schedulers_lines(log: Path) -> list[str]:
    """What a scheduler has written into a log, each line once."""
    return [*dict.fromkeys(line for line in lines_of(log) if SCHEDULERS.match(line))]


def lines_of(log: Path) -> list[str]:
    try:
        return log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
