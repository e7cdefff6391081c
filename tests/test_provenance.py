"""Editing code reruns what runs it, and nothing else: each rule carries a hash of its code."""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from oebench import provenance
from oebench.provenance import (
    BY_VALUE,
    BY_VALUE_IN_LONG,
    COMMANDS,
    beginnings,
    code_hash,
    command_hash,
    file_of,
    module_file,
    modules,
    reached,
)
from oebench.registry import METHODS, METRICS, NETWORKS, NORMS, Baseline, Family, Objective
from oebench.validation import UserError

LIBRARY = Path(__file__).parents[1] / "workflow/lib"
# A small library: `draw` and `train` both reach `total`, `draw` alone `shout`; `train` names the
# code of a loss, the table by value names it too; nothing reaches `other`.
SMALL = {
    "__init__.py": '__version__ = "1"\n',
    "draw.py": (
        "import math as m\n\nfrom oebench import words\n"
        "from oebench.room.sums import total as add\n"
        "\nWIDE = 3\nHIGH = 4\n\n\n"
        "def draw() -> float:\n"
        '    """Drawn."""\n'
        '    print("drawing")\n'
        "    if WIDE > 5:\n"
        '        raise words.Loud(f"{WIDE} is too wide", words.whisper("no"))\n'
        "    return m.sqrt(add(WIDE, len(words.shout('a'))))\n\n\n"
        "def erase() -> None: ...\n"
    ),
    "words.py": (
        '"""Words."""\n\nimport math as m\n\nLOUD = {"!": 3}\nLOUD["?"] = 1\nm.tau = 6\n\n\n'
        "class Loud(Exception): ...\n\n\n"
        'def shout(text: str, help: str = "") -> str:\n    """Loud."""\n'
        '    later(text, help="said loudly")\n    return text\n\n\n'
        "def later(text: str, help: str) -> None:\n    from oebench.room import sums\n\n"
        "    sums.total()\n\n\n"
        "def whisper(text: str) -> str:\n    return text\n"
    ),
    "train.py": (
        "from oebench.registry import LOSSES, code\nfrom oebench.room.sums import total\n\n\n"
        "def train() -> object:\n"
        '    return code("oebench.code:loss"), LOSSES, total()\n'
    ),
    "registry.py": (
        'LOSSES = {"code": "oebench.code:loss", "more": "oebench.other:loss"}\n\n\n'
        "def code(name: str) -> object:\n    return name\n"
    ),
    "code.py": "def loss(x: float) -> float:\n    return 2 * x\n\n\nMORE = 1\n",
    "other.py": "def loss(x: float) -> float:\n    return 3 * x\n",
    "room/__init__.py": "",
    "room/sums.py": "import math\n\n\ndef total(*x: float) -> float:\n    return math.fsum(x)\n",
    "html.py": "TEMPLATES = 1\n",
    "templates/page.html": "<p>\n",
}
CALLS = ("oebench.draw:draw", "oebench.train:train", "oebench.html:TEMPLATES")
Edit = Callable[[str, str, str], set[str]]


def forget() -> None:
    """What was read of a library."""
    for each in (code_hash, module_file, provenance.source_of, provenance.statements_of):
        each.cache_clear()


@pytest.fixture
def long() -> bool:
    """Whether the work of the small library takes long."""
    return True


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, long: bool) -> Iterator[Edit]:
    """Edits a file of the small library; returns what has another hash by it."""
    folder = tmp_path / "oebench"
    for name, text in SMALL.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.setattr(provenance, "LIBRARY", folder)
    monkeypatch.setattr(provenance, "FILES", {"oebench.html": "templates"})
    monkeypatch.setattr(provenance, "BY_VALUE", {"oebench.registry:LOSSES"})

    def hashes() -> dict[str, str]:
        forget()
        return {call.split(":")[1]: code_hash(call, long=long) for call in CALLS}

    def replaced(file: str, old: str, new: str) -> set[str]:
        before, text = hashes(), (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1))
        after = hashes()
        return {name for name in after if after[name] != before[name]}

    yield replaced
    forget()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("words.py", "def shout(", "# A comment.\ndef shout("),
        ("words.py", "def shout(", "\n\n\n\ndef shout("),
        ("words.py", '"""Words."""', '"""Other words."""'),
        ("words.py", '    """Loud."""\n', ""),
        ("words.py", "(text: str, help", "(\n    text:   str,   # said\n help"),
        ("words.py", "said loudly", "said very loudly"),
        ("words.py", "def whisper(", "def unused() -> int:\n    return 1\n\n\ndef whisper("),
        ("words.py", 'LOUD["?"] = 1', 'LOUD["?"] = 2'),
        ("draw.py", "drawing", "drawing now"),
        ("draw.py", '    print("drawing")\n', ""),
        ("draw.py", "is too wide", "is wider than five"),
        ("draw.py", 'words.whisper("no")', '"no"'),
        ("draw.py", "HIGH = 4", "HIGH = 5"),
        ("draw.py", "def erase() -> None: ...", "def erase() -> int:\n    return 1"),
        ("draw.py", "import math as m\n", "import math as m\nimport random\n"),
        ("registry.py", '"more": "oebench.other:loss"', '"less": "oebench.code:MORE"'),
        ("code.py", "MORE = 1", "MORE = 2"),
        ("other.py", "3 * x", "4 * x"),
    ],
)
def test_an_edit_that_changes_nothing_that_is_run_leaves_every_hash(
    edit: Edit, file: str, old: str, new: str
) -> None:
    assert edit(file, old, new) == set()


