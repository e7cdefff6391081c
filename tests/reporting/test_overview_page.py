"""The overview as a page: figures in it, texts that are escaped, what is named where it lacks."""

import base64
import re
from html import unescape
from pathlib import Path

import jinja2
import pytest
from docutils.core import publish_parts
from overview_cases import RESULTS, Study, section
from page_cases import Reader

from oebench.artifacts.marks import Mark
from oebench.reporting.html import write_texts
from oebench.reporting.overview import (
    write_overview,
)

# Figures


def test_a_figure_is_a_part_of_the_page(study: Study) -> None:
    drawn = {"figures/sizes.svg": b"<svg/>" * 50, "looks/sizes.png": b"\x89PNG" * 5000}
    for name, content in drawn.items():
        (RESULTS / name).parent.mkdir()
        (RESULTS / name).write_bytes(content)
    page = study.page()
    found = re.findall(r'<img alt="([^"]*)" src="data:([a-z/+]*);base64,([^"]*)">', page)
    assert [(alt, kind) for alt, kind, _ in found] == [
        ("Cats &amp; &lt;dogs&gt; (figures)", "image/svg+xml"),  # beside the answer
        ("Cats &amp; &lt;dogs&gt; (figures)", "image/svg+xml"),
        ("Cats &amp; &lt;dogs&gt; (looks)", "image/png"),
    ]
    contents = [base64.b64decode(data) for _, _, data in found]
    assert contents == [drawn["figures/sizes.svg"], *drawn.values()]
    assert len(re.findall("<img", section(page, "sizes"))) == 2


def test_a_figure_that_is_not_drawn_yet_is_named(study: Study) -> None:
    assert "<p>sizes.svg is not drawn yet.</p>" in section(study.page(), "sizes")
    assert "<p>sizes.png is not drawn yet.</p>" in section(study.page(), "sizes")


# The files


def test_the_page_is_whole_and_loads_nothing_from_elsewhere(study: Study) -> None:
    text = study.page()
    assert text.startswith("<!doctype html>")
    assert "<title>Pets &amp; &lt;things&gt;</title>" in text
    assert Reader(text).open == []
    assert re.findall(r"https?:[^\"]*", text) == ["https://arxiv.org/abs/2006.00339"]
    assert not re.search(r"<link|<script|@import|url\(", text)


def test_every_text_is_escaped(study: Study) -> None:
    text = study.page()
    for name in ("things", "dogs", "many", "good", "3", "1"):
        assert f"<{name}>" not in text
        assert f"&lt;{name}&gt;" in text
    assert "<p>How &lt;many&gt; &amp; which.</p>" in text
    assert "oe_size 64 &gt; 16 &amp; more." in text
    assert not re.search(r"& |&amp;(?:amp|lt|gt|#34);", text)  # neither forgotten nor escaped twice


def test_the_overview_is_a_page_and_the_text_of_the_report(study: Study) -> None:
    paths = write_overview(*study, RESULTS, Path("new/overview"))
    assert paths == [Path("new/overview.html"), Path("new/overview.rst")]


@pytest.fixture
def rst(study: Study) -> str:
    """The text of the report, with what Snakemake would take for its own in a title."""
    title = "{{ snakemake.input }} {% if x %} {# note #} <b>"
    (RESULTS / "figures").mkdir()
    (RESULTS / "figures/sizes.svg").write_bytes(b"<svg/>" * 10_000)
    study.studies[0] = study.studies[0].model_copy(update={"about": title})
    return write_overview(*study, RESULTS, RESULTS / "overview")[1].read_text()


def test_the_text_of_the_report_is_one_raw_block(rst: str) -> None:
    first, *lines = [line for line in rst.splitlines() if line.strip()]
    assert first == ".. raw:: html"
    assert [line for line in lines if not line.startswith("   ")] == []
    assert (lines[0].strip(), lines[-1].strip()) == ("{% raw %}", "{% endraw %}")
    assert max(map(len, lines)) < 10_000  # docutils refuses longer ones


def test_snakemake_and_docutils_leave_the_text_of_the_report_as_it_is(rst: str) -> None:
    rendered = jinja2.Template(rst).render()
    html = publish_parts(rendered, writer="html")["body"]
    assert "{{ snakemake.input }} {% if x %} {# note #} &lt;b&gt;" in html
    page = (RESULTS / "overview.html").read_text()
    body = page.split('<body class="oebench">')[1].split("</body>")[0]
    assert re.sub(r"\s+", " ", body).strip() in re.sub(r"\s+", " ", html)
    assert Reader(html).rows == Reader(page).rows


def test_no_text_ends_the_raw_part(study: Study) -> None:
    study.studies[0] = study.studies[0].model_copy(update={"about": "a {% endraw %} {{ 1 / 0 }}"})
    rst = write_overview(*study, RESULTS, RESULTS / "overview")[1].read_text()
    rendered = jinja2.Template(rst).render()
    html = publish_parts(rendered, writer="html")["body"]
    assert "a {% endraw %} {{ 1 / 0 }}" in unescape(html)


WORDS = ".. include:: /etc/passwd |x| :raw:`r` `r`_ *a* {{ 1 / 0 }} {% if %} {x} &amp; <b> \\n"


def test_every_title_comes_out_literally(study: Study) -> None:
    """What reStructuredText, Jinja, HTML or Snakemake would make something of."""
    plan = study.plan.model_copy(update={"title": WORDS})
    study.studies[0] = study.studies[0].model_copy(update={"title": WORDS, "dropped": (WORDS,)})
    files = write_overview(plan, *study[1:], RESULTS, RESULTS / "overview")
    page, rst = (file.read_text(encoding="utf-8") for file in files)
    html = publish_parts(jinja2.Template(rst).render(), writer="html")["body"]
    assert "system-message" not in html
    for text in (html, page):
        assert unescape(text).count(WORDS) >= 4  # title of the page and of the table, left out
        assert "&amp;amp; &lt;b&gt;" in text


def test_what_is_left_of_another_configuration_is_named(study: Study) -> None:
    assert "Not of this configuration" not in study.page()
    write_texts(RESULTS / "tables/old", {".csv": "", ".md": ""}, Mark("table", "old", "", "", ""))
    said = "Not of this configuration: 2 files, results/tables/old.csv, results/tables/old.md. "
    assert f"<p>{said}" in study.page()
    assert "rm results/*/old.*</p>" in study.page()


def test_results_named_otherwise_than_in_the_table_of_runs_are_found(study: Study) -> None:
    page = write_overview(*study, RESULTS.absolute(), RESULTS / "overview")[0].read_text()
    assert page.count("None of its runs is finished.") == 1  # of the study without runs


@pytest.mark.parametrize("name", ["tables/sizes.csv", "comparisons/sizes.csv", "claims.csv"])
def test_a_file_that_is_missing_is_named(study: Study, name: str) -> None:
    (RESULTS / name).unlink()
    with pytest.raises(ValueError, match=rf"there (is|are) no .*{name}; `snakemake .*` makes"):
        write_overview(*study, RESULTS, RESULTS / "overview")
