"""A server on this machine that speaks the part of S3's API by which objects are listed and read in ranges."""

from __future__ import annotations

import hashlib
import re
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.builders.background import running

BUCKET = "models"


class Store(ThreadingHTTPServer):
    """Serves what lies below a folder as the bucket `models`; `sent` counts the bytes of objects that went out."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.sent, self.refused = folder, 0, 0
        self.limits: list[int] = []  # statuses of the next answers for an object; 0 cuts the connection amid its bytes
        self.turned: set[str] = set()  # objects that are others than they were listed as
        self.named: dict[str, str] = {}  # that are listed by another name

    @property
    def env(self) -> dict[str, str]:
        """What leads the client here."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server_port}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "sesame",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def tag(self, name: str) -> str:
        """The ETag of an object: of its beginning, since models are large here."""
        return f'"{hashlib.md5(self._head(name)).hexdigest()}"'

    def _head(self, name: str) -> bytes:
        with (self.folder / name).open("rb") as file:
            return file.read(1 << 20)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Store

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        bucket, _, name = unquote(parts.path).lstrip("/").partition("/")
        asked = parse_qs(parts.query)
        if bucket != BUCKET or (name and not (self.server.folder / name).is_file()):
            self._said(404, b"<Error><Code>NoSuchKey</Code></Error>", "application/xml")
        elif not name:
            self._listed(asked.get("prefix", [""])[0], asked.get("delimiter", [""])[0])
        elif self.server.refused:
            self.server.refused -= 1
            self._said(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
        else:
            status = self.server.limits.pop(0) if self.server.limits and self.command == "GET" else 200
            if status in (0, 200):
                self._sent(name, cut=not status)
            else:
                said = b"<Error><Code>SlowDown</Code><Message>later</Message></Error>"
                self._said(status, said, "application/xml")

    def _listed(self, prefix: str, delimiter: str) -> None:
        """ListObjectsV2."""
        folder, rows, shared = self.server.folder, [], set()
        for path in sorted(row for row in folder.rglob("*") if row.is_file()):
            name = path.relative_to(folder).as_posix()
            rest = name.removeprefix(prefix)
            if not name.startswith(prefix):
                continue
            if delimiter and delimiter in rest:
                shared.add(prefix + rest.partition(delimiter)[0] + delimiter)
                continue
            size, tag = path.stat().st_size, escape(self.server.tag(name))
            rows.append(
                f"<Contents><Key>{escape(self.server.named.get(name, name))}</Key><Size>{size}</Size><ETag>{tag}</ETag>"
                "<LastModified>2026-01-01T00:00:00.000Z</LastModified><StorageClass>STANDARD</StorageClass></Contents>"
            )
        rows += [f"<CommonPrefixes><Prefix>{escape(row)}</Prefix></CommonPrefixes>" for row in sorted(shared)]
        body = (
            f"<ListBucketResult><Name>{BUCKET}</Name><IsTruncated>false</IsTruncated>{''.join(rows)}</ListBucketResult>"
        )
        self._said(200, body.encode(), "application/xml")

    def _sent(self, name: str, *, cut: bool = False) -> None:
        path = self.server.folder / name
        size, range_ = path.stat().st_size, re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start = int(range_[1]) if range_ else 0
        stop = min(size, int(range_[2]) + 1) if range_ and range_[2] else size
        self.send_response(206 if range_ else 200)
        self.send_header("Content-Length", str(max(0, stop - start)))
        self.send_header("ETag", '"another"' if name in self.server.turned else self.server.tag(name))
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        if range_:
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        self.end_headers()
        if cut:
            self.wfile.write(b"?")
            self.wfile.flush()
            self.connection.shutdown(2)
            self.close_connection = True
        elif self.command != "HEAD":
            with path.open("rb") as file:
                file.seek(start)
                while start < stop and (block := file.read(min(1 << 20, stop - start))):
                    self.wfile.write(block)
                    self.server.sent += len(block)
                    start += len(block)

    def _said(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def storing(folder: Path) -> AbstractContextManager[Store]:
    """The server, running until the block ends."""
    return running(Store(folder))
