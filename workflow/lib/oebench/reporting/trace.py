"""How a file was made, from what it holds and what lies beside it, and how it is made again.

A file of the results has a record (`artifacts/record.py`); scores and caches say it themselves; a
figure or table that travels alone has its mark (`artifacts/marks.py`), and a copy is known again by
its checksum. What cannot be known is said.
"""

import json
import os
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from oebench import origin
from oebench.artifacts import identity, manifest, marks, record, runs, scores
from oebench.artifacts.cache import Cache
from oebench.artifacts.manifest import Manifest, StudyManifest
from oebench.evaluation import current
from oebench.evaluation.current import Project, Today
from oebench.evaluation.explain import compared
from oebench.reporting.leftover import FIGURE, PLACES
from oebench.run import Run
from oebench.validation import UserError
from oebench.wording import amount, listed

# What each command makes, and where the workflow has it in the results, by the name of what it is.
KINDS = {
    "collect": ("the table of runs of", "studies/{}"),
    "merge": ("the table of all runs", "runs"),
    "table": ("the table of", "tables/{}"),
    "curve": ("the curve of", "figures/{}"),
    "toy-figure": ("the toy figure of", "figures/{}"),
    "comparison": ("the comparison of the methods of", "comparisons/{}"),
    "look": ("the plot of the run", "looks/{}"),
    "claims": ("the paper's claims, judged by the runs", "claims"),
    "overview": ("the overview of all studies", "overview"),
    "report": ("the report of all studies", "report"),
}
OF_ALL = ("runs.csv", "claims.csv", "claims.md", "claims.html", "overview.html", "report.html")
REPORT = b"<title>Snakemake Report</title>"
SHOWN = 20  # files of many
Lines = Iterator[str]


def traced(path: Path, project: Project) -> list[str]:
    """What is known of how a file was made, in lines; the last is the command that makes it again.

    Raises UserError where it is nothing that the workflow makes, or is damaged.
    """
    if path.is_dir():
        raise UserError(f"{path} is a folder; name a file in it")
    path = next((each.place for each in record.listed_in(path)), path)  # of a record, what it is of
    project = project.around(path)
    kinds = (recorded, stored, asked_for, marked, tabled) if path.exists() else (to_come,)
    for kind in kinds:
        if lines := [*kind(path, project)]:
            return lines
    raise UserError(
        f"{path} says nothing of how it was made, and no file of {project.results} is equal to it"
        if path.exists()
        else f"there is no file {path}, and the configuration asks for none of that name"
    )


# Files that are collected or drawn


def recorded(path: Path, project: Project) -> Lines:
    """A file with a record, and one that is like such a file."""
    found = next(record.find(path, project.results), None)
    if found is None:
        return
    each, root = found.record, record.root_of(found.place, found.listed)
    what, _ = KINDS.get(each.what, (each.what, ""))
    name = "" if each.name == marks.PLAN else f" {each.name}"
    yield f"{path}: {what}{name}" + (f"; {found.how}" if found.how else "")
    yield f"made: {each.made}"
    yield f"command: {each.call['command']}"
    if each.code:
        yield f"code: {each.code}, of `oebench {each.what}`"
    yield f"commit: {origin.told(each.commit)}"
    yield told_versions(each.versions)
    yield f"configuration: {origin.configfile(each.call)}"
    yield from (f"study {name}: {about}" for name, about in each.studies.items())
    yield from told_recipes(each.recipes)
    yield from told_runs(each.runs)
    yield from told_images(each.runs, project.caches)
    yield f"made of: {amount(len(each.inputs), 'file')}, with their SHA-256"
    yield from (f"  {file} {known}" for file, known in [*each.inputs.items()][:SHOWN])
    if len(each.inputs) > SHOWN:
        yield f"  and {len(each.inputs) - SHOWN} more, in {record.beside(found.place)}"
    reasons = partial(current.of_record, found, project=project)
    yield from current.told(root, each.call, project, reasons)
    yield again(each.call, found.listed, root)


# Scores and caches


def stored(path: Path, project: Project) -> Lines:
    """A scores file, of the results or of the store, or a cache."""
    facts = identity.begins(path)
    if identity.WHOLE not in facts:
        return
    unknown = {"file": os.path.relpath(path), **default(project)}
    kind = told_scores if scores.members(path) else told_cache
    yield from kind(path, facts, facts.get(identity.CALL, unknown), project)


