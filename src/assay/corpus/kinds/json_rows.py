"""JSON: lines of it, or one array or object."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from assay.corpus.inputs import Input
from assay.corpus.row import NotRead, Row

MOST_LINE = 256 << 20  # bytes of one line
MOST_JSON = 256 << 20  # bytes of a JSON file that is one array


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """Rows; JSON is UTF-8, whatever `encoding` says of texts."""
    return _lines(stream) if source.kind == "jsonl" else _file(stream)


def _lines(stream: BinaryIO) -> Iterator[Row | NotRead]:
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


def _file(stream: BinaryIO) -> Iterator[Row | NotRead]:
    """A JSON file: an array of rows, one object, or JSON lines under another name."""
    head = b""
    while not head.strip() and (more := stream.readline(MOST_JSON)):
        head = more
    if _is_row(head):
        yield from _lines(io.BufferedReader(_Chained(head, stream)))
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
