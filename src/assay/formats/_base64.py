"""Pickles in the text of a file: in base64 in a value of JSON or YAML, a line of a program, a cell of a notebook.

And those kept as they are, or in base64, among the values that describe weights. Nothing unpickles them by itself;
whoever reads the text may, as callbacks and tokenizers kept in settings are, and arguments of a policy in attributes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from assay.errors import InputError, LimitExceeded
from assay.facts.program import PickleProgram
from assay.formats.encoding.base64 import base64_bytes
from assay.formats.pickle.opening import Opening, opening, opens
from assay.formats.window import Window
from assay.lazy import dataclass

MAX_TRIES = 1_000  # texts of one file that are looked at as pickles
MAX_BYTES, LONGEST = 8 << 20, 1 << 20  # characters of them together, and of one
MAX_LINES = 10_000  # of base64 that leave open whether they begin a pickle, and are looked at with those that follow
_BLOCK = 1 << 20
_HEAD = 1_024  # characters by which a pickle is told
LEAST = 16  # characters of the shortest that may import anything
# the first characters for the opcodes PROTO (of 0 to 5), GLOBAL and MARK, in both alphabets (RFC 4648, tables 1 and 2)
_START = rb"(?<![A-Za-z0-9+/_=-])(?:gA[A-X]|Y[w-z0-9+/_-]|K[A-P])[A-Za-z0-9+/_-]{13,}"
# lines of it are broken as it is written in YAML and mail, also by a JSON escape; JSON may write a stroke as \/
_LINE = rb"[A-Za-z0-9+/_\s\\-]+"
_BREAK = rb"\s|\\[nrt]|\\(?=/)"
_MORE = "text with more in base64 that may be pickles than assay follows"


@dataclass(slots=True)
class _Left:
    """What may still be looked at in one file."""

    tries: int
    size: int
    lines: int


def pickles(artifact: str, window: Window) -> Iterator[PickleProgram]:
    """The program of each in base64 that imports something.

    LimitExceeded: there are more than assay looks at.
    """
    yield from _found(artifact, "", window, _Left(MAX_TRIES, MAX_BYTES, MAX_LINES))


def promising(value: bytes) -> bool:
    """Whether there may be a pickle in bytes, at their beginning or in base64: tells nearly all that hold none."""
    return len(value) >= LEAST and (opens(value[:_HEAD]) or re.search(_START, value) is not None)


class Values:
    """Looks for pickles in the values that describe weights, one after the other, within one bound for all."""

    def __init__(self, artifact: str) -> None:
        """Nothing is looked at yet."""
        self._artifact, self._left = artifact, _Left(MAX_TRIES, MAX_BYTES, MAX_LINES)

    def inside(self, name: str, value: bytes | str) -> Iterator[PickleProgram]:
        """The program of each pickle that this value is, or that stands in it in base64, and that imports something.

        LimitExceeded: there are more than assay looks at.
        """
        raw = _bytes(value) if isinstance(value, str) else value
        if promising(raw):
            yield from self.within(name, Window(io.BytesIO(raw)))

    def within(self, name: str, value: Window) -> Iterator[PickleProgram]:
        """As `inside`, of a value where it lies."""
        if opens(value.rest(0, _HEAD)):
            _take(self._left, min(value.size, LONGEST), 0)
            raw = value.rest(0, LONGEST)
            yield from _programs(self._artifact, name, 0, raw, len(raw) < value.size)
        yield from _found(self._artifact, name, value, self._left)


def _bytes(value: str) -> bytes:
    """The bytes of a text, also of one that keeps a byte in each letter."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "backslashreplace")


def _found(artifact: str, inside: str, window: Window, left: _Left) -> Iterator[PickleProgram]:
    at = 0
    while at < window.size:
        before = min(at, 1)
        block = window.rest(at - before, before + _BLOCK + LEAST)
        for match in re.finditer(_START, block):
            start = at - before + match.start()
            if not at <= start < at + _BLOCK or not _begins(window, start, match[0][:_HEAD], left):
                continue
            raw, cut = _read(window, start, LONGEST)
            _take(left, len(raw) * 4 // 3, start)
            yield from _programs(artifact, ", ".join(filter(None, (inside, f"base64 at {start:,}"))), start, raw, cut)
        at += _BLOCK


def _begins(window: Window, at: int, line: bytes, left: _Left) -> bool:
    """Whether the base64 at a place begins a pickle: by its own line, and by those after it where that is too short.

    So every character is looked at once, but for those of a few lines.
    """
    found = opening(base64_bytes(line))
    if found is not Opening.UNDECIDED:
        return found is Opening.PICKLE
    if len(line) == _HEAD:
        return False
    left.lines -= 1
    if left.lines < 0:
        raise LimitExceeded(_MORE, at=at)
    return opening(_read(window, at, _HEAD)[0]) is Opening.PICKLE


def _take(left: _Left, size: int, at: int) -> None:
    left.tries, left.size = left.tries - 1, left.size - size
    if left.tries < 0 or left.size <= 0:
        raise LimitExceeded(_MORE, at=at)


def _programs(artifact: str, member: str, at: int, raw: bytes, cut: bool) -> Iterator[PickleProgram]:
    from assay.formats.pickle.follow import alone, follow

    try:
        found = follow(Window(io.BytesIO(raw)), artifact, member, 0, len(raw))
    except LimitExceeded:
        raise
    except InputError:
        if cut:
            raise LimitExceeded("text with a longer pickle than assay follows", at=at) from None
        return
    if found.program.imports or found.program.tampers:
        yield from alone(found)


def _read(window: Window, at: int, most: int) -> tuple[bytes, bool]:
    """What the base64 from byte `at` stands for, its breaks left out, and whether it goes on beyond `most`."""
    found = re.match(_LINE, window.rest(at, most))
    text = found[0] if found else b""
    return base64_bytes(re.sub(_BREAK, b"", text)), len(text) == most
