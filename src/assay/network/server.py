"""Get JSON from a server that may be down, slow, wrong or hostile: bounded answers, one sentence for every failure."""

from __future__ import annotations

import json
import math
import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

from assay.errors import MissingExtra, UsageError
from assay.network import Cut, keep_private, proxy
from assay.secret import KEY, LEAST, MARK, behind_host, concealed, host_alone, of_user, without_user

MOST = 32 << 20  # bytes of an answer
CONNECT, READ = 10.0, 120.0  # seconds
WHOLE = 5  # times READ: an answer may take that long to its last byte, however often something comes
STREAMED = 30  # the same of one that comes token by token: a long text of a slow model
_EVENTS = "text/event-stream"  # how such an answer comes (HTML Living Standard, "server-sent events")
_DONE = b"[DONE]"  # with which it ends
TRIES = 4  # of a request that a busy server turns away
LONGEST_WAIT = 120.0  # seconds between two of them: a server that asks for more is not asked again
LIMITED = 429  # too many requests
BUSY = frozenset({LIMITED, 502, 503, 504, 529})  # the last: overloaded, of Anthropic's API
SAID = 200  # characters of an error that a message repeats, once no key is in them
Joined = Callable[[list[Any], bool], Any]
_API = "/v1"  # what an address ends with, before the paths of the API


def bearer(key: str) -> dict[str, str]:
    """The header in which most APIs take a key."""
    return {"Authorization": f"Bearer {key}"} if key else {}


class Unreached(UsageError):
    """Nobody answered, or not to the end: down, too slow, too busy."""


