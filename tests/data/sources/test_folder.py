"""Folders of images: any size and colour becomes one array, and what is no image is named."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dataset_cases import BLUE, GREEN, RED, cut, label_list, made, photos, refusal, save, stored
from PIL import Image
from pydantic import ValidationError

from oebench.data.sources.base import SourceError, Unreadable
from oebench.data.sources.folder import SUFFIXES, Folder


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
    keys = {"train": pets / "train", "test": pets / "test"} | changes
    return Folder(kind="folder", **keys)


def entry(pets: Path, **changes: Any) -> dict[str, Any]:
    """The data set of those folders, its images cropped."""
    keys = {"image": (3, 4, 6), "fit": "crop", "train": (2, 1), "test": 1} | changes
    return {"source": source(pets), "classes": ("cat", "dog")} | keys


def pool_entry(folder: Path, **changes: Any) -> dict[str, Any]:
    return {"source": source(folder, test=None), "image": (3, 4, 4), "train": 1} | changes


def test_classes_are_the_folders_in_alphabetical_order(pets: Path) -> None:
    splits = source(pets).load()
    assert label_list(splits["train"]) == [0, 0, 1]  # cat, cat, dog
    assert label_list(splits["test"]) == [0, 1]
    assert source(pets).class_names() == ["cat", "dog"]


def test_images_are_read_in_the_order_of_their_paths_at_their_own_size(pets: Path) -> None:
    split = photos(source(pets).load()["train"])
    assert split.size == 3
    names = [split.name(i) for i in range(3)]
    assert names == [str(pets / "train" / name) for name in ("cat/a.jpg", "cat/b.png", "dog/a.png")]
    images = [split.read(i) for i in range(3)]
    assert [image.shape for image in images] == [(3, 10, 30), (3, 8, 8), (3, 8, 8)]
    assert {image.dtype for image in images} == {np.dtype(np.uint8)}
    assert images[2][:, 0, 0].tolist() == list(GREEN)


def test_images_of_all_sizes_are_brought_to_one(pets: Path) -> None:
    cache = made(entry(pets), pets)
    assert stored(cache).shape == (3, 3, 4, 6)
    assert stored(cache, "test")[1, :, 0, 0].tolist() == list(BLUE)
    assert cache.labels("train").tolist() == [0, 0, 1]


def test_images_can_be_turned_grey(pets: Path) -> None:
    grey = stored(made(entry(pets, image=(1, 4, 6)), pets), "test")
    assert grey.shape == (2, 1, 4, 6)
    assert grey[1, 0, 0, 0] == 29  # 0.114 * 255 of blue


def test_grey_and_transparent_images_are_read_in_colour(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    Image.new("L", (4, 4), 7).save(tmp_path / "train/a.png")
    Image.new("RGBA", (4, 4), (*GREEN, 0)).save(tmp_path / "train/b.png")
    Image.new("RGBA", (4, 4), (*GREEN, 255)).save(tmp_path / "train/c.png")
    split = photos(source(tmp_path, test=None).load()["train"])
    assert split.read(0)[:, 0, 0].tolist() == [7, 7, 7]
    assert split.read(1)[:, 0, 0].tolist() == [255, 255, 255]  # not the green that is hidden
    assert split.read(2)[:, 0, 0].tolist() == list(GREEN)
    assert split.notes == {"with transparent pixels, laid on white": 1}
    plain = photos(source(tmp_path, test=None, plain=True).load()["train"])
    assert plain.read(1)[:, 0, 0].tolist() == list(GREEN)


def test_cropping_keeps_the_proportions_and_stretching_the_whole(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    wide = np.zeros((4, 12, 3), np.uint8)
    wide[:, 4:8] = 255  # the middle third
    Image.fromarray(wide).save(tmp_path / "train/a.png")
    cropped = stored(made(pool_entry(tmp_path, fit="crop"), tmp_path))
    stretched = stored(made(pool_entry(tmp_path, fit="stretch"), tmp_path))
    assert cropped.min() == 255  # what is left is the middle
    assert stretched[0, 0, 0, 0] < 100 < stretched[0, 0, 0, 1]


def test_an_image_of_another_size_is_refused_by_name_where_none_is_fitted(pets: Path) -> None:
    assert refusal(entry(pets, fit="exact", image=(3, 8, 8)), pets) == (
        f"{pets / 'test/cat/c.bmp'}: expected images (3, 8, 8) (channels, height, width) "
        "as declared, found (3, 50, 5); `fit: crop` or `fit: stretch` in the data set brings "
        "them to it"
    )


def test_a_folder_of_images_is_a_pool_without_classes(pets: Path) -> None:
    pool = source(pets, train=pets / "train/cat", test=None).load()
    assert label_list(pool["train"]) == [0, 0]


def test_a_pool_takes_the_images_of_all_folders_in_it(pets: Path) -> None:
    save(pets / "train/e.png", BLUE)
    save(pets / "train/dog/puppies/d.png", GREEN)
    pool = source(pets, test=None, pool=True)
    split = photos(pool.load()["train"])
    names = [Path(split.name(i)).relative_to(pets / "train").as_posix() for i in range(split.size)]
    assert names == ["e.png", "cat/a.jpg", "cat/b.png", "dog/a.png", "dog/puppies/d.png"]
    assert label_list(split) == [0] * 5
    assert pool.class_names() == []


def test_folders_that_are_left_out_are_no_classes_and_not_read(pets: Path) -> None:
    kept = source(pets, leave_out=("cat",))
    assert kept.class_names() == ["dog"]
    assert [photos(split).size for split in kept.load().values()] == [1, 1]


def test_of_a_pool_without_other_folders_too(pets: Path) -> None:
    save(pets / "train/e.png", BLUE)
    pool = photos(source(pets, test=None, leave_out=("cat", "dog")).load()["train"])
    assert pool.size == 1
    assert pool.name(0) == str(pets / "train/e.png")


# Images that cannot be read


def test_a_corrupt_image_is_named_and_left_out(
    pets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut(pets / "train/cat/b.png")
    cache = made(entry(pets, train=1), pets)
    assert cache.labels("train").tolist() == [0, 1]
    assert len(stored(cache)) == 2
    assert f"left out, cannot be read: {pets / 'train/cat/b.png'}" in capsys.readouterr().out
    assert json.loads(cache.attributes["left_out"]) == [str(pets / "train/cat/b.png")]


def test_a_corrupt_image_that_is_declared_is_named_with_the_counts(pets: Path) -> None:
    cut(pets / "train/cat/b.png")
    assert refusal(entry(pets), pets) == (
        f"data set own, train: cat: found 1, declared 2 (read from {pets / 'train'} and "
        f"{pets / 'test'}); 1 could not be read: {pets / 'train/cat/b.png'}. Repair them or take "
        "them away"
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", [0, 5, -200, "text"])
def test_a_cut_or_wrong_file_of_any_kind_is_unreadable(
    suffix: str, content: int | str, tmp_path: Path
) -> None:
    path = tmp_path / f"train/a{suffix}"
    path.parent.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    split = photos(source(tmp_path, test=None).load()["train"])
    assert split.read(0).shape == (3, 40, 40)
    if isinstance(content, int):
        cut(path, content)
    else:
        path.write_text("<html>Not found</html>")
    with pytest.raises(Unreadable):
        split.read(0)


# Sentences


def test_missing_and_empty_folders_are_sentences(pets: Path) -> None:
    absent = source(pets, test=pets / "tset").missing()
    assert absent is not None
    assert absent.startswith(f"there is no folder {pets / 'tset'}; put a folder of images for each")
    (pets / "empty/cat").mkdir(parents=True)
    with pytest.raises(SourceError, match=r"there is no image in .*empty or its folders cat"):
        source(pets, train=pets / "empty", test=None).load()


def test_other_class_names_than_declared_are_refused(pets: Path) -> None:
    assert refusal(entry(pets, classes=("cat", "cow")), pets) == (
        "data set own: expected the classes cat, cow as declared, found cat, dog (read from "
        f"{pets / 'train'} and {pets / 'test'}); not declared: dog; not found: cow"
    )


def test_a_replaced_image_changes_the_stamp(pets: Path) -> None:
    before = source(pets).stamp()
    assert source(pets).stamp() == before
    save(pets / "train/dog/a.png", BLUE, (9, 9))
    assert source(pets).stamp() != before


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_more_than_eight_bits_are_refused_by_name(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "pool/a.tif"
    path.parent.mkdir()
    Image.new(mode, (4, 4)).save(path)
    source = Folder(kind="folder", train=tmp_path / "pool", pool=True)
    with pytest.raises(SourceError, match=r"a\.tif has pixels of more than 8 bits"):
        photos(source.load()["train"]).read(0)


# Classes that are tested on alone, and images that are held out


def test_classes_are_those_of_training_and_test_folders_together(pets: Path) -> None:
    save(pets / "test/cow/a.png", BLUE)
    assert source(pets).class_names() == ["cat", "cow", "dog"]
    keys = {"classes": ("cat", "cow", "dog"), "train": (2, 0, 1), "test": 1}
    cache = made(entry(pets, **keys), pets)
    assert cache.labels("train").tolist() == [0, 0, 2]
    assert cache.labels("test").tolist() == [0, 1, 2]


def test_images_are_counted_without_being_opened(pets: Path) -> None:
    cut(pets / "train/cat/b.png")
    assert source(pets).listing() == {"train": {"cat": 2, "dog": 1}, "test": {"cat": 1, "dog": 1}}
    pool = source(pets, test=None, pool=True, leave_out=("dog",))
    assert pool.listing() == {"train": {"": 2}}


def test_each_class_may_have_a_folder_of_its_own(pets: Path) -> None:
    named = source(pets, train={"dog": pets / "train/dog", "cat": pets / "train/cat"})
    cache = made(entry(pets, source=named), pets)
    assert cache.labels("train").tolist() == [0, 0, 1]


def test_files_are_left_out_by_their_class_and_name(
    pets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = source(pets, leave_out=("cat/b.png",))
    cache = made(entry(pets, source=kept, train=1), pets)
    assert cache.labels("train").tolist() == [0, 1]
    assert "train: 1 file not read, because `leave_out` names it" in capsys.readouterr().out
    folders = {"dog": pets / "train/dog", "cat": pets / "train/cat"}
    named = source(pets, train=folders, leave_out=("cat/b.png",))
    assert named.listing()["train"] == {"cat": 1, "dog": 1}


def test_a_share_of_each_folder_is_held_out_by_the_names_of_the_files(tmp_path: Path) -> None:
    for number in range(10):
        save(tmp_path / f"train/cat/{number}.png", RED)
        save(tmp_path / f"train/dog/{number}.png", GREEN)
    save(tmp_path / "train/cow/a.png", BLUE)
    whole = source(tmp_path, test=None, hold_out=0.3)
    counts = {"cat": 7, "cow": 1, "dog": 7}, {"cat": 3, "cow": 0, "dog": 3}
    assert tuple(whole.listing().values()) == counts
    train, test = (
        [split.name(i) for i in range(split.size)] for split in map(photos, whole.load().values())
    )
    assert not {*train} & {*test}
    save(tmp_path / "train/dog/eleventh.png", GREEN)  # changes nothing for the others
    assert {*test} >= {*map(str, whole.paths("test"))} - {str(tmp_path / "train/dog/eleventh.png")}
    # A pool of the same folder, seen from elsewhere, has the same that are trained on.
    pool = source(tmp_path, train=tmp_path / "train/cat", test=None, pool=True, hold_out=0.3)
    assert [*pool.load()] == ["train"]
    assert {*pool.paths("train")} == {path for path in train if "/cat/" in path}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"hold_out": 0.5}, "hold_out and `test` are both set"),
        ({"train": {"cat": "a"}, "test": None, "pool": True}, "a pool has no classes"),
        ({"hold_out": 1, "test": None}, "less than 1"),
    ],
)
def test_what_cannot_go_together_is_refused(pets: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        source(pets, **changes)


def test_a_flat_folder_beside_one_with_classes_is_refused(pets: Path) -> None:
    flat = source(pets, train=pets / "train/cat")
    with pytest.raises(SourceError, match=r"there are no folders of classes in .*train/cat, and"):
        flat.load()
