"""The workflow on schedulers that run for real: Slurm, and one behind four lines of a script.

Slurm is that of Debian's slurm-wlm and munge, started by slurm.sh for each test, with one machine.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from project import Project, new_project

from oebench.artifacts import progress, runs
from oebench.plan.site import MISREAD

pytestmark = pytest.mark.snakemake
CONFIGURATION = Path("/etc/slurm/slurm.conf")
SLURM = Path(__file__).with_name("slurm.sh")
LACKING = [
    name
    for name in ("sbatch", "/usr/sbin/slurmctld", "/usr/sbin/slurmd", "/usr/sbin/munged")
    if not shutil.which(name)
]
needs_slurm = pytest.mark.skipif(
    bool(LACKING) or os.getuid() != 0,
    reason="a real Slurm needs root and Debian's slurm-wlm and munge",
)
submits = pytest.mark.skipif(
    MISREAD.search(sys.executable) is not None,
    reason=f"schedulers misread the path of this Python, {sys.executable}",
)
STUDY: dict[str, Any] = {
    "title": "A tiny study",
    "dataset": "digits",
    "oe": "letters",
    "oe_size": 8,
    "objectives": ["hsc"],
    "normal_classes": [3, 4],
    "recipe": {"name": "digits", "epochs": 1, "milestones": []},
    "seeds": 3,
}
PROFILE = {
    # The stand-in of a GPU is asked for, and the training is done by the CPU.
    "slurm": [
        *("--slurm-init-seconds-before-status-checks", "2", "--set-resources"),
        *("train:gpu=1", "train:slurm_partition=gpu"),
    ],
    "generic": ["--seconds-between-status-checks", "1"],
}
FINISHED = "finished in"  # of a run in the log of its job


class Head:
    """A Snakemake that submits jobs, in a group of processes of its own as in a terminal."""

    def __init__(self, project: Project, profile: str, *targets: str) -> None:
        self.project, self.file = project, project.folder / "printed"
        with self.file.open("wb") as file:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "snakemake"),
                    *("--workflow-profile", f"profiles/{profile}", *PROFILE[profile]),
                    *("--", *targets),
                ],
                cwd=project.folder,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def printed(self) -> str:
        return self.file.read_text(encoding="utf-8")

    def ends_well(self, seconds: float = 900) -> str:
        assert self.process.wait(seconds) == 0, self.printed()
        return self.printed()

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def until(self, happens: Callable[[], Any], seconds: float = 400) -> Any:
        """What this gives as soon as it gives something."""
        end = time.monotonic() + seconds
        while not (found := happens()):
            assert time.monotonic() < end, self.printed()
            assert self.process.poll() in {None, -signal.SIGKILL}, self.printed()
            time.sleep(0.2)
        return found


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Slurm of the test's own, one at a time."""
    monkeypatch.delenv("SLURM_CONF", raising=False)
    state = tmp_path / "slurm"
    with FileLock(Path(tempfile.gettempdir(), "oebench-tests-slurm.lock")):
        if "ClusterName" in configuration():
            pytest.skip(f"another Slurm is configured here, in {CONFIGURATION}")
        try:
            done = subprocess.run([SLURM, "start", state], capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"Slurm does not start on this machine: {done.stderr.strip()}")
            yield
        finally:
            subprocess.run(["scancel", "--user", "root"], check=False)
            subprocess.run([SLURM, "stop", state], check=True)


def configuration() -> str:
    return CONFIGURATION.read_text(encoding="utf-8") if CONFIGURATION.exists() else ""


@pytest.fixture
def heads(tmp_path: Path) -> Iterator[Callable[..., Head]]:
    """Starts the workflow of a study on a scheduler, again in the same folder where it is there."""
    started: list[Head] = []

    def start(
        profile: str, *targets: str, jobs: dict[str, int] | None = None, **study: Any
    ) -> Head:
        folder = tmp_path / "project"
        project = Project(folder)
        if not folder.exists():
            content = {
                "device": "cpu",
                "jobs": {"classes": 1, "seeds": 5, **(jobs or {})},
                "studies": {"tiny": {**STUDY, **study}},
            }
            new_project(folder, content)
        started.append(Head(project, profile, *targets))
        return started[-1]

    yield start
    for head in started:
        with contextlib.suppress(ProcessLookupError):
            head.kill()


def working(project: Project) -> dict[str, progress.Progress]:
    """The training jobs that are at work, by their scores file."""
    found = progress.read_all(project.folder / "results/store")
    return {name: each for name, each in found.items() if each.state == progress.RUNNING}


def left(project: Project) -> list[Path]:
    """What killed or failed jobs have left in the store."""
    return [
        file for file in (project.folder / "results/store").rglob("*.*") if file.suffix != ".h5"
    ]


@needs_slurm
@submits
@pytest.mark.usefixtures("slurm")
def test_a_job_that_runs_out_of_memory_on_slurm_gets_more_and_is_named(
    heads: Callable[..., Head],
) -> None:
    # What starts a job takes more than 150 MB, and a training more than 300 MB.
    head = heads("slurm", "results/runs.csv", jobs={"mem_mb": 150}, normal_classes=[3], seeds=1)
    printed = head.ends_well()
    assert "it ran out of memory; each further attempt gets twice as much" in printed
    assert "AGAIN   train 1 runs" in printed
    assert "run it alone:\n  snakemake --workflow-profile profiles/slurm -- 'results/" in printed
    assert len(runs.read(head.project.folder / "results/runs.csv")) == 1


