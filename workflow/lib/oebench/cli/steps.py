"""The steps of the workflow, as its rules call them; a person can type them, too."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from oebench import provenance
from oebench.cli.base import (
    CACHES,
    FOLDERS,
    PLAN,
    RESULTS,
    WORKFLOW,
    Base,
    Caches,
    Code,
    Members,
    Output,
    PlanFolder,
    Results,
    Runs,
    ScoresFile,
    Store,
    StudyFile,
    app,
    methods,
    sentences,
)
from oebench.features import Features
from oebench.gpus import MOST_JOBS
from oebench.registry import records

DEFAULT = Features()


def asked(key: str) -> typer.models.OptionInfo:
    """The option of a key of `Features`."""
    return typer.Option(help=Features.model_fields[key].description)


@app.command(rich_help_panel=WORKFLOW)
def download(
    urls: Annotated[list[str], typer.Argument(help="Addresses, the first one tried first.")],
    output: Output,
    md5: Annotated[str | None, typer.Option(help="The publisher's checksum.")] = None,
    sha256: Annotated[
        str | None, typer.Option(help="Likewise, in the place of --md5; or its first digits.")
    ] = None,
) -> None:
    """Download a file, verified, from the first address that works."""
    from oebench.data.download import fetch
    from oebench.data.sources.base import Download

    with sentences():
        asked = Download(file=output.name, urls=tuple(urls), md5=md5, sha256=sha256)
        fetch(urls, output, asked.checksum)


@app.command(rich_help_panel=WORKFLOW)
def prepare(
    name: Annotated[str, typer.Argument(help="The data set's name.")],
    dataset: Annotated[str, typer.Option(help="The data set's entry, as JSON.")],
    output: Output,
    downloads: Annotated[Path | None, typer.Option(help="Folder of its downloaded files.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="For a pool that is drawn from: whose draw is kept.")
    ] = None,
    count: Annotated[int, typer.Option(help="Likewise: how many images of it.")] = 0,
    advice: Annotated[str, typer.Option(help="Said where the data is missing.")] = "",
    code: Code = "",
) -> None:
    """Make the cache of a data set from its source."""
    from oebench.data.dataset import Dataset
    from oebench.data.prepare import prepare

    with sentences():
        code = provenance.check(code, "prepare")
        entry = Dataset.model_validate({**json.loads(dataset), "advice": advice})
        prepare(name, entry, output, code, downloads, seed, count)


@app.command(rich_help_panel=WORKFLOW)
def embed(
    cache: Annotated[Path, typer.Argument(help="A cache of images.")],
    output: Output,
    model: Annotated[str, asked("model")] = DEFAULT.model,
    weights: Annotated[str, asked("weights")] = DEFAULT.weights,
    sha256: Annotated[str | None, asked("sha256")] = DEFAULT.sha256,
    size: Annotated[int, asked("size")] = DEFAULT.size,
    filter: Annotated[str, asked("filter")] = DEFAULT.filter,  # noqa: A002  # the option's name
    crop: Annotated[float | None, asked("crop")] = DEFAULT.crop,
    mean: Annotated[tuple[float, float, float] | None, asked("mean")] = DEFAULT.mean,
    std: Annotated[tuple[float, float, float] | None, asked("std")] = DEFAULT.std,
    precision: Annotated[str, asked("precision")] = DEFAULT.precision,
    blur: Annotated[
        float,
        typer.Option(help="Blur the images; a standard deviation in pixels.", min=0, max=1000),
    ] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    per_gpu: Annotated[
        int, typer.Option(help="How many such jobs share a GPU.", min=1, max=MOST_JOBS)
    ] = 1,
    threads: Annotated[
        int, typer.Option(help="CPU threads, which change no vector; 0 for all.", min=0)
    ] = 0,
    code: Code = "",
) -> None:
    """Make the cache of vectors of a cache of images, by a pretrained network."""
    from oebench.embedding.embed import embed

    with sentences():
        code = provenance.check(code, "embed")
        features = Features(
            model=model,
            weights=weights,
            sha256=sha256,
            size=size,
            filter=filter,
            crop=crop,
            mean=mean,
            std=std,
            precision=precision,
        )
        embed(cache, output, features, code, blur, device, per_gpu, threads)


@app.command(rich_help_panel=WORKFLOW)
def train(
    path: ScoresFile,
    members: Members,
    recipe: Annotated[str, typer.Option(help="The resolved recipe, as JSON.")],
    caches: Annotated[
        list[Path],
        typer.Option(
            "--cache", help="Cache of the normal and test images, then those of the OE images."
        ),
    ],
    store: Store = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    checkpoint_seconds: Annotated[
        float, typer.Option(help="Between two states of a training on the disk.")
    ] = 300,
    per_gpu: Annotated[
        int, typer.Option(help="How many such jobs share a GPU.", min=1, max=MOST_JOBS)
    ] = 1,
    kept: Annotated[
        list[str] | None,
        typer.Option("--keep", help="A run whose trained network is kept, in results/models."),
    ] = None,
    code: Code = "",
) -> None:
    """Make a scores file: train and score its runs, or adopt them from the store."""
    from oebench.artifacts.progress import at_work
    from oebench.artifacts.scores import results_of, run_of
    from oebench.recipe import Recipe
    from oebench.training.job import train_block

    with sentences():
        resolved, run = Recipe.model_validate_json(recipe), run_of(path, members[0])
        folder = store or results_of(path) / "store"
        how = (device, per_gpu, checkpoint_seconds, kept or ())
        with at_work(folder, path, members, code, resolved.model_dump(mode="json")):
            code = provenance.check(
                code, "train", *records(run.objective, run.norm, resolved.network)
            )
            train_block(path, members, resolved, caches, folder, code, *how)


@app.command(rich_help_panel=WORKFLOW)
def fit(
    path: ScoresFile,
    members: Members,
    cache: Annotated[Path, typer.Option(help="Cache of the normal and test images.")],
    store: Store = None,
    code: Code = "",
) -> None:
    """Make a scores file of a baseline without deep learning: fit its runs, or adopt them."""
    from oebench.artifacts.progress import at_work
    from oebench.artifacts.scores import results_of, run_of
    from oebench.training.baseline_job import fit_block

    with sentences():
        run, folder = run_of(path, members[0]), store or results_of(path) / "store"
        with at_work(folder, path, members, code, {}):
            code = provenance.check(code, "fit", *records(run.objective, run.norm, None))
            fit_block(path, members, cache, folder, code)


@app.command(rich_help_panel=WORKFLOW)
def collect(
    study: StudyFile,
    output: Output,
    folder: Annotated[Path, typer.Option(help="The folder of all runs.")] = RESULTS / "runs",
    caches: Caches = CACHES,
    code: Code = "",
) -> None:
    """Write the table of a study's runs from their scores files."""
    from oebench.artifacts import record
    from oebench.artifacts.manifest import StudyManifest, read
    from oebench.artifacts.runs import write
    from oebench.evaluation.collect import check_complete, collect

    with sentences():
        asked = read(study, StudyManifest)
        code = provenance.check(code, "collect", *methods(asked.objectives))
        found = collect(asked, folder, caches)
        check_complete(asked, found)
        write(found.runs, output)
        files = dict.fromkeys(folder / group.file for group in asked.groups)
        record.write(
            "collect",
            [output],
            [study, *files],
            [asked],
            code=code,
            methods=asked.objectives,
            runs=found.recorded,
        )


