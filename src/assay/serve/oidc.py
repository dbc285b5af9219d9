"""Browsers that sign in with an OpenID provider: from the page that leads there to the person who came back.

What was begun is kept here, once, and a short-lived cookie says which it is. That cookie is `SameSite=Lax`, as the
browser comes back from another site, and a session's own is `Strict`: it would not be sent.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from urllib.parse import parse_qsl

from assay.lazy import dataclass
from assay.network.serving import Refusal
from assay.render.visible import visible
from assay.serve.people import Person, by_email, signed_in

if TYPE_CHECKING:
    from assay.serve.provider import Begun, Provider

BEGIN, END = "/sign-in/oidc", "/sign-in/oidc/callback"
MOST, LASTS = 4096, 600.0  # sign-ins that were begun and not ended, of which the oldest ends first, and their seconds
AT_ONCE = 4  # sign-ins in which the provider is asked at a time

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A sign-in that was begun, and until when it may be ended."""

    begun: Begun
    until: float


class SignIn:
    """The way through one provider for the people of a list."""

    def __init__(self, provider: Provider, people: tuple[Person, ...]) -> None:
        self.issuer = provider.issuer
        self._provider, self._people = provider, people
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._free = threading.BoundedSemaphore(AT_ONCE)

    async def begin(self, address: str) -> tuple[str, str]:
        """(where the browser has to go, the value of its cookie); `address` is that of the workbench for the browser.

        Raises Refusal: the provider cannot be asked.
        """
        url, begun = await self._asked(self._provider.begin, f"{address}{END}")
        found = secrets.token_urlsafe(32)
        self._waiting[found] = _Waiting(begun, time.monotonic() + LASTS)
        while len(self._waiting) > MOST:
            self._waiting.popitem(last=False)
        return url, found

    async def end(self, cookies: str, name: str, query: str) -> Person:
        """Who came back; what was begun ends by it, however it ends.

        Args:
            cookies: the header.
            name: of the cookie.
            query: of the address to which the provider sent the browser.

        Raises Refusal: nobody who is let in.
        """
        waiting = self._waiting.pop(_value(cookies, name), None)
        if waiting is None or time.monotonic() > waiting.until:
            raise Refusal(403, "This browser began no sign-in, or ended it before: sign in again.")
        try:
            rows = parse_qsl(query, keep_blank_values=True, max_num_fields=16)
        except ValueError:
            rows = []
        answer = dict(rows)
        if len(answer) != len(rows):  # RFC 6749, 3.1: none more than once
            raise Refusal(400, "What the provider sent says something twice: sign in again.")
        found = await self._asked(self._provider.end, waiting.begun, answer, emails=by_email(self._people))
        person = signed_in(self._people, found.subject, found.email)
        if person is None:
            email = f"{found.email!r}" if found.email else "no email that it calls verified"
            known = visible(f"{email} and the subject {found.subject!r}")
            raise Refusal(403, f"Who {self.issuer} knows by {known} is not in the list of people of this workbench.")
        return person

    async def _asked(self, work: Callable[P, T], *args: P.args, **values: P.kwargs) -> T:
        """What a request to the provider gives, in a thread."""
        if not self._free.acquire(blocking=False):
            raise Refusal(503, "Others are signing in, and the provider is slow: come again.")
        try:
            return await asyncio.to_thread(work, *args, **values)
        finally:
            self._free.release()


def _value(cookies: str, name: str) -> str:
    try:
        found = SimpleCookie(cookies).get(name)
    except CookieError:
        return ""
    return "" if found is None else found.value