@pytest.mark.parametrize("long", [False])
@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("draw.py", "drawing", "drawing now", set()),
        ("draw.py", "is too wide", "is wider than five", {"draw"}),
        ("words.py", "said loudly", "said very loudly", {"draw"}),
    ],
)
def test_where_work_is_short_a_text_may_be_what_is_shown_and_counts(
    edit: Edit, file: str, old: str, new: str, changed: set[str]
) -> None:
    assert edit(file, old, new) == changed


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("draw.py", "WIDE = 3", "WIDE = 4", {"draw"}),
        ("draw.py", "words.Loud(", "words.Quiet(", {"draw"}),
        ("draw.py", "import math as m", "import cmath as m", {"draw"}),
        ("words.py", "return text", "return text.upper()", {"draw"}),
        ("words.py", "m.tau = 6", "m.tau = 7", {"draw"}),  # done when it is imported
        ("words.py", "class Loud(Exception): ...", "class Loud(ValueError): ...", {"draw"}),
        ("words.py", "sums.total()", "sums.total(1)", {"draw"}),
        ("room/sums.py", "fsum(x)", "prod(x)", {"draw", "train"}),
        ("registry.py", "return name", "return name.upper()", {"train"}),
        ("code.py", "2 * x", "4 * x", {"train"}),  # loaded by its name
        ("templates/page.html", "<p>", "<h1>", {"TEMPLATES"}),
    ],
)
def test_a_changed_statement_changes_the_hash_of_all_that_run_it_and_of_nothing_else(
    edit: Edit, file: str, old: str, new: str, changed: set[str]
) -> None:
    assert edit(file, old, new) == changed


@pytest.mark.parametrize(
    ("statement", "use"),
    [
        ("import oebench.other", "oebench.other.loss(1)"),
        ("import oebench.other as another", "another.loss(1)"),
        ("from oebench import other", "other.loss(1)"),
        ("from oebench.other import loss", "loss(1)"),
        ("from oebench.other import loss as cost", "[cost]"),
        ("from oebench import other", "print_later(other)"),
    ],
)
def test_every_spelling_of_an_import_is_followed(edit: Edit, statement: str, use: str) -> None:
    edit("draw.py", "import math as m\n", f"import math as m\n{statement}\n")
    assert edit("draw.py", "    return m", f"    {use}\n    return m") == {"draw"}
    assert edit("other.py", "3 * x", "4 * x") == {"draw"}
    assert edit("other.py", "4 * x", "3 * x") == {"draw"}


def test_an_import_within_a_function_is_followed(edit: Edit) -> None:
    edit(
        "draw.py", "    return m", "    from oebench.other import loss\n\n    loss(1)\n    return m"
    )
    assert edit("other.py", "3 * x", "4 * x") == {"draw"}


def test_a_module_that_is_not_there_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"oebench\.nothing is no module of"):
        code_hash("oebench.nothing:at_all", long=True)


# The library itself


def test_a_hash_is_short_and_each_command_has_its_own() -> None:
    hashes = [command_hash(name) for name in COMMANDS]
    assert all(len(value) == 12 and int(value, 16) >= 0 for value in hashes)
    assert len(set(hashes)) == len(COMMANDS)


def covered(command: str, *records: object) -> set[str]:
    """The definitions that the hash of a command covers."""
    return {*reached(*beginnings(command, *records), long=COMMANDS[command].long)}


def rooms(command: str) -> set[str]:
    """The rooms that the hash of a command covers."""
    names = [name.split(".")[1:] for name in modules(covered(command))]
    return {parts[0] for parts in names if len(parts) > 1}


def test_a_command_is_hashed_with_the_rooms_that_it_needs() -> None:
    drawing = {"artifacts", "evaluation", "reporting"}
    assert rooms("prepare") == {"artifacts", "data"}
    assert rooms("train") == rooms("fit") == {"artifacts", "models", "training"}
    assert rooms("collect") == {"artifacts", "evaluation"}
    assert rooms("merge") == {"artifacts", "evaluation"}  # the metrics are columns
    for command in ("table", "curve", "comparison", "toy-figure", "look"):
        assert rooms(command) == drawing
    assert rooms("claims") == rooms("overview") == drawing | {"claims"}


def test_what_is_fitted_retrains_no_network_and_what_is_trained_refits_no_baseline() -> None:
    train, fit = (modules(covered(name)) for name in ("train", "fit"))
    assert not train & {"oebench.training.baseline_job", "oebench.evaluation.metrics"}
    assert not fit & {"oebench.training.loop", "oebench.models.losses", "oebench.recipe"}


