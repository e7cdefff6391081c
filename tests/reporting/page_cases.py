"""What a reader sees of a page and of a table in Markdown."""

import re
from html.parser import HTMLParser

ALONE = ("meta", "img")  # tags that nothing closes


def unpadded(markdown: str) -> str:
    """Markdown whose cells are as wide as their text, and the line below the head two dashes."""
    return re.sub(r"-{3,}", "--", re.sub(r" +", " ", markdown))


class Reader(HTMLParser):
    """The cells of a page by row as (tag, class, text), and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[tuple[str, str, str]]] = []
        self.ruled: list[bool] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALONE:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
            self.ruled.append(("class", "rule") in attrs)
        if tag in ("th", "td"):
            self.rows[-1].append((tag, dict(attrs).get("class") or "", ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"th", "td"} & set(self.open):
            tag, kind, text = self.rows[-1][-1]
            self.rows[-1][-1] = (tag, kind, text + data)

    @property
    def texts(self) -> list[list[str]]:
        """The text of every cell, by row."""
        return [[text for _, _, text in row] for row in self.rows]
