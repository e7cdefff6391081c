"""Ways to a number that is not what the configuration asks for: none is shown as current.

Each way begins with a finished study. In the end there are the numbers of an undisturbed run, or a
sentence and no number.
"""

import csv
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import yaml
from PIL import Image
from project import RUNS, Project, finished, new_project

RECIPE = {
    "network": "digits_lenet",
    "epochs": 2,
    "batch": 8,
    "milestones": [],
    "learning_rate": 0.003,
}
CONFIG: dict[str, Any] = {
    "recipes": {"own": RECIPE},
    "datasets": {
        "dots": {
            "source": {"kind": "folder", "train": "own/train", "test": "own/test"},
            "image": [1, 16, 16],
            "fit": "stretch",
            "classes": ["left", "right"],
            "train": 24,
            "test": 12,
        },
        "noise": {
            "source": {"kind": "folder", "train": "own/noise", "pool": True, "drawn": True},
            "image": [1, 16, 16],
            "fit": "stretch",
            "train": 20,
        },
    },
    "studies": {
        "own": {
            "title": "Own images",
            "dataset": "dots",
            "oe": "noise",
            "oe_size": 8,
            "objectives": ["bce"],
            "recipe": "own",
            "seeds": 2,
            "draw": {"look": None},
        }
    },
}
LIBRARY = "workflow/lib/oebench"
LEARNS = "lr=recipe.learning_rate"
LOOP = f"{LIBRARY}/training/loop.py"


def draw(folder: Path, count: int, seed: int, bright: slice = slice(None)) -> None:
    """Pictures of noise that is brighter in some columns."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    for number in range(count):
        pixels = random.integers(0, 120, (16, 16))
        pixels[:, bright] += 60
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")


def own_images(folder: Path, seed: int = 0) -> None:
    """Class folders, one of which is a link to another disk, and a pool."""
    for split, count in (("train", 24), ("test", 12)):
        draw(folder / f"own/{split}/left", count, seed + 1, slice(0, 9))
        draw(folder / f"disk/{split}", count, seed + 2, slice(7, 16))
        link = folder / f"own/{split}/right"
        if not link.is_symlink():
            link.symlink_to(Path("../../disk") / split)
    draw(folder / "own/noise", 20, seed + 3)


def numbers(project: Project, metric: str = "auroc") -> dict[str, str]:
    """A metric of each run."""
    with (project.folder / RUNS).open(encoding="utf-8") as file:
        return {row["path"] + row["group"]: row[metric] for row in csv.DictReader(file)}


def configure(project: Project, **recipe: Any) -> None:
    content = {**CONFIG, "recipes": {"own": {**RECIPE, **recipe}}}
    (project.folder / "config/config.yaml").write_text(yaml.safe_dump(content))


def other_recipe(project: Project) -> None:
    configure(project, learning_rate=1e-5)


def other_images(project: Project) -> None:
    """Those behind the link: what was on the right is on the left."""
    for split, count in (("train", 24), ("test", 12)):
        draw(project.folder / f"disk/{split}", count, 11, slice(0, 9))


def other_pool(project: Project) -> None:
    """Each in its place, with its date."""
    folder = project.folder / "own/noise"
    dates = {path: path.stat().st_mtime for path in folder.iterdir()}
    draw(folder, 20, 12, slice(0, 9))
    for path, date in dates.items():
        os.utime(path, (date, date + 1e-3))


def other_code(project: Project) -> None:
    project.edit(LOOP, LEARNS, f"{LEARNS} * 0.01")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished project, shared by all test processes."""
    return finished(tmp_path_factory, "stale", CONFIG, own_images, RUNS)[0]


@pytest.fixture
def project(base: Project, tmp_path: Path) -> Project:
    return base.copy(tmp_path / "my project")


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, str]]:
    """The numbers of an undisturbed run after some changes, by nobody's records."""

    def run(*changes: Callable[[Project], None]) -> dict[str, str]:
        name = "-".join(["truth", *(change.__name__ for change in changes)])

        def prepare(folder: Path) -> None:
            own_images(folder)
            for change in changes:
                change(Project(folder))

        return numbers(finished(tmp_path_factory, name, CONFIG, prepare, RUNS)[0])

    return run


def forget(project: Project) -> None:
    """As in a copied folder."""
    shutil.rmtree(project.folder / ".snakemake")


def into_a_clone(project: Project) -> None:
    clone = new_project(project.folder.with_name("clone"), CONFIG)
    for name in ("results", "resources", "own", "disk"):
        shutil.rmtree(clone.folder / name, ignore_errors=True)
        shutil.copytree(project.folder / name, clone.folder / name, symlinks=True)
    project.folder = clone.folder


def run(project: Project) -> None:
    project.run(RUNS)


def delete(project: Project, *names: str) -> None:
    """Delete results, and the tables that Snakemake would take for made."""
    for name in (*names, "studies"):
        shutil.rmtree(project.folder / "results" / name)
    (project.folder / RUNS).unlink()


def delete_scores(project: Project) -> None:
    delete(project, "runs")


def stored(project: Project) -> list[Path]:
    return sorted((project.folder / "results/store").rglob("*.h5"))


def exchange_stored_runs(project: Project) -> None:
    one, other, *_ = stored(project)
    shutil.copy(other, one)


def cut_a_stored_run(project: Project) -> None:
    one, *_ = stored(project)
    one.write_bytes(one.read_bytes()[:900])


