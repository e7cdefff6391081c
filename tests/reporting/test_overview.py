"""The first page of the report: its numbers are those of the files beside it."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from overview_cases import RESULTS, Study, edit, section
from page_cases import Reader

from oebench.artifacts.manifest import DatasetSummary
from oebench.evaluation.comparison import Difference
from oebench.evaluation.needed import Needed
from oebench.reporting.claims import write_claims
from oebench.reporting.overview import (
    answers,
    data_row,
    told_difference,
)

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


def test_where_no_claim_is_asked_the_page_has_no_part_on_them(study: Study) -> None:
    assert "<h2>Claims of the paper</h2>" in study.page()
    plan = study.plan.model_copy(update={"claims": ()})
    write_claims(plan, study.studies, study.runs, RESULTS / "claims")
    assert "Claims of the paper" not in study._replace(plan=plan).page()


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
