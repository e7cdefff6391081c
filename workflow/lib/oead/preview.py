"""Tables, figures, comparisons and claims of what is finished so far, while a long grid goes on.

They are made outside the workflow, whose folder is locked while it runs, and say how many of
their runs exist.
"""

from pathlib import Path

from oead.claimfiles import write_claims
from oead.collect import collect, members
from oead.comparisonfiles import write_comparison
from oead.figures import write_curve
from oead.grid import Plan
from oead.plane import write_plane
from oead.summary import Spec
from oead.tablefiles import write_table


def preview(plan: Plan, results: Path, caches: Path) -> list[Path]:
    """Write RESULTS/preview/STUDY-*.* and claims.*; returns the files.

    Studies without a run are left out. caches: the folder of the caches, for the toy figure.
    """
    written: list[Path] = []
    folder = results / "preview"
    every: set[Path] = set()
    for name in plan.studies:
        finished = [path for path in members(plan.groups(name), results / "runs") if path.exists()]
        every |= set(finished)
        if not finished:
            continue
        runs, spec = collect(finished), Spec(**plan.presentation.spec(name))
        if spec.rows:
            written += write_table(runs, spec, folder / f"{name}-table")
        if spec.curve:
            written += write_curve(runs, spec, folder / f"{name}-curve")
        if plan.presentation.compares(name):
            written += write_comparison(runs, spec, folder / f"{name}-comparison")
        if plan.config.studies[name].draw.plane:
            points = [*runs["dataset"].unique(), *runs["oe"].dropna().unique()]
            files = [caches / f"{each}.h5" for each in points]
            written += write_plane(runs, spec, files, folder / f"{name}-figure")
    if every:
        written += write_claims(plan, collect(sorted(every)), folder / "claims")
    return written
