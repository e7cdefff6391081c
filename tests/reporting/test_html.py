"""Pages: whole on their own, readable by a program, in light and dark, on a screen and on paper."""

import re
from pathlib import Path
from typing import Any

import jinja2
import pytest
from page_cases import Reader

from oebench.artifacts.marks import Mark
from oebench.reporting.html import TEMPLATES, render, write_texts

ROWS = [["cat", "85.0"], ["dog", "62.0"], ["mean", "73.5"]]
SHOWN = {
    "head": ["class", "hsc"],
    "rows": [
        {"name": name, "ruled": name == "mean", "cells": [{"text": text, "best": name == "cat"}]}
        for name, text in ROWS
    ],
}
PART = {"title": "Which is better", "head": ["class", "hsc"], "rows": ROWS}
VERDICT = dict.fromkeys(
    ("name", "verdict", "mark", "text", "status", "source", "scope", "check"), "a"
)
PAGES: dict[str, dict[str, Any]] = {
    "table.html": {"shown": SHOWN},
    "comparison.html": {"parts": [PART]},
    "claims.html": {"rows": [{**VERDICT, "numbers": "1 > 0"}], "summary": "1 hold"},
}
STYLE = TEMPLATES.get_template("style.css").render()


MARK = Mark("table", "s", "c0de", "a", "b")


def page(template: str) -> str:
    told = {"title": "Cats & <dogs>", "below": ["one & two"], "mark": MARK}
    return render(template, **told, **PAGES[template])


def table(*arguments: Any, **kinds: Any) -> str:
    """The macro that draws a table."""
    macros: Any = TEMPLATES.get_template("macros.html").module
    return str(macros.table(*arguments, **kinds)).strip()


@pytest.mark.parametrize("template", PAGES)
def test_a_page_is_a_whole_document_with_its_texts_escaped(template: str) -> None:
    text = page(template)
    assert text.startswith("<!doctype html>\n<html lang=")
    assert '<meta charset="utf-8">' in text
    assert "<title>Cats &amp; &lt;dogs&gt;</title>" in text
    assert '<p class="note">one &amp; two</p>' in text
    assert f'<meta name="generator" content="{MARK}">' in text
    assert STYLE in text
    assert Reader(text).open == []


@pytest.mark.parametrize("template", PAGES)
def test_a_page_loads_nothing_from_elsewhere(template: str) -> None:
    assert not re.search(r"https?:|<link|<script|@import|url\(", page(template))


def test_a_value_that_a_page_lacks_is_an_error_and_no_gap() -> None:
    with pytest.raises(jinja2.UndefinedError, match="below"):
        render("table.html", title="t", shown=SHOWN, mark=MARK)


def test_a_table_has_a_head_and_each_row_begins_with_its_own() -> None:
    found = Reader(table(["class", "hsc"], ROWS))
    assert found.open == []
    assert found.rows[0] == [("th", "", "class"), ("th", "", "hsc")]
    assert found.rows[1:] == [[("th", "", name), ("td", "", value)] for name, value in ROWS]


def test_a_row_that_is_ruled_has_a_line_above() -> None:
    assert Reader(table(["class", "hsc"], ROWS, ruled=[2])).ruled == [False, False, False, True]
    assert Reader(table(["class", "hsc"], ROWS)).ruled == [False] * 4


def test_a_column_of_words_or_sentences_is_marked_in_head_and_rows() -> None:
    drawn = table(["a", "b"], ROWS, text=[1])
    assert [[kind for _, kind, _ in row] for row in Reader(drawn).rows] == [["", "text"]] * 4
    drawn = table(["a", "b"], ROWS, long=[1])
    assert [[kind for _, kind, _ in row] for row in Reader(drawn).rows] == [["", "text long"]] * 4


def test_a_table_without_rows_still_has_its_head() -> None:
    assert Reader(table(["class", "hsc"], [])).texts == [["class", "hsc"]]


def test_cells_hold_text_and_no_html() -> None:
    drawn = table(["<i>", "hsc"], [["a & b", "<b>85.0</b>"]])
    assert "<th>&lt;i&gt;</th>" in drawn
    assert "<th>a &amp; b</th>" in drawn
    assert "<td>&lt;b&gt;85.0&lt;/b&gt;</td>" in drawn


def test_of_a_studys_table_the_best_is_bold_and_the_mean_is_ruled() -> None:
    found = Reader(text := page("table.html"))
    assert found.texts == [["class", "hsc"], *ROWS]
    assert found.ruled == [False, False, False, True]
    assert text.count("<b>") == text.count("<td><b>85.0</b></td>") == 1


def test_a_wide_table_scrolls_in_a_box_of_its_own() -> None:
    assert table(["a"], []).startswith('<div class="wide"><table>')
    assert re.search(r"\.wide \{ overflow-x: auto", STYLE)


def test_texts_are_written_beside_one_another_and_replace_older_ones(tmp_path: Path) -> None:
    write_texts(tmp_path / "new/of.all", {".md": "old"}, MARK)
    paths = write_texts(tmp_path / "new/of.all", {".md": "±", ".html": "page"}, MARK)
    assert paths == [tmp_path / "new/of.all.md", tmp_path / "new/of.all.html"]
    assert [path.read_text() for path in paths] == [f"±\n<!-- {MARK} -->\n", "page"]
    assert sorted((tmp_path / "new").iterdir()) == sorted(paths)


def colours(block: str) -> set[str]:
    return set(re.findall(r"--[a-z]+(?=:)", block))


@pytest.mark.parametrize("medium", ["(prefers-color-scheme: dark)", "print"])
def test_dark_pages_and_paper_have_every_colour_of_their_own(medium: str) -> None:
    light = STYLE[: STYLE.index("@media")]
    other = STYLE.split(f"@media {medium} {{ :root")[1].split("}")[0]
    assert colours(other) == colours(light)
    assert {f"--{name}" for name in re.findall(r"var\(--([a-z]+)\)", STYLE)} <= colours(light)


def luminance(colour: str) -> float:
    """The relative luminance of #rrggbb or #rgb, as WCAG 2 defines it."""
    digits = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_luminance_of_black_white_and_grey() -> None:
    found = [luminance(colour) for colour in ("000", "ffffff", "777777")]
    assert found == pytest.approx([0.0, 1.0, 0.184], abs=1e-3)


@pytest.mark.parametrize("name", ["ink", "soft", "good", "bad", "open", "link"])
@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_text_has_the_contrast_that_wcag_asks_for(name: str, scheme: int) -> None:
    block = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[scheme]
    colour = dict(re.findall(r"--([a-z]+): #([0-9a-f]+)", block))
    for behind in ("page", "tint"):
        dark, light = sorted((luminance(colour[name]), luminance(colour[behind])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5
