"""The verdicts on all claims that a configuration asks for, and the table that holds them."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from oebench.artifacts.manifest import Manifest, StudyManifest
from oebench.artifacts.runs import names
from oebench.claims.entries import Asked
from oebench.claims.judge import FAILS, HOLDS, OPEN, Judge
from oebench.registry import COLLAPSED, DIVERGED, METRICS
from oebench.run import AMOUNTS, KEYS, Run, parse
from oebench.validation import UserError


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


def expected(studies: Sequence[StudyManifest], finished: pd.DataFrame) -> pd.DataFrame:
    """Every run of every study with its keys; status and metrics where it is finished."""
    rows = [
        {**asdict(parse(path)), "condition": group.condition, "path": path, "study": study.name}
        for study in studies
        for group in study.groups
        for path in group.paths()
    ]
    kinds = dict.fromkeys(AMOUNTS, "Int64") | {
        key: "float64" for key in KEYS if KEYS[key].kind is float
    }
    asked = pd.DataFrame(
        rows, columns=[*(f.name for f in fields(Run)), "condition", "path", "study"]
    )
    done = finished[["status", *METRICS]].set_index(pd.Index(names(finished)))
    return asked.astype(kinds).join(done, on="path")


def judge(
    plan: Manifest, studies: Sequence[StudyManifest], finished: pd.DataFrame
) -> list[Verdict]:
    """All verdicts, in the order of the claims."""
    runs = expected(studies, finished)
    pools = {each.name: (each.train, each.classes) for each in plan.datasets}
    verdicts = []
    for asked in map(Asked.model_validate, plan.claims):
        claim, dataset, oe = asked.claim, asked.dataset, asked.oe
        about = (runs, plan.sweeps, pools, plan.published, dataset, oe, claim.tolerance)
        judged, more = Judge(*about), Judge(*about)
        verdict = judged.verdict(claim.check)
        stricter = more.verdict(claim.stricter) if claim.stricter else ""
        used = runs[runs["path"].isin(judged.used | more.used)].drop_duplicates("path")
        status = used["status"].value_counts()
        verdicts.append(
            Verdict(
                asked.name,
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
    """What `as_csv` wrote. Raises UserError if it is something else."""
    names = [each.name for each in fields(Verdict)]
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
    except FileNotFoundError:
        raise UserError(f"there are no verdicts {path}; `snakemake {path}` makes them") from None
    if reader.fieldnames != names:
        raise UserError(f"{path} is not a table of verdicts; delete it to remake it")
    whole = ("runs", "collapsed", "diverged")
    rows: list[dict[str, Any]] = [*reader]
    try:
        return [Verdict(**{**row, **{key: int(row[key]) for key in whole}}) for row in rows]
    except (TypeError, ValueError):
        raise UserError(f"{path} is not a table of verdicts; delete it to remake it") from None


def coverage(plan: Manifest, finished: pd.DataFrame) -> str:
    """How many of all runs exist, and what became of them."""
    status = finished["status"].value_counts()
    return (
        f"{len(finished)} of {plan.runs} runs are finished; "
        f"{status.get(COLLAPSED, 0)} collapsed, {status.get(DIVERGED, 0)} diverged"
    )
