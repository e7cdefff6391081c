"""What a person is told of useful OE images: lines, a table and a picture."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import yaml
from cache_cases import write_cache
from cli_cases import oebench

from oebench.artifacts import marks, record, scores
from oebench.evaluation.outliers import Effect
from oebench.plan.jobs import code_of, recipe_of, scores_file
from oebench.plan.manifests import read_plan
from oebench.reporting.outliers import MEANING, WARNING, draw, told
from oebench.run import Run
from oebench.sampling import choose_images

COLOURS = np.arange(6, dtype=np.uint8) * 40  # of the six OE images, one for each
BAD, SEEDS = 2, 40
Project = Callable[..., Path]


def score_of(run: Run, classes: np.ndarray) -> np.ndarray:
    """Scores whose AUROC is lower where the run saw image BAD, and differs a little by seed."""
    saw = BAD in choose_images(6, run.oe_size or 6, run.seed)
    normal = classes == run.normal_class
    harm = 60 * saw + run.seed % 11
    score = np.arange(len(classes), dtype=np.float32)
    order = np.argsort(~normal, kind="stable")  # normal images first: all anomalies are found
    ranked = np.empty_like(score)
    ranked[order] = score
    ranked[order[: harm // 4]] += len(classes)  # but for normal images that are put last
    return ranked


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Writes a configuration, its caches and its finished runs; returns the configuration."""
    monkeypatch.chdir(tmp_path)

    def written(vectors: bool = False, **changes: Any) -> Path:
        shape = {"vector": 3} if vectors else {"image": [1, 28, 28]}
        kind = "vectors" if vectors else "arrays"
        datasets = {
            name: {"source": {"kind": kind, "path": f"{name}.npz"}, **shape, **counts}
            for name, counts in {
                "pets": {"classes": ["cat", "dog"], "train": 200, "test": 40},
                "things": {"train": 6},
            }.items()
        }
        study = {
            "title": "Pets by $ things",
            "dataset": "pets",
            "oe": "things",
            "oe_size": 1,
            "objectives": ["hsc"],
            "recipe": "features" if vectors else "mnist",
            "seeds": SEEDS,
            **changes,
        }
        file = tmp_path / "own.yaml"
        file.write_text(yaml.safe_dump({"datasets": datasets, "studies": {"pets-one": study}}))
        plan = read_plan(file)
        form = (3,) if vectors else (1, 28, 28)
        kept = np.float16 if vectors else np.uint8
        pool = np.broadcast_to(COLOURS.reshape(6, *(1 for _ in form)), (6, *form)).astype(kept)
        folder = Path("resources/caches")
        folder.mkdir(parents=True)
        things = write_cache(folder / "things.h5", {"train": (pool, np.zeros(6, int))}, ["all"])
        pets = write_cache(folder / "pets.h5", {"train": (pool[:1], np.zeros(1, int))}, ["cat"])
        images = json.dumps({"pets": pets.checksum, "things": things.checksum})
        classes = np.repeat([0, 1], 40)
        files: dict[Path, dict[str, Path]] = {}
        for run in plan.runs:
            score = score_of(run, classes)
            arrays, found = scores.contents(run, classes, ["cat", "dog"], lambda s=score: (s, s))
            machine = {"device": "cpu", "arithmetic": "float32", "versions": "numpy 2"}
            resolved = json.dumps(recipe_of(plan, run))
            facts = {"code": code_of(plan, run), "recipe_resolved": resolved, "images": images}
            one = Path("store", f"{run.normal_class}-{run.seed}.h5")
            scores.write(one, run.member, arrays, found | machine | facts)
            files.setdefault(Path("results/runs", scores_file(plan, run)), {})[run.member] = one
        for path, members in files.items():
            scores.join(path, members, {})
        return file

    return written


def asked(configfile: Path, study: str = "pets-one") -> Any:
    return oebench("outliers", study, "--configfile", configfile, "--results", "results")


