"""Tables, figures, comparisons and claims of what is finished so far, while a long grid goes on.

They are made outside the workflow, whose folder is locked while it runs, and say how many of
their runs exist.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from oebench.artifacts.manifest import Manifest, StudyManifest
from oebench.artifacts.runs import distinct
from oebench.evaluation.collect import collect
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
    for study in studies:
        runs, _, outdated, damaged = collect(study, results / "runs", caches)
        for wrong, first in ((outdated, "the first was"), (damaged, "of the first:")):
            if wrong:
                reason = f"{first} {next(iter(wrong.values()))}"
                told = f"{study.name}: {amount(len(wrong), 'run')} left out; {reason}"
                print(told, file=sys.stderr)
        if runs.empty:
            continue
        tables.append(runs)
        if study.rows:
            written += write_table(runs, study, folder / f"{study.name}-table")
        if study.curve:
            written += write_curve(runs, study, folder / f"{study.name}-curve")
        if study.compare:
            written += write_comparison(runs, study, folder / f"{study.name}-comparison")
        names = {*runs["dataset"], *runs["oe"].dropna()}
        if study.toy_figure and all((caches / f"{name}.h5").exists() for name in names):
            written += write_toy_figure(runs, study, caches, folder / f"{study.name}-figure")
    if tables:
        written += write_claims(plan, studies, distinct(tables), folder / "claims")
    return written
