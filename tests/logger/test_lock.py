"""A locked folder: who locked it, whether that process lives, what removes the lock."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from snakemake_logger_plugin_oebench import lock
from snakemake_logger_plugin_oebench.lock import FOLDER, LOCKS, Holder, explained

ROOT = Path(__file__).parents[2]
COMMAND = "snakemake --unlock --configfile 'my {file}.yaml'"
REMOVES = f"`{COMMAND}` removes the lock; then call again: what was finished is kept."
SNAKEMAKE = "from snakemake_logger_plugin_oebench import lock; lock.note(); "


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def noted(holder: Holder) -> str:
    """What is said of a lock where this process has noted itself."""
    FOLDER.mkdir(parents=True)
    (FOLDER / "a.json").write_text(json.dumps(asdict(holder)), encoding="utf-8")
    return explained(COMMAND)


def another(code: str) -> subprocess.Popen[str]:
    """Another process that notes that it holds the lock, and goes on."""
    return subprocess.Popen(
        [sys.executable, "-c", SNAKEMAKE + code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "workflow/lib")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_process_that_lives_is_waited_for_and_one_that_was_killed_is_gone() -> None:
    process = another("print('noted', flush=True); input()")
    assert process.stdout
    process.stdout.readline()
    who = f"process {process.pid} on {Holder.this().host}"
    assert explained(COMMAND) == (
        f"This folder is locked by {who}, still running: wait for it or stop it, then call again."
    )
    process.kill()
    process.wait()
    assert explained(COMMAND) == f"This folder is locked by {who}, which is gone: {REMOVES}"
    assert lock.release() == []  # there is no lock
    assert not lock.holders()


def locked_by(*holders: Holder) -> None:
    for place in (FOLDER, LOCKS):
        place.mkdir(parents=True, exist_ok=True)
    for holder in holders:
        (FOLDER / f"{holder.host}-{holder.started}.json").write_text(json.dumps(asdict(holder)))
    (LOCKS / "0.input.lock").write_text("a")


def test_the_lock_of_a_process_that_was_killed_is_removed() -> None:
    me = Holder.this()
    locked_by(replace(me, started=me.started - 100))
    assert lock.release() == [f"The lock of {me}, which was killed, is removed."]
    assert not LOCKS.exists()
    assert not lock.holders()
    assert lock.release() == []


@pytest.mark.parametrize("change", [{}, {"host": "node7"}], ids=["lives", "elsewhere"])
def test_a_lock_that_another_process_may_hold_is_left(change: dict[str, str]) -> None:
    me = Holder.this()
    locked_by(replace(me, started=me.started - 100), replace(me, **change))
    assert lock.release() == []
    assert LOCKS.exists()
    assert len(lock.holders()) == 2


def test_what_was_killed_takes_its_waiting_jobs_from_slurms_queue(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scancel = folder / "bin/scancel"
    scancel.parent.mkdir()
    scancel.write_text(f'#!/bin/sh\necho "$@" >> {folder}/cancelled\n')
    scancel.chmod(0o755)
    monkeypatch.setenv("PATH", str(scancel.parent), prepend=":")
    me = replace(Holder.this(), slurm="oebench_1")
    locked_by(replace(me, started=me.started - 100))
    assert lock.release() == [f"The lock of {me}, which was killed, is removed."]
    assert lock.release() == []  # the lock of the next one is not that of the dead
    assert not (folder / "cancelled").exists()  # nothing is submitted yet
    told = [f"Jobs of {me} that had not begun are taken from Slurm's queue."]
    assert [lock.take_back(), lock.take_back()] == [told, []]
    assert (folder / "cancelled").read_text() == "--state=PENDING --name oebench_1\n"


def test_a_process_that_ends_is_forgotten() -> None:
    assert another("").wait() == 0
    assert not lock.holders()


def test_a_process_of_the_same_number_is_another() -> None:
    me = Holder.this()
    assert me.lives
    assert "which is gone" in noted(replace(me, started=me.started - 100))


def test_a_process_of_another_host_cannot_be_seen() -> None:
    assert noted(replace(Holder.this(), host="node7")) == (
        f"This folder is locked by process {os.getpid()} on node7, which cannot be seen from here. "
        f"Where it is gone, {REMOVES}"
    )


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"host": "a"}'])
def test_a_lock_of_nobody_is_said_to_be_so(text: str | None) -> None:
    if text is not None:
        FOLDER.mkdir(parents=True)
        (FOLDER / "a.json").write_text(text, encoding="utf-8")
    assert explained(COMMAND) == (
        f"This folder is locked, by whom is not known. If no other snakemake runs here, {REMOVES}"
    )
