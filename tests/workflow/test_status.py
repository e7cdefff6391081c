"""What a person asks of a workflow that failed, or whose runs ended badly."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from project import RUNS, Project

pytestmark = pytest.mark.snakemake
LIBRARY = Path(__file__).parents[2] / "workflow/lib"


def oebench(project: Project, *arguments: str) -> list[str]:
    """What a command prints, in lines."""
    return subprocess.run(
        [sys.executable, "-m", "oebench", *arguments],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(LIBRARY)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.splitlines()


@pytest.mark.skipif(torch.cuda.is_available(), reason="the job needs a GPU and finds one")
def test_a_job_that_failed_is_told_with_its_reason_and_its_log(project: Project) -> None:
    project.configure(recipe={"name": "digits", "epochs": 2, "milestones": []})
    project.call("--cores", "2", "--config", "device=cuda", "--", RUNS, ok=False)
    first, second = oebench(project, "status")
    assert first == "tiny: 0 of 8 runs done, 8 failed; the time left is not known yet"
    told = re.fullmatch(
        r"  failed: device: cuda is configured, but .*; its log: (.*), and 1 more job", second
    )
    assert told
    assert "device: cuda is configured" in (project.folder / told[1]).read_text(encoding="utf-8")


def test_runs_that_diverged_are_trained_again_after_retry_and_not_before(project: Project) -> None:
    how = {"name": "digits", "epochs": 1, "milestones": [], "learning_rate": 1e30}
    project.configure(recipe=how)
    project.run(RUNS)
    assert oebench(project, "status") == ["tiny: 8 of 8 runs done (8 diverged)"]
    targets = ["--cores", "2", "--dry-run", "tiny"]
    assert not re.search(r"^train ", project.call(*targets), re.MULTILINE)
    *_, command = oebench(project, "retry", "tiny")
    assert command == "`snakemake --cores all tiny` makes them again."
    assert re.search(r"^train +2$", project.call(*targets), re.MULTILINE)
    assert oebench(project, "status")[0].startswith("tiny: 0 of 8 runs done, 8 missing")
