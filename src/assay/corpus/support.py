"""Whether a corpus knows what a text is about: counts of its names and numbers, and which occur together.

That two names never occur together is a reason to doubt what connects them, and is shown with that reason; counts alone
tell little (arXiv:2511.17946).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from assay.corpus.index import Query
from assay.corpus.several import Several, pieces
from assay.facts.uncertainty import Held, Pair
from assay.lazy import dataclass

MOST_PLACES = 20_000  # of a phrase in each shard that are looked at
MOST_EACH = 12  # phrases of one sentence that are paired
_Phrase = tuple[int, int, tuple[str, ...]]  # start, stop, folded words


@dataclass(frozen=True, slots=True)
class _Holders:
    """The documents that hold a phrase, and whether all places were looked at."""

    count: int
    documents: frozenset[int]
    complete: bool


def held(
    index: Several, text: str, groups: Sequence[Sequence[tuple[int, int]]]
) -> tuple[tuple[Held, ...], tuple[Pair, ...]]:
    """(how often each phrase occurs, which pairs of one group stand in one document).

    Args:
        groups: for each sentence, the characters (start, stop) of its phrases in `text`.

    Raises Malformed where a shard is damaged.
    """
    known: dict[tuple[str, ...], _Holders] = {}
    rows: list[Held] = []
    pairs: list[Pair] = []
    for group in groups:
        mine = []
        for start, stop in group:
            key = tuple(text[start:stop].casefold().split())
            if key not in known:
                known[key] = _holders(index, text[start:stop])
            mine.append((start, stop, key))
            rows.append(Held(start, stop, known[key].count, len(known[key].documents), known[key].complete))
        for one, other in combinations(mine[:MOST_EACH], 2):
            if one[2] != other[2]:
                pairs.append(_pair(index, one, other, known))
    return tuple(rows), tuple(pairs)


def _pair(
    index: Several,
    one: tuple[int, int, tuple[str, ...]],
    other: tuple[int, int, tuple[str, ...]],
    known: dict[tuple[str, ...], _Holders],
) -> Pair:
    left, right = known[one[2]], known[other[2]]
    both = left.documents & right.documents
    example = index.described([min(both)])[0].id if both else ""
    return Pair(one[0], one[1], other[0], other[1], len(both), example, left.complete and right.complete)


def _holders(index: Several, phrase: str) -> _Holders:
    query = Query.of(phrase)
    if not len(query):
        return _Holders(0, frozenset(), True)
    found = index.places(query, pieces((0, len(query))), MOST_PLACES)
    count = int(found.counts[0])
    return _Holders(count, frozenset(np.unique(found.hits[:, 1]).tolist()), len(found.hits) >= count)
