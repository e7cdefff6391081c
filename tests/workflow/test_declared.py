"""A folder as most people have it: declared, run, and told where it changes."""

import re
from pathlib import Path

import pandas as pd
import pytest
import yaml
from cli_cases import oebench
from picture_cases import FAULTY, mvtec, put
from project import Project, finished

from oebench.data.sources.frozen import Frozen

FILE = "config/config.yaml"
QUICK = {"steps": 5}


def declare(folder: Path, features: bool) -> None:
    """Write a configuration for cables/ in a project's folder, made quick by an edit."""
    put(mvtec(folder / "cables") / "train/broken", 3, FAULTY)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        if not features:
            patched.setattr(Frozen, "missing", lambda source: "not installed")
        result = oebench("declare", "cables", "--output", FILE, "--force")
        assert result.exit_code == 0, result.stderr
        assert oebench("check").exit_code == 0
    content = yaml.safe_load((folder / FILE).read_text(encoding="utf-8"))
    study = content["studies"]["cables-oe-size"]
    study["recipe"].update(QUICK)
    study["seeds"] = 1
    (folder / FILE).write_text(yaml.safe_dump(content), encoding="utf-8")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished project of networks trained from scratch."""
    return finished(tmp_path_factory, "declared", {}, lambda folder: declare(folder, False))[0]


def test_a_declared_folder_runs_to_the_report(made: Project) -> None:
    runs = pd.read_csv(made.folder / "results/runs.csv")
    assert set(runs["normal_name"]) == {"good"}
    assert set(runs["n_test"]) == {12}
    assert sorted(set(runs["oe_size"].dropna())) == [1, 3]
    assert set(runs["objective"]) == {"hsc", "bce", "kde"}
    assert runs.loc[runs["objective"] == "kde", "auroc"].tolist() == [1]
    for file in ("figures/cables-oe-size.pdf", "looks/cables-oe-size.png", "report.html"):
        assert (made.folder / "results" / file).stat().st_size > 1000


@pytest.mark.snakemake
def test_with_features_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    if Frozen(of="cables").missing():
        pytest.skip("the extra `features` is not installed")
    project, jobs = finished(
        tmp_path_factory,
        "declared-features",
        {},
        lambda folder: declare(folder, True),
        "results/runs.csv",
    )
    assert "embed cables-lite0" in jobs
    runs = pd.read_csv(project.folder / "results/runs.csv")
    assert runs.loc[runs["objective"] == "knn", "auroc"].tolist() == [1]


def test_a_folder_that_changed_is_told_and_its_cache_is_made_again(
    made: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sum(made.planned().values()) == 0
    project = made.copy(tmp_path / "a copy")
    put(project.folder / "cables/test/broken", 8, FAULTY)
    told = " ".join(project.call("-n").split())
    sentence = (
        "data set cables, test: the numbers of images are others than when its cache was made: "
        "broken 6, now 8. It is made again, with the runs that read it"
    )
    assert told.count(sentence) == 1
    assert re.search(r"\bprepare 1\b", told)
    monkeypatch.chdir(project.folder)
    checked = oebench("check")
    assert (checked.exit_code, sentence in checked.stdout) == (0, True)
    project.run("results/runs.csv")
    assert set(pd.read_csv(project.folder / "results/runs.csv")["n_test"]) == {14}
    assert sentence not in " ".join(project.call("-n").split())
