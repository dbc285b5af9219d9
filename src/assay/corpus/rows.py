"""Rows of the files that a corpus is built from, in every format that is read, and why a row could not be read."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import itertools
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from assay.corpus import _extra
from assay.corpus.inputs import Input

MOST_LINE = 256 << 20  # bytes of one line or one text file
MOST_JSON = 256 << 20  # bytes of a JSON file that is one array
# what a packed file may stand for: so many times its size, and at least so much
TIMES, LEAST = 256, 256 << 20
MOST_WINDOW = 128 << 20  # of a zstd frame (RFC 8878 asks for 8 MiB, `zstd --long` takes this)
SNIFF = 8192
MOST_HEADER = 1 << 20  # characters of the first line of a table
BATCH = 128  # rows of a table at a time: a value that is stored once may stand in each of them
COLUMNS = ("parquet", "arrow")


@dataclass(frozen=True, slots=True)
class Row:
    """A row as read: its number from 1, and its fields; `text` alone for a file that is one document."""

    number: int
    fields: dict[str, Any]
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class NotRead:
    """A row or file that cannot be a document: why, and its number."""

    number: int
    reason: str


class _Counting(io.RawIOBase):
    """A file that hashes and counts what is read from it."""

    def __init__(self, stream: BinaryIO, digest: Any, advance: Callable[[int], None]) -> None:
        self._stream, self._digest, self._advance = stream, digest, advance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raw = self._stream.read(len(buffer))
        buffer[: len(raw)] = raw
        self._digest.update(raw)
        self._advance(len(raw))
        return len(raw)


class Reading:
    """One input while it is read; `sha256` holds once it has been read to its end."""

    def __init__(self, source: Input, encoding: str, advance: Callable[[int], None]) -> None:
        self._input, self._encoding, self._advance = source, encoding, advance
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Digest of the bytes read so far."""
        return self._digest.hexdigest()

    def rows(self) -> Iterator[Row | NotRead]:
        """Every row, and for each that could not be read the reason."""
        try:
            with opened(self._input.uri) as raw:
                stream = io.BufferedReader(_Counting(raw, self._digest, self._advance), 1 << 20)
                yield from Parsing(self._input, self._encoding).rows(stream, lambda: opened(self._input.uri))
                while stream.read(1 << 20):  # what a reader left, so that the digest is that of the file
                    pass
        except OSError as cause:
            yield NotRead(0, _why(cause))


class Parsing:
    """The rows of one input, from its bytes."""

    def __init__(self, source: Input, encoding: str) -> None:
        self._input, self._encoding = source, encoding
        self._most = max(LEAST, TIMES * source.size)

    def rows(self, stream: BinaryIO, opened: Callable[[], Any]) -> Iterator[Row | NotRead]:
        """Every row, and for each that could not be read the reason.

        Args:
            stream: the bytes, one after another.
            opened: the file, for kinds that are read here and there.
        """
        try:
            if self._input.kind in COLUMNS:
                yield from self._columns(opened)
            else:
                yield from self._kind(stream)
        except _errors() as cause:
            yield NotRead(0, _why(cause))

    def _kind(self, stream: BinaryIO) -> Iterator[Row | NotRead]:
        plain = _unpacked(stream, self._input.packing, self._most)
        match self._input.kind:
            case "text" | "html":
                yield from self._whole(plain)
            case "jsonl":
                yield from _json_lines(plain)
            case "json":
                yield from _json(plain)
            case _:
                yield from self._table(plain, "\t" if self._input.kind == "tsv" else "")

    def _whole(self, stream: BinaryIO) -> Iterator[Row | NotRead]:
        raw = stream.read(MOST_LINE + 1)
        if len(raw) > MOST_LINE:
            yield NotRead(1, f"larger than {MOST_LINE >> 20} MiB")
        elif self._input.kind == "html" and raw.strip():
            yield _html(raw)
        elif b"\0" in raw[:SNIFF] and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            yield NotRead(1, "not text: it holds NUL bytes")
        else:
            text, damaged = decoded(raw, self._encoding)
            yield Row(1, {"text": text}, damaged)

    def _table(self, stream: BinaryIO, delimiter: str) -> Iterator[Row | NotRead]:
        csv.field_size_limit(1 << 30)
        encoding = (
            _marked(stream.peek(3)) or self._encoding if isinstance(stream, io.BufferedReader) else self._encoding
        )
        text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
        try:
            first = text.readline(MOST_HEADER)
            lines = itertools.chain([first], text) if first else iter(())
            yield from _csv(csv.DictReader(lines, delimiter=delimiter or _delimiter(first)))
        finally:
            text.detach()  # else it closes the file, of which the rest is still to be hashed

    def _columns(self, opened: Callable[[], Any]) -> Iterator[Row | NotRead]:
        number = unpacked = 0
        with opened() as stream:
            for batch in _batches(stream, self._input.kind):
                batch.validate(full=True)  # a damaged file has offsets that point anywhere, and pyarrow follows them
                unpacked += batch.nbytes
                if unpacked > self._most:
                    raise ValueError(_bomb(self._most))
                for fields in batch.to_pylist():
                    number += 1
                    yield Row(number, fields)


