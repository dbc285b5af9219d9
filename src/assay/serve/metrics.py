"""What the workbench counts, in the text format of Prometheus ("Exposition formats", 0.0.4), and its health."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, func, select

from assay.errors import UsageError
from assay.facts.job import State
from assay.registry import Registry
from assay.registry.tables import MODEL
from assay.serve.jobs import Jobs
from assay.version import VERSION

TEXT = "text/plain; version=0.0.4; charset=utf-8"
_EVERY, _PATIENCE = 1.0, 5.0  # seconds for which an answer of the database holds, and that it has
_METHODS = ("GET", "HEAD", "POST", "DELETE")


class Metrics:
    """Requests that were answered, by method and status; jobs by state; kept models by verdict."""

    def __init__(self, registry: Registry, jobs: Jobs) -> None:
        self._registry, self._jobs = registry, jobs
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._asked: asyncio.Future[bool] | None = None
        self._until = 0.0

    def answered(self, method: str, status: int) -> None:
        """Count a request; methods beyond the usual ones are one, for whoever asks chooses them."""
        with self._lock:
            self._requests[method if method in _METHODS else "other", status] += 1

    def pages(self) -> Iterator[tuple[str, Callable[[Any], tuple[bytes, str]]]]:
        """Its address, and what answers."""
        yield "/metrics", self.page

    def page(self, _request: Any) -> tuple[bytes, str]:
        """All of it."""
        return ("\n".join(self._lines()) + "\n").encode(), TEXT

    async def healthy(self) -> bool:
        """Whether the database answers within 5 s; asked at most once a second, however many want to know."""
        if self._asked is None or (self._asked.done() and time.monotonic() > self._until):
            self._until = time.monotonic() + _EVERY
            self._asked = asyncio.get_running_loop().run_in_executor(None, self._there)
        try:
            return await asyncio.wait_for(asyncio.shield(self._asked), _PATIENCE)
        except TimeoutError:
            return False

    def _there(self) -> bool:
        try:
            self._registry.database.read(lambda connection: connection.execute(select(1)).scalar())
        except UsageError:
            return False
        return True

    def _lines(self) -> Iterator[str]:
        yield from _head("assay_info", "gauge", "The version that runs.")
        yield f'assay_info{{version="{VERSION}"}} 1'
        yield from _head("assay_requests_total", "counter", "Requests that were answered, by method and status.")
        with self._lock:
            requests = sorted(self._requests.items())
        for (method, status), count in requests:
            yield f'assay_requests_total{{method="{method}",status="{status}"}} {count}'
        yield from _head("assay_jobs", "gauge", "Audits started here of which this server knows, by state.")
        states = self._jobs.states()
        for state in State:
            yield f'assay_jobs{{state="{state}"}} {states[state]}'
        yield from _head("assay_models", "gauge", "Kept models, by the verdict of their latest audit.")
        for verdict, count in self._registry.database.read(_verdicts):
            yield f'assay_models{{verdict="{verdict}"}} {count}'


def _head(name: str, kind: str, said: str) -> Iterator[str]:
    yield f"# HELP {name} {said}"
    yield f"# TYPE {name} {kind}"


def _verdicts(connection: Connection) -> list[tuple[str, int]]:
    asked = select(MODEL.c.verdict, func.count()).group_by(MODEL.c.verdict).order_by(MODEL.c.verdict)
    return [(row[0], row[1]) for row in connection.execute(asked)]
