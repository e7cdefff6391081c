"""What finished runs there are in the store, and what killed or broken writes have left."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from oebench.files import BROKEN, left_behind
from oebench.wording import amount


def counted(results: Path, caches: Path, prune: bool) -> Iterator[str]:
    """A line for what the store holds and for each kind of files that can be removed.

    prune: remove them; finished runs stay.
    """
    runs = [*(results / "store").rglob("[!.]*.h5")]
    yield f"{amount(len(runs), 'finished run')} in {results / 'store'}, {size(runs)}"
    folders = [Path(here) for folder in (results, caches) for here, *_ in os.walk(folder)]
    kinds = {
        "temporary file": [left for folder in folders for left in left_behind(folder)],
        "broken file": [left for folder in folders for left in folder.glob(f"*{BROKEN}")],
    }
    for what, files in kinds.items():
        if files:
            told = "removed" if prune else "left behind; --prune removes them"
            yield f"{amount(len(files), what)}, {size(files)}, {told}"
        if prune:
            for file in files:
                file.unlink(missing_ok=True)


def size(files: Sequence[Path]) -> str:
    """How large files are together, in words."""
    return f"{sum(file.stat().st_size for file in files) / 1e6:.1f} MB"
