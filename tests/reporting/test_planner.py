"""What the planner says to a person."""

from typing import Any

import pytest
from table_cases import SPEC, run, table

from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.needed import Target, needed
from oebench.reporting.planner import lines

STUDY = SPEC.model_copy(
    update={"name": "pets-size", "swept": ("oe_size",), "pools": {"things": (1000, 26)}}
)


def at(objective: str, means: dict[int, float], **changes: Any) -> list[dict[str, Any]]:
    """Two seeds of a cat and a dog, which lie half a point off."""
    return [
        run(c, seed, (mean + offset) / 100, objective=objective, oe_size=size, **changes)
        for size, mean in means.items()
        for c, offset in enumerate((0.5, -0.5))
        for seed in (1, 2)
    ]


RUNS = table(
    *at("hsc", {1: 96.0, 16: 97.0}, blur=0.0),
    *at("bce", {1: 80.0, 16: 96.0}),
    *(run(c, s, 0.9, objective="dsvdd", oe=None, oe_size=None) for c in (0, 1) for s in (1, 2)),
)


def told(studies: list[StudyManifest], runs: Any = RUNS) -> list[str]:
    return [*lines(studies, runs, needed(runs, studies[0], Target(auroc=88.0)))]


def test_the_answer_has_a_line_for_each_method_and_says_what_it_rests_on() -> None:
    first, *rest = told([STUDY])
    assert first == (
        "pets-size: OE images needed for a mean AUROC of 88 % (2 normal classes, 2 seeds; 95 % "
        "intervals)"
    )
    assert rest[0] == "  hsc    1 (1 to 1)"
    assert rest[1].startswith("  bce    4 (")
    assert rest[2] == "  dsvdd  none, it sees no OE"
    assert rest[3] == "20 of 0 runs are finished."  # the study of this test asks for none
    assert rest[4].startswith("Run next: bce, oe size 2, ")


def test_other_settings_have_answers_of_their_own() -> None:
    blurred = STUDY.model_copy(update={"swept": ("oe_size", "blur")})
    runs = table(*at("hsc", {1: 96.0, 16: 97.0}), *at("hsc", {1: 70.0, 16: 90.0}, blur=8.0))
    found = told([blurred], runs)
    assert found[0].startswith("pets-size, blur 0: OE images needed")
    assert found[2].startswith("pets-size, blur 8: OE images needed")


def test_several_studies_are_one_answer() -> None:
    more = STUDY.model_copy(update={"name": "pets-size-next1"})
    assert told([STUDY, more])[0].startswith("pets-size and pets-size-next1: OE images needed")


def test_where_nothing_is_left_to_run_it_says_so() -> None:
    runs = table(*at("hsc", {1: 96.0, 16: 97.0}))
    assert told([STUDY], runs)[-1].startswith("Nothing to run next")


def test_a_study_without_amounts_is_refused() -> None:
    with pytest.raises(ValueError, match="sweeps neither oe_size nor oe_classes; name a study"):
        told([SPEC])


def test_a_study_without_runs_says_what_makes_them() -> None:
    with pytest.raises(ValueError, match=r"0 of 0 runs are finished.*`snakemake pets-size` makes"):
        told([STUDY], RUNS[:0])
