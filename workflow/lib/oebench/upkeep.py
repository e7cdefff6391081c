"""What finished runs there are in the store, and what killed or broken writes have left."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from oebench.artifacts import identity, progress
from oebench.artifacts.progress import RUNNING
from oebench.artifacts.stored import FINISHED, STATE, finished_beside
from oebench.files import BROKEN, left_behind
from oebench.validation import UserError
from oebench.wording import amount


class Left(NamedTuple):
    """Files of one kind that somebody has left behind."""

    what: str
    files: list[Path]
    remark: str = "--prune removes them"
    dear: bool = False  # whether work is lost with them


def counted(
    results: Path, folders: Iterable[Path], prune: bool = False, checkpoints: bool = False
) -> Iterator[str]:
    """A line for what the store holds and for each kind of files that can be removed.

    folders: beside that of the results those of caches and downloads. prune: remove what nobody
    needs; finished runs stay. checkpoints: with it those of unfinished runs that no job is at work
    on; such runs begin anew.
    """
    store = results / "store"
    runs = [*store.rglob(f"[!.]*{FINISHED}")]
    yield f"{amount(len(runs), 'finished run')} in {store}, {size(runs)}"
    for left in kinds(store, [*below(results, *folders)]):
        removed = prune and (checkpoints or not left.dear)
        if left.files:
            told = "removed" if removed else f"left behind; {left.remark}"
            yield f"{amount(len(left.files), left.what)}, {size(left.files)}, {told}"
        for file in left.files if removed else ():
            if file.is_relative_to(progress.folder_of(store)):
                progress.forget(file)
            else:
                file.unlink(missing_ok=True)


def kinds(store: Path, folders: list[Path]) -> Iterator[Left]:
    """What is left in a store and in these folders, by kind."""
    yield Left("temporary file", [file for each in folders for file in left_behind(each)])
    yield Left("broken file", [file for each in folders for file in each.glob(f"*{BROKEN}")])
    yield Left("stale job file", progress.left_by_jobs(store))
    at_work = {job.stored for job in progress.read_all(store).values() if job.state == RUNNING}
    states = [file for file in store.rglob(f"[!.]*{STATE}") if file.stem not in at_work]
    over = [file for file in states if is_finished(finished_beside(file))]
    yield Left("stale checkpoint", over)
    yield Left(
        "checkpoint",
        [file for file in states if file not in over],
        "unfinished runs go on from them; --prune --checkpoints removes them",
        dear=True,
    )


def below(*folders: Path) -> Iterator[Path]:
    """These folders and all in them."""
    return (Path(here) for folder in folders for here, *_ in os.walk(folder))


def tidy(*folders: Path) -> None:
    """Remove what killed writers have left in these folders, of files that nobody writes again."""
    for folder in below(*folders):
        for file in left_behind(folder):
            file.unlink(missing_ok=True)


def is_finished(stored: Path) -> bool:
    """Whether the store has a run whole."""
    try:
        identity.check_whole(stored)
    except UserError:
        return False
    return True


def size(files: Iterable[Path]) -> str:
    """How large files are together, in words."""
    total = 0
    for file in files:
        with suppress(FileNotFoundError):  # a job has just removed it
            total += file.stat().st_size
    return f"{total / 1e6:.1f} MB"
