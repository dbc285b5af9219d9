"""FlatBuffers read in place (flatbuffers.dev, "FlatBuffer Internals"): tables, vectors, texts, each offset checked."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from assay.errors import LimitExceeded, Malformed, Truncated
from assay.formats.window import Window

MAX_VECTOR = 1_000_000
MAX_TABLES = 5_000_000  # visited in one file: vectors may share their entries, so the file's size is no bound
MAX_TEXT = 4096
_U32, _I32, _U16 = struct.Struct("<I"), struct.Struct("<i"), struct.Struct("<H")


class Table:
    """A table at an offset: fields by their number in the schema, counted from 0."""

    __slots__ = ("_left", "_length", "_size", "_vtable", "_window", "at")

    def __init__(self, window: Window, at: int, left: list[int]) -> None:
        self._window, self.at, self._left = window, at, left
        left[0] -= 1
        if left[0] < 0:
            raise LimitExceeded("file with more tables than assay follows", at=at, expected=f"at most {MAX_TABLES:,}")
        self._vtable = at - window.unpack(_I32, at)[0]
        if self._vtable < 0 or self._vtable + 4 > window.size:
            raise Malformed("table points to no description of its fields", at=at)
        (self._length,) = window.unpack(_U16, self._vtable)
        (self._size,) = window.unpack(_U16, self._vtable + 2)
        if self._length < 4 or self._length % 2 or self._vtable + self._length > window.size or self._size < 4:
            raise Malformed("table has a description of its fields that is none", at=self._vtable)
        if self._size > window.size - at:
            raise Truncated(
                "table runs past the end", at=at, expected=f"{self._size:,} bytes", got=f"{window.size - at:,}"
            )

    def offset(self, number: int) -> int | None:
        """Where field `number` lies, or None if the table has no such field."""
        slot = 4 + 2 * number
        if slot + 2 > self._length:
            return None
        (offset,) = self._window.unpack(_U16, self._vtable + slot)
        if offset >= self._size:
            raise Malformed("field lies outside its table", at=self.at, expected=f"below {self._size:,}", got=offset)
        return self.at + offset if offset else None

    def integer(self, number: int, layout: str = "<i", default: int = 0) -> int:
        """A number field; `default` if absent."""
        at = self.offset(number)
        return default if at is None else self._window.unpack(struct.Struct(layout), at)[0]

    def text(self, number: int) -> str:
        """A text field, cut at 4,096 bytes; empty if absent."""
        start, count = self.vector(number, 1, 1 << 62)
        return self._window.read(start, min(count, MAX_TEXT)).decode("utf-8", "backslashreplace")

    def table(self, number: int) -> Table | None:
        """The table of a field, or None if absent."""
        at = self.offset(number)
        return None if at is None else Table(self._window, at + self._window.unpack(_U32, at)[0], self._left)

    def vector(self, number: int, width: int, most: int = MAX_VECTOR) -> tuple[int, int]:
        """(offset of the first entry, count) of a vector field of entries of `width` bytes; (0, 0) if absent."""
        at = self.offset(number)
        if at is None:
            return 0, 0
        start = at + self._window.unpack(_U32, at)[0]
        (count,) = self._window.unpack(_U32, start)
        room = max(0, self._window.size - start - 4) // width
        if count > room:
            raise Malformed(
                "vector runs past the end", at=start, expected=f"at most {room:,} entries", got=f"{count:,}"
            )
        if count > most:
            raise LimitExceeded(
                "vector of more entries than assay reads", at=start, expected=f"at most {most:,}", got=f"{count:,}"
            )
        return start + 4, count

    def numbers(self, number: int, letter: str = "i") -> tuple[int, ...]:
        """The whole numbers of a vector field, by their letter in `struct`."""
        start, count = self.vector(number, struct.calcsize(letter))
        self._left[0] -= count // 64
        return self._window.unpack(struct.Struct(f"<{count}{letter}"), start)

    def tables(self, number: int) -> Iterator[Table]:
        """The tables of a vector field, in order."""
        start, count = self.vector(number, 4)
        for at in range(start, start + 4 * count, 4):
            yield Table(self._window, at + self._window.unpack(_U32, at)[0], self._left)


def root(window: Window, identifier: bytes, what: str) -> Table:
    """The table that the file is about; Malformed if the file is not `what`, whose identifier stands at byte 4."""
    if window.rest(4, 4) != identifier:
        raise Malformed(
            f"not {what}", at=4, expected=f"the identifier {identifier.decode()!r}", got=repr(window.rest(4, 4))
        )
    return Table(window, window.unpack(_U32, 0)[0], [MAX_TABLES])
