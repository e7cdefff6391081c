"""What methods need in words, and a study's comparison as CSV, Markdown and HTML."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_cases import unpadded
from table_cases import SPEC, run, table

from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.comparison import compare
from oebench.evaluation.needed import Needed, needed
from oebench.reporting.comparison import headline, read_comparison, told, write_comparison
from oebench.wording import probability, signed

Row = dict[str, Any]
SWEPT = SPEC.model_copy(
    update={"swept": ("oe_size",), "expected": 12, "pools": {"things": (100, 26)}}
)


def at(objective: str, means: dict[int, float], **changes: Any) -> list[Row]:
    """Runs of a cat 2 points above and a dog 2 points below the mean of each OE size."""
    return [
        run(normal_class, 1, (mean + offset) / 100, objective=objective, oe_size=size, **changes)
        for size, mean in means.items()
        for normal_class, offset in enumerate((2, -2))
    ]


HSC = at("hsc", {1: 80.0, 4: 92.5, 16: 93.0})
BCE = at("bce", {1: 70.0, 4: 85.0, 16: 91.5})
BASELINE = [run(c, 1, 0.99, objective="dsvdd", oe=None, oe_size=None) for c in (0, 1)]

# In words


def need(**changes: Any) -> Needed:
    about: dict[str, Any] = {
        **{"setting": "", "key": "oe_size", "target": 92.0, "best": 93.0, "best_method": "hsc"},
        **{"pool": 2600, "classes": 10, "method": "bce", "tried": 64, "seeds": 3},
        **{"amount": 18.2, "low": 5.9, "high": 42.2},
    }
    return Needed(**about | changes)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "19 (6 to 43)"),
        ({"amount": 1.0, "low": 1.0, "high": 1.0}, "1 (1 to 1)"),
        ({"high": np.inf}, "19 (6 or more)"),
        ({"low": np.nan, "high": np.nan}, "19"),  # of one run
        (
            {"amount": 200.5, "high": 84382.1},
            "beyond the 64 tried, about 201 (6 to 85,000) by extrapolation",
        ),
        (
            {"amount": 13270.0, "tried": 2600, "high": 1e12},
            "beyond the pool of 2,600, about 14,000 (6 or more) by extrapolation",
        ),
        (
            {"amount": np.inf, "high": np.inf},
            "does not reach it with the 64 that were tried (6 or more)",
        ),
        (
            {"amount": np.inf, "low": np.inf, "high": np.inf},
            "does not reach it with the 64 that were tried (nor by any number)",
        ),
        (
            {"amount": 8e7, "low": 664.0, "high": np.inf, "pool": 100},
            "beyond the pool of 100, more than 6,400 (664 or more) by extrapolation",
        ),
        ({"amount": 0.0, "tried": 0}, "none, it sees no OE"),
        ({"amount": np.inf, "tried": 0}, "does not reach it, without OE"),
    ],
)
def test_an_amount_is_told_with_its_interval(changes: dict[str, Any], text: str) -> None:
    assert told(need(**changes)) == text


def test_the_answer_is_a_sentence_with_intervals_and_what_cannot_be_told_apart() -> None:
    rows = [
        need(method="hsc", amount=1.0, low=1.0, high=9.0, alike="bce"),
        need(alike="hsc; focal"),
        need(method="focal", alike="bce"),
    ]
    assert headline(rows) == (
        "OE images needed to come within 1 point of the best (hsc, 93.0 %), with 95 % intervals: "
        "hsc 1 (1 to 9); bce 19 (6 to 43); focal 19 (6 to 43). "
        "Not distinguishable: hsc and bce, bce and focal."
    )
    fixed = need(best_method="", key="oe_classes", setting="blur 2", target=95.0)
    assert headline([fixed]) == (
        "blur 2: OE classes needed for a mean AUROC of 95 %, with 95 % intervals: bce 19 (6 to 43)."
    )


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
    title = "### OE images or classes needed to come within 1 point of the best (hsc, 93.0 %): Pets"
    start = lines.index(title)
    assert lines[start + 2 : start + 6] == [
        "| method | needed (95 % interval) | not distinguishable from | to run next |",
        "|:--|--:|--:|--:|",
        "| hsc | 4 (4 to 4) | - | - |",
        "| bce | beyond the 16 tried, about 19 (18 or more) by extrapolation | - "
        "| 32, 64, 2 seeds |",
    ]


def test_below_stands_how_it_was_computed_and_how_much_is_finished(files: Any) -> None:
    text = files(HSC + BCE[:4])
    for suffix in (".md", ".html"):
        assert "95 % interval over classes and seeds; Wilcoxon" in text[suffix]
        assert "corrected by Holm" in text[suffix]
        assert "10 of 12 runs are shown; 2 are not finished." in text[suffix]


def test_the_csv_has_a_row_for_each_difference_and_each_method(files: Any) -> None:
    head, *rows = files(at("hsc", {4: 90.0}) + at("bce", {4: 80.0}))[".csv"].splitlines()
    assert head == (
        "kind,setting,first,second,mean,low,high,pairs,units,wins,p,p_corrected,key,target,best,"
        "best_method,pool,classes,method,amount,tried,alike,seeds,next_amounts,next_seeds"
    )
    assert rows[0].startswith("difference,oe size 4,hsc,bce,10,10,10,2,2,2,0.5,0.5,")
    assert [row.split(",")[0] for row in rows] == ["difference", "needed", "needed"]
    assert ",oe_size,89,90,hsc,100,2,hsc,4,4," in rows[1]
    assert ",oe_size,89,90,hsc,100,2,bce,inf,4," in rows[2]


def test_numbers_of_oe_classes_are_called_classes(files: Any) -> None:
    spec = SPEC.model_copy(update={"swept": ("oe_classes",)})
    rows = [{**row, "oe_classes": 26, "oe_size": None} for row in at("hsc", {1: 90.0})]
    assert "| hsc | 26 (26 to 26) | - | - |" in files(rows, spec)[".md"]


def test_the_html_has_both_tables_and_escapes_the_title(files: Any) -> None:
    text = files(HSC + BCE, SWEPT.model_copy(update={"title": "Cats & <dogs>"}))[".html"]
    assert text.startswith("<!doctype html>")
    assert "<title>Cats &amp; &lt;dogs&gt;</title>" in text
    assert "<h3>Which is better: Cats &amp; &lt;dogs&gt;</h3>" in text
    assert "<th>hsc − bce (oe size 4)</th><td>+7.5</td><td>+7.5 to +7.5</td>" in text
    assert "<th>hsc</th><td>4 (4 to 4)</td>" in text
    assert "<dogs>" not in text


def test_one_pair_is_shown_with_dashes_for_what_it_does_not_say(files: Any) -> None:
    text = files([run(0, 1, 0.80), run(0, 1, 0.82, objective="bce")], SPEC)[".md"]
    assert "| hsc − bce | −2.0 | - | 0 of 1 | - |" in text
    assert "needed" not in text.partition("What is needed")[0]  # nothing is swept


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
