"""Which GPU a training job uses: real processes and real locks, on devices that are not there.

The processes take their device by the function that a training job takes it by; what is made up is
the driver's list of devices.
"""

import errno
import fcntl
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gpu_cases import FOUR, driver, machine_with, whole

from oebench.devices import reserved, scheduled
from oebench.files import HOST
from oebench.gpus import VISIBLE
from oebench.schedulers import VARIABLES
from oebench.validation import UserError

PATIENCE = 60  # seconds that a job of a test lives
# Takes a device, says which and what CUDA will see, and keeps it until it is told to end.
JOB = """
import os, sys
from oebench.devices import reserved

with reserved(sys.argv[1], int(sys.argv[2])) as device:
    print("has", device, os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
    sys.stdin.readline()
"""
# Jobs as in life: short ones that come and go, each noting when it has which device.
SHORT = """
import os, random, sys, time
from oebench.devices import reserved

notes = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND)
for _ in range(5):
    with reserved("cuda", int(sys.argv[1])) as device:
        os.write(notes, f"+ {device}\\n".encode())
        time.sleep(random.uniform(0, 0.02))
        os.write(notes, f"- {device}\\n".encode())
    del os.environ["CUDA_VISIBLE_DEVICES"]  # the next one is another job
"""
CHOOSE = """
import os
from oebench.devices import locks, take

for _ in range(2000):
    taken = take(["a", "b"], 2, locks())
    assert taken
    os.close(taken[1])
"""


