"""Is a file what would be made now? If not, the reasons, as sentences.

It is compared in the folder of its project only: paths, configuration and caches are those there.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from oebench import origin
from oebench.artifacts import identity, manifest, marks, record
from oebench.artifacts.manifest import Manifest, StudyManifest
from oebench.evaluation.collect import collect
from oebench.evaluation.explain import check_current, explained
from oebench.provenance import command_hash
from oebench.registry import METHODS
from oebench.validation import UserError
from oebench.wording import printed

CACHES = "resources/caches"  # beside the folder of the results


class Today(NamedTuple):
    """What a configuration asks for now."""

    plan: Manifest
    studies: Mapping[str, StudyManifest]
    # Why a cache, by its name and what it is made of, is not what is asked for; None if it is.
    cache: Callable[[str, identity.Facts], str | None]


class Project(NamedTuple):
    """The folders of results and caches, and what the configuration in a file asks for.

    configfile: the one to compare with, where it is not the one that a file was made with.
    """

    results: Path
    caches: Path
    asked: Callable[[Path], Today]
    configfile: Path | None = None

    def around(self, path: Path) -> "Project":
        """The project that a file lies in, where it lies among results."""
        folders = Path(os.path.abspath(path)).parents
        inside = next((each for each in folders if (each / "plan").is_dir()), None)
        if inside is None:
            return self
        results = Path(os.path.relpath(inside))
        return self._replace(results=results, caches=results.parent / CACHES)

    def today(self, made_with: Path = origin.CONFIGFILE) -> Today:
        return self.asked(self.configfile or made_with)


def told(
    root: Path | None,
    call: Mapping[str, str],
    project: Project,
    reasons: Callable[[Today], Iterable[str]],
) -> Iterator[str]:
    """Whether a file is current, in lines. root: the folder of its project, None where it moved.

    call: by which it was made. reasons: why it is not what would be made now.
    """
    if root is None:
        yield "current: not known; it does not lie where it was made"
    elif root != Path.cwd():
        yield f"current: not known here; call `oebench explain` in {root}"
    else:
        try:
            found = [*reasons(project.today(origin.configfile(call)))]
        except UserError as error:
            yield f"current: not known; {printed(str(error))}"
            return
        yield f"current: {'no' if found else 'yes'}"
        yield from (f"  {each}" for each in found)


def of_record(found: record.Found, today: Today, project: Project) -> Iterator[str]:
    """Why a recorded file is not what would be made now."""
    each = found.record
    if not found.place.exists() or record.checksum(found.place) != each.files[found.listed]:
        yield f"{found.place} is not as it was written"
    for file, known in each.inputs.items():
        if not Path(file).exists():
            yield f"{file}, of which it was made, is gone"
        elif record.checksum(Path(file)) != known:
            yield f"{file}, of which it was made, has changed"
    if each.code:
        code = command_hash(each.what, *(METHODS[name] for name in each.methods if name in METHODS))
        if code != each.code:
            yield f"it was made by code {each.code}, today's is {code}"
    if each.what == "look":
        yield from of_look(each, today, project.caches)
    elif each.name == marks.PLAN:
        yield from of_manifest(project.results / "plan/plan.json", today.plan)
        for name in today.studies:
            yield from of_study(name, today, project)
    else:
        yield from of_study(each.name, today, project)


def of_study(name: str, today: Today, project: Project) -> Iterator[str]:
    """Why what a study asks for, or its runs, are not what they would be now."""
    if name not in today.studies:
        yield f"the configuration has no study {name} any more"
        return
    study = today.studies[name]
    yield from of_manifest(project.results / f"plan/{name}.json", study)
    lines = explained(study, collect(study, project.results / "runs", project.caches))
    yield from lines if len(lines) > 1 else ()


def of_look(each: record.Record, today: Today, caches: Path) -> Iterator[str]:
    """Why the run that is plotted is not what would be made now."""
    member = "/".join(each.name.split("/")[-2:])
    for file in map(Path, each.inputs):
        if file.suffix == ".h5" and file.exists():
            try:
                check_current(file, member, today.studies.values(), caches)
            except UserError as error:
                yield str(error)


def of_manifest(path: Path, asked: Manifest | StudyManifest) -> Iterator[str]:
    """Whether what was asked for, by its file, is no longer what is asked for."""
    kind: type[Any] = type(asked)
    try:
        same = manifest.read(path, kind).model_dump_json() == asked.model_dump_json()
    except UserError as error:
        yield str(error)
        return
    if not same:
        yield f"the configuration asks for something else by now than {path}"
