"""Editing code reruns what runs it, and nothing else: each rule carries a hash of its code."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oebench import provenance
from oebench.provenance import COMMANDS, code_hash, covered, module_file, normalised

LIBRARY = Path(__file__).parents[1] / "workflow/lib"
# A small library: `draw` and `train` both import `sums`, `draw` alone `words`; `train` loads `code`
# by its name, the registry names it too and loads nothing; nothing imports `other`.
SMALL = {
    "__init__.py": '__version__ = "1"\n',
    "draw.py": "from oebench import words\nfrom oebench.room.sums import total\n\nWIDE = 3\n",
    "words.py": (
        '"""Words."""\n\n\ndef shout(text: str) -> str:\n    """Loud."""\n    return text\n'
    ),
    "train.py": (
        "from oebench import registry\nfrom oebench.room.sums import total\n\n"
        'LOSS = registry.code("oebench.code:loss")\n'
    ),
    "registry.py": 'LOSSES = {"code": "oebench.code:loss", "more": "oebench.other:loss"}\n',
    "code.py": "def loss(x: float) -> float:\n    return 2 * x\n",
    "other.py": "def loss(x: float) -> float:\n    return 3 * x\n",
    "room/__init__.py": "",
    "room/sums.py": "import math\n\n\ndef total(*x: float) -> float:\n    return math.fsum(x)\n",
    "html.py": "TEMPLATES = 1\n",
    "templates/page.html": "<p>\n",
}
MODULES = ("oebench.draw", "oebench.train", "oebench.html")
Edit = Callable[[str, str, str], set[str]]


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Edit]:
    """Edits a file of the small library; returns the modules whose hash changes by it."""
    folder = tmp_path / "oebench"
    for name, text in SMALL.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.setattr(provenance, "LIBRARY", folder)
    monkeypatch.setattr(provenance, "FILES", {"oebench.html": "templates"})

    def hashes() -> dict[str, str]:
        code_hash.cache_clear()
        return {module: code_hash(module) for module in MODULES}

    def replace(file: str, old: str, new: str) -> set[str]:
        before, text = hashes(), (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1))
        after = hashes()
        return {module for module in MODULES if after[module] != before[module]}

    yield replace
    code_hash.cache_clear()


def test_a_hash_is_short_and_each_command_has_its_own() -> None:
    hashes = [code_hash(*modules) for modules in COMMANDS.values()]
    assert all(len(value) == 12 and int(value, 16) >= 0 for value in hashes)
    assert len(set(hashes)) == len(COMMANDS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def shout(", "# A comment.\ndef shout("),
        ("def shout(", "\n\n\n\ndef shout("),
        ('"""Words."""', '"""Other words."""'),
        ('    """Loud."""\n', ""),
        ("(text: str)", "(\n    text:   str,   # said\n)"),
    ],
    ids=["comment", "blank lines", "docstring", "docstring removed", "reformatted"],
)
def test_an_edit_that_changes_no_code_leaves_every_hash(edit: Edit, old: str, new: str) -> None:
    assert edit("words.py", old, new) == set()


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("draw.py", "WIDE = 3", "WIDE = 4", {"oebench.draw"}),
        ("words.py", "return text", "return text.upper()", {"oebench.draw"}),
        ("room/sums.py", "fsum(x)", "prod(x)", {"oebench.draw", "oebench.train"}),
        ("registry.py", "more", "much more", {"oebench.train"}),
        ("code.py", "2 * x", "4 * x", {"oebench.train"}),  # loaded by its name
        ("other.py", "3 * x", "4 * x", set()),  # named in the registry alone
        ("templates/page.html", "<p>", "<h1>", {"oebench.html"}),
    ],
)
def test_a_changed_statement_changes_the_hash_of_all_that_run_it_and_of_nothing_else(
    edit: Edit, file: str, old: str, new: str, changed: set[str]
) -> None:
    assert edit(file, old, new) == changed


@pytest.mark.parametrize(
    "statement",
    [
        "import oebench.other",
        "import oebench.other as another",
        "from oebench import other",
        "from oebench.other import loss",
        "def later():\n    from oebench.other import loss",
    ],
)
def test_every_spelling_of_an_import_that_the_library_uses_is_followed(
    edit: Edit, statement: str
) -> None:
    assert edit("draw.py", "WIDE = 3\n", f"{statement}\n") == {"oebench.draw"}
    assert edit("other.py", "3 * x", "4 * x") == {"oebench.draw"}


# The library itself


def rooms(command: str) -> set[str]:
    """The rooms that the hash of a command covers."""
    names = [name.split(".")[1:] for name in covered(*COMMANDS[command])]
    return {parts[0] for parts in names if len(parts) > 1}


def test_a_command_is_hashed_with_the_rooms_that_it_needs() -> None:
    drawing = {"artifacts", "evaluation", "reporting"}
    assert rooms("prepare") == {"artifacts", "data"}
    assert rooms("train") == rooms("fit") == {"artifacts", "models", "training"}
    assert rooms("collect") == {"artifacts", "evaluation"}
    for command in ("table", "curve", "comparison", "toy-figure", "look"):
        assert rooms(command) == drawing
    assert rooms("claims") == rooms("overview") == drawing | {"claims"}


def test_what_is_fitted_retrains_no_network_and_what_is_trained_refits_no_baseline() -> None:
    train, fit = covered(*COMMANDS["train"]), covered(*COMMANDS["fit"])
    assert not train & {"oebench.models.baselines", "oebench.training.baseline_job"}
    assert not fit & {"oebench.training.loop", "oebench.models.losses", "oebench.recipe"}


def test_the_library_has_no_relative_import_which_would_not_be_followed() -> None:
    for file in (LIBRARY / "oebench").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{file}:{node.lineno}"


def test_the_packages_that_no_hash_covers_are_empty_but_for_the_version() -> None:
    for file in (LIBRARY / "oebench").rglob("__init__.py"):
        code = normalised(file)
        assert code == "" or code.startswith("__version__ = "), file
        assert "\n" not in code
    assert module_file("oebench.data.sources") == LIBRARY / "oebench/data/sources/__init__.py"
