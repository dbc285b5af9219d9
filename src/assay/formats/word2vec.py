"""Vectors in the binary format of word2vec (tmikolov/word2vec, word2vec.c): a line of two counts, then word and vector.

Each word ends with a space, each vector is so many float32; the file holds no code and names no other file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.errors import Malformed, Truncated
from assay.facts.structure import Aspect, Contents, Flaw, FlawKind
from assay.formats import Format
from assay.formats.container.inert import is_utf8
from assay.formats.window import Window

_HEADER = re.compile(rb"(\d{1,10}) (\d{1,6})[ ]?\r?\n")
_NAMES = (".bin", ".w2v", ".word2vec", ".vectors")
_MOST_WORD = 64 * 1024  # bytes of one word; phrases of published vectors have a few hundred
_STEP = 8 << 20


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield how many vectors there are, and a flaw where bytes follow the last one."""
    found = _HEADER.match(window.rest(0, 32))
    if found is None:
        raise Malformed("not vectors of word2vec", expected="a line of two counts")
    count, width = int(found[1]), 4 * int(found[2])
    at = found.end()
    if not width or count > (window.size - at) // (width + 2):
        raise Truncated(
            "more vectors than bytes are left", at=at, expected=f"{count:,} of {width:,} bytes", got=f"{window.size:,}"
        )
    at = _past_vectors(window, at, count, width)
    if window.rest(at, 1) == b"\n":
        at += 1
    yield Contents(artifact, FORMAT.id, count)
    if at < window.size:
        said = f"{window.size - at:,} bytes follow the last vector, from byte {at:,}"
        yield Flaw(artifact, FlawKind.HIDDEN, said, at)


def _past_vectors(window: Window, at: int, count: int, width: int) -> int:
    """Where the last vector ends."""
    raw, base = b"", at
    for _ in range(count):
        end = raw.find(b" ", at - base, at - base + _MOST_WORD)
        if end < 0:
            raw, base = window.rest(at, max(_STEP, _MOST_WORD)), at
            end = raw.find(b" ", 0, _MOST_WORD)
            if end < 0:
                raise Malformed("a word has no end", at=at, expected=f"a space within {_MOST_WORD:,} bytes")
        at = base + end + 1 + width
        if at > window.size:
            raise Truncated("a vector runs past the end", at=base + end + 1, expected=f"{width:,} bytes", got="fewer")
        if at > base + len(raw):
            raw, base = b"", at
    return at


def _begins(name: str, head: bytes) -> bool:
    """Whether an unknown name stands for vectors: two counts, then numbers that are no text."""
    return ("." not in name or name.endswith(_NAMES)) and _HEADER.match(head) is not None and not is_utf8(head)


FORMAT = Format(
    "word2vec",
    "word2vec vectors",
    read,
    guess=_begins,
    examines=(Aspect.LAYOUT,),
    gaps=(Aspect.TENSORS, Aspect.VALUES),
)
