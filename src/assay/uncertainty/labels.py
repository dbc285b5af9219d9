"""Give each sentence of a scored text one label with its reason: supported, doubtful, contradicted or not judged.

Sources in their order: documents, training data, other answers, what a calibration says of such answers, and how
surprised the model is by what the sentence adds to its prompt. Where no rule reads the sentence it is not judged.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from assay.facts.checked import CheckedSentence, Support
from assay.facts.uncertainty import (
    SENTENCE,
    SHORT,
    Judged,
    Known,
    Label,
    Sample,
    Score,
    Sentence,
    Span,
    SpanKind,
    TokenScore,
    Usual,
)
from assay.lazy import dataclass
from assay.text.chance import chance, instead
from assay.text.language import foreign
from assay.text.plain import plain
from assay.uncertainty import meaning
from assay.uncertainty.short import Short, last

NOISE = 6.0  # mean nats a token from which a sentence is noise to the model; a guess among 49,152 tokens is 10.8
LEAST_NOISE = 6  # tokens below which a mean says nothing
# nats, where nothing is known of what is usual for the model: one in a hundred in a sentence; asked for shortly, about
# what it is for SmolLM2
DOUBT, DOUBT_SHORT = 4.6, 1.2
LEAST_SAMPLES = 3
EVEN = 0.69  # nats: an even chance, from which the model is sure of an answer of its own
AGREEING = 0.5  # share of other answers that hold the same, below which a sentence is doubtful
SHOWN = 60  # characters of a text in a reason


@dataclass(frozen=True, slots=True)
class Read:
    """A text with everything that was read of it."""

    text: str
    prompt: str
    tokens: tuple[TokenScore, ...]
    spans: tuple[Span, ...]
    sentences: tuple[Sentence, ...]
    samples: tuple[Sample, ...]
    checked: tuple[CheckedSentence, ...]
    known: Known | None
    short: Short | None = None
    usual: Usual | None = None
    same: Callable[[str, str, str], bool] = meaning.same


def form(short: Short | None) -> str:
    """The form in which what is usual is to be known."""
    return SHORT if short else SENTENCE


def shortness(found: Short) -> Score:
    """The score of a text that was asked for shortly."""
    source = "own words after the question, less half of them after none (after arXiv:2104.08315)"
    return Score("short", found.value, "nats", source, "two short passes")


def judged(row: Read) -> tuple[Judged, ...]:
    """A label for each sentence, in their order; the reason names what decided."""
    return tuple(_judged(row, one) for one in row.sentences)


def _judged(row: Read, one: Sentence) -> Judged:
    beside = next((found for found in row.checked if (found.start, found.stop) == (one.start, one.stop)), None)
    if beside is not None and beside.support is Support.CONTRADICTED:
        return Judged(one.start, one.stop, Label.CONTRADICTED, beside.reason, None)
    unread = _unread(row, one)
    if unread:
        return Judged(one.start, one.stop, Label.NOT_JUDGED, unread, None)
    sourced = beside is not None and beside.support is Support.SUPPORTED
    value, token, words = _unlikeliest(row, one)
    unfound = beside is not None and beside.support is Support.NOT_FOUND
    doubts = [*((beside.reason,) if beside and unfound else ()), *_unknown(row, one), *_differs(row, one)]
    if value is not None and token is not None and not sourced and value > _threshold(row):
        if not doubts and _is_ignorant(row, value, token):
            return Judged(one.start, one.stop, Label.NOT_JUDGED, _ignorance(token, words), value)
        doubts.append(_surprise(token, words))
    if doubts:
        return Judged(one.start, one.stop, Label.DOUBTFUL, "; ".join(doubts[:2]), value)
    reason = _support(row, one, beside, token, words)
    return Judged(one.start, one.stop, Label.SUPPORTED if reason else Label.NOT_JUDGED, reason or _NOTHING, value)


def _threshold(row: Read) -> float:
    """The value above which a sentence is doubtful."""
    if row.usual is not None:
        return row.usual.doubtful
    return DOUBT_SHORT if row.short is not None else DOUBT


def _is_ignorant(row: Read, value: float, token: TokenScore) -> bool:
    """Whether the model finds an answer unlikely, as it does some right ones, and is not sure of another either."""
    if row.short is None or row.usual is None or value > row.usual.right[-1] or not token.alternatives:
        return False
    return max(one.logprob for one in token.alternatives) < -EVEN


def _ignorance(token: TokenScore, words: str) -> str:
    return f"the model knows no answer: it gives {_quoted(words)} {chance(token.logprob)}, and no other an even chance"


def _unlikeliest(row: Read, one: Sentence) -> tuple[float | None, TokenScore | None, str]:
    """(how unlikely the sentence's own words are, the least likely of their tokens, the words)."""
    if row.short is not None:
        worst = min(row.short.tokens, key=lambda token: token.logprob)
        return row.short.value, worst, row.text[row.short.start : row.short.stop]
    span = max(_added(row, one), key=lambda span: span.surprise, default=None)
    if span is None:
        return None, None, ""
    mine = [token for token in row.tokens if token.start < span.stop and token.stop > span.start]
    return span.surprise, min(mine, key=lambda token: token.logprob), row.text[span.start : span.stop]


def _surprise(token: TokenScore, words: str) -> str:
    rather = instead(token)
    said = f"the model gives {_quoted(words)} {chance(token.logprob)}"
    return f"{said} and would rather say {rather}" if rather else said


_NOTHING = "it has no name, number, date or longer word to go by"


def _unread(row: Read, one: Sentence) -> str:
    """Why no rule reads the sentence, or nothing."""
    text = row.text[one.start : one.stop]
    language = foreign(text) or foreign(row.text)
    if language:
        return f"it is written in {language}, which assay does not read"
    mine = [token.logprob for token in row.tokens if token.start < one.stop and token.stop > one.start]
    if len(mine) >= LEAST_NOISE and -sum(mine) / len(mine) > NOISE:
        return f"to this model it is noise: {-sum(mine) / len(mine):.1f} nats a token, where a guess has about 10"
    if not row.tokens and not row.samples and not row.checked:
        return "the runtime gives words and no log-probabilities, and there is nothing to compare them with"
    return ""


def _unknown(row: Read, one: Sentence) -> Iterator[str]:
    """Names and numbers that the training data does not hold, and those that it never holds together."""
    if row.known is None:
        return
    absent = set()
    for held in row.known.held:
        if one.start <= held.start and held.stop <= one.stop and held.complete and not held.count:
            absent.add((held.start, held.stop))
            yield f"{_quoted(row.text[held.start : held.stop])} is nowhere in the training data"
    for pair in row.known.pairs:
        left, right = (pair.start, pair.stop), (pair.other_start, pair.other_stop)
        within = one.start <= min(left) and max(right) <= one.stop
        if within and pair.complete and not pair.documents and not absent & {left, right}:
            names = " and ".join(_quoted(row.text[start:stop]) for start, stop in (left, right))
            yield f"{names} stand together in no document of the training data"


def _differs(row: Read, one: Sentence) -> Iterator[str]:
    """How many other answers say something else."""
    count = len(row.samples)
    agreeing = _agreeing(row, one)
    if agreeing is not None and agreeing < AGREEING * count:
        yield f"{count - agreeing} of {count} other answers differ"


def _agreeing(row: Read, one: Sentence) -> int | None:
    """How many other answers hold what the sentence says; None where that cannot be told."""
    if len(row.samples) < LEAST_SAMPLES:
        return None
    if len(row.sentences) == 1:
        return sum(row.same(row.text, sample.text, last(row.prompt)) for sample in row.samples)
    keys = {plain(row.text[span.start : span.stop]) for span in _added(row, one) if span.kind is not SpanKind.WORDS}
    if not keys:
        return None
    return sum(all(f" {key} " in f" {plain(sample.text)} " for key in keys) for sample in row.samples)


def _added(row: Read, one: Sentence) -> list[Span]:
    """The spans of a sentence that its prompt does not hold: names, numbers and dates, else runs of other words."""
    mine = [span for span in row.spans if span.start >= one.start and span.stop <= one.stop]
    asked = f" {plain(row.prompt)} "
    new = [span for span in mine if f" {plain(row.text[span.start : span.stop])} " not in asked]
    return [span for span in new if span.kind is not SpanKind.WORDS] or new or mine


def _support(row: Read, one: Sentence, beside: CheckedSentence | None, token: TokenScore | None, words: str) -> str:
    """By what a sentence is supported that nothing speaks against; nothing where nothing was looked at."""
    if beside is not None and beside.support is Support.SUPPORTED and beside.seen:
        return f"the documents say so: {_quoted(beside.seen)}"
    agreeing = _agreeing(row, one)
    said = [] if agreeing is None else [f"{agreeing} of {len(row.samples)} other answers agree"]
    if token is not None:
        sure = max((one.logprob for one in token.alternatives), default=-math.inf) >= -EVEN > token.logprob
        other = instead(token) if sure else ""
        rather = f", though it would rather say {other}" if other else ""
        said.append(
            f"{'' if said else 'by the model alone: '}it gives {_quoted(words)} {chance(token.logprob)}{rather}"
        )
    return "; ".join(said)


def _quoted(text: str) -> str:
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= SHOWN else f"{flat[: SHOWN - 3]}...")