class Job:
    """A process that takes a device; `environment` is changed for it."""

    def __init__(self, wanted: str = "cuda", per_gpu: int = 1, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", JOB, wanted, str(per_gpu)],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.told: list[str] = []
        self.late = threading.Timer(PATIENCE, self.process.kill)
        self.late.start()

    def says(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        self.told.append(self.process.stdout.readline().strip())
        return self.told[-1]

    def has(self) -> tuple[str, str]:
        """The device that it takes, and what CUDA is told of it.

        At once, or, of a job that was found waiting, when there is one.
        """
        while not (found := re.fullmatch(r"has (\S+) (\S+)", self.says())):
            assert self.told[-1].startswith("uses the GPU"), f"it waits, or ended: {self.told}"
        return found[1], found[2]

    def waits(self) -> bool:
        """Whether it has none yet; to be asked first, and once."""
        return self.says().startswith("waits for a GPU: all are taken")

    def end(self) -> None:
        self.process.communicate("\n")
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()
        self.late.cancel()


Start = Callable[..., Job]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with four GPUs: where its driver and its temporary files are."""
    machine_with(monkeypatch, tmp_path, whole(*FOUR))
    return tmp_path


@pytest.fixture
def start(machine: Path) -> Iterator[Start]:
    """Starts jobs on this machine, and kills those that a failed test leaves."""
    jobs: list[Job] = []

    def start(wanted: str = "cuda", per_gpu: int = 1, **environment: str) -> Job:
        jobs.append(Job(wanted, per_gpu, **environment))
        return jobs[-1]

    yield start
    for job in jobs:
        job.kill()


def test_eight_jobs_over_four_devices_end_evenly_and_never_are_two_on_one(start: Start) -> None:
    jobs = [start() for _ in range(8)]
    waiting = [job for job in jobs if job.waits()]
    first = [job for job in jobs if job not in waiting]
    assert sorted(job.has()[0] for job in first) == FOUR
    for job in first:
        job.end()
    assert sorted(job.has()[0] for job in waiting) == FOUR


def test_jobs_that_share_devices_are_spread_evenly_at_any_time(start: Start) -> None:
    on: dict[str, list[Job]] = {uuid: [] for uuid in FOUR}
    for _ in range(8):  # the first of all devices before the second of any
        job = start(per_gpu=2)
        on[job.has()[0]].append(job)
        counts = [len(jobs) for jobs in on.values()]
        assert max(counts) - min(counts) <= 1
    late = start(per_gpu=2)
    assert late.waits()
    assert late.told == ["waits for a GPU: all are taken (4 GPUs, 2 jobs on each)"]
    # The emptiest is taken, in whatever order jobs end.
    on[FOUR[1]][0].end()
    assert late.has()[0] == FOUR[1]
    for job in (on[FOUR[0]][0], *on[FOUR[2]], on[FOUR[3]][1]):
        job.end()
    assert start(per_gpu=2).has()[0] == FOUR[2]


def test_there_are_never_more_jobs_than_parts(machine: Path) -> None:
    """Of two devices for two jobs each, six processes take one again and again."""
    driver(machine, f"cat <<'EOF'\n{whole(*FOUR[:2])}EOF")
    notes = machine / "notes"
    notes.touch()
    jobs = [subprocess.Popen([sys.executable, "-c", SHORT, "2", str(notes)]) for _ in range(6)]
    assert [job.wait() for job in jobs] == [0] * 6
    on, most = Counter[str](), Counter[str]()
    for line in notes.read_text().splitlines():
        sign, device = line.split()
        on[device] += {"+": 1, "-": -1}[sign]
        most[device] = max(most[device], on[device])
    assert len(notes.read_text().splitlines()) == 60
    assert {*on} == {*FOUR[:2]}
    assert {*on.values()} == {0}
    assert {*most.values()} <= {1, 2}


@pytest.mark.usefixtures("machine")
def test_jobs_that_choose_at_the_same_moment_find_all_that_is_free() -> None:
    """Four processes for four parts: none takes the trials of another for a job."""
    jobs = [subprocess.Popen([sys.executable, "-c", CHOOSE]) for _ in range(4)]
    assert [job.wait() for job in jobs] == [0] * 4


def test_a_killed_job_frees_its_device(start: Start) -> None:
    jobs = [start() for _ in FOUR]
    taken = {job.has()[0]: job for job in jobs}
    late = start()
    assert late.waits()
    taken[FOUR[2]].kill()
    assert late.has()[0] == FOUR[2]


def test_workflows_that_divide_a_device_otherwise_share_it(start: Start) -> None:
    """A half and two quarters are the whole of it."""
    alone = {VISIBLE: "0"}
    small = [start(per_gpu=per_gpu, **alone) for per_gpu in (2, 4, 4)]
    for job in small:
        job.has()
    late = start(per_gpu=32, **alone)
    assert late.waits()
    late.kill()
    large = start(per_gpu=1, **alone)
    assert large.waits()
    for job in small:
        job.end()
    large.has()
    assert start(per_gpu=32, **alone).waits()


def test_cuda_is_told_the_device_as_it_was_named_and_knows_it_by_its_uuid(start: Start) -> None:
    both = {VISIBLE: "3,1"}
    assert {start(**both).has(), start(**both).has()} == {(FOUR[3], "3"), (FOUR[1], "1")}
    # To another process, device 0 is another one; and a taken one is taken by any name.
    assert start(**{VISIBLE: f"{FOUR[3]},{FOUR[0]}"}).has() == (FOUR[0], FOUR[0])
    assert start().has() == (FOUR[2], FOUR[2])
    assert start(**{VISIBLE: FOUR[1]}).waits()


@pytest.mark.parametrize("asked", ["", "-1"])
def test_where_none_is_visible_none_is_taken(asked: str, start: Start) -> None:
    job = start("auto", **{VISIBLE: asked})
    assert job.says() == f"has None {asked}".strip()


def test_a_job_on_the_cpu_takes_none(start: Start, machine: Path) -> None:
    driver(machine, "exit 3")
    assert start("cpu").has() == ("None", "None")
    assert not [*machine.glob("oebench-*")]


def test_the_device_that_a_scheduler_has_chosen_is_used_at_once(start: Start) -> None:
    chosen = {VISIBLE: "1"}
    mine = start(**chosen)  # from a terminal of the same machine
    mine.has()
    # Two that share a device, by MPS or shards; and one that is given it twice.
    for job in ("7", "8", "8"):
        assert start(**chosen, SLURM_JOB_ID=job).has() == (FOUR[1], "1")
    assert start(**chosen).waits()


def test_the_trainings_of_a_schedulers_job_share_the_devices_that_it_has(start: Start) -> None:
    given = {VISIBLE: "1,2"}
    seventh = [start(**given, SLURM_JOB_ID="7") for _ in range(2)]
    assert {job.has()[1] for job in seventh} == {"1", "2"}
    start(**given, SLURM_JOB_ID="8").has()
    late = start(**given, SLURM_JOB_ID="7")
    assert late.waits()
    seventh[0].end()
    late.has()


def test_a_scheduler_that_chooses_no_device_leaves_the_choice(start: Start) -> None:
    assert {start(SGE_JOB_SPOOL_DIR=f"/spool/{n}.1").has()[0] for n in range(4)} == {*FOUR}


def test_a_schedulers_job_that_chose_the_device_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(VISIBLE, "0")
    assert scheduled() == ""
    monkeypatch.setenv("PBS_JOBID", "12[3].head")
    assert scheduled() == "PBS-job-12-3-.head"
    monkeypatch.delenv(VISIBLE)
    assert scheduled() == ""


@pytest.mark.usefixtures("machine")
def test_the_choice_outlives_the_block_since_cuda_has_read_it() -> None:
    with reserved("auto", 1) as device:
        assert os.environ[VISIBLE] == device
    assert os.environ[VISIBLE] == device


def test_locks_in_the_folder_of_somebody_else_are_refused(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reserved("cuda", 1):
        pass
    (folder,) = machine.glob("oebench-*")
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.rename(machine / "elsewhere")
    folder.symlink_to(machine / "elsewhere")
    with pytest.raises(UserError, match="belongs to somebody else"), reserved("cuda", 1):
        pass
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    (machine / "elsewhere").rename(machine / f"oebench-12345-{HOST}")
    with pytest.raises(UserError, match="Have it removed"), reserved("cuda", 1):
        pass


@pytest.mark.usefixtures("machine")
def test_a_folder_that_cannot_lock_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", refuse)
    told = r"\(No locks available\). Name a folder"
    with pytest.raises(UserError, match=told), reserved("cuda", 1):
        pass
