"""What is taken of inputs that are parsed in locked processes: what they say is checked, what they take is bounded.

A process parses inputs of one company: those of plain kinds, or those of one kind that a native library reads, whose
author could have made each of them take it over. So none can lie about the inputs of another.
"""

from __future__ import annotations

import hashlib
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, astuple
from typing import Any

from assay.corpus.documents import SAID, Fields, Guesses, Made
from assay.corpus.inputs import Input
from assay.corpus.items import PARTS, Asked
from assay.corpus.parser import CHUNK, MOST_REASON, PLAIN, ROWS, made
from assay.corpus.row import NotRead
from assay.corpus.rows import COLUMNS, Reading, opened
from assay.errors import IsolationError, TaskLost
from assay.facts.codec import Mismatch
from assay.isolation import available, identity
from assay.isolation.beneath import root
from assay.isolation.child import Child, started
from assay.isolation.wire import PREFIX, length, packed, unpacked

MODULE = "assay.corpus.parser"
START = 60.0  # wall seconds until a process must have announced itself
STALL = 60.0  # wall seconds in which it has to take or to give something
LEAST, RATE = 120.0, 100_000  # wall seconds to wait for one input, and bytes in and out for each one more
PIECE = 1 << 18  # bytes handed over at a time
PIPE = 1 << 20  # bytes that a pipe may hold, so that both sides work on while the other does: pipe(7) on Linux
MOST_MESSAGE = 4 << 20  # bytes of what is said of the rows of one frame
MOST_TEXT = 1 << 30  # bytes of one text as UTF-8
MOST_SAID, MOST_GUESSES = 10_000, 1000  # characters, fields


class _Silent(Exception):
    """The process gave no whole answer."""


