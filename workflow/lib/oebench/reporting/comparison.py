"""A study's comparison of methods as CSV, Markdown and HTML."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from math import ceil, log10
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from oebench.artifacts import marks
from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.comparison import Difference, compare
from oebench.evaluation.needed import Needed, needed
from oebench.reporting.html import literal, markdown_table, render, write_texts
from oebench.reporting.notes import notes
from oebench.run import KEYS
from oebench.validation import UserError
from oebench.wording import amount, plural, points, probability, signed

HEAD = ("difference", "points", "95 % interval", "better in", "p (Wilcoxon, Holm)")
NEEDED = ("method", "needed (95 % interval)", "not distinguishable from", "to run next")
MOST = 10**9  # images: more are as good as none
FAR = 100  # times what was tried: beyond, an extrapolation says that it is far, not how far
ROUNDED = 10_000  # from here on an amount has two digits
KINDS: dict[str, type[Difference] | type[Needed]] = {"difference": Difference, "needed": Needed}
NUMBERS = {
    each.name: float for kind in KINDS.values() for each in fields(kind) if each.type is float
}
TEXTS = {each.name: str for kind in KINDS.values() for each in fields(kind) if each.type is str}
WHOLE = {each.name: "Int64" for kind in KINDS.values() for each in fields(kind) if each.type is int}
EXPLAINED = (
    "Difference of mean AUROC in points, paired over normal classes and seeds; 95 % interval over "
    "classes and seeds; Wilcoxon's signed-rank test over classes (over seeds where there is one "
    "class), p values corrected by Holm over all comparisons of the study. What is needed: where "
    "the mean AUROC, taken to rise, crosses the target, with its 95 % interval over classes and "
    "seeds; beyond what was tried, an extrapolation of the error by a power law"
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
    seeds = f", {amount(each.next_seeds, 'seed')}" if each.next_seeds > each.seeds else ""
    amounts = each.next_amounts.replace(" ", ", ")
    return [each.method + where, told(each), each.alike or "-", amounts + seeds if amounts else "-"]


def told(each: Needed) -> str:
    """The amount that a method needs, with its interval: "19 (6 to 43)".

    One beyond what was tried is said to be an extrapolation, one beyond the pool to be beyond it.
    """
    if not each.tried:
        return "none, it sees no OE" if not each.amount else "does not reach it, without OE"
    if np.isinf(each.amount):
        return f"does not reach it with the {each.tried:,} that were tried{ends(each)}"
    if each.amount <= each.tried:
        return f"{whole(each.amount)}{ends(each)}"
    pool = each.amount > each.pool
    beyond = f"beyond the pool of {each.pool:,}" if pool else f"beyond the {each.tried:,} tried"
    far = each.amount > FAR * each.tried
    found = f"more than {whole(FAR * each.tried)}" if far else f"about {whole(each.amount)}"
    return f"{beyond}, {found}{ends(each)} by extrapolation"


def ends(each: Needed) -> str:
    """The interval of an amount; a text that is empty where it has none."""
    if np.isnan(each.low):
        return ""
    if np.isinf(each.low):
        return " (nor by any number)"
    if np.isinf(each.high) or each.high > MOST:
        return f" ({whole(each.low)} or more)"
    return f" ({whole(each.low)} to {whole(each.high)})"


def whole(number: float) -> str:
    """An amount as a whole number, rounded up as no part of an image helps; two digits of many.

    >>> whole(18.2), whole(84382.1)
    ('19', '85,000')
    """
    step = 10 ** max(int(log10(max(number, 1))) - 1, 0) if number >= ROUNDED else 1
    return f"{ceil(number / step - 1e-9) * step:,}"


def asked_for(each: Needed) -> str:
    """What the amounts are needed for."""
    if each.best_method:
        best = f"the best ({each.best_method}, {each.best:.1f} %)"
        return f"to come within {points(each.best - each.target)} of {best}"
    return f"for a mean AUROC of {each.target:g} %"


def indistinct(found: Sequence[Needed]) -> list[str]:
    """Every two methods that cannot be told apart by what they need."""
    return [
        f"{each.method} and {later.method}"
        for index, each in enumerate(found)
        for later in found[index + 1 :]
        if later.method in each.alike.split("; ")
    ]


def headline(found: Sequence[Needed]) -> str:
    """What the methods need in one setting, as a sentence."""
    first = found[0]
    what = plural(KEYS[first.key].counts)
    where = f"{first.setting}: " if first.setting else ""
    needs = "; ".join(f"{each.method} {told(each)}" for each in found)
    pairs = indistinct(found)
    alike = f". Not distinguishable: {', '.join(pairs)}" if pairs else ""
    return f"{where}{what} needed {asked_for(first)}, with 95 % intervals: {needs}{alike}."


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
        kinds: dict[str, Any] = {**NUMBERS, **TEXTS}
        table = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=kinds)
        found: dict[str, list[Any]] = {kind: [] for kind in KINDS}
        for record in table.astype(WHOLE).to_dict("records"):
            kind = KINDS[record["kind"]]
            values = {each.name: record[each.name] for each in fields(kind)}
            values = {key: None if value is pd.NA else value for key, value in values.items()}
            texts = [each.name for each in fields(kind) if each.type is str]
            values |= {key: "" for key in texts if pd.isna(values[key])}
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
    shown: list[tuple[str, Sequence[str], list[list[str]]]] = [
        (f"Which is better: {title}", HEAD, [*map(difference_row, differences)])
    ]
    for target in dict.fromkeys(map(asked_for, needs)):
        rows = [needed_row(each) for each in needs if asked_for(each) == target]
        shown.append((f"OE images or classes needed {target}: {title}", NEEDED, rows))
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
