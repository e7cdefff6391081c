"""The scheduler's job that this process is a part of, as its environment tells."""

import os
from typing import NamedTuple


class Scheduler(NamedTuple):
    """How a scheduler tells a job its number, by variables of the environment."""

    name: str
    sign: str  # only its jobs have it
    job: str
    task: str = ""  # of an array


SCHEDULERS = (
    Scheduler("Slurm", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID"),
    Scheduler("Slurm", "SLURM_JOB_ID", "SLURM_JOB_ID"),
    Scheduler("LSF", "LSB_JOBID", "LSB_JOBID", "LSB_JOBINDEX"),
    Scheduler("PBS", "PBS_JOBID", "PBS_JOBID"),
    Scheduler("Flux", "FLUX_JOB_ID", "FLUX_JOB_ID"),
    Scheduler("Grid Engine", "SGE_JOB_SPOOL_DIR", "JOB_ID", "SGE_TASK_ID"),
    Scheduler("HTCondor", "_CONDOR_SCRATCH_DIR", "_CONDOR_SCRATCH_DIR"),
)
VARIABLES = sorted({variable for each in SCHEDULERS for variable in each[1:] if variable})


def scheduled_as() -> str:
    """The job with its number, as a person finds it; "" without a scheduler."""
    for each in SCHEDULERS:
        if each.sign in os.environ:
            number, task = os.environ.get(each.job, ""), os.environ.get(each.task, "")
            return f"{each.name} job {number}" + (f"_{task}" if task.isdigit() else "")
    return ""
