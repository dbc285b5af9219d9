"""Where a request goes: through which proxy, whether a key may go along, and an end for what takes too long."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from assay.errors import UsageError
from assay.lazy import dataclass
from assay.secret import without_user


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and the environment variable that names it."""

    url: str
    variable: str

    def __str__(self) -> str:
        return f"the proxy {without_user(self.url)} ({self.variable})"


def loopback(url: str) -> bool:
    """Whether the host of a URL is this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return False


def proxy(url: str) -> Proxy | None:
    """The proxy that the environment names for a URL (curl's variables); this machine is asked without one."""
    parts = urlsplit(url)
    if loopback(url):
        return None
    from urllib.request import proxy_bypass

    if proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    for name in (f"{parts.scheme}_proxy", f"{parts.scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"):
        if found := os.environ.get(name, "").strip():
            return Proxy(found if "://" in found else f"http://{found}", name)
    return None


def keep_private(url: str, what: str, *, in_clear: bool, allow: str = ", or allow it with --key-in-clear") -> None:
    """Raise UsageError where `what` would go over plain http to another machine, and nobody allowed that.

    Through a proxy https is a tunnel that the proxy cannot look into, so that only the scheme of the URL counts.
    """
    if in_clear or urlsplit(url).scheme == "https" or loopback(url):
        return
    way = f" through {way}" if (way := proxy(url)) else ""
    raise UsageError(
        f"{what} would go to {without_user(url)}{way} in clear, for anyone on the way to read: use https, or take the"
        f" key out of the environment{allow}"
    )


class Cut:
    """The connections of a client, to be ended from another thread; `trace` is an extension of its requests."""

    def __init__(self) -> None:
        self._sockets: list[Any] = []
        self._stopped = threading.Event()
        self.over = False

    def trace(self, event: str, told: dict[str, Any]) -> None:
        """Take note of a connection (httpcore, "Request extensions", trace)."""
        stream = told.get("return_value")
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")) and stream is not None:
            self._sockets = [row for row in self._sockets if row.fileno() >= 0]
            self._sockets.append(stream.get_extra_info("socket"))
            if self.over:  # the time was over before there was a connection to end
                self.end()

    def end(self) -> None:
        """Shut every connection down: whoever waits for it sees its end."""
        self.over = True
        for row in self._sockets:
            with suppress(OSError, AttributeError):
                row.shutdown(socket.SHUT_RDWR)

    @property
    def stopped(self) -> bool:
        """Whether it was ended for good."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """End every connection for good, and whatever waits for its next try."""
        self._stopped.set()
        self.end()

    def rest(self, seconds: float) -> None:
        """Wait that long, or until it is stopped."""
        self._stopped.wait(seconds)

    @contextmanager
    def after(self, seconds: float) -> Iterator[None]:
        """End every connection if the block takes longer."""
        self.over = False
        timer = threading.Timer(seconds, self.end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
