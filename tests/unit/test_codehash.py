"""Editing code reruns what runs it, and nothing else: each rule carries a hash of its code.

The last tests run each command of the workflow for real and compare the modules that it loaded with
those that the hash of its rule covers.
"""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from cache_cases import write_cache

from oead import codehash
from oead.codehash import COMMANDS, code_hash, covered
from oead.configfile import load
from oead.recipe import Recipe

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "workflow/lib"
HASHED = ("oead.prepare", "oead.block", "oead.collect", "oead.tables", "oead.figures")
# Only pass arguments on, or are empty: an edit there changes no result.
THIN = {"oead", "oead.__main__", "oead.cli", "oead.sources"}

Edit = Callable[[str, str, str], None]


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Edit]:
    """Edits a copy of the library, on which the hashes are then taken."""
    copy = tmp_path / "oead"
    shutil.copytree(LIBRARY / "oead", copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(codehash, "LIBRARY", copy)
    code_hash.cache_clear()

    def replace(file: str, old: str, new: str) -> None:
        text = (copy / file).read_text()
        assert text.count(old) >= 1, f"{file} does not hold {old!r}"
        (copy / file).write_text(text.replace(old, new, 1))
        code_hash.cache_clear()

    yield replace
    code_hash.cache_clear()


def hashes() -> dict[str, str]:
    code_hash.cache_clear()
    return {module: code_hash(module) for module in HASHED}


@pytest.fixture(scope="module")
def before() -> dict[str, str]:
    """The hashes of the library as it is."""
    return hashes()


def changed(before: dict[str, str]) -> set[str]:
    """The modules whose hash is no longer what it was."""
    after = hashes()
    return {module for module in HASHED if after[module] != before[module]}


def test_a_copy_of_the_library_has_the_same_hashes(before: dict[str, str], edit: Edit) -> None:
    assert codehash.LIBRARY != LIBRARY / "oead"
    assert changed(before) == set()


def test_a_hash_is_short_and_each_module_has_its_own(before: dict[str, str]) -> None:
    assert all(len(value) == 12 and int(value, 16) >= 0 for value in before.values())
    assert len(set(before.values())) == len(HASHED)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def parse(", "# A comment.\ndef parse("),
        ("def parse(", "\n\n\n\ndef parse("),
        ('"""A run\'s key and its path', '"""Another docstring'),
        ('    """The run whose scores lie at', '    """Another docstring'),
        ('        """The parameters of the objective."""\n', ""),
        ("    normal_class: int\n", "    normal_class:   int   # a number\n"),
        (
            '        named = {"norm": self.norm, "gamma": self.gamma}\n',
            "        named = {\n            'norm': self.norm,\n            'gamma': self.gamma,\n"
            "        }\n",
        ),
    ],
    ids=[
        *("comment", "blank lines", "module docstring", "docstring", "docstring removed"),
        *("spaces", "reformatted"),
    ],
)
def test_an_edit_that_changes_no_code_leaves_every_hash(
    before: dict[str, str], edit: Edit, old: str, new: str
) -> None:
    edit("runs.py", old, new)
    assert changed(before) == set()


def test_a_changed_statement_changes_the_hash_of_its_module(
    before: dict[str, str], edit: Edit
) -> None:
    edit("tables.py", 'MEAN = "mean"', 'MEAN = "average"')
    assert changed(before) == {"oead.tables", "oead.figures"}  # figures use the tables' mean


def test_a_changed_default_changes_the_hash(before: dict[str, str], edit: Edit) -> None:
    edit("training.py", "EVALUATION_BATCH = 1000", "EVALUATION_BATCH = 500")
    assert changed(before) == {"oead.block"}


@pytest.mark.parametrize(
    ("file", "old", "new", "affected"),
    [
        ("draws.py", "randrange", "randint", {"oead.block", "oead.prepare"}),
        ("cachewriter.py", "sha256(", "sha1(", {"oead.prepare"}),
        # Imported by an imported module.
        ("networks.py", "SLOPE = 0.01", "SLOPE = 0.02", {"oead.block"}),
        ("objectives.py", "EPSILON = 1e-9", "EPSILON = 1e-8", {"oead.block", "oead.figures"}),
        # Imported inside a function.
        ("sources/grey.py", "LEVELS = 16", "LEVELS = 17", {"oead.prepare"}),
    ],
)
def test_a_changed_statement_changes_the_hash_of_all_that_import_its_module_and_of_nothing_else(
    before: dict[str, str], edit: Edit, file: str, old: str, new: str, affected: set[str]
) -> None:
    edit(file, old, new)
    assert changed(before) == affected


@pytest.mark.parametrize(
    ("file", "old", "new", "unaffected"),
    [
        ("tables.py", 'MEAN = "mean"', 'MEAN = "average"', {"oead.block", "oead.prepare"}),
        ("figures.py", '"grid.alpha": 0.3', '"grid.alpha": 0.4', {"oead.block", "oead.tables"}),
        ("cli.py", "typer.Exit(1)", "typer.Exit(2)", {*HASHED}),
        ("preview.py", "-table", "-tables", {*HASHED}),
        ("grid.py", "reversed(", "list(", {*HASHED}),
    ],
)
def test_a_change_in_an_unrelated_module_leaves_the_hash(
    before: dict[str, str], edit: Edit, file: str, old: str, new: str, unaffected: set[str]
) -> None:
    edit(file, old, new)
    assert not changed(before) & unaffected