class Refused(UsageError):
    """The server answered with an error; `status` is its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def busy(self) -> bool:
        """Whether it turned the request away whatever was asked."""
        return self.status in BUSY


class Server:
    """One server, over one connection where it allows that."""

    def __init__(
        self,
        url: str,
        read: float = READ,
        *,
        key_in_clear: bool = False,
        key: str = KEY,
        headers: Callable[[str], dict[str, str]] = bearer,
        needs: tuple[str, str] = ("endpoint", "asking a model behind an endpoint"),
        allow: str = ", or allow it with --key-in-clear",
        secret_path: bool = False,
    ) -> None:
        """Nothing is sent yet.

        Args:
            url: of the API; a user and password in it are sent, and said nowhere.
            read: seconds without a byte after which an answer is given up.
            key_in_clear: send a key over plain http to another machine, too.
            key: the environment variable with the key that this server gets.
            headers: those of every request, from the key (empty: there is none).
            needs: the extra with the library, and what for.
            allow: how a user allows a key in clear, as the end of a sentence.
            secret_path: whoever knows the whole address may use it: only scheme, host and port are said.

        Raises UsageError: a key would go in clear, the proxy is of no known kind, or httpx2 is not installed.
        """
        try:
            import httpx2
        except ImportError:
            raise MissingExtra(*needs) from None
        self._to, self._httpx, self._read, self._cut = url.rstrip("/"), httpx2, read, Cut()
        self._secret_path = secret_path
        self._exact, self._root = url, self._to.removesuffix(_API)
        self.url = host_alone(url) if secret_path else without_user(self._to)
        self._key, self._named = os.environ.get(key, "").strip(), key
        if self._key or of_user(url):
            what = f"the key in {key}" if self._key else "the password in the address"
            keep_private(self.url if secret_path else url, what, in_clear=key_in_clear, allow=allow)
        covert = (self._key, *of_user(url), *(behind_host(url) if secret_path else ()))
        self._secrets = tuple(row for row in covert if len(row) >= LEAST)
        self._proxy = proxy(url)
        try:
            sent = httpx2.Headers(headers(self._key))
            way = httpx2.HTTPTransport(proxy=self._proxy.url if self._proxy else None)
        except UnicodeEncodeError:
            raise UsageError(f"{key} holds characters that no key has") from None
        except (ValueError, ImportError) as cause:
            raise UsageError(f"{self._proxy} cannot be used: {concealed(str(cause))[:200]}") from None
        limits = httpx2.Timeout(read, connect=CONNECT)
        self._client = httpx2.Client(timeout=limits, headers=sent, follow_redirects=False, transport=way)
        weakref.finalize(self, self._client.close)  # a runtime has no end of its own

    def get(self, path: str) -> Any:
        """The JSON at a path."""
        return self._asked("GET", f"{self._to}{path}", None)

    def post(self, path: str, value: dict[str, Any], joined: Joined | None = None) -> Any:
        """The JSON that the server answers with.

        Args:
            joined: makes one value of the events of a streamed answer, None where they are not all; it is told whether
                the server said that they are.
        """
        return self._asked("POST", f"{self._to}{path}", value, joined)

    def outside(self, path: str, value: dict[str, Any]) -> Any:
        """As `post`, at a path beside the API, which lies in /v1."""
        return self._asked("POST", f"{self._root}{path}", value)

    @property
    def address(self) -> str:
        """Where it is, with a user and password if it has them."""
        return self._to

    @property
    def ended(self) -> bool:
        """Whether it is asked nothing any more."""
        return self._cut.stopped

    def end(self) -> None:
        """End what is being asked, and the waiting for the next try, for good, from another thread."""
        self._cut.stop()

    def deliver(self, raw: bytes, headers: dict[str, str], tries: int = TRIES) -> None:
        """Post bytes until the server takes them (any 2xx), again after a failure of it or of the way there.

        Raises Unreached or Refused, as the last try ended.
        """
        for number in range(tries):
            last = number == tries - 1
            try:
                status, told, said = self._once("POST", self._exact, WHOLE, content=raw, headers=headers)
            except Unreached:
                if last or self.ended:
                    raise
                self._cut.rest(2.0**number)
                continue
            if 200 <= status < 300:
                return
            wait = wait_of(told)
            again = (status in BUSY or status >= 500) and not last and (wait or 0) <= LONGEST_WAIT
            if not again:
                shown = self._hidden(concealed(_said(said)))[:SAID] or "nothing"
                raise Refused(status, f"{self.url} answered {status}: {shown}")
            self._cut.rest(2.0**number if wait is None else wait)

    def _asked(self, method: str, to: str, value: dict[str, Any] | None, joined: Joined | None = None) -> Any:
        shown = self._shown(to)
        for number in range(TRIES):
            if self.ended:
                raise Unreached(f"{self.url} is asked nothing any more")
            status, headers, raw = self._once(method, to, STREAMED if joined else WHOLE, json=value)
            wait = wait_of(headers)
            if status not in BUSY or number == TRIES - 1:
                break
            if wait is not None and wait > LONGEST_WAIT:
                raise Refused(status, f"{shown} answered {status} and asks for {wait:,.0f} s of rest: try again then")
            self._cut.rest(2.0**number if wait is None else wait)
        if status != 200:
            said = self._hidden(concealed(_said(raw)))[:SAID] or "nothing"
            raise Refused(status, f"{shown} answered {status}: {said}{self._remedy(status, headers)}")
        if joined and headers.get("content-type", "").startswith(_EVENTS):
            found = joined(*_events(raw, shown, self._hidden))
            if found is None:
                raise Unreached(f"{shown} broke off its answer: it did not say that it was done")
            return self._without_key(found, shown)
        return self._without_key(_json(raw, shown, self._hidden), shown)

    def _remedy(self, status: int, headers: Any) -> str:
        """What to do about an error, where that is known."""
        if status in (401, 403):
            return (
                f"; is the key in {self._named} the right one?" if self._key else f"; a key is read from {self._named}"
            )
        moved = headers.get("location", "")
        if status in (301, 302, 307, 308) and moved:
            return f"; it has moved: give the address to which it points ({self._hidden(concealed(moved))[:200]!r})"
        return f"; it answered so {TRIES} times" if status in BUSY else ""

    def _without_key(self, value: Any, where: str) -> Any:
        """An answer for a record that others read: with *** for the key, should the server have sent it back."""
        if not self._secrets:
            return value
        try:
            found, whole = _replaced(value, self._hidden), "".join(_texts(value))
            kept = "".join(_texts(found))
        except RecursionError:
            raise UsageError(f"{where} answered with JSON that is nested too deep to be read") from None
        if any(secret in whole and secret in kept for secret in self._secrets):  # token by token
            raise UsageError(f"{where} sent back the key that it was given: nothing of its answer is kept")
        return found

    def _hidden(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MARK)
        return text

    def _once(self, method: str, to: str, whole: int, **sent: Any) -> tuple[int, Any, bytes]:
        """(status, headers, body); `whole` times the seconds for a byte are those for all.

        A server may close a connection that was kept open just as it is asked on it again: then nothing was answered,
        and it is asked once more on a connection of its own (RFC 9112, section 9.3.1).
        """
        final: list[
            str
        ] = []  # events after which it is not: a connection was made for this request, or an answer began

        def trace(event: str, told: dict[str, Any]) -> None:
            ends = event.startswith("connection.") or event.endswith(".receive_response_headers.complete")
            final.extend([event] if ends else [])
            self._cut.trace(event, told)

        try:
            with (
                self._cut.after(whole * self._read),
                self._client.stream(method, to, extensions={"trace": trace}, **sent) as answer,
            ):
                raw = bytearray()
                for part in answer.iter_bytes():
                    raw += part
                    if len(raw) > MOST:
                        raise UsageError(f"{self._shown(to)} answered with more than {MOST >> 20} MiB")
                return answer.status_code, answer.headers, bytes(raw)
        except self._httpx.TimeoutException:
            raise Unreached(f"{self.url} did not answer within {self._read:g} s{self._way()}") from None
        except (self._httpx.HTTPError, self._httpx.InvalidURL, ValueError) as cause:
            if isinstance(cause, self._httpx.RemoteProtocolError) and not final and not self._cut.over:
                return self._once(method, to, whole, **sent)
            if self._cut.over:
                raise Unreached(
                    f"{self.url} was still answering after {whole * self._read:g} s{self._way()}: nothing of it is kept"
                ) from None
            said = self._hidden(concealed(str(cause)))[:120] or type(cause).__name__
            raise Unreached(f"cannot reach {self.url}{self._way()} ({said}): is it running?") from None

    def _shown(self, to: str) -> str:
        return self.url if self._secret_path else without_user(to)

    def _way(self) -> str:
        return f" through {self._proxy}" if self._proxy else ""


def wait_of(headers: Any) -> float | None:
    """The seconds of a Retry-After: a number, or a date (RFC 9110, 10.2.3) after the answer's own; None: neither."""
    value = headers.get("retry-after", "")
    with suppress(ValueError):
        seconds = float(value)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    with suppress(ValueError, TypeError, OverflowError, IndexError):
        rest = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, rest.total_seconds())
    return None


