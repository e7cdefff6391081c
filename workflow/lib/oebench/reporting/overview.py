"""The first page of the report: the question, the answer, claims, cost, failures; then by study.

It is written twice from the same template: as a page of its own and as the text that Snakemake's
report opens with. Its numbers are those of the tables and comparisons that lie beside it.
"""

import base64
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from oebench.artifacts import marks
from oebench.artifacts.manifest import DatasetSummary, Manifest, StudyManifest
from oebench.artifacts.runs import names
from oebench.claims.findings import OPEN
from oebench.claims.verdicts import coverage, read_verdicts, summary
from oebench.evaluation.comparison import Difference
from oebench.evaluation.needed import Needed
from oebench.registry import COLLAPSED, DIVERGED
from oebench.reporting import claims, comparison, leftover, table
from oebench.reporting.html import render, write_texts
from oebench.reporting.notes import notes
from oebench.run import PARAMETERS
from oebench.wording import amount, signed, spaced, trained_for

FAILED_SHOWN = 20
KINDS = {".svg": "image/svg+xml", ".png": "image/png"}
SHOWN = {  # of a study, and what it asks for then
    "tables/{}.csv": ("rows",),
    "comparisons/{}.csv": ("compare",),
    "figures/{}.svg": ("curve", "toy_figure"),
    "looks/{}.png": ("look",),
}
Row = TypeVar("Row", Difference, Needed)


class Overview:
    """What the page shows; `results` is the folder of the results, `runs` all finished runs."""

    def __init__(
        self, plan: Manifest, studies: Sequence[StudyManifest], runs: pd.DataFrame, results: Path
    ) -> None:
        self.plan, self.studies, self.runs, self.results = plan, studies, runs, results
        self.names = names(runs)
        self.bad = runs["status"].isin([COLLAPSED, DIVERGED])

    def values(self) -> dict[str, Any]:
        """Everything that the template names."""
        verdicts = read_verdicts(self.results / "claims.csv")
        curves = [study for study in self.studies if study.curve]
        judged = [each for each in verdicts if each.verdict != OPEN]
        answered = [*self.answers()]
        rest = [each.claim for each in verdicts if each.verdict == OPEN]
        return {
            "title": self.plan.title,
            "images": self.images(),
            "facts": self.facts(),
            "first_curve": self.figure("figures", curves[0]) if curves else None,
            "headline": answered[0][1] if answered else "",
            "answers": answered[1:],
            "claims": {
                "summary": summary(verdicts),
                "judged": claims.for_page(judged),
                "open": list(dict.fromkeys(rest)),
            },
            "data": [data_row(each) for each in self.plan.datasets],
            "coverage": coverage(self.plan, self.runs),
            "failed": list(self.failed()),
            "failures": int(self.bad.sum()),
            "dropped": [
                f"{study.name}: {each}" for study in self.studies for each in study.dropped
            ],
            "leftover": leftover.told(self.studies, self.results),
            "studies": [self.study(each) for each in self.studies],
        }

    def images(self) -> str:
        """Which images the answer is for, in a sentence."""
        told = [
            f"{each.name} with {' or '.join(each.oe)} as OE images" if each.oe else each.name
            for each in self.plan.datasets
            if "normal and test images" in each.uses
        ]
        length = trained_for(self.plan.epochs, self.plan.steps)
        return f"Here: {'; '.join([*told, *([length] if length else [])])}."

    def facts(self) -> dict[str, str]:
        """Runs, failures and cost in large figures."""
        status, hours = self.runs["status"].value_counts(), self.runs["train_seconds"].sum() / 3600
        devices = ", ".join(sorted(map(str, self.runs["device"].unique()))) or "-"
        return {
            "runs finished": f"{len(self.runs)} of {self.plan.runs}",
            "collapsed": str(status.get(COLLAPSED, 0)),
            "diverged": str(status.get(DIVERGED, 0)),
            f"hours of training, on {devices}": f"{hours:.2f}" if hours < 10 else f"{hours:.0f}",
        }

    def answers(self) -> Iterable[tuple[str, str]]:
        """How the methods compare, in sentences with their study."""
        for study in self.studies:
            # A study of points, or of parameters of an objective, does not compare objectives.
            if study.toy_figure or set(PARAMETERS) & set(study.swept) or not study.compare:
                continue
            for sentence in answers(*self.comparison(study)):
                yield study.name, sentence

    def failed(self) -> Iterable[str]:
        """Runs that collapsed or diverged."""
        bad = self.runs[self.bad]
        shown = bad.head(FAILED_SHOWN)
        for status, name in zip(shown["status"], names(shown), strict=True):
            yield f"{status}: {name}"
        if len(bad) > FAILED_SHOWN:
            yield f"and {len(bad) - FAILED_SHOWN} more, see runs.csv"

    def study(self, study: StudyManifest) -> dict[str, Any]:
        """Curve, table, comparison and the plot of one run of a study."""
        runs = self.runs[self.names.isin(study.paths())]
        drawn = study.curve or study.toy_figure
        shown: dict[str, Any] = {
            "name": study.name,
            "title": study.title,
            "about": study.about,
            "finished": len(runs) > 0,
            "figure": self.figure("figures", study) if drawn else None,
            "look": self.figure("looks", study, ".png") if study.look else None,
            "table": None,
            "comparison": None,
        }
        if study.rows and len(runs):
            columns, rows = table.read_table(self.results / f"tables/{study.name}.csv")
            shown["table"] = table.for_page(columns, rows, spaced(study.rows), study.metric)
            shown["below"] = table.explained(runs, study, rows)
        if study.compare and len(runs):
            shown["comparison"] = comparison.parts(study.title, *self.comparison(study))
            shown["comparison_notes"] = [notes(runs, study, comparison.EXPLAINED)]
        return shown

    def comparison(self, study: StudyManifest) -> tuple[list[Difference], list[Needed]]:
        return comparison.read_comparison(self.results / f"comparisons/{study.name}.csv")

    def figure(self, folder: str, study: StudyManifest, suffix: str = ".svg") -> dict[str, str]:
        """A figure as a part of the page; `data` is empty where it is not drawn yet."""
        file = self.results / folder / f"{study.name}{suffix}"
        # docutils refuses long lines
        data = base64.encodebytes(file.read_bytes()).decode() if file.exists() else ""
        alt = f"{study.title} ({folder})"
        return {"file": file.name, "kind": KINDS[suffix], "data": data, "alt": alt}


