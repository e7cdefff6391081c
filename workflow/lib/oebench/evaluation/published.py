"""The published numbers in published/*.csv, each with its source and its status.

A row is one value: dataset, oe, method, mean_auc (per cent, mean over normal classes), status and
source. A file may have more columns: objective, the method's name here; normal_class, which makes a
row the value of that class alone; key, value and spread, which make it a point of a curve.
"""

import csv
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from oebench.artifacts.manifest import Published
from oebench.validation import UserError, said
from oebench.wording import printed, shown

FOLDER = Path(__file__).parents[1] / "published"
COLUMNS = ("dataset", "oe", "method", "mean_auc", "status", "source")
OPTIONAL = tuple(name for name in Published.model_fields if name not in COLUMNS)


def read(folder: Path = FOLDER) -> list[Published]:
    """All published values. Raises UserError that names file, line and what is expected there."""
    found: dict[tuple[str, ...], Published] = {}
    for file in sorted(folder.glob("*.csv")):
        for line, row in read_rows(file):
            try:
                given = {name: text for name, text in row.items() if text or name in COLUMNS}
                value = Published.model_validate(given)
            except ValidationError as error:
                each = error.errors()[0]
                where = [f"{file.name}, line {line}", *map(str, each["loc"])]
                raise UserError(f"{': '.join(where)}: {said(each)}") from None
            about = value.dataset, value.oe, value.method, value.normal_class
            key = *about, value.key, shown(value.value)
            if key in found:
                value_of = printed(" ".join(filter(None, key)))
                raise UserError(f"{file.name}, line {line}: {value_of} stands twice; keep one")
            found[key] = value
    return list(found.values())


def read_rows(file: Path) -> Iterable[tuple[int, dict[str, str]]]:
    """The rows of a file with their line. Raises UserError unless it has the columns."""
    expected = (
        f"its first line must name the columns {','.join(COLUMNS)}, and may name "
        f"{','.join(OPTIONAL)}"
    )
    try:
        with file.open(newline="", encoding="utf-8-sig") as content:
            reader = csv.DictReader(content, strict=True)
            names = reader.fieldnames
            if not names:
                raise UserError(f"{file.name} is empty; {expected}")
            if sorted(set(names) - {*OPTIONAL}) != sorted(COLUMNS) or len({*names}) < len(names):
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