def test_the_worst_image_is_told_with_what_it_rests_on_and_a_warning(project: Project) -> None:
    result = asked(project())
    assert result.exit_code == 0, result.output
    first, heading, *rest = result.stdout.splitlines()
    assert first == (
        "pets-one: 80 of 80 runs are finished; 2 normal classes, 40 seeds; differences in points, "
        "95 % intervals over seeds"
    )
    assert re.fullmatch(
        r"hsc: 6 images compared, [1-6] told from chance \(Mann-Whitney, Holm, 5 %\)", heading
    )
    worst = next(line for line in rest if "least useful" in line)
    seen = sum(BAD in choose_images(6, 1, seed) for seed in range(1, SEEDS + 1))
    assert re.fullmatch(
        rf"  least useful: all \(row {BAD}\) −\d+\.\d \(−\d+\.\d to −\d+\.\d\), seen by {seen} "
        r"seeds, p (< )?0\.0\d+",
        worst,
    )
    assert WARNING in rest


def test_table_picture_and_record_are_written(project: Project) -> None:
    result = asked(project())
    files = [Path(line) for line in result.stdout.splitlines()[-4:]]
    assert [path.name for path in files] == [
        f"pets-one{suffix}" for suffix in (".csv", ".pdf", ".svg", ".png")
    ]
    assert {path.parent.as_posix() for path in files} == {"results/outliers"}
    table = pd.read_csv(files[0])
    assert table["number"].tolist()[-1] == BAD
    assert table["mean"].is_monotonic_decreasing
    assert sorted(table["number"]) == [*range(6)]
    mark, found = marks.read(files[1]), record.read(record.beside(files[0]))
    assert mark is not None
    assert found is not None
    assert (mark.what, mark.name, found.what) == ("outliers", "pets-one", "outliers")
    assert "resources/caches/things.sha256" in found.inputs
    assert [*found.studies] == ["pets-one"]
    assert len(found.inputs) == 17  # 16 files of scores


def test_the_picture_shows_the_images_with_their_differences(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    monkeypatch.setattr(
        "oebench.reporting.outliers.draw", lambda *given: drawn.append(draw(*given)) or drawn[0]
    )
    asked(project())
    (figure,) = drawn
    every = [axes for axes in figure.findobj(plt.Axes) if axes.images]
    greys = [int(axes.images[0].get_array()[0, 0]) for axes in every]
    assert len(greys) == 6  # three of the most and three of the least useful
    assert greys[3] == COLOURS[BAD]
    assert every[3].get_title().startswith("−")
    assert every[3].get_title().endswith("*")
    words = " ".join(" ".join(each.get_text().split()) for each in figure.findobj(plt.Text))
    for said in (MEANING, WARNING, "Pets by \\$ things", "hsc: least useful images"):
        assert said in words


def test_vectors_stand_by_their_rows(project: Project) -> None:
    result = asked(project(vectors=True))
    assert result.exit_code == 0, result.output
    assert f"row {BAD}" in Path("results/outliers/pets-one.svg").read_text(encoding="utf-8")


def test_where_all_seeds_saw_the_same_nothing_is_compared_or_written(project: Project) -> None:
    result = asked(project(oe_size="all", seeds=3))
    assert "hsc: nothing to compare; no OE image or class was seen by 2 seeds" in result.stdout
    assert not Path("results/outliers").exists()


def test_without_a_finished_run_it_says_what_makes_them(project: Project) -> None:
    file = project(seeds=1)
    for path in Path("results/runs").rglob("*.h5"):
        path.unlink()
    assert asked(file).stderr == (
        "error: pets-one: no run with OE images is finished; `snakemake pets-one` makes them\n"
    )


def test_a_study_without_outliers_is_refused(project: Project) -> None:
    refused = asked(project(objectives=["kde"], oe=None, oe_size=None, seeds=1)).stderr
    assert "pets-one has no objective that uses OE images; name a study that does" in refused


def test_a_pool_that_each_seed_draws_from_is_refused(project: Project) -> None:
    file = project(seeds=2)
    Path("resources/caches/things").mkdir()
    assert "things is a pool that is too large to be copied" in asked(file).stderr


def test_classes_are_shown_by_their_names() -> None:
    each = Effect("hsc", "letters", "class", 7, "H", 1, 75, -1.2, -2.0, 0.5, 0.2, 1.0)
    assert told(each) == "H −1.2 (−2.0 to +0.5), seen by 1 seed, p 1"
