"""The parent's side: one locked-down worker, started when first needed, replaced when it dies."""

from __future__ import annotations

import math
import os
import select
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import astuple, replace
from typing import Any

from assay import formats
from assay.errors import Changed, IsolationError, Unreachable
from assay.facts.artifact import Obstacle, Trouble, obstacle
from assay.facts.codec import Mismatch, encode
from assay.facts.text import ChatTemplate
from assay.formats import Format
from assay.formats.container.second import needs
from assay.formats.window import Source
from assay.isolation.child import Child, started
from assay.isolation.reading import DEADLINE, MOST_TENSORS, TRIAL, Place, Reading, Trials, trials
from assay.isolation.wire import PREFIX, Allowance, End, Need, heard, length, packed, unpacked
from assay.writing import reason

LEAST = 0.1  # for each of them, however long the others took
SOFT = 0.75  # the part of these after which a worker stops by itself, and tells what it has
READ = 1 << 16  # bytes
MOST_SERVED = 1 << 30  # bytes of one file that come over a network for a worker
FAR = 5.0  # times as many where the bytes come over a network
START = 60.0  # wall seconds until a worker must have announced itself
RENDERING = "assay.formats.template.trial"  # what a worker loads to try templates out
FULL = ("landlock", "seccomp", "rlimits")


class _Silent(Exception):
    """The worker gave no whole answer: it died, was killed for time, or sent nonsense."""


class Worker:
    """Reads artifacts in a separate process that may read below `roots` and do nothing else.

    Args:
        roots: folders or files that the worker may read.
        needed: the reader modules that it must load before it locks itself down.
        require: raise IsolationError unless Landlock, seccomp and rlimits all hold.
        fresh: start a fresh interpreter even where a fork would do.
        deadline: wall seconds for one artifact.
        trial: wall seconds for the chat templates of one artifact.
        tensors: that may be listed of all artifacts.
    """

    def __init__(
        self,
        roots: tuple[str, ...],
        needed: tuple[str, ...],
        *,
        require: bool = False,
        fresh: bool = False,
        deadline: float = DEADLINE,
        trial: float = TRIAL,
        tensors: int = MOST_TENSORS,
    ) -> None:
        self._roots, self._formats, self._require = roots, needed, require
        self._deadline, self._trial = deadline, trial
        self._fresh = fresh or require
        self._company = ""  # of the files that the running worker reads
        self._renders = self._rendered = False  # whether it could try templates out, and whether it has
        self._child: Child | None = None
        self._reached: tuple[str, ...] = ()
        self._left = Allowance(tensors=tensors)

    def read(self, artifact: str, format: Format, place: Place, left: float = math.inf) -> Reading:
        """Read one artifact; a worker that dies, hangs or answers nonsense is an obstacle on that artifact.

        What it had told before stays, also where it is stopped because the audit had only so many seconds `left`.
        """
        company = formats.company(format)
        if self._rendered or company != self._company:
            self.close()
        module = format.read.__module__.rpartition(".")[2]
        request = {"artifact": artifact, "format": module, "tensors": self._left.tensors}
        self._company = company
        if place.root is not None and place.identity is not None:
            request |= {"root": astuple(place.root), "inside": place.inside, "identity": place.identity}
            reading = self._asked(request, _within(left, self._deadline), place.identity[2])
        else:
            reading = self._served(request, _within(left, self._deadline * FAR), place)
        changed = reading.obstacle is not None and reading.obstacle.trouble is Trouble.CHANGED
        return replace(reading, facts=()) if changed else reading  # of what had been told, nobody knows of which bytes

    def _served(self, request: dict[str, object], seconds: float, place: Place) -> Reading:
        """Read an artifact whose bytes come through this process, as the worker asks for them."""
        try:
            with place.source() as source:
                size = source.seek(0, 2)
                return self._asked({**request, "size": size}, seconds, size, source)
        except (Changed, Unreachable) as cause:
            return Reading((), obstacle(str(request["artifact"]), cause))

    def tried(self, artifact: str, templates: tuple[ChatTemplate, ...], left: float = math.inf) -> Trials:
        """Try out the templates of one artifact, in a worker that reads and renders nothing afterwards.

        One that has only read plain files so far, and has what it takes loaded, will do.
        """
        if self._rendered or self._company or not self._renders:
            self.close()
        until = time.monotonic() + _within(left, self._trial)
        facts: list[object] = []
        stopped: Obstacle | None = None
        for template in templates:
            request = {"artifact": artifact, "template": encode(template)}
            reading = self._asked(request, max(until - time.monotonic(), LEAST), 0, of_templates=True)
            facts += reading.facts
            if (stopped := reading.obstacle) is not None:
                break
        self._rendered = True
        try:
            return trials(templates, Reading(tuple(facts), stopped))
        except Mismatch as cause:
            return trials(templates, Reading((), _stopped(artifact, cause)))

    def _asked(
        self,
        request: Mapping[str, object],
        seconds: float,
        size: int,
        source: Source | None = None,
        *,
        of_templates: bool = False,
    ) -> Reading:
        """What the worker answers to one request, within so many wall seconds; of `source` it gets what it asks for."""
        artifact = str(request["artifact"])
        facts: list[object] = []
        child = self._child = self._child or self._started(of_templates)
        allowed = self._left.for_file(size)
        try:
            _limit_cpu(child, seconds)
            _send(child, {**request, "seconds": seconds * SOFT})
            answers = _Answers(child, seconds)
            there, served = size if source is not None else 0, 0
            while not isinstance(
                found := heard(answers.next(allowed, self._left), artifact, of_templates=of_templates, size=there), End
            ):
                if isinstance(found, Need):
                    assert source is not None  # `heard` takes no question otherwise
                    if (served := served + found.count) > MOST_SERVED:
                        raise _Silent(f"it asked for more than {MOST_SERVED:,} bytes, which come over a network")
                    _write(child, _bytes(source, found), answers.left)
                    continue
                self._left.take(found)
                facts.append(found)
            answers.over()
        except (_Silent, Mismatch) as cause:
            self.close()
            return Reading(tuple(facts), _stopped(artifact, cause))
        except Unreachable as cause:  # bytes that it waits for are not to be had
            self.close()
            return Reading(tuple(facts), obstacle(artifact, cause))
        if found.stopped is not None and found.stopped.trouble in (Trouble.LIMIT, Trouble.STOPPED):
            self.close()  # what exhausted this worker leaves nothing behind for the next file
        return Reading(tuple(facts), found.stopped)

    def reached(self) -> tuple[str, ...]:
        """The mechanisms that hold, as the worker tried them out; empty if no artifact needed a worker."""
        return self._reached

    def close(self) -> None:
        """End the worker, if one runs."""
        child, self._child = self._child, None
        self._company, self._rendered = "", False
        if child is not None:
            child.kill()

    def _started(self, render: bool) -> Child:
        """A worker for files of this company, or for templates alone."""
        kinds = () if render else tuple((name, formats.load(name)) for name in self._formats)
        company = [(name, kind) for name, kind in kinds if formats.company(kind) == self._company]
        child = started(fresh=self._fresh, ahead=[RENDERING] if render else list(_ahead(kind for _, kind in company)))
        self._renders = render or any(RENDERING in kind.needs for _, kind in company)
        try:
            _send(
                child,
                {
                    "formats": [name for name, _ in company],
                    "modules": [RENDERING] if render else [],
                    "roots": self._roots,
                },
            )
            hello = _Answers(child, START).next(Allowance())
        except (_Silent, Mismatch) as cause:
            child.kill()
            raise IsolationError(f"the isolated reader did not start: {cause}; see  assay doctor") from cause
        self._reached = tuple(str(name) for name in hello.get("reached", ()))
        if self._require and not set(FULL) <= set(self._reached):
            child.kill()
            has = ", ".join(self._reached) or "none"
            raise IsolationError(f"--require-isolation: this machine gives {has}; needed are {', '.join(FULL)}")
        return child


