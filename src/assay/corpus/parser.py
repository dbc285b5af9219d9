"""Where the inputs of a corpus are parsed: a process of its own, locked down, that is given bytes and gives texts.

Parquet, HTML and packed files are read by libraries written in C that nobody should hand a stranger's bytes where a
user's files and network are. See `parsed` for the other side.

A question is a message that names the input, then the bytes of the file in pieces, each with its length before it, the
last of length 0. The answer is frames: a message about many rows, then their texts end to end; the last says so.
"""

from __future__ import annotations

import codecs
import io
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

from assay.corpus import _extra, documents, items
from assay.corpus.documents import Fields, Guesses, Made
from assay.corpus.inputs import ARCHIVES, Input, every_kind
from assay.corpus.items import Asked
from assay.corpus.kinds import reader
from assay.corpus.row import NotRead, Row
from assay.corpus.rows import COLUMNS, Parsing
from assay.errors import Changed, MissingExtra, Unreachable
from assay.isolation import Place
from assay.isolation.beneath import Root
from assay.isolation.lock import end_with, lock
from assay.isolation.wire import packed, received

MEMORY = 3 << 30  # bytes of address space: a document of 256 MiB, as bytes, as text and as UTF-8, and the libraries
CPU_SECONDS = 36_000  # for all inputs that one process is given
PLAIN = frozenset({"text", "jsonl", "json", "csv", "tsv", "latex", "notebook", "subtitle", "", "gzip"})
CHUNK = struct.Struct("<I")  # the length that stands before each piece of a file; 0 after the last
FRAME = 1 << 18  # bytes of texts and characters of what is said of them, after which a frame is sent
ROWS = 4096  # in one frame
MOST_REASON = 1000  # characters


def made(
    source: Input, rows: Iterator[Row | NotRead], take: Fields | Asked, guesses: Guesses
) -> Iterator[Made | NotRead]:
    """What is taken of each row, or why it gives nothing."""
    for row in rows:
        if isinstance(row, NotRead):
            yield row
            continue
        found = documents.made(source, row, take, guesses) if isinstance(take, Fields) else items.made(row, take)
        if isinstance(found, str):
            yield NotRead(row.number, found)
            continue
        for reason in guesses.reasons():
            yield NotRead(row.number, reason)
        yield found


def serve(requests: int, answers: int, parent: int) -> None:
    """Answer requests from one descriptor on another: the first says what is needed, each other is one input."""
    end_with(parent)
    with open(requests, "rb") as source, open(answers, "wb", buffering=2 * FRAME) as sink:
        first = received(source)
        read_besides = _load(frozenset(first["kinds"]), first["encoding"], main_text=first["main_text"])
        _leave_threads_behind()
        reached = lock((*first["roots"], *read_besides), MEMORY, CPU_SECONDS)
        sink.write(packed({"reached": list(reached)}))
        sink.flush()
        take: Fields | Asked = Fields(**first["fields"]) if "fields" in first else Asked(**first["asked"])
        while (request := received(source)) is not None:
            _answer(request, first["encoding"], take, source, sink)


def _answer(request: Any, encoding: str, take: Fields | Asked, source: BinaryIO, sink: BinaryIO) -> None:
    input_ = Input(**request["input"])
    stream = io.BufferedReader(_Pieces(source), 1 << 20)
    frame = _Frame(sink)
    try:
        rows = Parsing(input_, encoding).rows(stream, lambda: _at(request["place"]))
        for found in made(input_, rows, take, frame.guesses):
            frame.add(found)
    except (Changed, Unreachable) as cause:
        frame.add(NotRead(0, cause.what))
    except MissingExtra as cause:  # for what is in an archive
        frame.add(NotRead(0, str(cause)))
    while stream.read(1 << 20):  # what a reader left
        pass
    frame.send(last=True)


@contextmanager
def _at(place: Any) -> Iterator[BinaryIO]:
    """The file at a place, which is the one that was hashed."""
    root, inside, identity = place
    broken: OSError | None = None
    with Place(None, Root(*root), inside, tuple(identity)).source() as raw:
        assert isinstance(raw, io.RawIOBase)
        try:
            yield io.BufferedReader(raw, 1 << 16)
        except OSError as cause:  # pyarrow's word for a damaged file, too
            broken = cause
    if broken is not None:
        raise broken