def test_a_job_is_hashed_with_the_code_of_its_method_and_its_network_alone() -> None:
    lenet = covered("train", METHODS["bce"], NETWORKS["cifar_lenet"])
    assert {"oebench.models.losses:binary_cross_entropy", "oebench.models.networks:LeNet"} <= lenet
    assert not lenet & {"oebench.models.losses:focal", "oebench.models.networks:Toy"}
    assert not [name for name in lenet if name.startswith("oebench.models.resnet")]
    resnet = covered("train", METHODS["hsc"], NORMS["l1"], NETWORKS["resnet18_cbam"])
    assert {"oebench.models.resnet:ResNetCbam", "oebench.models.losses:l1"} <= resnet
    assert "oebench.models.networks:LeNet" not in resnet


def test_a_description_is_not_hashed_and_all_else_of_a_record_is() -> None:
    hsc = METHODS["hsc"]
    assert isinstance(hsc, Objective)
    found = command_hash("train", hsc)
    assert command_hash("train", replace(hsc, description="another")) == found
    assert command_hash("train", replace(hsc, biases=False)) != found
    assert command_hash("train", replace(hsc, loss=hsc.score)) != found
    assert command_hash("train", hsc, NORMS["l1"]) != command_hash("train", hsc, NORMS["l2"])
    kde = METHODS["kde"]
    assert isinstance(kde, Baseline)
    assert command_hash("fit", kde) != command_hash("fit", METHODS["one_class_svm"])


def test_nor_is_a_description_within_a_family_of_networks() -> None:
    family = NETWORKS["lenet"]
    assert isinstance(family, Family)
    first, *others = family.members
    found = command_hash("train", family)
    for member, same in (
        (replace(first, description="another"), True),
        (replace(first, hidden=7), False),
    ):
        changed = replace(family, members=(member, *others))
        assert (command_hash("train", changed) == found) == same


def test_code_that_is_not_what_was_planned_is_refused_with_both_hashes() -> None:
    provenance.check("", "merge")  # typed by a person
    provenance.check(command_hash("train", METHODS["hsc"]), "train", METHODS["hsc"])
    found = command_hash("merge")
    with pytest.raises(UserError, match=rf"`oebench merge` has changed .* from c0de to {found}"):
        provenance.check("c0de", "merge")


def test_the_tables_are_covered_by_value() -> None:
    """So a new entry of theirs changes no hash."""
    for name, command in COMMANDS.items():
        by_value = BY_VALUE | (BY_VALUE_IN_LONG if command.long else set())
        assert not covered(name) & by_value
    assert "oebench.run:KEYS" in covered("curve")  # the titles of axes
    assert "oebench.run:KEYS" not in covered("train")


def test_what_is_recorded_of_commit_and_call_is_part_of_no_hash() -> None:
    assert "commit" in provenance.source_of("oebench.origin").statements
    for command in COMMANDS:
        assert not modules(reached(*beginnings(command), long=False)) & provenance.RECORDED


def test_metrics_are_covered_where_runs_are_collected_and_not_where_they_are_trained() -> None:
    metrics = {"oebench.registry:METRICS", *(metric.code for metric in METRICS.values())}
    assert metrics <= covered("collect")
    assert not metrics & covered("train")


def test_what_enters_by_value_is_there() -> None:
    for name in BY_VALUE | BY_VALUE_IN_LONG:
        module, _, attribute = name.partition(":")
        assert provenance.statements_of(module, attribute, long=True), name


def test_the_library_has_no_relative_import_which_would_not_be_followed() -> None:
    for file in (LIBRARY / "oebench").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{file}:{node.lineno}"
            assert not (isinstance(node, ast.alias) and node.name == "*"), f"{file}:{node.lineno}"


def test_the_packages_that_no_hash_covers_are_empty_but_for_the_version() -> None:
    packages = {*(LIBRARY / "oebench").rglob("__init__.py")}
    for file in packages - {LIBRARY / "oebench/cli/__init__.py"}:  # only passes arguments on
        code = [node for node in ast.parse(file.read_bytes()).body if not provenance.is_text(node)]
        assert [ast.unparse(node).partition(" = ")[0] for node in code] in ([], ["__version__"])
    assert file_of("oebench.data.sources") == LIBRARY / "oebench/data/sources/__init__.py"


CHECKED = """
import sys
from oebench import provenance
from oebench.registry import METHODS, NETWORKS
records = [METHODS["hsc"], NETWORKS["resnet18_cbam"]]
planned = provenance.command_hash("train", *records)
assert "oebench.models.resnet" not in sys.modules
provenance.check(planned, "train", *records)
print("oebench.models.resnet" in sys.modules, "oebench.training.job" in sys.modules)
"""


def test_all_that_a_job_may_run_is_loaded_before_its_code_is_compared() -> None:
    """What is edited afterwards is not run under the hash of what was planned."""
    done = subprocess.run([sys.executable, "-c", CHECKED], capture_output=True, text=True)
    assert done.stdout == "True True\n", done.stderr
