"""A server on loopback that breaks the rules of HTTP in one way per path."""

from __future__ import annotations

import contextlib
import gzip
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

PAGE = b"<html><title>A course</title></html>"
Answer = Callable[[socket.socket, int], None]
"""What to do with a connection; the number counts the requests for the same path, from 1."""


@dataclass
class Site:
    """A running server, and what it was asked."""

    port: int
    scheme: str = "http"
    requests: list[str] = field(default_factory=list)
    """Request heads, first to last."""

    def url(self, path: str, host: str = "courses.test") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def count(self, path: str) -> int:
        return sum(request.split(" ")[1] == path for request in self.requests)


def reply(body: bytes = PAGE, status: str = "200 OK", **headers: str) -> bytes:
    """A correct answer; underscores in header names stand for hyphens."""
    lines = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))}
    lines.update({name.replace("_", "-"): value for name, value in headers.items()})
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def fixed(answer: bytes) -> Answer:
    return lambda connection, _: connection.sendall(answer)


def redirect(location: str, status: str = "302 Found") -> Answer:
    return fixed(reply(b"", status, Location=location))


def first(answer: bytes, then: bytes) -> Answer:
    return lambda connection, count: connection.sendall(answer if count == 1 else then)


def _drip(connection: socket.socket, data: bytes) -> None:
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def _slow_headers(connection: socket.socket, _: int) -> None:
    _drip(connection, b"HTTP/1.1 200 OK\r\nX-Padding: " + b"x" * 1000)


def _slow_body(connection: socket.socket, _: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    _drip(connection, b"x" * 1000)


def _never_answers(connection: socket.socket, _: int) -> None:
    connection.recv(1)


def _endless_body(connection: socket.socket, _: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def _endless_chunks(connection: socket.socket, _: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def _endless_interim_answers(connection: socket.socket, _: int) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")


def _reset(connection: socket.socket, _: int) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _reset_then_page(connection: socket.socket, count: int) -> None:
    _reset(connection, count) if count == 1 else connection.sendall(reply())


BOMB = gzip.compress(b"\0" * 50_000_000)
ANSWERS: dict[str, Answer] = {
    "/page": fixed(reply()),
    "/latin": fixed(reply("é".encode("latin-1"), Content_Type="Text/HTML; Charset=ISO-8859-1")),
    "/untyped": fixed(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "/packed": fixed(reply(gzip.compress(PAGE), Content_Encoding="gzip")),
    "/bomb": fixed(reply(BOMB, Content_Encoding="gzip")),
    "/bomb-in-bomb": fixed(reply(gzip.compress(BOMB), Content_Encoding="gzip, gzip")),
    "/not-really-packed": fixed(reply(Content_Encoding="gzip")),
    "/packed-and-cut": fixed(reply(gzip.compress(PAGE * 99)[:60], Content_Encoding="gzip")),
    "/slow-headers": _slow_headers,
    "/slow-body": _slow_body,
    "/silence": _never_answers,
    "/endless": _endless_body,
    "/endless-chunks": _endless_chunks,
    "/endless-interim": _endless_interim_answers,
    "/promises-more": fixed(reply(Content_Length="9999")),
    "/promises-too-much": fixed(reply(Content_Length="99999999999")),
    "/promises-nonsense": fixed(reply(Content_Length="many")),
    "/promises-twice": fixed(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    "/garbage": fixed(b"\x00\xff\xfe SSH-2.0-nonsense\r\n\r\n"),
    "/huge-headers": fixed(b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"x" * 500_000 + b"\r\n\r\n"),
    "/nothing": lambda connection, _: None,
    "/reset": _reset,
    "/reset-once": _reset_then_page,
    "/loop": redirect("/loop"),
    "/five": redirect("/four"),
    "/four": redirect("/three", "301 Moved"),
    "/three": redirect("/two", "307 Temporary"),
    "/two": redirect("/one", "308 Permanent"),
    "/one": redirect("/page", "303 See Other"),
    "/to-private": redirect("http://10.0.0.1/"),
    "/to-metadata": redirect("http://169.254.169.254/latest/meta-data/"),
    "/to-inside-by-name": redirect("http://inside.test/"),
    "/to-file": redirect("file:///etc/passwd"),
    "/to-secret": redirect("https://anna:secret@courses.test/"),
    "/to-nonsense": redirect("http://[::1"),
    "/to-nowhere": fixed(reply(b"", "302 Found")),
    "/busy-once": first(reply(b"", "429 Too Many Requests", Retry_After="1"), reply()),
    "/busy-until": first(reply(b"", "429 Slow down", Retry_After="Tue, 24 Nov 2026 10:00:01 GMT"), reply()),
    "/busy-for-an-hour": fixed(reply(b"", "429 Too Many Requests", Retry_After="3600")),
    "/down-once": first(reply(b"", "503 Service Unavailable"), reply()),
    "/down": fixed(reply(b"", "503 Service Unavailable", Retry_After="soon")),
    "/missing": fixed(reply(b"", "404 Not Found")),
    "/forbidden": fixed(reply(b"", "403 Forbidden")),
    "/empty": fixed(reply(b"", "204 No Content")),
}


@contextlib.contextmanager
def serving(certificate: Path | None = None) -> Iterator[Site]:
    """Run the server on a free port of loopback; with a certificate (and its key in the same file) over TLS."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(5)
            with contextlib.suppress(OSError):
                if context is None:
                    self.answer(self.request)
                    return
                secured = context.wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
                with secured:
                    secured.do_handshake()
                    self.answer(secured)

        def answer(self, connection: socket.socket) -> None:
            head = b""
            while b"\r\n\r\n" not in head:
                received = connection.recv(4096)
                if not received:
                    return
                head += received
            site.requests.append(head.decode("latin-1"))
            path = site.requests[-1].split(" ")[1]
            ANSWERS[path](connection, site.count(path))

    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    with _Server(("127.0.0.1", 0), Handler) as server:
        site = Site(server.server_address[1], "https" if certificate else "http")
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield site
        finally:
            server.shutdown()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def shutdown_request(self, request: socket.socket) -> None:
        # The default says goodbye properly, which would undo a reset.
        request.close()
