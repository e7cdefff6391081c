"""A study of features of a pretrained network: embedded once, known by what they are made of."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
import yaml
from cli_cases import oebench
from local_server import Site, serve
from project import DIGITS, Project, finished

from oebench.embedding.weights import sha256
from oebench.features import PACKAGED
from oebench.vision import torchvision

MODEL, LENGTH = "shufflenet_v2_x0_5", 1024
FILE = "resources/weights.pth"


def write_weights(path: Path, seed: int = 0) -> None:
    torch.manual_seed(seed)
    torch.save(torchvision.models.get_model(MODEL, weights=None).state_dict(), path)


def configuration(known: str | None, **changes: Any) -> dict[str, Any]:
    """Digits against letters as features of a network with random weights."""

    def of(name: str) -> dict[str, Any]:
        how = {"model": MODEL, "weights": FILE, "sha256": known, "size": 32, **changes}
        return {"features": {"of": name, **how}, "vector": LENGTH}

    return {
        "jobs": {"classes": 10, "seeds": 5},
        "claims": {"paper": False},
        "datasets": {"digits-features": of("digits"), "letters-features": of("letters")},
        "studies": {
            "features": {
                "title": "Features",
                "dataset": "digits-features",
                "oe": "letters-features",
                "objectives": ["hsc", "knn"],
                "normal_classes": DIGITS["normal_classes"],
                "sweep": {"oe_size": [4, "all"]},
                "recipe": {"name": "features", "steps": 20},
                "seeds": 2,
                "draw": {"curve": "oe_size", "beside": {"pixels": "trained from scratch"}},
            },
            "pixels": {
                "title": "Pixels",
                "dataset": "digits",
                "oe": "letters",
                "objectives": ["hsc"],
                "normal_classes": DIGITS["normal_classes"],
                "sweep": {"oe_size": [4, "all"]},
                "recipe": {"name": "digits", "epochs": 1, "milestones": []},
                "seeds": 1,
                "draw": {"curve": "oe_size"},
            },
        },
    }


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[str]]:
    """The finished project, and the jobs it took."""
    weights = tmp_path_factory.mktemp("weights") / "weights.pth"
    write_weights(weights)
    known = sha256(weights)

    def prepare(folder: Path) -> None:
        (folder / FILE).write_bytes(weights.read_bytes())

    return finished(tmp_path_factory, "frozen", configuration(known), prepare)


def configure(project: Project, **changes: Any) -> None:
    known = sha256(project.folder / FILE)
    content = configuration(known, **changes)
    (project.folder / "config/config.yaml").write_text(yaml.safe_dump(content))


def test_images_are_embedded_once_and_trained_on(made: tuple[Project, list[str]]) -> None:
    project, jobs = made
    steps = ["embed digits-features", "embed letters-features", "prepare digits", "prepare letters"]
    assert sorted(job for job in jobs if job.startswith(("prepare", "embed"))) == steps
    runs = pd.read_csv(project.folder / "results/studies/features.csv")
    assert (runs["status"] == "ok").all()
    assert len(runs) == 2 * 2 * 2 + 2
    log = (project.folder / "results/logs/embed/digits-features.log").read_text()
    assert f"{MODEL}: {LENGTH} dimensions, weights.pth" in log


def test_what_is_shown_says_by_which_network_and_weights(made: tuple[Project, list[str]]) -> None:
    said = (
        f"digits-features: features of digits by {MODEL}, weights weights.pth, pretrained on other "
        "images, at 32 pixels."
    )
    for file in ("tables/features.md", "comparisons/features.md"):
        text = " ".join((made[0].folder / "results" / file).read_text().split())
        assert said.replace("_", "\\_") in text or said in text
    assert "1024 features" in (made[0].folder / "results/overview.html").read_text()


def test_both_ways_stand_in_one_figure(made: tuple[Project, list[str]]) -> None:
    folder = made[0].folder / "results/figures"
    both, alone = (pd.read_csv(folder / f"{name}.csv") for name in ("features", "pixels"))
    beside = both[both["beside"] == "pixels"]
    assert beside["line"].unique() == ["hsc, trained from scratch"]
    assert beside["auroc"].tolist() == alone["auroc"].tolist()
    assert {*both.loc[both["beside"].isna(), "line"]} == {"hsc", "knn"}


def test_nothing_is_left_to_do_also_in_a_copy_without_records(
    made: tuple[Project, list[str]], tmp_path: Path
) -> None:
    assert sum(made[0].planned().values()) == 0
    project = made[0].copy(tmp_path / "a copy")
    for each in (project.folder / ".snakemake/metadata").iterdir():
        each.unlink()
    planned = project.planned()
    assert planned["prepare"] == planned["embed"] == planned["train"] == 0


@pytest.mark.parametrize("changes", [{"size": 40}, {"filter": "bilinear"}, {"blur": 2}])
def test_other_features_are_embedded_and_trained_again(
    made: tuple[Project, list[str]], tmp_path: Path, changes: dict[str, Any]
) -> None:
    project = made[0].copy(tmp_path / "a copy")
    configure(project, **changes)
    planned = project.planned()
    assert (planned["prepare"], planned["embed"]) == (0, 2)


def test_other_weights_are_embedded_and_trained_on_again(
    made: tuple[Project, list[str]], tmp_path: Path
) -> None:
    project = made[0].copy(tmp_path / "a copy")
    before = pd.read_csv(project.folder / "results/studies/features.csv")
    write_weights(project.folder / FILE, seed=1)
    configure(project)
    jobs = project.run("results/studies/features.csv")
    assert len([job for job in jobs if job.startswith("embed")]) == 2
    after = pd.read_csv(project.folder / "results/studies/features.csv")
    assert (before["auroc"] != after["auroc"]).all()


def test_explain_says_whether_vectors_are_what_is_asked_for(
    made: tuple[Project, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = made[0].copy(tmp_path / "a copy")
    monkeypatch.chdir(project.folder)
    cache = "resources/caches/digits-features.h5"
    lines = oebench("explain", cache).stdout.splitlines()
    assert lines[0] == f"{cache}: the vectors of digits"
    assert "current: yes" in lines
    assert lines[-1] == f"snakemake --cores 1 --force {cache}"
    configure(project, size=40)
    lines = oebench("explain", cache).stdout.splitlines()
    assert "current: no" in lines
    assert "  the configuration, the code or the source is another by now" in lines
    configure(project)
    assert "current: yes" in oebench("explain", cache).stdout.splitlines()


def test_weights_are_downloaded_once_for_all_that_share_them(
    fresh: Project, tmp_path: Path
) -> None:
    write_weights(tmp_path / "weights.pth")
    content = (tmp_path / "weights.pth").read_bytes()
    name = f"net-{sha256(tmp_path / 'weights.pth')[:8]}.pth"  # as torchvision names its files
    file = fresh.folder / "config/config.yaml"
    caches = [f"resources/caches/{each}-features.h5" for each in ("digits", "letters")]
    with serve(Site({f"/{name}": content})) as site:
        made = configuration(None, weights=f"{site.address}/{name}")
        file.write_text(yaml.safe_dump(made))
        jobs = fresh.run(*caches)
        assert [job for job in jobs if job.startswith("download")] == [f"download {name}"]
        assert len(site.asked) == 1
    place = fresh.folder / "resources/weights" / name.split("-")[1][:8] / name
    assert place.read_bytes() == content
    assert "Nothing to be done" in fresh.call("--cores", "1", *caches)
    # The same file at another address, or none any more: the vectors stay what they are.
    place.unlink()
    made = configuration(None, weights=f"http://127.0.0.1:9/{name}")
    file.write_text(yaml.safe_dump(made))
    assert "Nothing to be done" in fresh.call("--cores", "1", *caches)


def test_weights_that_cannot_be_had_end_with_a_sentence(fresh: Project) -> None:
    made = configuration("0" * 64, weights="http://127.0.0.1:9/net.pth")
    (fresh.folder / "config/config.yaml").write_text(yaml.safe_dump(made))
    printed = fresh.call("--cores", "2", "resources/caches/digits-features.h5", ok=False)
    assert "net.pth could not be downloaded" in printed
    assert "put it at resources/weights/00000000/net.pth" in " ".join(printed.split())


def test_weights_that_are_another_file_end_the_job_with_a_sentence(
    made: tuple[Project, list[str]], tmp_path: Path
) -> None:
    project = made[0].copy(tmp_path / "a copy")
    configure(project, size=40)
    (project.folder / FILE).write_bytes(b"other")
    project.call("--cores", "2", "results/runs.csv", ok=False)
    log = (project.folder / "results/logs/embed/digits-features.log").read_text()
    assert "weights.pth has the SHA-256" in log
    assert "it is damaged or another file" in log


@pytest.mark.snakemake
def test_the_weights_of_the_package_from_images_to_figure(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    for package in ("timm", PACKAGED["tf_efficientnet_lite0"].package):
        pytest.importorskip(package, reason=f"needs {package}, of the extra `features`")
    content = configuration(None)
    for name in ("digits", "letters"):
        content["datasets"][f"{name}-features"] = {"features": {"of": name, "size": 32}}
    content["studies"]["features"]["sweep"] = {"oe_size": [64]}
    content["studies"]["features"]["objectives"] = ["hsc", "bce", "knn", "mahalanobis"]
    content["studies"]["features"]["draw"] = {}
    del content["studies"]["pixels"]
    project, _ = finished(tmp_path_factory, "package", content)
    runs = pd.read_csv(project.folder / "results/runs.csv")
    assert (runs["status"] == "ok").all()
    assert (runs["auroc"] > 0.7).all()
    text = (project.folder / "results/tables/features.md").read_text().replace("\\_", "_")
    said = "features of digits by tf_efficientnet_lite0, pretrained on other images, at 32 pixels"
    assert said in " ".join(text.split())
