"""Machines with GPUs that are not there: an `nvidia-smi` that lists them, first in PATH."""

import os
import tempfile
from pathlib import Path

import pytest

from oebench.gpus import VISIBLE
from oebench.schedulers import VARIABLES

FOUR = [f"GPU-{number}1f0c2-{number}" for number in range(4)]  # known by their first letters
MIG = ["MIG-5a", "MIG-5b"]


def whole(*uuids: str) -> str:
    """What the driver says of GPUs that are not divided."""
    return "".join(
        f"GPU {number}: NVIDIA H100 80GB HBM3 (UUID: {uuid})\n" for number, uuid in enumerate(uuids)
    )


DIVIDED = (
    whole("GPU-4")
    + "GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-5)\n"
    + "".join(
        f"  MIG 3g.20gb     Device  {number}: (UUID: {uuid})\n" for number, uuid in enumerate(MIG)
    )
)


def machine_with(
    monkeypatch: pytest.MonkeyPatch, folder: Path, listed: str, fails: bool = False
) -> None:
    """The driver of this machine lists these GPUs, or prints that and fails.

    There is no scheduler and no CUDA_VISIBLE_DEVICES; the locks are in the folder.
    """
    driver(folder, f"cat <<'EOF'\n{listed}EOF\nexit {int(fails)}")
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))  # this process has looked for it before
    for name in (VISIBLE, *VARIABLES):
        monkeypatch.setenv(name, "")  # so that it is as it was after the test, whoever sets it
        monkeypatch.delenv(name)


def driver(folder: Path, does: str) -> None:
    """The driver of such a machine does something else from now on."""
    command = folder / "bin/nvidia-smi"
    command.parent.mkdir(parents=True, exist_ok=True)
    command.write_text(f'#!/bin/sh\n[ "$1" = -L ] || exit 2\n{does}\n')
    command.chmod(0o755)
