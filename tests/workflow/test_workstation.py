"""A machine with GPUs: all are used, and never more jobs train than fit. The GPUs are made up."""

import re
from pathlib import Path

import pytest
import yaml
from gpu_cases import FOUR, driver, machine_with, whole
from project import REPOSITORY, RUNS, TINY, Project

from oebench.gpus import VISIBLE

TWO = FOUR[:2]
PLANNED = "results/plan/tiny.json"  # where what runs is not the point


@pytest.fixture
def workstation(fresh: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project on a machine with two GPUs; six jobs train and one fits."""
    machine_with(monkeypatch, tmp_path / "machine", whole(*TWO))
    study = {**TINY["studies"]["tiny"], "objectives": ["hsc", "bce"], "normal_classes": [3]}
    study["sweep"] = {"oe_size": [1, 2, "all"]}
    fit = {**study, "objectives": ["kde"], "oe": None, "sweep": {}, "draw": {}}
    content = {"jobs": {"seeds": 5}, "studies": {"tiny": study, "baselines": fit}}
    (fresh.folder / "config/config.yaml").write_text(yaml.safe_dump(content))
    return fresh


def log(project: Project) -> str:
    """What Snakemake itself wrote of the last call, in its own words."""
    *_, last = sorted((project.folder / ".snakemake/log").glob("*.log"))
    return last.read_text(encoding="utf-8")


def provided(text: str) -> list[str]:
    """How many GPUs Snakemake shares out; nothing where it does not count them."""
    return re.findall(r'^Provided resources: gpu=Resource\("gpu", (\d+)\)$', text, re.MULTILINE)


def at_once(text: str) -> int:
    """The most training jobs that ran at one time, by the order in which they began and ended."""
    running = most = 0
    for began, ended in re.findall(
        r"^(?:(Job \d+: train) |(Finished jobid: \d+ \(Rule: train\)))", text, re.MULTILINE
    ):
        running += bool(began) - bool(ended)
        most = max(most, running)
    assert running == 0
    return most


def resources(planned: str) -> dict[str, str]:
    """The resources of the jobs of a dry run, by rule."""
    jobs = [each for each in re.split(r"\n(?=\[)", planned) if "resources:" in each]
    return {
        re.findall(r"rule (\S+):", job)[0]: re.findall(r"resources: (.*)", job)[0] for job in jobs
    }


def test_all_gpus_are_used_and_never_by_more_jobs_than_fit(workstation: Project) -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^snakemake (--workflow-profile profiles/workstation)$", readme, re.M)
    jobs = workstation.finished(workstation.call(*command.split(), "--cores", "4", RUNS))
    assert sum(job.startswith("train") for job in jobs) == 6
    said = log(workstation)
    assert provided(said) == ["2"]
    assert at_once(said) == 2
    uses = re.findall("uses the GPU (.*)", workstation.logs())
    assert len(uses) == 6
    assert {*uses} == {*TWO}


def test_snakemake_alone_counts_the_gpus_that_are_visible_and_jobs_that_share_one(
    workstation: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = yaml.safe_load((workstation.folder / "config/config.yaml").read_text())
    content["jobs"]["per_gpu"] = 3
    (workstation.folder / "config/config.yaml").write_text(yaml.safe_dump(content))
    monkeypatch.setenv(VISIBLE, TWO[1])
    workstation.run(RUNS, cores=5)
    said = log(workstation)
    assert provided(said) == ["3"]
    assert at_once(said) == 3
    assert set(re.findall("uses the GPU (.*)", workstation.logs())) == {TWO[1]}
    assert "waits for a GPU" not in workstation.logs()
    # More jobs on a GPU are no other runs.
    workstation.edit("config/config.yaml", "per_gpu: 3", "per_gpu: 1")
    assert "Nothing to be done" in workstation.call("-n", RUNS)


def test_only_training_asks_for_a_gpu(workstation: Project) -> None:
    asked = resources(workstation.call("-n", "--verbose", RUNS))
    assert "gpu=1" in asked["train"]
    for rule in ("prepare", "fit"):
        assert "gpu=0" in asked[rule]
    asked = resources(workstation.call("-n", "--verbose", "--config", "device=cpu", "--", RUNS))
    assert "gpu=0" in asked["train"]


def test_who_says_how_many_gpus_there_are_is_believed(workstation: Project) -> None:
    workstation.run("--resources", "gpu=5", "--", PLANNED)
    assert provided(log(workstation)) == ["5"]


def test_without_a_gpu_the_cores_alone_count(
    workstation: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VISIBLE, "")
    assert "gpu=0" in resources(workstation.call("-n", "--verbose", RUNS))["train"]
    workstation.run(PLANNED)
    assert provided(log(workstation)) == []


def test_the_driver_is_asked_once_and_not_for_a_cluster(
    workstation: Project, tmp_path: Path
) -> None:
    driver(tmp_path / "machine", f"echo asked >> {tmp_path}/asked")
    workstation.call("-n", "--workflow-profile", "profiles/slurm", RUNS)
    workstation.call("-n", "--mode", "remote", "--cores", "1", RUNS)  # as each of its jobs
    assert not (tmp_path / "asked").exists()
    workstation.run(PLANNED)
    assert (tmp_path / "asked").read_text().splitlines() == ["asked"]


def test_a_driver_that_hangs_is_a_sentence(workstation: Project, tmp_path: Path) -> None:
    driver(tmp_path / "machine", "exec sleep 60")
    library = "workflow/lib/oebench/gpus.py"
    workstation.edit(library, "PATIENCE = 30.0", "PATIENCE = 0.2")
    printed = workstation.call("-n", RUNS, ok=False)
    assert "`nvidia-smi -L` has not answered" in printed
    assert "--config device=cpu" in printed
    assert "Traceback" not in printed
    workstation.call("-n", "--config", "device=cpu", "--", RUNS)


def test_a_most_of_jobs_does_not_make_a_machine_a_cluster(fresh: Project) -> None:
    """Without a GPU `device: auto` trains on the CPU; on a cluster it would ask for one."""
    printed = fresh.call("--cores", "2", "--jobs", "3", RUNS)
    assert "FAILED" not in printed
    assert (fresh.folder / RUNS).exists()
