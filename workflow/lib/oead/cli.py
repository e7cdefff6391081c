"""`oead ...`: what the workflow's rules call is what a person can type.

This module only passes arguments on. Each command imports its module when it runs, so that the
hash of a command's code (`codehash.py`) covers that module and not this one.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from oead.grid import Plan

app = typer.Typer(
    help="Deep anomaly detection with outlier exposure: the steps of the workflow, one by one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
DEFAULT_CONFIG = Path("config/config.yaml")
ConfigFile = Annotated[Path, typer.Option("--configfile", help="The configuration.")]
Output = Annotated[Path, typer.Option("--output", help="The file to write.")]
Code = Annotated[str, typer.Option(help="Hash of the code, kept with the result.")]


@contextmanager
def sentences() -> Iterator[None]:
    """Errors about what a person gave: a sentence and status 1 instead of a traceback."""
    try:
        yield
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from None


@app.command()
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
    from oead.datasets import Dataset
    from oead.prepare import prepare

    with sentences():
        entry = Dataset.model_validate({**json.loads(dataset), "advice": advice})
        prepare(name, entry, output, code, downloads, seed, count)


@app.command()
def download(
    urls: Annotated[list[str], typer.Argument(help="Addresses, the first one tried first.")],
    md5: Annotated[str, typer.Option(help="The publisher's checksum.")],
    output: Output,
) -> None:
    """Download a file, verified, from the first address that works."""
    from oead.download import fetch

    with sentences():
        fetch(urls, output, md5)


@app.command()
def train(
    paths: Annotated[list[Path], typer.Argument(help="Scores files to make; they name the runs.")],
    recipe: Annotated[str, typer.Option(help="The resolved recipe, as JSON.")],
    caches: Annotated[
        list[Path],
        typer.Option(
            "--cache", help="Cache of the normal and test images, then those of the OE images."
        ),
    ],
    store: Annotated[Path, typer.Option(help="Folder of finished runs.")] = Path("results/store"),
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    code: Code = "",
) -> None:
    """Train and score the runs that the paths name, or adopt them from the store."""
    from oead.block import train_block
    from oead.recipe import Recipe

    with sentences():
        resolved = Recipe.model_validate_json(recipe)
        train_block(paths, resolved, caches, store, code, device)


@app.command()
def fit(
    paths: Annotated[list[Path], typer.Argument(help="Scores files to make; they name the runs.")],
    cache: Annotated[Path, typer.Option(help="Cache of the normal and test images.")],
    store: Annotated[Path, typer.Option(help="Folder of finished runs.")] = Path("results/store"),
    code: Code = "",
) -> None:
    """Fit and score runs of a baseline without deep learning, or adopt them from the store."""
    from oead.fitting import fit_block

    with sentences():
        fit_block(paths, cache, store, code)


@app.command()
def collect(
    runs: Annotated[str, typer.Option(help="Which runs, as JSON: conditions and their members.")],
    folder: Annotated[Path, typer.Option(help="The folder of all runs.")],
    output: Output,
) -> None:
    """Write the table of a study's runs from their scores files."""
    from oead.collect import collect, members, write

    with sentences():
        write(collect(members(json.loads(runs), folder)), output)


@app.command()
def merge(
    tables: Annotated[list[Path], typer.Argument(help="Tables of runs.")], output: Output
) -> None:
    """Write the distinct rows of several tables of runs."""
    from oead.collect import merge, write

    with sentences():
        write(merge(tables), output)


Spec = Annotated[str, typer.Option("--spec", help="What to draw, as JSON.")]
Runs = Annotated[Path, typer.Argument(help="A table of runs.")]
Base = Annotated[Path, typer.Option("--base", help="The files to write, without suffix.")]


@app.command()
def table(runs: Runs, spec: Spec, base: Base) -> None:
    """Draw the table of a study: CSV, Markdown, LaTeX, HTML."""
    from oead.tablefiles import write_table

    draw(write_table, runs, spec, base)


@app.command()
def curve(runs: Runs, spec: Spec, base: Base) -> None:
    """Draw the figure of a study: PDF, SVG, PNG and its data as CSV."""
    from oead.figures import write_curve

    draw(write_curve, runs, spec, base)


