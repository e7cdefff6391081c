"""Pages: whole on their own, readable by a program, in light and dark, on a screen and on paper."""

import re
from html.parser import HTMLParser

import pytest

from oead.page import STYLE, page, table


class Reader(HTMLParser):
    """The cells of a page by row as (tag, class, text), and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[tuple[str, str, str]]] = []
        self.ruled: list[bool] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
            self.ruled.append(("class", "rule") in attrs)
        if tag in ("th", "td"):
            self.rows[-1].append((tag, dict(attrs).get("class") or "", ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("th", "td"):
            tag, kind, text = self.rows[-1][-1]
            self.rows[-1][-1] = (tag, kind, text + data)


ROWS = [["cat", "85.0"], ["dog", "62.0"], ["mean", "73.5"]]


def test_a_page_is_a_whole_document_with_its_title_escaped() -> None:
    text = page("Cats & <dogs>", "<p>body &amp; soul</p>")
    assert text.startswith("<!doctype html>\n<html lang=")
    assert '<meta charset="utf-8">' in text
    assert "<title>Cats &amp; &lt;dogs&gt;</title>" in text
    assert "<p>body &amp; soul</p>" in text  # the body is HTML already
    assert Reader(text).open == []


def test_a_page_loads_nothing_from_elsewhere() -> None:
    text = page("t", table(["a"], [["b"]]))
    assert not re.search(r"https?:|<link|<script|@import|url\(", text)


def test_a_table_has_a_head_and_each_row_begins_with_its_own() -> None:
    found = Reader(table(["class", "hsc"], ROWS))
    assert found.open == []
    assert found.rows[0] == [("th", "", "class"), ("th", "", "hsc")]
    assert found.rows[1:] == [[("th", "", name), ("td", "", value)] for name, value in ROWS]


def test_a_row_that_is_ruled_has_a_line_above() -> None:
    assert Reader(table(["class", "hsc"], ROWS, ruled=[2])).ruled == [False, False, False, True]
    assert Reader(table(["class", "hsc"], ROWS)).ruled == [False] * 4


def test_a_column_of_sentences_is_marked_in_head_and_rows() -> None:
    kinds = [[kind for _, kind, _ in row] for row in Reader(table(["a", "b"], ROWS, (), [1])).rows]
    assert kinds == [["", "text"]] * 4


def test_a_table_without_rows_still_has_its_head() -> None:
    found = Reader(table(["class", "hsc"], []))
    assert [text for _, _, text in found.rows[0]] == ["class", "hsc"]
    assert len(found.rows) == 1


def test_cells_may_hold_html() -> None:
    assert "<td><b>85.0</b></td>" in table(["class", "hsc"], [["cat", "<b>85.0</b>"]])


def test_a_wide_table_scrolls_in_a_box_of_its_own() -> None:
    assert table(["a"], []).startswith('<div class="wide"><table>')
    assert re.search(r"\.wide \{ overflow-x: auto", STYLE)


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
