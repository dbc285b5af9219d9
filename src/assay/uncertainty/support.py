"""What documents and corpora say of a text that a model has scored, and what it is sure of without either bearing it out."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import UsageError
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
from assay.runtime import Runtime, can_score
from assay.uncertainty.grounding import Documents, unsupported

if TYPE_CHECKING:
    from assay.corpus.collection import Corpus

MOST_BYTES = 16 << 20  # of a document
_OTHER = "index it with `assay corpus build` if it is PDF or HTML"
MOST_SEEN = 400  # characters of a passage that a record keeps
SURE = 0.7  # nats: above an even chance at every token
DOUBTED = 0.9  # of the checker, from which a sentence counts as not borne out (error rates: docs/checker.md)


@dataclass(frozen=True)
class Against:
    """What a text is held against: documents by name, and indexed corpora."""

    names: tuple[str, ...] = ()
    documents: Documents | None = None
    corpus: Corpus | None = None


def against(documents: Sequence[Path] = (), corpora: Sequence[str] = ()) -> Against:
    """Documents from files, corpora from folders (UsageError: one of them cannot be used)."""
    texts = [text_of(path, MOST_BYTES, "document", _OTHER) for path in documents]
    found = None
    if corpora:
        from assay import corpus

        found = corpus.open(list(corpora))
    return Against(tuple(path.name for path in documents), Documents(texts) if texts else None, found)


def given(held: Against) -> tuple[GivenDocument, ...]:
    """The documents by name and digest."""
    texts = held.documents.texts if held.documents else []
    return tuple(GivenDocument(name, hashlib.sha256(text.encode()).hexdigest(), len(text)) for name, text in zip(held.names, texts, strict=True))  # fmt: skip


def grounded(
    held: Against, runtime: Runtime, prompt: str, text: str, tokens: tuple[TokenScore, ...], sentences: tuple[Sentence, ...]
) -> tuple[tuple[Grounding, ...], str]:  # fmt: skip
    """(each sentence beside the documents, why the model's own gain from them is not known)."""
    if held.documents is None:
        return (), ""
    gains, why = _gains(held.documents, runtime, prompt, text, tokens)
    rows = []
    for row in sentences:
        said = text[row.start : row.stop]
        features = held.documents.features(said)
        near = held.documents.passage(said)
        mine = [gain for token, gain in zip(tokens, gains, strict=False) if token.start < row.stop and token.stop > row.start]  # fmt: skip
        rows.append(
            Grounding(
                row.start, row.stop, round(unsupported(features), 4), round(features[0], 4), near.document if near else -1, near.start if near else 0, near.stop if near else 0,
                held.documents.texts[near.document][near.start : near.stop][:MOST_SEEN].strip() if near else "", held.documents.missing(said),
                round(sum(mine) / len(mine), 4) if mine else None,
            )
        )  # fmt: skip
    return tuple(rows), why


def _gains(
    documents: Documents, runtime: Runtime, prompt: str, text: str, tokens: tuple[TokenScore, ...]
) -> tuple[list[float], str]:
    """(by how many nats each token becomes likelier when the documents stand before the prompt, why that is not known)."""
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
    """What the corpora hold of the names, numbers, dates and quotations of the text; None where there are none to ask."""
    if held.corpus is None:
        return None
    from assay.corpus.support import held as asked

    told = [span for span in spans if span.kind is not SpanKind.WORDS]
    groups = [[(span.start, span.stop) for span in told if row.start <= span.start and span.stop <= row.stop] for row in sentences]  # fmt: skip
    rows, pairs = asked(held.corpus, text, groups)
    return Known(tuple(record.name for record in held.corpus.records), tuple(record.sha256 for record in held.corpus.records), rows, pairs)  # fmt: skip


def scores(grounding: tuple[Grounding, ...], found: Known | None, words: int) -> Iterator[Score]:
    """The worst sentence beside the documents, the rarest phrase and the share of pairs that never meet in the corpora.

    Args:
        words: of the corpora.
    """
    if grounding:
        worst = max(row.unsupported for row in grounding)
        yield Score("documents.unsupported", worst, "share", "assay's checker on the worst sentence (docs/checker.md)", "a look at the documents")  # fmt: skip
        gains = [row.gain for row in grounding if row.gain is not None]
        if gains:
            yield Score("documents.gain", -min(gains), "nats", "least gain of a sentence's mean log-probability by the documents, negated (arXiv:2305.14739)", "one pass")  # fmt: skip
    if found and found.held:
        rarest = min(row.count for row in found.held)
        yield Score("corpus.rarest", math.log((words + 1) / (rarest + 1)), "nats", "rarity of the rarest name or number in the corpora", "look-ups")  # fmt: skip
    if found and found.pairs:
        apart = sum(not row.documents for row in found.pairs) / len(found.pairs)
        yield Score("corpus.apart", apart, "share", "pairs of names and numbers that stand in no document together (arXiv:2512.19134)", "look-ups")  # fmt: skip


def marks(
    text: str, spans: tuple[Span, ...], sentences: tuple[Sentence, ...], grounding: tuple[Grounding, ...], found: Known | None
) -> tuple[Mark, ...]:  # fmt: skip
    """What the model is sure of and nothing that was given bears out, in the order of the text."""
    rows = [
        Mark(row.start, row.stop, "the documents do not bear it out" + (f": they have no {', '.join(repr(name) for name in row.missing[:3])}" if row.missing else ""))
        for row in grounding
        if row.unsupported >= DOUBTED and _surprise(sentences, row) <= SURE
    ]  # fmt: skip
    if found:
        rows += _unknown(text, spans, found)
    return tuple(sorted(rows, key=lambda row: (row.start, row.stop)))


def _surprise(sentences: tuple[Sentence, ...], row: Grounding) -> float:
    """How surprising the sentence's names, numbers and words are to the model; infinite where it has none that were scored."""
    found = next((one for one in sentences if (one.start, one.stop) == (row.start, row.stop)), None)
    return found.surprise if found is not None and found.span >= 0 else math.inf


def _unknown(text: str, spans: tuple[Span, ...], found: Known) -> Iterator[Mark]:
    sure = {(span.start, span.stop) for span in spans if span.surprise <= SURE}
    for row in found.held:
        if not row.count and (row.start, row.stop) in sure:
            yield Mark(row.start, row.stop, f"the corpora do not hold {text[row.start : row.stop][:60]!r}")
    for pair in found.pairs:
        one, other = (pair.start, pair.stop), (pair.other_start, pair.other_stop)
        if not pair.documents and pair.complete and other in sure and _held(found, one) and _held(found, other):
            yield Mark(other[0], other[1], f"no document of the corpora holds it together with {text[one[0] : one[1]][:60]!r}")  # fmt: skip


def _held(found: Known, place: tuple[int, int]) -> bool:
    row: Held | None = next((row for row in found.held if (row.start, row.stop) == place), None)
    return row is not None and row.count > 0
