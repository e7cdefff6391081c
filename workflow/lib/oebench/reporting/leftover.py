"""What lies among the results and is not of this configuration, of a study renamed or removed."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from oebench.artifacts.manifest import StudyManifest
from oebench.wording import amount

NAMED = 3  # files of many
FIGURE = (".csv", ".pdf", ".svg", ".png")
# Where files that carry the name of a study lie, how they end, and what such a study asks for.
PLACES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "plan": ((".json",), ("name",)),
    "studies": ((".csv",), ("name",)),
    "tables": ((".csv", ".md", ".tex", ".html"), ("rows",)),
    "figures": (FIGURE, ("curve", "toy_figure")),
    "comparisons": ((".csv", ".md", ".html"), ("compare",)),
    "looks": (FIGURE, ("look",)),
}


def leftovers(studies: Sequence[StudyManifest], results: Path) -> list[Path]:
    """Files of steps that this configuration does not ask for."""
    found = []
    for folder, (suffixes, keys) in PLACES.items():
        asked = {each.name for each in studies if any(getattr(each, key) for key in keys)}
        found += [
            file
            for file in sorted((results / folder).glob("[!.]*"))
            if file.suffix in suffixes and file.stem not in asked | {"plan"}
        ]
    return found


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
