"""One portion of a corpus that is built: read its inputs, write their documents into shards, note what was left out.

A shard is a file named by its content. A portion that is done leaves a note (`.task-*.json`), by which a build that was
killed finds its shards again.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import struct
from dataclasses import asdict, field, replace
from pathlib import Path

from assay.corpus import _layout
from assay.corpus.documents import Fields, document
from assay.corpus.inputs import Input
from assay.corpus.manifest import MOST_PLACES, InputRecord, Part, ShardRecord
from assay.corpus.parsed import Parsed
from assay.corpus.row import NotRead
from assay.corpus.writing import ShardWriter
from assay.errors import InputError
from assay.facts.codec import Mismatch, canonical, decode
from assay.facts.corpus import DatasetShare, Document, Licence, Skipped
from assay.kernels.words import NORMALISER
from assay.lazy import dataclass
from assay.writing import write_whole

SHARD = 1 << 30  # bytes of text in a shard: usual text takes 1.6 to 1.9 times as much memory (benchmarks/trace.py)
MOST_SHARD = (4 << 30) - (1 << 20)
MOST_UNITS = (1 << 31) - 64  # words and document ends in one shard; what native/src/words.cpp takes is a little more
MOST_DATASETS = 1000  # rows in the summary of one part; the others are counted together
MOST_REASONS = 200
_ENTRY = struct.Struct("<QQ")  # of a portion in the file of progress: bytes read, and the number of the input, from 1


@dataclass(frozen=True, slots=True)
class Options:
    """How to build: what fields mean, the encoding of text files, and the bytes of text in one shard.

    `main_text` leaves navigation, menus and the like out of pages of HTML.
    """

    fields: Fields = field(default_factory=Fields)
    encoding: str = "utf-8"
    shard: int = SHARD
    main_text: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """One portion of the inputs, and where its shards go; `number` is its place in the file of progress."""

    directory: str
    number: int
    inputs: tuple[Input, ...]
    options: Options

    @property
    def progress(self) -> Path:
        """The file in which every task of the build says how far it has come."""
        return Path(self.directory, ".progress")

    @property
    def note(self) -> Path:
        """Where the outcome is kept until the manifest has it; another name if anything it depends on changes."""
        stamps = [[source.uri, source.size, _changed(source.uri)] for source in self.inputs]
        options = asdict(self.options)
        text = json.dumps([stamps, options, NORMALISER, _layout.VERSION], sort_keys=True)
        return Path(self.directory, f".task-{hashlib.sha256(text.encode()).hexdigest()[:32]}.json")


def indexed(task: Task) -> Part:
    """Read the inputs of one task and write its shards; or what an earlier run of the same task left."""
    note = task.note
    done = _finished(note)
    if done is None:
        done = _Worker(task).run()
        write_whole(note, canonical(done))
    return done


def _finished(note: Path) -> Part | None:
    try:
        part = decode(Part, json.loads(note.read_bytes()))
        for shard in part.shards:
            path = note.parent / shard.file
            with open(path, "rb") as stream:
                _layout.parsed(stream.read(_layout.HEADER), path.stat().st_size)
                stream.seek(0)
                if hashlib.file_digest(stream, "sha256").hexdigest() != shard.sha256:
                    return None
    except (OSError, ValueError, Mismatch, InputError):
        return None
    return part


class _Worker:
    """Documents of one task, into as many shards as they need."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._skips = Skips()
        self._parsed = Parsed(task.inputs, task.options.fields, task.options.encoding)
        self._shares: dict[tuple[str, Licence], list[object]] = {}
        self._shards: list[ShardRecord] = []
        self._writer: ShardWriter | None = None

    def run(self) -> Part:
        try:
            with _Progress(self._task) as progress:
                inputs = tuple(self._input(progress, number) for number in range(len(self._task.inputs)))
                self._close()
        finally:
            self._parsed.close()
            if self._writer:
                self._writer.__exit__(None, None, None)
        fields = tuple(f"{name} ({count:,})" for name, count in sorted(self._parsed.guesses.used.items()))
        return Part(tuple(self._shards), inputs, self._datasets(), self._skips.rows(), fields)

    def _input(self, progress: _Progress, number: int) -> InputRecord:
        source, fields = self._task.inputs[number], self._task.options.fields
        progress.begin(number + 1)
        for found in self._parsed.rows(source, progress.advance):
            place = f"{source.name}:{found.number}"
            if isinstance(found, NotRead):
                self._skips.note(found.reason, place)
                continue
            if found.damaged:
                self._skips.note("indexed, with bytes that are no text in its encoding replaced", place)
            self._add(found.texts[0], document(source, found, fields), place)
        return InputRecord(source.name, source.size, self._parsed.sha256)

    def _add(self, raw: bytes, document: Document, place: str) -> None:
        if len(raw) > MOST_SHARD:
            self._skips.note("a document larger than 4 GiB", place)
            return
        if self._writer and not self._fits(self._writer, len(raw)):
            self._close()
        if self._writer is None:
            self._writer = ShardWriter(Path(self._task.directory))
        before = self._writer.words
        self._writer.add(raw, document)
        self._count(document, self._writer.words - before, len(raw))

    def _fits(self, writer: ShardWriter, size: int) -> bool:
        """Whether the text may go into the same shard: by its bytes, and by the most words that it can have."""
        units = writer.words + writer.documents + size // 2 + 2
        return writer.bytes + size <= self._task.options.shard and units <= MOST_UNITS

    def _count(self, document: Document, words: int, size: int) -> None:
        key = (document.dataset, document.licence)
        if key not in self._shares and len(self._shares) >= MOST_DATASETS:
            key = ("(others)", replace(document.licence, written="", spdx=""))
        row = self._shares.setdefault(key, [0, 0, "", "", 0])
        row[0] += 1  # type: ignore[operator]
        row[1] += words  # type: ignore[operator]
        row[4] += size  # type: ignore[operator]
        if document.date:
            row[2] = min(str(row[2]) or document.date, document.date)
            row[3] = max(str(row[3]), document.date)

    def _datasets(self) -> tuple[DatasetShare, ...]:
        rows = [DatasetShare(key[0], key[1], *row) for key, row in self._shares.items()]  # type: ignore[arg-type]
        return tuple(sorted(rows, key=lambda row: (row.dataset, row.licence.written)))

    def _close(self) -> None:
        if self._writer:
            with self._writer as writer:
                self._shards.append(writer.finish())
            self._writer = None


