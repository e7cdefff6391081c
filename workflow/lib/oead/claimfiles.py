"""results/claims: the verdict on every claim, with its numbers, as CSV, Markdown and HTML."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from oead import page
from oead.claims import FAILS, HOLDS, OPEN, Judge
from oead.grid import Plan
from oead.metrics import METRICS
from oead.runs import Run, parse
from oead.scores import COLLAPSED, DIVERGED
from oead.tablefiles import write_texts
from oead.words import amount

NUMBERS_SHOWN = 6
CLASS = {HOLDS: "holds", FAILS: "fails", OPEN: "open"}


@dataclass(frozen=True)
class Verdict:
    """One claim on one data set."""

    claim: str
    text: str
    dataset: str
    oe: str
    verdict: str
    check: str
    numbers: str  # the comparisons that were made, ± one standard error over seeds
    stricter_verdict: str
    stricter_check: str
    stricter_numbers: str
    tolerance: str
    runs: int  # that the verdicts rest on
    collapsed: int  # of these, and left out of the numbers
    diverged: int
    missing: str  # why it cannot be judged
    status: str
    source: str
    note: str


def expected(plan: Plan, finished: pd.DataFrame) -> pd.DataFrame:
    """Every run of every study with its keys; status and metrics where it is finished."""
    rows = [
        {**asdict(run), "condition": run.condition, "path": run.path, "study": study}
        for study, grid in plan.studies.items()
        for run in grid.shown
    ]
    kinds = dict.fromkeys(("oe_size", "oe_classes"), "Int64") | {"gamma": "float64"}
    asked = pd.DataFrame(
        rows, columns=[*(f.name for f in fields(Run)), "condition", "path", "study"]
    )
    done = finished[["status", *METRICS]].set_index(pd.Index(map(run_path, finished["path"])))
    return asked.astype(kinds).join(done, on="path")


def run_path(path: str) -> str:
    """The path of a run within the folder of all runs."""
    return parse(path).path


def judge(plan: Plan, finished: pd.DataFrame) -> list[Verdict]:
    """All verdicts, in the order of the claims."""
    runs = expected(plan, finished)
    sweeps = {name: [*study.sweep] for name, study in plan.config.studies.items()}
    datasets = plan.config.datasets
    pools = {name: (datasets[name].pool, len(datasets[name].classes)) for name in plan.datasets}
    verdicts = []
    for name, claim, dataset, oe in plan.presentation.claims:
        about = (runs, sweeps, pools, plan.presentation.allowed, dataset, oe, claim.tolerance)
        judged, more = Judge(*about), Judge(*about)
        verdict = judged.verdict(claim.check)
        stricter = more.verdict(claim.stricter) if claim.stricter else ""
        used = runs[runs["path"].isin(judged.used | more.used)].drop_duplicates("path")
        status = used["status"].value_counts()
        verdicts.append(
            Verdict(
                name,
                claim.claim,
                dataset,
                oe,
                verdict,
                claim.check,
                "; ".join(judged.numbers),
                stricter,
                claim.stricter or "",
                "; ".join(more.numbers),
                f"{claim.tolerance:g} ({claim.tolerance_source})" if claim.tolerance else "none",
                len(used),
                int(status.get(COLLAPSED, 0)),
                int(status.get(DIVERGED, 0)),
                "; ".join(dict.fromkeys([*judged.missing, *more.missing])),
                claim.status,
                claim.source,
                claim.note,
            )
        )
    return verdicts


def shortened(numbers: str) -> str:
    """The first comparisons, and how many more there are."""
    parts = numbers.split("; ") if numbers else []
    rest = len(parts) - NUMBERS_SHOWN
    return "; ".join(parts[:NUMBERS_SHOWN]) + (f"; and {rest} more" if rest > 0 else "")


def words(each: Verdict) -> str:
    """The numbers of a verdict, or what is missing for it."""
    parts = [shortened(each.numbers)] if each.numbers else []
    if each.stricter_verdict:
        parts.append(
            f"stricter: {each.stricter_verdict} ({shortened(each.stricter_numbers) or '-'})"
        )
    parts += [f"missing: {each.missing}"] if each.missing else []
    for what, count in ((COLLAPSED, each.collapsed), (DIVERGED, each.diverged)):
        parts += [f"left out as {what}: {amount(count, 'run')}"] if count else []
    return ". ".join(parts)


def summary(verdicts: Sequence[Verdict]) -> str:
    """How many claims hold, fail and cannot be judged."""
    plural = {HOLDS: "hold", FAILS: "fail", OPEN: OPEN}
    return ", ".join(
        f"{sum(each.verdict == kind for each in verdicts)} {word}" for kind, word in plural.items()
    )


def as_csv(verdicts: Sequence[Verdict]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([each.name for each in fields(Verdict)])
    writer.writerows(asdict(each).values() for each in verdicts)
    return text.getvalue()


def read_verdicts(path: Path) -> list[Verdict]:
    """What `as_csv` wrote. Raises ValueError if it is something else."""
    names = [each.name for each in fields(Verdict)]
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != names:
            raise ValueError(f"{path} is not a table of verdicts; delete it to remake it")
        whole = ("runs", "collapsed", "diverged")
        rows: list[dict[str, Any]] = [*reader]
    try:
        return [Verdict(**{**row, **{key: int(row[key]) for key in whole}}) for row in rows]
    except (TypeError, ValueError):
        raise ValueError(f"{path} is not a table of verdicts; delete it to remake it") from None


def as_markdown(verdicts: Sequence[Verdict], below: str) -> str:
    lines = ["| claim | data | verdict | numbers |", "|:--|:--|:--|:--|"]
    for each in verdicts:
        cells = (
            f"**{each.claim}** {each.text}",
            f"{each.dataset}, {each.oe}",
            each.verdict,
            words(each),
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    checks = [
        f"* **{each.claim}**, {each.status}, {each.source}: `{each.check}`"
        + (f"; stricter `{each.stricter_check}`" if each.stricter_check else "")
        + f"; tolerance {each.tolerance}. {each.note}".rstrip()
        for each in {each.claim: each for each in verdicts}.values()
    ]
    body = "\n".join(lines) + f"\n\n{below}\n\n## How they are judged\n\n" + "\n".join(checks)
    return f"# Claims of the paper\n\n{summary(verdicts)}.\n\n{body}\n"


def soft(each: Verdict) -> str:
    """How sure it is that the paper says so, and the source, in pale letters."""
    return f'<span class="soft">({escape(f"{each.status}: {each.source}")})</span>'


def as_html(verdicts: Sequence[Verdict]) -> str:
    """The table for a page."""
    rows = [
        [
            f"<b>{escape(each.claim)}</b>",
            f'<span class="{CLASS[each.verdict]}">{each.verdict}</span>',
            f"{escape(each.text)} {soft(each)}",
            escape(f"{each.dataset}, {each.oe}"),
            escape(words(each)),
        ]
        for each in verdicts
    ]
    head = ["", "verdict", "claim", "data", "numbers"]
    return page.table(head, rows, text=(1, 3), long=(2, 4))


def coverage(plan: Plan, finished: pd.DataFrame) -> str:
    """How many of all runs exist, and what became of them."""
    status = finished["status"].value_counts()
    return (
        f"{len(finished)} of {len(plan.runs)} runs are finished; "
        f"{status.get(COLLAPSED, 0)} collapsed, {status.get(DIVERGED, 0)} diverged"
    )


EXPLAINED = (
    "Mean AUROC in per cent over normal classes ± one standard error over seeds. The claims are in "
    "our words; how they are judged, from what source they are and how sure that is: claims.md"
)


def write_claims(plan: Plan, finished: pd.DataFrame, base: Path) -> list[Path]:
    """Write BASE.csv, .md and .html; returns their paths."""
    verdicts = judge(plan, finished)
    below = f"{EXPLAINED}. {coverage(plan, finished)}."
    body = f"<h1>Claims of the paper</h1><p>{summary(verdicts)}.</p>{as_html(verdicts)}"
    return write_texts(
        base,
        {
            ".csv": as_csv(verdicts),
            ".md": as_markdown(verdicts, below),
            ".html": page.page("Claims of the paper", f'{body}<p class="note">{escape(below)}</p>'),
        },
    )
