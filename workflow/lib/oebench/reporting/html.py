"""Pages from templates, Markdown, and how the texts that belong together are written."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from oebench.artifacts.marks import Mark
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

# What Markdown takes for more than a letter, in CommonMark or on hosting sites. A star between
# blanks, an underscore in a word, `<` before a number and brackets without a link are letters.
MARKS = re.compile(
    r"[\\`~$]|(?<!\s)\*|\*(?!\s)|(?<![^\W_])_|_(?![^\W_])"
    r"|\](?=[\[(])|<(?=[A-Za-z/!?])|&(?=#?\w+;)|(?<=\s)#(?=#*$)"
)


COMMENTS = {".md": "\n<!-- {} -->\n", ".tex": "% {}\n"}


def render(template: str, **values: Any) -> str:
    """The text of a template with these values."""
    return TEMPLATES.get_template(template).render(values)


def write_texts(base: Path, contents: dict[str, str], mark: Mark) -> list[Path]:
    """Write BASE with each suffix; returns the paths.

    mark: stands at the end of those whose format has comments; a page has it in its head.
    """
    paths = []
    for suffix, text in contents.items():
        paths.append(base.parent / (base.name + suffix))
        comment = COMMENTS.get(suffix, "").format(mark)
        with atomic(paths[-1]) as temporary:
            temporary.write_text(text + comment, encoding="utf-8")
    return paths


def literal(text: str) -> str:
    """A text as Markdown that shows it, on one line.

    >>> print(literal("soccer_ball, *star*, _x_, < 5 <b>"))
    soccer_ball, \\*star\\*, \\_x\\_, < 5 \\<b>
    """
    return MARKS.sub(r"\\\g<0>", " ".join(text.split()))


def markdown_table(
    head: Sequence[str], rows: Iterable[Sequence[str]], aligned: str = "right"
) -> str:
    """A pipe table of Markdown; `aligned` says how all columns but the first are.

    >>> print(markdown_table(["class", "hsc"], [["a|b", "85.0"]]))
    | class   |   hsc |
    |:--------|------:|
    | a\\|b    |  85.0 |
    """
    names, *cells = ([text.replace("|", "\\|") for text in line] for line in (head, *rows))
    return pd.DataFrame(cells, columns=names).to_markdown(
        index=False, colalign=("left", *[aligned] * (len(names) - 1)), disable_numparse=True
    )
