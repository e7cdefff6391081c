"""Lists of what a configuration asks for: its runs, and data that is not there yet."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from oebench.data.checks import check_listing
from oebench.plan.jobs import scores_file
from oebench.plan.plan import Plan
from oebench.validation import UserError


def listed(plan: Plan, studies: bool) -> Iterator[list[Any]]:
    """A head and a row for each distinct run, or for each study with its cells and runs."""
    if studies:
        yield ["study", "cells", "runs"]
        yield from ([name, grid.cells, len(grid.runs)] for name, grid in plan.studies.items())
        return
    yield [*asdict(plan.runs[0]), "path", "group"]
    for run in plan.runs:
        yield [*asdict(run).values(), f"results/runs/{scores_file(plan, run)}", run.member]


def missing(plan: Plan) -> list[str]:
    """A sentence for each data set whose data the user has to provide."""
    datasets = {name: plan.config.datasets[name] for name in plan.read}
    found = {name: each.missing() for name, each in datasets.items()}
    return [f"data set {name}: {sentence}" for name, sentence in found.items() if sentence]


def differing(plan: Plan) -> list[str]:
    """A sentence for each data set whose folders are not as it declares; no image is opened."""
    found = []
    for name in plan.read:
        data = plan.config.datasets[name]
        # Who vouches for a folder has too many files in it.
        if data.missing() or any(getattr(source, "vouched", False) for source in data.sources):
            continue
        try:
            check_listing(name, data)
        except UserError as error:
            found.append(str(error))
    return found


def downloads(plan: Plan, folder: Path) -> list[str]:
    """A sentence for each file that will be downloaded into `folder`."""
    return [
        f"data set {name}: {file.file} will be downloaded from {file.urls[0]}"
        for name in plan.read
        for file in plan.config.datasets[name].needed()
        if not (folder / name / file.file).exists()
    ]
