"""What runs again after a change, as the exact list of executed jobs."""

import os
import subprocess
from pathlib import Path

import h5py
import numpy as np
import yaml
from project import (
    CLAIMS,
    COLLECT,
    CURVE,
    DRAW,
    LOOK,
    PLAN,
    PREPARE,
    REPORT,
    RUNS,
    Project,
    everything,
    train,
)


def test_the_first_run_makes_everything_once(first_run: tuple[Project, list[str]]) -> None:
    assert first_run[1] == sorted(everything(4))


def test_a_finished_run_has_nothing_to_do(project: Project) -> None:
    assert "Nothing to be done" in project.call("--cores", "2")


def test_touching_every_source_file_reruns_nothing(project: Project) -> None:
    for folder in ("workflow", "config", "envs"):
        for path in (project.folder / folder).rglob("*"):
            os.utime(path)
    assert project.run() == []


def test_a_fresh_checkout_of_the_same_commit_reruns_nothing(project: Project) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
        subprocess.run(["git", *identity, *arguments], cwd=project.folder, check=True)

    git("init", "-q")
    git("add", "workflow", "config", "envs")
    git("commit", "-qm", "everything")
    subprocess.run(["rm", "-r", "workflow", "config", "envs"], cwd=project.folder, check=True)
    git("checkout", "-q", "--", ".")
    assert project.run() == []


def test_comments_and_docstrings_in_training_code_rerun_nothing(project: Project) -> None:
    training = "workflow/lib/oebench/training/loop.py"
    project.edit(training, '"""The trained network of a run.', '"""The network, trained.')
    project.edit(
        training,
        "        losses[step] = loss.detach()\n",
        "        losses[step] = loss.detach()  # kept\n\n",
    )
    assert project.run() == []


def test_one_more_seed_trains_that_seed_only(project: Project) -> None:
    project.configure(seeds=3)
    assert project.run() == sorted([*PLAN, *train(6), *COLLECT, *DRAW, *LOOK, *CLAIMS, *REPORT])
    lines = project.logs().splitlines()
    assert sum("seed=3: finished" in line for line in lines) == 4
    assert sum("adopted, trained before" in line for line in lines) == 8
    assert len(lines) == 12


def test_one_seed_less_trains_nothing(project: Project) -> None:
    project.configure(seeds=1)
    assert project.run() == sorted([*PLAN, *COLLECT, *DRAW, *CLAIMS, *REPORT])


def test_a_changed_training_statement_retrains(project: Project) -> None:
    training = "workflow/lib/oebench/training/loop.py"
    project.edit(training, "lr *= 0.1", "lr *= 0.2")
    assert project.run() == sorted([*train(4), *COLLECT, *DRAW, *LOOK, *CLAIMS, *REPORT])
    assert "adopted" not in project.logs()


def test_a_changed_training_statement_taken_back_adopts_what_was_trained(
    project: Project,
) -> None:
    training = "workflow/lib/oebench/training/loop.py"
    project.edit(training, "lr *= 0.1", "lr *= 0.2")
    project.run(*scores(project)[:1])
    project.edit(training, "lr *= 0.2", "lr *= 0.1")
    project.run(RUNS)
    assert "finished" not in project.logs()


def test_a_changed_figure_statement_redraws_figures_only(project: Project) -> None:
    project.edit(
        "workflow/lib/oebench/reporting/curve.py", "figsize=(5.5, 3.6)", "figsize=(6.0, 3.6)"
    )
    assert project.run() == sorted([CURVE, *REPORT])


def test_a_new_study_title_trains_nothing(project: Project) -> None:
    project.configure(title="Another title")
    assert project.run() == sorted([*PLAN[1:], *COLLECT, *DRAW, *CLAIMS, *REPORT])


def test_a_changed_key_of_the_recipe_trains_a_run_of_its_own(project: Project) -> None:
    recipe = {"name": "digits", "epochs": 1, "milestones": [], "learning_rate": 0.002}
    project.configure(recipe=recipe)
    project.run(RUNS)
    assert len(scores(project)) == 16  # the eight runs of before stay


