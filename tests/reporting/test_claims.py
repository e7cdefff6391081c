"""The verdicts on claims as CSV, Markdown and HTML."""

from pathlib import Path
from typing import Any

import pytest
from claim_cases import claiming, judged_cases
from page_cases import Reader, unpadded

from oebench.claims.judge import FAILS, HOLDS, OPEN
from oebench.claims.verdicts import as_csv, coverage, judge, read_verdicts, summary
from oebench.reporting.claims import write_claims


@pytest.fixture
def judged(tmp_path: Path) -> Any:
    return judged_cases(claiming(tmp_path))


def test_three_files_are_written_and_the_csv_is_read_as_it_was_written(
    judged: Any, tmp_path: Path
) -> None:
    found = judge(*judged)
    assert [each.verdict for each in found] == [HOLDS, FAILS, OPEN, HOLDS]
    paths = write_claims(*judged, tmp_path / "claims")
    assert [path.name for path in paths] == ["claims.csv", "claims.md", "claims.html"]
    assert read_verdicts(paths[0]) == found
    assert paths[0].read_text() == as_csv(found)


def test_the_markdown_has_a_row_for_each_claim(judged: Any, tmp_path: Path) -> None:
    whole, _, runs = judged
    text = unpadded(write_claims(*judged, tmp_path / "claims")[1].read_text())
    assert f"{summary(judge(*judged))}." in text
    assert f"{coverage(whole, runs)}." in text
    first, second, third, fourth = [line for line in text.splitlines() if line[:4] == "| **"]
    assert '| **C1** Is "hsc", in short, \\<good> \\| fine? | pets, things | holds | ' in first
    assert "73.5 ± 3.5 > 70. stricter: fails (" in first
    assert "| fails | " in second
    assert "73.5 ± 3.5 > 75" in second
    assert "| cannot be judged | missing: the configuration has no runs of bce on pets" in third
    assert "left out as collapsed: 1 run. left out as diverged: 2 runs" in fourth


def test_the_markdown_says_how_sure_a_claim_is_and_where_it_was_read(
    judged: Any, tmp_path: Path
) -> None:
    text = write_claims(*judged, tmp_path / "claims")[1].read_text()
    assert [line for line in text.splitlines() if line[:4] == "* **"][:3] == [
        "* **C1**, secondary, page 3: `auroc(hsc) > 70`; stricter `auroc(hsc) > 90`; "
        "tolerance none.",
        "* **C2**, inferred, a figure: `auroc(hsc) > 75`; tolerance none. Ours.",
        "* **C3**, verified, the abstract: `auroc(bce) > 75`; tolerance none.",
    ]


def test_of_many_comparisons_six_are_shown_and_all_are_in_the_csv(
    judged: Any, tmp_path: Path
) -> None:
    table, text, _ = (path.read_text() for path in write_claims(*judged, tmp_path / "claims"))
    row = next(line for line in text.splitlines() if line.startswith("| **C4**"))
    assert row.count("> 60") == 6
    assert "(b = 5); and 2 more" in row
    assert table.splitlines()[-1].count("> 60 (b = ") == 8


def test_the_page_has_verdicts_numbers_and_sources(judged: Any, tmp_path: Path) -> None:
    whole, _, runs = judged
    text = write_claims(*judged, tmp_path / "claims")[2].read_text()
    assert "Is &#34;hsc&#34;, in short, &lt;good&gt; | fine?" in text
    for kind, word, count in (("holds", HOLDS, 2), ("fails", FAILS, 1), ("open", OPEN, 1)):
        assert text.count(f'<span class="{kind}">{word}</span>') == count
    assert "73.5 ± 3.5 &gt; 75" in text
    assert f"{coverage(whole, runs)}." in text
    cells = Reader(text).texts
    assert [row[0] for row in cells[1:]] == ["C1", "C2", "C3", "C4"]
    assert cells[2][2] == "hsc is good. (inferred: a figure)"
    assert cells[3][2] == "hsc is good. (verified: the abstract)"
    assert "whether that was read in the paper: claims.md" in text
