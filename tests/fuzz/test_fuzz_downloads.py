"""Servers that answer anything: the file, or one sentence that names it and every address."""

import hashlib
import time
from functools import partial
from pathlib import Path
from socketserver import StreamRequestHandler

import pytest
from byte_cases import damaged
from fuzz_cases import answers
from hypothesis import given
from hypothesis import strategies as st
from local_server import Raw, running

from oebench.data.download import fetch
from oebench.files import Checksum
from oebench.wording import printed

CONTENT = bytes(range(256)) * 8
MD5 = hashlib.md5(CONTENT).hexdigest()
KNOWN = Checksum(MD5)
LENGTHS = st.one_of(
    st.just(str(len(CONTENT))),
    st.integers(-2, 2 * len(CONTENT)).map(str),
    st.sampled_from(["abc", "", "1e3", "0x10", "9" * 40, "2048, 2048", "1, 2"]),
)
TEXT = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=12)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Content-Length": LENGTHS,
        "Transfer-Encoding": st.sampled_from(["chunked", "gzip", "identity", "chunked, chunked"]),
        "Content-Encoding": st.sampled_from(["gzip", "br", "identity", "what"]),
        "Content-Range": st.sampled_from(["bytes 0-9/10", "bytes */2048", "bytes 5-1/0", "all"]),
        "Location": st.sampled_from(
            ["/", "//", "http://[", "http://127.0.0.1:1/", "ftp://a/", "", "%", "http://a:b/"]
        ),
        "Connection": st.sampled_from(["close", "keep-alive", "upgrade"]),
        "Set-Cookie": TEXT,
        "X-Any": TEXT,
    },
)
STATUS = st.one_of(
    st.sampled_from([200, 206, 416]), st.integers(200, 599), st.sampled_from([0, 99, 999, 1000])
)


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """An answer of a status, lines of a head and a body, sometimes damaged as a whole."""
    lines = [f"HTTP/1.1 {draw(STATUS)} {draw(TEXT)}"]
    lines += [f"{name}: {value}" for name, value in draw(HEADERS).items()]
    body = draw(st.one_of(st.just(CONTENT), damaged(CONTENT)))
    if draw(st.booleans()):
        body = b"%x\r\n" % draw(st.integers(0, 4096)) + body + b"\r\n0\r\n\r\n"
    answer = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
    return draw(st.one_of(st.just(answer), damaged(answer)))


ANSWERS = st.lists(written(), min_size=1, max_size=3)
PARTS = st.one_of(st.none(), st.integers(0, len(CONTENT)).map(lambda n: CONTENT[:n]), st.binary())


def tried(urls: list[str], folder: Path, part: bytes | None) -> None:
    """Fetch a file: it is there and right, or a sentence says why not; a part of it may stay."""
    path = folder / "file.gz"
    beside = folder / "file.gz.part"
    named = [printed(url, None) for url in urls]
    if part is not None:
        beside.write_bytes(part)
    try:
        told = answers(partial(fetch, urls, path, KNOWN, attempts=2), "file.gz", *named)
        left = {each.name for each in folder.iterdir()}
        assert left <= ({"file.gz.part"} if told else {"file.gz"})
        assert told or path.read_bytes() == CONTENT
    finally:
        path.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)


def test_any_answer(tmp_path_factory: pytest.TempPathFactory) -> None:
    try_answers(tmp_path_factory.mktemp("folder"))


def try_answers(folder: Path) -> None:
    waiting: list[bytes] = []

    def next_answer(connection: StreamRequestHandler, asked: bytes) -> None:
        connection.wfile.write(waiting.pop(0) if waiting else b"")

    @given(ANSWERS, PARTS)
    def with_them(said: list[bytes], part: bytes | None) -> None:
        waiting[:] = said
        tried([f"{address}/file.gz"], folder, part)

    with pytest.MonkeyPatch.context() as patch, running(Raw(next_answer)) as address:
        patch.setattr(time, "sleep", lambda _: None)
        with_them()


# Addresses

# None that a name server would be asked for.
PIECES = (":", "/", "//", "[", "]", "@", "%", "\0", " ", "..", "1", "99999", "?", "#", "\n", "ü")
REST = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
ADDRESSES = st.one_of(
    st.text(max_size=12),
    REST.map(lambda rest: f"http://127.0.0.1:1{rest}"),
    REST.map(lambda rest: f"http://[{rest}"),
    REST.map(lambda rest: f"ftp://127.0.0.1{rest}"),
)


def test_any_address(tmp_path_factory: pytest.TempPathFactory) -> None:
    try_addresses(tmp_path_factory.mktemp("folder"))


def try_addresses(folder: Path) -> None:
    @given(ADDRESSES)
    def with_it(url: str) -> None:
        tried([url], folder, None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", lambda _: None)
        with_it()