def _ahead(kinds: Iterable[Format]) -> Iterator[str]:
    """What readers of assay's own import; others are a matter between a worker and them."""
    for kind in kinds:
        if kind.read.__module__.startswith("assay."):
            yield from (kind.read.__module__, *kind.needs, *needs(kind))


def _within(left: float, most: float) -> float:
    """The seconds after which a worker is killed that shall stop by itself when `left` are over, at most `most`."""
    return min(most, max(left, 0) / SOFT + LEAST)


def _stopped(artifact: str, cause: Exception) -> Obstacle:
    return Obstacle(artifact, Trouble.STOPPED, f"the isolated reader was stopped: {cause}")


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
    _write(child, packed(message), START)


def _bytes(source: Source, need: Need) -> bytes:
    """What the worker asked for (Unreachable: the source gives less)."""
    found = bytearray()
    while len(found) < need.count:
        try:
            source.seek(need.at + len(found))
            part = source.read(need.count - len(found))
        except OSError as cause:
            raise Unreachable(f"reading it failed ({reason(cause)})") from cause
        if not part:
            raise Unreachable(f"it ends at byte {need.at + len(found):,}, before the end that was listed")
        found += part
    return bytes(found)


def _write(child: Child, raw: bytes, seconds: float) -> None:
    """Write to a worker that may not read what it asked for."""
    until, left = time.monotonic() + seconds, memoryview(raw)
    poll = select.poll()
    poll.register(child.requests, select.POLLOUT)
    try:
        os.set_blocking(child.requests, False)
        while left:
            if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
                raise _Silent("it does not take what it asked for")
            with suppress(BlockingIOError):
                left = left[os.write(child.requests, left) :]
    except OSError as cause:
        raise _Silent(child.ended()) from cause


class _Answers:
    """The messages of a worker, one after another, until so many seconds are over."""

    def __init__(self, child: Child, seconds: float) -> None:
        self._child, self._seconds = child, seconds
        self._until = time.monotonic() + seconds
        self._held = bytearray()
        self._poll = select.poll()
        self._poll.register(child.answers, select.POLLIN)

    @property
    def left(self) -> float:
        """The seconds until they are over."""
        return self._until - time.monotonic()

    def next(self, allowed: Allowance, *outer: Allowance) -> Any:
        """The next message, taken off what is allowed."""
        body = self._bytes(length(self._bytes(PREFIX), allowed.length))
        message = unpacked(body, allowed.count)
        for row in (allowed, *outer):
            row.spend(body)
        return message

    def over(self) -> None:
        """Mismatch if more was said than was asked for."""
        if self._held or self._poll.poll(0):
            raise Mismatch("it went on after the end of its answer")

    def _bytes(self, count: int) -> bytes:
        while len(self._held) < count:
            if not self._poll.poll(max(0.0, self.left) * 1000):
                raise _Silent(f"it took longer than {self._seconds:.3g} seconds")
            part = os.read(self._child.answers, max(count - len(self._held), READ))
            if not part:
                raise _Silent(self._child.ended())
            self._held += part
        found = bytes(memoryview(self._held)[:count])
        del self._held[:count]
        return found
