"""Folders as people have them: links, hidden files, phone photos, formats that are not read."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dataset_cases import BLUE, GREEN, RED, made, photos, save
from PIL import Image

from oebench.data.sources.base import SourceError
from oebench.data.sources.files import find
from oebench.data.sources.folder import Folder


def source(folder: Path, **changes: Any) -> Folder:
    return Folder(kind="folder", train=folder, **changes)


def names(folder: Path, **changes: object) -> list[str]:
    """The images that are read, by their paths within the folder."""
    split = photos(source(folder, **changes).load()["train"])
    return [os.path.relpath(split.name(i), folder) for i in range(split.size)]


def test_images_behind_links_are_read_and_watched(tmp_path: Path) -> None:
    save(tmp_path / "disk/cats/a.png", RED)
    (tmp_path / "train").mkdir()
    (tmp_path / "train/cat").symlink_to(tmp_path / "disk/cats")
    assert names(tmp_path / "train") == ["cat/a.png"]
    before = source(tmp_path / "train").stamp()
    os.utime(tmp_path / "disk/cats/a.png", ns=(0, 1))
    assert source(tmp_path / "train").stamp() != before


def test_a_folder_that_links_to_itself_is_entered_once(tmp_path: Path) -> None:
    save(tmp_path / "train/cat/a.png", RED)
    (tmp_path / "train/cat/again").symlink_to(tmp_path / "train/cat")
    (tmp_path / "train/cat/up").symlink_to(tmp_path / "train")
    assert names(tmp_path / "train") == ["cat/a.png"]


def test_a_link_that_leads_nowhere_and_a_pipe_are_no_images(tmp_path: Path) -> None:
    save(tmp_path / "cat/a.png", RED)
    (tmp_path / "cat/b.png").symlink_to(tmp_path / "gone.png")
    (tmp_path / "cat/d.png").symlink_to(tmp_path / "cat/d.png")
    os.mkfifo(tmp_path / "cat/c.png")  # whoever reads it waits for ever
    assert names(tmp_path) == ["cat/a.png"]
    assert source(tmp_path).stamp()


def test_a_file_in_a_linked_folder_is_found_by_name(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/batch").write_text("content")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/cifar").symlink_to(tmp_path / "disk")
    assert find(tmp_path / "data", "batch") == tmp_path / "data/cifar/batch"


def test_hidden_files_and_folders_are_no_images_and_no_classes(tmp_path: Path) -> None:
    for name in ("cat/a.png", "cat/._a.png", "cat/.ipynb_checkpoints/a.png", ".cache/b.png"):
        save(tmp_path / name, RED)
    assert source(tmp_path).class_names() == ["cat"]
    assert names(tmp_path) == ["cat/a.png"]
    assert names(tmp_path, pool=True, drawn=True) == ["cat/a.png"]


def test_a_phone_photo_is_upright_unless_it_is_to_be_taken_as_it_lies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pixels = np.zeros((4, 6, 3), np.uint8)
    pixels[:, :3] = 255  # white to the left
    tag = Image.Exif()
    tag[0x0112] = 6  # the camera was held on its right side: the left becomes the top
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=tag)
    split = photos(source(tmp_path).load()["train"])
    image = split.read(0)
    assert image.shape == (3, 6, 4)
    assert image[0, :, 0].tolist() == [255, 255, 255, 0, 0, 0]
    plain = photos(source(tmp_path, plain=True).load()["train"])
    assert plain.read(0).shape == (3, 4, 6)
    entry = {"source": source(tmp_path), "image": (3, 6, 4), "train": 1}
    made(entry, tmp_path)
    assert "train: 1 file turned upright by the EXIF tag" in capsys.readouterr().out


def test_what_pillow_reads_is_read_and_the_rest_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.png", "b.jfif", "c.tga"):
        Image.new("RGB", (4, 4), BLUE).save(tmp_path / name, format={"b": "JPEG"}.get(name[0]))
    Image.new("L", (4, 4), 9).save(tmp_path / "d.pgm")
    for name in ("e.heic", "f.HEIC", "notes.txt"):
        (tmp_path / name).write_text("something else")
    assert names(tmp_path) == ["a.png", "b.jfif", "c.tga", "d.pgm"]
    cache = made({"source": source(tmp_path), "image": (3, 4, 4), "train": 4}, tmp_path / "out")
    told = capsys.readouterr().out
    assert "train: 2 files not read, because of the ending .heic" in told
    assert "train: 1 file not read, because of the ending .txt" in told
    assert ".heic" in str(cache.attributes["notes"])


@pytest.mark.parametrize("mode", ["RGB", "LA", "RGBA"])
def test_sixteen_bits_a_channel_are_refused(tmp_path: Path, mode: str) -> None:
    deep_png(tmp_path / "a.png", {"RGB": 2, "LA": 4, "RGBA": 6}[mode], len(mode))
    with pytest.raises(SourceError, match=r"a\.png has pixels of more than 8 bits a channel"):
        photos(source(tmp_path).load()["train"]).read(0)


def deep_png(path: Path, kind: int, channels: int) -> None:
    """A PNG of 2 x 2 pixels with 16 bits a channel, which Pillow cannot write."""
    import struct
    import zlib

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", 2, 2, 16, kind, 0, 0, 0)
    rows = (b"\0" + b"\x0f\xff" * channels * 2) * 2
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def test_the_range_of_the_pixels_is_said_and_a_dark_one_is_asked_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "bright/a.png", GREEN, (4, 4))
    save(tmp_path / "dark/a.png", (1, 2, 15), (4, 4))
    for name in ("bright", "dark"):
        entry = {"source": source(tmp_path / name), "image": (3, 4, 4), "train": 1}
        made(entry, tmp_path / name)
    bright, dark = [line for line in capsys.readouterr().out.splitlines() if "pixels from" in line]
    assert "dark" not in bright.rpartition("pixels from")[2]
    assert dark.endswith("pixels from 1 to 15; is the brightest meant to be so dark?")


@pytest.mark.parametrize("name", ["gone", "a.png", "a/b/c"])
def test_a_folder_that_is_none_is_missing_and_has_no_stamp(name: str, tmp_path: Path) -> None:
    save(tmp_path / "a.png", RED)
    folder = tmp_path / name
    for vouched in (False, True):
        missing = source(folder, vouched=vouched)
        assert (missing.missing() or "").startswith(f"there is no folder {folder};")
        assert missing.stamp() == ""


def test_a_folder_that_may_not_be_read_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "cat/a.png", RED)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    monkeypatch.setattr(os, "listdir", refuse)
    for call in (source(tmp_path).load, source(tmp_path).stamp):
        with pytest.raises(SourceError, match=r"cannot be read: Permission denied\. That says"):
            call()
