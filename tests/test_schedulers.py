"""A job is known by the number that its scheduler gave it."""

import pytest

from oebench.schedulers import VARIABLES, scheduled_as

ARRAY = {"SLURM_JOB_ID": "15", "SLURM_ARRAY_JOB_ID": "12", "SLURM_ARRAY_TASK_ID": "0"}
GRID_ENGINE = {"SGE_JOB_SPOOL_DIR": "/spool/9.1", "JOB_ID": "9"}


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, ""),
        ({"SLURM_JOB_ID": "12"}, "Slurm job 12"),
        (ARRAY, "Slurm job 12_0"),
        ({"PBS_JOBID": "7.head"}, "PBS job 7.head"),
        ({"LSB_JOBID": "8", "LSB_JOBINDEX": "2"}, "LSF job 8_2"),
        ({**GRID_ENGINE, "SGE_TASK_ID": "undefined"}, "Grid Engine job 9"),
        ({**GRID_ENGINE, "SGE_TASK_ID": "4"}, "Grid Engine job 9_4"),
        ({"JOB_ID": "9"}, ""),  # of anybody
        ({"FLUX_JOB_ID": "f2"}, "Flux job f2"),
        ({"_CONDOR_SCRATCH_DIR": "/dir_5"}, "HTCondor job /dir_5"),
    ],
)
def test_a_job_is_known_by_the_number_that_its_scheduler_gave_it(
    environment: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in VARIABLES:
        monkeypatch.delenv(each, raising=False)
    for each, value in environment.items():
        monkeypatch.setenv(each, value)
    assert scheduled_as() == name