def _delimiter(header: str) -> str:
    """What separates the cells: of the characters in use the one that the first line has most often, unquoted."""
    bare = "".join(header.split('"')[::2])
    return max(",;\t|", key=bare.count)


def _csv(reader: csv.DictReader[str]) -> Iterator[Row | NotRead]:
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as cause:
            yield NotRead(reader.line_num, f"not CSV ({cause})")
            continue
        if row.pop(None, None):
            yield NotRead(reader.line_num, "cells beyond those that the header names are not indexed")
        yield Row(reader.line_num, dict(row), any("\ufffd" in (value or "") for value in row.values()))


def _batches(stream: BinaryIO, kind: str) -> Iterator[Any]:
    if kind == "parquet":
        file = _extra.pyarrow("pyarrow.parquet").ParquetFile(stream, pre_buffer=False)
        yield from file.iter_batches(BATCH, use_threads=False)
        return
    arrow = _extra.pyarrow()
    ipc = _extra.pyarrow("pyarrow.ipc")
    alone = ipc.IpcReadOptions(use_threads=False)
    try:
        reader = ipc.open_stream(stream, options=alone)  # what datasets saves to disk
    except arrow.ArrowInvalid:
        stream.seek(0)
        whole = ipc.open_file(stream, options=alone)
        reader = (whole.get_batch(index) for index in range(whole.num_record_batches))
    for batch in reader:
        for start in range(0, batch.num_rows, BATCH):
            yield batch.slice(start, BATCH)


def opened(uri: str) -> Any:
    """The file at a path or behind a URL, to be read."""
    return _extra.fsspec().open(uri, "rb") if "://" in uri else open(uri, "rb")


class _Bounded(io.RawIOBase):
    """What is unpacked from a file, of which there may be so much and no more."""

    def __init__(self, stream: Any, most: int) -> None:
        self._stream, self._most, self._left = stream, most, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = int(self._stream.readinto(buffer))
        self._left -= count
        if self._left < 0:
            raise ValueError(_bomb(self._most))
        return count


def _bomb(most: int) -> str:
    return f"it unpacks to more than {most >> 20:,} MiB, {TIMES} times its size or more; unpack it before"


def _unpacked(stream: BinaryIO, packing: str, most: int) -> BinaryIO:
    if not packing:
        return stream
    reader: Any
    if packing == "gzip":
        reader = gzip.GzipFile(fileobj=stream)
    else:
        unpacker = _extra.zstandard().ZstdDecompressor(max_window_size=MOST_WINDOW)
        reader = unpacker.stream_reader(stream, read_across_frames=True)
    return io.BufferedReader(_Bounded(reader, most), 1 << 20)


def _why(cause: BaseException) -> str:
    return f"cannot be read on ({type(cause).__name__}: {' '.join(str(cause).split())[:120]})"


def _errors() -> tuple[type[Exception], ...]:
    """What bad input makes readers raise: built-in errors, and those of the libraries that were used."""
    found: list[type[Exception]] = [OSError, EOFError, ValueError, RecursionError, MemoryError, zlib.error]
    if "zstandard" in sys.modules:
        found.append(_extra.zstandard().ZstdError)
    if "pyarrow" in sys.modules:
        found.append(_extra.pyarrow().ArrowException)
    return tuple(found)


