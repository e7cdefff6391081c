"""The hash of a command covers the code that it runs.

Each command of the workflow is called for real, in a study of its own, and every definition of the
library that it ran is looked up among those that the hash of its rule covers.
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
from embedding_cases import MODEL, weights_file

from oebench.artifacts.runs import read
from oebench.plan.jobs import blocks, code_of
from oebench.plan.manifests import read_manifests, read_plan
from oebench.plan.plan import Plan
from oebench.provenance import (
    BY_VALUE,
    BY_VALUE_IN_LONG,
    COMMANDS,
    RECORDED,
    beginnings,
    command_hash,
    reached,
)
from oebench.registry import METHODS, NETWORKS, NORMS

LIBRARY = Path(__file__).parents[1] / "workflow/lib"
# Only pass arguments on, or record: an edit there changes no result. Packages are empty but for the
# version.
THIN = {"oebench.__main__", "oebench.provenance", *RECORDED}
CLI = "oebench.cli"
# What prints what became of a run, and what reads recipe and features, which are covered by value.
BESIDE = {
    "oebench.training.store:summary",
    *(f"oebench.validation:{name}" for name in ("Strict", "no_truth", "printable")),
    "oebench.registry:takes_vectors",
    "oebench.registry:records",  # what enters by value
}
# What the study uses of the registry, as a rule names it.
RECORDS: dict[str, list[Any]] = {
    "train": [
        *(METHODS["hsc"], METHODS["bce"], NORMS["pseudo_huber"]),
        *(NETWORKS["mnist_lenet"], NETWORKS["toy"], NETWORKS["mlp"]),
    ],
    "fit": [
        METHODS[name] for name in ("isolation_forest", "one_class_svm", "kde", "knn", "mahalanobis")
    ],
}
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
        "features": {
            "source": {"kind": "vectors", "path": "features.npz"},
            "vector": 5,
            "classes": ["a", "b"],
            "train": 8,
            "test": 8,
        },
        "other-features": {
            "source": {"kind": "vectors", "path": "others.npy"},
            "vector": 5,
            "train": 16,
        },
        "few-letters": {
            "source": {"kind": "letters", "per_class": 1},
            "image": [1, 16, 16],
            "classes": [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ"],
            "train": 1,
        },
        "few-patches": {"source": {"kind": "photo_patches"}, "image": [3, 32, 32], "train": 3},
    },
    "recipes": {
        "r": {"epochs": 1, "milestones": [], "batch": 8, "augmentation": "jitter_flip_crop"},
        "head": {
            **{"network": "mlp", "epochs": 9, "steps": 2, "batch": 8, "milestones": []},
            **{"schedule": "cosine", "l2": True, "standardise": True},
        },
        "points": {
            **{"network": "toy", "epochs": 1, "milestones": [], "batch": 128, "held_out": 0.1},
        },
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
        "vectors": {
            "title": "vectors",
            "dataset": "features",
            "oe": "other-features",
            "objectives": ["hsc", "bce"],
            "recipe": "head",
            "seeds": 1,
        },
        "baselines-of-vectors": {
            "title": "baselines of vectors",
            "dataset": "features",
            "objectives": ["knn", "mahalanobis", "kde"],
            "recipe": "head",
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

# Calls of the command line in one process; then the modules that they loaded, and the definitions
# that they ran, but for what a module runs while it is imported.
CALLS = """
import inspect, json, sys, threading
from pathlib import Path

LIBRARY = sys.argv[2]
ran, seen = set(), set()


def imported(frame):
    while frame and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    return frame and frame.f_code.co_filename.startswith(LIBRARY)


def note(frame, *_):
    code = frame.f_code
    if code in seen:
        return
    file, function = code.co_filename, code.co_flags & inspect.CO_OPTIMIZED
    ours = function and file.startswith(LIBRARY) and file.endswith(".py")
    if ours and imported(frame):
        return
    seen.add(code)
    if ours:
        module = Path(file).relative_to(LIBRARY).with_suffix("")
        ran.add(f"{'.'.join(module.parts)}:{code.co_qualname.partition('.')[0]}")


threading.settrace(note)
sys.settrace(note)
from oebench.cli import app

for arguments in json.loads(sys.argv[1]):
    assert not app(arguments, prog_name="oebench", standalone_mode=False), arguments
sys.settrace(None)
print(json.dumps([sorted(sys.modules), sorted(ran)]))
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


def scores_of(plan: Plan, study: str) -> list[tuple[str, ...]]:
    """The scores files of a study with runs and hash of the code, as the commands are told them."""
    own = {run.condition for run in plan.studies[study].runs}
    return [
        (f"results/runs/{path}", *(run.member for run in runs), "--code", code_of(plan, runs[0]))
        for path, runs in blocks(plan).items()
        if runs[0].condition in own
    ]


