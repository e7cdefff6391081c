"""What a scheduler cannot do is a sentence before the first job."""

from pathlib import Path

import pytest

from oebench.plan.site import refused


@pytest.mark.parametrize("name", ["my project", "50%", "a,b", "it's", "$HOME", "a~b", "(copy)"])
def test_a_folder_that_is_misread_on_the_way_is_refused(name: str) -> None:
    told = refused(Path("/home/me", name), 1000, False, 5)
    assert told.startswith(f"The workflow lies in /home/me/{name}. Schedulers and Snakemake's ")
    assert "move it to a folder without" in told


def test_other_folders_and_numbers_of_jobs_are_fine() -> None:
    folder = Path("/scratch/größe/a-b_c.d+e=1@x:2")
    assert refused(folder, 1000, True, 1000) == refused(folder, 10, False, 3960) == ""


def test_more_jobs_than_an_array_waits_for_are_refused() -> None:
    told = refused(Path("/a"), 1000, True, 3960)
    assert told.startswith("3960 training jobs are to be submitted as arrays and 1000 at a time.")
    assert "--slurm-array-jobs off" in told
