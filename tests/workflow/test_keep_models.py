"""Networks that are kept: when the workflow makes them, and when it makes nothing."""

import shutil
from pathlib import Path

import pytest
from project import DIGITS, PREPARE, RUNS, Project, new_project, rules

from oebench.artifacts import model

pytestmark = pytest.mark.snakemake
STUDY = {
    "title": "Kept",
    **DIGITS,
    **{"oe": "letters", "objectives": ["hsc", "kde"], "oe_size": 4, "seeds": 1},
}


def configuration(**changes: object) -> dict[str, object]:
    return {
        "jobs": {"classes": 10, "seeds": 5},
        "claims": {"paper": False},
        "studies": {"tiny": {**STUDY, **changes}},
    }


def models(project: Project) -> list[Path]:
    return sorted((project.folder / "results/models").rglob("*.safetensors"))


def made_again(project: Project) -> set[str]:
    """What of caches, scores and tables of runs would be made; no figure was asked for."""
    return {"prepare", "train", "fit", "collect_study", "collect_runs"} & project.planned().keys()


def test_models_are_made_for_finished_runs_and_switching_them_off_runs_nothing(
    tmp_path: Path,
) -> None:
    project = new_project(tmp_path / "a folder", configuration())
    assert {*PREPARE} < {*project.run(RUNS)}
    assert models(project) == []
    project.configure(keep_models=True)
    assert rules(project.run(RUNS)) == {"train": 1, "collect_study": 1, "collect_runs": 1}
    assert project.logs().count("made again, because its network was not kept") == 2
    one, two = models(project)
    assert (one.parent.name, two.parent.name) == ("normal_class=3", "normal_class=4")
    assert model.read(one).facts["seen"]["classes"] == [*"0123456789"]
    assert made_again(project) == set()
    project.configure(keep_models=False)
    assert made_again(project) == set()
    assert len(models(project)) == 2
    project.configure(keep_models=True)
    shutil.rmtree(project.folder / "results/models")
    assert made_again(project) >= {"train"}
    project.run(RUNS)
    assert project.logs().count("adopted, trained before") == 2
    assert models(project) == [one, two]
    one.write_bytes(two.read_bytes())  # of another run
    assert made_again(project) >= {"train"}