def calls_of(plan: Plan) -> dict[str, list[list[str]]]:
    """The calls of each command, as the rules make them."""
    study = {name: ("--study", f"results/plan/{name}.json") for name in plan.studies}
    table = {name: f"results/studies/{name}.csv" for name in plan.studies}
    recipes = {name: recipe.model_dump_json() for name, recipe in plan.config.recipes.items()}
    drawn = {"table": "tables", "curve": "figures", "comparison": "comparisons"}
    looks = [
        (scores_of(plan, study)[0][:2], cache)
        for study, cache in (("sizes", "own.h5"), ("vectors", "features.h5"))
    ]
    return {
        "prepare": [
            ["prepare", name, "--output", f"{name}.h5", "--dataset", entry.model_dump_json()]
            for name, entry in plan.config.datasets.items()
            if name
            in {
                *("digits", "few-letters", "few-patches", "toy", "toy-blobs"),
                *("features", "other-features"),
            }
        ],
        "embed": [
            [
                *("embed", "own.h5", "--output", "vectors.h5", "--device", "cpu"),
                *("--model", MODEL, "--weights", "weights.pth", "--size", "32", "--blur", "1"),
            ]
        ],
        "train": [
            [
                *("train", *job, "--device", "cpu", "--recipe", recipes[recipe]),
                *("--cache", f"{normal}.h5", "--cache", f"{pool}.h5", "--keep", job[1]),
            ]
            for study, recipe, normal, pool in (
                ("sizes", "r", "own", "pool"),
                ("plane", "points", "toy", "toy-blobs"),
                ("vectors", "head", "features", "other-features"),
            )
            for job in scores_of(plan, study)
        ],
        "fit": [
            ["fit", *job, "--cache", cache]
            for study, cache in (("baselines", "own.h5"), ("baselines-of-vectors", "features.h5"))
            for job in scores_of(plan, study)
        ],
        "collect": [["collect", *study[name], "--output", table[name]] for name in plan.studies],
        "merge": [["merge", *table.values(), "--output", "results/runs.csv"]],
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
        "look": [
            [
                *("look", *run, "--cache", cache, "--base", "results/looks/sizes"),
                *("--code", command_hash("look", METHODS["hsc"])),
            ]
            for run, cache in reversed(looks)
        ],
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
    weights_file(folder)
    vectors = random.normal(size=(16, 5))
    of_both = {"train_x": vectors, "test_x": vectors, "train_y": labels, "test_y": labels}
    np.savez(folder / "features.npz", **of_both)
    np.save(folder / "others.npy", vectors)
    (folder / "plan.yaml").write_text(yaml.safe_dump(SMALL))
    manifests = read_manifests(folder / "plan.yaml")
    (folder / "results/plan").mkdir(parents=True)
    for part in ("plan", *manifests.plan.studies):
        asked = manifests.whole_plan() if part == "plan" else manifests.study(part)
        (folder / f"results/plan/{part}.json").write_text(asked.model_dump_json())
    return folder


@pytest.fixture(scope="module")
def calls(folder: Path) -> dict[str, tuple[set[str], set[str]]]:
    """The modules that each command loads, and the definitions of the library that it runs."""
    every = calls_of(read_plan(folder / "plan.yaml"))
    assert set(every) == set(COMMANDS)
    found = {}
    for name, arguments in every.items():
        printed = python(CALLS, json.dumps(arguments), str(LIBRARY), cwd=folder)
        loaded, ran = json.loads(printed.splitlines()[-1])
        found[name] = (set(loaded), set(ran))
    return found


@pytest.mark.trains
@pytest.mark.parametrize("command", COMMANDS)
def test_the_hash_of_a_command_covers_all_that_it_runs(
    calls: dict[str, tuple[set[str], set[str]]], command: str
) -> None:
    starts, long = beginnings(command, *RECORDS.get(command, [])), COMMANDS[command].long
    covered = {*reached(*starts, long=long)} | BY_VALUE | (BY_VALUE_IN_LONG if long else set())
    modules = {name: name.partition(":")[0] for name in calls[command][1]}
    ran = {name for name, module in modules.items() if module not in THIN and CLI not in module}
    assert {call for call in COMMANDS[command].calls if call in ran}
    assert ran - BESIDE <= covered


# A job's start-up is as long as its work where these are imported: one to three seconds each.
COMPILER = {"torch._dynamo", "torch._inductor", "sympy"}


@pytest.mark.trains
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_loads_nothing_large_that_it_does_not_need(
    calls: dict[str, tuple[set[str], set[str]]], command: str
) -> None:
    large = {"torch", "torchvision", "sklearn", "pandas"} | COMPILER
    needed = {
        "prepare": {"sklearn", "pandas"},  # the former has the digits and imports the latter
        "train": {"torch"},
        "embed": {"torch", "torchvision"} | COMPILER,  # which torchvision imports
        "fit": {"sklearn", "pandas"},
        "look": {"sklearn", "pandas"},
    }
    assert calls[command][0] & large <= needed.get(command, {"pandas"})


@pytest.mark.trains
@pytest.mark.usefixtures("calls")
def test_the_commands_made_the_whole_study(folder: Path) -> None:
    # 2 objectives x 2 sizes x 2 classes x 2 seeds, 3 baselines x 2 classes, 1 run of points; of
    # vectors 2 objectives x 2 classes, 3 baselines x 2 classes.
    assert len(read(folder / "results/runs.csv")) == 16 + 6 + 1 + 4 + 6
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
    heavy = {
        "torch",
        "torchvision",
        "h5py",
        "pandas",
        "sklearn",
        "matplotlib",
        "PIL",
        "safetensors",
    }
    assert not modules & heavy
