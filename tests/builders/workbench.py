"""The workbench on a real socket, and a client that sends whatever headers a test wants."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from assay import registry
from assay.network import serving
from assay.registry.jobs import Record
from assay.serve.application import application
from assay.serve.forwarded import Forwarded
from assay.serve.guard import Guard
from assay.serve.jobs import Jobs
from assay.serve.log import Log
from assay.serve.metrics import Metrics
from assay.serve.oidc import SignIn
from assay.serve.people import Person


@dataclass(frozen=True)
class Answer:
    """Status, headers and text of an answer."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass(frozen=True)
class Workbench:
    """A server that runs: its port, and who lets browsers in."""

    port: int
    guard: Guard

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """What it answers; `Host` is its address where none is given."""
        return self.send(path, b"", headers, method)

    def send(self, path: str, body: bytes, headers: Mapping[str, str], method: str = "POST") -> Answer:
        """What it answers to a body."""
        length = {"Content-Length": str(len(body))} if body else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": f"127.0.0.1:{self.port}", **headers, **length}.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders(body or None)
            found = connection.getresponse()
            answered = {name.lower(): ", ".join(found.msg.get_all(name, [])) for name in found.msg}
            return Answer(found.status, answered, found.read().decode())
        finally:
            connection.close()

    def entered(self) -> str:
        """The cookie of a browser that opened a new link."""
        answer = self.ask(f"/?code={self.guard.link()}")
        assert answer.status == 303, answer.text
        return answer.headers["set-cookie"].partition(";")[0]


@contextmanager
def workbench(
    where: str,
    token: str = "",
    *,
    read_only: bool = False,
    at_once: int = 2,
    lease: float = 15,
    people: tuple[Person, ...] = (),
    provider: SignIn | None = None,
    log: Log | None = None,
    prefix: str = "",
    proxies: tuple[str, ...] = (),
    names: tuple[str, ...] = ("127.0.0.1",),
    **parts: Any,
) -> Iterator[Workbench]:
    """The workbench over the registry at a place, without network; `parts` are those of `application`."""
    with registry.open(where) as found, serving.listening("127.0.0.1", 0) as socket:
        port = socket.getsockname()[1]
        jobs = Jobs(where, Record(found.database, lease), offline=True, at_once=at_once)
        door = serving.Door(frozenset(names), token)
        metrics = Metrics(found, jobs)
        bench = application(found, jobs, may=not read_only, metrics=metrics, **parts)
        guard = Guard(
            bench, door, port, read_only=read_only, prefix=prefix, people=people, provider=provider, metrics=metrics,
            log=log,
        )  # fmt: skip
        server = serving.server(Forwarded(guard, proxies) if proxies else guard, wait=60)
        jobs.over = lambda: bool(server.should_exit)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
        thread.start()
        try:
            while not server.started:
                time.sleep(0.005)
            yield Workbench(port, guard)
        finally:
            server.should_exit = True
            thread.join()
            jobs.close()