class _Frame:
    """What was made and not yet sent."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink, self.guesses = sink, Guesses()
        self._clear()

    def _clear(self) -> None:
        self.guesses.used.clear()
        self._made: list[object] = []
        self._skipped: list[object] = []
        self._texts: list[bytes] = []
        self._held = 0

    def add(self, found: Made | NotRead) -> None:
        """Hold one more; send all once they are many."""
        if isinstance(found, NotRead):
            self._skipped.append((found.number, found.reason[:MOST_REASON]))
            self._held += len(found.reason)
        else:
            self._made.append((found.number, found.damaged, found.said, [len(text) for text in found.texts]))
            self._texts += found.texts
            self._held += sum(map(len, found.texts)) + sum(map(len, found.said))
        if self._held >= FRAME or len(self._made) + len(self._skipped) >= ROWS:
            self.send()

    def send(self, *, last: bool = False) -> None:
        """Send what is held."""
        message = {"made": self._made, "skipped": self._skipped, "used": self.guesses.used, "last": last}
        self._sink.write(packed(message))
        self._sink.writelines(self._texts)
        self._sink.flush()
        self._clear()


def _load(kinds: frozenset[str], encoding: str, *, main_text: bool) -> tuple[str, ...]:
    """Import what reading these kinds imports; the folders of code and tables from which more is read when it is met.

    Encodings, parts of libraries and time zones are many, and nobody's secret.
    """
    for name in (encoding, "utf-8-sig", "utf-16", "latin-1", "ascii", "unicode_escape"):
        codecs.lookup(name)
    for kind in kinds & PLAIN & every_kind():
        reader(kind)
    if not kinds - PLAIN:
        return ()
    # threads that numpy, which pyarrow imports, and pyarrow's jemalloc would start
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
    held = set(sys.modules)
    within = every_kind() - ARCHIVES if kinds & ARCHIVES else frozenset()
    for kind in (kinds | within) & every_kind():
        with suppress(MissingExtra):  # of what this process reads for certain, `building` has looked after it
            _extra.needed({kind}, set())
            reader(kind) if kind not in COLUMNS else None
    if main_text:
        _extra.parsed_html(b"")
        _extra.main_text()
    if (kinds | within) & set(COLUMNS):
        arrow = _extra.pyarrow()
        for part in ("pyarrow.parquet", "pyarrow.ipc"):
            _extra.pyarrow(part)
        arrow.set_memory_pool(arrow.system_memory_pool())  # the others keep threads
        arrow.array([0], arrow.timestamp("ns", "UTC")).to_pylist()  # which looks for pandas, and for zones
    packages = {name.partition(".")[0] for name in set(sys.modules) - held} - {"assay"}
    paths = [path for name in packages for path in getattr(sys.modules.get(name), "__path__", ())]
    import zoneinfo

    return tuple({path for path in (os.path.dirname(os.__file__), *paths, *zoneinfo.TZPATH) if os.path.isdir(path)})


def _leave_threads_behind() -> None:
    """Go on in a fork where a library has started threads: they would not be locked down."""
    tasks = "/proc/self/task"
    if not os.path.isdir(tasks) or len(os.listdir(tasks)) == 1:
        return
    parent = os.getpid()
    child = os.fork()
    if child:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code < 0:  # this one is seen to end as that one did
            os.kill(parent, -code)
        os._exit(max(0, code))
    end_with(parent)


class _Pieces(io.RawIOBase):
    """A file that comes in pieces, each with its length before it."""

    def __init__(self, source: BinaryIO) -> None:
        self._source, self._left, self._ended = source, 0, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left and not self._ended:
            (self._left,) = CHUNK.unpack(self._source.read(CHUNK.size))
            self._ended = not self._left
        if not self._left:
            return 0
        count = int(self._source.readinto(memoryview(buffer)[: self._left]))  # type: ignore[attr-defined]
        self._left -= count
        return count
