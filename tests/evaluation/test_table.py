"""The numbers of a table, means over seeds with their standard error, and its rows and columns."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from table_cases import PETS, SPEC, run, table

from oebench.artifacts.manifest import Published, StudyManifest
from oebench.evaluation.aggregate import Cell, mean_over_seeds
from oebench.evaluation.table import build
from oebench.reporting.table import show, write_table


def cells(runs: pd.DataFrame, spec: StudyManifest = SPEC) -> dict[tuple[str, str], Cell]:
    columns, rows = build(runs, spec)
    return {
        (row.name, column): cell
        for row in rows
        for column, cell in zip(columns, row.cells, strict=True)
    }


def names(runs: pd.DataFrame, spec: StudyManifest = SPEC) -> tuple[list[str], list[str]]:
    """Those of the rows and of the columns."""
    columns, rows = build(runs, spec)
    return [row.name for row in rows], columns


def close(cell: Cell, mean: float, error: float, runs: int) -> bool:
    return (cell.mean, cell.error, cell.runs) == pytest.approx((mean, error, runs), nan_ok=True)


# The numbers


def test_a_class_has_the_mean_over_its_seeds_and_their_standard_error() -> None:
    found = cells(table(*PETS))
    assert close(found["cat", "hsc"], 85.0, 5.0, 2)
    assert close(found["dog", "hsc"], 62.0, 2.0, 2)


def test_the_error_of_the_mean_row_is_over_seeds_of_the_class_means_not_over_classes() -> None:
    assert close(cells(table(*PETS))["mean", "hsc"], 73.5, 3.5, 4)


def test_classes_that_rise_and_fall_together_do_not_hide_the_error_nor_opposite_ones_add_it() -> (
    None
):
    opposite = table(run(0, 1, 0.8), run(0, 2, 0.9), run(1, 1, 0.9), run(1, 2, 0.8))
    assert close(cells(opposite)["mean", "hsc"], 85.0, 0.0, 4)  # 85 with either seed


def test_one_seed_has_no_error() -> None:
    found = cells(table(PETS[0], PETS[2]))
    assert close(found["cat", "hsc"], 80.0, np.nan, 1)
    assert close(found["mean", "hsc"], 70.0, np.nan, 2)


@pytest.mark.parametrize("status", ["collapsed", "diverged"])
def test_a_failed_run_is_left_out_and_counted_in_the_note(tmp_path: Path, status: str) -> None:
    failed = {"status": status, **({"auroc": None} if status == "diverged" else {})}
    runs = table(*PETS[:3], {**PETS[3], **failed})
    found = cells(runs)
    assert close(found["dog", "hsc"], 60.0, np.nan, 1)
    write_table(runs, SPEC, tmp_path / "s")
    text = (tmp_path / "s.md").read_text()
    assert "3 of 4 runs are shown" in text
    assert f"1 {status} and are left out" in text


def test_a_seed_that_lacks_a_class_does_not_count_in_the_mean_row() -> None:
    """Seed 2 without the hard class would lift the mean from 70 to 80."""
    runs = table(*PETS[:3], {**PETS[3], "status": "collapsed"})
    # Seed 1 is complete: (80 + 60) / 2; one seed has no error.
    assert close(cells(runs)["mean", "hsc"], 70.0, np.nan, 2)


def test_without_a_complete_seed_the_mean_is_over_the_classes_there_are_and_has_no_error() -> None:
    runs = table(
        PETS[0],
        {**PETS[1], "status": "collapsed"},
        {**PETS[2], "status": "collapsed"},
        PETS[3],
        run(1, 3, 0.70),
        {**run(0, 3, 0.5), "status": "collapsed"},
    )
    # cat: 80; dog: (64 + 70) / 2 = 67; their mean 73.5, whatever the number of seeds in each.
    assert close(cells(runs)["mean", "hsc"], 73.5, np.nan, 3)


def test_a_class_that_fails_with_every_seed_leaves_no_mean() -> None:
    collapsed = [{**each, "status": "collapsed"} for each in PETS[2:]]
    assert close(cells(table(*PETS[:2], *collapsed))["mean", "hsc"], np.nan, np.nan, 2)


def test_no_run_at_all_is_a_dash() -> None:
    none = mean_over_seeds(table(), table(*PETS))
    assert np.isnan(none.mean)
    assert none.runs == 0
    assert show(none) == "-"


def test_a_cell_shows_one_decimal_of_mean_and_error() -> None:
    assert show(Cell(85.04, 4.96, 2)) == "85.0 ± 5.0"
    assert show(Cell(85.04, np.nan, 1)) == "85.0"


# Three classes, three seeds, two objectives, in per cent.
#            seeds 1 to 3      mean    standard error: deviation (n - 1) / sqrt(3)
# hsc  cat   90   92   94      92      2 / sqrt(3)
#      dog   80   80   83      81      sqrt((1 + 1 + 4) / 2) / sqrt(3) = 1
#      cow   70   74   72      72      2 / sqrt(3)
#      mean  80   82   83      245/3   sqrt((25 + 1 + 16) / 9 / 2) / sqrt(3) = sqrt(7) / 3
# bce  cat   95   95   95      95      0
#      dog   60   66   72      66      6 / sqrt(3)
#      cow   85   79   73      79      6 / sqrt(3)
#      mean  80   80   80      80      0
MAIN = {
    "hsc": ((90, 92, 94), (80, 80, 83), (70, 74, 72)),
    "bce": ((95, 95, 95), (60, 66, 72), (85, 79, 73)),
}
ROOT3 = np.sqrt(3)
BY_HAND = {
    "hsc": ((92, 2 / ROOT3), (81, 1), (72, 2 / ROOT3), (245 / 3, np.sqrt(7) / 3)),
    "bce": ((95, 0), (66, 6 / ROOT3), (79, 6 / ROOT3), (80, 0)),
}


def main_table() -> pd.DataFrame:
    return table(
        *(
            run(c, seed, auroc / 100, objective=objective)
            for objective, classes in MAIN.items()
            for c, seeds in enumerate(classes)
            for seed, auroc in enumerate(seeds, 1)
        )
    )


@pytest.mark.parametrize("objective", MAIN)
def test_a_table_of_three_classes_and_seeds_is_that_worked_out_by_hand(objective: str) -> None:
    found = cells(main_table())
    for name, (mean, error) in zip(["cat", "dog", "cow", "mean"], BY_HAND[objective], strict=True):
        count = 9 if name == "mean" else 3
        assert close(found[name, objective], mean, error, count)


def test_a_table_equals_a_plain_groupby() -> None:
    runs = main_table()
    found = cells(runs)
    assert len(found) == 8  # 3 classes and the mean, 2 objectives
    per_class = runs.groupby(["normal_name", "objective"])["auroc"].agg(["mean", "sem", "size"])
    for (name, objective), row in per_class.iterrows():
        assert close(found[name, objective], 100 * row["mean"], 100 * row["sem"], int(row["size"]))
    per_seed = runs.groupby(["objective", "seed"])["auroc"].mean()
    for objective in ("hsc", "bce"):
        means = per_seed[objective]
        assert close(found["mean", objective], 100 * means.mean(), 100 * means.sem(), 9)


# Rows and columns


def test_rows_are_the_normal_classes_and_their_mean_and_columns_the_objectives() -> None:
    runs = table(*PETS, *({**each, "objective": "bce"} for each in PETS))
    assert names(runs) == (["cat", "dog", "mean"], ["hsc", "bce"])


def test_what_else_is_swept_stands_in_the_columns() -> None:
    runs = table(*({**each, "norm": norm} for norm in ("l1", "l2") for each in PETS))
    _, columns = names(runs, SPEC.model_copy(update={"swept": ("norm",)}))
    assert columns == ["hsc, norm l1", "hsc, norm l2"]


def test_a_swept_key_in_the_rows_gives_a_row_for_each_value_and_no_mean() -> None:
    runs = table(*PETS, *({**each, "oe_size": 32, "auroc": 0.9} for each in PETS))
    spec = SPEC.model_copy(update={"rows": "oe_size", "swept": ("oe_size",)})
    assert names(runs, spec) == (["16", "32"], ["hsc"])
    found = cells(runs, spec)
    assert close(found["16", "hsc"], 73.5, 3.5, 4)
    assert close(found["32", "hsc"], 90.0, 0.0, 4)


def test_a_baseline_without_oe_stands_in_every_row_of_oe_sizes() -> None:
    baseline = {"objective": "dsvdd", "oe": None, "oe_size": None}
    runs = table(
        *PETS,
        *({**each, "oe_size": 32, "auroc": 0.9} for each in PETS),
        *({**each, **baseline} for each in PETS),
    )
    spec = SPEC.model_copy(update={"rows": "oe_size", "swept": ("oe_size",)})
    found = cells(runs, spec)
    assert set(found) == {(row, name) for row in ("16", "32") for name in ("hsc", "dsvdd")}
    assert close(found["16", "dsvdd"], 73.5, 3.5, 4)
    assert found["32", "dsvdd"] == found["16", "dsvdd"]


def test_a_baseline_without_oe_stands_in_every_row_of_blurs_of_the_oe() -> None:
    baseline = {"objective": "dsvdd", "oe": None, "oe_size": None}
    runs = table(
        *PETS,
        *({**each, "blur": 4.0} for each in PETS),
        *({**each, **baseline} for each in PETS),
    )
    spec = SPEC.model_copy(update={"rows": "blur", "swept": ("blur",)})
    found = cells(runs, spec)
    assert close(found["4", "dsvdd"], 73.5, 3.5, 4)


# Order of the rows


@pytest.mark.parametrize(
    ("key", "values", "rows"),
    [
        ("oe_size", [1024, 2, 16], ["2", "16", "1024"]),
        ("gamma", [2.0, 0.5, 0.0, 4.0], ["0", "0.5", "2", "4"]),
        ("blur", [32.0, 1.0, 0.0, 4.0], ["0", "1", "4", "32"]),  # 0, unblurred, is the first
        ("norm", ["l2", "l1"], ["l2", "l1"]),  # names as the study has them
    ],
)
def test_numbers_stand_in_order_of_their_value_names_in_that_of_the_study(
    key: str, values: list[Any], rows: list[str]
) -> None:
    runs = table(*({**each, key: value} for value in values for each in PETS))
    assert names(runs, SPEC.model_copy(update={"rows": key, "swept": (key,)}))[0] == rows


# Published values


def value(method: str = "CSI", mean_auc: float = 94.3, **changes: str) -> Published:
    base = {"dataset": "pets", "oe": "none", "status": "verified", "source": "table 1"}
    return Published(**{**base, "method": method, "mean_auc": mean_auc, **changes})


def beside(*published: Published) -> StudyManifest:
    return SPEC.model_copy(update={"published": published})


def test_ours_minus_a_published_value_stands_below_the_mean() -> None:
    runs = table(*PETS, *({**each, "objective": "bce", "auroc": 0.97} for each in PETS))
    spec = beside(value(), value("GT+", 60.0))
    assert names(runs, spec)[0] == [
        *("cat", "dog", "mean", "mean − CSI (no OE) 94.3", "mean − GT+ (no OE) 60")
    ]
    found = cells(runs, spec)
    assert close(found["mean − CSI (no OE) 94.3", "hsc"], -20.8, 3.5, 4)  # 73.5 - 94.3
    assert close(found["mean − CSI (no OE) 94.3", "bce"], 2.7, 0.0, 4)  # 97 - 94.3
    assert close(found["mean − GT+ (no OE) 60", "hsc"], 13.5, 3.5, 4)


def test_a_method_that_is_also_ours_is_compared_with_itself_alone() -> None:
    runs = table(*PETS, *({**each, "objective": "deepsad", "auroc": 0.97} for each in PETS))
    found = cells(runs, beside(value("DSAD", 94.5, oe="80mti", objective="deepsad")))
    assert close(found["mean − DSAD (OE 80mti) 94.5", "deepsad"], 2.5, 0.0, 4)  # 97 - 94.5
    assert close(found["mean − DSAD (OE 80mti) 94.5", "hsc"], np.nan, np.nan, 0)


def test_a_method_that_is_ours_but_not_in_the_study_has_no_row() -> None:
    assert names(table(*PETS), beside(value("Focal", objective="focal")))[0] == [
        "cat",
        "dog",
        "mean",
    ]


def test_the_value_of_a_class_stands_below_that_class() -> None:
    spec = beside(value(mean_auc=80.0, normal_class="cat"), value())
    rows = names(table(*PETS), spec)[0]
    assert rows == ["cat", "cat − CSI (no OE) 80", "dog", "mean", "mean − CSI (no OE) 94.3"]
    assert close(cells(table(*PETS), spec)["cat − CSI (no OE) 80", "hsc"], 5.0, 5.0, 2)  # 85 - 80


def test_without_a_mean_of_ours_there_is_no_difference() -> None:
    collapsed = [{**each, "status": "collapsed"} for each in PETS[2:]]
    found = cells(table(*PETS[:2], *collapsed), beside(value()))
    assert close(found["mean − CSI (no OE) 94.3", "hsc"], np.nan, np.nan, 2)
