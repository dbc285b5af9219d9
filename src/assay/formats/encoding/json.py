"""JSON from a hostile file: UTF-8 only, no duplicate keys, no NaN, bounded depth and digits."""

from __future__ import annotations

import json
import re
import sys
from itertools import accumulate
from typing import Any

from assay.errors import Malformed
from assay.formats.window import Window
from assay.lazy import regex

MOST = 64 * 1024 * 1024
# Levels that Python's parser is given in a browser, whose stack it would overrun; elsewhere the interpreter stops it.
MOST_NESTED = 900
_TEXTS = regex(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_COMMENT = regex(rb'("[^"\\]*(?:\\.[^"\\]*)*"?)|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_COMMA = regex(rb'("[^"\\]*(?:\\.[^"\\]*)*"?)|,(?=\s*[\]}])', re.DOTALL)
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_REST = bytes(set(range(256)) - set(b"[{]}"))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Malformed(f"key {twice[:80]!r} appears twice in one object, and readers differ on which one counts")
    return built


def _constant(name: str) -> Any:
    raise Malformed(f"{name} is not JSON")


def document(raw: bytes, at: int = 0, *, constants: bool = False) -> Any:
    """The value that `raw` encodes; `at` is its offset in the artifact, for error messages.

    With `constants`, NaN and Infinity are numbers, as Python's json writes them; in a header they are an error.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise Malformed("JSON is not UTF-8", at=at + cause.start) from cause
    if sys.platform == "emscripten" and nesting(raw) > MOST_NESTED:
        raise Malformed("JSON is nested deeper than assay follows", at=at)
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=float if constants else _constant)
    except json.JSONDecodeError as cause:
        raise Malformed(f"not JSON ({cause.msg})", at=at + len(text[: cause.pos].encode())) from cause
    except RecursionError as cause:
        raise Malformed("JSON is nested deeper than assay follows", at=at) from cause
    except ValueError as cause:  # an integer of more digits than Python converts
        raise Malformed("JSON holds a number with too many digits", at=at) from cause


def lenient(raw: bytes) -> bytes:
    """JSON without comments and commas before an end, as editors and compilers take in files of settings."""
    plain = _COMMENT.sub(lambda found: found[1] or b" ", raw)
    return _COMMA.sub(lambda found: found[1] or b"", plain)


def nesting(raw: bytes) -> int:
    """How deep arrays and objects lie in each other at most, or a number that is not less and below MOST_NESTED."""
    most = raw.count(b"[") + raw.count(b"{")
    if most < MOST_NESTED:
        return most
    steps = _TEXTS.sub(b"", raw).translate(_STEPS, _REST)
    return max(accumulate(memoryview(steps).cast("b")), default=0)


def mapping(window: Window) -> dict[str, Any]:
    """The whole artifact as one JSON object."""
    if window.size > MOST:
        raise Malformed(
            "JSON config larger than assay reads", expected=f"at most {MOST:,} bytes", got=f"{window.size:,}"
        )
    raw = window.read(0, window.size).removeprefix(b"\xef\xbb\xbf")
    value = document(raw)
    if not isinstance(value, dict):
        raise Malformed("JSON config is not an object", expected="{...}", got=type(value).__name__)
    return value


def integer(value: object) -> int | None:
    """`value` if it is an integer (a bool is not), else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(value: object) -> float | None:
    """`value` as a float if it is a finite number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        return None
    return float(value)


def boolean(value: object) -> bool | None:
    """`value` if it is a bool, else None."""
    return value if isinstance(value, bool) else None


def text(value: object) -> str | None:
    """`value` if it is a string, cut at 4,096 characters, else None."""
    return value[:4096] if isinstance(value, str) else None


def texts(value: object) -> tuple[str, ...]:
    """The strings in a list of strings, or the one string; anything else gives nothing."""
    if isinstance(value, str):
        return (value[:4096],)
    return tuple(entry[:4096] for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()
