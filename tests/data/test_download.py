"""Downloads over real HTTP: verified, resumed, from mirrors, refused with a sentence."""

import gzip
import hashlib
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from socketserver import StreamRequestHandler

import pytest
from local_server import Raw, Site, running, serve

from oebench.data import download
from oebench.data.download import DownloadError, fetch
from oebench.files import Checksum
from oebench.wording import printed

CONTENT = bytes(range(256)) * 4000  # about 1 MB
MD5 = hashlib.md5(CONTENT).hexdigest()
KNOWN = Checksum(MD5)


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
        fetch([f"{site.address}/file.gz"], path, KNOWN)
        assert path.read_bytes() == CONTENT
    assert len(site.asked) == 1
    assert [each.name for each in path.parent.iterdir()] == ["file.gz"]


@pytest.mark.parametrize("digits", [8, 64])
def test_the_first_digits_of_a_sha256_may_be_asked_for(
    digits: int, site: Site, tmp_path: Path
) -> None:
    known = hashlib.sha256(CONTENT).hexdigest()
    asked = Checksum(known[:digits], "SHA-256")
    fetch([f"{site.address}/other.gz", f"{site.address}/file.gz"], tmp_path / "file.gz", asked)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    with pytest.raises(DownloadError, match=f"has the SHA-256 {known}, expected 00000000"):
        fetch([f"{site.address}/file.gz"], tmp_path / "b.gz", Checksum("0" * digits, "SHA-256"))


def test_a_cut_download_goes_on_where_it_was_cut(site: Site, tmp_path: Path) -> None:
    site.cut.add("/file.gz")
    fetch([f"{site.address}/file.gz"], tmp_path / "file.gz", KNOWN)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    kept = len(CONTENT) // 2  # all that came
    assert site.asked == [("/file.gz", None), ("/file.gz", f"bytes={kept}-")]


