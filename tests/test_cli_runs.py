"""What a person asks of runs: previews, explanations, the store."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from cli_cases import oebench

from oebench.artifacts import marks, record, scores
from oebench.artifacts.progress import at_work
from oebench.files import HOST
from oebench.plan.jobs import blocks, code_of, recipe_of, scores_file
from oebench.plan.manifests import read_plan

# oebench preview


RISING = np.arange(20, dtype=np.float32)


def finish_one(configfile: Path, score: np.ndarray = RISING, **recipe: object) -> None:
    """Writes the scores of a configuration's first run, trained with other keys of its recipe."""
    plan = read_plan(configfile)
    run = plan.runs[0]
    classes = np.repeat([0, 1], 10)
    arrays, found = scores.contents(run, classes, ["cat", "dog"], lambda: (score, score))
    machine = {"device": "cpu", "arithmetic": "float32", "versions": "numpy 2"}
    resolved = json.dumps(recipe_of(plan, run) | recipe)
    images = json.dumps({run.dataset: "12", run.oe: "34"})
    made = {"code": code_of(plan, run), "recipe_resolved": resolved, "images": images}
    file = Path("results/runs", scores_file(plan, run))
    scores.write(file, run.member, arrays, found | machine | made)


def test_preview_draws_what_is_finished_and_says_how_much_that_is(small: Path) -> None:
    finish_one(small)
    result = oebench("preview", "--configfile", small, "--results", "results")
    assert result.exit_code == 0
    listed = [Path(line) for line in result.stdout.splitlines()]
    assert {path.name for path in listed} == {
        *(f"pets-size-table{suffix}" for suffix in (".csv", ".md", ".tex", ".html")),
        *(f"pets-size-curve{suffix}" for suffix in (".csv", ".pdf", ".svg", ".png")),
        *(f"claims{suffix}" for suffix in (".csv", ".md", ".html")),
    }
    assert "1 of 24 runs are finished" in Path("results/preview/claims.md").read_text(
        encoding="utf-8"
    )
    assert all(path.stat().st_size for path in listed)
    text = Path("results/preview/pets-size-table.md").read_text(encoding="utf-8")
    assert "1 of 24 runs are shown; 23 are not finished" in text
    assert re.search(r"\| mean +\| +100\.0 \|", text)
    for base, name in (("pets-size-curve", "pets-size"), ("claims", marks.PLAN)):
        found = record.read(Path(f"results/preview/{base}{record.SUFFIX}"))
        assert found
        assert (found.name, found.runs["device"], len(found.inputs)) == (name, ("cpu",), 1)
        assert f"code {found.code}, " in found.mark


def test_preview_leaves_out_what_was_made_otherwise_and_says_so(small: Path) -> None:
    finish_one(small, epochs=7)
    result = oebench("preview", "--configfile", small, "--results", "results")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "1 run left out; the first was trained with epochs 7, the" in result.stderr


def test_preview_of_nothing_draws_nothing(small: Path) -> None:
    result = oebench("preview", "--configfile", small, "--results", "results")
    assert (result.exit_code, result.stdout) == (0, "")


# oebench plan


def finish_all(configfile: Path, folder: Path) -> None:
    """Writes all scores of a configuration: an AUROC of 1 with two OE images, less with one."""
    plan = read_plan(configfile)
    classes = np.repeat([0, 1], 10)
    for runs in blocks(plan).values():
        files = {}
        for run in runs:
            rising = (RISING if run.normal_class == 0 else RISING[::-1]).copy()
            if run.oe_size == 1:
                rising[[5 + run.seed, 15]] = rising[[15, 5 + run.seed]]
            arrays, found = scores.contents(
                run, classes, ["cat", "dog"], lambda score=rising: (score, score)
            )
            machine = {"device": "cpu", "arithmetic": "float32", "versions": "numpy 2"}
            images = json.dumps({run.dataset: "12", run.oe: "34"})
            recipe = json.dumps(recipe_of(plan, run))
            made = {"code": code_of(plan, run), "recipe_resolved": recipe, "images": images}
            files[run.member] = folder / f"{run.normal_class}-{run.seed}.h5"
            scores.write(files[run.member], run.member, arrays, found | machine | made)
        scores.join(Path("results/runs", scores_file(plan, runs[0])), files, {})


