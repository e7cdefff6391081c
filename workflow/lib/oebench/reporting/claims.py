"""results/claims: the verdict on every claim, with its numbers, as CSV, Markdown and HTML."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from oebench.artifacts import marks
from oebench.artifacts.manifest import Manifest, StudyManifest
from oebench.claims.findings import CONTRADICTED, HOLDS, OPEN, UNDECIDED
from oebench.claims.verdicts import Verdict, as_csv, coverage, judge, summary
from oebench.registry import COLLAPSED, DIVERGED
from oebench.reporting.html import literal, markdown_table, render, write_texts
from oebench.reporting.notes import leaks, mixtures
from oebench.wording import amount

TITLE = "Claims of the paper"
NUMBERS_SHOWN = 6
# Their classes in the style sheet.
MARKS = {HOLDS: "holds", CONTRADICTED: "contradicted", UNDECIDED: "undecided", OPEN: "soft"}
EXPLAINED = (
    "In brackets: 95 % intervals over normal classes and seeds, paired where the runs are; against "
    "a published mean, which is over the same classes, over seeds alone. A claim holds where the "
    "interval lies where it says, is contradicted where it lies outside, and is undecided else. "
    "On other data, or with another recipe, a verdict is neither for nor against the paper. The "
    "claims are in our words; what is asked, who says that the paper makes them, and whether that "
    "was read in the paper: claims.md"
)


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
    parts += [each.more_seeds] if each.more_seeds else []
    parts += [f"missing: {each.missing}"] if each.missing else []
    for what, count in ((COLLAPSED, each.collapsed), (DIVERGED, each.diverged)):
        parts += [f"left out as {what}: {amount(count, 'run')}"] if count else []
    return ". ".join(parts)


def as_markdown(verdicts: Sequence[Verdict], below: str) -> str:
    """The table of verdicts, then how each claim is judged."""
    rows = [
        (
            f"**{literal(each.claim)}** {literal(each.text)}",
            each.told,
            literal(each.scope),
            literal(words(each)),
        )
        for each in verdicts
    ]
    body = markdown_table(["claim", "verdict", "on", "numbers"], rows, aligned="left")
    checks = [
        f"* **{literal(each.claim)}**, {each.status}, {literal(each.source)}: "
        + (literal(each.check) or "no statement says it")
        + (f"; stricter: {literal(each.stricter_check)}" if each.stricter_check else "")
        + f"; tolerance: {literal(each.tolerance)}. {literal(each.note)}".rstrip()
        for each in {each.claim: each for each in verdicts}.values()
    ]
    how = "## How they are judged\n\n" + "\n".join(checks)
    return f"# {TITLE}\n\n{summary(verdicts)}.\n\n{body}\n\n{literal(below)}\n\n{how}\n"


def for_page(verdicts: Sequence[Verdict]) -> list[dict[str, str]]:
    """What the template of the verdicts shows."""
    return [
        {
            "name": each.claim,
            "verdict": each.told,
            "mark": MARKS[each.verdict],
            "text": each.text,
            "status": each.status,
            "source": each.source,
            "scope": each.scope,
            "check": each.check,
            "numbers": words(each),
        }
        for each in verdicts
    ]


def write_claims(
    plan: Manifest,
    studies: Sequence[StudyManifest],
    finished: pd.DataFrame,
    base: Path,
    code: str = "",
) -> list[Path]:
    """Write BASE.csv, .md and .html; returns their paths. code: its hash, for their mark."""
    verdicts = judge(plan, studies, finished)
    told = [EXPLAINED, coverage(plan, finished), *mixtures(finished), *leaks(finished)]
    below = " ".join(f"{each}." for each in told)
    page = {"rows": for_page(verdicts), "summary": summary(verdicts), "below": [below]}
    mark = marks.of_runs("claims", marks.PLAN, code, [plan, *studies], finished)
    return write_texts(
        base,
        {
            ".csv": as_csv(verdicts),
            ".md": as_markdown(verdicts, below),
            ".html": render("claims.html", title=TITLE, mark=mark, **page),
        },
        mark,
    )
