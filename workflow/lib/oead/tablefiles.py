"""A table as CSV, Markdown, LaTeX and HTML."""

from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from oead import page
from oead.files import atomic
from oead.summary import Spec, notes
from oead.tables import MEAN, Cell, Row, best, build


def show(cell: Cell, plus_minus: str = "±", sign: str = "") -> str:
    """A cell as text: mean and error with one decimal, "-" without runs.

    sign: "+" for differences, which are shown with their sign and without an error.
    """
    if np.isnan(cell.mean):
        return "" if sign else "-"
    if sign:
        return f"{cell.mean:+.1f}".replace("-", "−")
    return f"{cell.mean:.1f}" + ("" if np.isnan(cell.error) else f" {plus_minus} {cell.error:.1f}")


def texts(row: Row, bold: str, plus_minus: str = "±") -> list[str]:
    """The cells of a row, the best put into `bold`, a template."""
    top, sign = best(row), "+" if row.published else ""
    return [
        bold.format(show(cell, plus_minus, sign))
        if round(cell.mean, 1) == top
        else show(cell, plus_minus, sign)
        for cell in row.cells
    ]


def as_csv(columns: list[str], rows: list[Row], head: str) -> str:
    """Three columns for each method: mean, standard error, number of runs.

    With published values, a row for each: its value, status and source, and our means minus it.
    """
    table = pd.DataFrame({head: [row.name for row in rows]})
    own = [row.published is None for row in rows]
    for index, column in enumerate(columns):
        cells = [row.cells[index] for row in rows]
        table[column] = [
            each.mean if ours else np.nan for each, ours in zip(cells, own, strict=True)
        ]
        table[f"{column} se"] = [cell.error for cell in cells]
        table[f"{column} runs"] = [cell.runs for cell in cells]
        if not all(own):
            table[f"{column} difference"] = [
                np.nan if ours else each.mean for each, ours in zip(cells, own, strict=True)
            ]
    if not all(own):
        values = [row.published for row in rows]
        for name in ("mean_auc", "oe", "status", "source"):
            table[f"published {name}"] = [getattr(each, name) if each else None for each in values]
    return table.to_csv(index=False, float_format="%.4f", lineterminator="\n")


def as_markdown(columns: list[str], rows: list[Row], head: str, below: list[str]) -> str:
    lines = [[head, *columns], [":--", *["--:"] * len(columns)]]
    lines += [[row.name, *texts(row, "**{}**")] for row in rows]
    escaped = [[text.replace("|", "\\|") for text in line] for line in lines]
    body = "\n".join("| " + " | ".join(line) + " |" for line in escaped)
    return body + "\n\n" + "\n\n".join(below) + "\n"


TEX = {sign: "\\" + sign for sign in "_&%#${}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "−": "$-$",
}


def tex(text: str) -> str:
    """Text with LaTeX's special characters escaped.

    >>> print(tex("a_b & 5 %"))
    a\\_b \\& 5 \\%
    """
    return "".join(TEX.get(sign, sign) for sign in text)


def as_latex(columns: list[str], rows: list[Row], head: str, below: list[str]) -> str:
    """A booktabs table to \\input; the mean stands under a rule of its own."""
    lines = [
        *(f"% {line}" for line in below),
        f"\\begin{{tabular}}{{l{'r' * len(columns)}}}",
        "\\toprule",
        " & ".join(map(tex, [head, *columns])) + r" \\",
        "\\midrule",
    ]
    for row in rows:
        cells = [text.replace("−", "$-$") for text in texts(row, "\\textbf{{{}}}", "$\\pm$")]
        lines += ["\\midrule"] * (row.name == MEAN)
        lines.append(" & ".join([tex(row.name), *cells]) + r" \\")
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}", ""])


def as_html(columns: list[str], rows: list[Row], head: str) -> str:
    """The table alone, for a page."""
    body = [[escape(row.name), *texts(row, "<b>{}</b>")] for row in rows]
    ruled = [index for index, row in enumerate(rows) if row.name == MEAN]
    return page.table([escape(name) for name in [head, *columns]], body, ruled)


def sources(rows: list[Row]) -> list[str]:
    """A sentence on the published values of a table; none without them."""
    found = {f"{row.published.label}: {row.published.source}" for row in rows if row.published}
    if not found:
        return []
    return [
        "Below a row stands our value minus a published one, whose OE images may be others than "
        f"ours. Published: {'; '.join(sorted(found))}."
    ]


def explained(runs: pd.DataFrame, spec: Spec, rows: list[Row]) -> list[str]:
    """What stands below a table."""
    mean, error = "Mean AUROC in per cent", " ± standard error over seeds"
    return [notes(runs, spec, mean, error), *sources(rows)]


def write_table(runs: pd.DataFrame, spec: Spec, base: Path) -> list[Path]:
    """Write BASE.csv, .md, .tex and .html; returns their paths."""
    columns, rows = build(runs, spec)
    head = (spec.rows or "").replace("_", " ")
    below = explained(runs, spec, rows)
    body = f"<h1>{escape(spec.title)}</h1>" + as_html(columns, rows, head)
    body += "".join(f'<p class="note">{escape(line)}</p>' for line in below)
    texts = {
        ".csv": as_csv(columns, rows, head),
        ".md": f"### {spec.title}\n\n" + as_markdown(columns, rows, head, below),
        ".tex": as_latex(columns, rows, head, below),
        ".html": page.page(spec.title, body),
    }
    return write_texts(base, texts)


def write_texts(base: Path, contents: dict[str, str]) -> list[Path]:
    """Write BASE with each suffix; returns the paths."""
    paths = []
    for suffix, text in contents.items():
        paths.append(base.parent / (base.name + suffix))
        with atomic(paths[-1]) as temporary:
            temporary.write_text(text)
    return paths
