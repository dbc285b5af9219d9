"""From matches to a trace: which documents explain a text, how well each sentence, and under which licences."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from assay.corpus.index import HITS, SEED, Query
from assay.corpus.matching import Matches, covered
from assay.corpus.passages import AROUND, passage
from assay.corpus.relevance import Relevance
from assay.corpus.several import Several
from assay.corpus.similar import Embedder
from assay.corpus.similar import likenesses as near
from assay.facts.corpus import CorpusRecord
from assay.facts.trace import LicenceShare, Likeness, Sentence, Source, Span, Standing, Trace
from assay.kernels.words import Words
from assay.lazy import dataclass
from assay.text.sentence import bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAR = 200  # words of a document within which short matches count together,
EDITS = 20  # and words that may have been put in or left out between two of them
TIES = 16  # documents that explain as much as the best and are told apart by relevance
LEAST_GAIN = 8.0  # bits that a further document must add
PASSAGES = 3  # shown of each document
LEAST_NEAR = 6  # words that a source must share with a sentence that is called near-quoted
QUOTED, NEAR_QUOTED = 0.9, 0.5  # shares of a sentence's words: conventions, not error rates


@dataclass(frozen=True)
class _Chosen:
    """A document that was chosen, and its hits as rows (span, unit), best span first."""

    document: int
    hits: tuple[tuple[int, int], ...]
    mask: NDArray[np.bool_]
    bits: float
    patchwork: bool

    @property
    def place(self) -> tuple[int, int]:
        """Document and unit of its best span."""
        return self.document, self.hits[0][1]

    @cached_property
    def spans(self) -> frozenset[int]:
        """The spans that it has."""
        return frozenset(span for span, _ in self.hits)


def traced(
    index: Several,
    corpora: tuple[CorpusRecord, ...],
    text: str,
    prompt: str,
    least: int,
    most: int,
    embedder: Embedder | None,
) -> Trace:
    """See `Corpus.trace`."""
    query = Query.of(text)
    matches = index.match(query)
    relevance = Relevance(index, query, prompt, matches.holders)
    chosen = _ranked(list(_chosen(matches, query.words, least, most, relevance)), relevance)
    listed = np.flatnonzero(matches.lengths >= least)
    sources = tuple(_sources(index, chosen, matches, query, relevance))
    to_characters = _characters(query.raw, query.words)
    spans = tuple(_span(number, matches, query.words, to_characters, chosen) for number in listed.tolist())
    inside = _mask(matches, listed, len(query))
    sentences = tuple(_sentences(text, query.raw, query.words, matches, listed, chosen))
    likenesses: tuple[Likeness, ...] = ()
    if embedder is not None:
        likenesses = tuple(near(index, text, sentences, embedder))
        sentences = tuple(_with_likeness(number, row, likenesses) for number, row in enumerate(sentences))
    if any(record.unasked for record in corpora):
        sentences = tuple(map(_unknown, sentences))
    return Trace(
        text=text,
        corpora=corpora,
        words=len(query),
        covered=int(inside.sum()),
        longest=tuple(matches.longest.tolist()),
        spans=tuple(sorted(spans, key=lambda span: (-span.bits, span.start))),
        sources=sources,
        sentences=sentences,
        likenesses=likenesses,
        licences=_licences(chosen, sources),
    )


def _chosen(matches: Matches, words: Words, least: int, most: int, relevance: Relevance) -> Iterator[_Chosen]:
    """Documents, each adding most to what those before it explain; between equals the more relevant one."""
    pool = _pool(matches, words, least)
    if not len(pool.hits):
        return
    weight = np.where(np.isfinite(matches.surprise), matches.surprise, 0.0)
    left = weight.copy()
    for _ in range(most):
        gains = pool.gains(left)
        best = float(gains.max())
        if best < LEAST_GAIN:
            return
        ties = np.flatnonzero(gains >= best - 1e-6)[:TIES].tolist()
        if len(ties) > 1:
            relevance.prepare(map(pool.place, ties))
            ties.sort(key=lambda row: (-relevance.of(*pool.place(row)), row))
        number = ties[0]
        chosen = pool.chosen(number, len(words), weight, matches, least)
        left[chosen.mask] = 0.0
        yield chosen


@dataclass(frozen=True, slots=True)
class _Pool:
    """Hits that may explain something, by document and then by span: int64[h, 3], and where each document's begin."""

    hits: NDArray[np.int64]
    first: NDArray[np.intp]
    begin: NDArray[np.intp]  # of each hit: the first word that no earlier span of its document covers
    end: NDArray[np.intp]

    def gains(self, left: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each document would add, in bits."""
        summed = np.concatenate(([0.0], np.cumsum(left)))
        gains: NDArray[np.float64] = np.add.reduceat(summed[self.end] - summed[self.begin], self.first)
        return gains

    def place(self, number: int) -> tuple[int, int]:
        """(document, unit) of a document's first hit."""
        _, document, unit = self.hits[self.first[number]].tolist()
        return document, unit

    def chosen(self, number: int, count: int, weight: NDArray[np.float64], matches: Matches, least: int) -> _Chosen:
        stop = self.first[number + 1] if number + 1 < len(self.first) else len(self.hits)
        own = self.hits[self.first[number] : stop]
        mask = _mask(matches, own[:, 0], count)
        order = np.argsort(-matches.bits[own[:, 0]], kind="stable")
        hits = tuple((int(own[row, 0]), int(own[row, 2])) for row in order)
        long = bool((matches.lengths[own[:, 0]] >= least).any())
        return _Chosen(int(own[0, 1]), hits, mask, float(weight[mask].sum()), not long)


def _pool(matches: Matches, words: Words, least: int) -> _Pool:
    """Hits of listed spans, and of shorter ones beside which another span lies in text and document alike."""
    shift = matches.hits[:, 2] - matches.starts[matches.hits[:, 0]]  # the same for all matches of a copy without edits
    order = np.lexsort((matches.hits[:, 2], shift, matches.hits[:, 1]))
    hits, shift = matches.hits[order], shift[order]
    same = (hits[1:, 1] == hits[:-1, 1]) & (shift[1:] - shift[:-1] <= EDITS)
    near = same & (abs(hits[1:, 2] - hits[:-1, 2]) <= NEAR) & (hits[1:, 0] != hits[:-1, 0])
    beside = np.concatenate((near, [False])) | np.concatenate(([False], near))
    long = matches.lengths[hits[:, 0]] >= least
    rare = (matches.counts[hits[:, 0]] <= HITS) & _first(matches, words)[hits[:, 0]]
    hits = hits[long | (beside & rare)]
    pool = _by_document(hits, matches)
    if not len(hits):
        return pool
    # short matches count where two of them do not overlap, neither in the text nor in the document
    held = np.minimum(np.add.reduceat(pool.end - pool.begin, pool.first), _held(pool, matches))
    enough = np.maximum.reduceat(matches.lengths[pool.hits[:, 0]], pool.first) >= least
    sizes = np.diff(np.append(pool.first, len(pool.hits)))
    return _by_document(pool.hits[np.repeat(enough | (held >= 2 * SEED), sizes)], matches)


def _first(matches: Matches, words: Words) -> NDArray[np.bool_]:
    """bool[spans]: whether a span is the first of its words; a phrase that a text repeats is one piece of evidence."""
    seen: set[tuple[bytes, ...]] = set()
    found = np.zeros(len(matches.starts), bool)
    for index, (start, length) in enumerate(zip(matches.starts.tolist(), matches.lengths.tolist(), strict=True)):
        ends = words.ends[max(0, start - 1) : start + length].tolist()
        before = ends.pop(0) if start else 0
        said = tuple(words.folded[first:last] for first, last in pairwise([before, *ends]))
        found[index] = said not in seen
        seen.add(said)
    return found


def _held(pool: _Pool, matches: Matches) -> NDArray[np.int64]:
    """How many words of each document its hits cover."""
    hits = pool.hits
    order = np.lexsort((hits[:, 2], np.repeat(np.arange(len(pool.first)), np.diff(np.append(pool.first, len(hits))))))
    begin = hits[order, 2]
    end = begin + matches.lengths[hits[order, 0]]
    new = np.zeros(len(hits), bool)
    new[pool.first] = True
    group = np.cumsum(new)
    reached = np.maximum.accumulate(end + (group << 32)) - (group << 32)  # the furthest end so far in the same document
    before = np.where(new, 0, np.concatenate(([0], reached[:-1])))
    held: NDArray[np.int64] = np.add.reduceat(np.maximum(end - np.maximum(begin, before), 0), pool.first)
    return held


def _by_document(hits: NDArray[np.int64], matches: Matches) -> _Pool:
    hits = hits[np.lexsort((hits[:, 2], hits[:, 0], hits[:, 1]))]
    if not len(hits):
        return _Pool(hits, np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0, np.intp))
    new = np.concatenate(([True], hits[1:, 1] != hits[:-1, 1]))
    begin = matches.starts[hits[:, 0]]
    end = begin + matches.lengths[hits[:, 0]]
    before = np.where(
        new, 0, np.concatenate(([0], end[:-1]))
    )  # ends rise with the spans, so the last one is the largest
    return _Pool(hits, np.flatnonzero(new), np.minimum(np.maximum(begin, before), end), end)


