"""Words of a text and the index over them: native where installed, else plain Python and numpy, to the same result.

A word is a run of letters, marks and digits (Unicode general categories L, M, N), at most 255 bytes long; in scripts
written without spaces every such code point is a word. All else separates. Words are compared folded: compatibility
forms and case (Unicode 3.13, D146, in composed form), without characters that do not show.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from assay.kernels import _native
from assay.kernels._unicode import LETTERS, VERSION
from assay.lazy import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray

NORMALISER = f"words/1 unicode {VERSION}"  # changes whenever a text could give other words than before
GAP, WORD, SINGLE, SILENT = range(4)  # classes of code points, as in native/src/words.hpp
MOST_BYTES = 255  # of a word before it is folded
BLOCK = 4096  # bytes of an index that one checksum covers
SAMPLE = 64  # words between two remembered offsets
# what a shard needs to be asked anything, in the order in which `shard` takes it
SECTIONS = ("units", "rows", "starts", "samples", "ends", "words", "slots", "first", "documents")
BUILT = (*SECTIONS, "offsets")

# scripts written without spaces between words (Unicode Standard Annex 14, class SA, and the East Asian scripts)
_SPACELESS = (
    (0x0E00, 0x0F00),  # Thai, Lao
    (0x1000, 0x10A0),  # Myanmar
    (0x1780, 0x1800),  # Khmer
    (0x1950, 0x19E0),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AB0),  # Tai Tham
    (0x3005, 0x3008),  # ideographic iteration mark, closing mark, zero
    (0x3021, 0x312F + 1),  # Hangzhou numerals, kana, Bopomofo
    (0x31A0, 0x31C0),  # Bopomofo extended
    (0x31F0, 0x3200),  # Katakana extensions
    (0x3400, 0x4DC0),  # ideographs, extension A
    (0x4E00, 0xA4D0),  # ideographs, Yi
    (0xA9E0, 0xAA00),  # Myanmar extended B
    (0xAA60, 0xAAE0),  # Myanmar extended A, Tai Viet
    (0xF900, 0xFB00),  # compatibility ideographs
    (0xFF66, 0xFFA0),  # halfwidth kana
    (0x1AFF0, 0x1B300),  # kana supplements, Nushu
    (0x20000, 0x32000),  # ideographs, extensions B to H
)
# soft hyphen, joiners, directions, variation selectors, tags: they change how a text looks, not what it says
_SILENT = (
    0x00AD,
    0x034F,
    0x061C,
    0x180B,
    0x180C,
    0x180D,
    0x180E,
    0xFEFF,
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
)
_SILENT_RUNS = ((0x2060, 0x2070), (0xFE00, 0xFE10), (0xE0000, 0xE0200))


class Damaged(ValueError):
    """A block of an index does not match its checksum, or says what cannot be; `block` counts from 0, -1 if unknown."""

    def __init__(self, block: int) -> None:
        super().__init__(f"block {block}")
        self.block = block


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text: uint32[words] byte offsets where each starts and stops, and where its folded form ends."""

    starts: NDArray[np.uint32]
    stops: NDArray[np.uint32]
    ends: NDArray[np.uint32]
    folded: bytes

    def __len__(self) -> int:
        return len(self.starts)

    def text(self, index: int) -> str:
        """The folded word at `index`."""
        start = int(self.ends[index - 1]) if index else 0
        return self.folded[start : int(self.ends[index])].decode("utf-8", "replace")


class Indexer(Protocol):
    """Documents in, packed columns out."""

    def add(self, text: bytes) -> int: ...

    def finish(self) -> None: ...

    def section(self, name: str) -> tuple[Any, int, int]: ...

    @property
    def units(self) -> int: ...

    @property
    def words(self) -> int: ...


class Shard(Protocol):
    """The questions that one shard answers; everything that goes in or out as bytes is uint32."""

    def read(self, offset: int, bytes: int) -> bytes: ...

    def numbers(self, folded: bytes, ends: bytes) -> bytes: ...

    def rows(self, query: bytes) -> tuple[int, int]: ...

    def longest(self, query: bytes, least: int, parallel: bool) -> tuple[bytes, bytes, bytes]: ...

    def living(self, low: int, high: int) -> int: ...

    def hits(self, low: bytes, high: bytes, most: int) -> tuple[bytes, bytes, bytes]: ...

    def frequencies(self, numbers: bytes) -> tuple[bytes, bytes]: ...

    def units(self, start: int, stop: int) -> bytes: ...

    def remove(self, bitmap: bytes) -> None: ...


@cache
def classes() -> bytes:
    """uint8[0x110000]: the class of every code point."""
    table = bytearray(0x110000)
    at = 0
    for run in LETTERS.split():
        skipped, _, count = run.partition("+")
        at += int(skipped, 16)
        length = int(count or "1", 16)
        table[at : at + length] = bytes([WORD]) * length
        at += length
    for start, stop in _SPACELESS:
        table[start:stop] = table[start:stop].replace(bytes([WORD]), bytes([SINGLE]))
    for start, stop in (*((point, point + 1) for point in _SILENT), *_SILENT_RUNS):
        table[start:stop] = bytes([SILENT]) * (stop - start)
    return bytes(table)


@lru_cache(1 << 16)
def fold(surface: bytes) -> bytes:
    """The form in which a word is compared, as UTF-8; never empty."""
    text = surface.decode("utf-8", "replace")
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())
    table = classes()
    return "".join(c for c in folded if table[ord(c)] in (WORD, SINGLE)).encode() or surface


def split(text: bytes) -> Words:
    """The words of UTF-8 `text`, of at most 2 GiB."""
    found = _native()
    if found is None:
        from assay.kernels import _words_reference as found
    starts, stops, ends, folded = found.split_words(text, classes(), fold)
    return Words(_numbers(starts), _numbers(stops), _numbers(ends), folded)


def indexer() -> Indexer:
    """An empty index in the making."""
    found = _native()
    if found is None:
        from assay.kernels import _words_reference as found
    made: Indexer = found.Indexer(classes(), fold)
    return made


def shard(body: Any, checks: bytes, sections: Sequence[tuple[int, int, int, int]]) -> Shard:
    """The shard in `body`, of which no block is used before its checksum was compared.

    Args:
        body: a buffer, such as a memory map; `checks` has the CRC-32 of each 4,096 bytes of it as uint32.
        sections: (offset, bytes, count, width in bits) in the order of `SECTIONS`.

    Raises:
        ValueError: the sections cannot be what they say. `damage` tells whether an error is a Damaged one.
    """
    found = _native()
    if found is None:
        from assay.kernels import _words_reference as found
    made: Shard = found.Shard(body, checks, sections)
    return made


def damage(cause: ValueError) -> int | None:
    """The block that an error of a shard blames, or None if it is another error."""
    if type(cause).__name__ != "Damaged":
        return None
    return int(str(cause).rpartition(" ")[2])


def uint32(values: Any) -> bytes:
    """Numbers as the bytes that a shard takes."""
    return np.asarray(values, "<u4").tobytes()


def _numbers(raw: bytes) -> NDArray[np.uint32]:
    return np.frombuffer(raw, np.uint32)
