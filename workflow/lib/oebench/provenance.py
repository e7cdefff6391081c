"""A hash of the code that a command runs, so that editing it, and only it, reruns its jobs.

Snakemake does not see what a command imports. The hash begins at the functions that a command
calls and covers every definition of this library that they reach, followed in the syntax trees:
functions, classes and constants by name, not whole modules, so that what nothing reaches changes
nothing. Comments, docstrings, layout and printed lines do not count.

The tables of methods, norms and networks are covered by value: a rule names the records that its
job uses. So a new entry reruns nothing. Neither does what is recorded of commit and call.

Commands whose work takes long are held to less: the texts of raised errors and descriptions do not
count, and the keys of recipe and run are covered by value. In other commands such a text may be
what is shown.
"""

import ast
import gc
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from oebench.validation import UserError

LIBRARY = Path(__file__).parent
PACKAGE = "oebench"


class Command(NamedTuple):
    """What a command of the command line calls, as "module:attribute"."""

    calls: tuple[str, ...]
    long: bool = False  # whether its work takes long; it runs the code that its records name


RECORD = "oebench.artifacts.record:write"
STORED = "oebench.artifacts.scores:results_of"
TABLE = ("oebench.artifacts.manifest:read", "oebench.artifacts.runs:read", RECORD)
TABLES = ("oebench.artifacts.manifest:read_all", "oebench.artifacts.runs:read", RECORD)
COMMANDS = {
    "prepare": Command(("oebench.data.prepare:prepare", "oebench.data.dataset:Dataset"), long=True),
    "embed": Command(("oebench.embedding.embed:embed",), long=True),
    "train": Command(("oebench.training.job:train_block", STORED), long=True),
    "fit": Command(("oebench.training.baseline_job:fit_block", STORED), long=True),
    "collect": Command(
        (
            *("oebench.evaluation.collect:collect", "oebench.evaluation.collect:check_complete"),
            *("oebench.artifacts.runs:write", "oebench.artifacts.manifest:read", RECORD),
        )
    ),
    "merge": Command(("oebench.artifacts.runs:merge", "oebench.artifacts.runs:write", RECORD)),
    "table": Command(("oebench.reporting.table:write_table", *TABLE)),
    "curve": Command(("oebench.reporting.curve:write_curve", *TABLE)),
    "comparison": Command(("oebench.reporting.comparison:write_comparison", *TABLE)),
    "toy-figure": Command(("oebench.reporting.toy_figure:write_toy_figure", *TABLE)),
    "look": Command(
        (
            *("oebench.reporting.run_figure:write_run_figure", "oebench.artifacts.scores:run_of"),
            *("oebench.artifacts.scores:read", "oebench.artifacts.record:of_attributes"),
            *("oebench.artifacts.checksums:path_of", RECORD),
        )
    ),
    "claims": Command(("oebench.reporting.claims:write_claims", *TABLES)),
    "overview": Command(
        (
            *(
                "oebench.reporting.overview:write_overview",
                "oebench.reporting.overview:shown_files",
            ),
            *TABLES,
        )
    ),
}
# What enters by value: in the records that a rule names; for long work in its other parameters, the
# resolved recipe, the run's path and how images become vectors.
BY_VALUE = {"oebench.registry:METHODS", "oebench.registry:NORMS", "oebench.registry:NETWORKS"}
BY_VALUE_IN_LONG = {"oebench.features:Features", "oebench.recipe:Recipe", "oebench.run:KEYS"}
RECORDED = {"oebench.origin"}  # modules of what is recorded beside a result, and no part of it
FILES = {"oebench.reporting.html": "templates"}  # folders of files that a module reads
NAMED = re.compile(rf"{PACKAGE}(?:\.\w+)+:\w+")  # code by name, "module:attribute"
SAID = {"print", "warn"}  # functions whose calls only say something
DESCRIBED = {"description", "help"}  # arguments and fields that only say something
WHOLE = "*"  # all of a module, where it is used as it is
# Of a node: where it stands, and what follows from where it stands.
NO_CODE = {"lineno", "col_offset", "end_lineno", "end_col_offset", "ctx", "type_comment", "kind"}