@app.command(rich_help_panel=WORKFLOW)
def merge(
    tables: Annotated[list[Path], typer.Argument(help="Tables of runs.")],
    output: Output,
    code: Code = "",
) -> None:
    """Write the distinct rows of several tables of runs."""
    from oebench.artifacts import record
    from oebench.artifacts.runs import merge, write

    with sentences():
        code = provenance.check(code, "merge")
        write(merge(tables), output)
        record.write("merge", [output], tables, code=code)


@app.command(rich_help_panel=WORKFLOW)
def table(runs: Runs, study: StudyFile, base: Base = None, code: Code = "") -> None:
    """Draw the table of a study: CSV, Markdown, LaTeX, HTML."""
    from oebench.reporting.table import write_table

    draw(write_table, "table", runs, study, base, code)


@app.command(rich_help_panel=WORKFLOW)
def curve(
    runs: Runs,
    study: StudyFile,
    beside: Annotated[
        list[Path] | None,
        typer.Option(help="Curve of a study that stands beside it: its figure's CSV, STUDY.csv."),
    ] = None,
    base: Base = None,
    code: Code = "",
) -> None:
    """Draw the curve of a study: PDF, SVG, PNG and its numbers as CSV."""
    from functools import partial

    from oebench.reporting.curve import read_data, write_curve

    files = beside or []
    with sentences():
        others = {path.stem: read_data(path) for path in files}
    draw(partial(write_curve, others=others), "curve", runs, study, base, code, files)


