"""What `oebench declare` writes for a folder of pictures, and what it says."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_cases import oebench
from dataset_cases import cut
from picture_cases import FAULTY, NORMAL, mvtec, put
from PIL import Image

from oebench.data.sources.frozen import Frozen
from oebench.plan.manifests import read_plan


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def with_features(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Frozen, "missing", lambda source: None)


@pytest.fixture
def without_features(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Frozen, "missing", lambda source: "not installed")


def written(*arguments: str | Path) -> dict[str, Any]:
    """The configuration that is printed, which has a plan."""
    result = oebench("declare", *arguments, "--dry-run")
    assert result.exit_code == 0, result.stderr
    Path("printed.yaml").write_text(result.stdout, encoding="utf-8")
    assert read_plan(Path("printed.yaml")).runs
    return yaml.safe_load(result.stdout)


def refused(*arguments: str | Path) -> str:
    result = oebench("declare", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    return result.stderr.removeprefix("error: ").strip()


@pytest.mark.usefixtures("with_features")
def test_features_are_proposed_where_their_packages_are(here: Path) -> None:
    mvtec(here / "Cables 2")
    content = written("Cables 2", "--outliers", "letters")
    assert content["datasets"]["cables-2-lite0"] == {"features": {"of": "cables-2"}}
    assert content["datasets"]["cables-2"] == {
        "source": {"kind": "folder", "train": "Cables 2/train", "test": "Cables 2/test"},
        "image": [3, 20, 20],
        "fit": "stretch",
        "classes": ["broken", "good"],
    }
    study = content["studies"]["cables-2-oe-size"]
    assert study["normal_classes"] == ["good"]
    assert study["objectives"] == ["hsc", "bce", "knn"]
    assert study["sweep"] == {"oe_size": [1, 8, 64, 512, "all"]}
    assert study["recipe"] == {"name": "features", "batch": 16}
    assert study["oe"] == "letters-lite0"


@pytest.mark.usefixtures("without_features")
@pytest.mark.parametrize(
    ("outliers", "entry"),
    [
        ("cifar100", {"image": [3, 16, 16], "fit": "stretch", "train": 500}),
        ("letters", {"image": [3, 16, 16], "fit": "stretch", "train": 100}),
    ],
)
def test_else_a_network_is_trained_from_scratch(
    here: Path, outliers: str, entry: dict[str, Any]
) -> None:
    mvtec(here / "cables")
    content = written("cables", "--outliers", outliers)
    study = content["studies"]["cables-oe-size"]
    assert study["objectives"] == ["hsc", "bce", "kde"]
    assert study["recipe"] == {"name": "own_images", "batch": 16}
    own = content["datasets"][study["oe"]]
    assert {key: own[key] for key in entry} == entry


@pytest.mark.usefixtures("without_features")
@pytest.mark.parametrize(("side", "taken"), [(8, 16), (27, 16), (28, 28), (63, 32), (200, 64)])
def test_the_network_is_the_largest_that_needs_no_enlarged_picture(
    here: Path, side: int, taken: int
) -> None:
    picture = Image.new("RGB", (side, side), "green")
    for name, count in (("train/good", 8), ("test/good", 1), ("test/broken", 1)):
        (here / "cables" / name).mkdir(parents=True)
        for number in range(count):
            picture.putpixel((0, 0), (number, count, len(name)))
            picture.save(here / "cables" / name / f"{number}.png")
    content = written("cables")
    assert content["datasets"]["cables"]["image"] == [3, taken, taken]
    assert content["studies"]["cables-oe-size"]["recipe"] == {"name": "own_images", "batch": 8}


@pytest.mark.usefixtures("with_features")
def test_known_defects_are_oe_images_by_default(here: Path) -> None:
    put(mvtec(here / "cables") / "train/broken", 3, FAULTY)
    content = written("cables")
    assert content["datasets"]["cables-known"]["source"] == {
        "kind": "folder",
        "train": "cables/train",
        "pool": True,
        "leave_out": ["good"],
    }
    plan = read_plan(Path("printed.yaml"))
    assert plan.config.datasets["cables-known"].pool == 3
    assert plan.config.datasets["cables"].counts("train") == (3, 20)


@pytest.mark.usefixtures("with_features")
def test_images_that_come_with_the_library_are_the_next_best(here: Path) -> None:
    mvtec(here / "cables")
    assert written("cables")["studies"]["cables-oe-size"]["oe"] == "photo-patches-lite0"


@pytest.mark.usefixtures("with_features")
def test_known_defects_beside_normal_pictures_are_trained_on_or_tested_on(here: Path) -> None:
    put(here / "fine", 20, NORMAL)
    put(here / "scratched", 10, FAULTY)
    told = refused("fine")
    assert "There are normal pictures alone, and a detector is judged by anomalies" in told
    written("fine", "--outliers", "scratched")
    datasets = read_plan(Path("printed.yaml")).config.datasets
    assert datasets["fine"].counts("test") == (6, 3)
    (pool,), (both, _) = (datasets[name].source.load().values() for name in ("scratched", "fine"))
    assert pool.size == 7
    images = [both.name(i) for i in range(both.size)]
    assert {pool.name(i) for i in range(7)} <= {*images}


@pytest.mark.usefixtures("with_features")
def test_several_pools_are_swept(here: Path) -> None:
    mvtec(here / "cables")
    put(here / "others", 5, FAULTY)
    content = written("cables", "--outliers", "others", "--outliers", "letters")
    sweep = content["studies"]["cables-oe-size"]["sweep"]
    assert sweep["oe"] == ["others-lite0", "letters-lite0"]


@pytest.mark.usefixtures("with_features")
def test_images_that_are_tested_on_are_no_oe_images(here: Path) -> None:
    mvtec(here / "cables")
    told = refused("cables", "--outliers", "cables/test/broken")
    assert told.startswith("--outliers cables/test/broken has 6 pictures of the test images")


@pytest.mark.usefixtures("with_features")
def test_a_name_that_is_neither_folder_nor_data_set_is_refused(here: Path) -> None:
    mvtec(here / "cables")
    told = refused("cables", "--outliers", "leters")
    assert told.startswith("--outliers leters is neither a folder nor a data set of the catalogue")
    assert "letters" in told.split("there are ")[1]


@pytest.mark.usefixtures("with_features")
def test_files_that_cannot_be_read_are_left_out(here: Path) -> None:
    cut(mvtec(here / "cables") / "train/good/000.png")
    content = written("cables", "--outliers", "letters")
    assert content["datasets"]["cables"]["source"]["leave_out"] == ["good/000.png"]
    assert read_plan(Path("printed.yaml")).config.datasets["cables"].counts("train") == (0, 19)


@pytest.mark.usefixtures("with_features")
def test_a_file_is_written_once(here: Path) -> None:
    mvtec(here / "cables")
    result = oebench("declare", "cables", "--outliers", "letters")
    assert result.exit_code == 0
    assert "config/cables.yaml is written" in result.stdout
    assert "snakemake --cores 2 --configfile config/cables.yaml" in result.stdout
    assert "31 runs, roughly" in result.stdout
    before = Path("config/cables.yaml").read_text(encoding="utf-8")
    assert "config/cables.yaml exists" in refused("cables", "--outliers", "cifar100")
    assert Path("config/cables.yaml").read_text(encoding="utf-8") == before
    assert oebench("declare", "cables", "--outliers", "cifar100", "--force").exit_code == 0
    assert Path("config/cables.yaml").read_text(encoding="utf-8") != before
    assert sorted(path.name for path in here.iterdir()) == ["cables", "config"]


@pytest.mark.usefixtures("with_features")
def test_what_is_refused_or_only_printed_writes_nothing(here: Path) -> None:
    mvtec(here / "cables")
    result = oebench("declare", "cables", "--outliers", "letters", "--dry-run")
    assert yaml.safe_load(result.stdout)["title"] == "How many OE images does cables need?"
    assert "31 runs" in result.stderr
    refused("nowhere")
    assert [path.name for path in here.iterdir()] == ["cables"]
