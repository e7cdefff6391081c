"""What all commands share: the program, its options, and errors as sentences."""

import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from oebench import __version__, origin
from oebench.registry import METHODS
from oebench.validation import UserError, said

# A notebook's backend reaches what it starts, and matplotlib refuses one that is not installed.
os.environ["MPLBACKEND"] = "agg"
app = typer.Typer(
    help="Deep anomaly detection with outlier exposure: the steps of the workflow, one by one.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
# The groups of the help.
IMAGES, PEOPLE, WORKFLOW = "For your own images", "For people", "Called by the workflow"
PLAN = Path("results/plan")
Config = Annotated[Path, typer.Option("--configfile", help="The configuration.")]
Output = Annotated[Path, typer.Option("--output", help="The file to write.")]
Code = Annotated[
    str, typer.Option(help="Hash of the code that the workflow was planned with; checked, kept.")
]
ScoresFile = Annotated[Path, typer.Argument(help="The scores file to make.")]
Members = Annotated[
    list[str], typer.Argument(help="Its runs, each as normal_class=NUMBER/seed=NUMBER.")
]
Store = Annotated[
    Path | None, typer.Option(help="Folder of finished runs; by default `store` in the results.")
]
Studies = Annotated[
    list[str] | None, typer.Argument(help="Studies; by default all of the configuration.")
]
Results = Annotated[Path, typer.Option(help="The folder of the results.")]
Runs = Annotated[Path, typer.Argument(help="A table of runs.")]
StudyFile = Annotated[
    Path, typer.Option("--study", help="What the study asks for: results/plan/STUDY.json.")
]
PlanFolder = Annotated[
    Path, typer.Option("--plan", help="The folder with plan.json and a file for each study.")
]
Base = Annotated[
    Path | None,
    typer.Option("--base", help="The files to write, without suffix; by default in results/."),
]
Caches = Annotated[Path, typer.Option(help="The folder of the caches.")]
DEFAULT_CONFIG = origin.CONFIGFILE
CACHES, DOWNLOADS = Path("resources/caches"), Path("resources/downloads")
RESULTS = Path("results")
FOLDERS = {
    "table": "tables",
    "curve": "figures",
    "toy-figure": "figures",
    "comparison": "comparisons",
}
UNUSABLE = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG),
    *(errno.EEXIST, errno.EISDIR, errno.ENOTDIR),  # a file where a folder is meant, or the reverse
)


@contextmanager
def sentences() -> Iterator[None]:
    """Errors that a person can mend: a sentence and status 1 instead of a traceback."""
    try:
        yield
    except UserError as error:
        told = str(error)
    except ValidationError as error:  # of an entry or a recipe, as JSON
        each = error.errors()[0]
        told = f"{'.'.join(map(str, each['loc'])) or error.title}: {said(each)}"
    except OSError as error:
        if error.errno not in UNUSABLE:
            raise
        file = error.filename or "the output"  # what is full has no name
        unreadable = os.path.isfile(file) and not os.access(file, os.R_OK)
        what = "read" if unreadable else "written"
        told = f"{file} cannot be {what} ({error.strerror}); name another place"
    else:
        return
    print(f"error: {told}", file=sys.stderr)
    raise typer.Exit(1)


def show_version(wanted: bool) -> None:
    if wanted:
        print(f"oebench {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=show_version, is_eager=True),
    ] = False,
) -> None:
    """Deep anomaly detection with outlier exposure: the steps of the workflow, one by one."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may lack a letter of a name
            stream.reconfigure(errors="backslashreplace")
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, end)


def end(number: int, frame: FrameType | None) -> None:
    """Ends the process as Ctrl-C does: what it writes is removed on the way."""
    raise SystemExit(128 + number)


def methods(named: Iterable[str]) -> list[Any]:
    """What the registry says of the objectives that studies name, as the rules ask for it."""
    return [METHODS[name] for name in sorted(set(named))]
