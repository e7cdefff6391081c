"""What runs again after a change, as the exact list of executed jobs."""

import csv
import os
import re
import shutil
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
    rules,
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


def test_a_new_commit_and_a_fresh_checkout_of_it_rerun_nothing(project: Project) -> None:
    project.git("init", "-q")
    project.git("add", "workflow", "config", "envs")
    project.git("commit", "-qm", "everything")
    project.git("commit", "-qm", "another", "--allow-empty")
    subprocess.run(["rm", "-r", "workflow", "config", "envs"], cwd=project.folder, check=True)
    project.git("checkout", "-q", "--", ".")
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
    assert project.run() == sorted([*PLAN, *train(2), *COLLECT, *DRAW, *LOOK, *CLAIMS, *REPORT])
    assert "finished" not in project.logs()


def test_words_for_people_retrain_nothing(project: Project) -> None:
    """Help, errors, printed lines, descriptions; in modules that training runs."""
    library = "workflow/lib/oebench"
    project.edit(f"{library}/recipe.py", "Passes over the normal", "How often all of the normal")
    project.edit(f"{library}/registry.py", '"hypersphere classification"', '"hypersphere"')
    project.edit(f"{library}/run.py", "does not name a run; a", "names no run; a")
    project.edit(f"{library}/accelerator.py", "PyTorch sees no GPU", "there is no GPU")
    project.edit_all(f"{library}/training/loop.py", "the loss is", "a loss is")
    project.edit(f"{library}/training/store.py", "adopted, trained before", "adopted")
    project.edit(f"{library}/training/store.py", '"finished in', '"done in')
    # The plot of a run, claims and overview read the paths of runs and may say what is wrong there.
    assert project.planned() == rules([*LOOK, *CLAIMS, *REPORT])


def test_the_title_of_an_axis_retrains_nothing_and_is_drawn_again(project: Project) -> None:
    project.edit("workflow/lib/oebench/run.py", '"number of OE images"', '"OE images"')
    assert project.planned() == rules([*COLLECT, *DRAW, *LOOK, *CLAIMS, *REPORT])


def test_a_new_objective_network_or_norm_reruns_nothing(project: Project) -> None:
    library = "workflow/lib/oebench"
    for file, text in {
        "models/losses.py": "\n\ndef hinge(z, is_oe):\n    return z[:, 0]\n",
        "models/networks.py": "\n\nclass Wide(LeNet):\n    pass\n",
        "registry.py": (
            '\n\nMETHODS["hinge"] = Objective("hinge", loss="oebench.models.losses:hinge", '
            'score="oebench.models.losses:logit", head=True)\n'
            'NORMS["l3"] = "oebench.models.losses:l3"\n'
            'NETWORKS["wide"] = Architecture("wide", code="oebench.models.networks:Wide", '
            "image=(1, 16, 16), channels=(8,), representation=8)\n"
        ),
    }.items():
        with (project.folder / library / file).open("a") as source:
            source.write(text)
    assert project.run() == []


def test_a_new_metric_collects_again_and_retrains_nothing(project: Project) -> None:
    library = "workflow/lib/oebench"
    project.edit(
        f"{library}/registry.py",
        "METRICS: dict[str, Metric] = {\n",
        "METRICS: dict[str, Metric] = {\n"
        '    "again": Metric("again", "again", "oebench.evaluation.metrics:auroc"),\n',
    )
    jobs = project.run()
    assert jobs == sorted([*COLLECT, *DRAW, *LOOK, *CLAIMS, *REPORT])
    assert "again" in (project.folder / RUNS).read_text().partition("\n")[0]


def test_a_changed_metric_or_rule_of_collapse_collects_again_and_retrains_nothing(
    project: Project,
) -> None:
    metrics = "workflow/lib/oebench/evaluation/metrics.py"
    project.edit(metrics, "0.95, method=", "0.90, method=")
    assert project.run() == sorted([*COLLECT, *DRAW, *LOOK, *CLAIMS, *REPORT])
    project.edit("workflow/lib/oebench/evaluation/collect.py", "< collapsed_below", "< 10")
    assert project.run() == sorted([*COLLECT, *LOOK, *DRAW, *CLAIMS, *REPORT])
    assert {"collapsed"} == {row["status"] for row in runs(project)}


def test_an_edit_of_the_resnet_retrains_what_uses_it_alone(project: Project) -> None:
    """Seen in a dry run: training a ResNet takes too long."""
    photos = {
        "source": {"kind": "arrays", "path": "photos.npz"},
        "image": [3, 224, 224],
        "classes": ["a", "b"],
        "train": 2000,
        "test": 10,
    }
    recipe = {"network": "resnet18_cbam", "epochs": 1, "milestones": [], "batch": 8}
    content = yaml.safe_load((project.folder / "config/config.yaml").read_text())
    content |= {"datasets": {"photos": photos}, "recipes": {"large": recipe}}
    content["studies"]["photos"] = {
        **{"title": "Photos", "dataset": "photos", "objectives": ["dsvdd", "kde"]},
        **{"recipe": "large", "seeds": 1},
    }
    (project.folder / "config/config.yaml").write_text(yaml.safe_dump(content))

    def codes() -> dict[str, str]:
        """The hash of the code that each job is told, by its output."""
        printed = project.call("-n", "-p", "--verbose", "--forceall")
        jobs = re.split(r"\n(?=\[)", printed)
        found = [
            (re.search(r"output: ([^\n,]+)", job), re.search(r"--code (\S+)", job)) for job in jobs
        ]
        return {output[1]: code[1] for output, code in found if output and code}

    before = codes()
    project.edit(
        "workflow/lib/oebench/models/resnet.py", "stride=2, padding=1", "stride=1, padding=1"
    )
    after = codes()
    changed = {output for output in before if before[output] != after[output]}
    (trained,) = changed
    assert trained.startswith("results/runs/dataset=photos/oe=none/objective=dsvdd")
    assert len([output for output in before if output.startswith("results/runs/")]) == 4


