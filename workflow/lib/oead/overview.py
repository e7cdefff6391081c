"""The first page of the report: what was asked, the answer, what failed, the cost; then by study.

It is written twice from the same HTML: as a page of its own and as the text that Snakemake's report
opens with.
"""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import TypeVar

import pandas as pd

from oead import page
from oead.claimfiles import Verdict, as_html, coverage, read_verdicts, summary
from oead.claims import OPEN
from oead.comparison import Difference, Needed, compare, needed
from oead.comparisonfiles import EXPLAINED, signed
from oead.comparisonfiles import as_html as comparison_html
from oead.grid import Plan
from oead.methods import PARAMETERS
from oead.scores import COLLAPSED, DIVERGED
from oead.summary import Spec, notes
from oead.tablefiles import as_html as table_html
from oead.tablefiles import explained, write_texts
from oead.tables import build

FAILED_SHOWN = 20
QUESTION = """
A network is trained on images of one <i>normal</i> class against <i>outlier exposure</i> (OE)
images of another data set, and then tells the normal class from all others of the test set. Which
objective is best, and how many OE images does it need? The question of <i>Rethinking Assumptions in
Deep Anomaly Detection</i> (Ruff, Vandermeulen, Franks, Müller, Kloft;
<a href="https://arxiv.org/abs/2006.00339">arXiv 2006.00339</a>), answered by the mean AUROC over
normal classes: 100 % is perfect, 50 % is chance."""
WORDS = """
<b>hsc</b> (hypersphere classification) and <b>deepsad</b> keep normal images close to a centre and
OE images away from it; <b>bce</b> and <b>focal</b> are ordinary classifiers of normal against OE;
<b>dsvdd</b> and the baselines without deep learning see no OE image."""


Row = TypeVar("Row", Difference, Needed)


