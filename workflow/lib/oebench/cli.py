"""`oebench ...`: what the workflow's rules call is what a person can type.

This module only passes arguments on. Each command imports its module when it runs, so that help is
there at once, and so that the hash of a command's code (`provenance.py`) covers that module and not
this one.
"""

import errno
import io
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from oebench import __version__, origin, provenance
from oebench.gpus import MOST_JOBS
from oebench.registry import METHODS, records
from oebench.validation import UserError, said, unknown

if TYPE_CHECKING:
    from oebench.artifacts.manifest import StudyManifest
    from oebench.evaluation.current import Today
    from oebench.plan.manifests import Manifests

# A notebook's backend reaches what it starts, and matplotlib refuses one that is not installed.
os.environ["MPLBACKEND"] = "agg"
app = typer.Typer(
    help="Deep anomaly detection with outlier exposure: the steps of the workflow, one by one.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
PEOPLE, WORKFLOW = "For people", "Called by the workflow"  # the groups of the help
PLAN = Path("results/plan")
Config = Annotated[Path, typer.Option("--configfile", help="The configuration.")]
Output = Annotated[Path, typer.Option("--output", help="The file to write.")]
Code = Annotated[
    str, typer.Option(help="Hash of the code that the workflow was planned with; checked, kept.")
]
ScoresFile = Annotated[Path, typer.Argument(help="The scores file to make.")]
Members = Annotated[
    list[str], typer.Argument(help="Its runs, each as normal_class=NUMBER/seed=NUMBER.")
]
Store = Annotated[
    Path | None, typer.Option(help="Folder of finished runs; by default `store` in the results.")
]
Studies = Annotated[
    list[str] | None, typer.Argument(help="Studies; by default all of the configuration.")
]
Results = Annotated[Path, typer.Option(help="The folder of the results.")]
Runs = Annotated[Path, typer.Argument(help="A table of runs.")]
StudyFile = Annotated[
    Path, typer.Option("--study", help="What the study asks for: results/plan/STUDY.json.")
]
PlanFolder = Annotated[
    Path, typer.Option("--plan", help="The folder with plan.json and a file for each study.")
]
Base = Annotated[
    Path | None,
    typer.Option("--base", help="The files to write, without suffix; by default in results/."),
]
Caches = Annotated[Path, typer.Option(help="The folder of the caches.")]
DEFAULT_CONFIG = origin.CONFIGFILE
CACHES, DOWNLOADS = Path("resources/caches"), Path("resources/downloads")
RESULTS = Path("results")
FOLDERS = {
    "table": "tables",
    "curve": "figures",
    "toy-figure": "figures",
    "comparison": "comparisons",
}
UNUSABLE = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG),
    *(errno.EEXIST, errno.EISDIR, errno.ENOTDIR),  # a file where a folder is meant, or the reverse
)


@contextmanager
def sentences() -> Iterator[None]:
    """Errors that a person can mend: a sentence and status 1 instead of a traceback."""
    try:
        yield
    except UserError as error:
        told = str(error)
    except ValidationError as error:  # of an entry or a recipe, as JSON
        each = error.errors()[0]
        told = f"{'.'.join(map(str, each['loc'])) or error.title}: {said(each)}"
    except OSError as error:
        if error.errno not in UNUSABLE:
            raise
        file = error.filename or "the output"  # what is full has no name
        unreadable = os.path.isfile(file) and not os.access(file, os.R_OK)
        what = "read" if unreadable else "written"
        told = f"{file} cannot be {what} ({error.strerror}); name another place"
    else:
        return
    print(f"error: {told}", file=sys.stderr)
    raise typer.Exit(1)


def show_version(wanted: bool) -> None:
    if wanted:
        print(f"oebench {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=show_version, is_eager=True),
    ] = False,
) -> None:
    """Deep anomaly detection with outlier exposure: the steps of the workflow, one by one."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may lack a letter of a name
            stream.reconfigure(errors="backslashreplace")
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, end)


def end(number: int, frame: FrameType | None) -> None:
    """Ends the process as Ctrl-C does: what it writes is removed on the way."""
    raise SystemExit(128 + number)


@app.command(rich_help_panel=PEOPLE)
def check(configfile: Config = DEFAULT_CONFIG) -> None:
    """Say whether the configuration can run: all errors in it and all data that is missing."""
    from oebench.plan.listing import downloads, missing

    plan = read_manifests(configfile).plan
    if lines := missing(plan):
        print("\n".join(lines))
        raise typer.Exit(1)
    for line in downloads(plan, DOWNLOADS):
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
    return Today(manifests.whole_plan(), studies, Caches(manifests.plan).planned)


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


@app.command(rich_help_panel=WORKFLOW)
def download(
    urls: Annotated[list[str], typer.Argument(help="Addresses, the first one tried first.")],
    md5: Annotated[str, typer.Option(help="The publisher's checksum.")],
    output: Output,
) -> None:
    """Download a file, verified, from the first address that works."""
    from oebench.data.download import fetch

    with sentences():
        fetch(urls, output, md5)


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
        how = (device, per_gpu, checkpoint_seconds)
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
def curve(runs: Runs, study: StudyFile, base: Base = None, code: Code = "") -> None:
    """Draw the curve of a study: PDF, SVG, PNG and its numbers as CSV."""
    from oebench.reporting.curve import write_curve

    draw(write_curve, "curve", runs, study, base, code)


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
) -> None:
    """Draw what a study shows of a table of runs; prints the files."""
    from oebench.artifacts import record
    from oebench.artifacts.manifest import StudyManifest
    from oebench.artifacts.manifest import read as read_manifest
    from oebench.artifacts.runs import read

    with sentences():
        asked = read_manifest(study, StudyManifest)
        code = provenance.check(code, command, *methods(asked.objectives))
        drawn = base or RESULTS / FOLDERS[command] / asked.name
        files = write(read(runs), asked, base=drawn, code=code)
        made_of, named = [runs, study], asked.objectives
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


def methods(named: Iterable[str]) -> list[Any]:
    """What the registry says of the objectives that studies name, as the rules ask for it."""
    return [METHODS[name] for name in sorted(set(named))]


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
