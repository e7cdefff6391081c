"""The first page of the report: its numbers are those of the files beside it."""

import base64
import re
from collections.abc import Callable
from dataclasses import fields
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import numpy as np
import pandas as pd
import pytest
from docutils.core import publish_parts
from page_cases import Reader
from table_cases import run, table

from oebench.artifacts.manifest import DatasetSummary, Group, Manifest, Published, StudyManifest
from oebench.artifacts.marks import Mark
from oebench.evaluation.comparison import Difference
from oebench.evaluation.needed import Needed
from oebench.reporting.claims import write_claims
from oebench.reporting.comparison import write_comparison
from oebench.reporting.html import write_texts
from oebench.reporting.overview import (
    Overview,
    answers,
    data_row,
    told_difference,
    write_overview,
)
from oebench.reporting.table import write_table
from oebench.run import Run

RESULTS = Path("results")
Row = dict[str, Any]
ABOUT = {"epochs": (50,), "classes": 2, "compare": True, "pools": {"things": (16, 0)}}
# By size and objective: with 16 images all of hsc is 2 points better, with one 10 points.
MEANS = {("hsc", 1): 80.0, ("bce", 1): 70.0, ("hsc", 16): 93.0, ("bce", 16): 91.0}
CSI = Published(
    **{"dataset": "pets", "oe": "none", "method": "CSI", "mean_auc": 94.3},
    **{"status": "verified", "source": "table <1> & 2"},
)
CLAIM = {
    **{"claim": "bce is <good> & fine.", "status": "verified", "source": "page <3>"},
    **{"data": {"pets": "things"}, "asked_of": "any"},
    **{"check": {"better": "hsc", "than": "bce"}, "stricter": {"better": "bce", "than": "hsc"}},
}


def placed(row: Row) -> Row:
    """A finished run with the place of its scores, cost and device."""
    made = Run(**{each.name: row[each.name] for each in fields(Run)})
    place = {"path": f"{RESULTS}/runs/{made.condition}/all.h5", "group": made.member}
    return {**row, **place, "train_seconds": 900.0, "device": "cpu"}


def group(row: Row) -> Group:
    """What asks for cats and dogs of the condition of a run."""
    file = row["path"].removeprefix(f"{RESULTS}/runs/")
    return Group(file=file, normal_classes=(0, 1), seeds=(1, 2))


NORMS: dict[str, Row] = {"hsc": {"norm": "pseudo_huber"}, "bce": {}}
SIZES = [
    placed(
        run(c, seed, (mean + offset) / 100, objective=objective, oe_size=size, **NORMS[objective])
    )
    for (objective, size), mean in MEANS.items()
    for c, offset in enumerate((2, -2))
    for seed in (1, 2)
]
BLURRED = [placed({**row, "blur": 2.0}) for row in SIZES[:8]]  # nobody has trained them


