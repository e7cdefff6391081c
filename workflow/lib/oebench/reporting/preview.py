"""Tables, figures, comparisons and claims of what is finished so far, while a long grid goes on.

They are made outside the workflow, whose folder is locked while it runs, and say how many of
their runs exist.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from oebench.artifacts.manifest import Manifest, StudyManifest
from oebench.evaluation.collect import collect, finished, not_as_planned
from oebench.reporting.claims import write_claims
from oebench.reporting.comparison import write_comparison
from oebench.reporting.curve import write_curve
from oebench.reporting.table import write_table
from oebench.reporting.toy_figure import write_toy_figure


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
    every: set[tuple[Path, str]] = set()
    for study in studies:
        there = finished(study, results / "runs")
        stale = not_as_planned(study, results / "runs", caches)
        done = [
            (path, member)
            for path, member in there
            if (path.relative_to(results / "runs").as_posix(), member) not in stale
        ]
        if stale:
            print(
                f"{study.name}: {len(stale)} runs are left out, the first was "
                f"{next(iter(stale.values()))}",
                file=sys.stderr,
            )
        every |= set(done)
        if not done:
            continue
        runs = collect(done)
        if study.rows:
            written += write_table(runs, study, folder / f"{study.name}-table")
        if study.curve:
            written += write_curve(runs, study, folder / f"{study.name}-curve")
        if study.compare:
            written += write_comparison(runs, study, folder / f"{study.name}-comparison")
        names = {*runs["dataset"], *runs["oe"].dropna()}
        if study.toy_figure and all((caches / f"{name}.h5").exists() for name in names):
            written += write_toy_figure(runs, study, caches, folder / f"{study.name}-figure")
    if every:
        written += write_claims(plan, studies, collect(sorted(every)), folder / "claims")
    return written
