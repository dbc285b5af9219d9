"""MessagePack (msgpack.org specification): values one after another, each bounded by the bytes that are left."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import LimitExceeded, Malformed, Truncated
from assay.formats.window import Window

MAX_VALUES = 20_000_000
MAX_DEPTH = 500
_FIXED = {
    0xC0: 0,
    0xC2: 0,
    0xC3: 0,
    0xCA: 4,
    0xCB: 8,
    0xCC: 1,
    0xCD: 2,
    0xCE: 4,
    0xCF: 8,
    0xD0: 1,
    0xD1: 2,
    0xD2: 4,
    0xD3: 8,
}
_SIZED = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_EXTENSION = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_MANY = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}


def values(window: Window) -> Iterator[tuple[str, int, int, int, int]]:
    """(kind, offset, offset and size of the payload, entries) of each value, the entries of containers after them."""
    at, left, read_ = 0, [1], 0
    while left:
        if left[-1] == 0:
            left.pop()
            continue
        left[-1] -= 1
        read_ += 1
        if read_ > MAX_VALUES or len(left) > MAX_DEPTH:
            raise LimitExceeded("more values, or deeper nested, than assay reads", at=at)
        kind, start, size, entries = _head(window, at)
        if size > window.size - start:
            raise Truncated(
                "value runs past the end", at=at, expected=f"{size:,} bytes", got=f"{window.size - start:,}"
            )
        yield kind, at, start, size, entries
        at = start + size
        if entries:
            if entries > window.size - at:
                raise Truncated(
                    "container has more entries than bytes are left",
                    at=at,
                    expected=f"at most {window.size - at:,}",
                    got=f"{entries:,}",
                )
            left.append(entries)


def _head(window: Window, at: int) -> tuple[str, int, int, int]:
    code = window.read(at, 1)[0]
    after = at + 1

    def number(width: int) -> int:
        return int.from_bytes(window.read(after, width), "big")

    if code < 0x80 or code >= 0xE0:
        return "number", after, 0, 0
    if code < 0x90:
        return "map", after, 0, 2 * (code & 15)
    if code < 0xA0:
        return "array", after, 0, code & 15
    if code < 0xC0:
        return "text", after, code & 31, 0
    if code in _FIXED:
        return "number", after, _FIXED[code], 0
    if code in _SIZED:
        return ("bytes" if code < 0xC7 else "text"), after + _SIZED[code], number(_SIZED[code]), 0
    if code in _EXTENSION:
        return "extension", after + _EXTENSION[code] + 1, number(_EXTENSION[code]), 0
    if 0xD4 <= code <= 0xD8:
        return "extension", after + 1, 1 << (code - 0xD4), 0
    if code in _MANY:
        width, each = _MANY[code]
        return "map" if each == 2 else "array", after + width, 0, each * number(width)
    raise Malformed("not a MessagePack value", at=at, expected="a type byte", got=f"0x{code:02x}")
