"""Tables, figures, comparisons and claims of what is finished so far, while a long grid goes on.

They are made outside the workflow, whose folder is locked while it runs, and say how many of
their runs exist.
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from oebench.artifacts import marks, record
from oebench.artifacts.manifest import Manifest, StudyManifest
from oebench.artifacts.runs import distinct
from oebench.evaluation.collect import collect
from oebench.provenance import command_hash
from oebench.registry import METHODS
from oebench.reporting.claims import write_claims
from oebench.reporting.comparison import write_comparison
from oebench.reporting.curve import write_curve
from oebench.reporting.table import write_table
from oebench.reporting.toy_figure import write_toy_figure
from oebench.wording import amount


def preview(
    plan: Manifest, studies: Sequence[StudyManifest], results: Path, caches: Path
) -> list[Path]:
    """Write RESULTS/preview/STUDY-*.* and claims.*; returns the files.

    Studies without a run are left out, and the toy figure where a cache of its points is missing.
    Runs that are not what the configuration asks for are left out and counted. caches: their
    folder.
    """
    written: list[Path] = []
    folder = results / "preview"
    tables: list[pd.DataFrame] = []
    recorded: list[record.Runs] = []
    for study in studies:
        found = collect(study, results / "runs", caches)
        runs = found.runs
        for wrong, first in ((found.outdated, "the first was"), (found.damaged, "of the first:")):
            if wrong:
                reason = f"{first} {next(iter(wrong.values()))}"
                told = f"{study.name}: {amount(len(wrong), 'run')} left out; {reason}"
                print(told, file=sys.stderr)
        if runs.empty:
            continue
        tables.append(runs)
        recorded.append(found.recorded)
        names = {*runs["dataset"], *runs["oe"].dropna()}
        points = study.toy_figure and all((caches / f"{name}.h5").exists() for name in names)
        shown: dict[str, tuple[object, Callable[..., list[Path]]]] = {
            "table": (study.rows, write_table),
            "curve": (study.curve, write_curve),
            "comparison": (study.compare, write_comparison),
            "toy-figure": (points, partial(write_toy_figure, caches=caches)),
        }
        for command, (wanted, write) in shown.items():
            if wanted:
                base = folder / f"{study.name}-{command.removeprefix('toy-')}"
                make = partial(write, runs, study, base=base)
                written += drawn(make, command, [study], results, found.recorded)
    if tables:
        make = partial(write_claims, plan, studies, distinct(tables), folder / "claims")
        runs_of_all = record.together(recorded)
        written += drawn(make, "claims", studies, results, runs_of_all, marks.PLAN)
    return written


def drawn(
    make: Callable[..., list[Path]],
    command: str,
    studies: Sequence[StudyManifest],
    results: Path,
    runs: record.Runs,
    name: str = "",
) -> list[Path]:
    """What a command would draw of these studies, with its record; returns the files."""
    methods = sorted({method for study in studies for method in study.objectives})
    code = command_hash(command, *(METHODS[method] for method in methods))
    files = make(code=code)
    asked = dict.fromkeys(group.file for study in studies for group in study.groups)
    inputs = [file for each in asked if (file := results / "runs" / each).exists()]
    record.write(command, files, inputs, studies, name=name, code=code, methods=methods, runs=runs)
    return files
