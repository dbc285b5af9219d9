"""Ask one server several things at a time, each over a connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event, local
from typing import Any, TypeVar

from assay.network.server import Joined, Server, Unreached

ABREAST = 8  # requests: a server with fewer places lets the others wait
Given = TypeVar("Given")
Found = TypeVar("Found")


class Abreast:
    """The connections to one server: each request takes one that is free, or a new one."""

    def __init__(self, first: Server, another: Callable[[str], Server]) -> None:
        """`another` makes a further connection to an address."""
        self._another, self._to = another, first.address
        self._all, self._here = [first], local()
        self._free: SimpleQueue[Server] = SimpleQueue()
        self._free.put(first)

    @contextmanager
    def _taken(self) -> Iterator[Server]:
        server = self._one()
        try:
            over: Event | None = getattr(self._here, "over", None)
            if over is not None and over.is_set():  # after it is among those that are ended, lest it be missed
                raise Unreached(f"{server.url} is asked nothing any more")
            yield server
        finally:
            if not server.ended:
                self._free.put(server)

    def _one(self) -> Server:
        """A connection that is free, or a new one."""
        with suppress(Empty):
            while (server := self._free.get_nowait()).ended:
                pass
            return server
        server = self._another(self._to)
        self._all.append(server)
        return server

    def post(self, path: str, value: dict[str, Any], joined: Joined | None = None) -> Any:
        """As `Server.post`."""
        with self._taken() as server:
            return server.post(path, value, joined)

    def outside(self, path: str, value: dict[str, Any]) -> Any:
        """As `Server.outside`."""
        with self._taken() as server:
            return server.outside(path, value)

    def all(self, call: Callable[[Given], Found], rows: Sequence[Given], most: int = ABREAST) -> list[Found]:
        """As `each`, in the order of the rows."""
        found = dict(self.each(call, rows, most))
        return [found[number] for number in range(len(rows))]

    def each(
        self, call: Callable[[Given], Found], rows: Sequence[Given], most: int = ABREAST
    ) -> Iterator[tuple[int, Found]]:
        """(number of the row, what the call gives for it), as they are done, `most` calls at a time.

        An error ends what is still being asked, and what waits to ask again, and is raised.
        """
        if most == 1:
            yield from ((number, call(row)) for number, row in enumerate(rows))
            return
        over, asked = Event(), dict[Future[Found], int]()
        pool = ThreadPoolExecutor(most, initializer=partial(setattr, self._here, "over", over))
        try:
            for number, row in enumerate(rows):
                asked[pool.submit(call, row)] = number
            for one in as_completed(asked):
                yield asked[one], one.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            if any(not one.done() for one in asked):
                over.set()
                for server in list(self._all):
                    server.end()