@needs_slurm
@submits
@pytest.mark.usefixtures("slurm")
def test_a_job_that_reaches_its_time_limit_on_slurm_goes_on_with_more(
    heads: Callable[..., Head],
) -> None:
    epochs = {"recipe": {"name": "digits", "epochs": 3000, "milestones": []}}
    head = heads(
        "slurm", "results/runs.csv", jobs={"runtime": 1}, normal_classes=[3], seeds=1, **epochs
    )
    (first,) = head.until(lambda: numbers(head.project, "epoch"))
    # Sooner than in a minute, which is the shortest limit.
    soon = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(time.time() + 2))
    slurms("scontrol", "update", f"JobId={first}", f"EndTime={soon}")
    head.until(lambda: "it reached its time limit; each further attempt" in head.printed())
    assert "| error: stopped by SIGTERM; it goes on from " in head.printed()
    (second,) = head.until(lambda: {*numbers(head.project, "epoch")} - {first})
    assert "TimeLimit=00:02:00" in slurms("scontrol", "show", "job", second)
    began = [each.epoch for each in working(head.project).values()]
    assert began > [0]
    head.ends_well()
    assert left(head.project) == []


@needs_slurm
@submits
@pytest.mark.usefixtures("slurm")
def test_what_is_cancelled_on_slurm_is_tried_again_and_a_killed_head_loses_nothing(
    heads: Callable[..., Head],
) -> None:
    epochs = {"recipe": {"name": "digits", "epochs": 1000, "milestones": []}}
    head = heads("slurm", "results/runs.csv", **epochs)
    project = head.project
    first = head.until(lambda: numbers(project) if len(numbers(project)) == 2 else None)
    slurms("scancel", first[0])
    head.until(lambda: "it was cancelled" in head.printed())
    head.until(lambda: len({*numbers(project)} | {*first}) == 3)
    head.kill()

    # The same command: what runs is not trained a second time.
    head = heads("slurm", "results/runs.csv")
    head.until(lambda: logs(project).count("another job, Slurm job") == 2)
    printed = head.ends_well()
    assert "The lock of process " in printed
    assert FINISHED not in logs(project)
    assert logs(project).count("adopted, trained before") == 6
    assert len(runs.read(project.folder / "results/runs.csv")) == 6
    assert left(project) == []
    # Which job went where: a GPU for training alone.
    asked = slurms("scontrol", "show", "job").split("\n\n")
    for rule, partition in (("train", "gpu"), ("prepare", "cpu")):
        found = [each for each in asked if f"Comment=rule_{rule}_" in each]
        assert found
        assert all(f"Partition={partition}" in each for each in found)
        assert all(("gpu:1" in each) == (partition == "gpu") for each in found)
    nothing = heads("slurm", "results/runs.csv").ends_well()
    assert "Nothing to be done" in nothing


@submits
def test_a_scheduler_behind_a_script_tries_again_and_a_killed_head_loses_nothing(
    heads: Callable[..., Head],
) -> None:
    epochs = {"recipe": {"name": "digits", "epochs": 1000, "milestones": []}}
    head = heads("generic", "results/runs.csv", **epochs)
    project = head.project
    first = head.until(lambda: pids(project) if len(pids(project)) == 2 else None)
    os.killpg(os.getpgid(first[0]), signal.SIGKILL)
    head.until(lambda: "AGAIN   train 3 runs" in head.printed())
    head.until(lambda: len({*pids(project)} | {*first}) == 3)
    head.kill()
    head = heads("generic", "results/runs.csv")
    head.until(lambda: logs(project).count("another job, process") == 2)
    head.ends_well()
    assert FINISHED not in logs(project)
    assert logs(project).count("adopted, trained before") == 6
    assert len(runs.read(project.folder / "results/runs.csv")) == 6
    assert left(project) == []


@pytest.mark.parametrize("profile", ["slurm", "generic"])
def test_a_folder_that_schedulers_misread_is_refused_before_anything_is_submitted(
    fresh: Project, profile: str
) -> None:
    printed = fresh.call("--workflow-profile", f"profiles/{profile}", ok=False)
    assert (
        f"The folder of the workflow is {fresh.folder}. Schedulers and Snakemake's plugins misread"
        in printed
    )
    assert not (fresh.folder / "results/plan").exists()


def slurms(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def numbers(project: Project, having: str = "pid") -> list[str]:
    """The numbers in Slurm of the jobs at work, of those that have got so far."""
    jobs = working(project).values()
    return [each.scheduler.removeprefix("Slurm job ") for each in jobs if getattr(each, having)]


def pids(project: Project) -> list[int]:
    return [each.pid for each in working(project).values()]


def logs(project: Project) -> str:
    """What the last training job of each scores file has written."""
    files = (project.folder / "results/logs/train").rglob("*.log")
    return "".join(file.read_text(encoding="utf-8") for file in files)
