"""A shard in a file as an index: the questions of `Index`, asked of the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assay.corpus.index import AROUND, HITS, SEED, Found, Places, Query, Seen, Tally
from assay.corpus.matching import maximal
from assay.corpus.reading import ShardFile
from assay.errors import Malformed
from assay.facts.corpus import Document
from assay.kernels.words import Words, uint32
from assay.lazy import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Shard:
    """One shard of a corpus in a folder."""

    def __init__(self, file: ShardFile) -> None:
        self.file = file
        self.documents, self.words = file.documents, file.words

    def look(self, query: Query, least: int = SEED) -> Found:
        """See `Index.look`."""
        file = self.file
        numbers = numbered(file, query.words)
        with file.guarded():
            raw, low, high = file.ask.longest(numbers, least, True)
        lengths = np.frombuffer(raw, np.uint32)
        rows = np.stack((np.frombuffer(low, np.uint32), np.frombuffer(high, np.uint32)), axis=1)
        spans = maximal(lengths, SEED)
        at, document, unit = self._hits(rows[spans], HITS)
        counts = np.zeros(len(lengths), np.int64)
        wanted = spans if least else np.flatnonzero(lengths)
        counts[wanted] = living(file, rows[wanted])
        return Found(lengths, counts, *self._frequencies(numbers), np.stack((spans[at], document, unit), axis=1))

    def _hits(self, rows: NDArray[np.uint32], most: int) -> tuple[NDArray[np.int64], ...]:
        """(index into rows, document, unit) of up to `most` places of each range of rows."""
        with self.file.guarded():
            found = self.file.ask.hits(uint32(rows[:, 0]), uint32(rows[:, 1]), most)
        columns = tuple(np.frombuffer(column, np.uint32).astype(np.int64) for column in found)
        if (columns[1] >= self.documents).any():
            raise Malformed(f"{self.file.path.name}: a word belongs to a document that is not there")
        return columns

    def places(self, query: Query, pieces: NDArray[np.int64], limit: int) -> Places:
        """See `Index.places`."""
        file = self.file
        numbers = np.frombuffer(numbered(file, query.words), np.uint32)
        with file.guarded():
            asked = [file.ask.rows(numbers[at : at + count].tobytes()) for at, count in pieces.tolist()]
        rows = np.array(asked, np.uint32).reshape(-1, 2)
        counts = living(file, rows)
        hits = np.stack(self._hits(rows, limit), axis=1) if limit and counts.any() else np.zeros((0, 3), np.int64)
        return Places(counts, hits)

    def frequencies(self, query: Query) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """See `Index.frequencies`."""
        return self._frequencies(numbered(self.file, query.words))

    def _frequencies(self, numbers: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        with self.file.guarded():
            times, documents = self.file.ask.frequencies(numbers)
        return np.frombuffer(times, np.uint32).astype(np.int64), np.frombuffer(documents, np.uint32).astype(np.int64)

    def tally(self, query: Query, places: NDArray[np.int64]) -> Tally:
        """See `Index.tally`."""
        file = self.file
        ids, first = np.unique(np.frombuffer(numbered(file, query.words), np.uint32), return_index=True)
        sizes = np.zeros(len(places), np.int64)
        rows: list[NDArray[np.int64]] = [np.zeros((0, 3), np.int64)]
        for index, (document, unit) in enumerate(places.tolist()):
            start, stop = self._extent(document)
            low, high = max(start, unit - AROUND), min(stop, unit + AROUND)
            if low >= high:
                continue
            with file.guarded():
                there = np.frombuffer(file.ask.units(low, high), np.uint32)
            at = np.minimum(np.searchsorted(ids, there), len(ids) - 1)
            counts = np.bincount(first[at[(ids[at] == there) & (there > 0)]])
            held = np.flatnonzero(counts)
            sizes[index] = high - low
            rows.append(np.stack((np.full(len(held), index), held, counts[held]), axis=1))
        return Tally(sizes, np.concatenate(rows))

    def seen(self, extents: NDArray[np.int64], around: int) -> list[Seen]:
        """See `Index.seen`."""
        return [self._seen(document, first, last, around) for document, first, last in extents.tolist()]

    def _seen(self, document: int, first: int, last: int, around: int) -> Seen:
        file = self.file
        start, stop = self._extent(document)
        first, last = max(start, first), min(stop, last)
        if first >= last:
            return Seen(0, "", "", "")
        place = file.place(document, first, last - first)
        begin, end = file.extent(document)
        text = file.text(place.start, place.stop).decode("utf-8", "replace")
        if not around:
            return Seen(place.start - begin, "", text, "")
        before = file.text(max(begin, place.start - 4 * around), place.start).decode("utf-8", "replace")[-around:]
        after = file.text(place.stop, min(end, place.stop + 4 * around)).decode("utf-8", "replace")[:around]
        return Seen(place.start - begin, before, text, after)

    def _extent(self, document: int) -> tuple[int, int]:
        """The first unit of a document, and the one of its end."""
        return self.file.first_unit(document), self.file.first_unit(document + 1) - 1

    def described(self, numbers: Sequence[int]) -> list[Document]:
        """See `Index.described`."""
        return [self.file.document(number) for number in numbers]

    def extents(self, numbers: Sequence[int]) -> NDArray[np.int64]:
        """See `Index.extents`."""
        rows = [(*self._extent(number), self.file.is_removed(number)) for number in numbers]
        found = np.array(rows, np.int64).reshape(-1, 3)
        found[:, 1] -= found[:, 0]
        return found


@dataclass(frozen=True, slots=True)
class Look:
    """One shard and what to ask it, for whoever runs tasks: the file, the bitmap of removed documents, text, least."""

    path: Path
    removed: bytes
    query: Query
    least: int


def looked(task: Look) -> Found:
    """`Shard.look` where the task is run; the last shards asked stay open there."""
    return _opened(task.path, task.removed).look(task.query, task.least)


@lru_cache(64)
def _opened(path: Path, removed: bytes) -> Shard:
    return Shard(ShardFile(path, removed))


def living(file: ShardFile, ranges: NDArray[np.uint32]) -> NDArray[np.int64]:
    """int64[n]: how many of the rows of each range, uint32[n, 2], belong to documents that were not removed."""
    own = ranges.astype(np.int64)
    if not file.removed:
        return own[:, 1] - own[:, 0]
    with file.guarded():
        return np.array([file.ask.living(low, high) for low, high in own.tolist()], np.int64)


def numbered(file: ShardFile, found: Words) -> bytes:
    """The words as the numbers that the shard has for them, 0 for those that it does not have, as uint32."""
    with file.guarded():
        return file.ask.numbers(found.folded, found.ends.tobytes())


def whole(file: ShardFile, found: Words) -> tuple[int, int]:
    """The rows of the suffix array that begin with all of the words; empty if there are none."""
    if not len(found):
        return 0, 0
    numbers = numbered(file, found)
    with file.guarded():
        return file.ask.rows(numbers)