def test_a_remade_identical_cache_retrains_nothing(project: Project) -> None:
    assert project.run("--force", "resources/caches/digits.h5") == PREPARE[:1]
    assert project.run() == []


def test_a_cache_with_other_images_retrains(project: Project) -> None:
    digits = "workflow/lib/oebench/data/glyphs.py"
    project.edit(digits, "default_rng(digit)", "default_rng(digit + 100)")
    jobs = project.run(RUNS)
    assert set(train(4)) <= set(jobs)
    assert "adopted" not in project.logs()


def test_own_images_replaced_in_place_train_again(fresh: Project) -> None:
    def write(seed: int) -> None:
        random = np.random.default_rng(seed)
        images = random.integers(0, 256, (40, 16, 16), np.uint8)
        np.savez(fresh.folder / "mine.npz", train_x=images)

    write(1)
    source = {"kind": "arrays", "path": "mine.npz"}
    pool = {"source": source, "image": [1, 16, 16], "train": 40}
    path = fresh.folder / "config/config.yaml"
    content = yaml.safe_load(path.read_text())
    content["datasets"] = {"mine": pool}
    content["studies"]["tiny"] |= {"oe": "mine", "sweep": {}, "oe_size": 5, "seeds": 1}
    content["studies"]["tiny"]["draw"] = {}
    path.write_text(yaml.safe_dump(content))
    fresh.run(RUNS)
    assert fresh.run(RUNS) == []
    write(2)
    assert fresh.run(RUNS)[:2] == ["collect all runs", "collect the runs of tiny"]
    assert "adopted" not in fresh.logs()
    (fresh.folder / "mine.npz").touch()
    assert "prepare mine" in fresh.run(RUNS)
    assert "finished" not in fresh.logs()


def test_a_deleted_scores_file_is_adopted_from_the_store(project: Project) -> None:
    lost = scores(project)[0]
    (project.folder / lost).unlink()
    assert len([job for job in project.run() if job.startswith("train")]) == 1
    assert (project.folder / lost).exists()
    # One of the two jobs ran again; it did not train.
    assert sum("adopted" in line for line in project.logs().splitlines()) == 4


def test_what_a_failed_job_had_finished_is_kept(fresh: Project) -> None:
    fresh.run("resources/caches/digits.h5", "resources/caches/letters.h5")
    fresh.edit(
        "workflow/lib/oebench/training/store.py",
        "        adopt(stored, path)",
        "        if run.seed == 2 and not Path('mended').exists():\n"
        "            raise RuntimeError('the disk is full')\n"
        "        adopt(stored, path)",
    )
    printed = fresh.call("--cores", "2", RUNS, ok=False)
    assert "the disk is full" in printed  # the last lines of the log
    assert "run it alone:" in printed
    (fresh.folder / "mended").touch()
    fresh.run(RUNS)
    # Seed 1 and 2 of class 3 were in the store of each job, class 4 was not trained yet.
    lines = fresh.logs().splitlines()
    assert sum("adopted, trained before" in line for line in lines) == 4
    assert sum(": finished" in line for line in lines) == 4


def test_scores_are_the_same_in_another_folder_and_with_one_core(
    first_run: tuple[Project, list[str]], fresh: Project
) -> None:
    fresh.run(RUNS, cores=1)
    names = scores(fresh)
    assert names == scores(first_run[0])
    assert len(names) == 8
    for name in names:
        with h5py.File(fresh.folder / name) as one, h5py.File(first_run[0].folder / name) as two:
            assert one["score"][:].tobytes() == two["score"][:].tobytes()


def scores(project: Project) -> list[str]:
    """All scores files, relative to the project."""
    found = Path(project.folder / "results/runs").rglob("scores.h5")
    return sorted(str(path.relative_to(project.folder)) for path in found)
