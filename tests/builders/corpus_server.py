"""Servers of corpora on real sockets: assay's own, in a thread, and one that stands before it and breaks off."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from assay.corpus import serving
from assay.network.serving import Door, listening
from tests.builders.background import running


@contextmanager
def served(*folders: Path, limits: serving.Limits | None = None, token: str = "") -> Iterator[str]:
    """The URL of a server of these corpora."""
    socket = listening("127.0.0.1", 0)
    server = serving.server(serving.Served(folders, limits), Door(frozenset({"127.0.0.1"}), token))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        socket.close()


def answered(url: str, question: object = None, **headers: str) -> tuple[int, Any]:
    """Status and JSON that a server answers a plain client with."""
    raw = question if isinstance(question, bytes) else json.dumps(question).encode() if question is not None else None
    try:
        with urllib.request.urlopen(urllib.request.Request(url, raw, headers)) as found:
            return found.status, json.load(found)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


class Between(ThreadingHTTPServer):
    """Stands before another server and changes each answer: (path, number of the request, answer) -> bytes, or None.

    None: the connection is closed without an answer.
    """

    daemon_threads = True

    def __init__(self, url: str, change: Callable[[str, int, bytes], bytes | None]) -> None:
        super().__init__(("127.0.0.1", 0), _Between)
        self.behind, self.change, self.asked = url, change, 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Between(BaseHTTPRequestHandler):
    server: Between

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        self.server.asked += 1
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
        request = urllib.request.Request(self.server.behind + self.path, raw)
        with urllib.request.urlopen(request) as found:
            answer = self.server.change(self.path, self.server.asked, found.read())
        if answer is None:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


@contextmanager
def between(url: str, change: Callable[[str, int, bytes], bytes | None]) -> Iterator[str]:
    """The URL of a server before another one."""
    with running(Between(url, change)) as server:
        yield server.url