class Parsed:
    """What several inputs give, and which fields were taken for what; close it at the end.

    Args:
        inputs: all inputs that will be asked for.
        take: how rows become documents or items.
        encoding: of texts.
    """

    def __init__(self, inputs: tuple[Input, ...], take: Fields | Asked, encoding: str) -> None:
        self._inputs, self._take, self._encoding = inputs, take, encoding
        self._counts = (1, len(SAID)) if isinstance(take, Fields) else (PARTS, 2)  # of texts and values in a row
        self.guesses = Guesses()
        self.sha256 = ""  # of the input that was read last, once it was read to its end
        self._children: dict[tuple[str, str], Child] = {}
        self._folder = ""  # for files that have to be here to be read here and there

    def rows(self, source: Input, advance: Callable[[int], None]) -> Iterator[Made | NotRead]:
        """What each row of one input gives, or why it gives nothing; `advance` is told about bytes read.

        Where no process can be had, this one parses.

        Raises TaskLost where a process was killed from outside: for want of memory, say.
        """
        if not available():
            reading = Reading(source, self._encoding, advance)
            yield from made(source, reading.rows(), self._take, self.guesses)
            self.sha256 = reading.sha256
            return
        digest = hashlib.sha256()
        try:
            with opened(source.uri) as raw:
                pieces = _pieces(raw, digest, advance)
                try:
                    yield from self._asked(source, raw, pieces)
                except (_Silent, Mismatch) as cause:
                    self._end(source)
                    yield NotRead(0, f"the process that parses it was stopped: {cause}")
                for _ in pieces:  # so that the digest is that of the file
                    pass
        except OSError as cause:
            self._end(source)
            yield NotRead(0, f"cannot be read on ({type(cause).__name__}: {' '.join(str(cause).split())[:120]})")
        self.sha256 = digest.hexdigest()

    def close(self) -> None:
        """End the processes, and remove what was fetched for them."""
        for source in self._inputs:
            self._end(source)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _asked(self, source: Input, raw: Any, pieces: Iterator[bytes]) -> Iterator[Made | NotRead]:
        company = _company(source)
        child = self._children.get(company) or self._started(company)
        self._children[company] = child
        place: object = None
        if source.kind in COLUMNS:
            place, pieces = self._placed(source, raw, pieces), iter(())
        talk = _Talk(child, _framed(source, place, pieces), STALL)
        last = False
        while not last:
            message = unpacked(talk.bytes(length(talk.bytes(PREFIX), MOST_MESSAGE)))
            rows, skipped, used, last = _frame(message, *self._counts)
            self._count(used)
            for number, damaged, said, sizes in rows:
                texts = tuple(talk.bytes(size) for size in sizes)
                for text in texts:
                    _utf8(text)
                yield Made(number, texts, tuple(said), damaged)
            for number, reason in skipped:
                yield NotRead(number, " ".join(reason.split()))
        talk.over()

    def _count(self, used: dict[str, int]) -> None:
        for name, count in used.items():
            self.guesses.used[name] = self.guesses.used.get(name, 0) + count
        if len(self.guesses.used) > MOST_GUESSES:
            raise Mismatch("an answer about more fields than there are")

    def _started(self, company: tuple[str, str]) -> Child:
        theirs = [source for source in self._inputs if _company(source) == company]
        here = {os.path.realpath(row.uri) for row in theirs if row.kind in COLUMNS and "://" not in row.uri}
        far = any(row.kind in COLUMNS and "://" in row.uri for row in theirs)
        self._folder = self._folder or (os.path.realpath(tempfile.mkdtemp(prefix="assay-corpus-")) if far else "")
        name = "fields" if isinstance(self._take, Fields) else "asked"
        first = {
            "kinds": sorted({name for row in theirs for name in (row.kind, row.packing)}),
            "main_text": any(row.main_text for row in theirs),
            "encoding": self._encoding,
            name: asdict(self._take),
            "roots": [*sorted(path for path in here if os.path.exists(path)), *([self._folder] if far else [])],
        }
        child = started(fresh=False, module=MODULE)
        try:
            talk = _Talk(child, iter((packed(first),)), START)
            unpacked(talk.bytes(length(talk.bytes(PREFIX), MOST_MESSAGE)))
        except (_Silent, Mismatch, TaskLost) as cause:
            child.kill()
            raise IsolationError(f"the isolated parser did not start: {cause}; see  assay doctor") from cause
        return child

    def _placed(self, source: Input, raw: Any, pieces: Iterator[bytes]) -> object:
        """Where the file is that is read here and there, and what identified it before its first byte was hashed."""
        if "://" in source.uri:
            path = os.path.join(self._folder, "input")
            with open(path, "wb") as file:
                file.writelines(pieces)
            state = os.stat(path)
        else:
            path, state = os.path.realpath(source.uri), os.fstat(raw.fileno())
            for _ in pieces:
                pass
        return astuple(root(os.path.dirname(path))), os.path.basename(path), identity(state)

    def _end(self, source: Input) -> None:
        child = self._children.pop(_company(source), None)
        if child is not None:
            child.kill()


def _company(source: Input) -> tuple[str, str]:
    return "" if source.kind in PLAIN else source.kind, "" if source.packing in PLAIN else source.packing


class _Talk:
    """One question to a process, given piece by piece as it takes them, and the answer as it comes."""

    def __init__(self, child: Child, asked: Iterator[bytes], stall: float) -> None:
        self._child, self._asked, self._stall = child, asked, stall
        os.set_blocking(child.requests, False)
        _widen(child.requests)
        _widen(child.answers)
        self._poll = select.poll()
        self._poll.register(child.answers, select.POLLIN)
        self._poll.register(child.requests, select.POLLOUT)
        self._left = memoryview(b"")
        self._asking = True
        self._held = bytearray()
        self._moved = 0
        self._waited = self._idle = 0.0

    def bytes(self, count: int) -> bytes:
        """The next bytes of the answer."""
        while len(self._held) < count:
            self._move(count - len(self._held))
        found = bytes(memoryview(self._held)[:count])
        del self._held[:count]
        return found

    def over(self) -> None:
        """Mismatch where more was said than asked for, or an end before all was taken."""
        if self._held or self._left or next(self._asked, None) is not None:
            raise Mismatch("an answer that ends at another place than its question")

    def _move(self, wanted: int) -> None:
        """Give or take something, or fail for time."""
        before = time.monotonic()
        ready = dict(self._poll.poll(1000))
        spent = time.monotonic() - before
        moved = 0
        if self._child.answers in ready:
            part = os.read(self._child.answers, min(max(wanted, 1 << 16), PIPE))
            if not part:
                raise self._ended()
            self._held += part
            moved += len(part)
        if self._child.requests in ready and self._asking:
            moved += self._give()
        self._moved += moved
        self._waited += spent
        self._idle = 0.0 if moved else self._idle + spent
        if self._idle > self._stall or self._waited > LEAST + self._moved / RATE:
            took = self._idle if self._idle > self._stall else self._waited
            raise _Silent(f"it took longer than {took:,.0f} seconds")

    def _give(self) -> int:
        if not self._left:
            piece = next(self._asked, None)
            if piece is None:
                self._asking = False
                self._poll.unregister(self._child.requests)
                return 0
            self._left = memoryview(piece)
        try:
            count = os.write(self._child.requests, self._left)
        except BlockingIOError:
            return 0
        except OSError as cause:
            raise self._ended() from cause
        self._left = self._left[count:]
        return count

    def _ended(self) -> Exception:
        """What to raise now that it is gone: what killed it from outside may be over, and is not the input's fault."""
        how = self._child.ended()
        if self._child.ended_by == signal.SIGKILL:
            return TaskLost("the process that parsed it was ended by SIGKILL, perhaps for want of memory")
        return _Silent(how)