def test_an_import_that_is_added_brings_its_module_into_the_hash(edit: Edit) -> None:
    assert "oead.metrics" not in covered("oead.prepare")
    edit("prepare.py", "from oead import cachewriter", "from oead import cachewriter, metrics")
    assert "oead.metrics" in covered("oead.prepare")
    imported = hashes()
    edit("metrics.py", ">= 0.95", ">= 0.9")
    assert "oead.prepare" in changed(imported)


@pytest.mark.parametrize(
    "statement",
    [
        "import oead.metrics",
        "import oead.metrics as measures",
        "from oead import metrics",
        "from oead.metrics import evaluate",
        "def later():\n    from oead.metrics import evaluate",
    ],
)
def test_every_spelling_of_an_import_that_the_library_uses_is_followed(
    edit: Edit, statement: str
) -> None:
    old = "from oead import cachewriter\n"
    edit("prepare.py", old, f"{old}{statement}\n")
    assert "oead.metrics" in covered("oead.prepare")


def test_the_library_has_no_relative_import_which_would_not_be_followed() -> None:
    for file in (LIBRARY / "oead").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{file}:{node.lineno}"


# What really runs


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


# Calls of the command line in one process; then the modules that they loaded.
CALLS = """
import json, sys
from oead.cli import app

for arguments in json.loads(sys.argv[1]):
    app(arguments, prog_name="oead", standalone_mode=False)
print("loaded", *(name for name in sys.modules if name.startswith("oead")))
"""


@pytest.fixture(scope="module")
def loaded_by(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The library's modules that each command loads in the smallest real study."""
    folder = tmp_path_factory.mktemp("study")
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (16, 1, 28, 28), dtype=np.uint8)
    labels = np.repeat([0, 1], 8)
    both = {"train": (images, labels), "test": (images, labels)}
    write_cache(folder / "own.h5", both, ["a", "b"])
    write_cache(folder / "pool.h5", {"train": (images, 0 * labels)}, ["all"])
    recipe = Recipe(epochs=1, milestones=(), batch=8, augmentation="jitter_flip_crop")
    condition = (
        "dataset=own/oe=pool,size=4,blur=1/objective=hsc,norm=pseudo_huber/recipe=r,augment=on"
    )
    members = {"condition": condition, "normal_classes": [0], "seeds": [1]}
    spec = json.dumps(
        {
            **{"name": "s", "title": "t", "swept": ["oe_size"], "rows": "normal_class"},
            **{"curve": "oe_size", "expected": 1, "epochs": [1]},
        }
    )
    digits = load(ROOT / "config/config.yaml").datasets["digits"]
    letters = load(ROOT / "config/config.yaml").datasets["letters"].model_dump(mode="json")
    letters |= {"source": {"kind": "letters", "per_class": 1}, "train": 1}
    calls = {
        "prepare": [
            [*("prepare", "digits", "--dataset", digits.model_dump_json(), "--output", "d.h5")],
            [*("prepare", "letters", "--dataset", json.dumps(letters), "--output", "l.h5")],
        ],
        "train": [
            [
                *("train", "--recipe", recipe.model_dump_json(), "--cache", "own.h5"),
                *("--cache", "pool.h5", "--store", "store", "--device", "cpu"),
                f"runs/{condition}/normal_class=0/seed=1/scores.h5",
            ]
        ],
        "collect": [
            ["collect", "--runs", json.dumps([members]), "--folder", "runs", "--output", "s.csv"],
            ["merge", "s.csv", "--output", "runs.csv"],
        ],
        "table": [["table", "s.csv", "--spec", spec, "--base", "table/s"]],
        "curve": [["curve", "s.csv", "--spec", spec, "--base", "curve/s"]],
    }
    assert set(calls) == set(COMMANDS)
    loaded = {}
    for name, arguments in calls.items():
        *_, last = python(CALLS, json.dumps(arguments), cwd=folder).splitlines()
        loaded[name] = set(last.split()[1:])
    assert (folder / "s.csv").read_text().count("\n") == 2  # the head and the one run
    return loaded


@pytest.mark.parametrize("command", COMMANDS)
def test_the_hash_of_a_command_covers_all_that_it_loads(
    loaded_by: dict[str, set[str]], command: str
) -> None:
    assert set(COMMANDS[command]) <= loaded_by[command]
    assert loaded_by[command] - THIN <= covered(*COMMANDS[command])


def test_the_packages_that_no_hash_covers_are_empty_but_for_the_version() -> None:
    assert codehash.normalised(codehash.module_file("oead.sources")) == ""
    assert codehash.normalised(LIBRARY / "oead/__init__.py").startswith("__version__ = ")
    assert "\n" not in codehash.normalised(LIBRARY / "oead/__init__.py")


def test_reading_a_configuration_loads_nothing_heavy(tmp_path: Path) -> None:
    modules = set(python("import oead.grid, sys; print(*sys.modules)", cwd=tmp_path).split())
    assert "oead.grid" in modules
    assert not modules & {"torch", "torchvision", "h5py", "pandas", "sklearn", "matplotlib", "PIL"}
