"""An HTTP server on this machine that can resume, cut connections and lie."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """Files by path; `cut` paths break off after half of what was asked, once each."""

    files: dict[str, bytes]
    resumes: bool = True
    packed: bool = False  # whether it says of its files that they are packed on the way
    cut: set[str] = field(default_factory=set)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    address: str = ""


@contextmanager
def serve(site: Site) -> Iterator[Site]:
    """Serve a site on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            span = self.headers.get("Range")
            site.asked.append((self.path, span))
            if self.path not in site.files:
                self.send_error(404)
                return
            content = site.files[self.path]
            start = int(span.removeprefix("bytes=").rstrip("-")) if span and site.resumes else 0
            if start >= len(content):
                self.send_error(416)
                return
            rest = content[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(rest)))
            if site.packed:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            if self.path in site.cut:
                site.cut.remove(self.path)
                self.wfile.write(rest[: len(rest) // 2])
                self.close_connection = True
                return
            self.wfile.write(rest)

        def log_message(self, *_: object) -> None:
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        site.address = address
        yield site


@contextmanager
def running(server: socketserver.TCPServer) -> Iterator[str]:
    """Run a server in a thread of its own; gives its address."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Raw(socketserver.ThreadingTCPServer):
    """Answers every request by calling `answer` with the connection and what was asked."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, answer: Callable[[socketserver.StreamRequestHandler, bytes], None]) -> None:
        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                asked = b""
                while (line := self.rfile.readline()) not in (b"", b"\r\n"):
                    asked += line
                with suppress(OSError):  # who asked has gone
                    answer(self, asked)

        super().__init__(("127.0.0.1", 0), Handler)