def _events(raw: bytes, where: str, hidden: Callable[[str], str]) -> tuple[list[Any], bool]:
    """(the JSON values of a streamed answer, whether it said that it is done); UsageError: one is none, or an error."""
    found: list[Any] = []
    for line in raw.splitlines():
        if not line.startswith(b"data:"):
            continue
        said = line.removeprefix(b"data:").strip()
        if said == _DONE:
            return found, True
        value = _json(said, where, hidden)
        if isinstance(value, dict) and "error" in value:
            raise Unreached(f"{where} broke off its answer: {hidden(concealed(_said(said)))[:SAID] or 'nothing said'}")
        found.append(value)
    return found, False


def _json(raw: bytes, where: str, hidden: Callable[[str], str]) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        said = hidden(concealed(repr(raw[:4096])))[:60]
        raise UsageError(f"{where} answered with something that is not JSON: {said}") from None


def _replaced(value: Any, how: Callable[[str], str]) -> Any:
    """A JSON value with each text in it as `how` gives it."""
    if isinstance(value, dict):
        return {how(key): _replaced(row, how) for key, row in value.items()}
    if isinstance(value, list):
        return [_replaced(row, how) for row in value]
    return how(value) if isinstance(value, str) else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for row in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(row)


def _said(raw: bytes) -> str:
    """What an error says, in one line."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        value = raw.decode("utf-8", "replace")
    while isinstance(value, dict):
        value = value.get("error", value.get("message", value.get("detail", "")))
    return " ".join(str(value).split())
