"""Flax parameters in MessagePack (msgpack.org specification): every byte accounted for, extension types named."""

from __future__ import annotations

import io
from collections.abc import Iterator

from assay.errors import InputError, LimitExceeded, Malformed, Truncated
from assay.facts.structure import Aspect, Contents, Flaw, FlawKind, Hook, HookKind
from assay.formats import Format
from assay.formats.window import Window

MAX_VALUES = 20_000_000
MAX_DEPTH = 500
_FLAX = {1, 2, 3}  # flax/serialization.py: array, complex number, scalar
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


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield extension types that Flax does not have, pickles among the values, and bytes after the end."""
    from assay.formats.container.nest import contained, part

    found = end = count = 0
    for kind, at, start, size in _values(window):
        end, count = start + size, count + 1
        if kind == "extension" and (code := window.read(start - 1, 1)[0]) not in _FLAX:
            yield Hook(
                artifact,
                HookKind.OPERATOR,
                "Flax",
                f"byte {at}",
                f"extension {code}",
                f"a value of extension type {code}, which Flax does not have",
                False,
                at,
            )
        elif (
            kind == "bytes"
            and size > 2
            and found < 100
            and window.read(start, 1) == b"\x80"
            and window.read(start + 1, 1)[0] <= 5
            and window.read(start + size - 1, 1) == b"."
        ):
            found += 1
            yield from contained(artifact, f"bytes at {start}.pkl", part(window, start, start + size))
    yield Contents(artifact, FORMAT.id, count)
    if end < window.size:
        yield Flaw(artifact, FlawKind.HIDDEN, f"{window.size - end:,} bytes follow the value, from byte {end:,}", end)


def _values(window: Window) -> Iterator[tuple[str, int, int, int]]:
    """(kind, offset, offset and size of the payload) of each value, the containers' entries after them."""
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
        yield kind, at, start, size
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
        return "container", after + width, 0, each * number(width)
    raise Malformed("not a MessagePack value", at=at, expected="a type byte", got=f"0x{code:02x}")


_KEYS = 3  # keys looked at: three of one kind are no accident
_UNNAMED = (".bin", ".msg", ".mpk", ".mp")


def _packed(name: str, head: bytes) -> bool:
    """Whether an unknown name stands for MessagePack, by a map that begins with keys of one kind, as spaCy writes."""
    if ("." in name and not name.endswith(_UNNAMED)) or not head:
        return False
    if len(head) == 1:
        return head in (b"\x80", b"\x90")  # an empty map or array
    if not 0x81 <= head[0] < 0x90 and head[0] not in (0xDE, 0xDF):
        return False
    window = Window(io.BytesIO(head))
    values = _values(window)
    keys: list[bool] = []
    try:
        entries = _head(window, 0)[3] // 2
        next(values)
        while len(keys) < min(entries, _KEYS):
            kind, at, start, size = next(values)
            if kind == "text" or (0xA0 <= head[at] < 0xC0):
                keys.append(head[start : start + size].decode().isprintable() and size > 0)
            elif head[at] == 0xCF:
                keys.append(True)
            else:
                return False
            if not keys[-1]:
                return False
            _, at, start, size = next(values)
            if _head(window, at)[3]:
                return True  # a container as value of a sound key
    except UnicodeDecodeError:
        return False
    except (InputError, StopIteration):
        return bool(keys)  # the rest lies behind the bytes that are looked at
    return bool(keys)


FORMAT = Format(
    "msgpack",
    "MessagePack (Flax parameters, spaCy)",
    read,
    names=("*.msgpack",),
    needs=("assay.formats.container.every",),
    guess=_packed,
    examines=(Aspect.LAYOUT, Aspect.PICKLES, Aspect.OPERATORS),
    gaps=(Aspect.TENSORS, Aspect.VALUES),
)
