"""Folders of images: any size and colour becomes one array, and what is no image is named."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from oead.datasets import Dataset
from oead.prepare import prepare
from oead.sources.base import SourceError
from oead.sources.folder import Folder

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def save(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (8, 8)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """train/cat: 2 red, train/dog: 1 green; test: 1 each, of other sizes and formats."""
    save(tmp_path / "train/dog/a.png", GREEN)
    save(tmp_path / "train/cat/b.png", RED)
    save(tmp_path / "train/cat/a.jpg", RED, (30, 10))
    save(tmp_path / "test/cat/c.bmp", RED, (5, 50))
    save(tmp_path / "test/dog/c.PNG", BLUE)
    (tmp_path / "train/cat/notes.txt").write_text("no image")
    return tmp_path


def source(pets: Path, **changes: Any) -> Folder:
    keys = {"train": pets / "train", "test": pets / "test", "size": (4, 6)} | changes
    return Folder(kind="folder", **keys)


def test_classes_are_the_folders_in_alphabetical_order(pets: Path) -> None:
    splits = source(pets).load()
    assert splits["train"].images.shape == (3, 3, 4, 6)
    assert splits["train"].labels.tolist() == [0, 0, 1]  # cat, cat, dog
    assert splits["test"].labels.tolist() == [0, 1]
    assert splits["test"].images[1, :, 0, 0].tolist() == list(BLUE)
    assert source(pets).class_names() == ["cat", "dog"]


def test_images_can_be_turned_grey(pets: Path) -> None:
    grey = source(pets, grey=True).load()["test"].images
    assert grey.shape == (2, 1, 4, 6)
    assert grey[1, 0, 0, 0] == 29  # 0.114 * 255 of blue


def test_cropping_keeps_the_proportions_and_stretching_the_whole(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    wide = np.zeros((4, 12, 3), np.uint8)
    wide[:, 4:8] = 255  # the middle third
    Image.fromarray(wide).save(tmp_path / "train/a.png")
    keys: dict[str, Any] = {"test": None, "size": (4, 4)}
    cropped = source(tmp_path, **keys).load()["train"].images
    stretched = source(tmp_path, **keys, fit="stretch").load()["train"].images
    assert cropped.min() == 255  # what is left is the middle
    assert stretched[0, 0, 0, 0] < 100 < stretched[0, 0, 0, 1]


def test_a_folder_of_images_is_a_pool_without_classes(pets: Path) -> None:
    pool = source(pets, train=pets / "train/cat", test=None).load()
    assert pool["train"].labels.tolist() == [0, 0]


def test_a_corrupt_image_is_named_and_left_out(
    pets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = (pets / "train/cat/b.png").read_bytes()
    (pets / "train/cat/b.png").write_bytes(whole[:40])
    assert len(source(pets).load()["train"].labels) == 2
    assert f"left out, cannot be read: {pets / 'train/cat/b.png'}" in capsys.readouterr().out


def test_missing_and_empty_folders_are_sentences(pets: Path) -> None:
    absent = source(pets, test=pets / "tset").missing()
    assert absent is not None
    assert absent.startswith(f"there is no folder {pets / 'tset'}; put a folder of images for each")
    (pets / "empty/cat").mkdir(parents=True)
    with pytest.raises(SourceError, match=r"there is no image in .*empty or its folders cat"):
        source(pets, train=pets / "empty", test=None).load()


def test_other_class_names_than_promised_are_refused(pets: Path) -> None:
    promised = {"image": (3, 4, 6), "classes": ("cat", "cow"), "train": (2, 1), "test": 1}
    dataset = Dataset(source=source(pets), **promised)
    with pytest.raises(SourceError, match="has the classes cat, dog; promised are cat, cow"):
        prepare("pets", dataset, pets / "pets.h5", "")


def test_a_replaced_image_changes_the_stamp(pets: Path) -> None:
    before = source(pets).stamp()
    assert source(pets).stamp() == before
    save(pets / "train/dog/a.png", BLUE, (9, 9))
    assert source(pets).stamp() != before
