"""fastText models, `.bin` and quantised `.ftz` (facebookresearch/fastText, src/fasttext.cc, `loadModel`).

Settings, a dictionary and two matrices, which may be quantised; the file holds no code and names no other file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise

from assay.errors import Malformed, Truncated
from assay.facts.structure import Aspect, Contents, Flaw, FlawKind
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats import Format
from assay.formats.window import Window

MAGIC = struct.pack("<i", 793712314)  # FASTTEXT_FILEFORMAT_MAGIC_INT32
_VERSION = struct.Struct("<4xi")
_SETTINGS = 12 * 4 + 8  # args.cc, Args::load: twelve integers and the sampling threshold
_DICTIONARY = struct.Struct("<iiiqq")  # dictionary.cc, Dictionary::load
_ENTRY = 9  # after a word and its zero byte: its count and its kind
_PAIR = 8  # pruned index: two integers
_DENSE, _QUANTISER = struct.Struct("<qq"), struct.Struct("<iiii")
_CENTROIDS = 256  # productquantizer.h, ksub_
_STEP = 1 << 20


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the weight index, and a flaw where bytes follow the second matrix."""
    (version,) = window.unpack(_VERSION, 0)
    if version not in (11, 12):
        raise Malformed("unsupported fastText version", at=4, expected="11 or 12", got=version)
    at = _VERSION.size + _SETTINGS
    size, words, labels, _, pruned = window.unpack(_DICTIONARY, at)
    at += _DICTIONARY.size
    if min(size, words, labels) < 0 or pruned < -1 or words + labels != size:
        raise Malformed("dictionary has counts that do not add up", at=at, expected="words and labels", got=size)
    at = _past_words(window, at, size)
    at = _past(window, at, _PAIR * max(0, pruned), "pruned index")
    tensors: list[TensorSpec] = []
    for name in ("input", "output"):
        quantised = window.read(at, 1)[0]
        found, at = (_quantised if quantised else _dense)(window, at + 1, name)
        tensors += found
    first = tensors[0].start
    gap = max((right.start - left.stop for left, right in pairwise(tensors)), default=0)
    yield WeightIndex(artifact, "fasttext", tuple(tensors), first, at, alignment=gap + 1)
    yield Contents(artifact, FORMAT.id, size)
    if at < window.size:
        said = f"{window.size - at:,} bytes follow the second matrix, from byte {at:,}"
        yield Flaw(artifact, FlawKind.HIDDEN, said, at)


def _past_words(window: Window, at: int, count: int) -> int:
    """Where the dictionary ends that begins at `at`: words that end with a zero byte, each with count and kind."""
    if count > (window.size - at) // (_ENTRY + 1):
        raise Truncated(
            "dictionary has more words than bytes are left", at=at, expected=f"{count:,} words", got="fewer"
        )
    raw, base = b"", at
    for _ in range(count):
        end = raw.find(b"\0", at - base)
        if end < 0 or end + 1 + _ENTRY > len(raw):
            raw, base = window.rest(at, _STEP), at
            end = raw.find(b"\0")
            if end < 0 or end + 1 + _ENTRY > len(raw):
                raise Truncated("a word of the dictionary has no end", at=at)
        at = base + end + 1 + _ENTRY
    return at


def _past(window: Window, at: int, size: int, what: str) -> int:
    if size < 0 or size > window.size - at:
        raise Truncated(f"{what} runs past the end", at=at, expected=f"{size:,} bytes", got=f"{window.size - at:,}")
    return at + size


def _extent(rows: int, columns: int, at: int) -> None:
    if rows < 0 or columns < 0:
        raise Malformed("matrix has a negative extent", at=at, expected="rows and columns", got=f"{rows}, {columns}")


def _dense(window: Window, at: int, name: str) -> tuple[list[TensorSpec], int]:
    """A matrix of float32 (densematrix.cc, DenseMatrix::load)."""
    rows, columns = window.unpack(_DENSE, at)
    _extent(rows, columns, at)
    start = at + _DENSE.size
    stop = _past(window, start, 4 * rows * columns, f"matrix {name!r}")
    return [TensorSpec(name, "F32", (rows, columns), start, stop)], stop


def _quantised(window: Window, at: int, name: str) -> tuple[list[TensorSpec], int]:
    """A matrix as codes of centroids, and of norms (quantmatrix.cc, QuantMatrix::load)."""
    normed = window.read(at, 1)[0]
    rows, columns = window.unpack(_DENSE, at + 1)
    _extent(rows, columns, at)
    at += 1 + _DENSE.size
    count = int.from_bytes(window.read(at, 4), "little", signed=True)
    stop = _past(window, at + 4, count, f"codes of {name!r}")
    found = [TensorSpec(f"{name}.codes", "U8", (count,), at + 4, stop)]
    centroids, at = _centroids(window, stop, f"{name}.centroids")
    found.append(centroids)
    if normed:
        stop = _past(window, at, rows, f"codes of the norms of {name!r}")
        found.append(TensorSpec(f"{name}.norm_codes", "U8", (rows,), at, stop))
        centroids, at = _centroids(window, stop, f"{name}.norm_centroids")
        found.append(centroids)
    return found, at


def _centroids(window: Window, at: int, name: str) -> tuple[TensorSpec, int]:
    """The centroids of a quantiser (productquantizer.cc, ProductQuantizer::load)."""
    width = window.unpack(_QUANTISER, at)[0]
    _extent(_CENTROIDS, width, at)
    start = at + _QUANTISER.size
    stop = _past(window, start, 4 * _CENTROIDS * width, name)
    return TensorSpec(name, "F32", (_CENTROIDS, width), start, stop), stop


FORMAT = Format(
    "fasttext",
    "fastText model",
    read,
    names=("*.ftz",),
    magic=((0, MAGIC),),
    examines=(Aspect.LAYOUT, Aspect.TENSORS, Aspect.VALUES),
    gaps=(),
)
