"""A name is the same wherever it is shown, whatever its letters mean to the format."""

import html
import io
import re
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from markdown_it import MarkdownIt
from page_cases import Reader
from run_cases import written
from table_cases import SPEC, run, table

from oebench.artifacts.marks import Mark
from oebench.reporting import run_figure
from oebench.reporting.html import literal
from oebench.reporting.style import in_print, plain, save
from oebench.reporting.table import write_table

NAMES = [
    *(
        "[12pt]",
        "[unk]",
        "[a](b)",
        "![a](b)",
        "[^1]",
        "a|b",
        "a\\|b",
        "x<y>z",
        "<b>",
        "</td>",
        "<!--",
    ),
    *("R&D 100%_x", "&amp;", "&#35;", "$5_$10", "$x$", "^_^", "#1", "C #", "# a", "~home", "~a~b~"),
    *(
        "back\\slash",
        "\\",
        "\\\\",
        "\\n",
        "{brace}",
        "{{ 1+1 }}",
        "{% raw %}",
        "{x}",
        "*star*",
        "*",
        "**",
    ),
    *(
        "_under_",
        "__init__",
        "a_b_c",
        "soccer_ball",
        "`code`",
        "``",
        "-- dash",
        "---",
        "- a",
        "1. a",
    ),
    *(
        '"quotes"',
        "'quotes'",
        "dog's",
        "=1+1",
        "+1",
        "@a",
        "é",
        "n°1",
        "a:b",
        "mean",
        "NA",
        "!",
        "(x)",
    ),
]
BLANKS = {
    "  blanks  ": "blanks",
    "two\nlines": "two lines",
    "a\n\n- b": "a - b",
    "tab\tbed": "tab bed",
}
ALL = {**{name: name for name in NAMES}, **BLANKS}
LATEX = shutil.which("pdflatex") and shutil.which("pdftotext")
# Signs that pdflatex sets by another one; it draws the underscore, and blanks are not told apart.
SET = str.maketrans("\u2019\u2018\u201d\u201c\u02c6\u02dc", "''\"\"^~", "_ ")


def files(folder: Path, *names: str, **changes: Any) -> dict[str, Path]:
    """All formats of a table whose classes have these names, by suffix."""
    rows = [
        {**run(0, 1, 0.5), "normal_class": c, "normal_name": name} for c, name in enumerate(names)
    ]
    made = write_table(table(*rows), SPEC.model_copy(update=changes), folder / "s")
    return {path.suffix: path for path in made}


def shown(markdown: str) -> str:
    """The page that a renderer of CommonMark, with tables, makes."""
    return (
        MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    )


def heads(page: str) -> list[str]:
    """The first cell of each row below the head, blanks as a reader sees them."""
    return [" ".join(row[0].split()) for row in Reader(page).texts[1:]]


def test_markdown_and_html_show_every_name_as_it_is(tmp_path: Path) -> None:
    made = files(tmp_path, *ALL)
    assert heads(shown(made[".md"].read_text(encoding="utf-8"))) == [*ALL.values(), "mean"]
    assert heads(made[".html"].read_text(encoding="utf-8")) == [*ALL.values(), "mean"]


def test_the_csv_holds_every_name_letter_by_letter(tmp_path: Path) -> None:
    text = files(tmp_path, *ALL, "é 漢字 σ −")[".csv"].read_text(encoding="utf-8")
    read = pd.read_csv(io.StringIO(text), keep_default_na=False)
    assert [*read["normal class"]] == [*ALL, "é 漢字 σ −", "mean"]


@pytest.mark.parametrize("title", ALL)
def test_a_title_is_a_heading_of_its_words(tmp_path: Path, title: str) -> None:
    made = files(tmp_path, "cat", title=title)
    for text in (shown(made[".md"].read_text(encoding="utf-8")), made[".html"].read_text("utf-8")):
        found = re.search(r"<h[13]>(.*?)</h[13]>", text, re.DOTALL)
        assert found, text
        (cell,) = Reader(f"<tr><td>{found[1]}</td></tr>").texts[0]
        assert " ".join(cell.split()) == ALL[title]


@pytest.mark.parametrize(
    "name", ["cat", "soccer_ball", "hsc, norm l1", "< 0.001", "R & D", "5 # 3", "3 * 4", "[unk]"]
)
def test_ordinary_names_are_themselves_in_markdown(name: str) -> None:
    assert literal(name) == name


@pytest.mark.skipif(not LATEX, reason="pdflatex and pdftotext are not installed")
def test_latex_sets_every_name_as_it_is(tmp_path: Path) -> None:
    """In a document without any package but that of the rules, a row for each name."""
    names = {name: same for name, same in ALL.items() if name.isascii()}
    files(tmp_path, *names)
    page = (
        "\\documentclass{article}\\usepackage[margin=1cm,paperheight=100cm]{geometry}"
        "\\usepackage{booktabs}\\pagestyle{empty}\\begin{document}\\input{s.tex}\\end{document}\n"
    )
    (tmp_path / "page.tex").write_text(page, encoding="utf-8")
    call = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    call = ["pdftotext", "-layout", "page.pdf", "-"]
    text = subprocess.run(call, cwd=tmp_path, capture_output=True, check=True).stdout.decode()
    rows = [line.rpartition(" 50.0")[0] for line in text.splitlines() if line.endswith(" 50.0")]
    wanted = [name.translate(SET) for name in [*names.values(), "mean"]]
    assert [row.translate(SET) for row in rows] == wanted


def texts(svg: Path) -> list[str]:
    """The texts of a figure."""
    return [
        html.unescape(each)
        for each in re.findall(r"<text[^>]*>(.*?)</text>", svg.read_text(encoding="utf-8"))
    ]


def test_a_figure_shows_every_name_as_letters(tmp_path: Path) -> None:
    with in_print():
        figure = plt.figure(figsize=(6, 20))
        for place, name in enumerate(ALL):
            figure.text(0.1, place / len(ALL), plain(name))
        save(figure, pd.DataFrame(), tmp_path / "s", Mark("curve", "s", "", "", ""))
    assert texts(tmp_path / "s.svg") == [*ALL.values()]


@pytest.mark.parametrize("name", ["$5_$10", "two\nlines"])
def test_the_plot_of_a_run_names_its_classes(tmp_path: Path, name: str) -> None:
    names = [name, "dog", "cow", "bird"]
    run_figure.write_run_figure(*written(tmp_path, names=names), tmp_path / "s")
    shown = texts(tmp_path / "s.svg")
    assert " ".join(name.split()) in shown
    assert f"hsc on pets, normal class {' '.join(name.split())}, seed 1" in shown


def test_a_long_name_leaves_room_for_the_plot_and_is_whole_in_its_numbers(tmp_path: Path) -> None:
    long = ["a long name " * 9 + end for end in "ab"]
    names = [*long, "cow", "bird"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib's, of a figure without room
        made = run_figure.write_run_figure(*written(tmp_path, names=names), tmp_path / "s")
    assert {*long} <= {*pd.read_csv(made[0])["class"]}
    assert texts(made[2]).count("a long name a long name a long …") == 2
