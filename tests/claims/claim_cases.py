"""Runs on cats and dogs, given in per cent, whose claims can be judged by hand."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from operator import attrgetter
from pathlib import Path
from typing import Any

import pandas as pd
from grid_cases import plans
from scipy.stats import t as student

from oebench.artifacts.manifest import Manifest, Published, StudyManifest
from oebench.artifacts.runs import columns, typed
from oebench.claims.entries import Claim
from oebench.claims.findings import OPEN, Finding
from oebench.claims.judge import Judge
from oebench.plan.manifests import Manifests
from oebench.plan.plan import Plan
from oebench.registry import METHODS
from oebench.run import Run
from oebench.validation import Strict

PARAMETERS = {"hsc": {"norm": "pseudo_huber"}, "dsvdd": {"norm": "pseudo_huber"}}
PARAMETERS["focal"] = {"gamma": 2.0}
SWEEPS: dict[str, tuple[str, ...]] = {
    "main": (),
    "sizes": ("oe_size",),
    "blurs": ("blur",),
    "gammas": ("gamma",),
    "epochs": ("epochs",),
}
POOLS = {"pets": (110, 2), "things": (100, 4), "noise": (50, 0)}  # images and classes
Score = float | str | None  # per cent, or a status, or None for a run that is not finished
Outcome = Callable[[Run], Score]
CLAIM: dict[str, Any] = {
    "claim": "hsc is good.",
    "status": "secondary",
    "source": "page 3",
    "data": {"pets": "things"},
    "check": {"exceeds": "hsc", "value": 70},
}


def of_run(score: Score) -> tuple[str | None, float | None]:
    """Status and AUROC of a run; one that collapsed has a value too, which must not count."""
    if isinstance(score, str):
        return score, 0.01 if score == "collapsed" else None
    return (None, None) if score is None else ("ok", score / 100)


def runs(
    objective: str,
    cat: Sequence[Score],
    dog: Sequence[Score] = (),
    study: str = "main",
    metric: str = "auroc",
    **keys: Any,
) -> list[dict[str, Any]]:
    """The runs of one condition: seeds 1, 2, ... of cats and of dogs; by default the whole pool."""
    exposure = {"oe": "things", "oe_size": None if "oe_classes" in keys else 100}
    if not METHODS[objective].uses_oe:
        exposure = {"oe": None, "oe_size": None}
    named = {
        "dataset": "pets",
        "oe_classes": None,
        "blur": 0.0,
        "norm": None,
        "gamma": None,
        "recipe": "quick",
        "augment": False,
        **exposure,
        **PARAMETERS.get(objective, {}),
        **keys,
    }
    rows = []
    for normal_class, scores in enumerate((cat, dog)):
        for seed, score in enumerate(scores, start=1):
            run = Run(objective=objective, normal_class=normal_class, seed=seed, **named)
            status, value = of_run(score)
            rows.append(
                {
                    **asdict(run),
                    "condition": run.condition,
                    "path": run.path,
                    "study": study,
                    "status": status,
                    metric: value,
                }
            )
    return rows


def judge(*rows: list[dict[str, Any]], published: Sequence[Published] = ()) -> Judge:
    table = pd.DataFrame([row for condition in rows for row in condition])
    kinds = {"oe_size": "Int64", "oe_classes": "Int64", "gamma": "float64"}
    return Judge(table.astype(kinds), SWEEPS, POOLS, [*published], "pets", "things")


def published(method: str, mean_auc: float, **changes: Any) -> Published:
    entry = {"dataset": "pets", "oe": "none", "status": "verified", "source": "a table"}
    return Published(method=method, mean_auc=mean_auc, **{**entry, **changes})


def size(number: int, objective: str, *seeds: Score, **keys: Any) -> list[dict[str, Any]]:
    """Runs of cats with that many OE images, of a study that sweeps their number."""
    return runs(objective, cat=seeds, study="sizes", oe_size=number, **keys)


def sizes(objective: str, *scores: Sequence[Score]) -> list[dict[str, Any]]:
    """Runs of cats with 1, 2, 4, ... OE images, the seeds of each."""
    return [row for step, seeds in enumerate(scores) for row in size(2**step, objective, *seeds)]


def blur(strength: float, objective: str, *seeds: Score, **keys: Any) -> list[dict[str, Any]]:
    """Runs of cats with OE images blurred so much, of a study that sweeps the blur."""
    return runs(objective, cat=seeds, study="blurs", blur=strength, **keys)


def statement(**given: Any) -> Strict:
    """A statement as a file has it."""
    found = Claim.model_validate(CLAIM | {"check": given}).check
    assert found is not None
    return found


def finding(given: dict[str, Any], *rows: list[dict[str, Any]], **about: Any) -> Finding:
    return judge(*rows, **about).judge(statement(**given))


def verdict(given: dict[str, Any], *rows: list[dict[str, Any]], **about: Any) -> str:
    return finding(given, *rows, **about).verdict


def missing(given: dict[str, Any], *rows: list[dict[str, Any]], **about: Any) -> str:
    """Why it cannot be judged."""
    found = finding(given, *rows, **about)
    assert found.verdict == OPEN
    return "; ".join(found.missing)


def claiming(folder: Path) -> Callable[..., Plan]:
    """A function that gives the plan of studies with claims, each as it differs from CLAIM."""

    def plan(*studies: dict[str, Any], claims: Any = (), data: Any = None, **more: Any) -> Plan:
        entries = enumerate(claims or [{}], start=1)
        own = {f"C{number}": CLAIM | each for number, each in entries}
        asked = {"paper": False, "own": own, "data": data or {}}
        return plans(folder / "small.yaml")(*studies, **{"claims": asked, **more})

    return plan


def asked(plan: Plan) -> tuple[Manifest, list[StudyManifest]]:
    """What a plan asks for, as claims are judged by it."""
    manifests = Manifests(plan)
    return manifests.whole_plan(), [manifests.study(name) for name in plan.studies]


def finished(plan: Plan, score: Outcome) -> pd.DataFrame:
    """The runs of a plan that are finished, as they are collected."""
    rows = []
    for run in plan.runs:
        status, value = of_run(score(run))
        place = {"path": f"results/runs/{run.condition}/all.h5", "group": run.member}
        about = {"status": status, "auroc": value, **place}
        if status is not None:
            rows.append({**dict.fromkeys(columns()), **asdict(run), **about})
    return typed(pd.DataFrame(rows, columns=list(columns())))


def far_apart(run: Run) -> float:
    """Cats have 80, 81 and 82, dogs 60, 61 and 62, less 10 for bce: the mean of hsc is 71."""
    return 79 - 20 * run.normal_class + run.seed - 10 * (run.objective == "bce")


# The classes are a sample, so 71 is not known to be above 50; what is paired is.
JUDGED = [
    {
        "claim": 'Is "hsc", in short, <good> | fine?',
        "check": {"better": "hsc", "than": "bce", "by": 5},
        "stricter": {"better": "hsc", "than": "bce", "by": 15},
        "tolerance": "5 points (ours)",
    },
    {
        "check": {"better": "bce", "than": "hsc"},
        "status": "inferred",
        "source": "a figure",
        "note": "Ours.",
    },
    {"check": {"exceeds": "hsc", "value": 70}},
    {
        "check": {"better": "focal", "than": "bce"},
        "status": "verified",
        "source": "the abstract",
    },
    {"check": {"better": "hsc", "than": "bce", "where": {"blur": {"at_least": 0}}}},
]


def judged_cases(
    plan_of: Callable[..., Plan],
) -> tuple[Manifest, list[StudyManifest], pd.DataFrame]:
    """What is judged, and by which runs.

    Claims that hold, are contradicted, are undecided, cannot be judged and hold at 8 values; texts
    have signs that need care.
    """
    study = {"seeds": 3, "objectives": ["hsc", "bce"], "sweep": {"blur": [*range(8)]}}
    plan = plan_of(study, claims=JUDGED)
    bad = {(0, 3, 1): "collapsed", (1, 4, 1): "diverged", (1, 2, 2): "diverged"}
    key = attrgetter("normal_class", "blur", "seed")

    def score(run: Run) -> Score:
        return bad.get(key(run), far_apart(run)) if run.objective == "hsc" else far_apart(run)

    return *asked(plan), finished(plan, score)


# Most cases are of one class and three seeds whose values differ by 1: then half the interval of
# the mean is t(0.975, 2 degrees of freedom) * 1 / sqrt(3) = 2.484.


def half(level: float, step: float = 1.0) -> float:
    """Half the interval of three values, each that step above the last."""
    return float(student.ppf((1 + level) / 2, 2) * step / 3**0.5)


HALF = half(0.95)
CLOSE = 1e-6
LOW, HIGH = 11 - HALF, 11 + HALF  # of hsc - bce: 10, 11, 12
HSC = runs("hsc", cat=(80, 81, 82))
BCE = runs("bce", cat=(70, 70, 70))
BETTER = {"better": "hsc", "than": "bce"}
YES: dict[str, Any] = {"exceeds": "hsc", "value": 50}  # hsc: 81 ± 2.484