def test_plan_says_how_many_images_are_needed_and_writes_what_to_run(
    small: Path, tmp_path: Path
) -> None:
    finish_all(small, tmp_path / "single")
    result = oebench("plan", "pets-size", "--configfile", small, "--target", "97")
    assert result.exit_code == 0, result.output
    told = result.stdout.splitlines()
    assert told[0] == (
        "pets-size, oe things: OE images needed for a mean AUROC of 97 % (2 normal classes, "
        "3 seeds; 95 % intervals)"
    )
    assert told[1].startswith("  hsc  2 (")
    assert told[2].startswith("pets-size, oe noise: ")
    assert "24 of 24 runs are finished." in told
    best = oebench("plan", "pets-size", "--configfile", small, "--within", "0.5")
    assert "to come within 0.5 points of the best (hsc, 100.0 %)" in best.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--target", "95", "--within", "1"], "--target and --within are both given"),
        ([], "0 of 24 runs are finished, and no normal class has a run of every method"),
    ],
)
def test_plan_answers_with_a_sentence(small: Path, arguments: list[str], said: str) -> None:
    result = oebench("plan", "pets-size", "--configfile", small, *arguments)
    assert result.exit_code == 1
    assert said in result.stderr


def test_plan_names_the_studies_there_are(small: Path) -> None:
    result = oebench("plan", "pets", "--configfile", small)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "'pets' is not a known study; did you mean 'pets-size'?" in result.stderr


# oebench explain


def test_explain_counts_what_is_there_what_is_missing_and_what_was_made_otherwise(
    small: Path,
) -> None:
    finish_one(small, epochs=7)
    result = oebench("explain", "--configfile", small, "--results", "results")
    assert result.exit_code == 0
    first, missing, outdated = result.stdout.splitlines()
    assert first == "pets-size: 0 of 24 runs are as they are asked for"
    assert missing.startswith("  23 runs not there: dataset=pets/")
    assert missing.endswith(" and 22 more")
    said = "  1 run not current: trained with epochs 7, the configuration says 150: dataset=pets/"
    assert outdated.startswith(said)


def test_explain_of_a_damaged_file_says_what_to_do(small: Path) -> None:
    finish_one(small)
    (file,) = Path("results/runs").rglob("*.h5")
    file.write_bytes(file.read_bytes()[:500])
    result = oebench("explain", "pets-size", "--configfile", small, "--results", "results")
    assert f"not usable: {file} is damaged, or of another version" in result.stdout
    assert "Delete it, and the workflow makes it again" in result.stdout


# oebench status


def test_status_says_how_far_a_study_is_and_what_is_at_work(small: Path) -> None:
    plan = read_plan(small)
    file = Path("results/runs", scores_file(plan, plan.runs[0]))
    members = [run.member for run in blocks(plan)[scores_file(plan, plan.runs[0])]]
    made_with = (code_of(plan, plan.runs[0]), recipe_of(plan, plan.runs[0]))
    with at_work(Path("results/store"), file, members, *made_with) as job:
        job.begins(members[0], "key")
        result = oebench("status", "pets-size", "--configfile", small)
    first, working = result.stdout.splitlines()
    work = f"{len(members)} at work, {24 - len(members)} missing"
    assert first == f"pets-size: 0 of 24 runs done, {work}; the time left is not known yet"
    assert working.startswith(f"  at work: {plan.runs[0].path}, process {os.getpid()} on ")


@pytest.mark.parametrize("command", ["explain", "status", "retry"])
def test_a_study_that_there_is_not_is_refused_with_those_there_are(
    small: Path, command: str
) -> None:
    result = oebench(command, "pets", "--configfile", small)
    assert result.exit_code == 1
    assert "'pets' is not a known study; did you mean 'pets-size'?" in result.stderr


# oebench retry


def test_retry_names_the_one_command_that_makes_a_collapsed_run_again(small: Path) -> None:
    finish_one(small, score=np.ones(20, dtype=np.float32))
    (file,) = Path("results/runs").rglob("*.h5")
    arguments = ("retry", "pets-size", "--configfile", small, "--results", "results")
    said = oebench(*arguments, "--dry-run").stdout.splitlines()
    assert said[0].endswith("normal_class=0/seed=1 has collapsed; its scores would be deleted")
    assert said[-1] == f"`snakemake --cores all pets-size --configfile {small}` makes them again."
    assert file.exists()
    said = oebench(*arguments).stdout.splitlines()
    assert said[0].endswith("has collapsed; its scores were deleted")
    assert not file.exists()


# oebench store


def test_the_store_is_counted_and_what_killed_writes_left_is_removed_on_request(
    small: Path,
) -> None:
    for name in ("results/store/ab", "results/looks", "resources/downloads/d"):
        Path(name).mkdir(parents=True)
        Path(name, f".ab2~{HOST}~{2**31 - 2}~x.h5").write_bytes(b"x" * 500_000)
    Path("results/store/ab/ab1.h5").write_bytes(b"x" * 1_500_000)
    said = oebench("store", "--results", "results").stdout.splitlines()
    assert said == [
        "1 finished run in results/store, 1.5 MB",
        "3 temporary files, 1.5 MB, left behind; --prune removes them",
    ]
    oebench("store", "--results", "results", "--prune")
    assert [path.name for path in Path().rglob("*.h5")] == ["ab1.h5"]
