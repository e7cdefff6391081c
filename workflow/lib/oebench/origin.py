"""Where the code that runs comes from, and how it was called: recorded, and part of no result.

Nothing here enters the hash of a command's code (`provenance.py`): another commit, another way to
find it or another call is no reason to make anything again.
"""

import os
import platform
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

LIBRARY = Path(__file__).parent
# Set by the workflow for its jobs: how it is called, without what it shall make.
WORKFLOW = "OEBENCH_WORKFLOW"
CONFIGFILE = Path("config/config.yaml")  # the one that needs no --configfile
UNKNOWN = "unknown"
STATES = {"no": "", "yes": " with changes", UNKNOWN: ", with or without changes"}
HOSTED = re.compile(r"/\.snakemake/hosted/([0-9a-f]{40})/")  # a commit, laid out by the workflow
# The folder of rules and library, seen from the library, without what Python writes into it.
WORKFLOW_FILES = ("../..", ":(exclude)*__pycache__*")
ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")  # set by a hook, for its repository
SECONDS = 10  # that git may take, on a slow disk
PACKAGES = {  # by their modules; those that a command has loaded are recorded
    **{name: name for name in ("h5py", "jinja2", "matplotlib", "numpy", "pandas", "scipy")},
    **{"torch": "torch", "torchvision": "torchvision", "sklearn": "scikit-learn", "PIL": "pillow"},
}


@cache
def commit() -> dict[str, str]:
    """The `commit` of the library that runs, and whether it is `dirty`: see `commit_of`."""
    return commit_of(LIBRARY)


def commit_of(library: Path) -> dict[str, str]:
    """The `commit` that a checkout of the library is at, and whether the workflow is `dirty`.

    Dirty is "yes" where the folder `workflow`, rules and library, is not as in the commit, "no"
    where it is. Both are "unknown" without git or its records, and where git does not know the
    files, as in an installed package.
    """
    hosted = HOSTED.search(library.as_posix())
    if hosted:
        return {"commit": hosted[1], "dirty": UNKNOWN}
    try:
        git(library, "ls-files", "--error-unmatch", "__init__.py")
        status = git(library, "status", "--porcelain=v2", "--branch", "--", *WORKFLOW_FILES)
    except (OSError, subprocess.SubprocessError):
        return {"commit": UNKNOWN, "dirty": UNKNOWN}
    found = re.search(r"^# branch\.oid ([0-9a-f]+)$", status, re.MULTILINE)
    changed = any(not line.startswith("#") for line in status.splitlines())
    return {"commit": found[1] if found else UNKNOWN, "dirty": "yes" if changed else "no"}


def git(folder: Path, *arguments: str) -> str:
    """What git prints. Raises OSError where there is none, SubprocessError where it refuses.

    It takes no lock, and reads a checkout of another owner: the code in it is running.
    """
    options = ("--no-optional-locks", "-c", "safe.directory=*", "-C", str(folder))
    own = {key: value for key, value in os.environ.items() if key not in ELSEWHERE}
    done = subprocess.run(
        ["git", *options, *arguments],
        env=own,
        capture_output=True,
        timeout=SECONDS,
        check=True,
    )
    return done.stdout.decode(errors="replace")


def call() -> dict[str, str]:
    """The `command` that runs, and how the `workflow` that runs it is called, "" without one."""
    program = Path(sys.argv[0])
    name = "oebench" if program.stem in ("oebench", "__main__") else program.name
    return {
        "command": shlex.join([name, *sys.argv[1:]]),
        "workflow": os.environ.get(WORKFLOW, ""),
    }


def now() -> str:
    """The time, UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def versions(program: str = "") -> dict[str, str]:
    """The versions of Python and of the packages that this process has loaded.

    program: one that was called and not loaded; it is left out where it is no package.
    """
    loaded = {
        name: sys.modules[module] for module, name in PACKAGES.items() if module in sys.modules
    }
    found = {name: str(module.__version__) for name, module in loaded.items()}
    if program and [*metadata.distributions(name=program)]:
        found[program] = metadata.version(program)
    return {"python": platform.python_version(), **found}


def workflow(configfile: Path, *options: str) -> str:
    """How the workflow is called with a configuration, without what it shall make."""
    given = [] if configfile == CONFIGFILE else ["--configfile", str(configfile)]
    return shlex.join(["snakemake", "--cores", "1", *options, *given])


def again(call: Mapping[str, str], file: str) -> str:
    """The command that makes a file again that was made by this `call`."""
    if not call.get("workflow"):
        return call.get("command", "")
    return f"{call['workflow']} --force {shlex.quote(file)}"


def configfile(call: Mapping[str, str]) -> Path:
    """The configuration that a file was made with by this `call`."""
    words = shlex.split(call.get("workflow") or call.get("command", ""))
    given = words.index("--configfile") + 1 if "--configfile" in words else 0
    return Path(words[given]) if given else CONFIGFILE


def told(commit: Mapping[str, Any]) -> str:
    """A commit and its state in words.

    >>> told({"commit": "c0ffee", "dirty": "yes"}), told({})
    ('c0ffee with changes', 'unknown')
    """
    name = commit.get("commit") or UNKNOWN
    return name if name == UNKNOWN else name + STATES[str(commit.get("dirty") or UNKNOWN)]
