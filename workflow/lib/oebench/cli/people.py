"""The commands for people: what can run, what there is of it, and how it was made."""

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oebench import provenance
from oebench.cli.base import (
    CACHES,
    DEFAULT_CONFIG,
    DOWNLOADS,
    PEOPLE,
    PLAN,
    RESULTS,
    Code,
    Config,
    Results,
    Studies,
    app,
    sentences,
)
from oebench.registry import METHODS
from oebench.validation import UserError, unknown

if TYPE_CHECKING:
    from oebench.artifacts.manifest import StudyManifest
    from oebench.evaluation.current import Today
    from oebench.plan.manifests import Manifests


@app.command(rich_help_panel=PEOPLE)
def check(configfile: Config = DEFAULT_CONFIG) -> None:
    """Say whether the configuration can run: all errors in it and all data that is missing."""
    from oebench.plan.caches import Caches
    from oebench.plan.listing import differing, downloads, missing

    plan = read_manifests(configfile).plan
    if lines := [*missing(plan), *differing(plan)]:
        print("\n".join(lines))
        raise typer.Exit(1)
    for line in (*downloads(plan, DOWNLOADS), *Caches(plan).changed(CACHES)):
        print(line)
    print(f"{configfile}: {len(plan.runs)} runs, no data is missing")


@app.command(rich_help_panel=PEOPLE)
def runs(
    configfile: Config = DEFAULT_CONFIG,
    studies: Annotated[
        bool, typer.Option(help="A row per study instead of a row per run.")
    ] = False,
) -> None:
    """List the distinct runs of a configuration as CSV."""
    import csv

    from oebench.plan.listing import listed

    rows = listed(read_manifests(configfile).plan, studies)
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)


@app.command(rich_help_panel=PEOPLE)
def preview(configfile: Config = DEFAULT_CONFIG, results: Results = RESULTS) -> None:
    """Tables, figures, comparisons and claims from the runs that are finished so far."""
    from oebench.reporting.preview import preview

    with sentences():
        manifests = read_manifests(configfile)
        studies = [manifests.study(name) for name in manifests.plan.studies]
        for path in preview(manifests.whole_plan(), studies, results, CACHES):
            print(path)


@app.command(rich_help_panel=PEOPLE)
def plan(
    studies: Annotated[
        list[str], typer.Argument(help="A study that sweeps oe_size or oe_classes; more add runs.")
    ],
    target: Annotated[
        float | None, typer.Option(help="A mean AUROC in per cent.", min=50, max=100)
    ] = None,
    within: Annotated[
        float | None, typer.Option(help="Points below the best, in place of a target.", min=0)
    ] = None,
    write: Annotated[
        Path | None, typer.Option(help="A configuration to write, of what to run next.")
    ] = None,
    configfile: Config = DEFAULT_CONFIG,
    results: Results = RESULTS,
) -> None:
    """Say how many OE images or classes each method needs, and what to run to know it better."""
    from oebench.artifacts.runs import distinct
    from oebench.evaluation.collect import collect
    from oebench.evaluation.needed import Target, needed, proposals
    from oebench.plan.proposed import write_proposed
    from oebench.reporting.planner import lines

    with sentences():
        if target is not None and within is not None:
            raise UserError("--target and --within are both given; give one of them")
        asked = named_studies(read_manifests(configfile), studies)
        aim = None if target is within is None else Target(target, within)
        runs = distinct(collect(study, results / "runs", CACHES).runs for study in asked)
        found = needed(runs, asked[0], aim)
        for line in lines(asked, runs, found):
            print(line)
        if write is not None:
            written = write_proposed(configfile, studies[0], proposals(found), write)
            more = len(written.plan.runs) - len(written.plan.studies[studies[0]].runs)
            print(f"{write}: {more} runs; snakemake --cores all --configfile {write}")


@app.command(rich_help_panel=PEOPLE)
def outliers(
    study: Annotated[str, typer.Argument(help="A study with more seeds than two and little OE.")],
    configfile: Config = DEFAULT_CONFIG,
    results: Results = RESULTS,
) -> None:
    """Say which OE images and classes go with a higher AUROC, among seeds that saw others."""
    from oebench.reporting.outliers import outliers

    with sentences():
        (asked,) = named_studies(read_manifests(configfile), [study])
        for line in outliers(asked, results, CACHES):
            print(line)


@app.command(rich_help_panel=PEOPLE)
def look(
    path: Annotated[Path, typer.Argument(help="The scores file: path in runs.csv.")],
    group: Annotated[str, typer.Argument(help="The run in it: group in runs.csv.")],
    cache: Annotated[
        Path | None, typer.Option(help="Cache of its images; by default that of its data set.")
    ] = None,
    base: Annotated[
        Path | None, typer.Option(help="The files to write; by default RUN in results/looks.")
    ] = None,
    code: Code = "",
) -> None:
    """Plot one run: scores, ROC, classes, most and least anomalous images."""
    from oebench.artifacts import record
    from oebench.artifacts.checksums import path_of
    from oebench.artifacts.manifest import read_all
    from oebench.artifacts.scores import read, run_of
    from oebench.evaluation.explain import check_current
    from oebench.reporting.run_figure import write_run_figure

    with sentences():
        run = run_of(path, group)
        current = provenance.check(code, "look", METHODS[run.objective])
        images, drawn = cache or CACHES / f"{run.dataset}.h5", base or RESULTS / "looks" / run.path
        note = ""
        if not code:  # the workflow has compared it; nobody has where a person asks
            asked = read_all(PLAN)[1] if (PLAN / "plan.json").exists() else []
            note = check_current(path, group, asked, images.parent)
        files = write_run_figure(path, group, images, drawn, note, current)
        attributes, _ = read(path, group)
        record.write(
            "look",
            files,
            [path, path_of(images)],
            name=run.path,
            code=current,
            methods=[run.objective],
            recipes={run.recipe: json.loads(attributes["recipe_resolved"])},
            runs=record.of_attributes([attributes]),
        )
        for file in files:
            print(file)


