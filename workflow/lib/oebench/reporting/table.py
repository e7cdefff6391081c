"""A table as CSV, Markdown, LaTeX and HTML."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from oebench.artifacts import marks
from oebench.artifacts.manifest import Published, StudyManifest
from oebench.evaluation.aggregate import Cell
from oebench.evaluation.table import MEAN, Row, best, build
from oebench.registry import METRICS
from oebench.reporting.html import literal, markdown_table, render, write_texts
from oebench.reporting.notes import notes
from oebench.validation import UserError
from oebench.wording import spaced

ERROR, RUNS, DIFFERENCE, PUBLISHED = " se", " runs", " difference", "published "
# What is said of a published value; points of curves are in no table.
ABOUT = tuple(name for name in Published.model_fields if name not in ("key", "value", "spread"))


def show(cell: Cell, sign: str = "") -> str:
    """A cell as text: mean and error with one decimal, "-" without runs.

    sign: "+" for differences, which are shown with their sign and without an error.
    """
    if np.isnan(cell.mean):
        return "" if sign else "-"
    if sign:
        return f"{cell.mean:+.1f}".replace("-", "−")
    return f"{cell.mean:.1f}" + ("" if np.isnan(cell.error) else f" ± {cell.error:.1f}")


def is_best(row: Row, cell: Cell, metric: str) -> bool:
    """Whether a cell has the best mean of its row, as it is shown."""
    return round(cell.mean, 1) == best(row, metric)


def texts(row: Row) -> list[str]:
    """The cells of a row."""
    return [show(cell, "+" if row.published else "") for cell in row.cells]


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
        table[column + ERROR] = [cell.error for cell in cells]
        table[column + RUNS] = [cell.runs for cell in cells]
        if not all(own):
            table[column + DIFFERENCE] = [
                np.nan if ours else each.mean for each, ours in zip(cells, own, strict=True)
            ]
    if not all(own):
        values = [row.published for row in rows]
        for name in ABOUT:
            table[PUBLISHED + name] = [getattr(each, name) if each else None for each in values]
    return table.to_csv(index=False, float_format="%.4f", lineterminator="\n")


def read_csv(text: str) -> tuple[list[str], list[Row]]:
    """Columns and rows of what `as_csv` wrote, with four decimals. Raises UserError."""
    table = pd.read_csv(StringIO(text), keep_default_na=False, na_values=[""], dtype=str)
    columns = [name for name in table.columns if name + RUNS in table.columns]
    if not columns:
        raise UserError("it has no column of a method")
    rows = []
    for record in table.to_dict("records"):
        kept = {key: value for key, value in record.items() if value == value}
        about = {name: kept.get(PUBLISHED + name, "") for name in ABOUT}
        published = Published(**about) if about["method"] else None
        mean = DIFFERENCE if published else ""
        cells = [
            Cell(
                float(record[column + mean]),
                float(record[column + ERROR]),
                int(record[column + RUNS]),
            )
            for column in columns
        ]
        rows.append(Row(str(record[table.columns[0]]), cells, published))
    return columns, rows


def read_table(path: Path) -> tuple[list[str], list[Row]]:
    """Columns and rows of a table in CSV. Raises UserError if it is something else."""
    try:
        return read_csv(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"there is no table {path}; `snakemake {path}` makes it") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a table of a study ({error}); delete it") from None


def as_markdown(
    columns: list[str], rows: list[Row], head: str, metric: str, below: list[str]
) -> str:
    """A pipe table; the best of a row is bold."""
    lines = [
        [
            literal(row.name),
            *(
                f"**{text}**" if is_best(row, cell, metric) else text
                for cell, text in zip(row.cells, texts(row), strict=True)
            ),
        ]
        for row in rows
    ]
    names = [*map(literal, [head, *columns])]
    return "\n\n".join([markdown_table(names, lines), *map(literal, below)]) + "\n"


def as_latex(columns: list[str], rows: list[Row], head: str, metric: str, below: list[str]) -> str:
    """A booktabs table to \\input; the mean stands under a rule of its own."""
    names = [head, *columns]
    table = pd.DataFrame([[row.name, *texts(row)] for row in rows], columns=names)
    bold = pd.DataFrame(
        [
            ["", *("textbf:--rwrap;" if is_best(row, cell, metric) else "" for cell in row.cells)]
            for row in rows
        ],
        columns=names,
    )
    styled = table.style.hide(axis="index").format(in_latex, escape="latex")
    styled = styled.format_index(in_latex, escape="latex", axis=1)
    styled = styled.apply(lambda _: bold, axis=None)
    text = styled.to_latex(hrules=True, column_format="l" + "r" * len(columns))
    lines = text.splitlines()
    if any(row.name == MEAN for row in rows):
        place = next(i for i, line in enumerate(lines) if line.startswith(f"{MEAN} &"))
        lines.insert(place, "\\midrule")
    return "\n".join([*(f"% {' '.join(line.split())}" for line in below), *lines, ""])


# Beside what pandas escapes: signs that LaTeX has in mathematics only, that its first fonts lack,
# and dashes and quotes that it joins.
SIGNS = {
    "±": r"$\pm$",
    "−": "$-$",
    "|": r"\textbar{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "`": r"\textasciigrave{}",
    "--": "-{}-{}",
    "''": "'{}'{}",
}
OPTION = re.compile(
    r"^\s*([\[*])"
)  # what begins with it would be an option of the line's end before


def in_latex(text: object) -> str:
    """A text whose other signs are escaped, on one line.

    >>> in_latex("94.1 ± 0.2"), in_latex("−1.2"), in_latex("[12pt]")
    ('94.1 $\\\\pm$ 0.2', '$-$1.2', '{[}12pt]')
    """
    line = " ".join(str(text).split())
    for sign, spelled in SIGNS.items():
        line = line.replace(sign, spelled)
    return OPTION.sub(r"{\1}", line)


def for_page(columns: list[str], rows: list[Row], head: str, metric: str) -> dict[str, Any]:
    """What the template of a study's table shows."""
    return {
        "head": [head, *columns],
        "rows": [
            {
                "name": row.name,
                "ruled": row.name == MEAN,
                "cells": [
                    {"text": text, "best": is_best(row, cell, metric)}
                    for text, cell in zip(texts(row), row.cells, strict=True)
                ],
            }
            for row in rows
        ],
    }


