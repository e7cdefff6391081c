"""The verdicts on claims as CSV, Markdown and HTML."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from claim_cases import claiming, judged_cases
from page_cases import Reader, unpadded

from oebench.claims.findings import CONTRADICTED, HOLDS, OPEN, UNDECIDED
from oebench.claims.verdicts import as_csv, coverage, judge, read_verdicts, summary
from oebench.reporting.claims import MARKS, as_markdown, for_page, write_claims
from oebench.reporting.html import TEMPLATES


@pytest.fixture
def judged(tmp_path: Path) -> Any:
    return judged_cases(claiming(tmp_path))


def test_three_files_are_written_and_the_csv_is_read_as_it_was_written(
    judged: Any, tmp_path: Path
) -> None:
    found = judge(*judged)
    assert [each.verdict for each in found] == [HOLDS, CONTRADICTED, UNDECIDED, OPEN, HOLDS]
    paths = write_claims(*judged, tmp_path / "claims")
    assert [path.name for path in paths] == ["claims.csv", "claims.md", "claims.html"]
    assert read_verdicts(paths[0]) == found
    assert paths[0].read_text() == as_csv(found)


def test_the_markdown_has_a_row_for_each_claim(judged: Any, tmp_path: Path) -> None:
    whole, _, runs = judged
    text = unpadded(write_claims(*judged, tmp_path / "claims")[1].read_text())
    assert f"{summary(judge(*judged))}." in text
    assert f"{coverage(whole, runs)}." in text
    scope = "pets with things, 2 epochs, 3 seeds"
    difference = "hsc − bce: +10.0 (+10.0 to +10.0) points"
    first, second, third, fourth, last = [line for line in text.splitlines() if line[:4] == "| **"]
    assert first == (
        f'| **C1** Is "hsc", in short, \\<good> \\| fine? | holds | {scope} | '
        f"{difference}. stricter: contradicted ({difference}) |"
    )
    assert f"| contradicted | {scope} | bce − hsc: −10.0 (−10.0 to −10.0) points |" in second
    assert f"| undecided | {scope} | hsc: 71.0 (" in third
    assert "% against 70 %. no number of seeds would decide it: clas" in third
    assert fourth.endswith(
        "| cannot be judged | pets with things | missing: the configuration has no runs of focal "
        "on pets with things |"
    )
    assert last.endswith("left out as collapsed: 1 run. left out as diverged: 2 runs |")


def test_the_markdown_says_how_each_claim_is_judged(judged: Any, tmp_path: Path) -> None:
    text = write_claims(*judged, tmp_path / "claims")[1].read_text()
    _, how = text.split("## How they are judged\n\n")
    assert how.splitlines()[:3] == [
        "* **C1**, secondary, page 3: hsc is better than bce by at least 5 points; stricter: hsc "
        "is better than bce by at least 15 points; tolerance: 5 points (ours).",
        "* **C2**, inferred, a figure: bce is better than hsc; tolerance: none. Ours.",
        "* **C3**, secondary, page 3: hsc exceeds 70 %; tolerance: none.",
    ]


def test_a_claim_on_two_data_sets_is_explained_once_and_one_beyond_statements_too(
    judged: Any,
) -> None:
    first, second, *_ = judge(*judged)
    beyond = replace(second, claim="C17", check="", verdict=OPEN, missing="It is about dreams.")
    text = as_markdown([first, replace(first, dataset="plants"), beyond], "Below.")
    assert text.count("* **C1**") == 1
    assert "* **C17**, inferred, a figure: no statement says it; tolerance: none. Ours." in text


def test_verdicts_on_other_data_say_so_in_every_format(judged: Any, tmp_path: Path) -> None:
    found = [replace(each, own=False) for each in judge(*judged)]
    told = [each["verdict"] for each in for_page(found)]
    assert told == [
        *(f"on other data: {word}" for word in (HOLDS, CONTRADICTED, UNDECIDED)),
        *(OPEN, f"on other data: {HOLDS}"),
    ]
    rows = [line for line in as_markdown(found, "").splitlines() if line[:4] == "| **"]
    assert ["| on other data: " in row for row in rows] == [True, True, True, False, True]
    assert [each["mark"] for each in for_page(found)] == [MARKS[each.verdict] for each in found]


def test_below_the_table_it_says_what_intervals_and_verdicts_are(
    judged: Any, tmp_path: Path
) -> None:
    _, text, page = (path.read_text() for path in write_claims(*judged, tmp_path / "claims"))
    for words in ("95 % intervals over normal classes and seeds", "neither for nor against the"):
        assert words in text
        assert words in page


def test_of_many_comparisons_six_are_shown_and_all_are_in_the_csv(
    judged: Any, tmp_path: Path
) -> None:
    table, text, _ = (path.read_text() for path in write_claims(*judged, tmp_path / "claims"))
    row = next(line for line in text.splitlines() if line.startswith("| **C5**"))
    assert row.count("hsc − bce at blur ") == 6
    assert "hsc − bce at blur 5: +10.0 (+10.0 to +10.0) points; and 2 more" in row
    assert table.splitlines()[-1].count("hsc − bce at blur ") == 8


def test_the_page_has_verdicts_numbers_and_sources(judged: Any, tmp_path: Path) -> None:
    whole, _, runs = judged
    text = write_claims(*judged, tmp_path / "claims")[2].read_text()
    assert "Is &#34;hsc&#34;, in short, &lt;good&gt; | fine?" in text
    for verdict, count in ((HOLDS, 2), (CONTRADICTED, 1), (UNDECIDED, 1), (OPEN, 1)):
        assert text.count(f'<span class="{MARKS[verdict]}">{verdict}</span>') == count
    assert f"{coverage(whole, runs)}." in text
    cells = Reader(text).texts
    assert [row[0] for row in cells[1:]] == ["C1", "C2", "C3", "C4", "C5"]
    assert cells[1][3] == "pets with things, 2 epochs, 3 seeds"
    assert cells[2][2] == "hsc is good. (inferred: a figure) Asked: bce is better than hsc."
    assert cells[2][4] == "bce − hsc: −10.0 (−10.0 to −10.0) points"
    assert cells[4][2] == ("hsc is good. (verified: the abstract) Asked: focal is better than bce.")
    assert "whether that was read in the paper: claims.md" in text


def test_every_mark_has_a_style() -> None:
    style = TEMPLATES.get_template("style.css").render()
    assert [mark for mark in MARKS.values() if f".{mark}" not in style] == []