class Study(NamedTuple):
    """Everything that an overview is made of."""

    plan: Manifest
    studies: list[StudyManifest]
    runs: pd.DataFrame

    def values(self) -> dict[str, Any]:
        return Overview(*self, RESULTS).values()

    def page(self) -> str:
        return write_overview(*self, RESULTS, RESULTS / "overview")[0].read_text()


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Study]:
    """Writes all files of a study of sizes, one of classes and one without finished runs."""
    monkeypatch.chdir(tmp_path)

    def make(**changes: Any) -> Study:
        failed = [placed({**run(0, seed, None, status=status), "oe": "noise"})
                  for seed, status in changes.pop("failed", {}).items()]  # fmt: skip
        sizes = StudyManifest(
            **{"name": "sizes", "title": "Cats & <dogs>", "about": "How <many> & which.", **ABOUT},
            **{"groups": [*map(group, SIZES[::4])], "swept": ("oe_size",), "rows": "oe_size"},
            **{"curve": "oe_size", "expected": 16, "look": ("a file", "a run")},
            **{"dropped": ("oe_size 64 > 16 & more",), **changes},
        )
        classes = StudyManifest(
            **{"name": "classes", "title": "Classes", "rows": "normal_class", **ABOUT},
            **{"groups": [*map(group, SIZES[8::4])], "expected": 8, "published": (CSI,)},
        )
        later = StudyManifest(
            **{"name": "later", "title": "Later", "rows": "blur", "swept": ("blur",), **ABOUT},
            **{"groups": [*map(group, BLURRED[::4])], "expected": 8},
        )
        claims = [CLAIM, {**CLAIM, "check": {"exceeds": "kde", "value": 1}, "stricter": None}]
        plan = Manifest(
            **{"title": "Pets & <things>", "runs": 24, "epochs": (50,), "published": ()},
            studies=("sizes", "classes", "later"),
            sweeps={"sizes": ("oe_size",), "classes": (), "later": ("blur",)},
            datasets=(
                DatasetSummary(name="pets", uses=("normal and test images",), oe=("things",),
                               classes=2, train=110, test=20, image=(1, 28, 28)),
                DatasetSummary(name="things", uses=("OE images",), oe=(),
                               classes=0, train=16, test=0, image=(3, 32, 32)),
                DatasetSummary(name="blob", uses=("OE images",), oe=(),
                               classes=0, train=1024, test=0, image=(2, 1, 1)),
            ),
            claims=[
                {
                    **{"name": f"C{number}", "claim": claim, "own": number > 1},
                    **{"dataset": "pets", "oe": "things"},
                }
                for number, claim in enumerate(claims, start=1)
            ],
        )  # fmt: skip
        write_comparison(table(*SIZES), sizes, RESULTS / "comparisons/sizes")
        write_comparison(table(*SIZES[8:]), classes, RESULTS / "comparisons/classes")
        write_comparison(table(), later, RESULTS / "comparisons/later")
        write_table(table(*SIZES), sizes, RESULTS / "tables/sizes")
        write_table(table(*SIZES[8:]), classes, RESULTS / "tables/classes")
        runs = table(*SIZES, *failed)
        studies = [sizes, classes, later]
        write_claims(plan, studies, runs, RESULTS / "claims")
        return Study(plan, studies, runs)

    return make


@pytest.fixture
def study(made: Callable[..., Study]) -> Study:
    return made()


def section(page: str, name: str) -> str:
    """The part of the page about a study."""
    return re.split(r"(?=<h2)", page[page.index(f'<h2 id="{name}">') :])[1]


def edit(file: str, old: str, new: str) -> None:
    path = RESULTS / file
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))


# Numbers


@pytest.mark.parametrize("name", ["sizes", "classes"])
def test_a_study_has_the_cells_of_its_table_and_its_comparison(study: Study, name: str) -> None:
    files = [RESULTS / folder / f"{name}.html" for folder in ("tables", "comparisons")]
    cells = [row for file in files for row in Reader(file.read_text()).rows]
    assert len(cells) >= 5
    assert Reader(section(study.page(), name)).rows == cells


def test_the_numbers_of_the_table_are_read_and_not_made_again(study: Study) -> None:
    edit("tables/sizes.csv", "1,80.0000", "1,12.3456")
    found = Reader(section(study.page(), "sizes")).texts
    assert found[0] == ["oe size", "hsc", "bce"]
    assert found[1:3] == [["1", "12.3 ± 0.0", "70.0 ± 0.0"], ["16", "93.0 ± 0.0", "91.0 ± 0.0"]]
    assert "<td>12.3 ± 0.0</td><td><b>70.0 ± 0.0</b></td>" in section(study.page(), "sizes")


def test_the_numbers_of_the_comparison_are_read_and_not_made_again(study: Study) -> None:
    edit("comparisons/sizes.csv", "oe size 1,hsc,bce,10,10,10,", "oe size 1,hsc,bce,-7,-9,-4,")
    page = study.page()
    row = ["hsc − bce (oe size 1)", "−7.0", "−9.0 to −4.0", "4 of 4", "1"]
    assert row in Reader(section(page, "sizes")).texts
    assert "oe size 1: bce over hsc by 7.0 points (95 % interval +4.0 to +9.0)." in page


def test_below_stands_what_the_numbers_rest_on(study: Study) -> None:
    page = study.page()
    for name, count in (("sizes", 16), ("classes", 8)):
        assert section(page, name).count(f"{count} of {count} runs are shown") == 2
    assert "CSI (no OE): table &lt;1&gt; &amp; 2." in section(page, "classes")


