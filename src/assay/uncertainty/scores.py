"""From tokens to spans, sentences and the whole text: where something may be made up, and how surprised the model is there.

What carries is extremes, not means: the first token of an invented span is the one that surprises (arXiv:2507.20836), and what follows from it is
likely again. So a span has its onset and its maximum, a sentence its worst span, a text its minimum log-probability.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.facts.uncertainty import Score, Sentence, Span, SpanKind, TokenScore

MOST_SPANS = 5000
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_CAPITAL = r"(?:[A-ZÀ-ÖØ-Þ]\.(?:[A-ZÀ-ÖØ-Þ]\.)*(?=\s+[A-ZÀ-ÖØ-Þ])|[A-ZÀ-ÖØ-Þ][\w’'-]*)"  # an initial, or a word that begins with a capital
# the first that fits at a place; a heuristic for texts in the Latin script, English in its months
_SPANS = (
    (SpanKind.DATE, rf"\b(?:\d{{1,2}}\s+{_MONTH}(?:\s+\d{{4}})?|{_MONTH}\s+\d{{1,2}}(?:,\s*\d{{4}})?|{_MONTH}\s+\d{{4}}|\d{{4}}-\d{{2}}-\d{{2}}|(?:1[0-9]|20)\d\d(?![\d,.]*\d))\b"),
    (SpanKind.NUMBER, r"[-+]?[$€£]?\b\d[\d,.]*(?:\s?%|\s?(?:percent|million|billion|trillion|km|kg|m|cm|miles|dollars|euros|years)\b)?"),
    (SpanKind.QUOTE, r"[\"“][^\"“”\n]{2,200}[\"”]"),
    (SpanKind.NAME, rf"\b{_CAPITAL}(?:\s+(?:(?:of|the|de|van|von|der|la|and)\s+)?{_CAPITAL})*"),
    (SpanKind.WORDS, r"\b[a-zà-öø-ÿ][\w’'-]{3,}(?:\s+[a-zà-öø-ÿ][\w’'-]{3,}){0,3}"),
)  # fmt: skip
_ANY = re.compile("|".join(f"(?P<{kind.name}>{pattern})" for kind, pattern in _SPANS))
# a mark inside a number, a web address or after an initial ends nothing; English in its abbreviations
_SENTENCE = re.compile(
    r"(?:[^.!?。！？\n]|(?<=\b[A-Z])\.(?=\s+[A-Z])|(?<=\b(?:Dr|Mr|Ms|St|No|vs))\.(?=\s)|(?<=\bMrs)\.(?=\s)|[.!?]+(?=[^\s.!?。！？\"”’)\]]))*"
    r"(?:[.!?。！？]+[\"”’)\]]*|\n|$)"
)
_STARTS = frozenset(
    [
        "The",
        "A",
        "An",
        "In",
        "On",
        "At",
        "It",
        "He",
        "She",
        "They",
        "We",
        "I",
        "This",
        "That",
        "These",
        "Those",
        "There",
        "And",
        "But",
        "Or",
        "If",
        "When",
        "While",
        "As",
        "For",
        "To",
        "Of",
        "By",
        "With",
        "From",
    ]
)


def spans(text: str, tokens: tuple[TokenScore, ...]) -> tuple[Span, ...]:
    """Names, numbers, dates, quotations and runs of other words that the tokens cover, in order."""
    return tuple(found for match in marked(text) if (found := _span(match, tokens)) is not None)


def split(text: str) -> Iterator[str]:
    """The sentences of a text, in order."""
    yield from (match[0].strip() for match in _SENTENCE.finditer(text) if match[0].strip())


def marked(text: str) -> Iterator[tuple[SpanKind, int, int]]:
    """(kind, start, stop) of what can be made up, by light rules, in order; at most 5,000."""
    count = 0
    for match in _ANY.finditer(text):
        kind = SpanKind[str(match.lastgroup)]
        start, stop = match.span()
        if kind is SpanKind.NAME:
            first = text[start:stop].split(None, 1)
            if first[0].strip(".'’-") in _STARTS:  # a capital that only begins a sentence
                if len(first) == 1:
                    continue
                start = stop - len(first[1])
            stop -= len(text[start:stop]) - len(text[start:stop].rstrip(".'’-"))
        if start < stop:
            yield kind, start, stop
            count += 1
        if count >= MOST_SPANS:
            return


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
    for match in _SENTENCE.finditer(text):
        start, stop = match.span()
        if not match[0].strip():
            continue
        start += len(match[0]) - len(match[0].lstrip())
        mine = [(number, span) for number, span in enumerate(found) if span.start >= start and span.stop <= stop]
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
