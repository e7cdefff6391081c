"""The mark of a drawn file: one line in the file itself that says what it was drawn of, by what.

It is for a file that travels alone; all else is in the record beside it (`record.py`). It holds
what inputs and code determine and nothing else, so that the same runs give the same bytes in every
checkout; and signs that stand as they are in PDF, SVG, PNG, HTML, Markdown and LaTeX: whoever reads
it looks for the line, and not for the place that a format has for it.

    oebench curve of digits-oe-size, code 0123456789ab, asked 0123456789ab, runs 0123456789ab
"""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote

from oebench.artifacts.manifest import Manifest, StudyManifest
from oebench.origin import UNKNOWN
from oebench.registry import METRICS
from oebench.run import KEYS

if TYPE_CHECKING:
    import pandas as pd

PLAN = "plan"  # stands for all studies
SAFE = "~=/+"  # signs of a run's path, which no format spells otherwise
DIGITS = 12
MARKED = (".pdf", ".svg", ".png", ".html", ".rst", ".md", ".tex")
HASH = rf"[0-9a-f]{{{DIGITS}}}"
MARK = re.compile(  # in bytes: what follows it in a picture may be letters, too
    rf"oebench (?P<what>[a-z-]+) of (?P<name>[\w.%~=/+-]+), "
    rf"code (?P<code>{HASH}|{UNKNOWN}), asked (?P<asked>{HASH}), runs (?P<runs>{HASH})".encode()
)


class Mark(NamedTuple):
    """What a mark says; `asked` and `runs` are the beginnings of SHA-256."""

    what: str  # the command that draws such files
    name: str  # of the study or the run, or PLAN
    code: str  # the hash of the command's code
    asked: str  # of what the studies ask for
    runs: str  # of keys, status and metrics of the runs, in any order

    def __str__(self) -> str:
        about = f"oebench {self.what} of {quote(self.name, safe=SAFE)}"
        return f"{about}, code {self.code or UNKNOWN}, asked {self.asked}, runs {self.runs}"


def of_runs(
    what: str,
    name: str,
    code: str,
    asked: Iterable[Manifest | StudyManifest],
    runs: "pd.DataFrame",
) -> Mark:
    """The mark of what is drawn of a table of runs."""
    rows = runs[[*KEYS, "status", *METRICS]].to_csv(index=False).splitlines()
    wanted = "\n".join(each.model_dump_json() for each in asked)
    return of_texts(what, name, code, wanted, "\n".join(sorted(rows)))


def of_texts(what: str, name: str, code: str, asked: str, runs: str | bytes) -> Mark:
    """The same by the texts whose checksums it holds."""
    return Mark(what, name, code, digest(asked), digest(runs))


def digest(text: str | bytes) -> str:
    content = text.encode() if isinstance(text, str) else text
    return hashlib.sha256(content).hexdigest()[:DIGITS]


def read(path: Path) -> Mark | None:
    """The first mark in a file; None where there is none, or in a format that has none."""
    if path.suffix not in MARKED:
        return None
    found = MARK.search(path.read_bytes())
    if found is None:
        return None
    what, name, code, asked, runs = (each.decode("ascii") for each in found.groups())
    return Mark(what, unquote(name), "" if code == UNKNOWN else code, asked, runs)