def test_a_later_call_goes_on_too(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file.gz.part").write_bytes(CONTENT[:1000])
    fetch([f"{site.address}/file.gz"], tmp_path / "file.gz", KNOWN)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    assert site.asked == [("/file.gz", "bytes=1000-")]


def test_a_server_that_cannot_resume_sends_all_again(site: Site, tmp_path: Path) -> None:
    site.resumes = False
    site.cut.add("/file.gz")
    fetch([f"{site.address}/file.gz"], tmp_path / "file.gz", KNOWN)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


@pytest.mark.parametrize("bad", ["/missing.gz", "/other.gz"])
def test_a_mirror_steps_in_for_an_address_that_fails(bad: str, site: Site, tmp_path: Path) -> None:
    fetch([site.address + bad, f"{site.address}/file.gz"], tmp_path / "file.gz", KNOWN)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_present_file_that_is_wrong_is_moved_aside_and_said(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file.gz").write_bytes(CONTENT[:-1])
    fetch([f"{site.address}/file.gz"], tmp_path / "file.gz", KNOWN)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    assert (tmp_path / "file.gz.other").read_bytes() == CONTENT[:-1]
    assert "file.gz has another MD5 than expected; moved to" in capsys.readouterr().err


def test_a_gz_that_a_server_calls_packed_arrives_as_it_lies_there(
    site: Site, tmp_path: Path
) -> None:
    packed = gzip.compress(CONTENT)
    site.files["/packed.gz"], site.packed = packed, True
    checksum = hashlib.md5(packed).hexdigest()
    fetch([f"{site.address}/packed.gz"], tmp_path / "packed.gz", Checksum(checksum))
    assert (tmp_path / "packed.gz").read_bytes() == packed


def test_a_partial_file_that_was_wrong_all_along_is_given_up(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file.gz.part").write_bytes(b"x" * len(CONTENT))
    fetch([f"{site.address}/file.gz"], tmp_path / "file.gz", KNOWN)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_file_that_cannot_be_had_is_an_error_that_says_what_was_tried(
    site: Site, tmp_path: Path
) -> None:
    addresses = [f"{site.address}/other.gz", f"{site.address}/missing.gz"]
    with pytest.raises(DownloadError) as error:
        fetch(addresses, tmp_path / "file.gz", KNOWN)
    message = str(error.value)
    wrong = hashlib.md5(b"something else").hexdigest()
    assert f"{addresses[0]}: the file has the MD5 {wrong}, expected {MD5}" in message
    assert f"{addresses[1]}: 404" in message
    assert f"put it at {tmp_path / 'file.gz'}, or name a folder" in message
    assert list(tmp_path.iterdir()) == []
    assert len(site.asked) == 6  # three attempts at each


# Servers and addresses that are not what they should be

Answer = Callable[[StreamRequestHandler, bytes], None]


def head(status: str, *lines: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def plainly(content: bytes) -> Answer:
    return lambda connection, asked: connection.wfile.write(content)


def round_in_circles(connection: StreamRequestHandler, asked: bytes) -> None:
    connection.wfile.write(head("302 Found", "Location: /again", "Connection: close"))


def dies(connection: StreamRequestHandler, asked: bytes) -> None:
    """Half of the file, then the connection is reset."""
    connection.wfile.write(head("200 OK", f"Content-Length: {len(CONTENT)}") + CONTENT[:500_000])
    at_once = struct.pack("ii", 1, 0)
    connection.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)


ODD: dict[str, tuple[Answer, str]] = {
    "416 without a range": (plainly(head("416 No", "Content-Length: 0")), "416 Client Error: No"),
    "no content": (plainly(head("204 No Content")), "204 No Content, which is no file"),
    "choices": (plainly(head("300 Choose") + b"a or b"), "300 Choose, which is no file"),
    "lengths": (plainly(head("200 OK", "Content-Length: 1, 2") + b"ab"), "Content-Length"),
    "in circles": (round_in_circles, "Exceeded 30 redirects"),
    "elsewhere": (plainly(head("302 Found", "Location: http://[::1")), "Invalid IPv6 URL"),
    "to a file": (plainly(head("302 Found", "Location: file:///etc/passwd")), "file:///etc/passwd"),
    "reset": (dies, "Connection broken"),
    "no chunk": (
        plainly(head("200 OK", "Transfer-Encoding: chunked") + b"zz\r\nab"),
        "Connection broken",
    ),
    "silence": (plainly(b""), "Remote end closed connection without response"),
    "no HTTP": (plainly(b"220 mail\r\n\r\n"), "220 mail"),
    "an endless line": (plainly(b"HTTP/1.1 200 OK\r\na: " + b"a" * 10**6), "Connection"),
    "less": (
        plainly(head("200 OK", "Content-Length: 5") + CONTENT),
        f"the file has the MD5 {hashlib.md5(CONTENT[:5]).hexdigest()}",
    ),
    "unprintable": (plainly(head("404 \033[2J\0" + "no" * 3000)), "404 Client Error: ?[2J?nono"),
}


@pytest.mark.parametrize("odd", ODD)
def test_after_an_odd_answer_the_mirror_is_tried_and_all_is_said(
    odd: str, site: Site, tmp_path: Path
) -> None:
    answer, said = ODD[odd]
    with running(Raw(answer)) as address:
        fetch([f"{address}/file.gz", f"{site.address}/file.gz"], tmp_path / "a/file.gz", KNOWN)
        with pytest.raises(DownloadError) as error:
            fetch([f"{address}/file.gz"], tmp_path / "b/file.gz", KNOWN)
    assert (tmp_path / "a/file.gz").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["file.gz"]
    message = str(error.value)
    assert f"{address}/file.gz: " in message
    assert said in message
    assert all(len(line) < 600 and line.isprintable() for line in message.splitlines())


@pytest.mark.parametrize(
    "url",
    [
        *("", "file.gz", "http://", "http:///file.gz", "http://..", "http://a..b/", "http://[::1"),
        *("http://[a]/", "http://a b/", "http://a:port/", "http://127.0.0.1:99999/"),
        *(
            "http://" + "a" * 70 + ".example/",
            "http://\0/",
            "ftp://localhost/",
            "file:///etc/passwd",
        ),
        *("http://\ud800/", "http://127.0.0.1:9/"),
    ],
)
def test_after_an_address_that_is_none_the_mirror_is_tried(
    url: str, site: Site, tmp_path: Path
) -> None:
    fetch([url, f"{site.address}/file.gz"], tmp_path / "file.gz", KNOWN)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    with pytest.raises(DownloadError) as error:
        fetch([url], tmp_path / "other.gz", KNOWN)
    assert f"{printed(url, None)}: " in str(error.value)
    assert not list(tmp_path.glob("other*"))


@pytest.mark.parametrize("length", ["abc", "-1", "", "1e6", "9" * 30])
def test_a_length_that_is_none_is_not_looked_at(length: str, tmp_path: Path) -> None:
    whole = head("200 OK", f"Content-Length: {length}", "Connection: close") + CONTENT
    with running(Raw(plainly(whole))) as address:
        if length.startswith("9"):
            with pytest.raises(DownloadError, match=r"IncompleteRead|Connection broken"):
                fetch([address], tmp_path / "file.gz", KNOWN)
        else:
            fetch([address], tmp_path / "file.gz", KNOWN)
            assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_what_came_before_a_connection_died_is_kept(site: Site, tmp_path: Path) -> None:
    with running(Raw(dies)) as address:
        fetch([f"{address}/file.gz", f"{site.address}/file.gz"], tmp_path / "file.gz", KNOWN)
    (path, span) = site.asked[0]
    assert path == "/file.gz"
    assert span is not None


@pytest.mark.parametrize("chunked", [False, True])
def test_a_slow_server_makes_lines_of_progress(
    chunked: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.undo()  # it does wait
    monkeypatch.setattr(download, "PROGRESS_EVERY", 0.02)
    content = bytes(range(20))

    def slowly(connection: StreamRequestHandler, asked: bytes) -> None:
        length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(content)}"
        connection.wfile.write(head("200 OK", length))
        for byte in content:
            piece = bytes([byte])
            connection.wfile.write(b"1\r\n" + piece + b"\r\n" if chunked else piece)
            time.sleep(0.01)
        connection.wfile.write(b"0\r\n\r\n" if chunked else b"")

    with running(Raw(slowly)) as address:
        fetch([address], tmp_path / "file.gz", Checksum(hashlib.md5(content).hexdigest()))
    first, *lines = capsys.readouterr().err.splitlines()
    assert first == f"file.gz: asking {address}"
    assert len(lines) > 3
    assert all(line.startswith("file.gz: 0.0") for line in lines)


@pytest.mark.parametrize("resumes", [False, True])
@pytest.mark.parametrize("extra", [0, 1, 1000])
def test_a_partial_file_that_is_whole_or_longer(
    extra: int, resumes: bool, site: Site, tmp_path: Path
) -> None:
    site.resumes = resumes
    (tmp_path / "file.gz.part").write_bytes(CONTENT + bytes(extra))
    fetch([f"{site.address}/file.gz"], tmp_path / "file.gz", KNOWN)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["file.gz"]


def test_a_place_that_cannot_be_written_is_a_sentence(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match=r"file/file\.gz cannot be written: "):
        fetch([f"{site.address}/file.gz"], tmp_path / "file/file.gz", KNOWN)
    (tmp_path / "file.gz/inner").mkdir(parents=True)
    with pytest.raises(DownloadError, match=r"file\.gz could not be downloaded.*\n.*directory"):
        fetch([f"{site.address}/file.gz"], tmp_path / "file.gz", KNOWN)