class _Progress:
    """How far a portion has come, written where the process that asked for the build looks."""

    def __init__(self, task: Task) -> None:
        self._path, self._at = task.progress, _ENTRY.size * task.number
        self._map: mmap.mmap | None = None
        self._done = self._input = 0

    def __enter__(self) -> _Progress:
        try:
            with open(self._path, "r+b") as stream:
                self._map = mmap.mmap(stream.fileno(), 0)
        except (OSError, ValueError):  # a worker elsewhere: nobody looks
            pass
        return self

    def begin(self, number: int) -> None:
        """The input `number`, from 1, is next."""
        self._input = number
        self.advance(0)

    def advance(self, count: int) -> None:
        """So many more bytes were read."""
        self._done += count
        if self._map is not None:
            _ENTRY.pack_into(self._map, self._at, self._done, self._input)

    def __exit__(self, *error: object) -> None:
        if self._map is not None:
            self._map.close()


def begun(tasks: list[Task]) -> None:
    """Make the file of progress, in which no portion has read anything."""
    tasks[0].progress.write_bytes(bytes(_ENTRY.size * len(tasks)))


def advanced(tasks: list[Task]) -> int:
    """How many bytes the portions have read."""
    return sum(done for done, _ in _ENTRY.iter_unpack(tasks[0].progress.read_bytes()))


def reading(task: Task) -> str:
    """The input that a portion was reading last; all that it has, where nobody could see how far it came."""
    _, number = _ENTRY.unpack_from(task.progress.read_bytes(), _ENTRY.size * task.number)
    if number:
        return task.inputs[int(number) - 1].name
    return task.inputs[0].name + (f" and {len(task.inputs) - 1:,} more" if len(task.inputs) > 1 else "")


class Skips:
    """What was left out: reason -> how often, and the first places."""

    def __init__(self) -> None:
        self._rows: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def note(self, reason: str, place: str) -> None:
        if reason not in self._counts and len(self._counts) >= MOST_REASONS:
            reason = "other reasons"
        self._counts[reason] = self._counts.get(reason, 0) + 1
        places = self._rows.setdefault(reason, [])
        if len(places) < MOST_PLACES:
            places.append(place)

    def rows(self) -> tuple[Skipped, ...]:
        """One row for each reason."""
        return tuple(
            Skipped(reason, self._counts[reason], tuple(places)) for reason, places in sorted(self._rows.items())
        )


def _changed(uri: str) -> int:
    return 0 if "://" in uri else os.stat(uri).st_mtime_ns
