"""From tokens to spans, sentences and the whole text: where something may be made up, and how surprised the model is there.

What carries is extremes, not means: the first token of an invented span is the one that surprises (arXiv:2507.20836), and what follows from it is
likely again. So a span has its onset and its maximum, a sentence its worst span, a text its minimum log-probability.
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
    return Span(
        kind,
        start,
        stop,
        max(-token.logprob for token in mine),
        -mine[0].logprob,
        max(entropies) if entropies else None,
    )


def sentences(text: str, found: tuple[Span, ...]) -> tuple[Sentence, ...]:
    """The sentences, each with its most surprising span; runs of plain words count only where there is nothing else."""
    rows = []
    for start, stop in sentence.bounds(text):
        mine = [(number, row) for number, row in enumerate(found) if row.start >= start and row.stop <= stop]
        told = [row for row in mine if row[1].kind is not SpanKind.WORDS] or mine
        worst = max(told, key=lambda row: row[1].surprise, default=None)
        rows.append(Sentence(start, stop, worst[1].surprise if worst else 0.0, worst[0] if worst else -1))
    return tuple(rows)


def scores(tokens: tuple[TokenScore, ...]) -> tuple[Score, ...]:
    """The scores of a whole text that one pass gives; larger means less to be trusted. None where there are no tokens."""
    if not tokens:
        return ()
    logs = [token.logprob for token in tokens]
    total = -sum(logs)
    rows = [
        Score(
            "surprise.max",
            -min(logs),
            "nats",
            "greatest negative log-probability of a token",
            "none",
        ),
        Score(
            "sequence",
            total,
            "nats",
            "negative log-probability of the whole, MSP (arXiv:2406.15627); what `assay calibrate` goes by",
            "none",
        ),
        Score(
            "surprise.mean",
            total / len(logs),
            "nats",
            "mean negative log-probability: the logarithm of perplexity",
            "none",
        ),
        Score("surprise.first", -logs[0], "nats", "of the first token", "none"),
    ]
    spread = [token.entropy for token in tokens if token.entropy is not None]
    if len(spread) == len(tokens):
        rows += [
            Score("entropy.max", max(spread), "nats", "greatest entropy of a token's distribution", "none"),
            Score(
                "entropy.mean",
                sum(spread) / len(spread),
                "nats",
                "mean entropy (arXiv:2302.09664, token level)",
                "none",
            ),
            Score(
                "entropy.first", spread[0], "nats", "entropy before the first token (arXiv:2507.20836, onset)", "none"
            ),
        ]
    return tuple(rows)
