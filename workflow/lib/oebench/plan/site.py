"""What a scheduler and its plugins cannot do, found before the first job is submitted."""

import re
from collections.abc import Mapping
from pathlib import Path

# A folder's name goes through shells, sbatch's patterns of log files and the quotes of plugins.
MISREAD = re.compile(r"""[\s%"'$`\\&;|<>()*?!#\[\]{},~]""")


def refused(paths: Mapping[str, Path], jobs: int, arrays: bool, trainings: int) -> str:
    """Why the jobs of a workflow cannot be submitted, a sentence; "" if they can.

    paths: of what they are told by its path, by what it is. jobs: the most at a time; arrays:
    whether training jobs are submitted as arrays; trainings: how many there are to do.
    """
    for what, path in paths.items():
        if found := sorted({*MISREAD.findall(str(path))}):
            return (
                f"{what} is {path}. Schedulers and Snakemake's plugins misread "
                f"{' '.join(map(repr, found))} in a path; move it to a place without, or run the "
                "workflow here with `snakemake --cores all`."
            )
    if arrays and trainings > jobs:
        return (
            f"{trainings} training jobs are to be submitted as arrays and {jobs} at a time. The "
            "Slurm plugin submits an array when it has got all that are ready, so it would wait "
            "for ever. Submit them one by one (--slurm-array-jobs off), make larger ones "
            "(`jobs.classes` and `jobs.seeds` in the configuration), or ask for some studies only."
        )
    return ""
