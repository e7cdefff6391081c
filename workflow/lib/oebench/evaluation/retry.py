"""Have runs made again that ended badly: that diverged or collapsed, or whose job was broken off.

A run that diverged or collapsed is a result, which the store keeps and every later job adopts, so
its scores have to go. A job that was broken off is made again by any call of the workflow, and goes
on from what it has kept; only what it says of itself goes.
"""

import json
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from oebench.artifacts import progress, scores
from oebench.artifacts.manifest import StudyManifest
from oebench.artifacts.progress import RUNNING, Progress
from oebench.artifacts.stored import finished_file, store_key
from oebench.evaluation.collect import collect
from oebench.registry import OK
from oebench.validation import UserError
from oebench.wording import amount

HONEST = (
    "On the same machine, with the same code, recipe and images, a run ends as before, on a CPU to "
    "the last bit: to try again helps where the machine or its driver has changed; else change the "
    "recipe."
)
NOTHING = "No run has diverged or collapsed, and no job was broken off: nothing to try again."


def retry(
    studies: Sequence[StudyManifest],
    results: Path,
    caches: Path,
    jobs: Mapping[str, Progress],
    command: Sequence[str],
    dry_run: bool = False,
) -> Iterator[str]:
    """Delete what keeps runs that ended badly from being made again; says what, in lines.

    jobs: what jobs say of themselves, by scores file within all runs. command: makes the studies.
    dry_run: delete nothing. Raises UserError where a job is at work: it may read what would go.
    """
    working = [job for job in jobs.values() if job.state == RUNNING]
    if working:
        raise UserError(
            f"{amount(len(working), 'job')} of {results} at work, first {working[0].where}: wait "
            "until the workflow has ended, or stop it, then call again"
        )
    go = "would be deleted" if dry_run else "were deleted"
    ended_badly = bad_runs(studies, results, caches)
    for path, ended in ended_badly.items():
        stored = stored_files(results, path)
        lost = [each for each in stored if each not in ended and not stored[each].exists()]
        for member, status in ended.items():
            yield f"{path.parent / member} has {status}; its scores {go}"
        if lost:  # others come back from the store
            told = "trained again too, for they are in the same file and the store has lost them"
            yield f"  {amount(len(lost), 'other run')} {told}: {', '.join(lost)}"
        if not dry_run:
            for stale in (*(stored[member] for member in ended), path):
                stale.unlink(missing_ok=True)
    files = {group.file for study in studies for group in study.groups}
    broken_off = [file for file in jobs if file in files]
    for file in broken_off:
        yield f"{file} {jobs[file].state}; it goes on from its last checkpoint"
        if not dry_run:
            progress.forget(progress.file_of(results / "store", results / "runs" / file))
    if ended_badly:
        yield HONEST
    again = f"`{shlex.join(command)}` makes them again."
    yield again if ended_badly or broken_off else NOTHING


def bad_runs(
    studies: Sequence[StudyManifest], results: Path, caches: Path
) -> dict[Path, dict[str, str]]:
    """By their scores file the runs that diverged or collapsed, and which of the two it was."""
    found: dict[Path, dict[str, str]] = defaultdict(dict)
    for study in studies:
        runs = collect(study, results / "runs", caches).runs
        bad = runs.loc[runs["status"] != OK, ["path", "group", "status"]]
        for path, member, status in bad.to_numpy():
            found[Path(path)][member] = status
    return found


def stored_files(results: Path, path: Path) -> dict[str, Path]:
    """Where the store has each run of a scores file, by what that says it was made of."""
    found = {}
    for member in scores.members(path):
        made, _ = scores.read(path, member)
        key = store_key(
            scores.run_of(path, member),
            json.loads(made["recipe_resolved"]),
            made["arithmetic"],
            made["code"],
            json.loads(made["images"]),
        )
        found[member] = finished_file(results / "store", key)
    return found
