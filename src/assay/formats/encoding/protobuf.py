"""Protocol buffers as bytes on the wire (protobuf.dev, "Encoding"): one message's fields at a time, none decoded ahead.

A message of gigabytes costs its tags: what is length-delimited is stepped over unless somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import LimitExceeded, Malformed, Truncated
from assay.formats.window import Window
from assay.lazy import dataclass

MAX_FIELDS = 20_000_000
MAX_TEXT = 65_536


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its number, its varint or fixed value, and for length-delimited ones where the bytes lie."""

    number: int
    value: int
    start: int
    stop: int


class Messages:
    """Messages of one artifact, with a bound on how many fields are read in all."""

    def __init__(self, window: Window) -> None:
        self._window, self._left = window, MAX_FIELDS

    def fields(self, start: int, stop: int) -> Iterator[Field]:
        """The fields of the message in bytes [start, stop)."""
        at = start
        while at < stop:
            self._left -= 1
            if self._left < 0:
                raise LimitExceeded(
                    "message has more fields than assay reads", at=at, expected=f"at most {MAX_FIELDS:,}", got="more"
                )
            begin = at
            tag, at = self._varint(at, stop)
            number, wire = tag >> 3, tag & 7
            value, first, last = 0, at, at
            if wire == 0:
                value, at = self._varint(at, stop)
            elif wire in (1, 5):
                width = 8 if wire == 1 else 4
                if width > stop - at:
                    raise Truncated("field runs past its message", at=at)
                value, at = int.from_bytes(self._window.read(at, width), "little"), at + width
            elif wire == 2:
                size, first = self._varint(at, stop)
                last = at = first + size
                if size > stop - first:
                    raise Truncated(
                        "field runs past its message", at=first, expected=f"{size:,} bytes", got=f"{stop - first:,}"
                    )
            else:
                raise Malformed(
                    "field has a wire type that is no longer used", at=begin, expected="0, 1, 2 or 5", got=wire
                )
            if number == 0:
                raise Malformed("field has the number 0", at=begin)
            yield Field(number, value, first, last)

    def text(self, field: Field) -> str:
        """A text field, cut at 65,536 bytes."""
        return self._window.read(field.start, min(field.stop - field.start, MAX_TEXT)).decode(
            "utf-8", "backslashreplace"
        )

    def numbers(self, field: Field) -> Iterator[int]:
        """The numbers of a repeated varint field, one by one or packed."""
        if field.start == field.stop:
            yield field.value
            return
        at = field.start
        while at < field.stop:
            self._left -= 1
            if self._left < 0:
                raise LimitExceeded("message has more numbers than assay reads", at=at)
            value, at = self._varint(at, field.stop)
            yield value

    def inner(self, field: Field) -> Iterator[Field]:
        """The fields of a field that is a message."""
        return self.fields(field.start, field.stop)

    def _varint(self, at: int, stop: int) -> tuple[int, int]:
        raw = self._window.rest(at, min(10, stop - at))
        value = 0
        for rank, byte in enumerate(raw):
            value |= (byte & 0x7F) << (7 * rank)
            if byte < 0x80:
                return value, at + rank + 1
        raise Malformed("number has no end", at=at) if len(raw) == 10 else Truncated("number is cut off", at=at)
