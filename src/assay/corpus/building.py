"""Build a corpus: plan tasks from the inputs, run them, and write the manifest once all are done.

A task's shards are files named by their content. What a killed build had finished is found again by the notes that
tasks leave (`.task-*.json`), and used if inputs and options are the same.
"""

from __future__ import annotations

import errno
import hashlib
import json
import mmap
import os
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from assay.corpus import _extra, _layout, manifest
from assay.corpus.documents import Fields, Guesses, made
from assay.corpus.inputs import Input, listed
from assay.corpus.manifest import MOST_PLACES, InputRecord, Manifest, Part, ShardRecord, merged
from assay.corpus.rows import NotRead, Reading
from assay.corpus.writing import ShardWriter
from assay.errors import InputError, UsageError
from assay.execution import Executor
from assay.facts.codec import Mismatch, canonical, decode
from assay.facts.corpus import DatasetShare, Document, Licence, Skipped
from assay.files import write_whole
from assay.kernels.words import NORMALISER
from assay.progress import Progress, report

SHARD = 1 << 30  # bytes of text in a shard: usual text takes 1.6 to 1.9 times as much memory (benchmarks/trace.py)
MOST_SHARD = (4 << 30) - (1 << 20)
MOST_UNITS = (1 << 31) - 64  # words and document ends in one shard; what native/src/words.cpp takes is a little more
MOST_DATASETS = 1000  # rows in the summary of one part; the others are counted together
MOST_REASONS = 200
UNPACKED = 4  # what a packed byte is taken to hold when tasks are planned


@dataclass(frozen=True, slots=True)
class Options:
    """How to build: what fields mean, the encoding of text files, and the bytes of text in one shard."""

    fields: Fields = field(default_factory=Fields)
    encoding: str = "utf-8"
    shard: int = SHARD


@dataclass(frozen=True, slots=True)
class Task:
    """One portion of the inputs, and where its shards go; `number` is its index in the file of progress."""

    directory: str
    number: int
    inputs: tuple[Input, ...]
    options: Options

    @property
    def note(self) -> Path:
        """Where the outcome of the task waits for the manifest; named by everything that it depends on."""
        stamps = [[source.uri, source.size, _changed(source.uri)] for source in self.inputs]
        options = asdict(self.options)
        text = json.dumps([stamps, options, NORMALISER, _layout.VERSION], sort_keys=True)
        return Path(self.directory, f".task-{hashlib.sha256(text.encode()).hexdigest()[:32]}.json")


def build(
    references: tuple[str, ...],
    directory: Path,
    options: Options,
    executor: Executor,
    *,
    add: bool = False,
    replace_old: bool = False,
    progress: Progress | None = None,
) -> Manifest:
    """Index the inputs into `directory`, and return its new manifest.

    Raises:
        UsageError: nothing to read, a corpus is there already (and neither `add` nor `replace_old`), somebody else is
            changing it, the disk is full.
    """
    _check(options)
    unread = _Skips()
    inputs = listed(references, unread.note)
    _extra.needed({source.kind for source in inputs}, {source.uri.partition("://")[1] for source in inputs})
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with manifest.locked(directory):
            before = _before(directory, add, replace_old)
            parts = _run(_tasks(inputs, directory, options), executor, progress)
            after = _joined(before, parts, unread.rows())
            manifest.save(directory, after)
            _tidy(directory, after)
            return after
    except OSError as cause:
        raise UsageError(_sentence(cause, directory)) from None


def _check(options: Options) -> None:
    if not 1 << 16 <= options.shard <= MOST_SHARD:
        raise UsageError(f"a shard holds between 64 KiB and {MOST_SHARD:,} bytes of text, not {options.shard:,}")
    try:
        "".encode(options.encoding)
    except LookupError:
        raise UsageError(f"no text encoding {options.encoding!r}") from None


def _before(directory: Path, add: bool, replace_old: bool) -> Manifest:
    if add:
        return manifest.load(directory)[0]
    if manifest.exists(directory) and not replace_old:
        raise UsageError(
            f"{directory}: there is a corpus already; `assay corpus add` adds to it, --replace builds it anew"
        )
    return manifest.empty()


def _joined(before: Manifest, parts: list[Part], unread: tuple[Skipped, ...]) -> Manifest:
    known = {shard.file for shard in before.shards}
    again = [shard.file for part in parts for shard in part.shards if shard.file in known]
    if again:
        raise UsageError(
            "these documents are in the corpus already: the same inputs give the same shard; nothing was added"
        )
    after = replace(before, parts=(*before.parts, *parts), skipped=merged((*before.skipped, *unread)))
    if not after.shards:
        raise UsageError(f"no document could be read: {_reasons(parts, unread)}")
    return after


def _reasons(parts: list[Part], unread: tuple[Skipped, ...]) -> str:
    rows = merged((*(row for part in parts for row in part.skipped), *unread))
    return (
        "; ".join(f"{row.count:,} x {row.reason} (such as {row.places[0]})" for row in rows) or "the inputs hold none"
    )


