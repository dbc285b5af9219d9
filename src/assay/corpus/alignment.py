"""Near copies: passages of a corpus that a text becomes by a word put in, left out or changed, or other numbers."""

from __future__ import annotations

import numpy as np

from assay.corpus.collection import Corpus
from assay.corpus.matching import HITS, SEED, Matches, split, whole
from assay.facts.corpus import Document
from assay.kernels.words import uint32
from assay.lazy import dataclass

LEAST = 6  # words of the shortest text of which a near copy counts
TRIPLE = 3  # words by which copies of short texts are found
PIECE = 40  # words of a longer text that are compared around a match
LOOKED_AT = 12  # places that are compared for one text
AROUND = 4  # words that a copy may have more on each side
LEAST_SHARE = 0.9  # of the words, that a near copy has in their order; in one word any may differ
LEAST_LETTERS = 5  # different words with a letter that both have


_Place = tuple[int, int, int, int]  # shard, document, unit, and the word of the text that stands there


@dataclass(frozen=True, slots=True)
class NearCopy:
    """The share of a text's words that a document has in their order and close together, and the document."""

    share: float
    document: Document


def words(text: str) -> tuple[str, ...]:
    """The words of a text as they are compared."""
    found, _ = split(text)
    return tuple(found.text(index) for index in range(len(found)))


def nearest(corpus: Corpus, text: str, matches: Matches) -> NearCopy | None:
    """The best near copy of a text among the places of its longest matches, or None."""
    said = words(text)
    if len(said) < LEAST:
        return None
    best: NearCopy | None = None
    for shard, document, unit, start in (*_places(matches), *_short(corpus, text)):
        begin = max(0, min(start - PIECE // 2, len(said) - PIECE))
        piece = said[begin : begin + PIECE]
        first = max(corpus.shards[shard].first_unit(document), unit - (start - begin) - AROUND)
        seen = _seen(corpus, shard, document, first, len(piece) + 2 * AROUND)
        share = _share(piece, seen)
        if share and (best is None or share > best.share):
            best = NearCopy(share, corpus.shards[shard].document(document))
            if share == 1:
                break
    return best


def _places(matches: Matches) -> list[_Place]:
    """Where the longest matches lie."""
    order = np.argsort(-matches.lengths[matches.hits[:, 1]].astype(np.int64), kind="stable")[:LOOKED_AT]
    rows = matches.hits[order].tolist()
    return [(shard, document, unit, int(matches.starts[span])) for shard, span, document, unit in rows]


def _short(corpus: Corpus, text: str) -> list[_Place]:
    """Where three words of a text lie that are rare: it is so short that a word put in leaves no longer match."""
    found, raw = split(text)
    rows: list[_Place] = []
    for start in range(len(found) - TRIPLE + 1) if len(found) < 2 * SEED else ():
        part = raw[int(found.starts[start]) : int(found.stops[start + TRIPLE - 1])].decode("utf-8", "replace")
        for number, shard in enumerate(corpus.shards):
            low, high = whole(shard, split(part)[0])
            if low < high <= low + HITS:
                with shard.guarded():
                    columns = shard.ask.hits(uint32([low]), uint32([high]), LOOKED_AT)[1:]
                documents, units = (np.frombuffer(column, np.uint32).tolist() for column in columns)
                rows += [(number, document, unit, start) for document, unit in zip(documents, units, strict=True)]
    return rows[: 2 * LOOKED_AT]


def _seen(corpus: Corpus, shard: int, document: int, first: int, count: int) -> tuple[str, ...]:
    file = corpus.shards[shard]
    last = file.first_unit(document + 1) - 1  # the end of a document has a number of its own
    count = min(count, last - first)
    if count <= 0:
        return ()
    place = file.place(document, first, count)
    return words(file.text(place.start, place.stop).decode("utf-8", "replace"))


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
