"""From matches to a trace: which documents explain a text, how well each sentence, and under which licences."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from assay.corpus.matching import HITS, SEED, Matches, Shards, covered, split, together
from assay.corpus.passages import passage
from assay.corpus.relevance import Relevance
from assay.corpus.similar import Embedder
from assay.corpus.similar import likenesses as near
from assay.facts.trace import LicenceShare, Likeness, Passage, Sentence, Source, Span, Standing, Trace
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
    """A document that was chosen: its shard and number, and its hits as rows (span, unit), best span first."""

    shard: int
    document: int
    hits: tuple[tuple[int, int], ...]
    mask: NDArray[np.bool_]
    bits: float
    patchwork: bool

    @cached_property
    def spans(self) -> frozenset[int]:
        """The spans that it has."""
        return frozenset(span for span, _ in self.hits)


def traced(corpus: Shards, text: str, prompt: str, least: int, most: int, embedder: Embedder | None) -> Trace:
    """See `Corpus.trace`."""
    found, raw = split(text)
    matches = together(corpus.look(found), corpus.shards)
    relevance = Relevance(corpus.shards, found, prompt)
    chosen = _ranked(list(_chosen(matches, found, least, most, relevance)), relevance)
    listed = np.flatnonzero(matches.lengths >= least)
    sources = tuple(_source(corpus, row, matches, found, raw, relevance) for row in chosen)
    to_characters = _characters(raw, found)
    spans = tuple(_span(index, matches, found, to_characters, chosen) for index in listed.tolist())
    inside = _mask(matches, listed, len(found))
    sentences = tuple(_sentences(text, raw, found, matches, listed, chosen))
    likenesses: tuple[Likeness, ...] = ()
    if embedder is not None:
        likenesses = tuple(near(corpus, text, sentences, embedder))
        sentences = tuple(_with_likeness(index, row, likenesses) for index, row in enumerate(sentences))
    return Trace(
        text=text,
        corpora=corpus.records,
        words=len(found),
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
        ties = np.flatnonzero(gains >= best - 1e-6)
        number = (
            int(ties[0])
            if len(ties) == 1
            else max(ties[:TIES].tolist(), key=lambda row: (relevance.of(*pool.place(row)), -row))
        )
        chosen = pool.chosen(number, len(words), weight, matches, least)
        left[chosen.mask] = 0.0
        yield chosen


@dataclass(frozen=True, slots=True)
class _Pool:
    """Hits that may explain something, by document and then by span: int64[h, 4], and where each document's begin."""

    hits: NDArray[np.int64]
    first: NDArray[np.intp]
    begin: NDArray[np.intp]  # of each hit: the first word that no earlier span of its document covers
    end: NDArray[np.intp]

    def gains(self, left: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each document would add, in bits."""
        summed = np.concatenate(([0.0], np.cumsum(left)))
        gains: NDArray[np.float64] = np.add.reduceat(summed[self.end] - summed[self.begin], self.first)
        return gains

    def place(self, number: int) -> tuple[int, int, int]:
        """(shard, document, unit) of a document's first hit."""
        shard, _, document, unit = self.hits[self.first[number]].tolist()
        return shard, document, unit

    def chosen(self, number: int, count: int, weight: NDArray[np.float64], matches: Matches, least: int) -> _Chosen:
        stop = self.first[number + 1] if number + 1 < len(self.first) else len(self.hits)
        own = self.hits[self.first[number] : stop]
        mask = _mask(matches, own[:, 1], count)
        order = np.argsort(-matches.bits[own[:, 1]], kind="stable")
        hits = tuple((int(own[row, 1]), int(own[row, 3])) for row in order)
        long = bool((matches.lengths[own[:, 1]] >= least).any())
        return _Chosen(int(own[0, 0]), int(own[0, 2]), hits, mask, float(weight[mask].sum()), not long)


def _pool(matches: Matches, words: Words, least: int) -> _Pool:
    """Hits of listed spans, and of shorter ones beside which another span lies in text and document alike."""
    shift = matches.hits[:, 3] - matches.starts[matches.hits[:, 1]]  # the same for all matches of a copy without edits
    order = np.lexsort((matches.hits[:, 3], shift, matches.hits[:, 2], matches.hits[:, 0]))
    hits, shift = matches.hits[order], shift[order]
    same = (hits[1:, 0] == hits[:-1, 0]) & (hits[1:, 2] == hits[:-1, 2]) & (shift[1:] - shift[:-1] <= EDITS)
    near = same & (abs(hits[1:, 3] - hits[:-1, 3]) <= NEAR) & (hits[1:, 1] != hits[:-1, 1])
    beside = np.concatenate((near, [False])) | np.concatenate(([False], near))
    long = matches.lengths[hits[:, 1]] >= least
    rare = (matches.counts[hits[:, 1]] <= HITS) & _first(matches, words)[hits[:, 1]]
    hits = hits[long | (beside & rare)]
    pool = _by_document(hits, matches)
    if not len(hits):
        return pool
    # short matches count where two of them do not overlap, neither in the text nor in the document
    held = np.minimum(np.add.reduceat(pool.end - pool.begin, pool.first), _held(pool, matches))
    enough = np.maximum.reduceat(matches.lengths[pool.hits[:, 1]], pool.first) >= least
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
    order = np.lexsort((hits[:, 3], np.repeat(np.arange(len(pool.first)), np.diff(np.append(pool.first, len(hits))))))
    begin = hits[order, 3]
    end = begin + matches.lengths[hits[order, 1]]
    new = np.zeros(len(hits), bool)
    new[pool.first] = True
    group = np.cumsum(new)
    reached = np.maximum.accumulate(end + (group << 32)) - (group << 32)  # the furthest end so far in the same document
    before = np.where(new, 0, np.concatenate(([0], reached[:-1])))
    held: NDArray[np.int64] = np.add.reduceat(np.maximum(end - np.maximum(begin, before), 0), pool.first)
    return held


def _by_document(hits: NDArray[np.int64], matches: Matches) -> _Pool:
    hits = hits[np.lexsort((hits[:, 3], hits[:, 1], hits[:, 2], hits[:, 0]))]
    if not len(hits):
        return _Pool(hits, np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0, np.intp))
    new = np.concatenate(([True], (hits[1:, 0] != hits[:-1, 0]) | (hits[1:, 2] != hits[:-1, 2])))
    begin = matches.starts[hits[:, 1]]
    end = begin + matches.lengths[hits[:, 1]]
    before = np.where(
        new, 0, np.concatenate(([0], end[:-1]))
    )  # ends rise with the spans, so the last one is the largest
    return _Pool(hits, np.flatnonzero(new), np.minimum(np.maximum(begin, before), end), end)


