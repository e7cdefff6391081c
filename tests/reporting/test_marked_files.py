"""Figures, pages and texts say what they were made of, where their format has a place for it."""

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from PIL import Image
from table_cases import PETS, SPEC, table

from oebench.artifacts import marks
from oebench.reporting.comparison import write_comparison
from oebench.reporting.style import METADATA, in_print, save
from oebench.reporting.table import write_table

CODE = "0123456789ab"
MARK = marks.of_texts("curve", "pets-size", CODE, "asked", "runs")
DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"


@pytest.fixture
def figure(tmp_path: Path) -> Path:
    """A figure with a mark, without suffix."""
    with in_print():
        save(plt.figure(), pd.DataFrame(), tmp_path / "s", MARK)
    return tmp_path / "s"


def test_viewers_show_the_mark_of_a_figure(figure: Path) -> None:
    with Image.open(figure.with_suffix(".png")) as image:
        assert image.info["Description"] == str(MARK)
    found = ElementTree.parse(figure.with_suffix(".svg")).findall(f".//{DESCRIPTION}")
    assert [each.text for each in found] == [str(MARK)]
    (subject,) = re.findall(rb"/Subject \((.*?)\)", figure.with_suffix(".pdf").read_bytes())
    assert subject.decode() == str(MARK)


@pytest.mark.parametrize("suffix", METADATA)
def test_the_mark_of_a_figure_is_read_back(figure: Path, suffix: str) -> None:
    assert marks.read(figure.with_suffix(suffix)) == MARK


@pytest.mark.parametrize("write", [write_table, write_comparison])
def test_the_texts_of_a_study_have_one_mark_and_its_csv_has_none(
    write: Callable[..., list[Path]], tmp_path: Path
) -> None:
    runs, what = table(*PETS), write.__name__.removeprefix("write_")
    files = write(runs, SPEC, tmp_path / "s", CODE)
    found = {path.suffix: marks.read(path) for path in files}
    assert found.pop(".csv") is None
    assert set(found.values()) == {marks.of_runs(what, "s", CODE, [SPEC], runs)}
    assert "oebench" not in files[0].read_text()


def test_a_mark_is_a_comment_that_latex_and_markdown_do_not_show(tmp_path: Path) -> None:
    made = write_table(table(*PETS), SPEC, tmp_path / "s")
    files = {path.suffix: path.read_text() for path in made}
    assert re.fullmatch(r"% oebench table of s, code unknown, .*", files[".tex"].splitlines()[-1])
    assert re.fullmatch(r"<!-- oebench table of s, .* -->", files[".md"].splitlines()[-1])