def damage_checksums(project: Project) -> None:
    (project.folder / "resources/caches/noise/seed=1.sha256").write_text("none\n", encoding="utf-8")


def change_scores(project: Project) -> None:
    with h5py.File(scores_file(project), "a") as scores:
        scores["normal_class=0/seed=1/score"][:] = scores["normal_class=0/seed=1/label"][:]


def exchange_seeds(project: Project) -> None:
    with h5py.File(scores_file(project), "a") as scores:
        del scores["normal_class=0/seed=1"]
        scores.copy("normal_class=0/seed=2", scores, "normal_class=0/seed=1")


def scores_file(project: Project) -> Path:
    (file,) = (project.folder / "results/runs").rglob("*normal_class=0*.h5")
    return file


def invert_the_cache(project: Project) -> None:
    with h5py.File(project.folder / "resources/caches/dots.h5", "a") as file:
        file["train/images"][:] = 255 - file["train/images"][:]


def delete_runs(project: Project) -> None:
    delete(project, "runs", "store")


# What is done to a finished study, and what follows: the numbers of an undisturbed run with the
# changes that are left of it, or a sentence and no number.
Change = Callable[[Project], None]
WAYS: dict[str, tuple[list[Change], list[Change] | str]] = {
    "a recipe redefined under its name": ([other_recipe], [other_recipe]),
    "without Snakemake's records": ([other_recipe, forget], [other_recipe]),
    "results copied to another clone": ([into_a_clone, other_recipe], [other_recipe]),
    "changed and changed back": ([other_recipe, run, forget, configure], []),
    "code pulled, without records": ([other_code, forget], [other_code]),
    "images replaced behind a link": ([other_images], [other_images]),
    "images replaced, without records": ([other_images, forget], [other_images]),
    "a drawn pool replaced in its place": ([other_pool], [other_pool]),
    "a stored run exchanged": ([exchange_stored_runs, delete_scores], []),
    "a stored run cut": ([cut_a_stored_run, delete_scores], []),
    "a damaged list of checksums": ([damage_checksums], []),
    "a cache inverted": ([invert_the_cache, delete_runs], "caches/dots.h5 is damaged"),
    "scores changed": ([change_scores, delete], "normal_class=0~seed=1-5.h5 is damaged"),
    "scores of another seed": ([exchange_seeds, delete], "normal_class=0~seed=1-5.h5 is damaged"),
}


@pytest.mark.parametrize(("done", "follows"), WAYS.values(), ids=WAYS)
def test_no_way_leads_to_a_stale_number(
    done: list[Change],
    follows: list[Change] | str,
    project: Project,
    truth: Callable[..., dict[str, str]],
) -> None:
    for change in done:
        change(project)
    if isinstance(follows, str):
        printed = project.call("--cores", "2", RUNS, ok=False)
        assert follows in printed
        assert "Delete it, and the workflow makes it again" in printed
        assert not (project.folder / RUNS).exists()
        return
    project.run(RUNS)
    assert numbers(project) == truth(*follows)
    if follows:
        assert truth(*follows) != truth()


# What a person types while a configuration differs from the files.


def typed(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command as a person types it."""
    library = {"PYTHONPATH": str(project.folder / "workflow/lib")}
    return subprocess.run(
        [sys.executable, "-m", "oebench", *arguments],
        cwd=project.folder,
        env={**os.environ, **library},
        capture_output=True,
        text=True,
        check=False,
    )


def test_collect_preview_explain_and_look_name_what_differs_and_show_nothing(
    project: Project,
) -> None:
    other_recipe(project)
    said = "trained with learning_rate 0.003, the configuration says 1e-05"
    shown = typed(project, "preview")
    assert (shown.returncode, shown.stdout) == (0, "")
    assert f"own: 4 runs left out; the first was {said}" in shown.stderr
    explained = typed(project, "explain").stdout
    assert "own: 0 of 4 runs are as they are asked for" in explained
    assert f"4 runs not current: {said}: dataset=dots/" in explained
    project.call("--cores", "1", "results/plan/plan.json", "results/plan/own.json")
    asked = ("--study", "results/plan/own.json", "--output", "again.csv")
    collected = typed(project, "collect", *asked)
    assert collected.returncode == 1
    assert "4 of 4 runs of own are not what is asked for; the first, " in collected.stderr
    assert said in collected.stderr
    with (project.folder / RUNS).open(encoding="utf-8") as file:
        row = next(csv.DictReader(file))
    looked = typed(project, "look", row["path"], row["group"])
    assert looked.returncode == 1
    assert f"is not current: it was {said}" in looked.stderr


def test_code_and_configuration_edited_while_jobs_wait_and_taken_back_change_nothing(
    tmp_path: Path, truth: Callable[..., dict[str, str]]
) -> None:
    project = new_project(tmp_path / "my project", CONFIG)
    own_images(project.folder)

    def disturb() -> None:
        runs = project.folder / "results/runs"
        while not [*runs.rglob("*.h5")]:
            time.sleep(0.05)
        other_code(project)
        other_recipe(project)

    disturbing = threading.Thread(target=disturb)
    disturbing.start()
    printed = project.call("--cores", "1", RUNS, ok=False)
    disturbing.join()
    assert "the code of `oebench train` has changed since the workflow was started" in printed
    assert len([*(project.folder / "results/runs").rglob("*.h5")]) == 1  # the first of two jobs
    project.edit(LOOP, f"{LEARNS} * 0.01", LEARNS)
    configure(project)
    project.run(RUNS)
    assert numbers(project) == truth()
