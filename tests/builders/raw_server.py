"""A server that answers each connection with what a function says, byte for byte and as slowly as it likes."""

from __future__ import annotations

import socketserver
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress

from tests.builders.background import running


class Raw(socketserver.ThreadingTCPServer):
    """Keeps every request that it got, head and body."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, answer: Callable[[bytes], Iterable[bytes]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.requests = answer, list[bytes]()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Handler(socketserver.BaseRequestHandler):
    server: Raw

    def handle(self) -> None:
        raw = b""
        while b"\r\n\r\n" not in raw and (part := self.request.recv(65536)):
            raw += part
        head, _, body = raw.partition(b"\r\n\r\n")
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                while len(body) < int(line.partition(b":")[2]):
                    body += self.request.recv(65536)
        self.server.requests.append(head + b"\r\n\r\n" + body)
        with suppress(OSError):
            for part in self.server.answer(head):
                self.request.sendall(part)


def answered(body: bytes, status: str = "200 OK", kind: str = "application/json", *more: str) -> bytes:
    """One whole answer, after which the connection ends."""
    rows = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close", *more]
    return "\r\n".join(rows).encode() + b"\r\n\r\n" + body


def header(head: bytes, name: str) -> str:
    """The value of a header of a request; empty where it has none."""
    rows = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return next((value.strip().decode() for key, _, value in rows if key.decode().lower() == name.lower()), "")


def answering(answer: Callable[[bytes], Iterable[bytes]]) -> AbstractContextManager[Raw]:
    """The server, running until the end of the block."""
    return running(Raw(answer))
