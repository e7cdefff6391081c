"""Editing code reruns what runs it, and nothing else: each rule carries a hash of its code."""

import ast
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oead import codehash
from oead.codehash import COMMANDS, code_hash, covered

LIBRARY = Path(__file__).parents[2] / "workflow/lib"
# What the commands run.
HASHED = tuple(dict.fromkeys(module for modules in COMMANDS.values() for module in modules))
TABLES = {"oead.tablefiles", "oead.comparisonfiles", "oead.claimfiles", "oead.overview"}
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


def test_a_changed_default_changes_the_hash(before: dict[str, str], edit: Edit) -> None:
    edit("training.py", "EVALUATION_BATCH = 1000", "EVALUATION_BATCH = 500")
    assert changed(before) == {"oead.block"}


@pytest.mark.parametrize(
    ("file", "old", "new", "affected"),
    [
        ("draws.py", "randrange", "randint", {"oead.block", "oead.prepare"}),
        ("cachewriter.py", "sha256(", "sha1(", {"oead.prepare"}),
        ("store.py", "sha256(", "sha1(", {"oead.block", "oead.fitting"}),
        ("tables.py", 'MEAN = "mean"', 'MEAN = "average"', {"oead.figures", *TABLES}),
        ("look.py", "SHOWN = 12", "SHOWN = 13", {"oead.look"}),
        ("plane.py", "linewidths=1", "linewidths=2", {"oead.plane"}),
        # Imported by an imported module.
        ("networks.py", "SLOPE = 0.01", "SLOPE = 0.02", {"oead.block"}),
        (
            *("plotting.py", '"grid.alpha": 0.3', '"grid.alpha": 0.4'),
            {"oead.figures", "oead.look", "oead.plane"},
        ),
        (
            *("objectives.py", "EPSILON = 1e-9", "EPSILON = 1e-8"),
            {"oead.block", "oead.figures", "oead.plane", *TABLES},
        ),
        (
            *("baselines.py", "VARIANCE = 0.95", "VARIANCE = 0.9"),
            {"oead.fitting", "oead.figures", "oead.plane", *TABLES},
        ),
        # Imported inside a function.
        (
            *("sources/grey.py", "LEVELS = 16", "LEVELS = 17"),
            {"oead.prepare", "oead.claimfiles", "oead.overview"},
        ),
    ],
)
def test_a_changed_statement_changes_the_hash_of_all_that_import_its_module_and_of_nothing_else(
    before: dict[str, str], edit: Edit, file: str, old: str, new: str, affected: set[str]
) -> None:
    edit(file, old, new)
    assert changed(before) == affected


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("cli.py", "typer.Exit(1)", "typer.Exit(2)"), ("preview.py", "-table", "-tables")],
)
def test_a_change_in_a_module_that_no_command_of_the_workflow_needs_leaves_every_hash(
    before: dict[str, str], edit: Edit, file: str, old: str, new: str
) -> None:
    edit(file, old, new)
    assert changed(before) == set()


def test_how_runs_are_planned_reruns_only_what_reads_the_plan(
    before: dict[str, str], edit: Edit
) -> None:
    edit("grid.py", "reversed(", "list(")
    assert changed(before) == {"oead.claimfiles", "oead.overview"}


def test_what_is_drawn_retrains_nothing_and_what_is_fitted_retrains_no_network() -> None:
    made = {name: covered(*COMMANDS[name]) for name in ("prepare", "train", "fit")}
    drawing = {"plotting", "summary", "tables", "page", "published", "claims", "overview"}
    for modules in made.values():
        assert not modules & {f"oead.{name}" for name in drawing}
    assert not made["train"] & {"oead.baselines", "oead.fitting"}
    assert not made["fit"] & {"oead.training", "oead.objectives", "oead.recipe"}


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


def test_the_packages_that_no_hash_covers_are_empty_but_for_the_version() -> None:
    assert codehash.normalised(codehash.module_file("oead.sources")) == ""
    assert codehash.normalised(LIBRARY / "oead/__init__.py").startswith("__version__ = ")
    assert "\n" not in codehash.normalised(LIBRARY / "oead/__init__.py")