class Overview:
    """The parts of the page; `results` is the folder of the results, `runs` all finished runs."""

    def __init__(self, plan: Plan, runs: pd.DataFrame, results: Path) -> None:
        self.plan, self.runs, self.results = plan, runs, results
        self.specs = {name: Spec(**plan.presentation.spec(name)) for name in plan.studies}
        done = set(runs["path"])
        self.of_study = {
            name: runs[runs["path"].isin(done & set(self.paths(name)))] for name in plan.studies
        }

    def paths(self, study: str) -> list[str]:
        folder = self.results / "runs"
        return [f"{folder}/{run.path}/scores.h5" for run in self.plan.studies[study].shown]

    def body(self, verdicts: Sequence[Verdict]) -> str:
        title = f"<h1>{escape(self.plan.config.title)}</h1>"
        asked = f"<p>{QUESTION} {escape(self.images())}</p>"
        first = [title, asked, self.facts(), self.answer(), self.claims(verdicts)]
        last = [self.data(), self.failed(), *map(self.study, self.plan.studies)]
        return "\n".join([*first, *last])

    def images(self) -> str:
        """Which images the answer is for, in a sentence."""
        pools: dict[str, list[str]] = {}
        for run in self.plan.runs:
            pools.setdefault(run.dataset, [])
            if run.oe is not None and run.oe not in pools[run.dataset]:
                pools[run.dataset].append(run.oe)
        told = [
            f"{name} with {' or '.join(oe)} as OE images" if oe else name
            for name, oe in pools.items()
        ]
        epochs = self.plan.resolver.epochs(self.plan.runs)
        return f"Here: {'; '.join(told)}; {' or '.join(map(str, epochs))} epochs."

    def facts(self) -> str:
        """Runs, failures and cost in large figures."""
        status, hours = self.runs["status"].value_counts(), self.runs["train_seconds"].sum() / 3600
        devices = ", ".join(sorted(map(str, self.runs["device"].unique()))) or "-"
        cells = {
            "runs finished": f"{len(self.runs)} of {len(self.plan.runs)}",
            "collapsed": str(status.get(COLLAPSED, 0)),
            "diverged": str(status.get(DIVERGED, 0)),
            f"hours of training, on {devices}": f"{hours:.2f}" if hours < 10 else f"{hours:.0f}",
        }
        parts = (f"<div><b>{escape(v)}</b>{escape(k)}</div>" for k, v in cells.items())
        return f'<div class="facts">{"".join(parts)}</div>'

    def answer(self) -> str:
        """The first curve and, in sentences, how the methods compare."""
        lines = [
            f'<li><a href="#{name}">{name}</a>: {escape(sentence)}</li>'
            for name, spec in self.specs.items()
            if self.compares_objectives(name)
            for sentence in answers(self.of_study[name], spec)
        ]
        curves = [name for name, spec in self.specs.items() if spec.curve]
        figure = self.figure("figures", curves[0]) if curves else ""
        return (
            f'<h2>The answer</h2><div class="beside">{figure}<ul>{"".join(lines)}</ul></div>'
            f'<p class="soft">{WORDS}</p>'
        )

    def compares_objectives(self, study: str) -> bool:
        """Whether a study is on images, and not on parameters of an objective."""
        plane = self.plan.config.studies[study].draw.plane
        return not plane and not set(PARAMETERS) & set(self.specs[study].swept)

    def claims(self, verdicts: Sequence[Verdict]) -> str:
        """Those that can be judged, and the names of the others."""
        judged = [each for each in verdicts if each.verdict != OPEN]
        rest = list(dict.fromkeys(each.claim for each in verdicts if each.verdict == OPEN))
        tail = (
            f"<p>{escape(', '.join(rest))} cannot be judged by these runs; claims.md says what is "
            "missing.</p>"
            if rest
            else ""
        )
        table = as_html(judged) if judged else ""
        return f"<h2>Claims of the paper</h2><p>{summary(verdicts)}.</p>{table}{tail}"

    def data(self) -> str:
        """The data sets, with what they are used for."""
        rows = []
        for name in self.plan.datasets:
            entry = self.plan.config.datasets[name]
            used = (
                ["normal and test images"] if any(r.dataset == name for r in self.plan.runs) else []
            )
            used += ["OE images"] if any(r.oe == name for r in self.plan.runs) else []
            size = " x ".join(map(str, entry.image[1:]))
            colour = {1: "grey", 3: "colour"}.get(entry.image[0], "points")
            rows.append(
                [
                    escape(name),
                    ", ".join(used),
                    str(len(entry.classes) or "-"),
                    str(entry.pool),
                    str(sum(entry.counts("test")) or "-"),
                    f"{colour}, {size}" if colour != "points" else colour,
                ]
            )
        head = ["data set", "used for", "classes", "training images", "test images", "image"]
        return "<h2>The data</h2>" + page.table(head, rows, text=(1,))

    def failed(self) -> str:
        """Runs that collapsed, diverged or are missing, and what was left out of the grid."""
        bad = self.runs[self.runs["status"].isin([COLLAPSED, DIVERGED])]
        lines = [f"{row.status}: {row.path}" for row in bad.head(FAILED_SHOWN).itertuples()]
        if len(bad) > FAILED_SHOWN:
            lines.append(f"and {len(bad) - FAILED_SHOWN} more, see runs.csv")
        for name, spec in self.specs.items():
            lines += [f"{name}: left out as beyond the pool: {each}" for each in spec.dropped]
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        return f"<h2>What failed</h2><p>{coverage(self.plan, self.runs)}.</p>" + (
            f"<ul>{items}</ul>" if items else ""
        )

    def study(self, name: str) -> str:
        """Curve, table, comparison and the look at a run of one study."""
        spec, runs = self.specs[name], self.of_study[name]
        drawn = self.plan.config.studies[name].draw
        parts = [f'<h2 id="{name}">{name}</h2><p>{escape(self.plan.presentation.about(name))}</p>']
        if runs.empty:
            return "".join([*parts, "<p>None of its runs is finished.</p>"])
        parts += [self.figure("figures", name)] if drawn.plane else []
        parts += [self.figure("figures", name)] if spec.curve else []
        if spec.rows:
            columns, rows = build(runs, spec)
            parts.append(f"<h3>{escape(spec.title)}</h3>")
            parts.append(table_html(columns, rows, spec.rows.replace("_", " ")))
            below = explained(runs, spec, rows)
            parts += [f'<p class="note">{escape(line)}</p>' for line in below]
        if self.plan.presentation.compares(name):
            note = f'<p class="note">{escape(notes(runs, spec, EXPLAINED))}</p>'
            parts.append(comparison_html(runs, spec) + note)
        looked = self.plan.presentation.looked_at(name)
        if looked:
            parts.append(f"<h3>A look at one run</h3>{self.figure('looks', name, '.png')}")
        return "\n".join(parts)

    def figure(self, folder: str, study: str, suffix: str = ".svg") -> str:
        """A figure as a part of the page; what is not drawn yet is said so."""
        file = self.results / folder / f"{study}{suffix}"
        if not file.exists():
            return f"<p>{escape(file.name)} is not drawn yet.</p>"
        kind = {".svg": "image/svg+xml", ".png": "image/png"}[suffix]
        data = base64.encodebytes(file.read_bytes()).decode()  # docutils refuses long lines
        alt = escape(f"{self.specs[study].title} ({folder})")
        return f'<figure><img alt="{alt}" src="data:{kind};base64,{data}"></figure>'


def answers(runs: pd.DataFrame, spec: Spec) -> Iterable[str]:
    """What a study says in a sentence or two: who needs how many images, who is better."""
    for setting, group in grouped(needed(runs, spec)).items():
        what = "images" if group[0].key == "oe_size" else "classes"
        told = [f"{each.method} {each.amount or 'more than were tried'}" for each in group]
        yield (
            f"{setting + ': ' if setting else ''}OE {what} needed to come within 1 point of the "
            f"best ({group[0].best_method}, {group[0].best:.1f} %): {', '.join(told)}."
        )
    differences = grouped(compare(runs, spec))
    for setting in dict.fromkeys([*differences][:1] + [*differences][-1:]):
        here = differences[setting]
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


RST = """.. raw:: html

{body}
"""


def write_overview(plan: Plan, runs: pd.DataFrame, results: Path, base: Path) -> list[Path]:
    """Write BASE.html, and BASE.rst for Snakemake's report; returns their paths."""
    verdicts = read_verdicts(results / "claims.csv")
    body = Overview(plan, runs, results).body(verdicts)
    inner = f'<div class="oead"><style>{page.STYLE}</style>\n{body}</div>'
    # Snakemake reads the text as a Jinja template: what looks like one must not be taken for one.
    indented = "\n".join(f"   {line}" for line in inner.splitlines())
    texts = {
        ".html": page.page(plan.config.title, body),
        ".rst": RST.format(body=f"   {{% raw %}}\n{indented}\n   {{% endraw %}}"),
    }
    return write_texts(base, texts)
