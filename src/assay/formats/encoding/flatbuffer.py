"""FlatBuffers read in place (flatbuffers.dev, "FlatBuffer Internals"): tables, vectors, texts, each offset checked."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from assay.errors import Malformed
from assay.formats.window import Window

MAX_VECTOR = 1_000_000
MAX_TEXT = 4096
_U32, _I32, _U16 = struct.Struct("<I"), struct.Struct("<i"), struct.Struct("<H")


class Table:
    """A table at an offset: fields by their number in the schema, counted from 0."""

    def __init__(self, window: Window, at: int) -> None:
        self._window, self.at = window, at
        self._vtable = at - window.unpack(_I32, at)[0]
        if self._vtable < 0 or self._vtable + 4 > window.size:
            raise Malformed("table points to no description of its fields", at=at)
        (self._length,) = window.unpack(_U16, self._vtable)

    def offset(self, number: int) -> int | None:
        """Where field `number` lies, or None if the table has no such field."""
        slot = 4 + 2 * number
        if slot + 2 > self._length:
            return None
        (offset,) = self._window.unpack(_U16, self._vtable + slot)
        return self.at + offset if offset else None

    def integer(self, number: int, layout: str = "<i") -> int:
        """A number field; 0 if absent."""
        at = self.offset(number)
        return 0 if at is None else self._window.unpack(struct.Struct(layout), at)[0]

    def text(self, number: int) -> str:
        """A text field, cut at 4,096 bytes; empty if absent."""
        at = self.offset(number)
        if at is None:
            return ""
        start = at + self._window.unpack(_U32, at)[0]
        (size,) = self._window.unpack(_U32, start)
        return self._window.read(start + 4, min(size, MAX_TEXT)).decode("utf-8", "backslashreplace")

    def tables(self, number: int) -> Iterator[Table]:
        """The tables of a vector field, in order."""
        at = self.offset(number)
        if at is None:
            return
        start = at + self._window.unpack(_U32, at)[0]
        (count,) = self._window.unpack(_U32, start)
        if count > MAX_VECTOR or 4 * count > self._window.size - start:
            raise Malformed(
                "vector runs past the end",
                at=start,
                expected=f"at most {max(0, self._window.size - start) // 4:,} entries",
                got=f"{count:,}",
            )
        for at in range(start + 4, start + 4 + 4 * count, 4):
            yield Table(self._window, at + self._window.unpack(_U32, at)[0])


def root(window: Window) -> Table:
    """The table that the file is about."""
    return Table(window, window.unpack(_U32, 0)[0])