def told_scores(path: Path, facts: identity.Facts, call: dict[str, str], project: Project) -> Lines:
    read = dict(scores.read_all(path, scores.members(path)))
    bad = [each for each in read.values() if isinstance(each, UserError)]
    if bad:
        raise bad[0]
    found = {member: each[0] for member, each in read.items() if not isinstance(each, UserError)}
    every = [*found.values()]
    run = scores.described(every[0])
    status = Counter(each["status"] for each in every)
    yield f"{path}: the scores of {amount(len(found), 'run')} of {run.condition}"
    yield f"runs: {listed(found)}"
    yield f"status: {', '.join(f'{count} {name}' for name, count in status.items())}"
    finished = sorted(each.get("finished") or origin.UNKNOWN for each in every)
    yield f"trained: {finished[0]}" + (f" to {finished[-1]}" if len(finished) > 1 else "")
    yield f"command: {call.get('command', origin.UNKNOWN)}"
    yield f"configuration: {origin.configfile(call)}"
    yield from told_recipes({run.recipe: json.loads(every[0]["recipe_resolved"])})
    attributes = record.of_attributes(every)
    yield from told_runs(attributes)
    yield from told_images(attributes, project.caches)
    root = record.root_of(path, call["file"])
    output = "runs" in facts  # unlike those of the store

    def reasons(today: Today) -> Iterator[str]:
        for member, each in found.items():
            asked, wrong = compared(each, path, member, today.studies.values(), project.caches)
            if wrong:
                yield f"{member} was {'; '.join(wrong)}"
            elif output and not asked:
                yield f"no study asks for {member}"

    yield from current.told(root, call, project, reasons)
    yield again(call, call["file"] if output else file_of(run, project.results), root)


def file_of(run: Run, results: Path) -> str:
    """The scores file that a run is a part of, by what was asked for last; "" where it is not."""
    try:
        _, studies = manifest.read_all(results / "plan")
    except UserError:
        return ""
    groups = (group for study in studies for group in study.groups)
    found = (group.file for group in groups if run.path in group.paths())
    return next((f"{results.as_posix()}/runs/{file}" for file in found), "")


def told_cache(path: Path, facts: identity.Facts, call: dict[str, str], project: Project) -> Lines:
    cache = Cache(path)
    name = cache.name(str(json.loads(cache.attributes["dataset"])))
    about = {
        key: json.loads(cache.attributes.get(key, "{}")) for key in ("commit", "dirty", "versions")
    }
    what, made_by = ("vectors", "embed") if "features" in facts else ("images", "prepare")
    yield f"{path}: the {what} of {name}"
    yield f"command: {call.get('command', origin.UNKNOWN)}"
    yield f"code: {facts.get('code', origin.UNKNOWN)}, of `oebench {made_by}`"
    yield f"commit: {origin.told(about)}"
    yield told_versions(about["versions"])
    yield f"configuration: {origin.configfile(call)}"
    yield f"{what} of {name}: SHA-256 {cache.checksum}"
    yield from told_source(cache, cache.checksum)
    root = record.root_of(path, call["file"])
    # Vectors say of which images they are; their own name is the file's.
    asked = name if what == "images" else name_of(path, project.caches)

    def reasons(today: Today) -> Iterator[str]:
        if reason := today.cache(asked, identity.read(path)):
            yield reason

    yield from current.told(root, call, project, reasons)
    yield again(call, call["file"], root)


def name_of(path: Path, caches: Path) -> str:
    """The name of a cache by its place."""
    return os.path.relpath(path.with_suffix(""), caches)


# What is asked for, and files without a record


def asked_for(path: Path, project: Project) -> Lines:
    """A manifest: what a study, or the whole configuration, asks for."""
    if path.suffix != ".json":
        return
    found = read_manifest(path)
    if found is None:
        return
    if isinstance(found, Manifest):
        yield f"{path}: what the whole configuration asks for ({found.title})"
        yield f"runs: {found.runs}, studies: {listed(found.studies)}"
        yield from (f"data set {each.name}: {each.model_dump_json()}" for each in found.datasets)
    else:
        yield f"{path}: what the study {found.name} asks for"
        yield f"study {found.name}: {found.about}"
        yield from told_recipes(found.recipes)
        yield from told_runs({"code": tuple(sorted({group.code for group in found.groups}))})
    # The workflow writes it by itself; what was made of it says how that was called.
    known = record.checksum(path)
    calls = {
        name: each.record.call
        for each in record.every(project.results)
        for name, checksum in each.record.inputs.items()
        if checksum == known and each.record.call.get("workflow")
    }
    name, call = next(iter(calls.items()), (f"results/plan/{path.name}", default(project)))
    yield f"configuration: {origin.configfile(call)}"
    root = record.root_of(path, name)

    def reasons(today: Today) -> Iterator[str]:
        asked = today.plan if isinstance(found, Manifest) else today.studies.get(found.name)
        yield from (
            current.of_manifest(path, asked) if asked else ("there is no such study any more",)
        )

    yield from current.told(root, call, project, reasons)
    yield again(call, name, root)


def read_manifest(path: Path) -> Manifest | StudyManifest | None:
    """A manifest of either kind; None where a file is something else."""
    try:
        return manifest.read(path, StudyManifest)
    except UserError:
        pass
    try:
        return manifest.read(path, Manifest)
    except UserError:
        return None


