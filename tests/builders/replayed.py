"""A local server that answers as written exchanges say: what a hosted API is documented to answer."""

from __future__ import annotations

import json
import threading
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.builders.background import running


class Replayed(ThreadingHTTPServer):
    """Answers each request with the first exchange that fits it, whose answers take turns.

    An exchange fits where method and path are its own, and the body has each option of its `where`, of that value
    (null: of any).
    """

    daemon_threads = True

    def __init__(self, exchanges: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rows: list[dict[str, Any]] = json.loads(exchanges.read_text())["exchanges"]
        self.given = [0] * len(self.rows)
        self.requests: list[tuple[str, dict[str, str], Any]] = []  # method and path, headers, body
        self.lock = threading.Lock()

    def answer(self, asked: str, body: Any) -> tuple[int, dict[str, str], Any]:
        """(status, headers, body)."""
        with self.lock:
            for at, row in enumerate(self.rows):
                spent = row.get("once") and self.given[at]
                wanted = row.get("where", {}).items()
                if row["request"] == asked and not spent and all(_has(body, name, value) for name, value in wanted):
                    answers = row["answers"]
                    self.given[at] += 1
                    return row.get("status", 200), row.get("headers", {}), answers[(self.given[at] - 1) % len(answers)]
        return 404, {}, {"error": {"message": f"no such path: {asked}"}}


def _has(body: Any, name: str, value: Any) -> bool:
    return isinstance(body, dict) and name in body and value in (None, body[name])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Replayed

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: Any) -> None:
        asked = f"{self.command} {self.path}"
        self.server.requests.append((asked, {name.lower(): value for name, value in self.headers.items()}, body))
        status, headers, value = self.server.answer(asked, body)
        raw = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", "Content-Length": str(len(raw)), **headers}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(raw)


def replaying(exchanges: Path) -> AbstractContextManager[Replayed]:
    """The server, running until the end of the block."""
    return running(Replayed(exchanges))
