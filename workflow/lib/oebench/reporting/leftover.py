"""What lies among the results and is not of this configuration, of a study renamed or removed."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from oebench.artifacts.manifest import StudyManifest
from oebench.wording import amount

NAMED = 3  # files of many


class Place(NamedTuple):
    """Where files that carry the name of a study lie, and which studies have them."""

    suffixes: tuple[str, ...]
    asked: Callable[[StudyManifest], bool]


FIGURE = (".csv", ".pdf", ".svg", ".png")
PLACES = {
    "plan": Place((".json",), lambda study: True),
    "studies": Place((".csv",), lambda study: True),
    "tables": Place((".csv", ".md", ".tex", ".html"), lambda study: bool(study.rows)),
    "figures": Place(FIGURE, lambda study: bool(study.curve) or study.toy_figure),
    "comparisons": Place((".csv", ".md", ".html"), lambda study: study.compare),
    "looks": Place(FIGURE, lambda study: bool(study.look)),
}


def leftovers(studies: Sequence[StudyManifest], results: Path) -> list[Path]:
    """Files of steps that this configuration does not ask for."""
    return [
        file
        for folder, place in PLACES.items()
        for file in sorted((results / folder).glob("*"))
        if file.suffix in place.suffixes
        and not file.name.startswith(".")
        and file.stem not in {"plan"}.union(each.name for each in studies if place.asked(each))
    ]


def told(studies: Sequence[StudyManifest], results: Path) -> str:
    """A sentence on them that says how to remove them; "" where there are none."""
    files = leftovers(studies, results)
    if not files:
        return ""
    names = {study.name for study in studies}
    # Of a study that is gone everything goes, of one that is not what it has no more.
    parts = [
        (file.parent.name if file.stem in names else "*", shlex.quote(file.stem)) for file in files
    ]
    folder = shlex.quote(str(results))
    command = " ".join(dict.fromkeys(f"{folder}/{where}/{name}.*" for where, name in parts))
    shown = ", ".join(map(str, files[:NAMED])) + (" and more" if len(files) > NAMED else "")
    return (
        f"Not of this configuration: {amount(len(files), 'file')}, {shown}. Nothing removes them "
        f"but you, where they are no longer wanted: rm {command}"
    )