def test_a_spoilt_table_is_named(study: Study) -> None:
    (RESULTS / "tables/sizes.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"tables/sizes\.csv is not a table of a study"):
        study.page()


def test_the_facts_are_counted_over_all_runs(made: Callable[..., Study]) -> None:
    study = made(failed={7: "collapsed", 8: "diverged", 9: "diverged"})
    assert study.values()["facts"] == {
        "runs finished": "19 of 24",
        "collapsed": "1",
        "diverged": "2",
        "hours of training, on cpu": "4.75",  # 19 quarters
    }
    told = "19 of 24 runs are finished; 1 collapsed, 2 diverged."
    assert f"<p>{told}</p>" in study.page()


def test_many_hours_are_whole_and_every_device_is_named(study: Study) -> None:
    study.runs["train_seconds"] = 36_000.0
    study.runs.loc[0, "device"] = "NVIDIA H100"
    assert study.values()["facts"]["hours of training, on NVIDIA H100, cpu"] == "160"


def test_failed_runs_are_named_up_to_twenty(made: Callable[..., Study]) -> None:
    study = made(failed=dict.fromkeys(range(1, 4), "collapsed"))
    failed = study.values()["failed"]
    assert len(failed) == 3
    assert failed[0].startswith("collapsed: dataset=pets/oe=noise~size=16/")
    assert "<h2>Failed runs: 3</h2>" in study.page()
    study = made(failed=dict.fromkeys(range(1, 24), "diverged"))
    failed = study.values()["failed"]
    assert len(failed) == 21
    assert failed[20] == "and 3 more, see runs.csv"
    assert "<h2>Failed runs: 23</h2>" in study.page()


def test_where_no_run_failed_the_page_says_so(study: Study) -> None:
    assert "<h2>Failed runs: none</h2>" in study.page()


def test_what_is_beyond_the_pool_is_named(study: Study) -> None:
    assert "Left out as beyond the pool: sizes: oe_size 64 &gt; 16 &amp; more." in study.page()


def test_the_data_are_listed_with_their_use(study: Study) -> None:
    head = ["data set", "used for", "classes", "training images", "test images", "image"]
    found = Reader(study.page()).texts
    start = found.index(head) + 1
    assert found[start : start + 3] == [
        ["pets", "normal and test images", "2", "110", "20", "grey, 28 x 28"],
        ["things", "OE images", "-", "16", "-", "colour, 32 x 32"],
        ["blob", "OE images", "-", "1024", "-", "points"],
    ]
    assert "Here: pets with things as OE images; 50 epochs." in study.page()


def test_of_vectors_their_length_stands_in_the_place_of_a_size() -> None:
    keys: dict[str, Any] = {"uses": ("OE images",), "oe": (), "classes": 0, "train": 9, "test": 0}
    for length, told in ((1280, "1280 features"), (1, "1 feature"), (2, "2 features")):
        data = DatasetSummary(name="embedded", image=(length,), **keys)
        assert data_row(data) == ["embedded", "OE images", "-", "9", "-", told]


def test_claims_that_are_judged_have_their_row_and_others_are_named(study: Study) -> None:
    page = study.page()
    assert (
        "<p>On the data and with the recipe that they are about: none was judged; on other data: "
        "1 holds, 0 contradicted, 0 undecided; 1 cannot be judged.</p>"
    ) in page
    (row,) = [row for row in Reader(page).texts if re.fullmatch(r"C\d", row[0])]
    assert row[:4] == [
        *("C1", "on other data: holds"),
        "bce is <good> & fine. (verified: page <3>) Asked: hsc is better than bce.",
        "pets with things, 2 seeds",
    ]
    assert row[4].startswith("hsc − bce: +2.0 (+2.0 to +2.0) points. stricter: contradicted (bce −")
    assert "<p>C2 cannot be judged by these runs; claims.md says what is missing.</p>" in page


def test_the_verdicts_are_read_and_not_made_again(study: Study) -> None:
    edit("claims.csv", "hsc − bce: +2.0 (+2.0 to +2.0) points", "hsc − bce: +7.7 points")
    assert "hsc − bce: +7.7 points" in study.page()


# Sentences


def test_the_answer_is_what_is_needed_then_who_is_better(study: Study) -> None:
    values = study.values()
    assert values["headline"] == (
        "OE images needed to come within 1 point of the best (hsc, 93.0 %), with 95 % intervals: "
        "hsc 13 (13 to 13); bce beyond the pool of 16, about 21 (19 or more) by extrapolation."
    )
    assert values["answers"] == [
        ("sizes", "oe size 1: hsc over bce by 10.0 points (95 % interval +10.0 to +10.0)."),
        ("sizes", "oe size 16: hsc over bce by 2.0 points (95 % interval +2.0 to +2.0)."),
        ("classes", "hsc over bce by 2.0 points (95 % interval +2.0 to +2.0)."),
    ]
    page = study.page()
    assert f'<p class="headline">{values["headline"]}</p>' in page
    assert '<li><a href="#classes">classes</a>: hsc over bce by 2.0 points' in page


def test_objectives_are_explained_before_they_are_used(study: Study) -> None:
    """In the text: a title may name them."""
    page = study.page()
    assert page.index("<b>hsc</b> (hypersphere classification)") < page.index(">The answer<")
    body = page[page.index("</h1>") :]
    assert min(body.index(name) for name in ("hsc", "bce")) > body.index('<p class="soft"><b>')


@pytest.mark.parametrize(
    "changes", [{"toy_figure": True}, {"swept": ("norm",)}, {"compare": False}]
)
def test_a_study_that_does_not_compare_objectives_gives_no_answer(
    made: Callable[..., Study], changes: dict[str, Any]
) -> None:
    study = made()
    study.studies[0] = study.studies[0].model_copy(update=changes)
    values = study.values()
    assert values["headline"].startswith("hsc over bce by 2.0 points")  # of the other study
    assert values["answers"] == []


def difference(first: str, second: str, mean: float, setting: str = "") -> Difference:
    return Difference(setting, first, second, mean, mean - 1, mean + 2, 20, 10, 15, 0.01, 0.02)


def test_of_many_methods_the_largest_difference_is_told_at_the_first_and_the_last_setting() -> None:
    found = [
        difference(first, second, mean + number, f"blur {number}")
        for number in (0, 1, 2)
        for first, second, mean in (("hsc", "bce", 3), ("hsc", "kde", -9), ("bce", "kde", -8))
    ]
    assert [*answers(found, [])] == [
        "blur 0: the largest difference is kde over hsc by 9.0 points (95 % interval +7.0 to "
        "+10.0).",
        "blur 2: the largest difference is kde over hsc by 7.0 points (95 % interval +5.0 to "
        "+8.0).",
    ]


def test_what_is_needed_is_told_for_each_setting() -> None:
    needs = [
        Needed(f"blur {blur}", "oe_classes", 92.04, 93.04, "hsc", 26, 10, method, amount, tried=26)
        for blur, method, amount in ((0, "hsc", 1), (0, "bce", np.inf), (2, "hsc", 26))
    ]
    start = (
        "OE classes needed to come within 1 point of the best (hsc, 93.0 %), with 95 % intervals:"
    )
    assert [*answers([], needs)] == [
        f"blur 0: {start} hsc 1; bce does not reach it with the 26 that were tried.",
        f"blur 2: {start} hsc 26.",
    ]


def test_a_single_pair_has_no_interval() -> None:
    one = Difference("", "hsc", "bce", 2.0, np.nan, np.nan, 1, 1, 1, np.nan)
    assert told_difference("", one, 1) == "hsc over bce by 2.0 points."


# Studies that are not finished


def test_a_study_without_finished_runs_says_so_and_shows_nothing_else(study: Study) -> None:
    later = section(page := study.page(), "later")
    assert "<p>None of its runs is finished.</p>" in later
    assert "<table" not in later
    assert "<figure" not in later
    assert page.count("None of its runs is finished") == 1
    assert "16 of 24 runs are finished" in page


def test_runs_of_other_studies_do_not_count(study: Study) -> None:
    mine = study.runs["oe_size"] == 16
    page = study._replace(runs=study.runs[mine]).page()
    assert "8 of 16 runs are shown; 8 are not finished." in section(page, "sizes")
    assert "8 of 8 runs are shown." in section(page, "classes")


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
