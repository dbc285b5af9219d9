"""Get JSON from a server that may be down, slow, wrong or hostile: bounded answers, one sentence for every failure."""

from __future__ import annotations

import json
import os
import time
import weakref
from typing import Any

from assay.errors import MissingExtra, UsageError

KEY = "ASSAY_API_KEY"  # the environment variable whose value goes to the endpoint as a bearer token, and no other
MOST = 32 << 20  # bytes of an answer
CONNECT, READ = 10.0, 120.0  # seconds
TRIES = 4  # of a request that a busy server turns away
LONGEST_WAIT = 30.0  # seconds between two of them
_BUSY = frozenset({429, 502, 503, 504})


class Refused(UsageError):
    """The server answered with an error; `status` is its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Server:
    """One server, over one connection where it allows that."""

    def __init__(self, url: str, read: float = READ) -> None:
        """Nothing is sent yet (MissingExtra: httpx2 is not installed)."""
        try:
            import httpx2
        except ImportError:
            raise MissingExtra("endpoint", "asking a model behind an endpoint") from None
        self.url, self._httpx, self._read = url.rstrip("/"), httpx2, read
        headers = {"Authorization": f"Bearer {os.environ[KEY]}"} if os.environ.get(KEY) else {}
        limits = httpx2.Timeout(read, connect=CONNECT)
        self._client = httpx2.Client(timeout=limits, headers=headers, follow_redirects=False)
        weakref.finalize(self, self._client.close)  # a runtime has no end of its own

    def get(self, path: str) -> Any:
        """The JSON at a path."""
        return self._asked("GET", path, None)

    def post(self, path: str, value: dict[str, Any]) -> Any:
        """The JSON that the server answers with."""
        return self._asked("POST", path, value)

    def _asked(self, method: str, path: str, value: dict[str, Any] | None) -> Any:
        for number in range(TRIES):
            status, wait, raw = self._once(method, path, value)
            if status not in _BUSY or number == TRIES - 1:
                break
            time.sleep(min(LONGEST_WAIT, wait if wait is not None else 2.0**number))
        if status != 200:
            raise Refused(status, f"{self.url}{path} answered {status}: {_said(raw)}")
        return _json(raw, f"{self.url}{path}")

    def _once(self, method: str, path: str, value: dict[str, Any] | None) -> tuple[int, float | None, bytes]:
        """(status, seconds to wait if the server says so, body)."""
        try:
            with self._client.stream(method, f"{self.url}{path}", json=value) as answer:
                raw = bytearray()
                for part in answer.iter_bytes():
                    raw += part
                    if len(raw) > MOST:
                        raise UsageError(f"{self.url}{path} answered with more than {MOST >> 20} MiB")
                wait = answer.headers.get("retry-after", "")
                return answer.status_code, float(wait) if wait.isdecimal() else None, bytes(raw)
        except self._httpx.TimeoutException:
            raise UsageError(f"{self.url} did not answer within {self._read:g} s") from None
        except (self._httpx.HTTPError, self._httpx.InvalidURL) as cause:
            raise UsageError(
                f"cannot reach {self.url} ({str(cause)[:120] or type(cause).__name__}): is it running?"
            ) from None


def _json(raw: bytes, where: str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise UsageError(f"{where} answered with something that is not JSON: {raw[:60]!r}") from None


def _said(raw: bytes) -> str:
    """What an error says, in one line."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        value = raw.decode("utf-8", "replace")
    while isinstance(value, dict):
        value = value.get("error", value.get("message", value.get("detail", "")))
    return " ".join(str(value).split())[:200] or "nothing"
