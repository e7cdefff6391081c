"""The fewest OE images that are needed, and a study's comparison as CSV, Markdown and HTML."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from page_cases import unpadded
from table_cases import SPEC, run, table

from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.comparison import Needed, compare, needed
from oebench.reporting.comparison import read_comparison, write_comparison
from oebench.wording import probability, signed

Row = dict[str, Any]
SWEPT = SPEC.model_copy(update={"swept": ("oe_size",), "expected": 12})


def at(objective: str, means: dict[int, float], **changes: Any) -> list[Row]:
    """Runs of a cat 2 points above and a dog 2 points below the mean of each OE size."""
    return [
        run(normal_class, 1, (mean + offset) / 100, objective=objective, oe_size=size, **changes)
        for size, mean in means.items()
        for normal_class, offset in enumerate((2, -2))
    ]


def amounts(runs: pd.DataFrame, spec: StudyManifest = SWEPT) -> dict[tuple[str, str], int | None]:
    return {(each.setting, each.method): each.amount for each in needed(runs, spec)}


HSC = at("hsc", {1: 80.0, 4: 92.5, 16: 93.0})
BCE = at("bce", {1: 70.0, 4: 85.0, 16: 91.5})
BASELINE = [run(c, 1, 0.99, objective="dsvdd", oe=None, oe_size=None) for c in (0, 1)]

# How many are needed


def test_needed_is_the_smallest_size_within_a_point_of_the_best_of_any_method() -> None:
    """The best is 93.0: hsc has 92.5 with 4 images, bce never more than 91.5."""
    hsc, bce = needed(table(*HSC, *BCE), SWEPT)
    assert hsc == Needed("", "hsc", "oe_size", 4, pytest.approx(92.5), pytest.approx(93.0), "hsc")
    assert (bce.method, bce.amount, bce.best_method) == ("bce", None, "hsc")
    assert np.isnan(bce.auroc)
    assert bce.best == pytest.approx(93.0)


def test_a_size_that_is_near_the_best_counts_though_a_larger_one_is_worse() -> None:
    assert amounts(table(*at("hsc", {1: 93, 4: 60, 16: 93.5}))) == {("", "hsc"): 1}


def test_sizes_are_compared_as_numbers_whatever_the_order_of_the_runs() -> None:
    assert amounts(table(*at("hsc", {128: 93, 16: 93, 4: 50}))) == {("", "hsc"): 16}


def test_a_baseline_without_oe_needs_none_and_is_not_the_best() -> None:
    assert amounts(table(*HSC, *BASELINE)) == {("", "hsc"): 4}


def test_a_size_that_lacks_a_class_is_neither_enough_nor_the_best() -> None:
    """Of the easy class alone, one image reaches 98; with the other it would be far below."""
    easy = run(0, 1, 0.98, oe_size=1)
    hard = run(1, 1, 0.50, oe_size=1, status="collapsed")
    (found,) = needed(table(easy, hard, *at("hsc", {4: 85.0, 16: 90.0})), SWEPT)
    assert (found.amount, found.best) == (16, pytest.approx(90.0))
    (found,) = needed(table(easy, *at("hsc", {4: 85.0, 16: 90.0})), SWEPT)
    assert (found.amount, found.best) == (16, pytest.approx(90.0))


def test_at_another_swept_key_each_value_has_its_own_best() -> None:
    blurred = [*at("hsc", {1: 60, 4: 61, 16: 70}, blur=8.0), *at("bce", {1: 50, 4: 71}, blur=8.0)]
    spec = SWEPT.model_copy(update={"swept": ("oe_size", "blur")})
    assert amounts(table(*HSC, *BCE, *blurred), spec) == {
        ("blur 0", "hsc"): 4,
        ("blur 0", "bce"): None,
        ("blur 8", "hsc"): 16,  # 70 is one point below 71
        ("blur 8", "bce"): 4,
    }


def test_numbers_of_oe_classes_are_needed_likewise_and_norms_are_methods() -> None:
    spec = SPEC.model_copy(update={"swept": ("oe_classes", "norm")})
    rows = [
        {**row, "oe_classes": row["oe_size"], "oe_size": None, "norm": norm}
        for norm, means in (("l1", {2: 90.0, 26: 90.5}), ("l2", {2: 80.0, 26: 90.0}))
        for row in at("hsc", means)
    ]
    found = needed(table(*rows), spec)
    assert [(each.method, each.key, each.amount) for each in found] == [
        ("hsc, norm l1", "oe_classes", 2),
        ("hsc, norm l2", "oe_classes", 26),
    ]


def test_where_no_number_of_oe_images_is_swept_none_is_needed() -> None:
    assert needed(table(*at("hsc", {16: 90})), SPEC) == []


# The files


@pytest.fixture
def files(tmp_path: Path) -> Any:
    """The texts of all formats of a comparison, by suffix; Markdown unpadded."""

    def texts(rows: list[Row], spec: StudyManifest = SWEPT) -> dict[str, str]:
        paths = write_comparison(table(*rows), spec, tmp_path / "s")
        found = {path.suffix: path.read_text() for path in paths}
        return found | {".md": unpadded(found[".md"])}

    return texts


def test_a_comparison_comes_as_csv_markdown_and_html(files: Any) -> None:
    assert [*files(HSC + BCE)] == [".csv", ".md", ".html"]


def test_the_markdown_has_the_differences_and_what_is_needed(files: Any) -> None:
    # Sizes 1, 4, 16: hsc is better by 10, 7.5 and 1.5, in both classes alike. Two classes: the
    # signed ranks give p = 1/2, and Holm 3 * 1/2, at most 1.
    lines = files(HSC + BCE)[".md"].splitlines()
    assert lines[0] == "### Which is better: Pets"
    assert lines[2:7] == [
        "| difference | points | 95 % interval | better in | p (Wilcoxon, Holm) |",
        "|:--|--:|--:|--:|--:|",
        "| hsc − bce (oe size 1) | +10.0 | +10.0 to +10.0 | 2 of 2 | 1 |",
        "| hsc − bce (oe size 4) | +7.5 | +7.5 to +7.5 | 2 of 2 | 1 |",
        "| hsc − bce (oe size 16) | +1.5 | +1.5 to +1.5 | 2 of 2 | 1 |",
    ]
    few = "### Fewest OE images or classes that come within 1 point of the best: Pets"
    start = lines.index(few)
    assert lines[start + 2 : start + 6] == [
        "| method | needed | AUROC there | best |",
        "|:--|--:|--:|--:|",
        "| hsc | 4 images | 92.5 | 93.0 (hsc) |",
        "| bce | more than were tried | - | 93.0 (hsc) |",
    ]


def test_below_stands_how_it_was_computed_and_how_much_is_finished(files: Any) -> None:
    text = files(HSC + BCE[:4])
    for suffix in (".md", ".html"):
        assert "95 % bootstrap interval and Wilcoxon" in text[suffix]
        assert "corrected by Holm" in text[suffix]
        assert "10 of 12 runs are shown; 2 are not finished." in text[suffix]


def test_the_csv_has_a_row_for_each_difference_and_each_method(files: Any) -> None:
    assert files(at("hsc", {4: 90.0}) + at("bce", {4: 80.0}))[".csv"] == (
        "kind,setting,first,second,mean,low,high,pairs,units,wins,p,p_corrected,"
        "method,key,amount,auroc,best,best_method\n"
        "difference,oe size 4,hsc,bce,10,10,10,2,2,2,0.5,0.5,,,,,,\n"
        "needed,,,,,,,,,,,,hsc,oe_size,4,90,90,hsc\n"
        "needed,,,,,,,,,,,,bce,oe_size,,,90,hsc\n"
    )


def test_numbers_of_oe_classes_are_called_classes(files: Any) -> None:
    spec = SPEC.model_copy(update={"swept": ("oe_classes",)})
    rows = [{**row, "oe_classes": 26, "oe_size": None} for row in at("hsc", {1: 90.0})]
    assert "| hsc | 26 classes | 90.0 | 90.0 (hsc) |" in files(rows, spec)[".md"]


def test_the_html_has_both_tables_and_escapes_the_title(files: Any) -> None:
    text = files(HSC + BCE, SWEPT.model_copy(update={"title": "Cats & <dogs>"}))[".html"]
    assert text.startswith("<!doctype html>")
    assert "<title>Cats &amp; &lt;dogs&gt;</title>" in text
    assert "<h3>Which is better: Cats &amp; &lt;dogs&gt;</h3>" in text
    assert "<th>hsc − bce (oe size 4)</th><td>+7.5</td><td>+7.5 to +7.5</td>" in text
    assert "<th>hsc</th><td>4 images</td>" in text
    assert "<dogs>" not in text


def test_one_pair_is_shown_with_dashes_for_what_it_does_not_say(files: Any) -> None:
    text = files([run(0, 1, 0.80), run(0, 1, 0.82, objective="bce")], SPEC)[".md"]
    assert "| hsc − bce | −2.0 | - | 0 of 1 | - |" in text
    assert "Fewest" not in text  # nothing is swept


def test_a_grid_without_a_finished_pair_says_so(files: Any) -> None:
    rows = [run(0, 1, 0.80), run(0, 2, 0.82, objective="bce")]
    text = files(rows, SPEC.model_copy(update={"expected": 4}))
    assert "No two methods have a pair of finished runs." in text[".html"]
    assert "Which is better" not in text[".md"]
    assert "2 of 4 runs are shown; 2 are not finished." in text[".md"]
    assert len(text[".csv"].splitlines()) == 1  # the head


@pytest.mark.parametrize(
    ("value", "text"), [(1.25001, "+1.3"), (-1.26, "−1.3"), (0.0, "+0.0"), (np.nan, "-")]
)
def test_a_difference_has_its_sign(value: float, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (0.0213, "0.021"), (0.001, "0.001"), (0.00099, "< 0.001"), (np.nan, "-")],
)
def test_a_p_value_has_two_digits_and_is_never_zero(value: float, text: str) -> None:
    assert probability(value) == text


# Reading

KDE = {"objective": "kde", "oe": None, "oe_size": None}


@pytest.mark.parametrize(
    ("rows", "swept"),
    [
        (HSC + BCE, ("oe_size",)),
        (HSC + BCE[:1], ("oe_size",)),  # a single pair: no interval, no p value
        (HSC + BASELINE + [run(c, 1, 1 / 3, **KDE) for c in (0, 1)], ("oe_size",)),
        ([run(c, s, 0.9 - c / 7 - s / 9) for c in (0, 1) for s in (1, 2)], ()),  # one method
        ([run(0, 1, 0.80), run(0, 2, 0.82, objective="bce")], ()),  # no pair
        ([{**row, "norm": norm} for row in HSC for norm in ("l1", "l2")], ("oe_size", "norm")),
    ],
    ids=["two", "one pair", "without oe", "one method", "no pair", "norms"],
)
def test_a_comparison_is_read_as_it_was_made(
    tmp_path: Path, rows: list[Row], swept: tuple[str, ...]
) -> None:
    study, runs = SPEC.model_copy(update={"swept": swept}), table(*rows)
    found = read_comparison(write_comparison(runs, study, tmp_path / "s")[0])
    for read, made in zip(found, (compare(runs, study), needed(runs, study)), strict=True):
        assert len(read) == len(made)
        for one, other in zip(read, made, strict=True):
            assert type(one) is type(other)
            for name, value in asdict(other).items():
                if isinstance(value, float):
                    expected = pytest.approx(value, rel=1e-5, abs=1e-5, nan_ok=True)
                    assert getattr(one, name) == expected
                else:
                    assert getattr(one, name) == value
                    assert type(getattr(one, name)) is type(value)


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda text: "",
        lambda text: "a,b\n1,2\n",
        lambda text: text.replace("difference,", "distance,"),
        lambda text: text.replace("wins", "losses"),
        lambda text: text.replace("oe size 4,hsc,bce,7.5,", "oe size 4,hsc,bce,much,"),
        lambda text: text.replace(",2,2,2,", ",2,2.5,2,"),
    ],
    ids=["empty", "another", "kind", "column", "words", "half a class"],
)
def test_what_is_no_comparison_is_refused(tmp_path: Path, spoilt: Any) -> None:
    path = write_comparison(table(*HSC, *BCE), SWEPT, tmp_path / "s")[0]
    text = path.read_text()
    assert spoilt(text) != text
    path.write_text(spoilt(text))
    with pytest.raises(
        ValueError, match=r"s\.csv is not a comparison of a study \(.*\); delete it"
    ):
        read_comparison(path)
