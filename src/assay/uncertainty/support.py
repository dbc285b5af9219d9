"""Check a scored text against documents and training data, and mark what the model is sure of without support."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import UsageError
from assay.facts.checked import CheckedSentence, GivenDocument, Support
from assay.facts.uncertainty import (
    Grounding,
    Held,
    Known,
    Mark,
    Score,
    Sentence,
    Span,
    SpanKind,
    TokenScore,
)
from assay.lazy import dataclass
from assay.runtime import Runtime, can_score
from assay.uncertainty.checking import given, unread, worded
from assay.uncertainty.checking import sentences as sentences_beside
from assay.uncertainty.grounding import Documents
from assay.uncertainty.sources import Source, document, source

if TYPE_CHECKING:
    from assay.corpus.collection import Corpus

SURE = 0.7  # nats: above an even chance at every token


@dataclass(frozen=True)
class Against:
    """What a text is checked against: documents and what of them was not read, and indexed corpora."""

    given: tuple[GivenDocument, ...] = ()
    documents: Documents | None = None
    corpus: Corpus | None = None
    unread: tuple[str, ...] = ()


def against(documents: Sequence[Path] = (), corpora: Sequence[str] = (), *, offline: bool = False) -> Against:
    """Documents from files, corpora from folders (UsageError: one of them cannot be used)."""
    sources = [worded(document(path)) for path in documents]
    found = None
    if corpora:
        from assay import corpus

        found = corpus.open(list(corpora), offline=offline)
    return _beside(sources, found)


def beside(texts: Mapping[str, str], corpus: Corpus | None = None) -> Against:
    """Texts that are there already, each by its name, and an open corpus (UsageError: a text has no words)."""
    return _beside([worded(source(name, text)) for name, text in texts.items()], corpus)


def _beside(sources: Sequence[Source], corpus: Corpus | None) -> Against:
    if not sources:
        return Against(corpus=corpus)
    read = Documents([row.text for row in sources])
    return Against(given(sources, read), read, corpus, unread(sources, read))


def grounded(
    held: Against, runtime: Runtime, prompt: str, text: str, tokens: tuple[TokenScore, ...]
) -> tuple[tuple[Grounding, ...], str]:
    """(each sentence with what the documents say of it, why the model's own gain from them is not known)."""
    if held.documents is None:
        return (), ""
    gains, why = _gains(held.documents, runtime, prompt, text, tokens)
    rows = sentences_beside(text, held.documents)
    return tuple(Grounding(row, _mean_gain(row, tokens, gains)) for row in rows), why


def _mean_gain(row: CheckedSentence, tokens: tuple[TokenScore, ...], gains: list[float]) -> float | None:
    """The mean gain of a sentence's tokens, None where it is not known."""
    mine = [
        gain for token, gain in zip(tokens, gains, strict=False) if token.start < row.stop and token.stop > row.start
    ]
    return round(sum(mine) / len(mine), 4) if mine else None


def _gains(
    documents: Documents, runtime: Runtime, prompt: str, text: str, tokens: tuple[TokenScore, ...]
) -> tuple[list[float], str]:
    """(gain in log-probability of each token, nats, with the documents before the prompt; why it is not known)."""
    if not tokens or not can_score(runtime):
        return [], "whether the documents make the text likelier: the runtime scores no given text"
    try:
        again = runtime.score(f"{documents.whole}\n\n{prompt}", text)
    except UsageError as cause:
        return [], f"whether the documents make the text likelier: {cause}"
    if [row.text for row in again] != [row.text for row in tokens]:
        return [], "whether the documents make the text likelier: it is split otherwise after them"
    return [late.logprob - early.logprob for late, early in zip(again, tokens, strict=True)], ""


def known(held: Against, text: str, spans: tuple[Span, ...], sentences: tuple[Sentence, ...]) -> Known | None:
    """What the corpora hold of the names, numbers, dates and quotations of the text; None where none were given."""
    if held.corpus is None:
        return None
    from assay.corpus.support import held as asked

    named = [span for span in spans if span.kind is not SpanKind.WORDS]
    groups = [
        [(span.start, span.stop) for span in named if row.start <= span.start and span.stop <= row.stop]
        for row in sentences
    ]
    rows, pairs = held.corpus.asked(lambda index: asked(index, text, groups))
    records = held.corpus.records
    if not held.corpus.complete:  # a corpus that did not answer may hold what the others do not
        rows = tuple(replace(row, complete=False) for row in rows)
        pairs = tuple(replace(row, complete=False) for row in pairs)
    return Known(tuple(record.name for record in records), tuple(record.sha256 for record in records), rows, pairs)


def unasked(held: Against) -> Iterator[str]:
    """What is not known because a corpus did not answer."""
    for row in held.corpus.records if held.corpus else ():
        if row.unasked:
            yield f"what {row.name} holds of the text ({row.unasked}): counts are those of the other corpora"


def scores(
    grounding: tuple[Grounding, ...], found: Known | None, words: int, *, complete: bool = True
) -> Iterator[Score]:
    """The least supported sentence, the rarest phrase of the corpora, and the share of pairs that never co-occur there.

    Args:
        words: of the corpora.
        complete: whether every corpus answered; else what is rare in the others is not known to be rare.
    """
    if grounding:
        worst = max(row.sentence.absent for row in grounding)
        source, cost = "what the documents lack of the worst sentence (docs/checker.md)", "reading the documents"
        yield Score("documents.absent", worst, "share", source, cost)
        gains = [row.gain for row in grounding if row.gain is not None]
        if gains:
            source = "least gain of a sentence's mean log-probability by the documents, negated (arXiv:2305.14739)"
            yield Score("documents.gain", -min(gains), "nats", source, "one pass")
    if found and found.held and complete:
        rarest = min(row.count for row in found.held)
        rarity = math.log((words + 1) / (rarest + 1))
        yield Score("corpus.rarest", rarity, "nats", "rarity of the rarest name or number in the corpora", "look-ups")
    # of two frequent names not all places are looked at: that none of those is in one document says nothing
    told = [row for row in found.pairs if row.documents or row.complete] if found else []
    if told and complete:
        apart = sum(not row.documents for row in told) / len(told)
        source = "pairs of names and numbers that no document holds together (arXiv:2512.19134)"
        yield Score("corpus.apart", apart, "share", source, "look-ups")


def marks(
    text: str,
    spans: tuple[Span, ...],
    sentences: tuple[Sentence, ...],
    grounding: tuple[Grounding, ...],
    found: Known | None,
) -> tuple[Mark, ...]:
    """What the model is sure of and nothing that was given supports, in the order of the text."""
    rows = [
        Mark(row.start, row.stop, row.reason)
        for row in (one.sentence for one in grounding)
        if row.support in (Support.CONTRADICTED, Support.NOT_FOUND) and _surprisal(sentences, row) <= SURE
    ]
    if found:
        rows += _unknown(text, spans, found)
    return tuple(sorted(rows, key=lambda row: (row.start, row.stop)))


def _surprisal(sentences: tuple[Sentence, ...], row: CheckedSentence) -> float:
    """The surprisal of the sentence's names, numbers and words; infinite where it has none that were scored."""
    found = next((one for one in sentences if (one.start, one.stop) == (row.start, row.stop)), None)
    return found.surprise if found is not None and found.span >= 0 else math.inf


def _unknown(text: str, spans: tuple[Span, ...], found: Known) -> Iterator[Mark]:
    """Names and numbers that the model is sure of and the corpora do not hold, or never hold together."""
    sure = {(span.start, span.stop) for span in spans if span.surprise <= SURE}
    for row in found.held:
        if not row.count and row.complete and (row.start, row.stop) in sure:
            yield Mark(row.start, row.stop, f"the corpora do not hold {text[row.start : row.stop][:60]!r}")
    for pair in found.pairs:
        one, other = (pair.start, pair.stop), (pair.other_start, pair.other_stop)
        if not pair.documents and pair.complete and other in sure and _held(found, one) and _held(found, other):
            first = text[one[0] : one[1]][:60]
            yield Mark(*other, f"no document of the corpora holds it together with {first!r}")


def _held(found: Known, extent: tuple[int, int]) -> bool:
    row: Held | None = next((row for row in found.held if (row.start, row.stop) == extent), None)
    return row is not None and row.count > 0
