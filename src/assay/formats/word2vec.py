"""Vectors in the binary format of word2vec (tmikolov/word2vec, word2vec.c): a line of two counts, then word and vector.

Each word ends with a space, each vector is so many float32; the file holds no code and names no other file.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Malformed, Truncated
from assay.facts.structure import Aspect, Contents, Flaw, FlawKind
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats import Format
from assay.formats.container.inert import is_utf8
from assay.formats.window import Window
from assay.lazy import regex

_HEADER = regex(rb"(\d{1,10}) (\d{1,6})[ ]?\r?\n")
_NAMES = (".bin", ".w2v", ".word2vec", ".vectors")
MOST_LISTED = 2_000  # vectors that become tensors, each with its numbers in the report
_MOST_WORD = 64 * 1024  # bytes of one word; phrases of published vectors have a few hundred
_STEP = 8 << 20


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the weight index, and a flaw where bytes follow the last vector."""
    found = _HEADER.match(window.rest(0, 32))
    if found is None:
        raise Malformed("not vectors of word2vec", expected="a line of two counts")
    count, width = int(found[1]), 4 * int(found[2])
    at = found.end()
    if not width or count > (window.size - at) // (width + 2):
        raise Truncated(
            "more vectors than bytes are left", at=at, expected=f"{count:,} of {width:,} bytes", got=f"{window.size:,}"
        )
    columns, at = int(found[2]), found.end()
    places: list[tuple[str, int]] = []
    for word, start in _vectors(window, at, count, width):
        if count <= MOST_LISTED:
            places.append((word.decode("utf-8", "backslashreplace")[:200], start))
        at = start + width
    if window.rest(at, 1) == b"\n":
        at += 1
    yield _index(artifact, places, count, columns, at)
    yield Contents(artifact, FORMAT.id, count)
    if at < window.size:
        said = f"{window.size - at:,} bytes follow the last vector, from byte {at:,}"
        yield Flaw(artifact, FlawKind.HIDDEN, said, at)


def _index(artifact: str, places: list[tuple[str, int]], count: int, columns: int, stop: int) -> WeightIndex:
    """Each vector as a tensor with the name of its word, or why there is none; between two stands a word."""
    width = 4 * columns
    tensors = tuple(TensorSpec(word, "F32", (columns,), start, start + width) for word, start in places)
    why = f"they are {count:,} vectors among the words, and assay lists up to {MOST_LISTED:,}"
    unread = () if tensors or not count else (("vectors", why),)
    return WeightIndex(artifact, "word2vec", tensors, 0, stop, alignment=_MOST_WORD + 64, unread=unread)


def _vectors(window: Window, at: int, count: int, width: int) -> Iterator[tuple[bytes, int]]:
    """Each word, and where its vector begins."""
    raw, base = b"", at
    for _ in range(count):
        first = at - base
        end = raw.find(b" ", first, first + _MOST_WORD)
        if end < 0:
            raw, base, first = window.rest(at, _STEP), at, 0
            end = raw.find(b" ", 0, _MOST_WORD)
            if end < 0:
                raise Malformed("a word has no end", at=at, expected=f"a space within {_MOST_WORD:,} bytes")
        start = base + end + 1
        if start + width > window.size:
            raise Truncated("a vector runs past the end", at=start, expected=f"{width:,} bytes", got="fewer")
        yield raw[first:end].lstrip(b"\n"), start
        at = start + width
        if at > base + len(raw):
            raw, base = b"", at


def _begins(name: str, head: bytes) -> bool:
    """Whether an unknown name stands for vectors: two counts, then numbers that are no text."""
    return ("." not in name or name.endswith(_NAMES)) and _HEADER.match(head) is not None and not is_utf8(head)


FORMAT = Format(
    "word2vec",
    "word2vec vectors",
    read,
    guess=_begins,
    examines=(Aspect.LAYOUT, Aspect.TENSORS, Aspect.VALUES),
    gaps=(),
)