@app.command(rich_help_panel=PEOPLE)
def explain(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[STUDY|FILE]...",
            help="Studies, by default all of the configuration; or files.",
        ),
    ] = None,
    configfile: Annotated[
        Path | None,
        typer.Option(
            "--configfile",
            help=f"The configuration; by default {DEFAULT_CONFIG}, or that a file was made with.",
        ),
    ] = None,
    results: Results = RESULTS,
) -> None:
    """Say which runs are as the configuration asks for; or how a file was made, and is made again.

    Of a study: which runs are missing or made otherwise, and why. Of any file of the results, or a
    copy of one: configuration, code, commit, versions, sources, command, and whether it is current.
    """
    from oebench.evaluation.current import Project
    from oebench.reporting.trace import traced

    files = [Path(name) for name in names or () if os.sep in name or Path(name).is_file()]
    studies = [name for name in names or () if Path(name) not in files]
    with sentences():
        asked = Project(results, CACHES, today, configfile)
        if files:
            print("\n\n".join("\n".join(traced(file, asked)) for file in files))
        if studies or not files:
            explain_studies(studies, configfile or DEFAULT_CONFIG, results)


def explain_studies(studies: list[str], configfile: Path, results: Path) -> None:
    """Which runs of these studies, or of all, are as the configuration asks for."""
    from oebench.evaluation.collect import collect
    from oebench.evaluation.explain import explained

    for study in named_studies(read_manifests(configfile), studies):
        print("\n".join(explained(study, collect(study, results / "runs", CACHES))))


def today(configfile: Path) -> "Today":
    """What a configuration asks for now. Raises ConfigError with a line for each thing to mend."""
    from oebench.evaluation.current import Today
    from oebench.plan.caches import Caches
    from oebench.plan.manifests import read_manifests

    manifests = read_manifests(configfile)
    studies = {name: manifests.study(name) for name in manifests.plan.studies}
    return Today(manifests.whole_plan(), studies, partial(Caches(manifests.plan).told, CACHES))


@app.command(rich_help_panel=PEOPLE)
def status(
    studies: Studies = None, configfile: Config = DEFAULT_CONFIG, results: Results = RESULTS
) -> None:
    """Say how far studies are, also while they run: done, at work, failed, missing, time left."""
    from oebench.artifacts.progress import read_all
    from oebench.evaluation.status import Status

    with sentences():
        asked = named_studies(read_manifests(configfile), studies)
        for line in Status(asked, results, CACHES, read_all(results / "store")).lines():
            print(line)


@app.command(rich_help_panel=PEOPLE)
def retry(
    studies: Studies = None,
    configfile: Config = DEFAULT_CONFIG,
    results: Results = RESULTS,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Only say what would be done.")
    ] = False,
) -> None:
    """Have runs made again that diverged or collapsed, or whose job failed."""
    from oebench.artifacts.progress import read_all
    from oebench.evaluation.retry import retry

    with sentences():
        asked = named_studies(read_manifests(configfile), studies)
        command = ["snakemake", "--cores", "all", *(studies or [])]
        if configfile != DEFAULT_CONFIG:
            command += ["--configfile", str(configfile)]
        jobs = read_all(results / "store")
        for line in retry(asked, results, CACHES, jobs, command, dry_run):
            print(line)


@app.command(rich_help_panel=PEOPLE)
def store(
    results: Results = RESULTS,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove what is left behind; no finished run is.")
    ] = False,
    checkpoints: Annotated[
        bool,
        typer.Option(
            "--checkpoints", help="With --prune: those of unfinished runs too, which begin anew."
        ),
    ] = False,
) -> None:
    """Say what the store of finished runs holds, and what killed or broken writes have left."""
    from oebench.upkeep import counted

    for line in counted(results, [CACHES, DOWNLOADS], prune, checkpoints):
        print(line)


@app.command(rich_help_panel=PEOPLE)
def schema() -> None:
    """Print the JSON schema of a configuration, for editors."""
    from oebench.config.schema import Config

    print(json.dumps(Config.model_json_schema(), indent=2))


@app.command(rich_help_panel=PEOPLE)
def keys() -> None:
    """Print every key of a configuration as Markdown: config/README.md is made of it."""
    from oebench.config.reference import reference

    print(reference())


def named_studies(manifests: "Manifests", names: list[str] | None) -> list["StudyManifest"]:
    """What these studies ask for, or all. Raises UserError for one that there is not."""
    known = [*manifests.plan.studies]
    for name in names or ():
        if name not in known:
            raise UserError(unknown("study", name, known))
    return [manifests.study(name) for name in names or known]


def read_manifests(configfile: Path) -> "Manifests":
    """The plan of a configuration file and what is shown of it, or the end with a sentence."""
    from oebench.plan.manifests import read_manifests

    with sentences():
        return read_manifests(configfile)
