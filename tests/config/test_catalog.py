"""What a configuration changes in the catalogue: folders of one's own, and other data sets."""

from pathlib import Path

import pytest
from config_cases import DATASET, accepted, changed, refusal

from oebench.plan.manifests import Manifests, read_plan


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "own.yaml"


# Folders of the user


def test_a_folder_takes_the_place_of_a_download(file: Path, tmp_path: Path) -> None:
    content = changed("folders.cifar10", "~/data")
    source = accepted(file, content).config.datasets["cifar10"].source
    assert source.folder == Path("~/data").expanduser()
    assert source.needed() == ()
    assert source.train[0] == "data_batch_1"  # all else is the catalogue's


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("cifra10", "'cifra10' is not a known data set; did you mean 'cifar10'?"),
        ("letters", "letters is not downloaded; set its source instead"),
    ],
)
def test_a_folder_for_anything_else_is_refused(file: Path, name: str, reason: str) -> None:
    assert f"folders.{name}: {reason}" in refusal(file, changed(f"folders.{name}", "data"))


# Data sets in the place of others


def test_one_line_puts_other_oe_images_into_every_study(tmp_path: Path) -> None:
    paper = (Path(__file__).parents[2] / "config/paper.yaml").read_text()
    file = tmp_path / "mine.yaml"
    file.write_text(f"{paper}\nreplace: {{tinyimages: random-images-300k}}\n")
    plan = read_plan(file)
    assert "tinyimages" not in plan.datasets
    sizes = {run.oe_size for run in plan.studies["cifar10-oe-size"].runs}
    assert sizes == {2**n for n in range(19)}  # up to 262,144 of 300,000
    assert len(plan.studies["cifar10-oe-size"].dropped) == 3
    assert "OE images: random-images-300k" in Manifests(plan).about("cifar10-oe-size")
    assert len(plan.studies["cifar10-oe-classes"].runs) == 1600


def test_swept_data_sets_are_replaced_too(file: Path) -> None:
    content = changed("replace.letters", "noise")
    content["datasets"] = {
        "noise": {"source": DATASET["source"], "image": [1, 16, 16], "train": 9},
        "more": {"source": DATASET["source"], "image": [1, 16, 16], "train": 9},
    }
    study = content["studies"]["s"]
    del study["oe"]
    study["sweep"] = {"oe": ["letters", "more"]}
    assert {run.oe for run in accepted(file, content).runs} == {"noise", "more"}


@pytest.mark.parametrize(("old", "new"), [("cifra100", "cifar10"), ("cifar10", "cifra100")])
def test_replacing_what_there_is_not_is_refused(file: Path, old: str, new: str) -> None:
    message = refusal(file, changed(f"replace.{old}", new))
    assert f"replace.{old}: 'cifra100' is not a known data set; did you mean 'cifar100'?" in message


# Names


@pytest.mark.parametrize(
    ("key", "own", "entry"), [("datasets", "Digits", DATASET), ("recipes", "Digits", {"batch": 64})]
)
def test_a_name_that_differs_in_capitals_only_is_refused(
    file: Path, key: str, own: str, entry: dict[str, object]
) -> None:
    told = refusal(file, changed(f"{key}.{own}", entry))
    assert f"{key}: {own.lower()} and {own} differ in capitals only, and some file systems" in told
