"""Tables: mean AUROC with its standard error over seeds, as CSV, Markdown, LaTeX and HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from oead.files import atomic
from oead.scores import OK
from oead.summary import Spec, label_of, labels_of, notes

MEAN = "mean"


@dataclass(frozen=True)
class Cell:
    """Per cent; `error` is NaN with fewer than two seeds."""

    mean: float
    error: float
    runs: int


def mean_over_seeds(runs: pd.DataFrame, expected: pd.DataFrame) -> Cell:
    """Mean over normal classes, and its standard error over seeds.

    The class mean is taken per seed, over all classes; its standard error is that of these means,
    not the spread over classes. A seed that lacks a class would shift the mean, so it counts only
    where no seed is complete: then the mean is that over classes of what there is, without error.
    Where a class has no run at all that ended well, there is no mean.
    """
    if runs.empty:
        return Cell(np.nan, np.nan, 0)
    grid = 100 * runs.pivot_table(index="seed", columns="normal_class", values="auroc")
    grid = grid.reindex(columns=sorted(expected["normal_class"].unique()))
    if grid.isna().all().any():
        return Cell(np.nan, np.nan, len(runs))
    complete = grid.dropna()
    if complete.empty:
        return Cell(float(grid.mean().mean()), np.nan, len(runs))
    per_seed = complete.mean(axis=1)
    error = per_seed.std(ddof=1) / np.sqrt(len(per_seed)) if len(per_seed) > 1 else np.nan
    return Cell(float(per_seed.mean()), float(error), complete.size)


def build(runs: pd.DataFrame, spec: Spec) -> tuple[list[str], list[str], list[list[Cell]]]:
    """Names of rows and columns, and the cells row by row.

    Rows are the values of the study's row key, for normal classes with their mean below; columns
    are the objectives and whatever else is swept.
    """
    assert spec.rows is not None
    done = runs[runs["status"] == OK]
    columns = labels_of(runs, ["objective", *(key for key in spec.swept if key != spec.rows)])
    rows = label_of(runs, spec.rows)
    cells: list[list[Cell]] = []
    row_names, column_names = list(dict.fromkeys(rows)), list(dict.fromkeys(columns))
    for row in row_names:
        # A baseline without OE has no OE size: its runs stand in every row of such a table.
        in_row = (rows == row) | (rows == "")
        cells.append([])
        for column in column_names:
            here = in_row & (columns == column)
            cells[-1].append(mean_over_seeds(done[here[done.index]], runs[here]))
    if spec.rows == "normal_class":
        cells.append(
            [
                mean_over_seeds(done[columns[done.index] == column], runs[columns == column])
                for column in column_names
            ]
        )
        row_names.append(MEAN)
    keep = [index for index, name in enumerate(row_names) if name != ""]
    return [row_names[i] for i in keep], column_names, [cells[i] for i in keep]


def best(row: Sequence[Cell]) -> float:
    """The highest mean of a row, rounded as it is shown."""
    return max((round(cell.mean, 1) for cell in row if not np.isnan(cell.mean)), default=np.nan)


def show(cell: Cell, plus_minus: str = "±") -> str:
    """A cell as text: mean and error with one decimal, "-" without runs."""
    if np.isnan(cell.mean):
        return "-"
    return f"{cell.mean:.1f}" + ("" if np.isnan(cell.error) else f" {plus_minus} {cell.error:.1f}")


def as_csv(rows: list[str], columns: list[str], cells: list[list[Cell]], head: str) -> str:
    """Three columns for each method: mean, standard error, number of runs."""
    table = pd.DataFrame({head: rows})
    for index, column in enumerate(columns):
        table[column] = [row[index].mean for row in cells]
        table[f"{column} se"] = [row[index].error for row in cells]
        table[f"{column} runs"] = [row[index].runs for row in cells]
    return table.to_csv(index=False, float_format="%.4f", lineterminator="\n")


def marked(cells: list[list[Cell]], bold: str, plus_minus: str) -> list[list[str]]:
    """The cells as text, the best of each row put into `bold`, a template."""
    texts = []
    for row in cells:
        top = best(row)
        texts.append(
            [
                bold.format(show(cell, plus_minus))
                if round(cell.mean, 1) == top
                else show(cell, plus_minus)
                for cell in row
            ]
        )
    return texts


def as_markdown(
    rows: list[str], columns: list[str], cells: list[list[Cell]], head: str, below: str
) -> str:
    names = [name.replace("|", "\\|") for name in [head, *columns]]
    lines = [names, [":--", *["--:"] * len(columns)]]
    texts = marked(cells, "**{}**", "±")
    lines += [[name.replace("|", "\\|"), *row] for name, row in zip(rows, texts, strict=True)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + f"\n\n{below}\n"


TEX = {sign: "\\" + sign for sign in "_&%#${}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
}


def tex(text: str) -> str:
    """Text with LaTeX's special characters escaped.

    >>> print(tex("a_b & 5 %"))
    a\\_b \\& 5 \\%
    """
    return "".join(TEX.get(sign, sign) for sign in text)


def as_latex(
    rows: list[str], columns: list[str], cells: list[list[Cell]], head: str, below: str
) -> str:
    """A booktabs table to \\input; the mean row stands under a rule of its own."""
    lines = [
        f"% {below}",
        f"\\begin{{tabular}}{{l{'r' * len(columns)}}}",
        "\\toprule",
        " & ".join(map(tex, [head, *columns])) + r" \\",
        "\\midrule",
    ]
    texts = marked(cells, "\\textbf{{{}}}", "$\\pm$")
    for name, row in zip(rows, texts, strict=True):
        lines += ["\\midrule"] * (name == MEAN)
        lines.append(" & ".join([tex(name), *row]) + r" \\")
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}", ""])


HTML = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; margin: 1.5em }}
table {{ border-collapse: collapse; border-block: 2px solid #222 }}
th, td {{ padding: .25em .8em; text-align: right; white-space: nowrap }}
th:first-child {{ text-align: left }} tbody th {{ font-weight: normal }}
thead {{ border-bottom: 1px solid #222 }}
tr.mean {{ border-top: 1px solid #222 }} p {{ max-width: 45em }}
div {{ overflow-x: auto }}
</style><h1 style="font-size:1.2em">{title}</h1><div><table><thead><tr>{head}</tr></thead>
<tbody>{body}</tbody></table></div><p>{below}</p></html>
"""