def shown_files(studies: Iterable[StudyManifest], results: Path) -> list[Path]:
    """The files that the page is made of beside the runs, those that are there."""
    named = [
        results / place.format(study.name)
        for place, keys in SHOWN.items()
        for study in studies
        if any(getattr(study, key) for key in keys)
    ]
    return [file for file in (results / "claims.csv", *named) if file.exists()]


def data_row(data: DatasetSummary) -> list[str]:
    """A data set and what it is used for."""
    first, *sides = data.image
    image = f"{'grey' if first == 1 else 'colour'}, {' x '.join(map(str, sides))}"
    return [
        data.name,
        ", ".join(data.uses),
        str(data.classes or "-"),
        str(data.train),
        str(data.test or "-"),
        "points" if data.has_points else image if sides else amount(first, "feature"),
    ]


def answers(differences: Sequence[Difference], needs: Sequence[Needed]) -> Iterable[str]:
    """What a study says in a few sentences: who needs how many images, who is better."""
    for group in grouped(needs).values():
        yield comparison.headline(group)
    by_setting = grouped(differences)
    for setting in dict.fromkeys([*by_setting][:1] + [*by_setting][-1:]):
        here = by_setting[setting]
        largest = max(here, key=lambda each: abs(each.mean))
        yield told_difference(setting, largest, len(here))


def grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by their setting, in their order."""
    found: dict[str, list[Row]] = {}
    for each in rows:
        found.setdefault(each.setting, []).append(each)
    return found


def told_difference(setting: str, each: Difference, among: int) -> str:
    """The largest difference as a sentence."""
    better, worse = (each.first, each.second) if each.mean >= 0 else (each.second, each.first)
    ends = sorted([each.low, each.high] if each.mean >= 0 else [-each.low, -each.high])
    sure = "" if pd.isna(each.low) else f" (95 % interval {signed(ends[0])} to {signed(ends[1])})"
    widest = "the largest difference is " if among > 1 else ""
    where = f"{setting}: " if setting else ""
    return f"{where}{widest}{better} over {worse} by {abs(each.mean):.1f} points{sure}."


def write_overview(
    plan: Manifest,
    studies: Sequence[StudyManifest],
    runs: pd.DataFrame,
    results: Path,
    base: Path,
    code: str = "",
) -> list[Path]:
    """Write BASE.html, and BASE.rst for Snakemake's report; returns their paths.

    code: its hash, for their mark.
    """
    mark = marks.of_runs("overview", marks.PLAN, code, [plan, *studies], runs)
    values = {"mark": mark, **Overview(plan, studies, runs, results).values()}
    return write_texts(
        base,
        {
            ".html": render("overview.html", **values),
            # Snakemake reads the text as a Jinja template too; in it, all is marked as raw.
            ".rst": render("overview.rst", **values),
        },
        mark,
    )
