"""Check a scored text against documents and training data, and mark what the model is sure of without support."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import UsageError
from assay.facts.checked import CheckedSentence
from assay.facts.uncertainty import (
    GivenDocument,
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
from assay.files import text as text_of
from assay.lazy import dataclass
from assay.runtime import Runtime, can_score
from assay.uncertainty.checking import sentences as sentences_beside
from assay.uncertainty.checking import source, worded
from assay.uncertainty.grounding import Documents, unsupported

if TYPE_CHECKING:
    from assay.corpus.collection import Corpus

MOST_BYTES = 16 << 20  # of a document
_OTHER = "index it with `assay corpus build` if it is a PDF"
MOST_SEEN = 400  # characters of a passage that a record keeps
SURE = 0.7  # nats: above an even chance at every token
DOUBTED = 0.9  # of the checker, from which a sentence counts as unsupported (error rates: docs/checker.md)


@dataclass(frozen=True)
class Against:
    """What a text is checked against: documents by name, and indexed corpora."""

    names: tuple[str, ...] = ()
    documents: Documents | None = None
    corpus: Corpus | None = None


def against(documents: Sequence[Path] = (), corpora: Sequence[str] = (), *, offline: bool = False) -> Against:
    """Documents from files, corpora from folders (UsageError: one of them cannot be used)."""
    sources = [worded(source(path.name, text_of(path, MOST_BYTES, "document", _OTHER))) for path in documents]
    texts = [row.text for row in sources]
    found = None
    if corpora:
        from assay import corpus

        found = corpus.open(list(corpora), offline=offline)
    return Against(tuple(path.name for path in documents), Documents(texts) if texts else None, found)


def given(held: Against) -> tuple[GivenDocument, ...]:
    """The documents by name and digest."""
    texts = held.documents.texts if held.documents else []
    return tuple(
        GivenDocument(name, hashlib.sha256(text.encode()).hexdigest(), len(text))
        for name, text in zip(held.names, texts, strict=True)
    )


def checked(held: Against, text: str) -> tuple[CheckedSentence, ...]:
    """What the documents say of each sentence; none where none were given."""
    return () if held.documents is None else sentences_beside(text, held.documents)


def grounded(
    held: Against,
    runtime: Runtime,
    prompt: str,
    text: str,
    tokens: tuple[TokenScore, ...],
    sentences: tuple[Sentence, ...],
) -> tuple[tuple[Grounding, ...], str]:
    """(each sentence with its support in the documents, why the model's own gain from them is not known)."""
    if held.documents is None:
        return (), ""
    gains, why = _gains(held.documents, runtime, prompt, text, tokens)
    rows = tuple(_grounded(held.documents, text, row, _mean_gain(row, tokens, gains)) for row in sentences)
    return rows, why


def _grounded(documents: Documents, text: str, row: Sentence, gain: float | None) -> Grounding:
    """A sentence with its support in the documents."""
    claim = text[row.start : row.stop]
    features = documents.features(claim)
    near = documents.passage(claim)
    return Grounding(
        row.start,
        row.stop,
        round(unsupported(features), 4),
        round(features[0], 4),
        near.document if near else -1,
        near.start if near else 0,
        near.stop if near else 0,
        documents.texts[near.document][near.start : near.stop][:MOST_SEEN].strip() if near else "",
        documents.missing(claim),
        gain,
    )


def _mean_gain(row: Sentence, tokens: tuple[TokenScore, ...], gains: list[float]) -> float | None:
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
    before = "\n\n".join(documents.texts).strip()
    try:
        again = runtime.score(f"{before}\n\n{prompt}", text)
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
    rows, pairs = asked(held.corpus, text, groups)
    records = held.corpus.records
    return Known(tuple(record.name for record in records), tuple(record.sha256 for record in records), rows, pairs)


def scores(grounding: tuple[Grounding, ...], found: Known | None, words: int) -> Iterator[Score]:
    """The least supported sentence, the rarest phrase of the corpora, and the share of pairs that never co-occur there.

    Args:
        words: of the corpora.
    """
    if grounding:
        worst = max(row.unsupported for row in grounding)
        source, cost = "assay's checker on the worst sentence (docs/checker.md)", "reading the documents"
        yield Score("documents.unsupported", worst, "share", source, cost)
        gains = [row.gain for row in grounding if row.gain is not None]
        if gains:
            source = "least gain of a sentence's mean log-probability by the documents, negated (arXiv:2305.14739)"
            yield Score("documents.gain", -min(gains), "nats", source, "one pass")
    if found and found.held:
        rarest = min(row.count for row in found.held)
        rarity = math.log((words + 1) / (rarest + 1))
        yield Score("corpus.rarest", rarity, "nats", "rarity of the rarest name or number in the corpora", "look-ups")
    if found and found.pairs:
        apart = sum(not row.documents for row in found.pairs) / len(found.pairs)
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
        Mark(row.start, row.stop, _unsupported(row))
        for row in grounding
        if row.unsupported >= DOUBTED and _surprisal(sentences, row) <= SURE
    ]
    if found:
        rows += _unknown(text, spans, found)
    return tuple(sorted(rows, key=lambda row: (row.start, row.stop)))


def _unsupported(row: Grounding) -> str:
    lacking = f": they have no {', '.join(map(repr, row.missing[:3]))}" if row.missing else ""
    return f"the documents do not support it{lacking}"


def _surprisal(sentences: tuple[Sentence, ...], row: Grounding) -> float:
    """The surprisal of the sentence's names, numbers and words; infinite where it has none that were scored."""
    found = next((one for one in sentences if (one.start, one.stop) == (row.start, row.stop)), None)
    return found.surprise if found is not None and found.span >= 0 else math.inf


def _unknown(text: str, spans: tuple[Span, ...], found: Known) -> Iterator[Mark]:
    """Names and numbers that the model is sure of and the corpora do not hold, or never hold together."""
    sure = {(span.start, span.stop) for span in spans if span.surprise <= SURE}
    for row in found.held:
        if not row.count and (row.start, row.stop) in sure:
            yield Mark(row.start, row.stop, f"the corpora do not hold {text[row.start : row.stop][:60]!r}")
    for pair in found.pairs:
        one, other = (pair.start, pair.stop), (pair.other_start, pair.other_stop)
        if not pair.documents and pair.complete and other in sure and _held(found, one) and _held(found, other):
            first = text[one[0] : one[1]][:60]
            yield Mark(*other, f"no document of the corpora holds it together with {first!r}")


def _held(found: Known, extent: tuple[int, int]) -> bool:
    row: Held | None = next((row for row in found.held if (row.start, row.stop) == extent), None)
    return row is not None and row.count > 0
