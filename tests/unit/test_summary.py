"""What stands beside tables and figures: names as a reader knows them, and what they rest on."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from oead.summary import Spec, label_of, labels_of, notes, shown

SPEC = Spec(name="s", title="t", swept=("oe_size",), expected=4, epochs=(50,))


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    base = {
        "dataset": "digits",
        "oe": "letters",
        "objective": "hsc",
        "norm": None,
        "normal_class": 0,
        "normal_name": "zero",
        "oe_size": 16,
        "augment": False,
        "seed": 1,
        "status": "ok",
    }
    frame = pd.DataFrame([{**base, **row} for row in rows])
    return frame.astype({"oe_size": "Int64", "seed": "Int64"})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (16, "16"),
        (16.0, "16"),
        (0.5, "0.5"),
        (2_097_152, "2097152"),
        (2_097_152.0, "2097152"),  # the largest OE size of the paper
        (np.int64(16), "16"),
        (np.float64(0.5), "0.5"),
        ("l2_squared", "l2_squared"),
        (True, "on"),
        (False, "off"),
        (np.True_, "on"),
        (None, ""),
        (pd.NA, ""),
        (float("nan"), ""),
    ],
)
def test_a_value_is_shown_as_a_reader_would_write_it(value: Any, text: str) -> None:
    assert shown(value) == text


def test_normal_classes_are_shown_by_name() -> None:
    runs = table({"normal_class": 1, "normal_name": "one"}, {})
    assert label_of(runs, "normal_class").tolist() == ["one", "zero"]


def test_whole_numbers_are_shown_whole_beside_gaps() -> None:
    assert label_of(table({"oe_size": 16}, {"oe_size": None}), "oe_size").tolist() == ["16", ""]


def test_an_objective_stands_by_its_name_and_what_else_varies_with_its_own() -> None:
    runs = table(
        {"objective": "hsc", "norm": "l1", "oe_size": 1},
        {"objective": "bce", "oe_size": None, "augment": True},
    )
    assert labels_of(runs, ["objective"]).tolist() == ["hsc", "bce"]
    assert labels_of(runs, ["objective", "norm", "oe_size", "augment"]).tolist() == [
        "hsc, norm l1, oe size 1, augment off",
        "bce, augment on",  # no word about what does not apply
    ]


def test_the_notes_say_what_the_numbers_rest_on() -> None:
    runs = table({"seed": 1}, {"seed": 2}, {"normal_class": 1}, {"normal_class": 1, "seed": 2})
    assert notes(runs, SPEC, "Mean AUROC") == (
        "Mean AUROC. Normal and test images: digits; OE images: letters. 2 normal classes, "
        "2 seeds, 50 epochs. 4 of 4 runs are shown."
    )


def test_the_notes_count_what_is_left_out_and_what_is_not_finished() -> None:
    runs = table({}, {"status": "collapsed"}, {"status": "diverged"}, {"status": "diverged"})
    text = notes(runs, SPEC.model_copy(update={"expected": 10}), "Mean AUROC")
    assert text.endswith(
        "1 of 10 runs are shown; 1 collapsed and are left out; 2 diverged and are left out; "
        "6 are not finished."
    )


def test_the_notes_name_every_oe_source_and_none_where_there_is_none() -> None:
    both = table({"oe": "letters"}, {"oe": "fashion"}, {"oe": None})
    assert "OE images: fashion, letters. " in notes(both, SPEC, "Mean")
    assert "OE images: none. " in notes(table({"oe": None}), SPEC, "Mean")


def test_the_notes_name_different_epochs_and_what_lies_beyond_the_pool() -> None:
    spec = SPEC.model_copy(update={"epochs": (50, 100), "dropped": ("oe_size: 9 is more", "b")})
    text = notes(table({}), spec, "Mean")
    assert "50 or 100 epochs" in text
    assert text.endswith(" Left out as beyond the pool: oe_size: 9 is more; b.")
