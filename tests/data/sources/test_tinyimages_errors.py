"""80 Million Tiny Images: what is said of a file that is cut, missing or another."""

import os
from pathlib import Path

import pytest
from dataset_cases import photos, refusal
from tiny_cases import COUNT, POOL, SIZE, TINY_BYTES, Entry, tiny_entry, write_list, write_tiny

from oebench.data.sources.base import SourceError, Unreadable
from oebench.data.sources.tinyimages import TinyImages


@pytest.fixture
def entry(tmp_path: Path) -> Entry:
    return tiny_entry(tmp_path)


def test_a_cut_file_is_refused_with_both_sizes(entry: Entry, tmp_path: Path) -> None:
    write_tiny(tmp_path / "tiny_images.bin", {}, COUNT - 1)
    assert refusal(entry(), tmp_path, seed=0, count=SIZE) == (
        f"{tmp_path}/tiny_images.bin is cut or another file: it has {(COUNT - 1) * TINY_BYTES} "
        f"bytes, expected {COUNT * TINY_BYTES} ({COUNT} images of 3072 bytes)"
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("4\n1\n", "names 2 images, expected 3; it is cut or another file"),
        ("4\n1\n401\n", "names the image 401, there are 1 to 400"),
        ("4\n-1\n350\n", "names the image -1, there are 1 to 400"),
        (
            "4\none\n350\n",
            "is not a list of whole numbers: invalid literal for int() with base 10: 'one'",
        ),
    ],
    ids=["cut", "beyond", "negative", "no number"],
)
def test_a_wrong_list_of_what_is_excluded_is_refused_by_name(
    content: str, sentence: str, entry: Entry, tmp_path: Path
) -> None:
    (tmp_path / "exclude.txt").write_text(content)
    message = refusal(entry(), tmp_path, seed=0, count=SIZE)
    assert message == f"{tmp_path}/exclude.txt {sentence}"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"1\n" * 1000, "is another file: it has 2,000 bytes, too many for a list of 3 numbers"),
        (b"1" * 200, "names 1 images, expected 3; it is cut or another file"),
        (b"x" * 200, "is not a list of whole numbers: invalid literal for int()"),
        (b"\0" * 100, "is not a list of whole numbers: invalid literal for int()"),
        (b"1\n-2\n3\n", "names the image -2, there are 1 to 400"),
    ],
    ids=["huge", "long number", "long text", "binary", "negative"],
)
def test_a_list_that_is_something_else_is_refused_shortly(
    content: bytes, sentence: str, entry: Entry, tmp_path: Path
) -> None:
    (tmp_path / "exclude.txt").write_bytes(content)
    message = refusal(entry(), tmp_path, seed=0, count=SIZE)
    assert message.startswith(f"{tmp_path}/exclude.txt {sentence}")
    assert len(message) < 500


def test_pipes_are_no_files(entry: Entry, tmp_path: Path) -> None:
    changed = entry(images=tmp_path / "pipe", exclude=tmp_path / "pipe")
    os.mkfifo(tmp_path / "pipe")  # whoever reads it waits for ever
    assert f"there is no file {tmp_path}/pipe" in refusal(changed, tmp_path, seed=0, count=SIZE)


def test_a_file_that_was_cut_meanwhile_is_unreadable_there(entry: Entry, tmp_path: Path) -> None:
    pool = photos(TinyImages(**entry()["source"]).load()["train"])
    write_tiny(tmp_path / "tiny_images.bin", {}, 10)
    with pytest.raises(Unreadable, match="the file ends before it"):
        pool.read(10)


def test_a_list_that_is_no_text_is_refused_by_name(entry: Entry, tmp_path: Path) -> None:
    (tmp_path / "exclude.txt").write_bytes(bytes(range(128, 256)))
    with pytest.raises(SourceError, match=r"exclude\.txt is not a list of whole numbers"):
        TinyImages(**entry()["source"]).load()


@pytest.mark.parametrize("content", ["0\n4\n1\n", "4\n1\n4\n350\n"], ids=["zero", "repeated"])
def test_a_zero_names_no_image_and_repeated_numbers_count_once_or_twice(
    content: str, entry: Entry, tmp_path: Path
) -> None:
    (tmp_path / "exclude.txt").write_text(content)
    pool = photos(TinyImages(**entry()["source"]).load()["train"])
    excluded = [index for index in range(POOL) if index in pool.excluded]
    assert excluded == sorted({int(line) - 1 for line in content.split()} - {-1})


def test_missing_files_are_named_with_the_advice(entry: Entry, tmp_path: Path) -> None:
    (tmp_path / "tiny_images.bin").unlink()
    what = "put it there, or correct `images` and `exclude` of the data set's source"
    assert refusal(entry(), tmp_path, seed=0, count=1) == (
        f"data set own: there is no file {tmp_path}/tiny_images.bin; {what}"
    )
    (tmp_path / "exclude.txt").unlink()
    advised = entry() | {"advice": "It was withdrawn"}
    assert refusal(advised, tmp_path, seed=0, count=1) == (
        f"data set own: there is no file {tmp_path}/tiny_images.bin and no file "
        f"{tmp_path}/exclude.txt; {what}. It was withdrawn"
    )


def test_another_number_than_declared_is_refused_with_both(entry: Entry, tmp_path: Path) -> None:
    assert refusal(entry() | {"train": COUNT}, tmp_path, seed=0, count=1) == (
        f"data set own: expected {COUNT} images as declared, found {POOL} (read from "
        f"{tmp_path}/tiny_images.bin)"
    )


def test_it_is_not_copied_whole(entry: Entry, tmp_path: Path) -> None:
    message = refusal(entry(), tmp_path)
    assert message == "data set own: a pool that is drawn from needs a seed and a count"


def test_a_replaced_list_changes_the_stamp(entry: Entry, tmp_path: Path) -> None:
    source = TinyImages(**entry()["source"])
    before = source.stamp()
    assert source.stamp() == before
    write_list(tmp_path, (1, 2))
    assert source.stamp() != before
