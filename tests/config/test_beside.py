"""Studies in the figure of another, as a configuration names them."""

from pathlib import Path
from typing import Any

import pytest
from config_cases import SMALLEST, accepted, refusal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "own.yaml"


CURVE = {**SMALLEST["studies"]["s"], "sweep": {"oe_size": [1, 8]}}
BY_BLUR = {**SMALLEST["studies"]["s"], "sweep": {"blur": [0, 1]}, "draw": {"curve": "blur"}}


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (
            {"curve": "oe_size", "beside": {"othr": "a"}},
            "studies: s.draw.beside: 'othr' is not a known study; did you mean 'other'?",
        ),
        (
            {"curve": "oe_size", "beside": {"s": "a"}},
            "studies: s.draw.beside: s has others beside it; name studies whose own figure",
        ),
        (
            {"curve": "oe_size", "beside": {"by-blur": "a"}},
            "studies: s.draw.beside: by-blur shows auroc by blur, and s auroc by oe_size; one",
        ),
        ({"beside": {"other": "a"}}, "studies.s: draw.beside names studies for a figure, and "),
        (
            {"curve": "oe_size", "beside": {"other": "a", "by-blur": "a"}},
            "studies.s: draw.beside says the same of two studies; tell their lines apart",
        ),
    ],
)
def test_what_cannot_stand_in_the_figure_of_a_study_is_refused(
    file: Path, draw: dict[str, Any], said: str
) -> None:
    studies = {
        "s": {**CURVE, "draw": draw},
        "other": {**CURVE, "draw": {"curve": "oe_size"}},
        "by-blur": BY_BLUR,
    }
    assert refusal(file, {"studies": studies}).startswith(f"{file}: {said}")


def test_a_study_may_stand_in_the_figure_of_another(file: Path) -> None:
    draw = {"curve": "oe_size", "beside": {"other": "with less data"}}
    studies = {"s": {**CURVE, "draw": draw}, "other": {**CURVE, "draw": {"curve": "oe_size"}}}
    config = accepted(file, {"studies": studies}).config
    assert config.studies["s"].draw.beside == draw["beside"]
