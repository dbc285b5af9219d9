"""Whether a corpus knows what a text is about: counts of its names and numbers, and which occur together.

That two names never occur together is a reason to doubt what connects them, and is shown with that reason; counts alone
tell little (arXiv:2511.17946).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from assay.corpus.collection import Corpus
from assay.corpus.matching import split, whole
from assay.facts.uncertainty import Held, Pair
from assay.kernels.words import uint32
from assay.lazy import dataclass

MOST_PLACES = 20_000  # of a phrase in a shard that are looked at
MOST_EACH = 12  # phrases of one sentence that are paired
_Phrase = tuple[int, int, tuple[str, ...]]  # start, stop, folded words


@dataclass(frozen=True, slots=True)
class _Holders:
    """The documents that hold a phrase, as (shard, document), and whether all places were looked at."""

    count: int
    documents: frozenset[tuple[int, int]]
    complete: bool


def held(
    corpus: Corpus, text: str, groups: Sequence[Sequence[tuple[int, int]]]
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
                known[key] = _holders(corpus, text[start:stop])
            mine.append((start, stop, key))
            rows.append(Held(start, stop, known[key].count, len(known[key].documents), known[key].complete))
        for one, other in combinations(mine[:MOST_EACH], 2):
            if one[2] != other[2]:
                pairs.append(_pair(corpus, one, other, known))
    return tuple(rows), tuple(pairs)


def _pair(
    corpus: Corpus,
    one: tuple[int, int, tuple[str, ...]],
    other: tuple[int, int, tuple[str, ...]],
    known: dict[tuple[str, ...], _Holders],
) -> Pair:
    left, right = known[one[2]], known[other[2]]
    both = left.documents & right.documents
    example = ""
    if both:
        shard, document = min(both)
        example = corpus.shards[shard].document(document).id
    return Pair(one[0], one[1], other[0], other[1], len(both), example, left.complete and right.complete)


def _holders(corpus: Corpus, phrase: str) -> _Holders:
    found, _ = split(phrase)
    documents: set[tuple[int, int]] = set()
    complete, count = True, corpus.count(phrase) if len(found) else 0
    for number, shard in enumerate(corpus.shards):
        if not len(found):
            break
        low, high = whole(shard, found)
        if low == high:
            continue
        with shard.guarded():
            _, here, _ = shard.ask.hits(uint32([low]), uint32([high]), MOST_PLACES)
        places = np.frombuffer(here, np.uint32)
        complete &= len(places) < MOST_PLACES
        documents.update((number, document) for document in np.unique(places).tolist())
    return _Holders(count, frozenset(documents), complete)