def as_html(
    rows: list[str], columns: list[str], cells: list[list[Cell]], head: str, spec: Spec, below: str
) -> str:
    """A page of its own, for the report."""
    texts = marked(cells, "<b>{}</b>", "±")
    body = "".join(
        f"<tr{' class=mean' if name == MEAN else ''}><th>{escape(name)}</th>"
        + "".join(f"<td>{text}</td>" for text in row)
        + "</tr>"
        for name, row in zip(rows, texts, strict=True)
    )
    headings = "".join(f"<th>{escape(name)}</th>" for name in [head, *columns])
    return HTML.format(title=escape(spec.title), head=headings, body=body, below=escape(below))


def write_table(runs: pd.DataFrame, spec: Spec, base: Path) -> list[Path]:
    """Write BASE.csv, .md, .tex and .html; returns their paths."""
    rows, columns, cells = build(runs, spec)
    head = (spec.rows or "").replace("_", " ")
    below = notes(runs, spec, "Mean AUROC in per cent ± standard error over seeds")
    texts = {
        ".csv": as_csv(rows, columns, cells, head),
        ".md": f"### {spec.title}\n\n" + as_markdown(rows, columns, cells, head, below),
        ".tex": as_latex(rows, columns, cells, head, below),
        ".html": as_html(rows, columns, cells, head, spec, below),
    }
    paths = []
    for suffix, text in texts.items():
        paths.append(base.parent / (base.name + suffix))
        with atomic(paths[-1]) as temporary:
            temporary.write_text(text)
    return paths
