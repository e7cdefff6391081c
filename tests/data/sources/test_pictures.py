"""Image files of all sorts: what is read of them is said, and what cannot be read is named."""

import os
import struct
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dataset_cases import RED, made, refusal, save
from PIL import Image

from oebench.data.pictures import read
from oebench.data.sources.base import SourceError, Unreadable

WHITE, BLACK = Image.new("RGB", (4, 4), "white"), Image.new("RGB", (4, 4))


def noted(path: Path, plain: bool = False) -> tuple[np.ndarray, dict[str, int]]:
    notes: Counter[str] = Counter()
    return read(str(path), plain, notes), dict(notes)


@pytest.mark.parametrize("suffix", ["gif", "tif", "webp", "png"])
def test_of_several_frames_the_first_one_is_read_and_that_is_said(
    suffix: str, tmp_path: Path
) -> None:
    WHITE.save(tmp_path / f"a.{suffix}", save_all=True, append_images=[BLACK, WHITE])
    image, notes = noted(tmp_path / f"a.{suffix}")
    assert image.min() == 255
    assert notes == {"with several frames, of which the first one is read": 1}
    WHITE.save(tmp_path / f"b.{suffix}")
    assert noted(tmp_path / f"b.{suffix}")[1] == {}


def test_a_damaged_frame_that_is_not_read_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    WHITE.save(path, save_all=True, append_images=[BLACK, WHITE])
    path.write_bytes(path.read_bytes()[:-30])
    assert noted(path)[0].min() == 255


@pytest.mark.parametrize("plain", [False, True])
def test_colours_of_printers_become_rgb_and_that_is_said(plain: bool, tmp_path: Path) -> None:
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(tmp_path / "a.tif")
    image, notes = noted(tmp_path / "a.tif", plain)
    assert image[:, 0, 0].tolist() == list(RED)
    assert notes == {"in the colours CMYK, turned into RGB without a profile": 1}


def test_palettes_are_their_colours(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4), RED).quantize(4).save(tmp_path / "a.png")
    image, notes = noted(tmp_path / "a.png")
    assert image[:, 0, 0].tolist() == list(RED)
    assert notes == {}


def test_sixteen_bits_of_a_ppm_file_are_refused_too(tmp_path: Path) -> None:
    (tmp_path / "a.ppm").write_bytes(b"P6 2 2 65535\n" + bytes(range(24)))
    with pytest.raises(SourceError, match=r"a\.ppm has pixels of more than 8 bits a channel"):
        noted(tmp_path / "a.ppm")


def test_a_program_that_draws_is_not_run(tmp_path: Path) -> None:
    WHITE.save(tmp_path / "a.png", format="EPS")
    with pytest.raises(Unreadable, match="EPS is a program that draws, and no image"):
        noted(tmp_path / "a.png")


def png(path: Path, width: int, height: int) -> None:
    """A PNG whose head promises that size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


@pytest.mark.parametrize("side", [0, 5000, 40_000, 2**31 - 1])
def test_a_size_that_is_absurd_is_unreadable(side: int, tmp_path: Path) -> None:
    png(tmp_path / "a.png", side, side)
    with pytest.raises(Unreadable) as error:
        noted(tmp_path / "a.png")
    assert 5 < len(str(error.value)) < 200


@pytest.mark.filterwarnings("error")
def test_a_large_photo_is_read_without_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    WHITE.save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)  # of 16
    assert noted(tmp_path / "a.png")[0].min() == 255
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5)  # twice as many are too many
    with pytest.raises(Unreadable, match="decompression bomb"):
        noted(tmp_path / "a.png")


def entry(folder: Path, **changes: Any) -> dict[str, Any]:
    source = {"kind": "folder", "train": folder, "pool": True}
    return {"source": source, "image": (3, 8, 8), "train": 1, "fit": 300} | changes


def test_an_image_too_long_and_thin_is_left_out_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "in/a.png", RED, (1, 5000))
    save(tmp_path / "in/b.png", RED)
    made(entry(tmp_path / "in"), tmp_path)
    assert (
        f"left out, cannot be read: {tmp_path}/in/a.png (1 x 5000 pixels are 300 x 1500000 with a "
        "short side of 300; more than 67,108,864 are too many for one image)"
    ) in capsys.readouterr().out


def test_arrays_too_long_and_thin_are_a_sentence(tmp_path: Path) -> None:
    np.save(tmp_path / "own.npy", np.zeros((1, 5000, 1), np.uint8))
    source = {"kind": "arrays", "path": tmp_path / "own.npy"}
    assert refusal(entry(tmp_path, source=source), tmp_path).startswith(
        "data set own, train: 1 x 5000 pixels are 300 x 1500000 with a short side of 300; more than"
    )


def test_a_name_that_cannot_be_printed_is_said_as_it_can(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "in/b.png", RED)
    for name in (b"a\xff.png", b"c\xff.t\xfft"):
        (tmp_path / "in" / os.fsdecode(name)).write_text("no image")
    made(entry(tmp_path / "in"), tmp_path)
    told = capsys.readouterr().out
    told.encode("utf-8")  # as a log is written
    assert f"left out, cannot be read: {tmp_path}/in/a?.png" in told
    assert "1 file not read, because of the ending .t?t" in told
