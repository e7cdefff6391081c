"""The published numbers in published/*.csv, each with its source and its status.

A row is one value: dataset, oe, method, mean_auc (per cent, mean over normal classes), status and
source. A column normal_class, where a file has it, makes a row the value of that class alone.
"""

import csv
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from oebench.artifacts.manifest import Published
from oebench.validation import UserError, said
from oebench.wording import printed

FOLDER = Path(__file__).parents[1] / "published"
COLUMNS = ("dataset", "oe", "method", "mean_auc", "status", "source")
PER_CLASS = "normal_class"


def read(folder: Path = FOLDER) -> list[Published]:
    """All published values. Raises UserError that names file, line and what is expected there."""
    found: dict[tuple[str, ...], Published] = {}
    for file in sorted(folder.glob("*.csv")):
        for line, row in read_rows(file):
            try:
                value = Published(**row)
            except ValidationError as error:
                each = error.errors()[0]
                raise UserError(
                    f"{file.name}, line {line}: {'.'.join(map(str, each['loc']))}: {said(each)}"
                ) from None
            key = value.dataset, value.oe, value.method, value.normal_class
            if key in found:
                value_of = printed(" ".join(key))
                raise UserError(f"{file.name}, line {line}: {value_of} stands twice; keep one")
            found[key] = value
    return list(found.values())


def read_rows(file: Path) -> Iterable[tuple[int, dict[str, str]]]:
    """The rows of a file with their line. Raises UserError unless it has the columns."""
    expected = f"its first line must name the columns {','.join(COLUMNS)}, and may name {PER_CLASS}"
    try:
        with file.open(newline="", encoding="utf-8-sig") as content:
            reader = csv.DictReader(content, strict=True)
            names = reader.fieldnames
            if not names:
                raise UserError(f"{file.name} is empty; {expected}")
            allowed = [*COLUMNS, PER_CLASS]
            if sorted(names) not in (sorted(COLUMNS), sorted(allowed)):
                given = printed(",".join(names))
                raise UserError(f"{file.name} has the columns {given}; {expected}")
            for row in reader:
                if None in row or None in row.values():
                    raise UserError(
                        f"{file.name}, line {reader.line_num}: expected {len(names)} values, "
                        "those with a comma in quotation marks"
                    )
                yield reader.line_num, row
    except (csv.Error, UnicodeDecodeError) as error:
        raise UserError(f"{file.name} cannot be read as CSV: {error}") from None