def _widen(pipe: int) -> None:
    """Let a pipe hold more; it works as it is where the system has no such thing, or grants it no more."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE)


def _pieces(raw: Any, digest: Any, advance: Callable[[int], None]) -> Iterator[bytes]:
    while piece := raw.read(PIECE):
        digest.update(piece)
        advance(len(piece))
        yield piece


def _framed(source: Input, place: object, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The question: what is asked, each piece of the file with its length before it, and that it ends."""
    yield packed({"input": asdict(source), "place": place})
    for piece in pieces:
        yield CHUNK.pack(len(piece))
        yield piece
    yield CHUNK.pack(0)


def _frame(message: Any, texts: int, said: int) -> tuple[list[Any], list[Any], dict[str, int], bool]:
    """The rows, reasons, fields and end that a message tells of; Mismatch unless it is one in every part."""
    if not isinstance(message, dict) or set(message) != {"made", "skipped", "used", "last"}:
        raise Mismatch("an answer that is no frame")
    rows, skipped, used, last = message["made"], message["skipped"], message["used"], message["last"]
    if not isinstance(rows, list) or not isinstance(skipped, list) or len(rows) + len(skipped) > ROWS:
        raise Mismatch("a frame of other rows than there can be")
    if not isinstance(used, dict) or len(used) > MOST_GUESSES or type(last) is not bool:
        raise Mismatch("a frame about other fields than there can be")
    if not all(_number(count) and len(name) <= MOST_SAID for name, count in used.items()):
        raise Mismatch("a frame about other fields than there can be")
    if not all(_is_made(row, texts, said) for row in rows):
        raise Mismatch("a frame with a row that cannot be")
    if not all(_is_skipped(row) for row in skipped):
        raise Mismatch("a frame with a reason that cannot be")
    _utf8("".join([*used, *(value for row in rows for value in row[2]), *(row[1] for row in skipped)]))
    return rows, skipped, used, last


def _is_made(row: Any, texts: int, said: int) -> bool:
    if type(row) is not list or len(row) != 4:
        return False
    number, damaged, values, sizes = row
    return (
        _number(number)
        and type(damaged) is bool
        and type(values) is list
        and len(values) == said
        and all(type(value) is str and len(value) <= MOST_SAID for value in values)
        and type(sizes) is list
        and len(sizes) == texts
        and all(type(size) is int and 0 <= size <= MOST_TEXT for size in sizes)
    )


def _is_skipped(row: Any) -> bool:
    return (
        type(row) is list and len(row) == 2 and _number(row[0]) and type(row[1]) is str and len(row[1]) <= MOST_REASON
    )


def _number(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 48


def _utf8(text: str | bytes) -> None:
    """Mismatch where a text is none that UTF-8 has."""
    try:
        text.encode() if isinstance(text, str) else text.decode()
    except UnicodeError:
        raise Mismatch("a text that is not UTF-8") from None