@app.command(rich_help_panel=WORKFLOW)
def comparison(runs: Runs, study: StudyFile, base: Base = None, code: Code = "") -> None:
    """Compare the methods of a study in pairs: CSV, Markdown, HTML."""
    from oebench.reporting.comparison import write_comparison

    draw(write_comparison, "comparison", runs, study, base, code)


@app.command(rich_help_panel=WORKFLOW)
def toy_figure(
    runs: Runs,
    study: StudyFile,
    caches: Caches = CACHES,
    base: Base = None,
    code: Code = "",
) -> None:
    """Draw the toy figure: points, and the scores over the plane."""
    from functools import partial

    from oebench.reporting.toy_figure import write_toy_figure

    draw(partial(write_toy_figure, caches=caches), "toy-figure", runs, study, base, code)


def draw(
    write: Callable[..., list[Path]],
    command: str,
    runs: Path,
    study: Path,
    base: Path | None,
    code: str,
    more: Sequence[Path] = (),
) -> None:
    """Draw what a study shows of a table of runs; prints the files.

    more: the files that it is made of beside the runs and what is asked for.
    """
    from oebench.artifacts import record
    from oebench.artifacts.manifest import StudyManifest
    from oebench.artifacts.manifest import read as read_manifest
    from oebench.artifacts.runs import read

    with sentences():
        asked = read_manifest(study, StudyManifest)
        code = provenance.check(code, command, *methods(asked.objectives))
        drawn = base or RESULTS / FOLDERS[command] / asked.name
        files = write(read(runs), asked, base=drawn, code=code)
        made_of, named = [runs, study, *more], asked.objectives
        record.write(command, files, made_of, [asked], code=code, methods=named)
        for path in files:
            print(path)


@app.command(rich_help_panel=WORKFLOW)
def claims(runs: Runs, plan: PlanFolder = PLAN, base: Base = None, code: Code = "") -> None:
    """Judge the claims of the paper by the finished runs of a configuration."""
    from oebench.reporting.claims import write_claims

    judged = base or RESULTS / "claims"
    draw_all(write_claims, "claims", runs, plan, judged, code)


@app.command(rich_help_panel=WORKFLOW)
def overview(
    runs: Runs,
    plan: PlanFolder = PLAN,
    base: Base = None,
    results: Results = RESULTS,
    code: Code = "",
) -> None:
    """Write the first page of the report from the runs, tables, comparisons and claims."""
    from functools import partial

    from oebench.reporting.overview import shown_files, write_overview

    write, page = partial(write_overview, results=results), base or results / "overview"
    draw_all(write, "overview", runs, plan, page, code, partial(shown_files, results=results))


def draw_all(
    write: Callable[..., list[Path]],
    command: str,
    runs: Path,
    plan: Path,
    base: Path,
    code: str,
    more: Callable[..., list[Path]] = lambda studies: [],
) -> None:
    """Draw what is shown of all studies of a configuration; prints the files.

    more: the files that it is made of beside the runs and what is asked for.
    """
    from oebench.artifacts import manifest, marks, record
    from oebench.artifacts.runs import read

    with sentences():
        whole, studies = manifest.read_all(plan)
        named = sorted({name for study in studies for name in study.objectives})
        code = provenance.check(code, command, *methods(named))
        files = write(whole, studies, read(runs), base=base, code=code)
        asked = [plan / f"{name}.json" for name in ("plan", *whole.studies)]
        made_of = [runs, *asked, *more(studies)]
        record.write(command, files, made_of, studies, name=marks.PLAN, code=code, methods=named)
        for path in files:
            print(path)


@app.command(rich_help_panel=WORKFLOW)
def record(
    file: Annotated[Path, typer.Argument(help="A file that another program made.")],
    inputs: Annotated[list[Path], typer.Argument(help="What it was made of.")],
    command: Annotated[str, typer.Option(help="The command that made it.")],
) -> None:
    """Record beside a file how another program made it: Snakemake the report."""
    from oebench.artifacts import record

    with sentences():
        record.write("report", [file], inputs, command=command)
