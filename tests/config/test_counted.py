"""Numbers of images that are not declared, counted in folders; what folders lack is a sentence."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_cases import oebench
from config_cases import DATASET, accepted, changed, refusal
from picture_cases import FAULTY, NORMAL, mvtec, put

SOURCE = {"kind": "folder", "train": "own/train", "test": "own/test"}
ENTRY = {"source": SOURCE, "image": [1, 16, 16], "fit": "crop", "classes": ["broken", "good"]}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(entry: dict[str, Any], **study: Any) -> dict[str, Any]:
    """A configuration of one's own data set, with a batch of eight."""
    content = changed("datasets.own", entry)
    content["studies"]["s"] |= {
        "dataset": "own",
        "normal_classes": ["good"],
        "recipe": {"name": "digits", "batch": 8},
        **study,
    }
    return content


def test_the_layout_of_mvtec_needs_no_numbers(here: Path) -> None:
    mvtec(here / "own")
    data = accepted(here / "a.yaml", asked(ENTRY)).config.datasets["own"]
    assert (data.counts("train"), data.counts("test")) == ((0, 20), (6, 6))


def test_numbers_may_be_declared_and_zero(here: Path) -> None:
    declared = {**ENTRY, "train": [0, 20], "test": 6}
    assert accepted(here / "a.yaml", asked(declared)).runs
    assert "train has no image of any class" in refusal(
        here / "a.yaml", asked({**ENTRY, "train": [0, 0], "test": 6})
    )


def test_only_normal_classes_are_compared_with_the_batch(here: Path) -> None:
    assert accepted(here / "a.yaml", asked({**ENTRY, "train": [3, 40], "test": 6})).runs
    told = refusal(here / "a.yaml", asked({**ENTRY, "train": [40, 3], "test": 6}))
    assert "smallest normal class of own, good, has 3 training images, fewer than one batch" in told


@pytest.mark.parametrize(
    ("train", "test", "normal", "told"),
    [
        ([0, 20], [6, 6], "all", "broken of own has no training images, so it cannot be normal"),
        ([5, 20], [6, 0], ["good"], "good of own has no test images, so it cannot be normal"),
        ([5, 20], [0, 6], ["good"], "good of own has all test images, and there is no anomaly"),
    ],
)
def test_a_class_that_cannot_be_normal_is_refused(
    here: Path, train: list[int], test: list[int], normal: Any, told: str
) -> None:
    content = asked({**ENTRY, "train": train, "test": test}, normal_classes=normal)
    assert told in refusal(here / "a.yaml", content)


def test_a_baseline_that_needs_more_images_is_refused_before_anything_runs(here: Path) -> None:
    declared = {**ENTRY, "train": [20, 2], "test": 6}
    content = asked(declared, objectives=["knn"], oe=None)
    assert accepted(here / "a.yaml", content).runs
    content["studies"]["s"]["objectives"] = ["kde"]
    told = refusal(here / "a.yaml", content)
    assert "kde needs 3 training images, and good of own has 2. Leave it out" in told


def test_a_pool_is_counted_too(here: Path) -> None:
    put(here / "pool/a", 4, NORMAL)
    source = {"kind": "folder", "train": "pool", "pool": True}
    content = changed("datasets.pool", {"source": source, "image": [1, 16, 16], "fit": "crop"})
    content["studies"]["s"]["oe"] = "pool"
    plan = accepted(here / "a.yaml", content)
    assert {run.oe_size for run in plan.runs} == {4}


def test_only_folders_are_counted(here: Path) -> None:
    entry = {key: value for key, value in DATASET.items() if key != "train"}
    told = refusal(here / "a.yaml", changed("datasets.own", entry))
    assert "datasets.own: train is missing: how many images each class has" in told


def test_a_folder_that_is_not_there_is_told_unless_its_numbers_are_declared(here: Path) -> None:
    told = refusal(here / "a.yaml", asked(ENTRY))
    assert "datasets.own: there is no folder own/train and no folder own/test; put" in told
    assert "Or declare `train` and `test`" in told
    assert accepted(here / "a.yaml", changed("datasets.own", ENTRY)).runs  # no study reads it


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("train", [-1, 8], "train.0: expected at least 0, found -1"),
        ("train", ["x", 8], "train.0: expected a whole number, found 'x'"),
        ("train", "x", "train: expected a whole number, found 'x'"),
    ],
)
def test_a_wrong_number_is_one_line(here: Path, key: str, value: Any, told: str) -> None:
    said = refusal(here / "a.yaml", changed("datasets.own", {**DATASET, key: value}))
    assert said.splitlines() == [f"{here}/a.yaml: datasets.own.{told}"]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("seeds", [0, 8], "seeds.0: expected more than 0, found 0"),
        ("normal_classes", 3, "normal_classes: expected 'all', found 3"),
    ],
)
def test_so_is_one_of_a_study(here: Path, key: str, value: Any, told: str) -> None:
    said = refusal(here / "a.yaml", changed(f"studies.s.{key}", value))
    assert said.splitlines() == [f"{here}/a.yaml: studies.s.{told}"]


# oebench check


def checked(here: Path, entry: dict[str, Any], **study: Any) -> tuple[int, str]:
    (here / "a.yaml").write_text(yaml.safe_dump(asked(entry, **study)), encoding="utf-8")
    result = oebench("check", "--configfile", here / "a.yaml")
    return result.exit_code, result.output


def test_check_names_the_class_of_which_a_picture_lacks(here: Path) -> None:
    names = [f"class{number}" for number in range(40)]
    for name in names:
        for split in ("train", "test"):
            put(here / "own" / split / name, 2, NORMAL, (4, 4))
    declared = {**ENTRY, "classes": sorted(names), "train": 2, "test": 2}
    study = {"objectives": ["knn"], "oe": None, "normal_classes": "all"}
    assert checked(here, declared, **study)[0] == 0
    (here / "own/train/class27/000.png").unlink()
    assert checked(here, declared, **study) == (
        1,
        "data set own, train: class27: found 1, declared 2 (read from own/train and own/test). A "
        "file that cannot be read is named in `leave_out` of the source\n",
    )


def test_check_compares_the_names_of_classes(here: Path) -> None:
    mvtec(here / "own")
    declared = {**ENTRY, "classes": ["bent", "good"], "train": [0, 20], "test": 6}
    code, told = checked(here, declared)
    assert code == 1
    assert "not declared: broken; not found: bent" in told


def test_labels_in_a_file_beside_the_pictures_are_not_read(here: Path) -> None:
    put(here / "own/train", 6, FAULTY)
    (here / "own/train/labels.csv").write_text("000.png,good")
    source = {"kind": "folder", "train": "own/train"}
    code, told = checked(here, {**ENTRY, "source": source, "train": [0, 20], "test": 6})
    assert code == 1
    assert "there are no folders of classes (read from own/train), and the classes broken" in told
    assert "labels in labels.csv are not read" in told
