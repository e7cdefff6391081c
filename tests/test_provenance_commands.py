"""The hash of a command covers the code that it runs.

Each command of the workflow is called for real, in a study of its own, and the modules that it
loaded are compared with those that the hash of its rule covers.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from cache_cases import write_cache

from oebench.artifacts.runs import read
from oebench.plan.manifests import read_manifests, read_plan
from oebench.plan.plan import Plan
from oebench.provenance import COMMANDS, covered, module_file
from oebench.registry import METHODS, METRICS, NETWORKS, NORMS, Baseline, Objective

LIBRARY = Path(__file__).parents[1] / "workflow/lib"
# Only pass arguments on: an edit there changes no result. Packages are empty but for the version.
THIN = {"oebench.__main__", "oebench.cli"}
BY_NAME = {"oebench.models.resnet"}  # loaded where a recipe names a network of it
SMALL: dict[str, Any] = {
    "title": "t",
    "published": "all",
    "datasets": {
        "own": {
            "source": {"kind": "arrays", "path": "own.npz"},
            "image": [1, 28, 28],
            "classes": ["a", "b"],
            "train": 8,
            "test": 8,
        },
        "pool": {
            "source": {"kind": "arrays", "path": "pool.npz"},
            "image": [1, 28, 28],
            "train": 16,
        },
        "few-letters": {
            "source": {"kind": "letters", "per_class": 1},
            "image": [1, 16, 16],
            "classes": [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ"],
            "train": 1,
        },
    },
    "recipes": {
        "r": {"epochs": 1, "milestones": [], "batch": 8, "augmentation": "jitter_flip_crop"},
        "points": {"network": "toy", "epochs": 1, "milestones": [], "batch": 128},
    },
    "studies": {
        "sizes": {
            "title": "sizes",
            "dataset": "own",
            "oe": "pool",
            "blur": 1,
            "objectives": ["hsc", "bce"],
            "sweep": {"oe_size": [4, 16]},
            "recipe": "r",
            "seeds": 2,
            "draw": {"curve": "oe_size"},
        },
        "baselines": {
            "title": "baselines",
            "dataset": "own",
            "objectives": ["isolation_forest", "one_class_svm", "kde"],
            "recipe": "r",
            "seeds": 1,
        },
        "plane": {
            "title": "plane",
            "dataset": "toy",
            "oe": "toy-blobs",
            "objectives": ["hsc"],
            "normal_classes": ["normal"],
            "recipe": "points",
            "seeds": 1,
            "draw": {"plane": True},
        },
    },
}

# Calls of the command line in one process; then the modules that they loaded.
CALLS = """
import json, sys
from oebench.cli import app

for arguments in json.loads(sys.argv[1]):
    app(arguments, prog_name="oebench", standalone_mode=False)
print("loaded", *sys.modules)
"""


def python(code: str, *arguments: str, cwd: Path) -> str:
    """The output of a Python process that finds the library as the workflow's rules do."""
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def scores_of(plan: Plan, study: str) -> list[str]:
    return [f"results/runs/{run.path}/scores.h5" for run in plan.studies[study].runs]


