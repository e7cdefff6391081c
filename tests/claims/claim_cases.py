"""Runs on cats and dogs, given in per cent, whose claims can be judged by hand."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from operator import attrgetter
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from grid_cases import plans

from oebench.artifacts.manifest import Manifest, Published, StudyManifest
from oebench.artifacts.runs import columns, typed
from oebench.claims.judge import OPEN, Judge
from oebench.plan.manifests import Manifests
from oebench.plan.plan import Plan
from oebench.run import Run

PARAMETERS = {"hsc": {"norm": "pseudo_huber"}, "dsvdd": {"norm": "pseudo_huber"}}
PARAMETERS["focal"] = {"gamma": 2.0}
SWEEPS = {"main": (), "sizes": ("oe_size",), "blurs": ("blur",)}
POOLS = {"things": (100, 4), "noise": (50, 0)}  # images and classes
Score = float | str | None  # per cent, or a status, or None for a run that is not finished
Outcome = Callable[[Run], Score]
CLAIM: dict[str, Any] = {
    "claim": "hsc is good.",
    "status": "secondary",
    "source": "page 3",
    "data": {"pets": "things"},
    "check": "auroc(hsc) > 70",
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
    if objective == "dsvdd":
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


def judge(
    *rows: list[dict[str, Any]], published: Sequence[Published] = (), tolerance: float = 0.0
) -> Judge:
    table = pd.DataFrame([row for condition in rows for row in condition])
    kinds = {"oe_size": "Int64", "oe_classes": "Int64", "gamma": "float64"}
    return Judge(
        table.astype(kinds),
        SWEEPS,
        POOLS,
        [*published],
        "pets",
        "things",
        tolerance,
    )


def published(method: str, mean_auc: float, **changes: str) -> Published:
    entry = {"dataset": "pets", "oe": "none", "status": "verified", "source": "a table"}
    return Published(method=method, mean_auc=mean_auc, **{**entry, **changes})


def size(number: int, objective: str, *seeds: Score, **keys: Any) -> list[dict[str, Any]]:
    """Runs of cats with that many OE images, of a study that sweeps their number."""
    return runs(objective, cat=seeds, study="sizes", oe_size=number, **keys)


def sizes(*means: Score) -> list[list[dict[str, Any]]]:
    """A run of hsc with each of the first sizes among 1, 2 and 100."""
    return [size(number, "hsc", mean) for number, mean in zip((1, 2, 100), means, strict=False)]


def blur(strength: float, objective: str, *seeds: Score, **keys: Any) -> list[dict[str, Any]]:
    """Runs of cats with OE images blurred so much, of a study that sweeps the blur."""
    return runs(objective, cat=seeds, study="blurs", blur=strength, **keys)


def verdict(text: str, *rows: list[dict[str, Any]], **about: Any) -> str:
    return judge(*rows, **about).verdict(text)


def missing(text: str, *rows: list[dict[str, Any]], **about: Any) -> str:
    """Why it cannot be judged."""
    found = judge(*rows, **about)
    assert found.verdict(text) == OPEN
    return "; ".join(found.missing)


def claiming(folder: Path) -> Callable[..., Plan]:
    """A function that gives the plan of studies with claims, each as it differs from CLAIM."""

    def plan(*studies: dict[str, Any], claims: Any = (), data: Any = None, **more: Any) -> Plan:
        entries = enumerate(claims or [{}], start=1)
        content = {f"C{number}": CLAIM | each for number, each in entries}
        (folder / "claims.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
        asked = {"file": str(folder / "claims.yaml"), "data": data or {}}
        return plans(folder / "small.yaml")(*studies, claims=asked, **more)

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


def by_seed(run: Run) -> float:
    """Cats have 80 and 90, dogs 60 and 64: the mean is 73.5 ± 3.5 (see `table_cases.PETS`)."""
    return {(0, 1): 80, (0, 2): 90, (1, 1): 60, (1, 2): 64}[run.normal_class, run.seed]


def judged_cases(
    plan_of: Callable[..., Plan],
) -> tuple[Manifest, list[StudyManifest], pd.DataFrame]:
    """What is judged, and by which runs.

    Claims that hold, fail, cannot be judged and hold, with signs that need care.
    """
    claims = [
        {"claim": 'Is "hsc", in short, <good> | fine?', "stricter": "auroc(hsc) > 90"},
        {"check": "auroc(hsc) > 75", "status": "inferred", "source": "a figure", "note": "Ours."},
        {"check": "auroc(bce) > 75", "status": "verified", "source": "the abstract"},
        {"check": "all(auroc(hsc, blur=b) > 60 for b in blur)"},  # 8 comparisons
    ]
    plan = plan_of({"seeds": 2, "sweep": {"blur": [*range(8)]}}, claims=claims)
    bad = {(0, 3, 1): "collapsed", (1, 4, 1): "diverged", (1, 2, 2): "diverged"}
    key = attrgetter("normal_class", "blur", "seed")
    return *asked(plan), finished(plan, lambda run: bad.get(key(run), by_seed(run)))
