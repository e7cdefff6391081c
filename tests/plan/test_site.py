"""What a scheduler cannot do is a sentence before the first job."""

from pathlib import Path

import pytest

from oebench.plan.site import refused


@pytest.mark.parametrize("name", ["my project", "50%", "a,b", "it's", "$HOME", "a~b", "(copy)"])
def test_a_folder_that_is_misread_on_the_way_is_refused(name: str) -> None:
    paths = {"The folder": Path("/scratch"), "The Python": Path("/home/me", name, "bin/python")}
    told = refused(paths, 1000, False, 5)
    assert told.startswith(f"The Python is /home/me/{name}/bin/python. Schedulers and Snakemake's ")
    assert "move it to a place without" in told


def test_other_folders_and_numbers_of_jobs_are_fine() -> None:
    paths = {"The folder": Path("/scratch/größe/a-b_c.d+e=1@x:2")}
    assert refused(paths, 1000, True, 1000) == refused(paths, 10, False, 3960) == ""


def test_more_jobs_than_an_array_waits_for_are_refused() -> None:
    told = refused({}, 1000, True, 3960)
    assert told.startswith("3960 training jobs are to be submitted as arrays and 1000 at a time.")
    assert "--slurm-array-jobs off" in told