def sources(rows: list[Row]) -> list[str]:
    """A sentence on the published values of a table; none without them."""
    found = {f"{row.published.label}: {row.published.source}" for row in rows if row.published}
    if not found:
        return []
    return [
        "Below a row stands our value minus a published one, whose OE images may be others than "
        f"ours. Published: {'; '.join(sorted(found))}."
    ]


def explained(runs: pd.DataFrame, study: StudyManifest, rows: list[Row]) -> list[str]:
    """What stands below a table."""
    mean = f"Mean {METRICS[study.metric].title} in per cent"
    error = " ± standard error over seeds"
    return [notes(runs, study, mean, error), *sources(rows)]


def write_table(runs: pd.DataFrame, study: StudyManifest, base: Path, code: str = "") -> list[Path]:
    """Write BASE.csv, .md, .tex and .html; returns their paths. code: its hash, for their mark."""
    if study.rows is None:
        raise UserError(f"{study.name} has no table: its `draw.table` is null")
    head = spaced(study.rows)
    csv = as_csv(*build(runs, study), head)
    columns, rows = read_csv(csv)  # all show what the file holds, and so does the overview
    below = explained(runs, study, rows)
    mark = marks.of_runs("table", study.name, code, [study], runs)
    page = {"title": study.title, "shown": for_page(columns, rows, head, study.metric)}
    page["below"] = below
    texts = {
        ".csv": csv,
        ".md": f"### {literal(study.title)}\n\n"
        + as_markdown(columns, rows, head, study.metric, below),
        ".tex": as_latex(columns, rows, head, study.metric, below),
        ".html": render("table.html", mark=mark, **page),
    }
    return write_texts(base, texts, mark)