@app.command()
def comparison(runs: Runs, spec: Spec, base: Base) -> None:
    """Compare the methods of a study in pairs: CSV, Markdown, HTML."""
    from oead.comparisonfiles import write_comparison

    draw(write_comparison, runs, spec, base)


def draw(write: Callable[..., object], runs: Path, spec: str, base: Path) -> None:
    """Draw what a specification in JSON says from a table of runs."""
    from oead.collect import read
    from oead.summary import Spec

    with sentences():
        write(read(runs), Spec.model_validate_json(spec), base)


@app.command()
def plane(
    runs: Runs,
    spec: Spec,
    base: Base,
    caches: Annotated[list[Path], typer.Option("--cache", help="Caches of the points.")],
) -> None:
    """Draw the toy figure: points, and the scores over the plane."""
    from oead.collect import read
    from oead.plane import write_plane
    from oead.summary import Spec

    with sentences():
        write_plane(read(runs), Spec.model_validate_json(spec), caches, base)


@app.command()
def look(
    scores: Annotated[Path, typer.Argument(help="The scores file of a run.")],
    cache: Annotated[
        Path | None, typer.Option(help="Cache of its images; by default that of its data set.")
    ] = None,
    base: Annotated[
        Path | None, typer.Option(help="The files to write; by default `look` beside the scores.")
    ] = None,
) -> None:
    """Look at one run: scores, ROC, classes, most and least anomalous images."""
    from oead.look import write_look
    from oead.runs import parse

    with sentences():
        images = cache or Path(f"resources/caches/{parse(scores.as_posix()).dataset}.h5")
        for path in write_look(scores, images, base or scores.with_name("look")):
            print(path)


@app.command()
def claims(runs: Runs, base: Base, configfile: ConfigFile = DEFAULT_CONFIG) -> None:
    """Judge the claims of the paper by the finished runs of a configuration."""
    from oead.claimfiles import write_claims
    from oead.collect import read

    with sentences():
        write_claims(read_plan(configfile), read(runs), base)


@app.command()
def overview(
    runs: Runs,
    base: Base,
    configfile: ConfigFile = DEFAULT_CONFIG,
    results: Annotated[Path, typer.Option(help="The folder of the results.")] = Path("results"),
) -> None:
    """Write the first page of the report."""
    from oead.collect import read
    from oead.overview import write_overview

    with sentences():
        write_overview(read_plan(configfile), read(runs), results, base)


@app.command()
def runs(
    configfile: ConfigFile = DEFAULT_CONFIG,
    studies: Annotated[
        bool, typer.Option(help="A row per study instead of a row per run.")
    ] = False,
) -> None:
    """List the distinct runs of a configuration as CSV."""
    import csv

    from oead.listing import listed

    rows = listed(read_plan(configfile), studies)
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)


@app.command()
def check(configfile: ConfigFile = DEFAULT_CONFIG) -> None:
    """Say whether the configuration can run: all errors in it and all data that is missing."""
    from oead.listing import downloads, missing

    plan = read_plan(configfile)
    if lines := missing(plan):
        print("\n".join(lines))
        raise typer.Exit(1)
    for line in downloads(plan, Path("resources/downloads")):
        print(line)
    print(f"{configfile}: {len(plan.runs)} runs, no data is missing")


@app.command()
def preview(
    configfile: ConfigFile = DEFAULT_CONFIG,
    results: Annotated[Path, typer.Option(help="The folder of the results.")] = Path("results"),
) -> None:
    """Tables, figures, comparisons and claims from the runs that are finished so far."""
    from oead.preview import preview

    with sentences():
        for path in preview(read_plan(configfile), results, Path("resources/caches")):
            print(path)


@app.command()
def schema() -> None:
    """Print the JSON schema of a configuration, for editors."""
    from oead.config import Config

    print(json.dumps(Config.model_json_schema(), indent=2))


@app.command()
def keys() -> None:
    """Print every key of a configuration as Markdown: config/README.md is made of it."""
    from oead.reference import reference

    print(reference())


def read_plan(configfile: Path) -> "Plan":
    """The plan of a configuration file, or the end with a sentence."""
    from oead.grid import read_plan

    with sentences():
        return read_plan(configfile)
