"""A study of pets with all that its overview is made of."""

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from table_cases import run, table

from oebench.artifacts.manifest import DatasetSummary, Group, Manifest, Published, StudyManifest
from oebench.reporting.claims import write_claims
from oebench.reporting.comparison import write_comparison
from oebench.reporting.overview import (
    Overview,
    write_overview,
)
from oebench.reporting.table import write_table
from oebench.run import Run

RESULTS = Path("results")
Row = dict[str, Any]
ABOUT = {"epochs": (50,), "classes": 2, "compare": True, "pools": {"things": (16, 0)}}
# By size and objective: with 16 images all of hsc is 2 points better, with one 10 points.
MEANS = {("hsc", 1): 80.0, ("bce", 1): 70.0, ("hsc", 16): 93.0, ("bce", 16): 91.0}
CSI = Published(
    **{"dataset": "pets", "oe": "none", "method": "CSI", "mean_auc": 94.3},
    **{"status": "verified", "source": "table <1> & 2"},
)
CLAIM = {
    **{"claim": "bce is <good> & fine.", "status": "verified", "source": "page <3>"},
    **{"data": {"pets": "things"}, "asked_of": "any"},
    **{"check": {"better": "hsc", "than": "bce"}, "stricter": {"better": "bce", "than": "hsc"}},
}


def placed(row: Row) -> Row:
    """A finished run with the place of its scores, cost and device."""
    made = Run(**{each.name: row[each.name] for each in fields(Run)})
    place = {"path": f"{RESULTS}/runs/{made.condition}/all.h5", "group": made.member}
    return {**row, **place, "train_seconds": 900.0, "device": "cpu"}


def group(row: Row) -> Group:
    """What asks for cats and dogs of the condition of a run."""
    file = row["path"].removeprefix(f"{RESULTS}/runs/")
    return Group(file=file, normal_classes=(0, 1), seeds=(1, 2))


NORMS: dict[str, Row] = {"hsc": {"norm": "pseudo_huber"}, "bce": {}}
SIZES = [
    placed(
        run(c, seed, (mean + offset) / 100, objective=objective, oe_size=size, **NORMS[objective])
    )
    for (objective, size), mean in MEANS.items()
    for c, offset in enumerate((2, -2))
    for seed in (1, 2)
]
BLURRED = [placed({**row, "blur": 2.0}) for row in SIZES[:8]]  # nobody has trained them


class Study(NamedTuple):
    """Everything that an overview is made of."""

    plan: Manifest
    studies: list[StudyManifest]
    runs: pd.DataFrame

    def values(self) -> dict[str, Any]:
        return Overview(*self, RESULTS).values()

    def page(self) -> str:
        return write_overview(*self, RESULTS, RESULTS / "overview")[0].read_text()


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Study]:
    """Writes all files of a study of sizes, one of classes and one without finished runs."""
    monkeypatch.chdir(tmp_path)

    def make(**changes: Any) -> Study:
        failed = [placed({**run(0, seed, None, status=status), "oe": "noise"})
                  for seed, status in changes.pop("failed", {}).items()]  # fmt: skip
        sizes = StudyManifest(
            **{"name": "sizes", "title": "Cats & <dogs>", "about": "How <many> & which.", **ABOUT},
            **{"groups": [*map(group, SIZES[::4])], "swept": ("oe_size",), "rows": "oe_size"},
            **{"curve": "oe_size", "expected": 16, "look": ("a file", "a run")},
            **{"dropped": ("oe_size 64 > 16 & more",), **changes},
        )
        classes = StudyManifest(
            **{"name": "classes", "title": "Classes", "rows": "normal_class", **ABOUT},
            **{"groups": [*map(group, SIZES[8::4])], "expected": 8, "published": (CSI,)},
        )
        later = StudyManifest(
            **{"name": "later", "title": "Later", "rows": "blur", "swept": ("blur",), **ABOUT},
            **{"groups": [*map(group, BLURRED[::4])], "expected": 8},
        )
        claims = [CLAIM, {**CLAIM, "check": {"exceeds": "kde", "value": 1}, "stricter": None}]
        plan = Manifest(
            **{"title": "Pets & <things>", "runs": 24, "epochs": (50,), "published": ()},
            studies=("sizes", "classes", "later"),
            sweeps={"sizes": ("oe_size",), "classes": (), "later": ("blur",)},
            datasets=(
                DatasetSummary(name="pets", uses=("normal and test images",), oe=("things",),
                               classes=2, train=110, test=20, image=(1, 28, 28)),
                DatasetSummary(name="things", uses=("OE images",), oe=(),
                               classes=0, train=16, test=0, image=(3, 32, 32)),
                DatasetSummary(name="blob", uses=("OE images",), oe=(),
                               classes=0, train=1024, test=0, image=(2, 1, 1)),
            ),
            claims=[
                {
                    **{"name": f"C{number}", "claim": claim, "own": number > 1},
                    **{"dataset": "pets", "oe": "things"},
                }
                for number, claim in enumerate(claims, start=1)
            ],
        )  # fmt: skip
        write_comparison(table(*SIZES), sizes, RESULTS / "comparisons/sizes")
        write_comparison(table(*SIZES[8:]), classes, RESULTS / "comparisons/classes")
        write_comparison(table(), later, RESULTS / "comparisons/later")
        write_table(table(*SIZES), sizes, RESULTS / "tables/sizes")
        write_table(table(*SIZES[8:]), classes, RESULTS / "tables/classes")
        runs = table(*SIZES, *failed)
        studies = [sizes, classes, later]
        write_claims(plan, studies, runs, RESULTS / "claims")
        return Study(plan, studies, runs)

    return make


@pytest.fixture
def study(made: Callable[..., Study]) -> Study:
    return made()


def section(page: str, name: str) -> str:
    """The part of the page about a study."""
    return re.split(r"(?=<h2)", page[page.index(f'<h2 id="{name}">') :])[1]


def edit(file: str, old: str, new: str) -> None:
    path = RESULTS / file
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))
