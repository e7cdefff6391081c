"""A run in the store has a name made of all that its scores depend on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oebench.artifacts.stored import finished_beside, finished_file, state_beside, store_key
from oebench.run import Run

RUN = Run("digits", "letters", 16, None, 0.0, "hsc", "l1", None, "digits", False, 3, 1)
FACTS: dict[str, Any] = {
    "run": RUN,
    "recipe": {"epochs": 50, "batch": 32},
    "arithmetic": "float32",
    "code": "c0de",
    "images": {"digits": "12", "letters": "34"},
}


@pytest.mark.parametrize(
    "change",
    [
        {"run": replace(RUN, seed=2)},
        {"run": replace(RUN, norm="l2")},
        {"recipe": {"epochs": 51, "batch": 32}},
        {"arithmetic": "bfloat16"},
        {"code": "c0ded"},
        {"images": {"digits": "12"}},
        {"images": {"digits": "34", "letters": "12"}},
    ],
)
def test_the_store_key_changes_with_all_a_run_depends_on(change: dict[str, Any]) -> None:
    assert store_key(**(FACTS | change)) != store_key(**FACTS)


def test_the_store_key_does_not_depend_on_the_order_of_the_recipe() -> None:
    turned = {"recipe": {"batch": 32, "epochs": 50}}
    assert store_key(**(FACTS | turned)) == store_key(**FACTS)


def test_the_state_of_a_training_lies_beside_the_run_that_it_becomes() -> None:
    finished = finished_file(Path("store"), "abc")
    assert finished == Path("store/ab/abc.h5")
    assert state_beside(finished) == Path("store/ab/abc.pt")
    assert finished_beside(state_beside(finished)) == finished
