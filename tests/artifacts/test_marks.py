"""A mark says what a file was drawn of, by nothing that a machine or a checkout changes."""

from pathlib import Path

import pytest
from table_cases import PETS, SPEC, run, table

from oebench.artifacts import marks
from oebench.artifacts.marks import Mark, of_runs, of_texts

CODE = "0123456789ab"
RUN = "dataset=pets/oe=things~size=16/objective=hsc/recipe=r~augment=on/normal_class=3/seed=1"


def of(*rows: dict[str, object], **changes: object) -> Mark:
    return of_runs("table", "s", CODE, [SPEC.model_copy(update=changes)], table(*rows))


def test_a_mark_is_a_line_for_people_and_programs() -> None:
    mark = Mark("curve", "digits-oe-size", CODE, "12ab", "34cd")
    assert str(mark) == f"oebench curve of digits-oe-size, code {CODE}, asked 12ab, runs 34cd"


@pytest.mark.parametrize("name", ["s", RUN, "Größe (1), <b> & \\ --> 100 %"])
@pytest.mark.parametrize("code", [CODE, ""])
@pytest.mark.parametrize("suffix", marks.MARKED)
def test_a_mark_is_read_wherever_it_stands(
    tmp_path: Path, suffix: str, name: str, code: str
) -> None:
    mark = of_texts("look", name, code, "asked", b"runs")
    assert not {*str(mark)} & {*"<>&\"'()\\{}"}  # that a format may spell otherwise
    file = tmp_path / f"a{suffix}"
    file.write_bytes(b"\x89\xff of oebench, code (" + str(mark).encode() + b"ab\xe4)" + b"\n" * 9)
    assert marks.read(file) == mark


@pytest.mark.parametrize("name", ["a.csv", "a.txt"])
def test_a_file_of_a_kind_that_has_no_mark_is_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(str(of_texts("curve", "s", CODE, "a", "b")))
    assert marks.read(tmp_path / name) is None


def test_a_file_without_a_mark_has_none(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("oebench curve of s, code unknown\n")
    assert marks.read(tmp_path / "a.md") is None


def test_the_order_speed_and_machine_of_runs_change_no_mark() -> None:
    other = [{**each, "device": "GPU", "train_seconds": 9.0, "path": "else"} for each in PETS]
    assert of(*PETS) == of(*PETS[::-1]) == of(*other)


def test_other_numbers_runs_or_wishes_change_the_mark() -> None:
    found = [
        of(*PETS),
        of(*PETS[:3], run(1, 2, 0.65)),
        of(*PETS[:3]),
        of(*PETS[:3], run(1, 2, 0.64, status="diverged")),
    ]
    assert len({each.runs for each in found}) == 4
    assert len({each.asked for each in found}) == 1
    assert of(*PETS, title="Dogs").asked != found[0].asked
