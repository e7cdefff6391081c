"""A study's comparison of methods as CSV, Markdown and HTML."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from oebench.artifacts import marks
from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.comparison import Difference, Needed, compare, needed
from oebench.reporting.html import literal, markdown_table, render, write_texts
from oebench.reporting.notes import notes
from oebench.validation import UserError
from oebench.wording import amount, probability, signed

HEAD = ("difference", "points", "95 % interval", "better in", "p (Wilcoxon, Holm)")
NEEDED = ("method", "needed", "AUROC there", "best")
KINDS: dict[str, type[Difference] | type[Needed]] = {"difference": Difference, "needed": Needed}
NUMBERS = {
    each.name: float for kind in KINDS.values() for each in fields(kind) if each.type is float
}
WHOLE = dict.fromkeys(("pairs", "units", "wins", "amount"), "Int64")
EXPLAINED = (
    "Difference of mean AUROC in points, paired over normal classes and seeds; 95 % bootstrap "
    "interval and Wilcoxon's signed-rank test over classes (over seeds where there is one class), "
    "p values corrected by Holm over all comparisons of the study"
)


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
    what = "image" if each.key == "oe_size" else "class"
    return [
        each.method + where,
        "more than were tried" if each.amount is None else amount(each.amount, what),
        "-" if np.isnan(each.auroc) else f"{each.auroc:.1f}",
        f"{each.best:.1f} ({each.best_method})",
    ]


def as_csv(differences: Sequence[Difference], needs: Sequence[Needed]) -> str:
    """A row per comparison, `kind` difference, then a row per method, `kind` needed."""
    rows = [{"kind": "difference", **asdict(each)} for each in differences]
    rows += [{"kind": "needed", **asdict(each)} for each in needs]
    names = dict.fromkeys(["kind", *(f.name for kind in KINDS.values() for f in fields(kind))])
    table = pd.DataFrame(rows, columns=list(names))
    return table.astype(WHOLE).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def read_comparison(path: Path) -> tuple[list[Difference], list[Needed]]:
    """What `as_csv` wrote, with six digits. Raises UserError if it is something else."""
    try:
        kinds: dict[str, Any] = {**NUMBERS, "setting": str}
        table = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=kinds)
        found: dict[str, list[Any]] = {kind: [] for kind in KINDS}
        for record in table.astype(WHOLE).to_dict("records"):
            kind = KINDS[record["kind"]]
            values = {each.name: record[each.name] for each in fields(kind)}
            values = {key: None if value is pd.NA else value for key, value in values.items()}
            if pd.isna(values["setting"]):
                values["setting"] = ""
            found[record["kind"]].append(kind(**values))
    except FileNotFoundError:
        raise UserError(f"there is no comparison {path}; `snakemake {path}` makes it") from None
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is not a comparison of a study ({error}); delete it") from None
    return found["difference"], found["needed"]


def parts(
    title: str, differences: Sequence[Difference], needs: Sequence[Needed]
) -> list[dict[str, Any]]:
    """Title, head and rows of the tables that are shown; those without rows are left out."""
    few = f"Fewest OE images or classes that come within 1 point of the best: {title}"
    shown = [
        (f"Which is better: {title}", HEAD, [*map(difference_row, differences)]),
        (few, NEEDED, [*map(needed_row, needs)]),
    ]
    return [{"title": title, "head": head, "rows": rows} for title, head, rows in shown if rows]


def as_markdown(part: dict[str, Any]) -> str:
    """One of the `parts` as a pipe table under its title."""
    head, *rows = ([*map(literal, line)] for line in (part["head"], *part["rows"]))
    return f"### {literal(part['title'])}\n\n{markdown_table(head, rows)}"


def write_comparison(
    runs: pd.DataFrame, study: StudyManifest, base: Path, code: str = ""
) -> list[Path]:
    """Write BASE.csv, .md and .html; returns their paths. code: its hash, for their mark."""
    differences, needs = compare(runs, study), needed(runs, study)
    below, shown = notes(runs, study, EXPLAINED), parts(study.title, differences, needs)
    mark = marks.of_runs("comparison", study.name, code, [study], runs)
    page = {"title": study.title, "parts": shown, "below": [below]}
    return write_texts(
        base,
        {
            ".csv": as_csv(differences, needs),
            ".md": "\n\n".join([*map(as_markdown, shown), literal(below)]) + "\n",
            ".html": render("comparison.html", mark=mark, **page),
        },
        mark,
    )