def command_hash(command: str, *records: Any) -> str:
    """The hash of the code that `oebench COMMAND` runs, 12 hex digits.

    records: the entries of the registry's tables that the job uses.
    """
    facts = [fact for record in records for fact in facts_of(record)]
    digest = hashlib.sha256(repr(facts).encode())
    digest.update(code_hash(*beginnings(command, *records), long=COMMANDS[command].long).encode())
    return digest.hexdigest()[:12]


def beginnings(command: str, *records: Any) -> tuple[str, ...]:
    """Where the code of a command begins: what it calls, and runs by the name in a record."""
    calls, runs_records = COMMANDS[command]
    facts = [value for record in records for _, value in facts_of(record)]
    named = [name for value in facts for name in NAMED.findall(value)]
    return (*calls, *named) if runs_records else calls


def check(planned: str, command: str, *records: Any) -> str:
    """The hash of the code of a command, as it runs.

    planned: the hash when the workflow was started, "" for a command that a person types. The
    code is loaded before it is read for the hash: what is edited later is neither run nor hashed.
    Raises UserError where it is no longer what was planned.
    """
    load(command, *records)
    found = command_hash(command, *records)
    if planned not in ("", found):
        raise UserError(
            f"the code of `oebench {command}` has changed since the workflow was started, from "
            f"{planned} to {found}; nothing was computed. Start the workflow again"
        )
    return found


def load(command: str, *records: Any) -> None:
    """Import all that a command may run, also what it would import when it needs it."""
    calls = beginnings(command, *records)
    long = COMMANDS[command].long
    while missing := modules(reached(*calls, long=long)) - sys.modules.keys():
        for name in sorted(missing):
            import_module(name)
        for kept in (code_hash, source_of, statements_of, module_file):
            kept.cache_clear()  # read again what may have been edited since


def facts_of(record: Any) -> list[tuple[str, str]]:
    """What a record says, without what is only said to people."""
    if not is_dataclass(record):
        return [("", repr(record))]
    named = (field.name for field in fields(record) if field.name not in DESCRIBED)
    return [(name, repr(getattr(record, name))) for name in named]


@contextmanager
def no_collection() -> Iterator[None]:
    """Without the garbage collector, which would look at every node again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@cache
def code_hash(*calls: str, long: bool) -> str:
    """The hash of these definitions and of all that they reach."""
    with no_collection():
        found = reached(*calls, long=long)
    digest = hashlib.sha256()
    for name, texts in sorted(found.items()):
        digest.update("\n".join((name, *texts, "")).encode())
    for module in sorted(FILES.keys() & modules(found)):
        for file in sorted(file_of(module).with_name(FILES[module]).iterdir()):
            digest.update(f"{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def modules(names: Iterable[str]) -> set[str]:
    """The modules of these definitions."""
    return {name.partition(":")[0] for name in names}


def reached(*calls: str, long: bool) -> dict[str, tuple[str, ...]]:
    """The definitions that these reach, themselves included: "module:attribute" with its code.

    What a module does beside its definitions when it is imported is "module:".
    """
    found: dict[str, tuple[str, ...]] = {}
    by_value = BY_VALUE | BY_VALUE_IN_LONG if long else BY_VALUE
    waiting = list(calls)
    while waiting:
        name = waiting.pop()
        module, _, attribute = name.partition(":")
        if name in found or name in by_value or module in RECORDED:
            continue
        source, statements = source_of(module), statements_of(module, attribute, long)
        found[name] = tuple(statement.text for statement in statements)
        waiting.append(f"{module}:")
        for statement in statements:
            waiting += statement.uses
        if attribute == WHOLE:
            waiting += [f"{module}:{each}" for each in source.statements]
        elif attribute not in source.statements and attribute in source.imports:
            waiting += resolved(source.imports[attribute])
    return found


def resolved(dotted: str) -> list[str]:
    """What a dotted name is in this library, "module:attribute"; nothing where it is none.

    >>> resolved("oebench.files.atomic"), resolved("oebench.files"), resolved("math.sqrt")
    (['oebench.files:atomic'], ['oebench.files:*'], [])
    """
    parts = dotted.split(".")
    if parts[0] != PACKAGE:
        return []
    length = max(n for n in range(1, len(parts) + 1) if module_file(".".join(parts[:n])))
    return [f"{'.'.join(parts[:length])}:{parts[length] if length < len(parts) else WHOLE}"]


@cache
def module_file(name: str) -> Path | None:
    """The source file of a module of this library; None where there is no such module."""
    base = LIBRARY.joinpath(*name.split(".")[1:])
    file = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    return file if file.exists() else None


def file_of(name: str) -> Path:
    """The same. Raises ModuleNotFoundError."""
    file = module_file(name)
    if file is None:
        raise ModuleNotFoundError(f"{name} is no module of {LIBRARY}")
    return file


@dataclass(frozen=True)
class Statement:
    """The code of a statement of a module, and what of this library it uses."""

    text: str
    uses: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """A module: its statements by the name that they define, "" for none, and what it imports."""

    statements: dict[str, list[ast.stmt]]
    imports: dict[str, str]


@cache
def source_of(module: str) -> Source:
    """A module of this library, read."""
    body = ast.parse(file_of(module).read_bytes()).body
    statements: dict[str, list[ast.stmt]] = {}
    for node in body:
        # An import is followed from where what it names is used.
        if not is_text(node) and not isinstance(node, ast.Import | ast.ImportFrom):
            for name in [*defined(node)] or [""]:
                statements.setdefault(name, []).append(node)
    return Source(statements, imported(body))


@cache
def statements_of(module: str, attribute: str, long: bool) -> tuple[Statement, ...]:
    """The statements of a module that define a name, or none at all."""
    source, found = source_of(module), []
    for node in source.statements.get(attribute, ()):
        code = Code(module, source, long)
        code.add(node)
        found.append(Statement(" ".join(code.words), tuple(sorted(code.uses))))
    return tuple(found)


def is_text(node: Any) -> bool:
    """Whether a node is a statement that is a docstring, or only says something."""
    if not isinstance(node, ast.Expr):
        return False
    called = node.value.func if isinstance(node.value, ast.Call) else None
    name = getattr(called, "id", getattr(called, "attr", ""))
    return isinstance(node.value, ast.Constant) or name in SAID


def defined(node: ast.stmt) -> Iterator[str]:
    """The names that a statement of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        parts = [part for target in targets for part in ast.walk(target)]
        if not any(isinstance(part, ast.Attribute) for part in parts):  # of something else
            yield from (part.id for part in parts if isinstance(part, ast.Name))


