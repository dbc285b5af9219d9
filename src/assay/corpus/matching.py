"""Match a text against a shard: the longest match at every word, the maximal matches, and where they occur."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from assay.corpus.reading import ShardFile
from assay.facts.corpus import CorpusRecord
from assay.kernels import words
from assay.kernels.words import Words
from assay.lazy import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 4  # words of the shortest match that is kept: four of them close together make a patchwork
HITS = 50  # places of a match that are looked at; beyond that it is common


@dataclass(frozen=True, slots=True)
class Found:
    """What one shard says of a text of n words.

    `lengths` uint32[n]: words of the longest match from each word on. `rows` uint32[n, 2]: its rows in the suffix
    array, where asked for. `times` uint32[n]: how often each word occurs. `spans` uint32[m]: the words at which the
    shard's own longest matches of SEED words or more start. `hits` uint32[h, 3]: index into spans, document, unit.
    """

    lengths: NDArray[np.uint32]
    rows: NDArray[np.uint32]
    times: NDArray[np.uint32]
    spans: NDArray[np.intp]
    hits: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Matches:
    """What several shards say together.

    `starts`, `lengths` (words), `counts`, `bits` have one entry for each span; `hits` int64[h, 4] has shard, index of
    the span, document and unit. `longest` uint32[n] and `surprise` float64[n] (surprisal in bits; infinite for words
    that no shard has) have one for each word.
    """

    longest: NDArray[np.uint32]
    surprise: NDArray[np.float64]
    starts: NDArray[np.intp]
    lengths: NDArray[np.uint32]
    counts: NDArray[np.int64]
    bits: NDArray[np.float64]
    hits: NDArray[np.int64]


class Shards(Protocol):
    """Shards that can be asked together: those of one corpus or of several."""

    @property
    def shards(self) -> tuple[ShardFile, ...]:
        """The shards, in order."""

    @property
    def names(self) -> tuple[str, ...]:
        """For each shard, the corpus that it belongs to."""

    @property
    def records(self) -> tuple[CorpusRecord, ...]:
        """The corpora at a glance."""

    def look(self, found: Words, least: int = SEED) -> list[Found]:
        """What each shard says of these words, in the order of the shards."""


def look(shard: ShardFile, found: Words, least: int = SEED) -> Found:
    """Ask one shard (Malformed: it is damaged). Rows are given for its spans; with `least` 0 for every word."""
    with shard.guarded():
        numbers = shard.ask.numbers(found.folded, found.ends.tobytes())
        raw, low, high = shard.ask.longest(numbers, least, True)
        lengths = np.frombuffer(raw, np.uint32)
        rows = np.stack((np.frombuffer(low, np.uint32), np.frombuffer(high, np.uint32)), axis=1)
        spans = maximal(lengths, SEED)
        span, document, unit = shard.ask.hits(
            np.ascontiguousarray(rows[spans, 0]).tobytes(), np.ascontiguousarray(rows[spans, 1]).tobytes(), HITS
        )
        times, _ = shard.ask.frequencies(numbers)
    hits = np.stack([np.frombuffer(column, np.uint32) for column in (span, document, unit)], axis=1)
    return Found(lengths, rows, np.frombuffer(times, np.uint32), spans, hits)


@dataclass(frozen=True, slots=True)
class Look:
    """One shard and what to ask it, for whoever runs tasks: the file, the bitmap of removed documents, words, least."""

    path: Path
    removed: bytes
    words: Words
    least: int


def looked(task: Look) -> Found:
    """`look` where the task is run; the last shards asked stay open there."""
    return look(_opened(task.path, task.removed), task.words, task.least)


@lru_cache(64)
def _opened(path: Path, removed: bytes) -> ShardFile:
    return ShardFile(path, removed)


def maximal(lengths: NDArray[np.uint32], least: int) -> NDArray[np.intp]:
    """Where the matches of `least` words or more start that no earlier one contains: their ends rise strictly."""
    if not len(lengths):
        return np.zeros(0, np.intp)
    ends = np.arange(len(lengths)) + lengths
    before = np.concatenate(([0], np.maximum.accumulate(ends)[:-1]))
    return np.flatnonzero((ends > before) & (lengths >= least))


def covered(starts: NDArray[np.intp], lengths: NDArray[np.uint32], count: int) -> NDArray[np.bool_]:
    """bool[count]: the words that lie in one of these spans."""
    edges = np.zeros(count + 1, np.int64)
    np.add.at(edges, starts, 1)
    np.add.at(edges, starts + lengths, -1)
    return np.cumsum(edges)[:count] > 0


def together(found: Sequence[Found], shards: Sequence[ShardFile]) -> Matches:
    """The longest over all shards; a span's count is the sum over the shards that have all of it."""
    longest = np.maximum.reduce([row.lengths for row in found])
    times = np.stack([row.times for row in found]).astype(np.int64).sum(axis=0)
    total = sum(shard.words for shard in shards)
    with np.errstate(divide="ignore"):
        surprise = np.where(times > 0, np.log2(total) - np.log2(times), np.inf)
    starts = maximal(longest, SEED)
    lengths = longest[starts]
    counts = np.zeros(len(starts), np.int64)
    hits: list[NDArray[np.int64]] = []
    for number, (row, shard) in enumerate(zip(found, shards, strict=True)):
        shared = row.lengths[starts] == lengths
        counts += np.where(shared, living(shard, row.rows[starts]), 0)
        hits.append(_renumbered(row, starts, shared, number))
    summed = np.concatenate(([0.0], np.cumsum(np.where(np.isfinite(surprise), surprise, 0.0))))
    bits = summed[starts + lengths] - summed[starts]
    return Matches(longest, surprise, starts, lengths, counts, bits, np.concatenate(hits))


def living(shard: ShardFile, ranges: NDArray[np.uint32]) -> NDArray[np.int64]:
    """int64[n]: how many of the rows of each range, uint32[n, 2], belong to documents that were not removed."""
    own = ranges.astype(np.int64)
    if not shard.removed:
        return own[:, 1] - own[:, 0]
    with shard.guarded():
        return np.array([shard.ask.living(low, high) for low, high in own.tolist()], np.int64)


def _renumbered(row: Found, starts: NDArray[np.intp], shared: NDArray[np.bool_], number: int) -> NDArray[np.int64]:
    """The shard's hits whose span is one of all shards together, under its number there."""
    if not len(starts) or not len(row.hits):
        return np.zeros((0, 4), np.int64)
    begin = row.spans[row.hits[:, 0]]
    at = np.searchsorted(starts, begin)
    at[at == len(starts)] = 0
    kept = (starts[at] == begin) & shared[at]
    hits = row.hits[kept].astype(np.int64)
    return np.stack((np.full(len(hits), number), at[kept], hits[:, 1], hits[:, 2]), axis=1)


def numbered(shard: ShardFile, found: Words) -> bytes:
    """The words as the numbers that the shard has for them, 0 for those that it does not have, as uint32."""
    with shard.guarded():
        return shard.ask.numbers(found.folded, found.ends.tobytes())


def whole(shard: ShardFile, found: Words) -> tuple[int, int]:
    """The rows of the suffix array that begin with all of the words; empty if there are none."""
    if not len(found):
        return 0, 0
    numbers = numbered(shard, found)
    with shard.guarded():
        return shard.ask.rows(numbers)


def split(text: str) -> tuple[Words, bytes]:
    """The words of a text, and the text as UTF-8, to which their offsets belong."""
    raw = text.encode("utf-8", "replace")
    return words.split(raw), raw
