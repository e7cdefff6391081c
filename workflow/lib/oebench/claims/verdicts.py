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
from oebench.claims.findings import CONTRADICTED, HOLDS, OPEN, UNDECIDED, Finding
from oebench.claims.judge import Judge
from oebench.claims.spoken import spoken
from oebench.registry import COLLAPSED, DIVERGED, METRICS
from oebench.run import AMOUNTS, KEYS, Run, parse
from oebench.validation import UserError
from oebench.wording import amount, lengths, trained_for

ROUNDING = ("threads",)  # keys of a recipe that change but the order of sums
ELSEWHERE = "on other data"
JUDGED = (HOLDS, CONTRADICTED, UNDECIDED)


@dataclass(frozen=True)
class Verdict:
    """One claim on one data set."""

    claim: str
    text: str
    dataset: str
    oe: str
    verdict: str
    own: bool  # whether data, OE images and recipe are the claim's own
    scope: str  # data, OE images, epochs, seeds
    check: str  # the statement in words
    numbers: str  # the comparisons that were made, with their 95 % intervals
    more_seeds: str  # how many would probably decide an undecided one
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

    @property
    def told(self) -> str:
        """The verdict as it is shown, with what it is about."""
        return self.verdict if self.own or self.verdict == OPEN else f"{ELSEWHERE}: {self.verdict}"


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
    recipes = {name: value for study in studies for name, value in study.recipes.items()}
    verdicts = []
    for asked in map(Asked.model_validate, plan.claims):
        claim, about = asked.claim, (asked.dataset, asked.oe)
        judge = Judge(runs, plan.sweeps, pools, plan.published, *about, asked.features_of)
        found = judge.judge(claim.check) if claim.check else Finding(OPEN, missing=(claim.beyond,))
        stricter = judge.judge(claim.stricter) if claim.stricter else Finding("")
        used = runs[runs["path"].isin(judge.used)].drop_duplicates("path")
        status = used["status"].value_counts()
        trained = {name: recipes[name] for name in used["recipe"].unique() if recipes.get(name)}
        verdicts.append(
            Verdict(
                asked.name,
                claim.claim,
                *about,
                found.verdict,
                asked.own and not any(other_keys(asked, each) for each in trained.values()),
                scope(asked, used, trained, plan),
                spoken(claim.check) if claim.check else "",
                "; ".join(found.numbers),
                seeds_needed(found),
                stricter.verdict,
                spoken(claim.stricter) if claim.stricter else "",
                "; ".join(stricter.numbers),
                claim.tolerance or "none",
                len(used),
                int(status.get(COLLAPSED, 0)),
                int(status.get(DIVERGED, 0)),
                "; ".join(dict.fromkeys([*found.missing, *stricter.missing])),
                claim.status,
                claim.source,
                claim.note,
            )
        )
    return verdicts


def scope(
    asked: Asked, used: pd.DataFrame, trained: dict[str, dict[str, Any]], plan: Manifest
) -> str:
    """What a verdict is about: data, OE images, epochs against the claim's own, classes, seeds."""
    data_sets = f"{asked.dataset} with {asked.oe}"
    if asked.features_of:
        data_sets += " (pretrained features)"
    if used.empty:
        return data_sets
    (data,) = (each for each in plan.datasets if each.name == asked.dataset)
    seen = used["normal_class"].nunique()
    whole = seen == data.classes or data.has_points
    some = "" if whole else f", {seen} of {amount(data.classes, 'class')}"
    seeds = amount(used["seed"].nunique(), "seed")
    return f"{data_sets}, {how(asked, trained)}{seeds}{some}"


def how(asked: Asked, trained: dict[str, dict[str, Any]]) -> str:
    """How runs were trained, and what of it is not the claim's own."""
    if not trained:
        return ""
    text = trained_for(*lengths(trained.values()))
    other = {key for each in trained.values() for key in other_keys(asked, each)}
    if asked.recipe is not None and "epochs" in other:
        text += f" (claim: {asked.recipe['epochs']})"
    if named := sorted(other - {"epochs"}):
        text += f", other {', '.join(named)}"
    return f"{text}, "


def other_keys(asked: Asked, recipe: dict[str, Any]) -> set[str]:
    """The keys in which a recipe is not the claim's own; none where the claim has no recipe."""
    own = asked.recipe or recipe
    return {key for key in own if key not in ROUNDING and recipe.get(key) != own[key]}


def seeds_needed(found: Finding) -> str:
    """What would probably decide an undecided statement."""
    if found.verdict != UNDECIDED:
        return ""
    if found.more_seeds is None:
        return "no number of seeds would decide it: classes differ too much for what is asked"
    return f"{amount(found.more_seeds, 'more seed')} would probably decide it"


def summary(verdicts: Sequence[Verdict]) -> str:
    """How many claims hold, are contradicted, are undecided; those on other data apart."""
    told = []
    judged = [each for each in verdicts if each.verdict != OPEN]
    for own, where in (
        (True, "On the data and with the recipe that they are about"),
        (False, ELSEWHERE),
    ):
        here = [each.verdict for each in judged if each.own == own]
        counts = ", ".join(counted(kind, here.count(kind)) for kind in JUDGED)
        told.append(f"{where}: {counts if here else 'none was judged'}")
    return f"{'; '.join(told)}; {len(verdicts) - len(judged)} {OPEN}"


def counted(kind: str, number: int) -> str:
    """How many verdicts are of a kind.

    >>> counted(HOLDS, 2), counted(HOLDS, 1), counted(UNDECIDED, 2)
    ('2 hold', '1 holds', '2 undecided')
    """
    return f"{number} {'hold' if kind == HOLDS and number != 1 else kind}"


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
        return [
            Verdict(
                **{**row, **{key: int(row[key]) for key in whole}, "own": row["own"] == str(True)}
            )
            for row in rows
        ]
    except (TypeError, ValueError):
        raise UserError(f"{path} is not a table of verdicts; delete it to remake it") from None


def coverage(plan: Manifest, finished: pd.DataFrame) -> str:
    """How many of all runs exist, and what became of them."""
    status = finished["status"].value_counts()
    return (
        f"{len(finished)} of {plan.runs} runs are finished; "
        f"{status.get(COLLAPSED, 0)} collapsed, {status.get(DIVERGED, 0)} diverged"
    )