def imported(body: list[ast.stmt]) -> dict[str, str]:
    """What each imported name stands for, in full."""
    names: dict[str, str] = {}
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


class Code:
    """The code of a statement as words, and the definitions of this library that it uses."""

    def __init__(self, module: str, source: Source, long: bool) -> None:
        self.module, self.long = module, long
        self.own = source.statements
        self.imports = source.imports
        self.words: list[str] = []
        self.uses: set[str] = set()

    def add(self, node: ast.AST) -> None:
        """A node with all that is in it; in long work, but for what only says something."""
        match node:
            case ast.Name():
                self.use(node.id)
            case ast.Constant(value=str(text)):
                if PACKAGE in text:
                    self.uses.update(NAMED.findall(text))
            case ast.Attribute() if name := dotted(node):
                self.use(name)
                self.words.append(name.partition(".")[2])
                return
            case ast.Import() | ast.ImportFrom():  # within a function
                self.imports = {**self.imports, **imported([node])}
            case ast.Raise(exc=ast.Call(func=error)) if self.long:
                node = ast.Raise(error)  # which error it is, not what it says
            case ast.keyword(arg=str(name)) if self.long and name in DESCRIBED:
                return
        self.words.append(type(node).__name__)
        for name, value in node.__dict__.items():
            if name not in NO_CODE:
                self.add_value(value)

    def add_value(self, value: Any) -> None:
        if isinstance(value, ast.AST):
            self.add(value)
        elif isinstance(value, list):
            said = [each for each in value if not is_text(each)]
            self.words.append(str(len(said)))
            for each in said:
                self.add_value(each)
        else:
            self.words.append(repr(value))

    def use(self, name: str) -> None:
        """A name is used, or an attribute of one: "scores.read"."""
        first, _, rest = name.partition(".")
        if first in self.own:
            self.uses.add(f"{self.module}:{first}")
        if first in self.imports:
            full = f"{self.imports[first]}.{rest}".rstrip(".")
            self.words.append(full)
            self.uses.update(resolved(full))


def dotted(node: ast.expr) -> str:
    """The name that attributes of a name spell, "a.b.c"; "" where they are of something else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
