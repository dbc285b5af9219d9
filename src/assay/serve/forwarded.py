"""What a proxy before the workbench says of who asks: believed of named proxies, and of nobody else.

`X-Forwarded-For` and `X-Forwarded-Proto` are read by uvicorn's middleware, `X-Forwarded-Host` here. All three can be
sent by anyone who reaches the server: they count where the connection itself comes from a proxy that was named.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from assay.errors import UsageError

_HOST = b"x-forwarded-host"


def proxies(given: Iterable[str]) -> tuple[str, ...]:
    """Addresses and networks that are named, with commas between them or not (UsageError: one is none)."""
    found = tuple(word.strip() for row in given for word in row.split(","))
    for word in found:
        try:
            ipaddress.ip_network(word)
        except ValueError:
            raise UsageError(
                f"--proxy {word[:80]!r} is no address such as 10.0.0.7, and no network such as 10.0.0.0/24"
            ) from None
    return found


class Forwarded:
    """An ASGI application to which a request from a named proxy looks as the proxy says it came."""

    def __init__(self, application: Any, named: tuple[str, ...]) -> None:
        from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

        self._application = application
        self._believed = ProxyHeadersMiddleware(application, list(named))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Hand a request on: its client, scheme and host as a named proxy has them, else as they are."""
        peer = (scope.get("client") or ("",))[0]
        if scope["type"] != "http" or peer not in self._believed.trusted_hosts:
            await self._application(scope, receive, send)
            return
        believed: Any = self._believed
        await believed({**scope, "headers": _with_host(scope["headers"])}, receive, send)


def _with_host(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers with the host that the nearest proxy names, where it names one."""
    rows = list(headers)
    named = [value for name, value in rows if name == _HOST]
    if not named:
        return rows
    host = named[-1].rpartition(b",")[2].strip()
    return [(b"host", host), *(row for row in rows if row[0] != b"host")]
