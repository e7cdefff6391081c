"""The numbers of a table, means over seeds with their standard error, and its rows and columns."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from table_cases import PETS, SPEC, run, table

from oead.summary import Spec
from oead.tables import Cell, build, mean_over_seeds, show, write_table


def cells(runs: pd.DataFrame, spec: Spec = SPEC) -> dict[tuple[str, str], Cell]:
    rows, columns, values = build(runs, spec)
    return {
        (row, column): values[i][j]
        for i, row in enumerate(rows)
        for j, column in enumerate(columns)
    }


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


def test_a_table_equals_a_plain_groupby() -> None:
    random = np.random.default_rng(0)
    runs = table(
        *(
            run(c, seed, random.uniform(0.5, 1), objective=objective)
            for objective in ("hsc", "bce")
            for c in range(3)
            for seed in range(1, 8)
        )
    )
    found = cells(runs)
    assert len(found) == 8  # 3 classes and the mean, 2 objectives
    per_class = runs.groupby(["normal_name", "objective"])["auroc"].agg(["mean", "sem", "size"])
    for (name, objective), row in per_class.iterrows():
        assert close(found[name, objective], 100 * row["mean"], 100 * row["sem"], int(row["size"]))
    per_seed = runs.groupby(["objective", "seed"])["auroc"].mean()
    for objective in ("hsc", "bce"):
        means = per_seed[objective]
        assert close(found["mean", objective], 100 * means.mean(), 100 * means.sem(), 21)


# Rows and columns


def test_rows_are_the_normal_classes_and_their_mean_and_columns_the_objectives() -> None:
    runs = table(*PETS, *({**each, "objective": "bce"} for each in PETS))
    rows, columns, _ = build(runs, SPEC)
    assert rows == ["cat", "dog", "mean"]
    assert columns == ["hsc", "bce"]


def test_what_else_is_swept_stands_in_the_columns() -> None:
    runs = table(*({**each, "norm": norm} for norm in ("l1", "l2") for each in PETS))
    _, columns, _ = build(runs, SPEC.model_copy(update={"swept": ("norm",)}))
    assert columns == ["hsc, norm l1", "hsc, norm l2"]


def test_a_swept_key_in_the_rows_gives_a_row_for_each_value_and_no_mean() -> None:
    runs = table(*PETS, *({**each, "oe_size": 32, "auroc": 0.9} for each in PETS))
    spec = SPEC.model_copy(update={"rows": "oe_size", "swept": ("oe_size",)})
    rows, columns, _ = build(runs, spec)
    assert (rows, columns) == (["16", "32"], ["hsc"])
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