def _ranked(chosen: list[_Chosen], relevance: Relevance) -> list[_Chosen]:
    """By what each explains alone, then by relevance."""
    return sorted(chosen, key=lambda row: (-round(row.bits, 6), -relevance.of(row.shard, row.document, row.hits[0][1])))


def _mask(matches: Matches, spans: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """bool[count]: the words that lie in one of the spans."""
    return covered(matches.starts[spans], matches.lengths[spans], count)


def _source(corpus: Shards, row: _Chosen, matches: Matches, found: Words, raw: bytes, relevance: Relevance) -> Source:
    shard = corpus.shards[row.shard]
    passages: list[Passage] = []
    seen: set[int] = set()
    for span, unit in row.hits:
        if span in seen or len(passages) == PASSAGES:
            continue
        seen.add(span)
        start, length = int(matches.starts[span]), int(matches.lengths[span])
        wanted = raw[int(found.starts[start]) : int(found.stops[start + length - 1])]
        passages.append(passage(shard, row.document, unit, length, wanted))
    return Source(
        corpus=corpus.names[row.shard],
        document=shard.document(row.document),
        words=int(row.mask.sum()),
        bits=round(row.bits, 3),
        relevance=round(relevance.of(row.shard, row.document, row.hits[0][1]), 3),
        patchwork=row.patchwork,
        passages=tuple(passages),
    )


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
