"""The worker's side: import the readers that are needed, lock down, then read and answer until the pipe closes."""

from __future__ import annotations

import codecs
import importlib
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, BinaryIO

from assay import formats
from assay.errors import OutOfTime
from assay.facts.artifact import Obstacle, obstacle
from assay.facts.codec import decode
from assay.facts.text import ChatTemplate
from assay.formats.container.second import needs
from assay.formats.window import Elsewhere
from assay.isolation.beneath import Root
from assay.isolation.lock import end_with, lock
from assay.isolation.reading import AGAIN, Give, Place, read_at, try_into
from assay.isolation.wire import ended, need, packed, received, told

# codecs that parsers look up when called, and that cannot be loaded from disk any more once the lock holds
_CODECS = ("ascii", "latin-1", "unicode_escape", "raw_unicode_escape", "utf-8-sig")


def serve(requests: int, answers: int, parent: int) -> None:
    """Answer requests from one descriptor on another: the first names readers and roots, each other one artifact.

    `parent` is the process that asks; on Linux this one ends with it, however it ends.
    """
    end_with(parent)
    with open(requests, "rb") as source, open(answers, "wb") as sink:
        _serve(source, sink)


def _serve(source: BinaryIO, sink: BinaryIO) -> None:
    first = received(source)
    readers = {name: formats.imported(name) for name in first["formats"]}
    for reader in readers.values():
        for module in (*reader.needs, *needs(reader)):
            importlib.import_module(module)
    for module in first["modules"]:
        importlib.import_module(module)
    for codec in _CODECS:
        codecs.lookup(codec)
    answer = _Answer(sink)
    signal.signal(signal.SIGALRM, answer.ring)
    answer.write(packed({"reached": list(lock(tuple(first["roots"])))}))
    while (request := received(source)) is not None:
        if "size" in request:
            work = partial(_read, request, readers, Place(_Asked(source, answer, request["size"])))
        else:
            work = (
                partial(_try, request) if "template" in request else partial(_read, request, readers, _place(request))
            )
        answer.end(request["artifact"], request["seconds"], work)


class _Answer:
    """Facts written as they are found, by work that is interrupted when its time is over."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._seconds = 0.0
        self._counting = self._rang = False

    def end(self, artifact: str, seconds: float, work: Callable[[Give], Obstacle | None]) -> None:
        """Do the work, and write the end of the answer."""
        self._seconds, self._rang = seconds, False
        try:
            try:
                self._counting = True
                signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
                stopped = work(self._give)
            finally:
                self._still()
        except OutOfTime as late:
            stopped = obstacle(artifact, late)
        self._still()
        if self._rang:  # also if the work took it for something else
            stopped = obstacle(artifact, OutOfTime(seconds))
        self.write(ended(stopped))

    def ring(self, number: int, frame: object) -> None:
        """What the signal does."""
        if self._counting:
            self._rang = True
            raise OutOfTime(self._seconds)

    def write(self, message: bytes) -> None:
        """Write a whole message."""
        self._sink.write(message)
        self._sink.flush()

    def _give(self, fact: object) -> None:
        message = told(fact)
        with self.whole():
            self.write(message)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """What is not interrupted: half a message would cost the whole answer, and time is called again soon."""
        self._counting = False
        yield
        self._counting = True

    def _still(self) -> None:
        self._counting = False
        signal.setitimer(signal.ITIMER_REAL, 0)


class _Asked(Elsewhere):
    """The bytes of an artifact that is not on disk, asked of the auditing process."""

    def __init__(self, source: BinaryIO, answer: _Answer, size: int) -> None:
        super().__init__(size)
        self._source, self._answer = source, answer

    def _got(self, at: int, count: int) -> bytes:
        with self._answer.whole():
            self._answer.write(need(at, count))
            found = self._source.read(count)
        if len(found) < count:
            raise EOFError  # who is asked has gone
        return found


def _place(request: Any) -> Place:
    return Place(None, Root(*request["root"]), request["inside"], tuple(request["identity"]))


def _read(request: Any, readers: dict[str, formats.Format], place: Place, give: Give) -> Obstacle | None:
    return read_at(give, request["artifact"], readers[request["format"]], place, request["tensors"])


def _try(request: Any, give: Give) -> Obstacle | None:
    return try_into(give, request["artifact"], decode(ChatTemplate, request["template"]))
