"""Who may use the workbench: whoever opened the link that was printed, in the browser that opened it.

A page elsewhere can make a browser send requests to this machine. So the Host header has to name this server (a name
that was made to point here does not), a link is good for one session, a session is a cookie that no script reads and
no other site's request carries, and what changes something must come from a page of this server (Origin). Cookies do
not keep ports of one host apart: the cookie's name holds the port, and another port has another Origin.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from assay.network.serving import Door, Refusal, body, own_page
from assay.registry import user
from assay.render.record import workbench
from assay.serve.answers import HTML, READ_ONLY, said
from assay.serve.log import Log
from assay.serve.metrics import Metrics
from assay.serve.oidc import BEGIN, END, LASTS, SignIn
from assay.serve.people import SAFE, Person, Role, bearer, needed
from assay.serve.prefix import below, outward

MOST_SESSIONS, MOST_LINKS = 256, 16  # the oldest ends first
_LINKS, _HEALTH, _SIGN_IN = "/links", "/healthz", "/sign-in"
_CHANGES_NOTHING = (
    _LINKS,
    "/trace",
    "/ask",
    "/api/v1/traces",
    "/api/v1/answers",
)  # and below: nothing that is kept changes
_MOST, _PATIENCE = 4096, 10.0  # bytes of a form with a token, and seconds for it to be there
WHO = "assay.who"  # in the scope of a request: by which name what it does is recorded
WHY = "assay.why"  # and why somebody was not let in by the OpenID provider
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

    def __init__(
        self,
        application: Any,
        door: Door,
        port: int,
        *,
        read_only: bool = False,
        prefix: str = "",
        people: tuple[Person, ...] = (),
        provider: SignIn | None = None,
        metrics: Metrics | None = None,
        log: Log | None = None,
    ) -> None:
        self._application, self._door, self._cookie = application, door, f"assay_{port}"
        self._prefix, self._provider = prefix, provider
        self._read_only, self._people, self._metrics, self._log = read_only, people, metrics, log
        self._owner = Person(user(), Role.WAIVE)  # who started the server, and whoever has its link or its one token
        self._sessions: OrderedDict[str, Person] = OrderedDict()
        self._links: OrderedDict[str, Person] = OrderedDict()

    def link(self, person: Person | None = None) -> str:
        """A new code for the address `/?code=...`, good for one session: of a person, or of who started the server."""
        return _drawn(self._links, MOST_LINKS, person or self._owner)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer a request, or let the application do it."""
        if scope["type"] != "http":  # there are no web sockets, and nothing is done at start and end
            return
        inside = below(scope, "" if scope["path"] == _HEALTH else self._prefix)
        asked = scope if inside is None else inside
        asked[WHO] = asked[WHY] = ""
        outside = self._counted(asked, outward(send, scope, self._prefix))
        if inside is None:
            await _said(outside, scope["path"], 404, f"The workbench is at {self._prefix}/ here.")
            return
        await self._answer(inside, receive, outside)

    def _counted(self, scope: dict[str, Any], send: Any) -> Any:
        """`send`, with what is answered counted, and written to the log."""

        async def sent(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                if self._metrics:
                    self._metrics.answered(scope["method"], message["status"])
                if self._log:
                    asked = (scope.get("client") or ("",))[0], scope["method"], scope["path"]
                    self._log.answered(scope[WHO], *asked, message["status"], scope[WHY])
            await send(message)

        return sent

    async def _answer(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        code = parse_qs(scope["query_string"].decode("latin-1")).get("code", [""])[0]
        if scope["path"] == "/" and code and self._door.goes_by(headers.get("host", "")):
            await self._entered(scope, code, send)
            return
        if scope["path"] == _HEALTH and self._metrics:
            well = await self._metrics.healthy()
            await _answered(send, 200 if well else 503, b"ok\n" if well else b"no database\n", "text/plain")
            return
        if scope["path"] == _SIGN_IN and self._people and self._door.goes_by(headers.get("host", "")):
            await self._signed_in(scope, receive, headers, send)
            return
        if scope["path"] in (BEGIN, END) and self._provider and self._door.goes_by(headers.get("host", "")):
            await self._vouched(self._provider, scope, headers, send)
            return
        person, bears = self._person(headers)
        scope[WHO] = person.name if person else ""
        refused = self._refusal(scope, headers, person, bears)
        if refused:
            await _said(send, scope["path"], *refused)
            return
        if (scope["method"], scope["path"]) == ("POST", _LINKS):
            await self._offered(scope, headers["host"], person, send)
            return
        await self._application(scope, receive, _with_headers(send))

    async def _entered(self, scope: dict[str, Any], code: str, send: Any) -> None:
        """A session for who has a link that was not used; the address without its code."""
        if code not in self._links:
            await _said(send, "/", 401, "This link was used before, or is not of this server.")
            return
        await self._let_in(scope, self._links.pop(code), send)

    async def _signed_in(self, scope: dict[str, Any], receive: Any, headers: dict[str, str], send: Any) -> None:
        """A session for whoever sends a token by the form, which is what is shown else."""
        from starlette.requests import Request

        from assay.serve.started import form

        status, why = 200, ""
        if scope["method"] not in SAFE:
            try:
                if not own_page(headers.get("origin", "null"), headers.get("host", "")):
                    raise Refusal(403, "This was not asked by a page of this server.")
                request = Request(scope, receive)
                given = form(request, await body(request, _MOST, _PATIENCE, "form"))
                person = bearer(self._people, given.get("token", "").strip())
                if person:
                    scope[WHO] = person.name
                    await self._let_in(scope, person, send)
                    return
                status, why = 401, "Nobody has this token."
            except Refusal as cause:
                status, why = cause.status, str(cause)
        await _answered(send, status, self._form(why), HTML)

    def _form(self, why: str) -> bytes:
        return workbench.sign_in(why, self._provider.issuer if self._provider else "")

    async def _vouched(self, provider: SignIn, scope: dict[str, Any], headers: dict[str, str], send: Any) -> None:
        """To the OpenID provider, and a session for whom it sends back and the list has."""
        name, path = f"{self._cookie}_begun", f"{self._prefix}{BEGIN}"
        if scope["method"] != "GET":
            await _said(send, scope["path"], 405, "This is asked for by GET alone.")
            return
        over = _set(scope, name, "", path, "SameSite=Lax; Max-Age=0")
        try:
            if scope["path"] == BEGIN:
                to, begun = await provider.begin(self._address(scope, headers["host"]))
                begun = _set(scope, name, begun, path, f"SameSite=Lax; Max-Age={LASTS:.0f}")
                await _answered(send, 303, b"", HTML, [("Location", to), ("Set-Cookie", begun)])
                return
            query = scope["query_string"].decode("latin-1")
            person = await provider.end(headers.get("cookie", ""), name, query)
        except Refusal as cause:
            scope[WHY] = str(cause)
            await _answered(send, cause.status, self._form(str(cause)), HTML, [("Set-Cookie", over)])
            return
        scope[WHO] = person.name
        # a page, from which the browser goes on: on a way that another site began it sends no cookie that is Strict
        cookies = [("Set-Cookie", self._session(scope, person)), ("Set-Cookie", over)]
        await _answered(send, 200, workbench.signed_in(person.name), HTML, cookies)

    async def _let_in(self, scope: dict[str, Any], person: Person, send: Any) -> None:
        await _answered(send, 303, b"", HTML, [("Location", "/"), ("Set-Cookie", self._session(scope, person))])

    def _session(self, scope: dict[str, Any], person: Person) -> str:
        """The cookie of a new session."""
        session = _drawn(self._sessions, MOST_SESSIONS, person)
        return _set(scope, self._cookie, session, self._prefix or "/", "SameSite=Strict")

    def _address(self, scope: dict[str, Any], host: str) -> str:
        """Where the workbench is for a browser."""
        return f"{scope.get('scheme', 'http')}://{host}{self._prefix}"

    async def _offered(self, scope: dict[str, Any], host: str, person: Person | None, send: Any) -> None:
        """A link for one more browser of who is in, who may do no more by it."""
        link = f"{self._address(scope, host)}/?code={self.link(person)}"
        await _answered(send, 200, workbench.link(link), HTML)

    def _person(self, headers: dict[str, str]) -> tuple[Person | None, bool]:
        """Who asks, and whether by a token; else by a session."""
        given = headers.get("authorization", "")
        found = self._owner if self._door.bears(given) else bearer(self._people, given.removeprefix("Bearer "))
        return (found, True) if found else (self._known(headers.get("cookie", "")), False)

    def _refusal(
        self, scope: dict[str, Any], headers: dict[str, str], person: Person | None, bears: bool
    ) -> tuple[int, str] | None:
        """Status and sentence for a request that does not pass."""
        host = headers.get("host", "")
        if not self._door.goes_by(host):
            return 421, "This server does not go by that name: --allow-host adds one."
        if person is None:
            more = f", or sign in with your token at {self._prefix}{_SIGN_IN}" if self._people else ""
            return 401, f"Open the link that assay serve printed, in this browser{more}."
        role = needed(scope["method"], scope["path"], scope["query_string"].decode("latin-1"))
        if person.role < role:
            return 403, f"{person.name} may {person.role.name.lower()} here, and this takes {role.name.lower()}."
        if scope["method"] in SAFE:
            return None
        own = own_page(headers.get("origin", "null"), host) or (bears and "origin" not in headers)
        if not own or headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return 403, "This was not asked by a page of this server."
        if self._read_only and not _changes_nothing(scope["path"]):
            return 403, READ_ONLY
        return None

    def _known(self, cookies: str) -> Person | None:
        try:
            found = SimpleCookie(cookies).get(self._cookie)
        except CookieError:
            return None
        return None if found is None else self._sessions.get(found.value)


def _set(scope: dict[str, Any], name: str, value: str, path: str, more: str) -> str:
    """A cookie that no script reads, by https alone where it was asked for so."""
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    return f"{name}={value}; HttpOnly; {more}; Path={path}{secure}"


def _changes_nothing(path: str) -> bool:
    return any(path == row or path.startswith(f"{row}/") for row in _CHANGES_NOTHING)


def _drawn(kept: OrderedDict[str, Person], most: int, person: Person) -> str:
    """A new secret of 256 bits, kept with the last ones that were drawn, and whom it lets in."""
    found = secrets.token_urlsafe(32)
    kept[found] = person
    while len(kept) > most:
        kept.popitem(last=False)
    return found


def _with_headers(send: Any) -> Any:
    async def sent(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *_lines(HEADERS.items())]}
        await send(message)

    return sent


async def _said(send: Any, path: str, status: int, sentence: str) -> None:
    """A refusal: JSON where an API was asked, else a page."""
    await _answered(send, status, *said(path, status, sentence))


async def _answered(send: Any, status: int, body: bytes, kind: str, more: Sequence[tuple[str, str]] = ()) -> None:
    headers = _lines([("Content-Type", kind), ("Content-Length", str(len(body))), *more])
    await _with_headers(send)({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _lines(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
