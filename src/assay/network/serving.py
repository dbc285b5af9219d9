"""A server of assay's own: who is let in, at which address it listens, and what runs it.

Clients are taken for hostile: the Host header has to name the server, and where there is a token nothing is answered
without it.
"""

from __future__ import annotations

import asyncio
import hmac
import socket
from collections.abc import Iterable
from dataclasses import field
from pathlib import Path
from typing import Any

from assay.errors import MissingExtra, UsageError
from assay.files import text
from assay.lazy import dataclass, regex
from assay.network import loopback

LEAST_TOKEN = 16  # characters
_OWN = ("localhost", "127.0.0.1", "::1")
_NAME = regex(r"[a-z0-9._-]{1,253}\Z|[0-9a-f:.]{2,45}\Z")


@dataclass(frozen=True, slots=True)
class Door:
    """Who is let in: names and addresses by which the server may be called, and the token that is asked for, if any."""

    hosts: frozenset[str] = field(default_factory=frozenset)
    token: str = ""

    def refusal(self, host: str, authorization: str) -> tuple[int, str] | None:
        """Status and sentence for a request that is not let in.

        Another Host header is one that a page of a browser sent through a name of its own (DNS rebinding).
        """
        if not self.goes_by(host):
            return 421, "this server does not go by that name: --allow-host adds one"
        return None if not self.token or self.bears(authorization) else (401, "a token is needed")

    def goes_by(self, host: str) -> bool:
        """Whether a Host header names this server."""
        name, colon, port = host.rpartition(":")
        if not colon or host.endswith("]"):
            name, port = host, ""
        if port and not port.isdecimal():
            return False  # in an address that is made of it a name could stand there
        return name.strip("[]").lower() in self.hosts

    def bears(self, authorization: str) -> bool:
        """Whether an Authorization header carries the token; never where there is none."""
        given = authorization.removeprefix("Bearer ").encode("utf-8", "surrogateescape")
        return bool(self.token) and hmac.compare_digest(given, self.token.encode())


class Refusal(Exception):
    """A request that is not answered: the status, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


async def body(request: Any, most: int, seconds: float, what: str) -> bytes:
    """The bytes of a request; Refusal: they are more than `most`, or were not there in time. `what` names it."""
    raw = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                raw += part
                if len(raw) > most:
                    raise Refusal(413, f"a {what} of more than {most >> 20} MiB")
    except TimeoutError:
        raise Refusal(408, f"the {what} was not there after {seconds:g} s") from None
    return bytes(raw)


def own_page(origin: str, host: str) -> bool:
    """Whether an Origin header is that of a page of the server that the Host header names."""
    return origin in (f"http://{host}", f"https://{host}")  # https: where a proxy before it speaks it


def address(host: str, port: int) -> str:
    """The URL of a server at this address."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def own(host: str) -> bool:
    """Whether only this machine can reach an address (UsageError: it is none)."""
    try:
        return loopback(address(host, 0))
    except ValueError:
        raise UsageError(f"--host {host[:80]!r} is no name or address") from None


def door(host: str, others: Iterable[str], token_file: Path | None, *, anyone: bool | None = None) -> Door:
    """The door of a server that listens at `host` and goes by other names, too.

    Args:
        anyone: whether its user lets whoever can reach it ask without a token; None: that is not offered.

    Raises UsageError: it goes by no name, or by one that no Host header has, the file holds no token of 16 characters
        or more that a header can carry, or there is no token and others can reach it.
    """
    names = {host.lower(), *map(_named, others), *(_OWN if own(host) else ())}
    if not others and not host.strip("0.:"):
        raise UsageError(f"--host {host} is every address of this machine: say with --allow-host how clients call it")
    token = "" if token_file is None else text(token_file, 4096, "token").strip()
    if token_file is not None and (len(token) < LEAST_TOKEN or not token.isascii() or not token.isprintable()):
        raise UsageError(f"{token_file}: a token has {LEAST_TOKEN} characters of ASCII or more, without line breaks")
    if not token and not anyone and not own(host):
        way = "so that not anyone who can is let in" if anyone is None else "or let anyone ask with --no-token"
        raise UsageError(f"others can reach --host {host}: give --token-file, {way}")
    return Door(frozenset(names), token)


def _named(name: str) -> str:
    bare = name.strip("[]").lower()
    if not _NAME.match(bare):
        raise UsageError(f"--allow-host {name[:80]!r} is no name or address, which stands there without a port")
    return bare


class _Idle:
    """Ends connections that have a place and do nothing: uvicorn waits for a request, or a reader, without end."""

    def __init__(self) -> None:
        self.connections: set[Any] = set()
        self._seen: dict[Any, tuple[Any, int]] = {}

    async def end(self) -> None:
        """End those on which no question came in, and nothing went out, since this was last called."""
        seen = {
            row: (row.cycle, row.transport.get_write_buffer_size())
            for row in self.connections
            if row.cycle is None or row.cycle.response_complete or row.flow.write_paused
        }
        for row, state in seen.items():
            if self._seen.get(row) == state:
                row.transport.abort()
        self._seen = seen


def listening(host: str, port: int) -> socket.socket:
    """A socket at this address (UsageError: it cannot be had)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # with its protocol named, as else asyncio lets Nagle's algorithm hold each answer back for 40 ms
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen(128)  # so that who reads the address may ask at once
    except OSError as cause:
        found.close()
        raise UsageError(f"cannot listen at {host}:{port}: {cause.strerror or cause}") from None
    return found


def server(application: Any, wait: float) -> Any:
    """What answers at a socket: `run(sockets=[...])` returns when it is told to end by SIGINT or SIGTERM.

    Args:
        application: of ASGI.
        wait: seconds after which a connection that does nothing is ended.

    Raises:
        MissingExtra: uvicorn is not installed.
    """
    try:
        import uvicorn
    except ImportError:
        raise MissingExtra("serve", "a server") from None
    idle = _Idle()
    settings = uvicorn.Config(
        application,
        http="h11",  # the other one that uvicorn takes where it is there has no bound for headers
        callback_notify=idle.end,
        timeout_notify=max(1, round(wait)),
        log_level="warning",
        access_log=False,
        proxy_headers=False,  # else believed of this machine, and of whom a variable of the environment names
        server_header=False,
        lifespan="off",
        limit_concurrency=256,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
        ws="none",
    )
    found: Any = uvicorn.Server(settings)
    idle.connections = found.server_state.connections

    def end(_signal: int, _frame: object) -> None:
        found.force_exit = found.should_exit  # told twice: at once
        found.should_exit = True

    found.handle_exit = end  # uvicorn's own raises the signal again when all is done, and the exit status would be its
    return found
