"""Kills at random moments: the workflow goes on, with the scores of one that was never disturbed.

KILLS=30 in the environment makes as many of them; WHEN=7 draws other moments.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from project import LOOK, RUNS, TINY, Project, finished

from oebench.artifacts import progress, scores
from oebench.files import HOST, TEMPORARY

pytestmark = pytest.mark.snakemake
KILLS, WHEN = int(os.environ.get("KILLS", "5")), int(os.environ.get("WHEN", "0"))
Start = Callable[..., subprocess.Popen[bytes]]
STUDY = {
    **TINY["studies"]["tiny"],
    "normal_classes": [3],
    "recipe": {
        "name": "digits",
        "epochs": 12 * KILLS,  # so that the last kill finds something at work
        "milestones": [9 * KILLS],
        "checkpoint_seconds": 0.2,
    },
}
LONG = {**TINY, "studies": {"tiny": STUDY}}


@pytest.fixture
def truth(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return finished(tmp_path_factory, "undisturbed", LONG, lambda folder: None, RUNS)[0]


def processes(project: Project) -> list[int]:
    """The training jobs that are at work."""
    jobs = progress.read_all(project.folder / "results/store").values()
    return [job.pid for job in jobs if job.state == progress.RUNNING]


def send(number: int, *targets: int, kill: Callable[[int, int], None] = os.kill) -> None:
    for target in targets:
        with contextlib.suppress(ProcessLookupError):
            kill(target, number)


def to_all(number: int, head: int, jobs: list[int]) -> None:
    """To the workflow, and to jobs of an earlier one that was killed alone."""
    send(number, head, kill=os.killpg)
    send(number, *jobs)


# What is killed, given Snakemake's process, which leads a group, and those of training jobs.
HOW: dict[str, Callable[[int, list[int]], None]] = {
    "SIGKILL to all": partial(to_all, signal.SIGKILL),
    "SIGTERM to all": partial(to_all, signal.SIGTERM),
    "SIGKILL to Snakemake": lambda head, jobs: send(signal.SIGKILL, head),  # its jobs go on
    "SIGTERM to a job": lambda head, jobs: send(signal.SIGTERM, jobs[0]),
    "SIGKILL to a job": lambda head, jobs: send(signal.SIGKILL, jobs[0]),
    "SIGINT to all": partial(to_all, signal.SIGINT),
}


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the workflow in a group of processes of its own, as in a terminal."""
    started = list[subprocess.Popen[bytes]]()

    def begin(project: Project, *arguments: str) -> subprocess.Popen[bytes]:
        with (project.folder / "printed").open("wb") as printed:
            process = subprocess.Popen(
                [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
                cwd=project.folder,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # What is started in the background ignores Ctrl-C.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        started.append(process)
        return process

    yield begin
    for process in started:
        send(signal.SIGKILL, process.pid, kill=os.killpg)
        process.wait()


def temporaries(project: Project) -> list[Path]:
    found = (project.folder / "results").rglob(".*")
    return [path for path in found if TEMPORARY.fullmatch(path.name)]


def test_a_workflow_that_is_killed_again_and_again_has_the_scores_of_an_undisturbed_one(
    truth: Project, tmp_path: Path, start: Start
) -> None:
    project = truth.copy(tmp_path / "my project")
    results = project.folder / "results"
    for name in ("runs", "store", "studies", "logs"):
        shutil.rmtree(results / name)
    (results / "runs.csv").unlink()
    chance, struck, resumed = random.Random(WHEN), 0, 0
    for kill in range(KILLS):
        how = [*HOW][kill % len(HOW)]
        process = start(project, RUNS)
        while process.poll() is None and not processes(project):
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 1))
        if jobs := processes(project):
            struck += 1
            HOW[how](process.pid, jobs)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)
        if process.poll() is None:  # other jobs go on
            to_all(signal.SIGTERM, process.pid, processes(project))
        process.wait()
        left = len([*results.rglob("[!.]*.pt")])
        print(f"{how}: {len(jobs)} jobs at work, {left} checkpoints left", flush=True)
        resumed += sum("goes on in epoch" in log.read_text() for log in results.rglob("*.log"))
        if how in ("SIGKILL to all", "SIGKILL to Snakemake"):
            project.call("--unlock")
    project.run(RUNS)
    print(f"{struck} of {KILLS} kills struck trainings, {resumed} went on from a checkpoint")
    assert resumed > 0
    for file in (truth.folder / "results/runs").rglob("*.h5"):
        again = results / "runs" / file.relative_to(truth.folder / "results/runs")
        for member in scores.members(file):
            facts, arrays = scores.read(file, member, *scores.NAMES)
            found, values = scores.read(again, member, *scores.NAMES)
            assert found["status"] == facts["status"]
            for name in scores.NAMES:
                np.testing.assert_array_equal(values[name], arrays[name], strict=True)
    left = [path for path in results.rglob("*") if path.suffix in (".pt", ".lock", ".broken")]
    assert left + temporaries(project) == []
    assert not (results / "store/jobs").exists()


def test_a_drawing_that_is_killed_leaves_nothing_once_it_is_drawn(
    truth: Project, tmp_path: Path, start: Start
) -> None:
    project, plot = truth.copy(tmp_path / "my project"), "results/looks/tiny.png"
    struck = 0
    while struck < max(1, KILLS // 5):
        process = start(project, "--force", plot)
        while process.poll() is None and not temporaries(project):
            time.sleep(0.001)
        send(signal.SIGKILL, process.pid, kill=os.killpg)
        process.wait()
        struck += bool(temporaries(project))  # else it came after the file had its name
    (project.folder / plot).unlink(missing_ok=True)
    assert project.run(plot) == LOOK
    assert temporaries(project) == []


def test_what_is_left_of_a_drawing_that_was_done_twice_goes_with_the_next_call(
    project: Project,
) -> None:
    """Of a Snakemake that was killed alone, whose job went on beside that of the next, and died."""
    left = project.folder / f"results/looks/.tiny~{HOST}~{2**31 - 2}~x.png"
    left.write_text("half")
    project.run("--force", "results/plan/tiny.json")
    assert temporaries(project) == []
