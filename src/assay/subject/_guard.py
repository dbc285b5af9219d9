"""What stands between huggingface_hub and a hub that may be anybody's: bounded answers, names that stay in the cache.

The library takes commits, file names and digests of a hub for parts of paths, reads JSON of any length, and waits
without an end where it is not told otherwise. Its client is given hooks that look at each request and answer first.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from assay.errors import UsageError
from assay.lazy import regex
from assay.network import Cut, keep_private
from assay.secret import without_user

MOST = 64 << 20  # bytes of an answer that is no file
SLACK = 1 << 20  # bytes that files may have beyond what was listed: some are sent again after a connection was lost
CONNECT, READ = 10.0, 30.0  # seconds, where the library sets none
STALL, LEAST = 120.0, 1 << 16  # fewer bytes than this in so many seconds, and no answer, is given up
_COMMIT = regex(r"[0-9a-f]{40}\Z")
_NAME = regex(r"(?:[\w.-]{1,96}/)?[\w.-]{1,96}\Z")
_TAG = regex(r'(?:W/)?"?[0-9A-Za-z_-][0-9A-Za-z_.-]{0,127}"?\Z')
_XET = "x-xet-hash"  # without it a file is fetched from the same hub over plain HTTP, where all is looked at
_DEVICE = regex(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?\Z")  # Windows, "Naming Files"
_ONE = threading.RLock()  # the library has one client for a process


@contextmanager
def guarded(model: str, most: int | None = None) -> Iterator[Watch]:
    """The library, while the block runs, with a client that raises UsageError at what no hub should answer.

    Args:
        most: bytes that all files may have, and `SLACK` besides.
    """
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils import _http

    with _ONE:
        before = getattr(_http, "_GLOBAL_CLIENT_FACTORY", None) or _http.default_client_factory
        watch = Watch(model, None if most is None else most + SLACK)
        set_client_factory(lambda: watch.over_client(before()))
        try:
            yield watch
        finally:
            watch.stop.set()
            set_client_factory(before)


class Watch:
    """What a hub answers, looked at; `tag` and `status` are the ETag and HTTP status of the last that was no file.

    `read` is how many seconds an answer may take to come.
    """

    def __init__(self, model: str, most: int | None) -> None:
        self.model, self.cut, self.stop = model, Cut(), threading.Event()
        self.most, self.bytes, self.files = most, 0, 0
        self.tag, self.status, self.read = "", 0, READ
        threading.Thread(target=self._watched, daemon=True).start()

    def _watched(self) -> None:
        """End the connections once too little came for too long."""
        begun, at = time.monotonic(), 0
        while not self.stop.wait(min(1.0, STALL / 4)):
            if self.bytes - at >= LEAST:
                begun, at = time.monotonic(), self.bytes
            elif time.monotonic() - begun > STALL:
                self.cut.end()

    def over_client(self, client: Any) -> Any:
        """The client, its requests and answers looked at."""
        hooks = client.event_hooks
        client.event_hooks = {
            "request": [*hooks["request"], self.request],
            "response": [self.response, *hooks["response"]],
        }
        return client

    def request(self, request: Any) -> None:
        """Nothing waits without an end, no token goes in clear, and what comes is what is counted."""
        self.going()
        if "authorization" in request.headers:
            keep_private(str(request.url), "the token for the hub", in_clear=False, allow="")
        limits = {"connect": CONNECT, "read": READ, "write": READ, "pool": None}
        given: dict[str, float | None] = request.extensions.get("timeout") or {}
        request.extensions = {
            **request.extensions,
            "trace": self.cut.trace,
            "timeout": {**limits, **{key: value for key, value in given.items() if value is not None}},
        }
        request.headers["accept-encoding"] = "identity"

    def response(self, answer: Any) -> None:
        """The headers and, of what is no file, the body are what a hub may answer."""
        where = without_user(str(answer.request.url.copy_with(query=None)))
        for name, form in (("etag", _TAG), ("x-linked-etag", _TAG), ("x-repo-commit", _COMMIT)):
            if (value := answer.headers.get(name)) is not None and answer.status_code < 400 and not form.match(value):
                raise self.odd(where, f"{name} {value[:80]!r}, which is no name of a file in a cache")
        if (to := answer.headers.get("location")) and urlsplit(to).scheme not in ("", "http", "https"):
            raise self.odd(where, f"a way to {without_user(to)[:80]!r}, which is no address of a web server")
        page = answer.links.get("next", {}).get("url", "")
        if page and answer.request.url.join(page).origin != answer.request.url.origin:  # it would get the token, too
            raise self.odd(where, f"a next page at {without_user(page)[:80]!r}, which is another server")
        # a library of its own, with limits and a way through proxies of its own, would fetch the file otherwise
        answer.headers.pop(_XET, None)
        api = "/api/" in answer.request.url.path
        if api and answer.headers.get("content-encoding", "identity") != "identity":
            raise self.odd(where, "packed, which it was not asked to do")
        answer.stream = self.counted(answer.stream, where, MOST if api or answer.status_code >= 400 else None)
        if api:
            self.tag, self.status = answer.headers.get("etag", ""), answer.status_code
        if api and answer.status_code == 200 and answer.request.method == "GET":
            self._told(answer, where)

    def _told(self, answer: Any, where: str) -> None:
        try:
            value = json.loads(answer.read())
        except (ValueError, RecursionError):
            raise self.odd(where, "something that is not JSON") from None
        if where.endswith("/api/models"):
            for row in value if isinstance(value, list) else [None]:
                name = row.get("id") if isinstance(row, dict) else None
                if not isinstance(name, str) or not _NAME.match(name) or {".", ".."} & {*name.split("/")}:
                    raise self.odd(where, f"the model {str(name)[:80]!r}, which is none")
        elif "/tree/" in where:
            rows = value if isinstance(value, list) else [None]
            for row in rows:
                path = row.get("path") if isinstance(row, dict) else None
                if not isinstance(row, dict) or not isinstance(path, str) or not _stays(path):
                    raise self.odd(where, f"the file name {str(path)[:80]!r}, which is none in a folder")
                if row.get("type") == "file" and not _counts(row.get("size")):
                    raise self.odd(where, f"{path[:80]!r} without a size")
        elif not isinstance(value, dict) or not _COMMIT.match(str(value.get("sha"))):
            got = value.get("sha") if isinstance(value, dict) else value
            raise self.odd(where, f"the commit {str(got)[:80]!r}, which is none")

    def counted(self, stream: Any, where: str, most: int | None) -> Any:
        """A stream that counts for the watch, and ends at `most` bytes."""
        from httpx2 import SyncByteStream

        watch = self

        class Counted(SyncByteStream):
            def __iter__(self) -> Iterator[bytes]:
                seen = 0
                for part in stream:
                    watch.going()
                    watch.bytes, seen = watch.bytes + len(part), seen + len(part)
                    if most is not None and seen > most:
                        raise watch.odd(where, f"more than {most >> 20} MiB")
                    watch.files += len(part) if most is None else 0
                    if watch.most is not None and watch.files > watch.most:
                        raise watch.odd(where, f"more than the {watch.most:,} bytes that its list of files allows")
                    yield part

            def close(self) -> None:
                stream.close()

        return Counted()

    def going(self) -> None:
        """Raises UsageError once the hub was given up."""
        if self.cut.over:
            raise UsageError(
                f"{self.model}: the hub sent less than {LEAST >> 10} KiB in {STALL:g} s; run it again later, the"
                " download resumes"
            )

    def odd(self, where: str, what: str) -> UsageError:
        """What to raise at an answer that no hub should give."""
        return UsageError(f"{self.model}: {where} answered with {what}; nothing of it is used")


def _counts(size: object) -> bool:
    return isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 1 << 63


def _stays(path: str) -> bool:
    """Whether a name stays below the folder that it is put in, on every system."""
    parts = path.split("/")
    return (
        0 < len(path) <= 4096
        and not any(letter in path for letter in "\0\\")
        and not re.match("[A-Za-z]:", path)
        and not any(part in ("", ".", "..") or len(part.encode("utf-8", "replace")) > 255 for part in parts)
        and not any(_DEVICE.match(part) for part in parts)
        and path.isprintable()
    )
