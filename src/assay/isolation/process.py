"""The parent's side: one locked-down worker, started when first needed, replaced when it dies."""

from __future__ import annotations

import math
import os
import select
import sys
import time
from typing import Any

from assay.errors import IsolationError
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.codec import Mismatch
from assay.formats import Format
from assay.isolation.child import Child, started
from assay.isolation.reading import Place, Reading
from assay.isolation.wire import Allowance, length, packed, reading_from, unpacked

DEADLINE = 60.0  # wall seconds for one artifact's header
START = 60.0  # wall seconds until a worker must have announced itself
FULL = ("landlock", "seccomp", "rlimits")


class _Silent(Exception):
    """The worker gave no whole answer: it died, was killed for time, or sent nonsense."""


class Worker:
    """Reads artifacts in a separate process that may read below `roots` and do nothing else.

    Args:
        roots: folders or files that the worker may read.
        formats: the reader modules that it must load before it locks itself down.
        require: raise IsolationError unless Landlock, seccomp and rlimits all hold.
        fresh: start a fresh interpreter even where a fork would do.
        deadline: wall seconds for one artifact.
    """

    def __init__(
        self,
        roots: tuple[str, ...],
        formats: tuple[str, ...],
        *,
        require: bool = False,
        fresh: bool = False,
        deadline: float = DEADLINE,
    ) -> None:
        self._roots, self._formats, self._require, self._deadline = roots, formats, require, deadline
        self._fresh = fresh or require
        self._child: Child | None = None
        self._reached: tuple[str, ...] = ()
        self._left = Allowance()

    def read(self, artifact: str, format: Format, place: Place) -> Reading:
        """Read one artifact; a worker that dies, hangs or answers nonsense is an obstacle on that artifact."""
        child = self._child = self._child or self._started()
        module = format.read.__module__.rpartition(".")[2]
        request = {"artifact": artifact, "format": module, "path": place.path, "identity": place.identity}
        try:
            _limit_cpu(child, self._deadline)
            _send(child, request)
            size = place.identity[2] if place.identity else 0
            return reading_from(_answer(child, self._deadline, self._left, size), artifact)
        except (_Silent, Mismatch) as cause:
            self.close()
            return Reading((), Obstacle(artifact, Trouble.STOPPED, f"the isolated reader was stopped: {cause}"))

    def reached(self) -> tuple[str, ...]:
        """The mechanisms that hold, as the worker tried them out; empty if no artifact needed a worker."""
        return self._reached

    def close(self) -> None:
        """End the worker, if one runs."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()

    def _started(self) -> Child:
        child = started(fresh=self._fresh)
        try:
            _send(child, {"formats": self._formats, "roots": self._roots})
            hello = _answer(child, START, Allowance())
        except (_Silent, Mismatch) as cause:
            child.kill()
            raise IsolationError(f"the isolated reader did not start: {cause}; see  assay doctor") from cause
        self._reached = tuple(str(name) for name in hello.get("reached", ()))
        if self._require and not set(FULL) <= set(self._reached):
            child.kill()
            has = ", ".join(self._reached) or "none"
            raise IsolationError(f"--require-isolation: this machine gives {has}; needed are {', '.join(FULL)}")
        return child


def _limit_cpu(child: Child, seconds: float) -> None:
    """Let the worker have so much CPU time for the next file: a bound that holds even while this process is stopped."""
    if sys.platform != "linux" or not child.pid:
        return
    import resource

    try:
        used = time.clock_gettime(~child.pid << 3 | 2)  # CPUCLOCK_SCHED of the process: clock_getcpuclockid(3) in glibc
        _, most = resource.prlimit(child.pid, resource.RLIMIT_CPU)
        resource.prlimit(child.pid, resource.RLIMIT_CPU, (min(most, math.ceil(used + seconds) + 1), most))
    except OSError as cause:
        raise _Silent(child.ended()) from cause


def _send(child: Child, message: object) -> None:
    left = memoryview(packed(message))
    try:
        while left:
            left = left[os.write(child.requests, left) :]
    except OSError as cause:
        raise _Silent(child.ended()) from cause


def _answer(child: Child, seconds: float, left: Allowance, size: int = 0) -> Any:
    until = time.monotonic() + seconds
    allowed = left.for_file(size)
    body = _received(child, length(_received(child, 4, until, seconds), allowed.length), until, seconds)
    left.spend(body)
    return unpacked(body, allowed.count)


def _received(child: Child, count: int, until: float, seconds: float) -> bytes:
    poll = select.poll()
    poll.register(child.answers, select.POLLIN)
    parts: list[bytes] = []
    while count:
        if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
            raise _Silent(f"it took longer than {seconds:g} seconds")
        part = os.read(child.answers, min(count, 1 << 20))
        if not part:
            raise _Silent(child.ended())
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