def marked(path: Path, project: Project) -> Lines:
    """A figure, table or page that has nothing but its mark."""
    mark = marks.read(path)
    if mark is None or mark.what not in KINDS:
        return
    # The report opens with the overview, mark and all.
    report = mark.what == "overview" and REPORT in path.read_bytes()
    what, place = KINDS["report" if report else mark.what]
    yield f"{path}: {what}" + ("" if mark.name == marks.PLAN else f" {mark.name}")
    yield f"code: {mark.code}, of `oebench {mark.what}`"
    yield f"asked: SHA-256 {mark.asked}... of what the study or the plan asks for"
    yield f"runs: SHA-256 {mark.runs}... of the runs' keys, status and metrics"
    yield (
        "unknown: commit, versions, device, arithmetic, images and command; nothing in "
        f"{project.results} was made of the same runs by the same code"
    )
    yield "current: not known here; in the folder of its project, the next line makes it again"
    yield again(default(project), f"results/{place.format(mark.name)}{path.suffix}", None)


def tabled(path: Path, project: Project) -> Lines:
    """A table of runs without its record: each row says how its run was made."""
    if path.suffix != ".csv":
        return
    try:
        table = runs.read(path)
    except UserError:
        return
    yield f"{path}: a table of {amount(len(table), 'run')}"
    columns = {key: table[key].dropna().astype(str) for key in record.OF_RUNS}
    yield from told_runs({key: tuple(sorted(set(found))) for key, found in columns.items()})
    yield "unknown: commit, images, configuration and command; a CSV has no place for them"
    yield f"current: not known; no table in {project.results} is equal to it"
    yield again(default(project), "results/runs.csv", None)


def to_come(path: Path, project: Project) -> Lines:
    """An output of the configuration that is not there."""
    name = os.path.relpath(path)
    if name in outputs(project, project.today()):
        yield f"{path}: an output of the workflow that is not there"
        yield again(default(project), name, Path.cwd())


def outputs(project: Project, today: Today) -> Iterator[str]:
    """The files that the workflow makes, in the folder of the project."""
    results = project.results
    yield from (str(project.caches / f"{each.name}.h5") for each in today.plan.datasets)
    yield from (str(results / name) for name in (*OF_ALL, "plan/plan.json"))
    for name, study in today.studies.items():
        yield from (str(results / "runs" / group.file) for group in study.groups)
        yield from (str(results / f"looks/{run}{end}") for run in study.paths() for end in FIGURE)
        for folder, (suffixes, keys) in PLACES.items():
            if any(getattr(study, key) for key in keys):
                yield from (str(results / folder / f"{name}{suffix}") for suffix in suffixes)


# Parts of the answer


def told_versions(versions: Mapping[str, str]) -> str:
    return f"versions: {', '.join(f'{name} {value}' for name, value in versions.items())}"


def told_recipes(recipes: Mapping[str, dict[str, Any]]) -> Lines:
    """Recipes by value; a method without deep learning has none."""
    for name, recipe in recipes.items():
        yield f"recipe {name}: {json.dumps(recipe) if recipe else 'none'}"


def told_runs(found: record.Runs) -> Lines:
    """What is recorded of the runs that a file rests on."""
    for key in ("code", "commit", "device", "arithmetic", "versions"):
        if found.get(key):
            yield f"{key} of the runs: {'; '.join(found[key])}"


def told_images(found: record.Runs, caches: Path) -> Lines:
    """The checksums of images, and where they come from, as far as the caches here hold them."""
    for each in found.get("images", ()):
        name, _, known = each.rpartition(" ")
        yield f"images of {name}: SHA-256 {known}"
        yield from told_source(Cache(caches / f"{name}.h5"), known)


def told_source(cache: Cache, known: str) -> Lines:
    """Where images come from, if the cache holds those of this checksum."""
    try:
        held = known in cache.listed.values()
    except UserError:  # there is no such cache
        held = False
    if not held:
        yield f"  where they come from is not known: {cache.path} does not hold them"
        return
    made_of = identity.read(cache.path)
    if "features" in made_of:
        yield f"  vectors: {json.dumps(made_of['features'])}"
    else:
        entry = made_of.get("dataset", {})
        classes = entry.pop("classes", ())
        named = f", {amount(len(classes), 'class')}" if classes else ""
        yield f"  data set: {json.dumps(entry)}{named}"
    for source, md5 in json.loads(cache.attributes["checksums"]).items():
        yield f"  MD5 {md5} of {source}"


def default(project: Project) -> dict[str, str]:
    """The call of a workflow that nothing tells of."""
    return {"workflow": origin.workflow(project.configfile or origin.CONFIGFILE)}


def again(call: Mapping[str, str], file: str, root: Path | None) -> str:
    """The command that makes a file again, in the folder of its project."""
    if not file:
        return "no command makes this file: nothing that is asked for needs it"
    command = origin.again(call, file)
    elsewhere = root is not None and root != Path.cwd()
    return f"cd {shlex.quote(str(root))} && {command}" if elsewhere else command