def calls_of(plan: Plan) -> dict[str, list[list[str]]]:
    """The calls of each command, as the rules make them."""
    study = {name: ("--study", f"results/plan/{name}.json") for name in plan.studies}
    table = {name: f"results/studies/{name}.csv" for name in plan.studies}
    store = ("--store", "results/store")
    recipes = {name: recipe.model_dump_json() for name, recipe in plan.config.recipes.items()}
    drawn = {"table": "tables", "curve": "figures", "comparison": "comparisons"}
    first = scores_of(plan, "sizes")[0]
    return {
        "prepare": [
            ["prepare", name, "--output", f"{name}.h5", "--dataset", entry.model_dump_json()]
            for name, entry in plan.config.datasets.items()
            if name in ("digits", "few-letters", "toy", "toy-blobs")
        ],
        "train": [
            [
                *("train", *store, "--device", "cpu", "--recipe", recipes[recipe]),
                *("--cache", f"{normal}.h5", "--cache", f"{pool}.h5", *scores_of(plan, study)),
            ]
            for study, recipe, normal, pool in (
                ("sizes", "r", "own", "pool"),
                ("plane", "points", "toy", "toy-blobs"),
            )
        ],
        "fit": [["fit", *store, "--cache", "own.h5", *scores_of(plan, "baselines")]],
        "collect": [
            *(
                [
                    *("collect", *study[name]),
                    *("--folder", "results/runs", "--output", table[name]),
                ]
                for name in plan.studies
            ),
            ["merge", *table.values(), "--output", "results/runs.csv"],
        ],
        **{
            name: [
                [name, table[of], *study[of], "--base", f"results/{folder}/{of}"]
                for of in (plan.studies if name != "curve" else ["sizes"])
            ]
            for name, folder in drawn.items()
        },
        "toy-figure": [
            [
                *("toy-figure", table["plane"], *study["plane"], "--caches", "."),
                *("--base", "results/figures/plane"),
            ]
        ],
        "look": [["look", first, "--cache", "own.h5", "--base", "results/looks/sizes"]],
        "claims": [["claims", "results/runs.csv"]],
        "overview": [["overview", "results/runs.csv"]],
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study, before anything is run."""
    folder = tmp_path_factory.mktemp("study")
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (16, 1, 28, 28), dtype=np.uint8)
    labels = np.repeat([0, 1], 8)
    both = {"train": (images, labels), "test": (images, labels)}
    write_cache(folder / "own.h5", both, ["a", "b"], image=(1, 28, 28))
    pool = {"train": (images, 0 * labels)}
    write_cache(folder / "pool.h5", pool, ["all"], image=(1, 28, 28))
    (folder / "plan.yaml").write_text(yaml.safe_dump(SMALL))
    manifests = read_manifests(folder / "plan.yaml")
    (folder / "results/plan").mkdir(parents=True)
    for part in ("plan", *manifests.plan.studies):
        asked = manifests.whole_plan() if part == "plan" else manifests.study(part)
        (folder / f"results/plan/{part}.json").write_text(asked.model_dump_json())
    return folder


@pytest.fixture(scope="module")
def loaded_by(folder: Path) -> dict[str, set[str]]:
    """The library's modules that each command loads."""
    calls = calls_of(read_plan(folder / "plan.yaml"))
    assert set(calls) == set(COMMANDS)
    loaded = {}
    for name, arguments in calls.items():
        *_, last = python(CALLS, json.dumps(arguments), cwd=folder).splitlines()
        loaded[name] = set(last.split()[1:])
    return loaded


@pytest.mark.trains
@pytest.mark.parametrize("command", COMMANDS)
def test_the_hash_of_a_command_covers_all_that_it_loads(
    loaded_by: dict[str, set[str]], command: str
) -> None:
    ours = {name for name in loaded_by[command] if name.startswith("oebench")}
    assert set(COMMANDS[command]) - BY_NAME <= ours
    modules = {name for name in ours if module_file(name).name != "__init__.py"}
    assert modules - THIN <= covered(*COMMANDS[command])


def test_the_code_that_the_registry_names_is_covered_where_it_is_run() -> None:
    objectives = [each for each in METHODS.values() if isinstance(each, Objective)]
    run_by = {
        "train": [
            *(name for each in objectives for name in (each.loss, each.score)),
            *(*NORMS.values(), *(network.code for network in NETWORKS.values())),
        ],
        "fit": [each.fit for each in METHODS.values() if isinstance(each, Baseline)],
        "collect": [*METRICS.values()],
    }
    for command, names in run_by.items():
        assert {name.partition(":")[0] for name in names} <= covered(*COMMANDS[command])


# A job's start-up is as long as its work where these are imported: one to three seconds each.
COMPILER = {"torch._dynamo", "torch._inductor", "sympy"}


@pytest.mark.trains
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_loads_nothing_large_that_it_does_not_need(
    loaded_by: dict[str, set[str]], command: str
) -> None:
    large = {"torch", "torchvision", "sklearn", "pandas"} | COMPILER
    needed = {
        "prepare": {"sklearn", "pandas"},  # the former has the digits and imports the latter
        "train": {"torch"},
        "fit": {"sklearn", "pandas"},
        "look": {"sklearn", "pandas"},
    }
    assert loaded_by[command] & large <= needed.get(command, {"pandas"})


@pytest.mark.trains
@pytest.mark.usefixtures("loaded_by")
def test_the_commands_made_the_whole_study(folder: Path) -> None:
    # 2 objectives x 2 sizes x 2 classes x 2 seeds, 3 baselines x 2 classes, 1 run of points.
    assert len(read(folder / "results/runs.csv")) == 16 + 6 + 1
    made = [
        *("tables/sizes.tex", "figures/sizes.svg", "figures/plane.svg", "looks/sizes.png"),
        *("comparisons/sizes.md", "claims.csv", "overview.html"),
    ]
    assert [name for name in made if not (folder / "results" / name).stat().st_size] == []


def test_reading_a_configuration_loads_nothing_heavy(tmp_path: Path) -> None:
    modules = set(
        python("import oebench.plan.manifests, sys; print(*sys.modules)", cwd=tmp_path).split()
    )
    assert "oebench.plan.manifests" in modules
    assert not modules & {"torch", "torchvision", "h5py", "pandas", "sklearn", "matplotlib", "PIL"}