def test_a_changed_training_statement_retrains(project: Project) -> None:
    training = "workflow/lib/oebench/training/loop.py"
    project.edit(training, "lr *= 0.1", "lr *= 0.2")
    jobs = [*PLAN[1:], *train(4), *COLLECT, *DRAW, *LOOK, *CLAIMS, *REPORT]
    assert project.run() == sorted(jobs)
    assert "adopted" not in project.logs()


def test_without_snakemakes_records_all_that_is_cheap_is_made_again(project: Project) -> None:
    """As in a copied folder, where nobody knows by what code it was made."""
    shutil.rmtree(project.folder / ".snakemake")
    assert project.planned() == rules([*PLAN, *COLLECT, *DRAW, *LOOK, *CLAIMS, *REPORT])


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
    project.edit("workflow/lib/oebench/reporting/curve.py", "(5.5 + beside, 3.6)", "(6.0, 3.6)")
    assert project.planned() == rules([CURVE, *REPORT])


def test_a_new_study_title_trains_nothing(project: Project) -> None:
    project.configure(title="Another title")
    assert project.planned() == rules([*PLAN[1:], *COLLECT, *DRAW, *CLAIMS, *REPORT])


def test_what_is_left_of_a_renamed_study_is_named_until_it_is_removed(project: Project) -> None:
    path = project.folder / "config/config.yaml"
    content = yaml.safe_load(path.read_text())
    content["studies"] = {"renamed": content["studies"]["tiny"]}
    path.write_text(yaml.safe_dump(content))
    printed = project.call("--cores", "2")
    assert not [job for job in project.finished(printed) if job.startswith("train")]
    # plan, studies, tables, figures and looks
    said = "Not of this configuration: 14 files, results/plan/tiny.json, results/studies/tiny.csv,"
    assert said in printed
    for name in ("overview", "report"):
        assert said in (project.folder / f"results/{name}.html").read_text(encoding="utf-8")
    (command,) = re.findall("rm results.*", printed)
    subprocess.run(command, shell=True, cwd=project.folder, check=True)
    printed = project.call("--cores", "2")
    assert project.finished(printed) == sorted(REPORT)
    assert "Not of this configuration" not in printed
    assert (project.folder / "results/tables/renamed.csv").exists()


def test_a_changed_key_of_the_recipe_trains_a_run_of_its_own(project: Project) -> None:
    recipe = {"name": "digits", "epochs": 1, "milestones": [], "learning_rate": 0.002}
    project.configure(recipe=recipe)
    project.run(RUNS)
    assert len(scores(project)) == 4  # the two files of before stay


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


def test_a_changed_entry_of_the_catalogue_retrains(project: Project) -> None:
    catalogue = project.folder / "workflow/lib/oebench/config/catalog.yaml"
    before, digits, after = catalogue.read_text().partition(
        "  digits:\n    network: digits_lenet\n"
    )
    catalogue.write_text(before + digits + after.replace("batch: 16", "batch: 8", 1))
    assert set(train(4)) <= set(project.run(RUNS))
    assert "adopted" not in project.logs()


def test_a_changed_claim_is_judged_again_and_nothing_else(project: Project) -> None:
    claims = "workflow/lib/oebench/published/claims.yaml"
    project.edit(claims, "\nC4:", "\nC40:")
    assert project.planned() == rules([*PLAN[:1], *CLAIMS, *REPORT])


def test_a_changed_template_of_pages_makes_pages_again(project: Project) -> None:
    page = project.folder / "workflow/lib/oebench/reporting/templates/page.html"
    page.write_text(page.read_text() + "<!-- changed -->\n")
    assert project.planned() == rules([DRAW[1], *CLAIMS, *REPORT])


def test_what_a_failed_job_had_finished_is_kept(fresh: Project) -> None:
    fresh.run("resources/caches/digits.h5", "resources/caches/letters.h5")
    fresh.edit(
        "workflow/lib/oebench/training/store.py",
        "            finished[member] = stored",
        "            if run.seed == 2 and not Path('mended').exists():\n"
        "                raise RuntimeError('the disk is full')\n"
        "            finished[member] = stored",
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
    assert len(names) == 2
    assert len(runs(fresh)) == 8
    for run in runs(fresh):
        name = run["path"]
        with h5py.File(fresh.folder / name) as one, h5py.File(first_run[0].folder / name) as two:
            score = [file[run["group"]]["score"][:].tobytes() for file in (one, two)]
            assert score[0] == score[1]


def scores(project: Project) -> list[str]:
    """All scores files, relative to the project."""
    found = Path(project.folder / "results/runs").rglob("*.h5")
    return sorted(str(path.relative_to(project.folder)) for path in found)


def runs(project: Project) -> list[dict[str, str]]:
    """The rows of the table of runs."""
    with (project.folder / RUNS).open(newline="") as file:
        return [*csv.DictReader(file)]
