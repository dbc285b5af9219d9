"""Pickles in base64 in the text of a file: in a value of JSON or YAML, a line of a program, a cell of a notebook.

Nothing unpickles them by itself; whoever reads the text may, as callbacks and tokenizers kept in settings are.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterator

from assay.errors import InputError, LimitExceeded
from assay.facts.program import PickleProgram
from assay.formats.pickle.opening import Opening, opening
from assay.formats.window import Window

MAX_TRIES = 1_000  # texts of one file that are looked at as pickles
MAX_BYTES, LONGEST = 8 << 20, 1 << 20  # characters of them together, and of one
_BLOCK = 1 << 20
_HEAD = 1_024  # characters by which a pickle is told
_LEAST = 16  # characters of the shortest that may import anything
# the first characters for the opcodes PROTO (of 0 to 5), GLOBAL and MARK, in both alphabets (RFC 4648, tables 1 and 2)
_START = rb"(?<![A-Za-z0-9+/_=-])(?:gA[A-X]|Y[w-z0-9+/_-]|K[A-P])[A-Za-z0-9+/_-]{13,}"
# lines of it are broken as it is written in YAML and mail, also by a JSON escape; JSON may write a stroke as \/
_LINE = rb"[A-Za-z0-9+/_\s\\-]+"
_BREAK = rb"\s|\\[nrt]|\\(?=/)"


def pickles(artifact: str, window: Window) -> Iterator[PickleProgram]:
    """The program of each that imports something.

    LimitExceeded: there are more than assay looks at.
    """
    at, tries, left = 0, MAX_TRIES, MAX_BYTES
    while at < window.size:
        before = min(at, 1)
        block = window.rest(at - before, before + _BLOCK + _LEAST)
        for match in re.finditer(_START, block):
            start = at - before + match.start()
            if not at <= start < at + _BLOCK or opening(_read(window, start, _HEAD)[0]) is not Opening.PICKLE:
                continue
            raw, cut = _read(window, start, LONGEST)
            tries, left = tries - 1, left - len(raw) * 4 // 3
            if tries < 0 or left <= 0:
                raise LimitExceeded("text with more in base64 that may be pickles than assay follows", at=start)
            yield from _programs(artifact, start, raw, cut)
        at += _BLOCK


def _programs(artifact: str, at: int, raw: bytes, cut: bool) -> Iterator[PickleProgram]:
    from assay.formats.pickle.follow import alone, follow

    try:
        found = follow(Window(io.BytesIO(raw)), artifact, f"base64 at {at:,}", 0, len(raw))
    except LimitExceeded:
        raise
    except InputError:
        if cut:
            raise LimitExceeded("text with a longer pickle in base64 than assay follows", at=at) from None
        return
    if found.program.imports or found.program.tampers:
        yield from alone(found)


def _read(window: Window, at: int, most: int) -> tuple[bytes, bool]:
    """What the base64 from byte `at` stands for, its breaks left out, and whether it goes on beyond `most`."""
    found = re.match(_LINE, window.rest(at, most))
    text = found[0] if found else b""
    return _decoded(re.sub(_BREAK, b"", text)), len(text) == most


def _decoded(text: bytes) -> bytes:
    """The bytes of as much base64 as there is; what is left over of a group of four is cut off."""
    try:
        return base64.b64decode(text[: len(text) // 4 * 4].translate(bytes.maketrans(b"-_", b"+/")))
    except (binascii.Error, ValueError):
        return b""