def _sentence(cause: OSError, directory: Path) -> str:
    if cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"{directory}: the disk is full; what was there before is as it was. "
            "Free some space and run the same command: finished shards are used again"
        )
    return f"{directory}: {cause.strerror or cause} ({cause.filename or directory}); what was there before is as it was"


def _tasks(inputs: tuple[Input, ...], directory: Path, options: Options) -> list[Task]:
    """Portions of about a shard's text each; they depend on the inputs and options alone."""
    portions: list[list[Input]] = []
    held = 0
    for source in inputs:
        size = source.size * (UNPACKED if source.packing or source.kind in ("parquet", "arrow") else 1)
        if not portions or held + size > options.shard:
            portions.append([])
            held = 0
        portions[-1].append(source)
        held += size
    return [Task(str(directory), number, tuple(rows), options) for number, rows in enumerate(portions)]


def _run(tasks: list[Task], executor: Executor, progress: Progress | None) -> list[Part]:
    total = sum(source.size for task in tasks for source in task.inputs)
    if not tasks:
        return []
    path = Path(tasks[0].directory, ".progress")
    path.write_bytes(bytes(8 * len(tasks)))

    def tick() -> None:
        if progress:
            raw = path.read_bytes()
            done = sum(struct.unpack(f"<{len(raw) // 8}Q", raw))
            report(progress, "indexing", min(done, total), total, "bytes")

    outcomes = dict(executor.run(indexed, tasks, tick))
    return [outcomes[index] for index in range(len(tasks))]


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
        self._skips, self._guesses = _Skips(), Guesses()
        self._shares: dict[tuple[str, Licence], list[object]] = {}
        self._shards: list[ShardRecord] = []
        self._writer: ShardWriter | None = None

    def run(self) -> Part:
        try:
            with _Progress(self._task) as advance:
                inputs = tuple(self._input(source, advance) for source in self._task.inputs)
                self._close()
        finally:
            if self._writer:
                self._writer.__exit__(None, None, None)
        fields = tuple(f"{name} ({count:,})" for name, count in sorted(self._guesses.used.items()))
        return Part(tuple(self._shards), inputs, self._datasets(), self._skips.rows(), fields)

    def _input(self, source: Input, advance: Callable[[int], None]) -> InputRecord:
        options = self._task.options
        reading = Reading(source, options.encoding, advance)
        for row in reading.rows():
            place = f"{source.name}:{row.number}"
            if isinstance(row, NotRead):
                self._skips.note(row.reason, place)
                continue
            found = made(source, row, options.fields, self._guesses)
            if isinstance(found, str):
                self._skips.note(found, place)
                continue
            if row.damaged:
                self._skips.note("indexed, with bytes that are no text in its encoding replaced", place)
            self._add(*found, place)
        return InputRecord(source.name, source.size, reading.sha256)

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
        self._count(document, self._writer.words - before)

    def _fits(self, writer: ShardWriter, size: int) -> bool:
        """Whether the text may go into the same shard: by its bytes, and by the most words that it can have."""
        units = writer.words + writer.documents + size // 2 + 2
        return writer.bytes + size <= self._task.options.shard and units <= MOST_UNITS

    def _count(self, document: Document, words: int) -> None:
        key = (document.dataset, document.licence)
        if key not in self._shares and len(self._shares) >= MOST_DATASETS:
            key = ("(others)", replace(document.licence, written="", spdx=""))
        row = self._shares.setdefault(key, [0, 0, "", ""])
        row[0] += 1  # type: ignore[operator]
        row[1] += words  # type: ignore[operator]
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
    """Bytes read, written where the process that asked for the build looks."""

    def __init__(self, task: Task) -> None:
        self._path, self._number = Path(task.directory, ".progress"), task.number

    def __enter__(self) -> Callable[[int], None]:
        self._map: mmap.mmap | None = None
        try:
            with open(self._path, "r+b") as stream:
                self._map = mmap.mmap(stream.fileno(), 0)
        except (OSError, ValueError):  # a worker elsewhere: nobody looks
            pass
        self._done = 0
        return self._advance

    def _advance(self, count: int) -> None:
        self._done += count
        if self._map is not None:
            struct.pack_into("<Q", self._map, 8 * self._number, self._done)

    def __exit__(self, *error: object) -> None:
        if self._map is not None:
            self._map.close()


class _Skips:
    """What was left out: reason -> how often, and where first."""

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


def _tidy(directory: Path, after: Manifest) -> None:
    """Remove what no manifest names: shards that were replaced, what killed builds left, notes of tasks."""
    named = {shard.file for shard in after.shards} | {shard.removed.file for shard in after.shards if shard.removed}
    for path in directory.iterdir():
        stale = path.name.startswith((".task-", ".shard-", ".removed-", ".manifest.json.", ".progress"))
        if path.is_file() and (stale or (path.name.startswith(("shard-", "removed-")) and path.name not in named)):
            path.unlink(missing_ok=True)


def _changed(uri: str) -> int:
    return 0 if "://" in uri else os.stat(uri).st_mtime_ns
