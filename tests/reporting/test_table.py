"""A table as CSV, Markdown, LaTeX and HTML."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from page_cases import unpadded
from table_cases import PETS, SPEC, run, table

from oebench.artifacts.manifest import Published, StudyManifest
from oebench.evaluation.aggregate import Cell
from oebench.evaluation.table import build
from oebench.reporting.table import read_table, show, write_table


@pytest.fixture
def files(tmp_path: Path) -> Any:
    """The texts of all formats of a table, by suffix; Markdown unpadded."""

    def texts(runs: pd.DataFrame, **changes: Any) -> dict[str, str]:
        paths = write_table(runs, SPEC.model_copy(update=changes), tmp_path / "s")
        found = {path.suffix: path.read_text() for path in paths}
        return found | {".md": unpadded(found[".md"])}

    return texts


def compared(*aurocs: tuple[float, float]) -> pd.DataFrame:
    """hsc and bce on one seed; a pair of AUROCs for each class."""
    return table(
        *(
            run(c, 1, auroc, objective=objective)
            for c, pair in enumerate(aurocs)
            for objective, auroc in zip(("hsc", "bce"), pair, strict=True)
        )
    )


def test_a_table_comes_as_csv_markdown_latex_and_html(files: Any) -> None:
    assert [*files(table(*PETS))] == [".csv", ".md", ".tex", ".html"]


def test_the_csv_has_mean_error_and_runs_of_each_method(files: Any) -> None:
    assert files(table(*PETS))[".csv"] == (
        "normal class,hsc,hsc se,hsc runs\n"
        "cat,85.0000,5.0000,2\n"
        "dog,62.0000,2.0000,2\n"
        "mean,73.5000,3.5000,4\n"
    )


def test_the_markdown_is_a_table_with_title_and_note(files: Any) -> None:
    lines = files(table(*PETS))[".md"].splitlines()
    assert lines[0] == "### Pets"
    assert lines[2:7] == [
        "| normal class | hsc |",
        "|:--|--:|",
        "| cat | 85.0 ± 5.0 |",
        "| dog | 62.0 ± 2.0 |",
        "| mean | 73.5 ± 3.5 |",
    ]
    assert lines[-3].startswith("Mean AUROC in per cent ± standard error over seeds. Normal and ")


def test_the_best_of_each_row_is_bold(files: Any) -> None:
    text = files(compared((0.91, 0.92), (0.99, 0.5)))
    assert "| cat | 91.0 | **92.0** |" in text[".md"]
    assert "| dog | **99.0** | 50.0 |" in text[".md"]
    assert "cat & 91.0 & \\textbf{92.0} \\\\" in text[".tex"]
    assert "<td>91.0</td><td><b>92.0</b></td>" in text[".html"]


@pytest.mark.parametrize(
    ("metric", "title", "lower"),
    [
        ("average_precision", "average precision", False),
        ("fpr95", "share of normal images called anomalous (as 95 % of the anomalies are)", True),
        ("miss95", "share of anomalies called normal (as 95 % of the normal images are)", True),
    ],
)
def test_another_metric_is_shown_with_its_title_and_its_best(
    files: Any, metric: str, title: str, lower: bool
) -> None:
    runs = compared((0.91, 0.92)).assign(**{metric: [0.125, 0.375]})
    text = files(runs, metric=metric)
    row = "| cat | **12.5** | 37.5 |" if lower else "| cat | 12.5 | **37.5** |"
    assert row in text[".md"]
    assert f"Mean {title} in per cent. Normal" in text[".md"]
    best, other = ("12.5", "37.5") if lower else ("37.5", "12.5")
    assert f"\\textbf{{{best}}}" in text[".tex"]
    assert f"<td><b>{best}</b></td>" in text[".html"]
    assert f"<td>{other}</td>" in text[".html"]


def test_of_a_single_method_nothing_is_bold(files: Any) -> None:
    for text in files(table(*PETS)).values():
        assert "**" not in text
        assert "textbf" not in text
        assert "<b>" not in text


def test_methods_that_tie_at_the_shown_decimal_are_both_bold(files: Any) -> None:
    text = files(compared((0.9204, 0.9198), (0.9204, 0.9194)))[".md"]
    assert "| cat | **92.0** | **92.0** |" in text  # 92.04 and 91.98
    assert "| dog | **92.0** | 91.9 |" in text  # 92.04 and 91.94


def test_a_method_without_a_run_is_a_dash_and_never_bold(files: Any) -> None:
    runs = compared((0.9, 0.8))
    runs.loc[runs["objective"] == "hsc", "status"] = "diverged"
    assert "| cat | - | **80.0** |" in files(runs)[".md"]


def test_the_latex_has_booktabs_rules_and_a_rule_above_the_mean(files: Any) -> None:
    lines = files(table(*PETS))[".tex"].splitlines()
    assert lines[0].startswith("% Mean AUROC in per cent")
    assert lines[1:-1] == [
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"normal class & hsc \\",
        r"\midrule",
        r"cat & 85.0 $\pm$ 5.0 \\",
        r"dog & 62.0 $\pm$ 2.0 \\",
        r"\midrule",
        r"mean & 73.5 $\pm$ 3.5 \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def latex_named(files: Any, name: str) -> str:
    """The LaTeX of a table with a class of that name."""
    return files(table(*({**each, "normal_name": name} for each in PETS[:2])))[".tex"]


@pytest.mark.parametrize("sign", list("_&%#$"))
def test_signs_with_a_meaning_in_latex_are_escaped(files: Any, sign: str) -> None:
    assert f"\na\\{sign}b & 85.0" in latex_named(files, f"a{sign}b")


@pytest.mark.parametrize("sign", list("\\{}~^"))
def test_no_sign_of_a_class_name_is_taken_for_latex(files: Any, sign: str) -> None:
    text = latex_named(files, f"a{sign}b")
    assert f"a{sign}b" not in text
    assert re.search(r"\na.+b\S* & 85\.0", text)


def test_names_with_underscores_are_escaped_in_the_latex_and_nowhere_else(files: Any) -> None:
    runs = table(*({**each, "normal_name": "soccer_ball"} for each in PETS[:2]))
    text = files(runs)
    assert "soccer\\_ball & " in text[".tex"]
    assert "| soccer_ball |" in text[".md"]


def test_a_bar_in_a_name_does_not_break_the_markdown(files: Any) -> None:
    runs = table(*({**each, "normal_name": "a|b"} for each in PETS[:2]))
    row = files(runs)[".md"].splitlines()[4]
    assert len(re.findall(r"(?<!\\)\|", row)) == 3  # two cells have three borders


def test_the_html_escapes_names_and_holds_the_note(files: Any) -> None:
    runs = table(*({**each, "normal_name": "<b>"} for each in PETS[:2]))
    text = files(runs, title="Cats & dogs")[".html"]
    assert "<th>&lt;b&gt;</th>" in text
    assert "<title>Cats &amp; dogs</title>" in text
    assert "2 of 4 runs are shown; 2 are not finished." in text


# Published values

CSI = Published(
    dataset="pets", oe="none", method="CSI", mean_auc=94.3, status="verified", source="table <1>"
)
HSC = CSI.model_copy(
    update={
        **{"oe": "80mti", "method": "HSC", "mean_auc": 70.0, "status": "unverified"},
        "objective": "hsc",
    }
)
BOTH = table(*PETS, *({**each, "objective": "bce", "auroc": 0.97} for each in PETS))


def test_the_csv_has_value_status_and_source_of_what_was_published_and_ours_minus_it(
    files: Any,
) -> None:
    assert files(BOTH, published=(CSI, HSC))[".csv"] == (
        "normal class,hsc,hsc se,hsc runs,hsc difference,bce,bce se,bce runs,bce difference,"
        "published dataset,published oe,published method,published mean_auc,published status,"
        "published source,published normal_class,published objective\n"
        "cat,85.0000,5.0000,2,,97.0000,0.0000,2,,,,,,,,,\n"
        "dog,62.0000,2.0000,2,,97.0000,0.0000,2,,,,,,,,,\n"
        "mean,73.5000,3.5000,4,,97.0000,0.0000,4,,,,,,,,,\n"
        # 73.5 - 94.3 and 97 - 94.3; HSC is compared with ours of that name: 73.5 - 70.
        "mean − CSI (no OE) 94.3,,3.5000,4,-20.8000,,0.0000,4,2.7000,"
        "pets,none,CSI,94.3000,verified,table <1>,,\n"
        '"mean − HSC (OE 80mti, unverified) 70",,3.5000,4,3.5000,,,0,,'
        "pets,80mti,HSC,70.0000,unverified,table <1>,,hsc\n"
    )


def test_differences_have_their_sign_and_none_is_bold(files: Any) -> None:
    text = files(BOTH, published=(CSI, HSC))
    assert text[".md"].splitlines()[6:9] == [
        "| mean | 73.5 ± 3.5 | **97.0 ± 0.0** |",
        "| mean − CSI (no OE) 94.3 | −20.8 | +2.7 |",
        "| mean − HSC (OE 80mti, unverified) 70 | +3.5 | |",
    ]
    assert "mean $-$ CSI (no OE) 94.3 & $-$20.8 & +2.7 \\\\\n" in text[".tex"]
    assert "mean $-$ HSC (OE 80mti, unverified) 70 & +3.5 &  \\\\\n" in text[".tex"]
    assert "<th>mean − CSI (no OE) 94.3</th><td>−20.8</td><td>+2.7</td>" in text[".html"]
    assert "<th>mean − HSC (OE 80mti, unverified) 70</th><td>+3.5</td><td></td>" in text[".html"]


def test_below_the_table_stands_where_each_value_is_from(files: Any) -> None:
    text = files(BOTH, published=(CSI, HSC))
    sentence = (
        "Below a row stands our value minus a published one, whose OE images may be others than "
        "ours. Published: CSI (no OE): table <1>; HSC (OE 80mti, unverified): table <1>."
    )
    assert text[".md"].splitlines()[-3] == sentence
    assert text[".tex"].splitlines()[1] == f"% {sentence}"
    assert "CSI (no OE): table &lt;1&gt;; HSC (OE" in text[".html"]
    assert "table <1>" not in text[".html"]


def test_without_a_published_value_no_word_is_said_of_any(files: Any) -> None:
    for text in files(BOTH).values():
        assert "ublished" not in text
        assert "difference" not in text


def test_only_the_mean_itself_has_a_rule_above(files: Any) -> None:
    text = files(BOTH, published=(CSI,))
    assert text[".tex"].count("\\midrule") == 2  # below the head, above the mean
    assert text[".html"].count('<tr class="rule">') == 1
    assert '<tr class="rule"><th>mean</th>' in text[".html"]


@pytest.mark.parametrize(
    ("difference", "text"), [(1.26, "+1.3"), (-1.26, "−1.3"), (0.0, "+0.0"), (float("nan"), "")]
)
def test_a_difference_is_shown_with_its_sign_and_no_error(difference: float, text: str) -> None:
    assert show(Cell(difference, 0.5, 3), sign="+") == text


# Reading


def with_sizes(name: str) -> tuple[pd.DataFrame, StudyManifest]:
    """Two objectives at two sizes, the larger with all classes and seeds, and a baseline.

    name: the recipe's, which is swept too.
    """
    small = [{**each, "oe_size": 1, "auroc": 1 / 3} for each in PETS[:3]]
    rows = [{**each, "recipe": recipe} for recipe in ("quick", name) for each in (*small, *PETS)]
    focal = [{**each, "objective": "focal"} for each in PETS]
    kde = [{**each, "objective": "kde", "oe": None, "oe_size": None} for each in PETS[:1]]
    swept = ("recipe", "oe_size")
    return table(*rows, *focal, *kde), SPEC.model_copy(update={"rows": "oe_size", "swept": swept})


def named(*names: str) -> tuple[pd.DataFrame, StudyManifest]:
    """Classes of these names, one of which has no run that ended well."""
    failed = {"status": "diverged", "auroc": None}
    rows = [{**each, "normal_name": names[each["normal_class"]]} for each in PETS]
    cow = run(2, 1, 0.5, normal_name=names[2])
    return table(*rows, {**cow, **failed}), SPEC


@pytest.mark.parametrize(
    ("runs", "study"),
    [
        (BOTH, SPEC.model_copy(update={"published": (CSI, HSC)})),
        (
            BOTH,
            SPEC.model_copy(
                update={
                    "published": (CSI.model_copy(update={"normal_class": "dog", "source": "NA"}),)
                }
            ),
        ),
        with_sizes("slow"),
        with_sizes("runs"),
        named("NA", "none", "nan"),
        named("1", "2.50", "-"),
        named('a, "b"', "mean", "dog\u2019s & <cat>"),
    ],
    ids=["published", "of a class", "sizes", "recipe runs", "missing", "numbers", "signs"],
)
def test_a_table_is_read_as_the_rows_it_was_made_of(
    tmp_path: Path, runs: pd.DataFrame, study: StudyManifest
) -> None:
    columns, rows = build(runs, study)
    found_columns, found = read_table(write_table(runs, study, tmp_path / "s")[0])
    assert found_columns == columns
    about = [
        [(each.name, each.published, len(each.cells)) for each in many] for many in (found, rows)
    ]
    assert about[0] == about[1]
    cells = [[cell for each in many for cell in each.cells] for many in (found, rows)]
    assert [each.runs for each in cells[0]] == [each.runs for each in cells[1]]
    for part in ("mean", "error"):
        read, made = ([getattr(each, part) for each in many] for many in cells)
        assert read == pytest.approx(made, abs=5.01e-5, nan_ok=True)


def test_all_formats_show_what_the_csv_holds(files: Any) -> None:
    """The mean is 91.94998; the CSV has 91.9500, and so 92.0 is shown everywhere."""
    text = files(compared((0.9194998, 0.5)))
    assert "cat,91.9500," in text[".csv"]
    assert "| cat | **92.0** |" in text[".md"]
    assert "<b>92.0</b>" in text[".html"]
    assert "\\textbf{92.0}" in text[".tex"]


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda text: "",
        lambda text: "a,b\n1,2\n",
        lambda text: text.replace("85.0000", "many"),
        lambda text: text.replace("hsc se", "hsc"),
        lambda text: text[: text.index("dog") + 8],
    ],
    ids=["empty", "another", "words", "column", "cut"],
)
def test_what_is_no_table_is_refused(tmp_path: Path, spoilt: Any) -> None:
    path = write_table(table(*PETS), SPEC, tmp_path / "s")[0]
    path.write_text(spoilt(path.read_text()))
    with pytest.raises(ValueError, match=r"s\.csv is not a table of a study \(.*\); delete it$"):
        read_table(path)


def test_a_study_without_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"s has no table: its `draw\.table` is null"):
        write_table(table(*PETS), SPEC.model_copy(update={"rows": None}), tmp_path / "s")
