"""Write one shard: documents in, a file that is whole or absent out."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import tempfile
import zlib
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

from assay.corpus import _layout
from assay.corpus._extra import zstandard
from assay.corpus.manifest import ShardRecord, flush
from assay.facts.codec import encode
from assay.facts.corpus import Document, Licence
from assay.kernels import words

LEVEL = 3  # of zstandard: its own default


class ShardWriter:
    """Collects documents; `finish` sorts, writes and renames. Left without it, nothing remains."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        handle, self._temporary = tempfile.mkstemp(prefix=".shard-", suffix=".part", dir=directory)
        self._stream = open(handle, "w+b")  # noqa: SIM115 - closed by finish or by __exit__
        self._stream.write(bytes(_layout.HEADER))
        self._compressor = zstandard().ZstdCompressor(level=LEVEL, write_checksum=False, write_content_size=True)
        self._indexer = words.indexer()
        self._checks = _Checks()
        self._sections: list[_layout.Section] = []
        self._text, self._text_frames = bytearray(), [0]
        self._records: list[bytes] = []
        self._record_frames, self._record_bytes = [0], bytearray()
        self._ids = bytearray()
        self.documents = self.words = self.bytes = 0

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        if os.path.exists(self._temporary):  # not renamed: something went wrong, or there was nothing to write
            os.unlink(self._temporary)

    def add(self, text: bytes, document: Document) -> None:
        """Add a document whose text is `text` as UTF-8 (ValueError: it does not fit into this shard)."""
        found = self._indexer.add(text)
        self.documents, self.words, self.bytes = self.documents + 1, self.words + found, self.bytes + len(text)
        self._text += text
        if len(self._text) >= _layout.FRAME:
            self._write_text(len(self._text) - len(self._text) % _layout.FRAME)
        self._ids += hashlib.blake2b(document.id.encode(), digest_size=8).digest()
        self._records.append(_record(document, found))
        if len(self._records) == _layout.RECORDS:
            self._close_records()

    def _write_text(self, count: int) -> None:
        for at in range(0, count, _layout.FRAME):
            frame = self._compressor.compress(bytes(self._text[at : min(at + _layout.FRAME, count)]))
            self._write(frame)
            self._text_frames.append(self._text_frames[-1] + len(frame))
        del self._text[:count]

    def _close_records(self) -> None:
        self._record_bytes += self._compressor.compress(b"\n".join(self._records))
        self._record_frames.append(len(self._record_bytes))
        self._records.clear()

    def finish(self) -> ShardRecord:
        """Sort the suffixes, write what is left, flush, and name the file by its content."""
        if self._text:
            self._write_text(len(self._text))
        if self._records:
            self._close_records()
        self._placed("text", self._text_frames[-1], self.bytes, 8)
        self._indexer.finish()
        for name in words.BUILT:
            values, width, count = self._indexer.section(name)
            self._put(name, values, count, width)
        self._put(
            "text_frames", struct.pack(f"<{len(self._text_frames)}Q", *self._text_frames), len(self._text_frames), 64
        )
        self._put("records", self._record_bytes, self.documents, 8)
        self._put(
            "record_frames",
            struct.pack(f"<{len(self._record_frames)}Q", *self._record_frames),
            len(self._record_frames),
            64,
        )
        self._put("ids", self._ids, self.documents, 64)
        del self._indexer
        return self._named()

    def _named(self) -> ShardRecord:
        body = self._checks.bytes
        checks = self._checks.table()
        self._stream.write(checks)
        self._stream.seek(0)
        self._stream.write(_layout.packed(_layout.Header(tuple(self._sections), body, zlib.crc32(checks))))
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.seek(0)
        digest = hashlib.file_digest(self._stream, "sha256").hexdigest()
        os.chmod(self._temporary, 0o644)
        name = f"shard-{digest[:32]}.assay"
        os.replace(self._temporary, self._directory / name)
        flush(self._directory)
        size = _layout.HEADER + body + len(checks)
        return ShardRecord(name, size, digest, self.documents, self.words, self.bytes, None)

    def _put(self, name: str, values: Any, count: int, width: int) -> None:
        self._write(values)
        self._placed(name, len(values), count, width)

    def _placed(self, name: str, size: int, count: int, width: int) -> None:
        self._sections.append(_layout.Section(name, self._checks.bytes - size, size, count, width))
        self._write(bytes(-self._checks.bytes % _layout.BLOCK))

    def _write(self, values: Any) -> None:
        view = memoryview(values).cast("B")
        for at in range(0, len(view), 1 << 22):
            self._stream.write(view[at : at + (1 << 22)])
        self._checks.feed(view)


class _Checks:
    """CRC-32 of each block of what is fed, whatever the portions."""

    def __init__(self) -> None:
        self.bytes = 0
        self._crc = 0
        self._table = bytearray()

    def feed(self, view: memoryview) -> None:
        at = 0
        while at < len(view):
            taken = min(_layout.BLOCK - self.bytes % _layout.BLOCK, len(view) - at)
            self._crc = zlib.crc32(view[at : at + taken], self._crc)
            at, self.bytes = at + taken, self.bytes + taken
            if self.bytes % _layout.BLOCK == 0:
                self._close()

    def _close(self) -> None:
        self._table += struct.pack("<I", self._crc)
        self._crc = 0

    def table(self) -> bytes:
        """The checksums, the last block's included."""
        if self.bytes % _layout.BLOCK:
            self._close()
        return bytes(self._table)


def _record(document: Document, found: int) -> bytes:
    """One line of JSON, without what is empty; written out because there may be millions."""
    row = {
        "id": document.id,
        "dataset": document.dataset,
        "stage": document.stage,
        "url": document.url,
        "title": document.title,
        "date": document.date,
        "language": document.language,
        "sha256": document.sha256,
        "input": document.input,
        "row": document.row,
        "words": found,
    }
    kept = {key: value for key, value in row.items() if value}
    kept["licence"] = _licence(document.licence)
    return json.dumps(kept, sort_keys=True, separators=(",", ":")).encode()


@lru_cache(4096)
def _licence(licence: Licence) -> object:
    return encode(licence)
