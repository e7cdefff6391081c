"""The record of files that are collected or drawn, BASE.provenance.json: of what, and by what.

One for all files of a command, which are called alike: `tables/pets.provenance.json` for
`tables/pets.csv`, `.md`, `.tex` and `.html`. What is recorded of the runs is handed on from table
to figure, so that a record is whole without the others. Scores and caches carry the same inside
(`identity.py`).
"""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import Field, ValidationError

from oebench import origin
from oebench.artifacts import identity, marks
from oebench.artifacts.manifest import StudyManifest
from oebench.files import atomic
from oebench.validation import Strict

SUFFIX = ".provenance.json"
Value = TypeVar("Value")
Runs = dict[str, tuple[str, ...]]  # by what is recorded of runs, the values that they have
OF_RUNS = ("code", "device", "arithmetic", "versions")  # beside commit and images


class Record(Strict):
    """How some files were made. Paths are those of the command, from the folder of the project."""

    what: str  # the command that makes such files, without `oebench`
    name: str  # the study or the run that they show, or `marks.PLAN`
    files: dict[str, str]  # with their SHA-256
    inputs: dict[str, str]  # likewise, of what they were made of
    code: str = ""  # the hash of the command's code, with that of its methods
    methods: tuple[str, ...] = ()
    mark: str = ""  # the line that the files carry
    studies: dict[str, str] = Field({})  # what each is about
    recipes: dict[str, dict[str, Any]] = Field({})  # by value
    runs: Runs = Field({})
    made: str  # the time, UTC
    call: dict[str, str]  # `origin.call`
    commit: dict[str, str]  # `origin.commit`
    versions: dict[str, str]  # `origin.versions`


def beside(path: Path) -> Path:
    """Where the record of a file is; of a record, itself."""
    return path if path.name.endswith(SUFFIX) else path.with_name(path.stem + SUFFIX)


def write(
    what: str,
    files: Sequence[Path],
    inputs: Iterable[Path],
    studies: Sequence[StudyManifest] = (),
    *,
    name: str = "",
    code: str = "",
    methods: Iterable[str] = (),
    recipes: Mapping[str, dict[str, Any]] | None = None,
    runs: Runs | None = None,
    command: str = "",
) -> None:
    """Record how files were made that are called alike.

    studies: those that are shown; `name` where it is not one of them. Of runs, recipes and studies
    that is recorded, too, which the inputs' records hand on. command: where it is not the one that
    runs.
    """
    used = {path.as_posix(): checksum(path) for path in inputs}
    before = [
        each.record
        for path, known in used.items()
        for each in listed_in(beside(Path(path)))
        if each.listed == path and each.record.files[path] == known
    ]
    about = {each.name: each.about for each in studies}
    by_study = [each.recipes for each in studies]
    record = Record(
        what=what,
        name=name or (studies[0].name if len(studies) == 1 else marks.PLAN),
        files={path.as_posix(): checksum(path) for path in files},
        inputs=used,
        code=code,
        methods=tuple(sorted(set(methods))),
        mark=str(next(filter(None, map(marks.read, files)), "")),
        studies=union([*(each.studies for each in before), about]),
        recipes=union([*(each.recipes for each in before), *by_study, recipes or {}]),
        runs=together([runs or {}, *(each.runs for each in before)]),
        made=origin.now(),
        call=origin.call() | ({"command": command} if command else {}),
        commit=origin.commit(),
        versions=origin.versions(command.partition(" ")[0]),
    )
    with atomic(beside(files[0])) as temporary:
        temporary.write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> Record | None:
    """A record; None where there is none, or something else in its place."""
    try:
        return Record.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


class Found(NamedTuple):
    """A record that tells of a file, and how: of the file itself, or of one that is like it."""

    record: Record
    listed: str  # the path that the record has for it
    place: Path  # where that file is
    how: str = ""


def find(path: Path, results: Path) -> Iterator[Found]:
    """The records that tell of a file, the best first.

    That beside it; that of an equal file among the results; that of a file with the same mark.
    """
    own = [each for each in listed_in(beside(path)) if each.place.name == path.name]
    yield from (each for each in own if root_of(path, each.listed))
    known, mark = checksum(path), marks.read(path)
    others = every(results)
    for each in others:
        if each.record.files[each.listed] == known:
            yield each._replace(how=f"a copy of {each.place}")
    yield from own
    for each in others:
        if mark and each.record.mark == str(mark) and each.place.suffix == path.suffix:
            yield each._replace(how=f"made of the same runs by the same code as {each.place}")


def every(results: Path) -> list[Found]:
    """The files of all records among the results, those that the workflow has made first."""
    found = [each for file in sorted(results.rglob(f"*{SUFFIX}")) for each in listed_in(file)]
    return sorted(found, key=lambda each: not each.record.call.get("workflow"))


def listed_in(path: Path) -> Iterator[Found]:
    """The files of a record, which lie beside it."""
    found = read(path)
    if found:
        for name in found.files:
            yield Found(found, name, path.with_name(Path(name).name))


def root_of(path: Path, recorded: str) -> Path | None:
    """The folder of the project that a file lies in, by its path there; None where it was moved."""
    parts, there = Path(recorded).parts, Path(os.path.abspath(path)).parts
    if Path(recorded).is_absolute():
        return Path.cwd() if there == parts else None
    inside = bool(parts) and there[-len(parts) :] == parts
    return Path(*there[: -len(parts)]) if inside else None


def checksum(path: Path) -> str:
    """The SHA-256 of a file; of a cache or scores file the one that it begins with."""
    if path.suffix == ".h5" and (known := identity.begins(path).get(identity.WHOLE)):
        return str(known)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of_attributes(runs: Iterable[Mapping[str, Any]]) -> Runs:
    """What is recorded of these runs, by the attributes of each."""
    return together(
        {
            **{key: (str(each[key]),) for key in OF_RUNS if each.get(key)},
            "commit": (origin.told(each),),
            "images": tuple(
                " ".join(pair) for pair in json.loads(each.get("images") or "{}").items()
            ),
        }
        for each in runs
    )


def union(found: Iterable[Mapping[str, Value]]) -> dict[str, Value]:
    """All entries of several mappings, of which the last one has its way."""
    return {key: value for each in found for key, value in each.items()}


def together(found: Iterable[Runs]) -> Runs:
    """The distinct values of several."""
    values: dict[str, set[str]] = defaultdict(set)
    for each in found:
        for key, given in each.items():
            values[key].update(given)
    return {key: tuple(sorted(given)) for key, given in values.items() if given}