def decoded(raw: bytes, encoding: str) -> tuple[str, bool]:
    """Text and whether bytes had to be replaced; a byte order mark overrides `encoding`."""
    encoding = _marked(raw) or encoding
    try:
        return raw.decode(encoding), False
    except UnicodeDecodeError:
        return raw.decode(encoding, "replace"), True


def _marked(raw: bytes) -> str:
    """The encoding that a byte order mark tells, or empty."""
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    return next((name for mark, name in marks if raw.startswith(mark)), "")


def _json_lines(stream: BinaryIO) -> Iterator[Row | NotRead]:
    number = 0
    while line := stream.readline(MOST_LINE):
        number += 1
        if not line.endswith(b"\n") and len(line) == MOST_LINE:
            yield NotRead(number, f"a line longer than {MOST_LINE >> 20} MiB")
            while line and not line.endswith(b"\n"):
                line = stream.readline(1 << 20)
            continue
        if line.isspace():
            continue
        try:
            yield _json_row(number, json.loads(line))
        except (ValueError, RecursionError):
            yield _repaired(number, line)


def _json_row(number: int, value: object) -> Row | NotRead:
    if isinstance(value, str):
        return Row(number, {"text": value})
    return (
        Row(number, value)
        if isinstance(value, dict)
        else NotRead(number, "a row that is neither an object nor a string")
    )


def _repaired(number: int, line: bytes) -> Row | NotRead:
    """A line with bytes that are no UTF-8, read with these replaced; else not JSON."""
    try:
        row = _json_row(number, json.loads(line.decode("utf-8", "replace")))
    except (ValueError, RecursionError):
        return NotRead(number, "not JSON")
    return row if isinstance(row, NotRead) else replace(row, damaged=True)


def _json(stream: BinaryIO) -> Iterator[Row | NotRead]:
    """A JSON file: an array of rows, one object, or JSON lines under another name."""
    head = b""
    while not head.strip() and (more := stream.readline(MOST_JSON)):
        head = more
    if _is_row(head):
        yield from _json_lines(io.BufferedReader(_Chained(head, stream)))
        return
    raw = head + stream.read(MOST_JSON)
    if len(raw) >= MOST_JSON:
        yield NotRead(0, f"one JSON value larger than {MOST_JSON >> 20} MiB; save it as JSON lines")
        return
    value = json.loads(raw) if raw.strip() else []
    for number, row in enumerate(value if isinstance(value, list) else [value], 1):
        yield _json_row(number, row)


def _is_row(line: bytes) -> bool:
    """Whether a line is a whole row, as in JSON lines."""
    try:
        return isinstance(json.loads(line), dict | str)
    except (ValueError, RecursionError):
        return False


class _Chained(io.RawIOBase):
    """`head`, then the rest of `stream`."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head, self._stream = head, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raw = self._head[: len(buffer)] if self._head else self._stream.read(len(buffer))
        self._head = self._head[len(raw) :]
        buffer[: len(raw)] = raw
        return len(raw)


def _html(raw: bytes) -> Row | NotRead:
    """The text of a page, without scripts and styles, and its title."""
    library = _extra.lxml_html()
    from lxml.etree import LxmlError

    encoding = None if decoded(raw, "utf-8")[1] else "utf-8"  # else what the page declares
    parser = library.HTMLParser(
        huge_tree=False, remove_comments=True, remove_pis=True, no_network=True, encoding=encoding
    )
    try:
        root = library.document_fromstring(raw, parser=parser)
    except (LxmlError, ValueError) as cause:
        return NotRead(1, f"not HTML ({str(cause)[:80]})")
    for gone in root.xpath("//script|//style|//noscript|//template"):
        gone.drop_tree()
    title = root.findtext(".//title") or ""
    body = root.find("body")
    pieces: list[str] = []
    for element in (body if body is not None else root).iter():
        if element.tag in _BREAKS:
            pieces.append("\n")
        pieces.append(element.text or "")
        if element.tail:
            pieces.append(f"\n{element.tail}" if element.tag in _BREAKS else element.tail)
    lines = (" ".join(line.split()) if "\t" not in line else line.rstrip() for line in "".join(pieces).split("\n"))
    text = "\n".join(line for line in lines if line)
    return Row(1, {"text": text, "title": " ".join(title.split())[:300]}, "\ufffd" in text)


_BREAKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
