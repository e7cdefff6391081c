"""A study of the user's own feature vectors, from .npy files to the report."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from project import Project, finished

LENGTH = 12
NORMAL, *OTHERS = np.eye(LENGTH)
SOURCE = {"kind": "vectors", "path": "resources/features"}
CONFIGURATION: dict[str, Any] = {
    "jobs": {"classes": 10, "seeds": 5},
    "claims": {"paper": False},
    "datasets": {
        "features": {
            **{"source": SOURCE, "vector": LENGTH, "classes": ["a", "b", "c"]},
            **{"train": 64, "test": 20},
        },
        "pool": {
            "source": {"kind": "vectors", "path": "resources/pool.npy"},
            **{"vector": LENGTH, "train": 80},
        },
    },
    "studies": {
        "vectors": {
            "title": "Vectors",
            "dataset": "features",
            "oe": "pool",
            "objectives": ["hsc", "bce"],
            "normal_classes": ["a", "c"],
            "sweep": {"oe_size": [4, "all"]},
            "recipe": {"name": "features", "steps": 40, "learning_rate": 0.01},
            "seeds": 2,
            "draw": {"curve": "oe_size", "table": "oe_size"},
        },
        "baselines": {
            "title": "Baselines",
            "dataset": "features",
            "objectives": ["knn", "mahalanobis", "kde", "one_class_svm", "isolation_forest"],
            "recipe": "features",
            "seeds": 1,
        },
    },
}


def around(centres: np.ndarray, count: int, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 0.2, (len(centres) * count, LENGTH))
    return (np.repeat(centres, count, axis=0) + noise).astype(np.float32)


def write_vectors(folder: Path) -> None:
    """Three classes, of which a has a twin in the test set, and a pool of eight others."""
    own = folder / "resources/features"
    own.mkdir()
    centres = np.stack([NORMAL, *OTHERS[:2]])
    train, test = around(centres, 64, 0), around(centres, 20, 1)
    test[0] = train[0]
    for split, values in (("train", train), ("test", test)):
        np.save(own / f"{split}_x.npy", values)
        np.save(own / f"{split}_y.npy", np.repeat([0, 1, 2], len(values) // 3))
    np.save(folder / "resources/pool.npy", around(np.stack(OTHERS[2:10]), 10, 2))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished project."""
    project, jobs = finished(tmp_path_factory, "vectors", CONFIGURATION, write_vectors)
    assert len([job for job in jobs if job.startswith("prepare")]) == 2
    return project


def test_networks_and_baselines_find_the_anomalies(made: Project) -> None:
    runs = pd.read_csv(made.folder / "results/runs.csv")
    assert len(runs) == 2 * 2 * 2 * 2 + 5 * 3
    assert (runs["status"] == "ok").all()
    assert runs.loc[runs["oe_size"] == 80, "auroc"].min() > 0.95
    assert runs.loc[runs["recipe"] == "vectors", "auroc"].min() > 0.95
    assert set(runs.loc[runs["normal_name"] == "a", "normal_in_test"]) == {1}
    assert set(runs["oe_in_test"].dropna()) == {0}


def test_all_that_is_shown_of_images_is_shown_of_vectors(made: Project) -> None:
    for file in ("figures/vectors.pdf", "looks/vectors.png", "looks/baselines.svg"):
        assert (made.folder / "results" / file).stat().st_size > 1000
    assert "hsc" in (made.folder / "results/tables/vectors.md").read_text()
    assert (made.folder / "results/comparisons/vectors.csv").exists()
    page = (made.folder / "results/overview.html").read_text()
    assert "12 features" in page
    assert "40 steps" in page
    assert (made.folder / "results/report.html").stat().st_size > 10_000


def test_nothing_is_left_to_do_until_a_vector_changes(made: Project, tmp_path: Path) -> None:
    assert sum(made.planned().values()) == 0
    project = made.copy(tmp_path / "a copy")
    pool = around(np.stack(OTHERS[2:10]), 10, 3)
    np.save(project.folder / "resources/pool.npy", pool)
    assert project.planned()["prepare"] == 1


def test_a_vector_that_cannot_be_used_ends_the_job_with_its_row(
    made: Project, tmp_path: Path
) -> None:
    project = made.copy(tmp_path / "a copy")
    pool = around(np.stack(OTHERS[2:10]), 10, 2)
    pool[17, 3] = np.nan
    np.save(project.folder / "resources/pool.npy", pool)
    project.call("--cores", "2", "results/runs.csv", ok=False)
    log = (project.folder / "results/logs/prepare/pool.log").read_text()
    assert "row 17, counted from 0, has the value nan" in log
    assert "resources/pool.npy" in log
