"""Ctrl-C, a kill, and the lock that it leaves; a locale that lacks letters of a title."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from project import Project

pytestmark = pytest.mark.snakemake


class Running(NamedTuple):
    """A workflow that trains for long, in a group of processes of its own as in a terminal."""

    process: subprocess.Popen[bytes]
    printed: Path

    def stop(self, number: int) -> str:
        """Send a signal to all of it; returns what it printed."""
        os.killpg(self.process.pid, number)
        assert self.process.wait(60) != 0
        return self.printed.read_text(encoding="utf-8")


@pytest.fixture
def running(fresh: Project, tmp_path: Path) -> Iterator[Running]:
    fresh.configure(recipe={"name": "digits", "epochs": 100_000, "milestones": []})
    printed = tmp_path / "printed"
    with printed.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--cores", "2", "results/runs.csv"],
            cwd=fresh.folder,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # What is started in the background ignores Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        while not [*(fresh.folder / "results/logs/train").rglob("*.log")]:
            assert process.poll() is None, printed.read_text(encoding="utf-8")
            time.sleep(0.1)
        yield Running(process, printed)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_ctrl_c_is_no_failure_and_leaves_no_lock(fresh: Project, running: Running) -> None:
    printed = running.stop(signal.SIGINT)
    assert "Interrupted. The same command goes on from here: what was finished is kept." in printed
    assert "FAILED" not in printed
    assert "Error" not in printed
    assert "Nothing to be done" in fresh.call("--cores", "1", "results/plan/tiny.json")


def test_a_lock_is_explained_while_its_process_lives_and_removed_when_it_was_killed(
    fresh: Project, running: Running
) -> None:
    again = ["--cores", "1", "results/plan/tiny.json"]
    locked = f"This folder is locked by process {running.process.pid} on "
    printed = fresh.call(*again, "--force", ok=False)
    assert f"{locked}{os.uname().nodename}, still running: wait for it or stop it" in printed
    running.stop(signal.SIGKILL)
    printed = fresh.call(*again, "--force")
    assert (
        f"The lock of process {running.process.pid} on {os.uname().nodename}, which was" in printed
    )
    assert not [*(fresh.folder / ".snakemake/oebench/processes").iterdir()]


def test_a_title_is_written_whatever_the_locale(
    fresh: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    title = "Größe, σ − {wildcards.x} {{ 1+1 }} {% raw %}"
    path = fresh.folder / "config/config.yaml"
    text = path.read_text(encoding="utf-8").replace("A tiny study", json.dumps(title))
    path.write_text(text, encoding="utf-8")
    for name, value in {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}.items():
        monkeypatch.setenv(name, value)
    fresh.call("--cores", "1", "results/plan/tiny.json")
    found = json.loads((fresh.folder / "results/plan/tiny.json").read_bytes())
    assert found["title"] == title
    assert "Nothing to be done" in fresh.call("--cores", "1", "results/plan/tiny.json")
