"""The longest matches of several indexes as those of one, and the spans that they make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from assay.corpus.index import SEED, Found
from assay.lazy import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Matches:
    """The spans of a text.

    `starts`, `lengths` (words), `counts`, `bits` have one entry for each span; `hits` int64[h, 3] has the index of the
    span, document and unit. `longest` uint32[n], `surprise` float64[n] (surprisal in bits; infinite for words that do
    not occur) and `holders` int64[n] (documents that have it) have one for each word.
    """

    longest: NDArray[np.uint32]
    surprise: NDArray[np.float64]
    holders: NDArray[np.int64]
    starts: NDArray[np.intp]
    lengths: NDArray[np.uint32]
    counts: NDArray[np.int64]
    bits: NDArray[np.float64]
    hits: NDArray[np.int64]


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


def merged(found: Sequence[Found], offsets: Sequence[int]) -> Found:
    """What indexes say together, documents of each numbered from its offset on.

    A match of all together is counted where one index has the whole of it: there it is one of that index's own spans,
    since what contains it would be longer than the longest.
    """
    longest = np.maximum.reduce([row.lengths for row in found])
    spans = np.zeros(len(longest), bool)
    spans[maximal(longest, SEED)] = True
    counts = np.zeros(len(longest), np.int64)
    hits: list[NDArray[np.int64]] = [np.zeros((0, 3), np.int64)]
    for row, offset in zip(found, offsets, strict=True):
        shared = (row.lengths == longest) & (longest > 0)
        counts += np.where(shared, row.counts, 0)
        kept = row.hits[(shared & spans)[row.hits[:, 0]]]
        hits.append(kept + np.array([0, offset, 0]))
    times, documents = (sum_of([getattr(row, name) for row in found]) for name in ("times", "documents"))
    return Found(longest, counts, times, documents, np.concatenate(hits))


def sum_of(rows: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The sum of arrays of one shape."""
    summed: NDArray[np.int64] = np.add.reduce(rows)
    return summed


def matches(found: Found, words: int) -> Matches:
    """The spans of what was found in an index of so many words, with their surprisal."""
    with np.errstate(divide="ignore"):
        surprise = np.where(found.times > 0, np.log2(words) - np.log2(found.times), np.inf)
    starts = maximal(found.lengths, SEED)
    lengths = found.lengths[starts]
    summed = np.concatenate(([0.0], np.cumsum(np.where(np.isfinite(surprise), surprise, 0.0))))
    bits = summed[starts + lengths] - summed[starts]
    hits = found.hits.copy()
    hits[:, 0] = np.searchsorted(starts, hits[:, 0])
    return Matches(found.lengths, surprise, found.documents, starts, lengths, found.counts[starts], bits, hits)
