"""A hash of the code that a command runs, so that editing it, and only it, reruns its jobs.

Snakemake does not see what a command imports. The hash covers a module and all modules of this
library that it imports, followed in the syntax tree; comments, docstrings and layout do not count.
"""

import ast
import hashlib
import re
from functools import cache, lru_cache
from pathlib import Path

LIBRARY = Path(__file__).parent
# What each command imports besides the command line itself, which only passes arguments on. What a
# command runs by the name that a record of the registry gives is named here too.
COMMANDS = {
    "prepare": ("oebench.data.prepare",),
    "train": ("oebench.training.job", "oebench.models.resnet"),
    "fit": ("oebench.training.baseline_job",),
    "collect": ("oebench.evaluation.collect",),
    "table": ("oebench.reporting.table", "oebench.artifacts.runs"),
    "curve": ("oebench.reporting.curve", "oebench.artifacts.runs"),
    "comparison": ("oebench.reporting.comparison", "oebench.artifacts.runs"),
    "toy-figure": ("oebench.reporting.toy_figure", "oebench.artifacts.runs"),
    "look": ("oebench.reporting.run_figure",),
    "claims": ("oebench.reporting.claims", "oebench.artifacts.runs"),
    "overview": ("oebench.reporting.overview", "oebench.artifacts.runs"),
}
REGISTRY = "oebench.registry"  # names code that others run
FILES = {"oebench.reporting.html": "templates"}  # folders of files that a module reads
NAMED = re.compile(r"(oebench(?:\.\w+)+):\w+")  # code by name, "module:attribute"


def command_hash(command: str) -> str:
    """The hash of the code that `oebench COMMAND` runs."""
    return code_hash(*COMMANDS[command])


@lru_cache
def code_hash(*modules: str) -> str:
    """Hash of modules ("oebench.files") and what they import of this library, 12 hex digits."""
    digest = hashlib.sha256()
    for name in sorted(covered(*modules)):
        digest.update(f"{name}\n{normalised(module_file(name))}\n".encode())
        if name in FILES:
            for file in sorted(module_file(name).with_name(FILES[name]).iterdir()):
                digest.update(f"{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def covered(*modules: str) -> set[str]:
    """The modules of this library that `modules` need, themselves included."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += imports(module_file(name))
            if name != REGISTRY:
                waiting += named(module_file(name))
    return found


def module_file(name: str) -> Path:
    """The source file of a module of this library."""
    base = LIBRARY.joinpath(*name.split(".")[1:])
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def imports(file: Path) -> list[str]:
    """The library's modules that a file imports, anywhere in it."""
    return [name for name in read(file.read_bytes())[0] if module_file(name).exists()]


def named(file: Path) -> list[str]:
    """The library's modules whose code a file names as "module:attribute"."""
    return sorted(set(NAMED.findall(normalised(file))))


def normalised(file: Path) -> str:
    """The code of a file without comments, docstrings and layout."""
    return read(file.read_bytes())[1]


# Most commands need most modules: without the cache each file is parsed a dozen times, which takes
# longer than all else that is done before the first job. By content, so that an edit is seen.
@cache
def read(source: bytes) -> tuple[tuple[str, ...], str]:
    """What a source may import of this library, and its code alone."""
    tree = ast.parse(source)
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from oebench import registry` names modules, `from oebench.run import Run` does not.
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:] or [ast.Pass()]
    return tuple(name for name in names if name.startswith("oebench.")), ast.unparse(tree)
