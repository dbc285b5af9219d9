"""Who may use the workbench: whoever opened the link that was printed, in the browser that opened it.

A page elsewhere can make a browser send requests to this machine. So the Host header has to name this server (a name
that was made to point here does not), a link is good for one session, a session is a cookie that no script reads and
no other site's request carries, and what changes something must come from a page of this server (Origin). Cookies do
not keep ports of one host apart: the cookie's name holds the port, and another port has another Origin.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from assay.network.serving import Door, own_page
from assay.render.record import workbench
from assay.serve.answers import HTML, READ_ONLY, said

MOST_SESSIONS, MOST_LINKS = 256, 16  # the oldest ends first
_SAFE = ("GET", "HEAD")
_LINKS = "/links"
_CHANGES_NOTHING = (_LINKS, "/trace", "/ask")  # what is sent, here and below, and nothing that is kept changes
HEADERS = {
    # of the document itself each page has a policy of its own, by the hashes of its style and script
    "Content-Security-Policy": "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with none at all a form has Origin: null
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """An ASGI application that passes on what may pass, and adds the headers that keep other pages out."""

    def __init__(self, application: Any, door: Door, port: int, *, read_only: bool = False) -> None:
        self._application, self._door, self._cookie = application, door, f"assay_{port}"
        self._read_only = read_only
        self._sessions: OrderedDict[str, None] = OrderedDict()
        self._links: OrderedDict[str, None] = OrderedDict()

    def link(self) -> str:
        """A new code for the address `/?code=...`, good for one session."""
        return _drawn(self._links, MOST_LINKS)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer a request, or let the application do it."""
        if scope["type"] != "http":  # there are no web sockets, and nothing is done at start and end
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        code = parse_qs(scope["query_string"].decode("latin-1")).get("code", [""])[0]
        if scope["path"] == "/" and code and self._door.goes_by(headers.get("host", "")):
            await self._entered(code, send)
            return
        refused = self._refusal(scope, headers)
        if refused:
            await _said(send, scope["path"], *refused)
            return
        if (scope["method"], scope["path"]) == ("POST", _LINKS):
            await self._offered(scope, headers["host"], send)
            return
        await self._application(scope, receive, _with_headers(send))

    async def _entered(self, code: str, send: Any) -> None:
        """A session for who has a link that was not used; the address without its code."""
        if code not in self._links:
            await _said(send, "/", 401, "This link was used before, or is not of this server.")
            return
        del self._links[code]
        session = _drawn(self._sessions, MOST_SESSIONS)
        cookie = f"{self._cookie}={session}; HttpOnly; SameSite=Strict; Path=/"
        await _with_headers(send)(
            {"type": "http.response.start", "status": 303, "headers": _lines({"Location": "/", "Set-Cookie": cookie})}
        )
        await send({"type": "http.response.body", "body": b""})

    async def _offered(self, scope: dict[str, Any], host: str, send: Any) -> None:
        """A link for one more browser, for who is in."""
        link = f"{scope.get('scheme', 'http')}://{host}/?code={self.link()}"
        await _answered(send, 200, workbench.link(link), HTML)

    def _refusal(self, scope: dict[str, Any], headers: dict[str, str]) -> tuple[int, str] | None:
        """Status and sentence for a request that does not pass."""
        host = headers.get("host", "")
        if not self._door.goes_by(host):
            return 421, "This server does not go by that name: --allow-host adds one."
        bears = self._door.bears(headers.get("authorization", ""))
        if not bears and not self._known(headers.get("cookie", "")):
            return 401, "Open the link that assay serve printed, in this browser."
        if scope["method"] in _SAFE:
            return None
        own = own_page(headers.get("origin", "null"), host) or (bears and "origin" not in headers)
        if not own or headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return 403, "This was not asked by a page of this server."
        if self._read_only and not _changes_nothing(scope["path"]):
            return 403, READ_ONLY
        return None

    def _known(self, cookies: str) -> bool:
        try:
            found = SimpleCookie(cookies).get(self._cookie)
        except CookieError:
            return False
        return found is not None and found.value in self._sessions


def _changes_nothing(path: str) -> bool:
    return any(path == row or path.startswith(f"{row}/") for row in _CHANGES_NOTHING)


def _drawn(kept: OrderedDict[str, None], most: int) -> str:
    """A new secret of 256 bits, kept with the last ones that were drawn."""
    found = secrets.token_urlsafe(32)
    kept[found] = None
    while len(kept) > most:
        kept.popitem(last=False)
    return found


def _with_headers(send: Any) -> Any:
    async def sent(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *_lines(HEADERS)]}
        await send(message)

    return sent


async def _said(send: Any, path: str, status: int, sentence: str) -> None:
    """A refusal: JSON where an API was asked, else a page."""
    await _answered(send, status, *said(path, status, sentence))


async def _answered(send: Any, status: int, body: bytes, kind: str) -> None:
    headers = _lines({"Content-Type": kind, "Content-Length": str(len(body))})
    await _with_headers(send)({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _lines(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
