"""Score a text by the surprisal of its tokens: as a whole, by sentence, and by span (name, number, date, quotation).

Errors show in extremes, not in means: the first token of an invented span has the highest surprisal
(arXiv:2507.20836), and what follows from it is likely again. So a span has its onset and its maximum, a sentence its
worst span, and a text its least likely token.
"""

from __future__ import annotations

from assay.facts.uncertainty import Score, Sentence, Span, SpanKind, TokenScore
from assay.text import sentence, span


def spans(text: str, tokens: tuple[TokenScore, ...]) -> tuple[Span, ...]:
    """Names, numbers, dates, quotations and runs of other words that the tokens cover, in order."""
    return tuple(found for match in span.spans(text) if (found := _span(match, tokens)) is not None)


def _span(match: tuple[SpanKind, int, int], tokens: tuple[TokenScore, ...]) -> Span | None:
    kind, start, stop = match
    mine = [token for token in tokens if token.start < stop and token.stop > start]
    if not mine:
        return None
    entropies = [token.entropy for token in mine if token.entropy is not None]
    surprisal, onset = max(-token.logprob for token in mine), -mine[0].logprob
    return Span(kind, start, stop, surprisal, onset, max(entropies, default=None))


def sentences(text: str, found: tuple[Span, ...]) -> tuple[Sentence, ...]:
    """The sentences, each with the span of highest surprisal; plain words count only where there is nothing else."""
    rows = []
    for start, stop in sentence.bounds(text):
        mine = [(number, row) for number, row in enumerate(found) if row.start >= start and row.stop <= stop]
        named = [row for row in mine if row[1].kind is not SpanKind.WORDS] or mine
        worst = max(named, key=lambda row: row[1].surprise, default=None)
        rows.append(Sentence(start, stop, worst[1].surprise if worst else 0.0, worst[0] if worst else -1))
    return tuple(rows)


def scores(tokens: tuple[TokenScore, ...]) -> tuple[Score, ...]:
    """The scores of a whole text that one pass gives, higher for less trust; none where there are no tokens."""
    if not tokens:
        return ()
    logs = [token.logprob for token in tokens]
    total = -sum(logs)
    by_id = {
        "surprise.max": (-min(logs), "greatest negative log-probability of a token"),
        "sequence": (
            total,
            "negative log-probability of the whole, MSP (arXiv:2406.15627); what `assay calibrate` goes by",
        ),
        "surprise.mean": (total / len(logs), "mean negative log-probability: the logarithm of perplexity"),
        "surprise.first": (-logs[0], "of the first token"),
    }
    entropies = [token.entropy for token in tokens if token.entropy is not None]
    if len(entropies) == len(tokens):
        mean = sum(entropies) / len(entropies)
        by_id |= {
            "entropy.max": (max(entropies), "greatest entropy of a token's distribution"),
            "entropy.mean": (mean, "mean entropy (arXiv:2302.09664, token level)"),
            "entropy.first": (entropies[0], "entropy before the first token (arXiv:2507.20836, onset)"),
        }
    return tuple(Score(id, value, "nats", source, "none") for id, (value, source) in by_id.items())
