"""What a person asks of runs: previews, explanations, the store."""

import json
import re
from pathlib import Path

import numpy as np
from cli_cases import oebench

from oebench.artifacts import marks, record, scores
from oebench.files import HOST
from oebench.plan.jobs import code_of, recipe_of, scores_file
from oebench.plan.manifests import read_plan

# oebench preview


def finish_one(configfile: Path, **recipe: object) -> None:
    """Writes the scores of a configuration's first run, trained with other keys of its recipe."""
    plan = read_plan(configfile)
    run = plan.runs[0]
    score = np.arange(20, dtype=np.float32)
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


def test_explain_of_another_study_names_those_there_are(small: Path) -> None:
    result = oebench("explain", "pets", "--configfile", small)
    assert result.exit_code == 1
    assert "'pets' is not a known study; did you mean 'pets-size'?" in result.stderr


# oebench store


def test_the_store_is_counted_and_what_killed_writes_left_is_removed_on_request(
    small: Path,
) -> None:
    store = Path("results/store/ab")
    store.mkdir(parents=True)
    dead = 2**31 - 2  # no process has this number
    for name in ("ab1.h5", f".ab2~{HOST}~{dead}~x.h5", "ab3.h5.broken"):
        (store / name).write_bytes(b"x" * 1_500_000)
    said = oebench("store", "--results", "results").stdout.splitlines()
    assert said == [
        "1 finished run in results/store, 1.5 MB",
        "1 temporary file, 1.5 MB, left behind; --prune removes them",
        "1 broken file, 1.5 MB, left behind; --prune removes them",
    ]
    oebench("store", "--results", "results", "--prune")
    assert [path.name for path in store.iterdir()] == ["ab1.h5"]
