"""The look of every page that the pipeline writes: light and dark, narrow, wide and on paper."""

from collections.abc import Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5a6472; --line: #c9d0d8; --page: #fff;
  --tint: #f3f5f8; --good: #0b6e4f; --bad: #b3261e; --open: #6b5900; --link: #0b57a4 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #a7b0bc; --line: #465060;
  --page: #161a20; --tint: #20262f; --good: #5fd3a6; --bad: #ff9c94; --open: #e2c64b;
  --link: #8ec5ff } }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --line: #999; --page: #fff;
  --tint: #fff; --good: #0b6e4f; --bad: #b3261e; --open: #6b5900; --link: #000 } }
.oead, body.oead { font: 15px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--page) }
body.oead { margin: 0 auto; padding: 1.2em; max-width: 68em }
.oead :is(h1, h2, h3, b, th, td, li, code) { color: inherit }
.oead h1 { font-size: 1.5em; line-height: 1.25; margin: .2em 0 .5em }
.oead h2 { font-size: 1.2em; margin: 1.6em 0 .4em; padding-top: .6em;
  border-top: 1px solid var(--line) }
.oead h3 { font-size: 1em; margin: 1.2em 0 .3em }
.oead p, .oead ul { max-width: 46em; margin: .5em 0 } .oead li { margin: .2em 0 }
.oead a { color: var(--link) } .oead code { font-size: .92em }
.oead .wide { overflow-x: auto; margin: .6em 0 }
.oead table { border-collapse: collapse; border-block: 2px solid var(--ink); margin: 0;
  width: auto; font-size: .95em; font-variant-numeric: tabular-nums }
.oead th, .oead td { padding: .22em .75em; text-align: right; white-space: nowrap; color: inherit }
.oead th:first-child, .oead .text { text-align: left } .oead td.text { white-space: normal }
.oead td.long { min-width: 13em } .oead .beside { display: flex; flex-wrap: wrap; gap: 0 2em }
.oead .beside > figure { flex: 1 1 26em } .oead .beside > ul { flex: 1 1 20em }
.oead tbody th { font-weight: normal } .oead thead { border-bottom: 1px solid var(--ink) }
.oead tr.rule { border-top: 1px solid var(--ink) } .oead .soft { color: var(--soft) }
.oead .note, .oead figcaption { color: var(--soft); font-size: .88em; max-width: 54em }
.oead .holds { color: var(--good); font-weight: 600 } .oead .fails { color: var(--bad);
  font-weight: 600 } .oead .open { color: var(--open) }
.oead figure { margin: .8em 0 } .oead figure img { background: #fff; max-width: 100%; height: auto;
  border-radius: 4px }
.oead .facts { display: flex; flex-wrap: wrap; gap: .6em 2.2em; margin: .8em 0; padding: .7em 1em;
  background: var(--tint); border-radius: 6px } .oead .facts b { display: block; font-size: 1.25em }
@media print { body.oead { max-width: none; padding: 0; font-size: 11px }
  .oead tr, .oead figure, .oead .facts { break-inside: avoid } .oead h2, .oead h3 {
  break-after: avoid } .oead .wide { overflow: visible } .oead td, .oead th { white-space: normal;
  padding: .15em .4em } }
"""


def page(title: str, body: str) -> str:
    """A whole page; `body` is HTML, `title` text."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        '</title>\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<style>{STYLE}</style></head>\n<body class="oead">\n{body}\n</body></html>\n'
    )


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    ruled: Sequence[int] = (),
    text: Sequence[int] = (),
    long: Sequence[int] = (),
) -> str:
    """A table in HTML that scrolls where it is too wide.

    Cells are HTML; the first of a row is its head. Rows in `ruled` have a line above; columns in
    `text` hold words instead of numbers, those in `long` sentences.
    """
    kind = dict.fromkeys(text, ' class="text"') | dict.fromkeys(long, ' class="text long"')
    lines = ["".join(f"<th{kind.get(i, '')}>{cell}</th>" for i, cell in enumerate(head))]
    for number, row in enumerate(rows):
        cells = [
            f"<{'td' if i else 'th'}{kind.get(i, '')}>{cell}</{'td' if i else 'th'}>"
            for i, cell in enumerate(row)
        ]
        lines.append(f"<tr{' class=rule' if number in ruled else ''}>{''.join(cells)}</tr>")
    body = "\n".join(lines[1:])
    return (
        f'<div class="wide"><table><thead><tr>{lines[0]}</tr></thead>\n'
        f"<tbody>{body}</tbody></table></div>"
    )
