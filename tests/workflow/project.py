"""The real Snakefile on a tiny study, in a folder of its own whose name holds a space."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock

REPOSITORY = Path(__file__).parents[2]
STEP = re.compile(r"^\s*\d+/\d+  (.*?)  \(\d+ s\)  elapsed [\d:]+(?:, .* left)?$", re.MULTILINE)
TINY = {
    "jobs": {"classes": 10, "seeds": 5},
    "studies": {
        "tiny": {
            "title": "A tiny study",
            "dataset": "digits",
            "oe": "letters",
            "objectives": ["hsc"],
            "normal_classes": [3, "4"],
            "sweep": {"oe_size": [1, "all"]},
            "recipe": {"name": "digits", "epochs": 1, "milestones": []},
            "seeds": 2,
            "draw": {"curve": "oe_size", "table": "normal_class"},
        }
    },
}
QUICK = {"epochs": 1, "milestones": []}
DIGITS = {"dataset": "digits", "normal_classes": [3, 4], "recipe": {"name": "digits", **QUICK}}
OUTPUTS_STUDIES = {
    "tiny-objectives": {
        "title": "Objectives",
        **DIGITS,
        **{"oe": "letters", "objectives": ["hsc", "bce"], "oe_size": "all", "seeds": 2},
    },
    "tiny-baselines": {
        "title": "Baselines",
        **DIGITS,
        **{"objectives": ["isolation_forest", "kde"], "seeds": 1},
    },
    "toy": {
        "title": "Toy",
        "dataset": "toy",
        "objectives": ["bce", "hsc"],
        "normal_classes": ["normal"],
        "sweep": {"oe": ["toy-uniform", "toy-blobs"]},
        "recipe": {"name": "toy", **QUICK},
        "seeds": 1,
        "draw": {"table": "oe", "plane": True, "look": None},
    },
}
OURS = {"claim": "Ours.", "status": "inferred", "source": "us"}
OWN_CLAIMS = {
    "D1": {
        **OURS,
        "data": {"digits": "letters"},
        "check": {"better": "hsc", "than": "bce", "by": -100},
    },
    "D2": {**OURS, "data": {"toy": "toy-blobs"}, "check": {"compact": "hsc", "than": "bce"}},
}
OUTPUTS = {  # a configuration with every kind of output
    "jobs": {"classes": 10, "seeds": 5},
    "claims": {"data": {"digits": "letters"}, "own": OWN_CLAIMS},
    "studies": OUTPUTS_STUDIES,
}
PLAN = ["write results/plan/plan.json", "write results/plan/tiny.json"]
PREPARE = ["prepare digits", "prepare letters"]
TRAIN = [
    f"train {{}} runs: digits with letters~size={size}, hsc~norm=pseudo_huber, "
    "digits~epochs=1~milestones=none~augment=off"
    for size in (1, 2600)
]
COLLECT = ["collect all runs", "collect the runs of tiny"]
CURVE = "draw the curve of tiny"
DRAW = [CURVE, "draw the table of tiny"]
LOOK = ["plot one run of tiny"]
CLAIMS = ["judge the claims"]
REPORT = ["make the report", "write the overview"]
RUNS = "results/runs.csv"  # where what is made of the runs is not the point; half of a study's time


# The rule of a step, by how its title begins.
RULES = {
    "write results/plan/": "write_plan",
    "prepare ": "prepare",
    "embed ": "embed",
    "train ": "train",
    "collect all runs": "collect_runs",
    "collect the runs ": "collect_study",
    "draw the curve ": "draw_curve",
    "draw the table ": "draw_table",
    "plot one run ": "look_at_study",
    "judge the claims": "judge_claims",
    "make the report": "make_report",
    "write the overview": "write_overview",
}


def rules(titles: Iterable[str]) -> Counter[str]:
    """How many steps each rule has."""
    return Counter(
        next(rule for begins, rule in RULES.items() if title.startswith(begins)) for title in titles
    )


def train(runs: int) -> list[str]:
    """The two training jobs, with that many runs each."""
    return [job.format(runs) for job in TRAIN]


def everything(runs: int) -> list[str]:
    return [*PLAN, *PREPARE, *train(runs), *COLLECT, *DRAW, *LOOK, *CLAIMS, *REPORT]


@dataclass
class Project:
    """A copy of the repository in which Snakemake runs."""

    folder: Path
    started: float = 0.0  # when the last call began

    def call(self, *arguments: str, ok: bool = True) -> str:
        """Run snakemake; returns what it prints."""
        self.started = time.time()
        binaries = Path(sys.executable).parent
        environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert (done.returncode == 0) == ok, done.stdout
        return done.stdout

    def run(self, *arguments: str, cores: int = 2) -> list[str]:
        """Run it for real; returns the finished jobs, sorted."""
        return self.finished(self.call("--cores", str(cores), *arguments))

    @staticmethod
    def finished(printed: str) -> list[str]:
        return sorted(set(STEP.findall(printed)) - {"all", "tiny"})

    def planned(self) -> Counter[str]:
        """What a dry run counts, which knows as well as a real one what an edit runs again."""
        counts = re.findall(r"^(\w+) +(\d+)$", self.call("-n"), re.MULTILINE)
        return (
            Counter({rule: int(count) for rule, count in counts} | {"all": 0, "total": 0})
            - Counter()
        )

    def git(self, *arguments: str) -> None:
        identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
        subprocess.run(["git", *identity, *arguments], cwd=self.folder, check=True)

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace text that stands exactly once in a file."""
        path = self.folder / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))

    def edit_all(self, file: str, old: str, new: str) -> None:
        """Replace text everywhere in a file."""
        path = self.folder / file
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def configure(self, **keys: object) -> None:
        """Change keys of the tiny study."""
        path = self.folder / "config/config.yaml"
        content = yaml.safe_load(path.read_text())
        content["studies"]["tiny"].update(keys)
        path.write_text(yaml.safe_dump(content))

    def logs(self) -> str:
        """All that training jobs wrote during the last call."""
        files = (self.folder / "results/logs/train").rglob("*.log")
        return "".join(file.read_text() for file in files if file.stat().st_mtime > self.started)

    def copy(self, folder: Path) -> "Project":
        """A copy with all dates, links and Snakemake's records."""
        subprocess.run(["cp", "-a", str(self.folder), str(folder)], check=True)
        return Project(folder)


def new_project(folder: Path, content: dict[str, Any]) -> Project:
    folder.mkdir(parents=True)
    leave = shutil.ignore_patterns("__pycache__")
    for name in ("workflow", "envs", "profiles"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=leave)
    (folder / "resources").mkdir()
    (folder / "config").mkdir()
    (folder / "config/config.yaml").write_text(yaml.safe_dump(content))
    return Project(folder)


def finished(
    factory: pytest.TempPathFactory,
    name: str,
    content: dict[str, Any],
    prepare: Callable[[Path], None] = lambda folder: None,
    *targets: str,
) -> tuple[Project, list[str]]:
    """The finished project of a configuration and the jobs it took, shared by all test processes.

    One of them makes it while others wait. Tests only read it, or work on copies. prepare: what is
    done in its folder before it runs.
    """
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    project, jobs = Project(folder / "a folder"), folder / "jobs.json"
    with FileLock(folder.with_suffix(".lock")):
        if not jobs.exists():
            shutil.rmtree(folder, ignore_errors=True)  # another process failed
            new_project(project.folder, content)
            prepare(project.folder)
            jobs.write_text(json.dumps(project.run(*targets)))
    return project, json.loads(jobs.read_text())
