"""Near copies: passages of a corpus that a text becomes by a word put in, left out or changed, or other numbers."""

from __future__ import annotations

import numpy as np

from assay.corpus.index import HITS, SEED, Query
from assay.corpus.matching import Matches
from assay.corpus.several import Several, pieces
from assay.facts.corpus import Document
from assay.lazy import dataclass

LEAST = 6  # words of the shortest text of which a near copy counts
TRIPLE = 3  # words by which copies of short texts are found
PIECE = 40  # words of a longer text that are compared around a match
LOOKED_AT = 12  # places that are compared for one text
AROUND = 4  # words that a copy may have more on each side
LEAST_SHARE = 0.9  # of the words, that a near copy has in their order; in one word any may differ
LEAST_LETTERS = 5  # different words with a letter that both have


_Place = tuple[int, int, int]  # document, unit, and the word of the text that stands there


@dataclass(frozen=True, slots=True)
class NearCopy:
    """The share of a text's words that a document has in their order and close together, and the document."""

    share: float
    document: Document


def words(text: str) -> tuple[str, ...]:
    """The words of a text as they are compared."""
    return _words(Query.of(text))


def _words(query: Query) -> tuple[str, ...]:
    return tuple(query.words.text(number) for number in range(len(query)))


def nearest(index: Several, query: Query, matches: Matches) -> NearCopy | None:
    """The best near copy of a text among the places of its longest matches, or None."""
    said = _words(query)
    if len(said) < LEAST:
        return None
    places = [*_places(matches), *_short(index, query)]
    begins = [max(0, min(start - PIECE // 2, len(said) - PIECE)) for _, _, start in places]
    extents = [
        (document, first, first + min(PIECE, len(said)) + 2 * AROUND)
        for (document, unit, start), begin in zip(places, begins, strict=True)
        for first in (unit - (start - begin) - AROUND,)
    ]
    seen = index.seen(np.array(extents, np.int64).reshape(-1, 3), 0)
    shares = [_share(said[begin : begin + PIECE], words(text.text)) for begin, text in zip(begins, seen, strict=True)]
    best = max(shares, default=0.0)
    if not best:
        return None
    (document,) = index.described([places[shares.index(best)][0]])
    return NearCopy(best, document)


def _places(matches: Matches) -> list[_Place]:
    """Where the longest matches lie."""
    order = np.argsort(-matches.lengths[matches.hits[:, 0]].astype(np.int64), kind="stable")[:LOOKED_AT]
    rows = matches.hits[order].tolist()
    return [(document, unit, int(matches.starts[span])) for span, document, unit in rows]


def _short(index: Several, query: Query) -> list[_Place]:
    """Where three words of a text lie that are rare: it is so short that a word put in leaves no longer match."""
    if not TRIPLE <= len(query) < 2 * SEED:
        return []
    triples = pieces(*((start, TRIPLE) for start in range(len(query) - TRIPLE + 1)))
    found = index.places(query, triples, LOOKED_AT)
    rare = found.counts[found.hits[:, 0]] <= HITS
    return [(document, unit, start) for start, document, unit in found.hits[rare].tolist()][: 2 * LOOKED_AT]


def _share(piece: tuple[str, ...], seen: tuple[str, ...]) -> float:
    """The share of the words of `piece` that `seen` has in order, if that makes it a near copy; else 0."""
    wanted, there = [list(map(_number, side)) for side in (piece, seen)]
    kept, edits = _aligned(wanted, there)
    most = max(1, int((1 - LEAST_SHARE) * len(wanted)))
    lettered = {word for word in kept if any(letter.isalpha() for letter in word)}
    if edits > most or len(lettered) < LEAST_LETTERS:
        return 0.0
    return len(kept) / len(wanted)


def _number(word: str) -> str:
    return "0" if word.isdigit() else word


def _aligned(wanted: list[str], there: list[str]) -> tuple[list[str], int]:
    """The words kept and the edits (put in, left out, changed) of the best alignment of `wanted` inside `there`.

    Semi-global alignment (Sellers, "The theory and computation of evolutionary distances", 1980): words of `there`
    before and after are free.
    """
    rows = [[0] * (len(there) + 1)]
    for number, word in enumerate(wanted, 1):
        before, row = rows[-1], [number]
        for at, other in enumerate(there, 1):
            row.append(min(before[at - 1] + (word != other), before[at] + 1, row[at - 1] + 1))
        rows.append(row)
    at = min(range(len(there) + 1), key=rows[-1].__getitem__)
    edits, number, kept = rows[-1][at], len(wanted), []
    while number and at:
        if rows[number][at] == rows[number - 1][at - 1] + (wanted[number - 1] != there[at - 1]):
            if wanted[number - 1] == there[at - 1]:
                kept.append(wanted[number - 1])
            number, at = number - 1, at - 1
        elif rows[number][at] == rows[number - 1][at] + 1:
            number -= 1
        else:
            at -= 1
    return kept, edits
