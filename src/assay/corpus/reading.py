"""One shard of a corpus, mapped into memory; no byte of it is used before its checksum was compared."""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.corpus import _layout
from assay.corpus._extra import zstandard
from assay.errors import Malformed
from assay.facts.codec import Mismatch, decode
from assay.facts.corpus import Document
from assay.kernels import words
from assay.lazy import dataclass

MOST_RECORDS = 64 << 20  # bytes of one frame of records
READ_AHEAD = ("ends", "words", "slots", "first", "starts")  # small, and needed by every question


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a shard: the document, and the first and last byte of its text."""

    document: int
    start: int
    stop: int


class ShardFile:
    """The shard in `path`, which holds `removed` (a bitmap with one bit for each document, or empty) no longer.

    Raises:
        Malformed, Truncated: the file is not a whole shard; any question raises Malformed when it meets damage.
    """

    def __init__(self, path: Path, removed: bytes = b"") -> None:
        self.path = path
        with open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            self.header = _layout.parsed(stream.read(_layout.HEADER), size)
            self._map = mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_READ)
        body = memoryview(self._map)[_layout.HEADER : _layout.HEADER + self.header.body]
        checks = bytes(self._map[_layout.HEADER + self.header.body :])
        if zlib.crc32(checks) != self.header.checks_crc:
            raise Malformed("the table of checksums does not match its own", at=_layout.HEADER + self.header.body)
        self._sections = {row.name: row for row in self.header.sections}
        self._advise()
        with self.guarded():
            laid = [self._section(name) for name in words.SECTIONS]
            self.ask = words.shard(body, checks, [(row.offset, row.bytes, row.count, row.width) for row in laid])
            if removed:
                self.ask.remove(removed)
        self.removed = removed
        self.documents = self._section("ids").count
        self.units = self._section("units").count
        self.words = self._section("rows").count
        self.bytes = self._section("text").count
        self._text_frames = self._longs("text_frames")
        self._record_frames = self._longs("record_frames")
        self._offsets, self._starts = self._column("offsets"), self._column("starts")
        self._frame = lru_cache(64)(self._read_frame)
        self._rows = lru_cache(16)(self._read_records)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Damage found by a kernel as an error that names the file and the byte."""
        try:
            yield
        except Malformed:
            raise
        except ValueError as cause:
            block = words.damage(cause)
            if block is None:
                raise Malformed(f"{self.path.name}: {cause}") from None
            raise Malformed(
                f"{self.path.name}: a block does not match its checksum; "
                "check the disk, run `assay corpus verify`, and build this corpus again",
                at=_layout.HEADER + max(0, block) * _layout.BLOCK,
            ) from None

    def _section(self, name: str) -> _layout.Section:
        found = self._sections.get(name)
        if found is None:
            raise Malformed(f"{self.path.name}: section {name!r} is missing", at=16)
        return found

    def _advise(self) -> None:
        if not hasattr(self._map, "madvise"):
            return
        self._map.madvise(mmap.MADV_RANDOM)
        for name in READ_AHEAD:
            row = self._section(name)
            start = (_layout.HEADER + row.offset) // mmap.PAGESIZE * mmap.PAGESIZE
            self._map.madvise(mmap.MADV_WILLNEED, start, min(row.bytes + mmap.PAGESIZE, len(self._map) - start))

    def _raw(self, name: str, start: int = 0, stop: int | None = None) -> bytes:
        row = self._section(name)
        stop = row.bytes if stop is None else stop
        if not 0 <= start <= stop <= row.bytes:
            raise Malformed(f"{self.path.name}: section {name!r} points outside itself", at=_layout.HEADER + row.offset)
        with self.guarded():
            return self.ask.read(row.offset + start, stop - start)

    def _longs(self, name: str) -> tuple[int, ...]:
        raw = self._raw(name)
        return struct.unpack(f"<{len(raw) // 8}Q", raw[: len(raw) // 8 * 8])

    def _column(self, name: str) -> Callable[[int], int]:
        row = self._section(name)
        if not 1 <= row.width <= 32:
            raise Malformed(
                f"{self.path.name}: section {name!r} has values of {row.width} bits", expected="1 to 32", got=row.width
            )

        def at(index: int) -> int:
            if not 0 <= index < row.count:
                raise Malformed(f"{self.path.name}: no entry {index:,} in section {name!r}")
            bit = index * row.width
            (value,) = struct.unpack("<Q", self._raw(name, bit // 8, bit // 8 + 8))
            return int(value) >> (bit & 7) & ((1 << row.width) - 1)

        return at

    def _read_frame(self, index: int) -> bytes:
        if not 0 <= index < len(self._text_frames) - 1:
            raise Malformed(f"{self.path.name}: no text frame {index:,}")
        raw = self._raw("text", *self._text_frames[index : index + 2])
        return _unpacked(raw, _layout.FRAME, self.path.name)

    def text(self, start: int, stop: int) -> bytes:
        """Bytes of the shard's text: all documents end to end."""
        stop = min(stop, self.bytes)
        first, last = start // _layout.FRAME, max(start, stop - 1) // _layout.FRAME
        whole = b"".join(self._frame(index) for index in range(first, last + 1)) if stop > start else b""
        return whole[start - first * _layout.FRAME : stop - first * _layout.FRAME]

    def extent(self, document: int) -> tuple[int, int]:
        """First and last byte of a document in the shard's text."""
        start, stop = self._offsets(document), self._offsets(document + 1)
        if not start <= stop <= self.bytes:
            raise Malformed(f"{self.path.name}: document {document:,} ends before it begins, or after the text")
        return start, stop

    def first_unit(self, document: int) -> int:
        """The number of a document's first unit; its end has one of its own."""
        return self._starts(document)

    def place(self, document: int, unit: int, count: int) -> Place:
        """Where the `count` words from `unit` on lie in the text, of which they must not leave the document."""
        begin, end = self.extent(document)
        first, sampled = self.first_unit(document), unit // words.SAMPLE * words.SAMPLE
        at = self._column("samples")(sampled // words.SAMPLE) if sampled >= first else begin
        skipped = unit - max(sampled, first)
        if skipped < 0 or not begin <= at <= end:
            raise Malformed(f"{self.path.name}: document {document:,} is not where its index says")
        size = 64 * (skipped + count) + 512  # enough for most; doubled until it is
        while True:
            found = words.split(_whole_points(self.text(at, min(end, at + size))))
            if len(found) > skipped + count or at + size >= end:
                break
            size *= 2
        if len(found) < skipped + count:
            raise Malformed(f"{self.path.name}: document {document:,} has fewer words than its index says")
        return Place(document, at + int(found.starts[skipped]), at + int(found.stops[skipped + count - 1]))

    def _read_records(self, index: int) -> tuple[dict[str, Any], ...]:
        raw = self._raw("records", *self._record_frames[index : index + 2])
        lines = _unpacked(raw, MOST_RECORDS, self.path.name).split(b"\n")
        return tuple(json.loads(line) for line in lines)

    def document(self, index: int) -> Document:
        """What is known of a document."""
        if not 0 <= index < self.documents:
            raise Malformed(f"{self.path.name}: no document {index:,}")
        try:
            row = self._rows(index // _layout.RECORDS)[index % _layout.RECORDS]
            return decode(Document, {**_EMPTY, **row})
        except (ValueError, IndexError, Mismatch, TypeError) as cause:
            raise Malformed(f"{self.path.name}: the record of document {index:,} cannot be read ({cause})") from None

    def ids(self) -> NDArray[np.uint64]:
        """uint64[documents]: the first eight bytes of BLAKE2b of each document's id."""
        return np.frombuffer(self._raw("ids"), "<u8")

    def is_removed(self, document: int) -> bool:
        """Whether the document was removed."""
        return bool(self.removed) and bool(self.removed[document >> 3] >> (document & 7) & 1)

    def check(self, advance: Callable[[int], None] | None = None) -> None:
        """Compare every block with its checksum (Malformed: one does not match)."""
        with self.guarded():
            for start in range(0, self.header.body, 1 << 22):
                size = min(1 << 22, self.header.body - start)
                self.ask.read(start, size)
                if advance:
                    advance(size)


# a record leaves out what is empty
_EMPTY: dict[str, str | int] = {
    **dict.fromkeys(("id", "dataset", "stage", "url", "title", "date", "language", "sha256", "input"), ""),
    **dict.fromkeys(("row", "words"), 0),
}


def _unpacked(raw: bytes, most: int, name: str) -> bytes:
    library = zstandard()
    try:
        size = library.frame_content_size(raw)
        if size < 0 or size > most:
            raise Malformed(f"{name}: a frame unpacks to {size:,} bytes", expected=f"at most {most:,}", got=size)
        unpacked: bytes = library.ZstdDecompressor().decompress(raw, max_output_size=most)
    except library.ZstdError as cause:
        raise Malformed(f"{name}: a frame cannot be unpacked ({cause})") from None
    return unpacked


def _whole_points(raw: bytes) -> bytes:
    """The bytes up to the last whole code point."""
    for back in range(1, min(4, len(raw) + 1)):
        byte = raw[-back]
        if byte < 0x80:
            return raw
        if byte >= 0xC0:
            need = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return raw if back >= need else raw[:-back]
    return raw
