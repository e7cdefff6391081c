"""Downloads over real HTTP: verified, resumed, from mirrors, refused with a sentence."""

import gzip
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_server import Site, serve

from oebench.data.download import DownloadError, fetch

CONTENT = bytes(range(256)) * 4000  # about 1 MB
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def site() -> Iterator[Site]:
    with serve(Site({"/file.gz": CONTENT, "/other.gz": b"something else"})) as site:
        yield site


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)


def test_a_file_arrives_whole_and_is_not_fetched_again(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "new folder/file.gz"
    for _ in range(2):
        fetch([f"{site.address}/file.gz"], path, MD5)
        assert path.read_bytes() == CONTENT
    assert len(site.asked) == 1
    assert [each.name for each in path.parent.iterdir()] == ["file.gz"]


def test_a_cut_download_goes_on_where_it_was_cut(site: Site, tmp_path: Path) -> None:
    site.cut.add("/file.gz")
    fetch([f"{site.address}/file.gz"], tmp_path / "file.gz", MD5)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    kept = len(CONTENT) // 2  # all that came
    assert site.asked == [("/file.gz", None), ("/file.gz", f"bytes={kept}-")]


def test_a_later_call_goes_on_too(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file.gz.part").write_bytes(CONTENT[:1000])
    fetch([f"{site.address}/file.gz"], tmp_path / "file.gz", MD5)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    assert site.asked == [("/file.gz", "bytes=1000-")]


def test_a_server_that_cannot_resume_sends_all_again(site: Site, tmp_path: Path) -> None:
    site.resumes = False
    site.cut.add("/file.gz")
    fetch([f"{site.address}/file.gz"], tmp_path / "file.gz", MD5)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


@pytest.mark.parametrize("bad", ["/missing.gz", "/other.gz"])
def test_a_mirror_steps_in_for_an_address_that_fails(bad: str, site: Site, tmp_path: Path) -> None:
    fetch([site.address + bad, f"{site.address}/file.gz"], tmp_path / "file.gz", MD5)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_present_file_that_is_wrong_is_moved_aside_and_said(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file.gz").write_bytes(CONTENT[:-1])
    fetch([f"{site.address}/file.gz"], tmp_path / "file.gz", MD5)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    assert (tmp_path / "file.gz.other").read_bytes() == CONTENT[:-1]
    assert "file.gz has another MD5 than expected; moved to" in capsys.readouterr().err


def test_a_gz_that_a_server_calls_packed_arrives_as_it_lies_there(
    site: Site, tmp_path: Path
) -> None:
    packed = gzip.compress(CONTENT)
    site.files["/packed.gz"], site.packed = packed, True
    checksum = hashlib.md5(packed).hexdigest()
    fetch([f"{site.address}/packed.gz"], tmp_path / "packed.gz", checksum)
    assert (tmp_path / "packed.gz").read_bytes() == packed


def test_a_partial_file_that_was_wrong_all_along_is_given_up(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file.gz.part").write_bytes(b"x" * len(CONTENT))
    fetch([f"{site.address}/file.gz"], tmp_path / "file.gz", MD5)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_file_that_cannot_be_had_is_an_error_that_says_what_was_tried(
    site: Site, tmp_path: Path
) -> None:
    addresses = [f"{site.address}/other.gz", f"{site.address}/missing.gz"]
    with pytest.raises(DownloadError) as error:
        fetch(addresses, tmp_path / "file.gz", MD5)
    message = str(error.value)
    wrong = hashlib.md5(b"something else").hexdigest()
    assert f"{addresses[0]}: the file has the MD5 {wrong}, expected {MD5}" in message
    assert f"{addresses[1]}: 404" in message
    assert f"put it at {tmp_path / 'file.gz'}, or name a folder" in message
    assert list(tmp_path.iterdir()) == []
    assert len(site.asked) == 6  # three attempts at each
