"""Tables and figures of what is finished so far, while a long grid goes on.

They are drawn outside the workflow, whose folder is locked while it runs, and say how many of
their runs exist.
"""

from pathlib import Path

from oead.collect import collect, members
from oead.figures import write_curve
from oead.grid import Plan
from oead.summary import Spec
from oead.tables import write_table


def preview(plan: Plan, results: Path) -> list[Path]:
    """Write RESULTS/preview/STUDY.*; returns the files. Studies without a run are left out."""
    written: list[Path] = []
    for name in plan.studies:
        expected = members(plan.groups(name), results / "runs")
        finished = [path for path in expected if path.exists()]
        if not finished:
            continue
        runs, spec = collect(finished), Spec(**plan.spec(name))
        if spec.rows:
            written += write_table(runs, spec, results / "preview" / f"{name}-table")
        if spec.curve:
            written += write_curve(runs, spec, results / "preview" / f"{name}-curve")
    return written
