"""A server on this machine that speaks the part of the hub's API that downloading a model uses."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.builders.background import running

COMMIT = "c0ffee" + "0" * 34


class Hub(ThreadingHTTPServer):
    """Serves one model folder as each of `names` of org.

    Each entry of `cuts` drops the connection once, after so many bytes.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        self.names, self.next = ["tiny"], ""  # its models, all of the same files; where the next page of a list is
        self.cuts: list[int] = []
        self.sizes: dict[str, int] = {}  # that it lists instead of the true ones
        self.rest, self.active, self.most_at_once, self.sent = 0.0, list[str](), 0, list[str]()
        self.lock = Lock()
        self.ranges: list[str] = []
        self.requests = 0
        self.commit, self.moves, self.unchanged = COMMIT, "", 0  # what main leads to, and will once it was asked for
        self.faults: list[tuple[int, str, bytes]] = []  # status, Retry-After and body of the next answers about it
        self.limits: list[tuple[int, str]] = []  # status and Retry-After of the next answers for a range
        self.agents: set[str] = set()  # what those who ask for the model say that they are

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        self.server.requests += 1
        parts = [unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")]
        known = next((part for part in parts if part in self.server.names), "tiny")
        if known in parts:
            self.server.agents.add(self.headers["user-agent"])
        match ["tiny" if part == known else part for part in parts]:
            case ["api", "models"]:
                self._listed(parse_qs(urlsplit(self.path).query))
            case ["api", "models", "org", "tiny"] if self.server.faults:
                status, wait, raw = self.server.faults.pop(0)
                self._raw(raw, status, {"Retry-After": wait} if wait else {})
            case ["api", "models", "org", "tiny"] if self.headers["if-none-match"] == f'W/"{self.server.commit}"':
                self.server.unchanged += 1
                self._raw(b"", 304, {"ETag": self.headers["if-none-match"]})
            case ["api", "models", "org", "tiny", *rest] if rest[:1] in ([], ["revision"]) and (
                not rest or rest[1] in ("main", self.server.commit)
            ):
                siblings = [{"rfilename": name} for name in self.server.files]
                self._json(
                    {
                        "id": f"org/{known}",
                        "modelId": f"org/{known}",
                        "sha": self.server.commit,
                        "siblings": siblings,
                        "private": False,
                        "tags": [],
                    },
                    headers={"ETag": f'W/"{self.server.commit}"'},
                )
                self.server.commit = self.server.moves or self.server.commit
            case ["api", "models", "org", "tiny", "tree", _, *_]:
                self._json(
                    [
                        {
                            "type": "file",
                            "path": name,
                            "size": (size := self.server.sizes.get(name, len(raw))),
                            "oid": hashlib.sha1(raw).hexdigest(),
                            "lfs": {"oid": hashlib.sha256(raw).hexdigest(), "size": size, "pointerSize": 130},
                        }
                        for name, raw in self.server.files.items()
                    ]
                )
            case ["org", "tiny", "resolve", _, name] if name in self.server.files:
                with self._active(known if body else ""):
                    self._file(name, body)
            case ["api", "models", "org", "tiny", "revision", _]:
                self._json({"error": "Invalid rev id"}, 404, {"X-Error-Code": "RevisionNotFound"})
            case _:
                self._json({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})

    def _listed(self, asked: dict[str, list[str]]) -> None:
        """The models, two a page, each page with the address of the next."""
        if self.server.faults:
            status, wait, raw = self.server.faults.pop(0)
            self._raw(raw, status, {"Retry-After": wait} if wait else {})
            return
        start = int(asked.get("cursor", ["0"])[0])
        rows = [{"id": f"org/{name}", "tags": [], "private": False} for name in self.server.names[start : start + 2]]
        more = f"{self.server.next or self.server.url}/api/models?author=org&cursor={start + 2}"
        last = start + 2 >= len(self.server.names)
        self._json(
            rows if asked["author"] == ["org"] else [], headers={} if last else {"Link": f'<{more}>; rel="next"'}
        )

    def _json(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self._raw(json.dumps(value).encode(), status, headers or {})

    def _raw(self, raw: bytes, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, text in {
            "Content-Type": "application/json",
            "Content-Length": str(len(raw)),
            **headers,
        }.items():
            self.send_header(key, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)

    @contextmanager
    def _active(self, model: str) -> Iterator[None]:
        """Count for how many models files are sent at once."""
        server = self.server
        if not model:
            yield
            return
        with server.lock:
            server.active.append(model)
            server.sent.append(model)
            server.most_at_once = max(server.most_at_once, len(set(server.active)))
        time.sleep(server.rest)
        yield
        with server.lock:
            server.active.remove(model)

    def _file(self, name: str, body: bool) -> None:
        raw, start = self.server.files[name], 0
        asked = self.headers.get("Range")
        if asked and body:
            self.server.ranges.append(asked)
            if self.server.limits:
                status, wait = self.server.limits.pop(0)
                self._raw(b"later", status, {"Retry-After": wait} if wait else {})
                return
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, raw = int(first), raw[: int(last) + 1] if last else raw
        self.send_response(206 if asked and body else 200)
        headers = {
            "Content-Length": str(len(raw) - start),
            "ETag": f'"{hashlib.sha256(raw).hexdigest()}"',
            "X-Repo-Commit": self.server.commit,
            "Accept-Ranges": "bytes",
        }
        if asked and body:
            headers["Content-Range"] = f"bytes {start}-{len(raw) - 1}/{len(self.server.files[name])}"
        for key, text in headers.items():
            self.send_header(key, text)
        self.end_headers()
        if not body:
            return
        if name.endswith(".safetensors") and self.server.cuts:
            self.wfile.write(raw[start : start + self.server.cuts.pop(0)])
            self.wfile.flush()
            self.connection.shutdown(2)
            self.close_connection = True
            return
        self.wfile.write(raw[start:])


def serving(folder: Path) -> AbstractContextManager[Hub]:
    """The server, running until the block ends."""
    return running(Hub(folder))
