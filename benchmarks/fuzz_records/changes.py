"""How an input becomes another: by the grammar it is written in, now and then by its bytes."""

from __future__ import annotations

import json
import struct
from random import Random
from typing import Any

from benchmarks.fuzz import mutated

_TEXTS = (
    *("", " ", "x", "../x", "a/b", "\ud800", "\u202ex", "\x1b[31mx", "\0", "<script>", "]]>", "`|`", "{{ x }}", "\n"),
    *("0" * 64, "f" * 16, "nan", "1e999", "2026-02-30", "9999-12-31", "hf://a/b", "sha256", "a > b", "%s", "x" * 5000),
)
_NUMBERS = (0, 1, -1, 2**31, 2**63, 2**64, 10**30, 10**308, 10**320)
_FLOATS = (0.0, -0.0, -1.5, 5e-324, 1e308, float("nan"), float("inf"))
_OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], {"": {}}, 7, "x", 1.5)
_TOML = (
    *(b"[]", b"{}", b"1", b"-1", b"1.5", b"nan", b"inf", b"true", b'""', b'"x"', b"[1]", b'["*"]', b'["nothing.*"]'),
    *(b"2027-02-30", b"10000-01-01", b"2027-01-01T00:00:00Z", b"12:00:00", b"9" * 5000, b"[" * 5000, b"{a=" * 3000),
    *(b'"\\uD800"', b'"\\u0000"', b'"""\n"""', b"'\xff'", b'"../x"', b'"x" "y"', b"{a = 1, a = 2}"),
)
_LENGTH = struct.Struct("<I")  # before each message of a worker
_RAW = 0.1  # the share of inputs whose bytes are changed too


def in_json(raw: bytes, other: bytes, dice: Random) -> bytes:
    """JSON with a few values changed."""
    try:
        changed = json.dumps(_altered(json.loads(raw), dice)).encode()
    except (ValueError, RecursionError):  # bytes were changed before
        return mutated(raw, other, dice)
    return mutated(changed, other, dice) if dice.random() < _RAW else changed


def in_lines(raw: bytes, other: bytes, dice: Random) -> bytes:
    """Lines of JSON: one changed, or lines left out, doubled and moved."""
    rows = raw.split(b"\n")
    place = dice.randrange(len(rows))
    match dice.randrange(6):
        case 0:
            del rows[place]
        case 1:
            rows.insert(place, dice.choice(rows))
        case 2:
            rows[place] = dice.choice(other.split(b"\n"))
        case _:
            rows[place] = in_json(rows[place], other, dice)
    return b"\n".join(rows)


def in_toml(raw: bytes, other: bytes, dice: Random) -> bytes:
    """TOML with the value of a key, or a line, changed."""
    rows = raw.split(b"\n")
    place = dice.randrange(len(rows))
    if b"=" in rows[place] and dice.random() < 0.7:
        rows[place] = rows[place].partition(b"=")[0] + b"= " + dice.choice(_TOML)
    else:
        rows[place] = dice.choice((b"", rows[place] * 2, dice.choice(rows), b"[x]", b"[[waiver]]", b"[block.x]"))
    changed = b"\n".join(rows)
    return mutated(changed, other, dice) if dice.random() < 3 * _RAW else changed


def in_frames(raw: bytes, other: bytes, dice: Random) -> bytes:
    """Messages, each after its length: one changed, left out, doubled or exchanged."""
    rows = _frames(raw)
    if not rows or dice.random() < _RAW:
        return mutated(raw, other, dice)
    place = dice.randrange(len(rows))
    match dice.randrange(8):
        case 0:
            del rows[place]
        case 1:
            rows.insert(place, dice.choice(rows))
        case 2:
            rows[place:place] = _frames(other)[:1]
        case _:
            rows[place] = in_json(rows[place], other, dice)
    return b"".join(_LENGTH.pack(len(row)) + row for row in rows)


def _frames(raw: bytes) -> list[bytes]:
    """The messages that are whole."""
    rows = []
    while len(raw) >= _LENGTH.size:
        (length,) = _LENGTH.unpack_from(raw)
        raw = raw[_LENGTH.size :]
        rows.append(raw[:length])
        raw = raw[length:]
    return rows


def _altered(value: Any, dice: Random) -> Any:
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        value = _part(value, dice)
    return value


def _part(value: Any, dice: Random, depth: int = 0) -> Any:
    """A JSON value with one part changed: any part as likely to be reached, from the top down."""
    if isinstance(value, dict | list) and value and dice.random() < 0.93 - 0.02 * depth:
        copy = value.copy()
        place = dice.choice(list(copy) if isinstance(copy, dict) else range(len(copy)))
        copy[place] = _part(copy[place], dice, depth + 1)
        return copy
    if isinstance(value, list) and value and dice.random() < 0.7:
        return _of_list(value, dice)
    if isinstance(value, dict) and value and dice.random() < 0.7:
        gone = dice.choice(list(value))
        return {key: row for key, row in value.items() if key != gone} | ({"more": 1} if dice.random() < 0.2 else {})
    return dice.choice(_OTHERS) if dice.random() < 0.1 else _of_scalar(value, dice)


def _of_list(value: list[Any], dice: Random) -> list[Any]:
    match dice.randrange(4):
        case 0:
            return [*value, dice.choice(value)]
        case 1:
            return value[::-1]
        case 2:
            return value[: dice.randrange(len(value))]
        case _:
            return value * 50 if len(value) < 50 else value[:1]


def _of_scalar(value: Any, dice: Random) -> Any:
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, str):
        return dice.choice((*_TEXTS, value[::-1], value + "x", value.upper()))
    if isinstance(value, int):
        return dice.choice((*_NUMBERS, value + 1, -value))
    return dice.choice((*_FLOATS, *_NUMBERS)) if isinstance(value, float) else dice.choice(_OTHERS)