def _ranked(chosen: list[_Chosen], relevance: Relevance) -> list[_Chosen]:
    """By what each explains alone, then by relevance."""
    relevance.prepare(row.place for row in chosen)
    return sorted(chosen, key=lambda row: (-round(row.bits, 6), -relevance.of(*row.place)))


def _mask(matches: Matches, spans: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """bool[count]: the words that lie in one of the spans."""
    return covered(matches.starts[spans], matches.lengths[spans], count)


def _sources(
    index: Several, chosen: list[_Chosen], matches: Matches, query: Query, relevance: Relevance
) -> Iterator[Source]:
    """The documents with up to PASSAGES passages of each, all asked for at once."""
    wanted: list[tuple[int, int, int]] = []
    extents: list[tuple[int, int, int]] = []
    for number, row in enumerate(chosen):
        for span, unit in _first_of_each(row.hits)[:PASSAGES]:
            start, length = int(matches.starts[span]), int(matches.lengths[span])
            wanted.append((number, start, length))
            extents.append((row.document, unit, unit + length))
    seen = index.seen(np.array(extents, np.int64).reshape(-1, 3), AROUND)
    documents = index.described([row.document for row in chosen])
    for number, (row, document) in enumerate(zip(chosen, documents, strict=True)):
        passages = [
            passage(text, query.piece(start, length))
            for (owner, start, length), text in zip(wanted, seen, strict=True)
            if owner == number
        ]
        yield Source(
            corpus=index.name(row.document),
            document=document,
            words=int(row.mask.sum()),
            bits=round(row.bits, 3),
            relevance=round(relevance.of(*row.place), 3),
            patchwork=row.patchwork,
            passages=tuple(passages),
        )


def _first_of_each(hits: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    """The first hit of each span, in order."""
    found: dict[int, int] = {}
    for span, unit in hits:
        found.setdefault(span, unit)
    return list(found.items())


def _span(index: int, matches: Matches, found: Words, characters: NDArray[np.int64], chosen: list[_Chosen]) -> Span:
    start, length = int(matches.starts[index]), int(matches.lengths[index])
    return Span(
        start=int(characters[found.starts[start]]),
        stop=int(characters[found.stops[start + length - 1]]),
        words=length,
        count=int(matches.counts[index]),
        bits=round(float(matches.bits[index]), 3),
        common=bool(matches.counts[index] > HITS),
        documents=tuple(number for number, row in enumerate(chosen) if index in row.spans),
    )


def _characters(raw: bytes, found: Words) -> NDArray[np.int64]:
    """int64[bytes + 1]: how many characters begin before each byte of the text."""
    begins = (np.frombuffer(raw, np.uint8) & 0xC0) != 0x80
    return np.concatenate(([0], np.cumsum(begins)))


def _sentences(
    text: str, raw: bytes, found: Words, matches: Matches, listed: NDArray[np.intp], chosen: list[_Chosen]
) -> Iterator[Sentence]:
    characters = _characters(raw, found)
    places = characters[found.starts] if len(found) else np.zeros(0, np.int64)
    quoted = _mask(matches, listed, len(found))
    for begin, stop in bounds(text):
        first, last = np.searchsorted(places, (begin, stop)).tolist()
        if first == last:
            continue
        start = int(places[first])
        shares = [float(row.mask[first:last].mean()) for row in chosen]
        enough = max((int(row.mask[first:last].sum()) for row in chosen), default=0) >= LEAST_NEAR
        best = max(range(len(shares)), key=lambda number: shares[number], default=None)
        in_spans = float(quoted[first:last].mean())
        if in_spans >= QUOTED:
            yield Sentence(
                start, stop, Standing.QUOTED, round(in_spans, 4), best if best is not None and shares[best] else None
            )
        elif best is not None and shares[best] >= NEAR_QUOTED and enough:
            yield Sentence(start, stop, Standing.NEAR_QUOTED, round(shares[best], 4), best)
        else:
            yield Sentence(start, stop, Standing.NOTHING, round(max(shares, default=0.0), 4), None)


def _with_likeness(index: int, row: Sentence, found: tuple[Likeness, ...]) -> Sentence:
    if row.standing is not Standing.NOTHING or not any(likeness.sentence == index for likeness in found):
        return row
    return Sentence(row.start, row.stop, Standing.SIMILAR, row.share, None)


def _unknown(row: Sentence) -> Sentence:
    """A sentence of which nothing was found, where a corpus did not answer: nobody knows that there is nothing."""
    standing = Standing.UNKNOWN if row.standing is Standing.NOTHING else row.standing
    return Sentence(row.start, row.stop, standing, row.share, row.source)


def _licences(chosen: list[_Chosen], sources: tuple[Source, ...]) -> tuple[LicenceShare, ...]:
    groups: dict[tuple[str, object], list[int]] = {}
    for number, source in enumerate(sources):
        groups.setdefault((source.document.dataset, source.document.licence), []).append(number)
    rows = []
    for numbers in groups.values():
        mask = np.logical_or.reduce([chosen[number].mask for number in numbers])
        first = sources[numbers[0]].document
        rows.append(LicenceShare(first.dataset, first.licence, int(mask.sum()), len(numbers)))
    return tuple(sorted(rows, key=lambda row: (-row.words, row.dataset, row.licence.written)))
