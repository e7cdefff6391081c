"""A person's folder is looked at: layout, classes, sizes, colours, what cannot be read."""

from collections.abc import Callable
from pathlib import Path

import pytest
from dataset_cases import cut
from picture_cases import FAULTY, NORMAL, mvtec, put
from PIL import Image

from oebench.data.survey import survey
from oebench.validation import UserError


def test_training_and_test_folders_are_found(tmp_path: Path) -> None:
    seen = survey(mvtec(tmp_path / "cables"))
    assert seen.counts == {"train": {"good": 20}, "test": {"broken": 6, "good": 6}}
    assert (seen.classes, seen.normal, seen.known_defects) == (["broken", "good"], ["good"], [])
    lines = [*seen.lines]
    assert lines[0].endswith("cables: training and test images, a folder for each class")
    assert "test: broken 6, good 6" in lines
    assert "20 x 20 pixels, the short side typically 20; 32 in colour, 0 grey" in lines[3]


def test_defects_among_the_training_images_are_known(tmp_path: Path) -> None:
    put(mvtec(tmp_path / "cables") / "train/broken", 3, FAULTY)
    assert survey(tmp_path / "cables").known_defects == ["broken"]


def test_without_test_images_some_of_each_class_are_held_out(tmp_path: Path) -> None:
    for name, count in {"cat": 20, "dog": 30, "cow": 3}.items():
        put(tmp_path / name, count, NORMAL)
    seen = survey(tmp_path)
    assert seen.counts == {
        "train": {"cat": 14, "cow": 2, "dog": 21},
        "test": {"cat": 6, "cow": 1, "dog": 9},
    }
    assert seen.normal == ["cat", "dog"]
    assert any(line.startswith("cow is too small to be normal: 2 training") for line in seen.lines)


def test_a_flat_folder_is_normal_and_defects_are_a_class_beside_it(tmp_path: Path) -> None:
    put(tmp_path / "fine", 20, NORMAL)
    assert survey(tmp_path / "fine").is_flat
    seen = survey(tmp_path / "fine", [put(tmp_path / "scratched", 6, FAULTY)])
    assert (seen.classes, seen.normal) == (["good", "scratched"], ["good"])
    assert seen.counts["test"] == {"good": 6, "scratched": 2}


def test_what_cannot_be_read_is_named_and_left_out(tmp_path: Path) -> None:
    cut(mvtec(tmp_path) / "train/good/003.png")
    seen = survey(tmp_path)
    assert seen.source.leave_out == ("good/003.png",)
    assert seen.count("train", "good") == 19
    assert any("train/good/003.png (" in line for line in seen.lines)


def test_sizes_and_grey_pictures_are_counted(tmp_path: Path) -> None:
    put(tmp_path / "good", 3, NORMAL, (30, 60))
    Image.new("L", (10, 10), 7).save(tmp_path / "good/grey.png")
    seen = survey(tmp_path).seen
    assert seen.sizes == {(60, 30): 3, (10, 10): 1}
    assert (seen.coloured, seen.side, seen.proportions) == (3, 30, (1, 2))


def test_a_list_of_labels_beside_the_pictures_is_told(tmp_path: Path) -> None:
    (put(tmp_path, 9, NORMAL) / "labels.csv").write_text("000.png,good")
    told = [line for line in survey(tmp_path).lines if "labels in such files are not read" in line]
    assert [line.split(":")[0] for line in told] == ["labels.csv beside the pictures"]


def test_a_folder_of_several_data_sets_asks_which(tmp_path: Path) -> None:
    mvtec(tmp_path / "cable")
    mvtec(tmp_path / "pill")
    with pytest.raises(UserError, match=r"several data sets; name one of them: .*cable, .*pill"):
        survey(tmp_path)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda folder: None, "there is no folder .*own; name a folder of pictures"),
        (lambda folder: folder.mkdir(), "there is no image in .*own"),
        (lambda folder: cut(put(folder, 1, 9) / "000.png"), "none of the pictures in .* can be"),
    ],
)
def test_what_is_no_data_set_is_refused(
    tmp_path: Path, made: Callable[[Path], object], told: str
) -> None:
    made(tmp_path / "own")
    with pytest.raises(UserError, match=told):
        survey(tmp_path / "own")
