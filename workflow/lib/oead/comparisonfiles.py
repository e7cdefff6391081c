"""A study's comparison of methods as CSV, Markdown and HTML."""

from dataclasses import asdict
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from oead import page
from oead.comparison import Difference, Needed, compare, needed
from oead.summary import Spec, notes
from oead.tablefiles import write_texts

HEAD = ("difference", "points", "95 % interval", "better in", "p (Wilcoxon, Holm)")
NEEDED = ("method", "needed", "AUROC there", "best")
EXPLAINED = (
    "Difference of mean AUROC in points, paired over normal classes and seeds; 95 % bootstrap "
    "interval and Wilcoxon's signed-rank test over classes (over seeds where there is one class), "
    "p values corrected by Holm over all comparisons of the study"
)


def signed(value: float) -> str:
    """A difference in points with its sign.

    >>> signed(-1.26), signed(0.04)
    ('−1.3', '+0.0')
    """
    return "-" if np.isnan(value) else f"{value:+.1f}".replace("-", "−")


def probability(value: float) -> str:
    """A p value with two digits.

    >>> probability(0.0213), probability(0.00004), probability(float("nan"))
    ('0.021', '< 0.001', '-')
    """
    if np.isnan(value):
        return "-"
    return "< 0.001" if value < 0.001 else f"{value:.2g}"


def difference_row(each: Difference) -> list[str]:
    where = f" ({each.setting})" if each.setting else ""
    one = "-" if np.isnan(each.low) else f"{signed(each.low)} to {signed(each.high)}"
    return [
        f"{each.first} − {each.second}{where}",
        signed(each.mean),
        one,
        f"{each.wins} of {each.pairs}",
        probability(each.p_corrected),
    ]


def needed_row(each: Needed) -> list[str]:
    where = f" ({each.setting})" if each.setting else ""
    what = "images" if each.key == "oe_size" else "classes"
    return [
        each.method + where,
        "more than were tried" if each.amount is None else f"{each.amount} {what}",
        "-" if np.isnan(each.auroc) else f"{each.auroc:.1f}",
        f"{each.best:.1f} ({each.best_method})",
    ]


def as_markdown(head: tuple[str, ...], rows: list[list[str]]) -> str:
    lines = [list(head), [":--", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def parts(runs: pd.DataFrame, spec: Spec) -> list[tuple[str, tuple[str, ...], list[list[str]]]]:
    """Title, head and rows of the tables that are shown; those without rows are left out."""
    few = f"Fewest OE images or classes that come within 1 point of the best: {spec.title}"
    shown = [
        (f"Which is better: {spec.title}", HEAD, [*map(difference_row, compare(runs, spec))]),
        (few, NEEDED, [*map(needed_row, needed(runs, spec))]),
    ]
    return [part for part in shown if part[2]]


def as_csv(runs: pd.DataFrame, spec: Spec) -> str:
    """A row per comparison, `kind` difference, then a row per method, `kind` needed."""
    rows = [{"kind": "difference", **asdict(each)} for each in compare(runs, spec)]
    rows += [{"kind": "needed", **asdict(each)} for each in needed(runs, spec)]
    names = dict.fromkeys(["kind", *Difference.__dataclass_fields__, *Needed.__dataclass_fields__])
    table = pd.DataFrame(rows, columns=list(names))
    whole = dict.fromkeys(("pairs", "units", "wins", "amount"), "Int64")
    return table.astype(whole).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def as_html(runs: pd.DataFrame, spec: Spec) -> str:
    """The tables with their titles, for a page."""
    return "\n".join(
        f"<h3>{escape(title)}</h3>"
        + page.table([*head], [[escape(cell) for cell in row] for row in rows])
        for title, head, rows in parts(runs, spec)
    )


def write_comparison(runs: pd.DataFrame, spec: Spec, base: Path) -> list[Path]:
    """Write BASE.csv, .md and .html; returns their paths."""
    below = notes(runs, spec, EXPLAINED)
    body = as_html(runs, spec) or "<p>No two methods have a pair of finished runs.</p>"
    markdown = [
        f"### {title}\n\n{as_markdown(head, rows)}" for title, head, rows in parts(runs, spec)
    ]
    return write_texts(
        base,
        {
            ".csv": as_csv(runs, spec),
            ".md": "\n\n".join([*markdown, below]) + "\n",
            ".html": page.page(spec.title, f'{body}<p class="note">{escape(below)}</p>'),
        },
    )
