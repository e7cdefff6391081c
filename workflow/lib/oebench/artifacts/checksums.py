"""The checksum file of a cache, RESOURCES/caches/NAME.sha256: what training follows.

Light, so that the plan can read it. It has the checksum of the whole content; that of a pool which
a seed draws from has a line for the first 1, 2, 4, ... images and for all, so that a run depends
on what it sees only.
"""

import re
from pathlib import Path

from oebench.validation import UserError

WHOLE = 0  # the number of images that stands for all of them
LINE = re.compile(r"(?:(\d{1,18}) )?([0-9a-f]{64})")
Checksums = dict[int, str]  # of the first so many images


def path_of(cache: Path) -> Path:
    """Where the checksums of that cache's content are."""
    return cache.with_suffix(".sha256")


def read(path: Path) -> Checksums:
    """The checksums in a file. Raises UserError where it is missing or damaged."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}); delete it to make it again") from None
    found = [LINE.fullmatch(line) for line in lines]
    if not lines or not all(found):
        raise UserError(f"{path} is no list of checksums; delete it to make it again")
    return {int(each[1] or WHOLE): each[2] for each in found if each}


def current(path: Path) -> Checksums:
    """The same, for the plan: none where the file is missing or damaged, and will be made."""
    try:
        return read(path)
    except UserError:
        return {}


def write(path: Path, checksums: Checksums) -> None:
    """Write the checksums, one a line."""
    lines = [f"{count} {digest}" if count else digest for count, digest in checksums.items()]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
