"""What the native corpus kernels must equal: plain Python and numpy, for clearness and for machines without them."""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.kernels.words import BLOCK, GAP, MOST_BYTES, SAMPLE, SECTIONS, SILENT, SINGLE, WORD, Damaged, uint32

if TYPE_CHECKING:
    from numpy.typing import NDArray

Fold = Callable[[bytes], bytes]


def crc32(raw: bytes) -> int:
    """The CRC of zlib and IEEE 802.3."""
    return zlib.crc32(raw)


def split_words(text: bytes, classes: bytes, fold: Fold) -> tuple[bytes, bytes, bytes, bytes]:
    """(starts, stops, ends, folded) of the words in `text`; see `words.Words`."""
    starts, stops, ends, folded = [], [], [], bytearray()
    for start, stop in _spans(text, classes):
        surface = text[start:stop]
        folded += surface.lower() if surface.isascii() else fold(surface)
        starts.append(start)
        stops.append(stop)
        ends.append(len(folded))
    return uint32(starts), uint32(stops), uint32(ends), bytes(folded)


def _spans(text: bytes, classes: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    points = [(classes[ord(c)], len(c.encode())) for c in text.decode()]
    index = 0
    while index < len(points):
        kind, size = points[index]
        if kind in (GAP, SILENT):
            index, at = index + 1, at + size
            continue
        start = at
        if kind == SINGLE:
            index, at = index + 1, at + size
            yield start, at
            continue
        end, end_index = at, index
        while (
            index < len(points) and points[index][0] in (WORD, SILENT) and at + points[index][1] - start <= MOST_BYTES
        ):
            kind, size = points[index]
            index, at = index + 1, at + size
            if kind == WORD:
                end, end_index = at, index
        yield start, end
        index, at = end_index, end


def suffix_array(text: bytes, alphabet: int) -> bytes:
    """The suffix array of uint32 symbols by prefix doubling: Manber and Myers, SIAM J. Comput. 22(5), 1993."""
    rank = np.frombuffer(text, np.uint32).astype(np.int64)
    count, step = len(rank), 1
    if count and int(rank.max()) >= alphabet:
        raise ValueError("a symbol lies outside the alphabet")
    order = np.argsort(rank, kind="stable")
    while count:
        later = np.full(count, -1, np.int64)  # the empty suffix comes before every symbol
        later[: max(0, count - step)] = rank[step:]
        order = np.lexsort((later, rank))
        new = np.concatenate(([0], np.cumsum((np.diff(rank[order]) != 0) | (np.diff(later[order]) != 0))))
        rank = np.empty(count, np.int64)
        rank[order] = new
        if new[-1] == count - 1:
            break
        step *= 2
    return uint32(order)


def hashed(word: bytes) -> int:
    """FNV-1a of 64 bits with its upper half folded into the lower; see native/src/words.hpp."""
    value = 0xCBF29CE484222325
    for byte in word:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value ^ value >> 32


def packed(values: Sequence[int], most: int | None = None) -> tuple[NDArray[np.uint8], int, int]:
    """(bytes, width, count): the values at the width of `most` or the largest, low bit first, padded by eight bytes."""
    array = np.asarray(values, np.uint64)
    width = max(1, (max(values, default=0) if most is None else most).bit_length())
    bits = (array[:, None] >> np.arange(width, dtype=np.uint64) & np.uint64(1)).astype(np.uint8).reshape(-1)
    return np.concatenate((np.packbits(bits, bitorder="little"), np.zeros(8, np.uint8))), width, len(array)


def unpacked(raw: bytes, width: int, count: int) -> list[int]:
    """The values that `packed` packed."""
    bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")[: count * width].reshape(count, width)
    values: list[int] = (bits.astype(np.uint64) << np.arange(width, dtype=np.uint64)).sum(axis=1).tolist()
    return values


class Indexer:
    """See `words.Indexer`."""

    def __init__(self, classes: bytes, fold: Fold) -> None:
        self._classes, self._fold = classes, fold
        self._units: list[int] = []
        self._ids: dict[bytes, int] = {}
        self._documents: list[int] = [0]
        self._starts: list[int] = []
        self._offsets: list[int] = []
        self._samples: list[int] = []
        self._bytes = 0
        self._columns: dict[str, tuple[NDArray[np.uint8], int, int]] = {}

    def add(self, text: bytes) -> int:
        """Add one document of UTF-8; how many words it has."""
        self._starts.append(len(self._units))
        self._offsets.append(self._bytes)
        starts, _, ends, folded = split_words(text, self._classes, self._fold)
        seen: set[int] = set()
        before = 0
        for start, end in zip(
            np.frombuffer(starts, np.uint32).tolist(), np.frombuffer(ends, np.uint32).tolist(), strict=True
        ):
            id = self._ids.setdefault(folded[before:end], len(self._ids) + 1)
            if id == len(self._documents):
                self._documents.append(0)
            self._documents[id] += id not in seen
            seen.add(id)
            self._push(id, self._bytes + start)
            before = end
        added = len(self._units) - self._starts[-1]
        self._bytes += len(text)
        self._push(0, self._bytes)
        return added

    def _push(self, id: int, at: int) -> None:
        if len(self._units) % SAMPLE == 0:
            self._samples.append(at)
        self._units.append(id)

    def finish(self) -> None:
        """Sort the suffixes and pack everything."""
        order = np.frombuffer(suffix_array(uint32(self._units), len(self._ids) + 1), np.uint32)[len(self._starts) :]
        first = [0, *np.cumsum(np.bincount(self._units, minlength=len(self._ids) + 1)).tolist()]
        first = [0, *(max(0, value - len(self._starts)) for value in first[1:])]
        words = b"".join(self._ids)
        ends = [0, *np.cumsum([len(word) for word in self._ids], dtype=np.int64).tolist()]
        columns = {
            "starts": [*self._starts, len(self._units)],
            "offsets": [*self._offsets, self._bytes],
            "samples": self._samples,
            "ends": ends,
            "slots": self._slots(),
            "first": first,
            "documents": self._documents,
        }
        self._columns = {name: packed(values) for name, values in columns.items()}
        self._columns["units"] = packed(self._units, len(self._ids))
        self._columns["rows"] = packed(order.tolist(), len(self._units))
        self._columns["words"] = (np.frombuffer(words, np.uint8), 8, len(words))

    def _slots(self) -> list[int]:
        """The hash table, doubled while it fills as the native one is: that decides who comes first in a collision."""
        table: list[tuple[int, int] | None] = [None] * (1 << 12)
        for word, id in self._ids.items():
            _place(table, (hashed(word) & 0xFFFFFFFF, id))
            if (id + 1) * 2 > len(table):
                larger: list[tuple[int, int] | None] = [None] * (len(table) * 2)
                for entry in filter(None, table):
                    _place(larger, entry)
                table = larger
        return [entry[1] if entry else 0 for entry in table]

    def section(self, name: str) -> tuple[Any, int, int]:
        """(uint8 array over the packed integers, width in bits, count)."""
        return self._columns[name]

    @property
    def units(self) -> int:
        """Words and document ends so far."""
        return len(self._units)

    @property
    def words(self) -> int:
        """Distinct words so far."""
        return len(self._ids)


def _place(table: list[tuple[int, int] | None], entry: tuple[int, int]) -> None:
    at = entry[0] & (len(table) - 1)
    while table[at] is not None:
        at = (at + 1) & (len(table) - 1)
    table[at] = entry


class Shard:
    """See `words.Shard`; every block is compared with its checksum at once."""

    def __init__(self, body: Any, checks: bytes, sections: Sequence[tuple[int, int, int, int]]) -> None:
        self._body = bytes(body)
        self._bad = [
            block
            for block, check in enumerate(np.frombuffer(checks, np.uint32).tolist())
            if zlib.crc32(self._body[block * BLOCK : (block + 1) * BLOCK]) != check
        ]
        if len(checks) // 4 != -(-len(self._body) // BLOCK):
            raise ValueError("there is no checksum for each block")
        laid = dict(zip(SECTIONS, sections, strict=True))
        columns: dict[str, list[int]] = {}
        for name, (offset, size, count, width) in laid.items():
            raw = self.read(offset, size)
            if name == "words":
                self._words = raw
            elif not 1 <= width <= 32 or size < (count * width + 7) // 8 + 8:
                raise ValueError("a section is shorter than the values that it should hold")
            else:
                columns[name] = unpacked(raw, width, count)
        self._units, self._rows, self._starts = columns["units"], columns["rows"], columns["starts"]
        self._first, self._documents = columns["first"], columns["documents"]
        ends = columns["ends"]
        self._ids = {self._words[ends[id - 1] : ends[id]]: id for id in range(1, len(ends))}
        self._removed: set[int] = set()

    def read(self, offset: int, bytes: int) -> bytes:
        """Bytes of the body, once their blocks were compared."""
        if offset + bytes > len(self._body):
            raise Damaged(offset // BLOCK)
        for block in self._bad:
            if offset // BLOCK <= block <= (offset + max(bytes, 1) - 1) // BLOCK:
                raise Damaged(block)
        return self._body[offset : offset + bytes]

    def numbers(self, folded: bytes, ends: bytes) -> bytes:
        """The number of each word, 0 where the shard does not have it."""
        stops = np.frombuffer(ends, np.uint32).tolist()
        return uint32([self._ids.get(folded[start:stop], 0) for start, stop in zip([0, *stops], stops, strict=False)])

    def _alive(self, row: int) -> bool:
        return self.document_of(self._rows[row]) not in self._removed

    def document_of(self, unit: int) -> int:
        """The document that a unit belongs to."""
        return bisect_right(self._starts, unit, 0, len(self._starts) - 1) - 1

    def _range(self, query: list[int]) -> tuple[int, int]:
        key = lambda row: self._units[row : row + len(query)]  # noqa: E731
        return bisect_left(self._rows, query, key=key), bisect_right(self._rows, query, key=key)

    def rows(self, query: bytes) -> tuple[int, int]:
        """The rows that begin with all of the query, or (0, 0)."""
        words = np.frombuffer(query, np.uint32).tolist()
        low, high = self._range(words) if words and all(words) else (0, 0)
        return (low, high) if any(map(self._alive, range(low, high))) else (0, 0)

    def longest(self, query: bytes, least: int, parallel: bool) -> tuple[bytes, bytes, bytes]:
        """(words, low, high) of the longest match from each word of the query on.

        With `least`, rows are given only for matches of that many words that no earlier one contains.
        """
        words = np.frombuffer(query, np.uint32).tolist()
        found = []
        end = 0
        for start in range(len(words)):
            best = (0, 0, 0)
            for stop in range(start + 1, len(words) + 1):
                low, high = self._range(words[start:stop]) if words[stop - 1] else (0, 0)
                if not any(map(self._alive, range(low, high))):
                    break
                best = (stop - start, low, high)
            listed = not least or (best[0] >= least and start + best[0] > end) or self._removed
            end = max(end, start + best[0])
            found.append(best if listed else (best[0], 0, 0))
        return uint32([row[0] for row in found]), uint32([row[1] for row in found]), uint32([row[2] for row in found])

    def living(self, low: int, high: int) -> int:
        """How many of the rows belong to documents that were not removed."""
        return sum(map(self._alive, range(low, high)))

    def hits(self, low: bytes, high: bytes, most: int) -> tuple[bytes, bytes, bytes]:
        """(span, document, unit) of up to `most` rows of each range."""
        found = []
        for span, (start, stop) in enumerate(
            zip(np.frombuffer(low, np.uint32).tolist(), np.frombuffer(high, np.uint32).tolist(), strict=True)
        ):
            count = stop - start
            taken = count if self._removed else min(count, most)
            rows = [start + i * count // taken for i in range(taken)]
            units = [self._rows[row] for row in rows if self._alive(row)][:most]
            found += [(span, self.document_of(unit), unit) for unit in units]
        return uint32([row[0] for row in found]), uint32([row[1] for row in found]), uint32([row[2] for row in found])

    def frequencies(self, numbers: bytes) -> tuple[bytes, bytes]:
        """How often each word occurs, and in how many documents."""
        ids = np.frombuffer(numbers, np.uint32).tolist()
        times = [self._first[id + 1] - self._first[id] if id else 0 for id in ids]
        return uint32(times), uint32([self._documents[id] if id else 0 for id in ids])

    def units(self, start: int, stop: int) -> bytes:
        """The numbers of the words from `start` to `stop`."""
        return uint32(self._units[start:stop])

    def remove(self, bitmap: bytes) -> None:
        """Leave out the documents whose bits are set."""
        if len(bitmap) != (len(self._starts) - 1 + 7) // 8:
            raise ValueError("there is not one bit for each document")
        bits = np.unpackbits(np.frombuffer(bitmap, np.uint8), bitorder="little")
        self._removed = set(np.flatnonzero(bits).tolist())
