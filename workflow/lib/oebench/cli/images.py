"""The commands for a person's own images: a configuration of them, and scores by kept networks."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from oebench.cli.base import IMAGES, app, sentences
from oebench.validation import UserError

Resizing = Literal["crop", "stretch"]
Numbers = Literal["uint8", "float"]


@app.command(rich_help_panel=IMAGES)
def declare(
    folder: Annotated[Path, typer.Argument(help="A folder of pictures of your own.")],
    outliers: Annotated[
        list[str] | None,
        typer.Option(
            help="OE images: a folder, of known defects or any others, or a data set of the "
            "catalogue. May be given several times."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="The file to write; by default config/FOLDER.yaml.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Also if there is such a file.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Print the configuration and write nothing.")
    ] = False,
) -> None:
    """Look at a folder of pictures and write a configuration for it that runs as it is."""
    from oebench.files import atomic
    from oebench.plan.declared import named, propose

    with sentences():
        file = output or Path("config", f"{named(folder, [])}.yaml")
        if file.exists() and not (force or dry_run):
            raise UserError(f"{file} exists; name another file with --output, or give --force")
        proposal = propose(folder, outliers or [], file)
        if dry_run:
            print("\n".join([*proposal.found, *proposal.ahead]), file=sys.stderr)
            print(proposal.text, end="")
            return
        with atomic(file) as temporary:
            temporary.write_text(proposal.text, encoding="utf-8")
        print("\n".join([*proposal.found, f"{file} is written", *proposal.ahead]))


@app.command(rich_help_panel=IMAGES)
def score(
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL... IMAGES...",
            help="Models, which end in .safetensors; image files and folders; - for a list of "
            "files from standard input. Several models score together.",
        ),
    ],
    false_alarms: Annotated[
        float,
        typer.Option(help="The share of normal images that may be called anomalous.", min=0, max=1),
    ] = 0.01,
    output: Annotated[
        Path, typer.Option("--output", help="The table to write, CSV; - is standard output.")
    ] = Path("-"),
    sheet: Annotated[
        Path | None, typer.Option(help="A contact sheet to draw, PNG, the most anomalous first.")
    ] = None,
    fit: Annotated[
        Resizing | None,
        typer.Option(help="How images of another size are resized; by default as in training."),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(help="Of a model of features: the pretrained weights, if they were moved."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Score images by the networks of runs that are kept: `keep_models: true` in a study."""
    from oebench.artifacts.model import SUFFIX
    from oebench.scoring.pictures import files
    from oebench.scoring.score import score_files
    from oebench.scoring.sheet import write_sheet

    with sentences():
        if not false_alarms:
            raise UserError("--false-alarms is 0; no image could be called anomalous. Give a rate")
        models = [Path(name) for name in given if name.endswith(SUFFIX)]
        named = [name for name in given if not name.endswith(SUFFIX)]
        if not models or not named:
            lacking = "no image or folder" if models else f"no model, a file that ends in {SUFFIX},"
            raise UserError(f"{lacking} is named; expected MODEL... IMAGES...")
        listed = [
            line
            for name in named
            for line in (sys.stdin.read().splitlines() if name == "-" else [name])
            if line
        ]
        found = [*dict.fromkeys(files(listed))]
        if not found:
            raise UserError("the list of files on standard input is empty")
        scored = score_files(
            models, found, output, false_alarms, device=device, fit=fit, weights=weights
        )
        if sheet is not None:
            write_sheet(scored, sheet)


@app.command(rich_help_panel=IMAGES)
def export(
    model: Annotated[Path, typer.Argument(help="A model, of results/models.")],
    onnx: Annotated[Path, typer.Option(help="The ONNX file to write.")],
    numbers: Annotated[
        Numbers,
        typer.Option("--input", help="Pixels: uint8, or float in [0, 1]; vectors are float."),
    ] = "uint8",
) -> None:
    """Write a kept network as ONNX: images go in, normalisation and all, and scores come out."""
    from oebench.scoring.export import export

    with sentences():
        kind, *sizes = export(model, onnx, numbers)
        print(f"{onnx}: {kind} ({', '.join(sizes)}) in, float32 (N) out")
