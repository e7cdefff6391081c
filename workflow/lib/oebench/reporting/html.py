"""Pages from templates, and how the texts that belong together are written."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from oebench.files import atomic

# Everything is escaped where it stands in a page; `templates/page.html` is the frame of each, with
# one look for screens, light and dark, narrow and wide, and for paper.
TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


def render(template: str, **values: Any) -> str:
    """The text of a template with these values."""
    return TEMPLATES.get_template(template).render(values)


def write_texts(base: Path, contents: dict[str, str]) -> list[Path]:
    """Write BASE with each suffix; returns the paths."""
    paths = []
    for suffix, text in contents.items():
        paths.append(base.parent / (base.name + suffix))
        with atomic(paths[-1]) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return paths


def markdown_table(
    head: Sequence[str], rows: Iterable[Sequence[str]], aligned: str = "right"
) -> str:
    """A pipe table of texts; `aligned` says how all columns but the first are.

    >>> print(markdown_table(["class", "hsc"], [["a|b", "85.0"]]))
    | class   |   hsc |
    |:--------|------:|
    | a\\|b    |  85.0 |
    """
    names, *cells = ([text.replace("|", "\\|") for text in line] for line in (head, *rows))
    return pd.DataFrame(cells, columns=names).to_markdown(
        index=False, colalign=("left", *[aligned] * (len(names) - 1)), disable_numparse=True
    )
