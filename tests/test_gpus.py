"""Which GPUs a process may use, as the driver lists them and CUDA_VISIBLE_DEVICES chooses."""

from pathlib import Path

import pytest
from gpu_cases import DIVIDED, FOUR, MIG, driver, machine_with, whole

from oebench import gpus
from oebench.gpus import VISIBLE, visible
from oebench.validation import UserError


@pytest.fixture
def four(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine_with(monkeypatch, tmp_path, whole(*FOUR))


@pytest.mark.usefixtures("four")
def test_without_a_choice_all_devices_are_visible_by_their_uuids() -> None:
    assert visible() == {uuid: uuid for uuid in FOUR}


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("0", {FOUR[0]: "0"}),
        ("2,0", {FOUR[2]: "2", FOUR[0]: "0"}),
        (" 1, 3 ", {FOUR[1]: "1", FOUR[3]: "3"}),
        (FOUR[3], {FOUR[3]: FOUR[3]}),
        (f"{FOUR[3]},{FOUR[1]}", {FOUR[3]: FOUR[3], FOUR[1]: FOUR[1]}),
        ("GPU-2", {FOUR[2]: "GPU-2"}),
        ("1,1", {FOUR[1]: "1"}),
        # None at all; and CUDA goes no further than the first that is not there.
        ("", {}),
        ("-1", {}),
        ("NoDevFiles", {}),
        ("0,-1,1", {FOUR[0]: "0"}),
        ("1,4,2", {FOUR[1]: "1"}),
        (f"{FOUR[1]},GPU-9,{FOUR[2]}", {FOUR[1]: FOUR[1]}),
        ("GPU-", {}),  # which one?
    ],
)
def test_the_users_choice_is_respected(
    asked: str, expected: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VISIBLE, asked)
    assert visible() == expected
    assert [*visible()] == [*expected]  # also its order


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, {"GPU-4": "GPU-4", MIG[0]: MIG[0], MIG[1]: MIG[1]}),
        ("0,1", {"GPU-4": "0", MIG[0]: "1"}),
        ("GPU-5", {MIG[0]: "GPU-5"}),
        (f"{MIG[1]},{MIG[0]}", {MIG[1]: MIG[1], MIG[0]: MIG[0]}),
    ],
)
def test_the_parts_of_a_divided_gpu_are_devices(
    asked: str | None, expected: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine_with(monkeypatch, tmp_path, DIVIDED)
    if asked is not None:
        monkeypatch.setenv(VISIBLE, asked)
    assert visible() == expected


def test_without_a_driver_there_is_none_or_what_the_variable_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n"
    machine_with(monkeypatch, tmp_path, failed, fails=True)
    assert visible() == {}
    monkeypatch.setenv(VISIBLE, "1,MIG-5a")
    assert visible() == {"1": "1", "MIG-5a": "MIG-5a"}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert visible() == {"1": "1", "MIG-5a": "MIG-5a"}
    monkeypatch.delenv(VISIBLE)
    assert visible() == {}


def test_a_driver_that_hangs_is_said_and_not_asked_where_there_is_no_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine_with(monkeypatch, tmp_path, whole(*FOUR))
    driver(tmp_path, "exec sleep 60")
    monkeypatch.setattr(gpus, "PATIENCE", 0.2)
    with pytest.raises(UserError, match="`nvidia-smi -L` has not answered"):
        visible()
    monkeypatch.setenv(VISIBLE, "")
    assert visible() == {}
