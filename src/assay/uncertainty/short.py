"""Ask for an answer shortly: how likely its own words are where nothing but the question asks for them.

In its place a word can be unlikely for the way things are put; after `Question: ... Answer:` hardly anything but what
is claimed is left. Half of how unlikely the words are after a question about nothing are taken off, so that
a rare name is not held against a right answer (domain-conditional mutual information, arXiv:2104.08315, section 4; the
weight by docs/measured/hallucination.md).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from assay.facts.uncertainty import SpanKind, TokenScore
from assay.lazy import dataclass, regex
from assay.runtime import Scores, scored
from assay.text.language import ENGLISH
from assay.text.plain import plain
from assay.text.span import spans

WEIGHT = 0.5
MOST_PROMPT = 20_000  # characters of a prompt in whose end the question is looked for
MOST_WORDS, MOST_PLAIN = 12, 6  # of an answer's own words: with a name, number or date, and without
_SHOWN = (
    ("Who painted the Mona Lisa?", "Leonardo da Vinci"),
    ("In which year did the First World War end?", "1918"),
    ("Which language do people speak in Mexico?", "Spanish"),
    ("What is the largest planet of the solar system?", "Jupiter"),
)
BEFORE = "".join(f"Question: {asked}\nAnswer: {answer}\n" for asked, answer in _SHOWN)
_NOTHING = "What is it?"
_WORD = regex(r"[^\W_]+(?:['’-][^\W_]+)*")
_NEGATION = regex(r"\b(?:not|never|no|none|neither|nor|cannot|without)\b|n['’]t\b", re.IGNORECASE)
_WHETHER = regex(
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|am)\b", re.IGNORECASE
)
_MARK = regex(r"<\|[^|<>]{0,40}\|>|</?s>|\[/?INST\]|<(?:start|end)_of_turn>", re.IGNORECASE)
_ROLE = regex(r"(?:user|assistant|system|model|human|answer|a)\s*:?", re.IGNORECASE)
_ASKS = regex(r"\s*(?:question|q|user|human)\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Short:
    """The own words of an answer (characters of its text), and the tokens of them after the question alone.

    `value` is their negative log-probability less half of that after a question about nothing (nats).
    """

    start: int
    stop: int
    tokens: tuple[TokenScore, ...]
    value: float


def last(prompt: str) -> str:
    """The last line of a prompt, template marks aside: the message that is answered, or the text that is continued."""
    rows = [row.strip() for row in _MARK.sub("\n", prompt[-MOST_PROMPT:]).splitlines()]
    rows = [row for row in rows if row and not _ROLE.fullmatch(row)]
    return _ASKS.sub("", rows[-1], count=1) if rows else ""


def question(prompt: str) -> str:
    """The question with which a prompt ends; nothing where it ends in none."""
    found = last(prompt)
    return found if found.endswith("?") else ""


def own(text: str, asked: str) -> tuple[int, int] | None:
    """The characters of a text that its question does not hold: names, numbers and dates, or else other words.

    None where that is more than a few words, or the text denies something, or the question is answered by yes or no.
    """
    if not asked or _NEGATION.search(text) or (_WHETHER.match(asked) and not re.search(r"\bor\b", asked)):
        return None
    known = f" {plain(asked)} "
    named = [
        (start, stop)
        for kind, start, stop in spans(text)
        if kind is not SpanKind.WORDS and f" {plain(text[start:stop])} " not in known
    ]
    chosen = named or [row.span() for row in _WORD.finditer(text) if _is_own(row[0], known)]
    if not chosen:  # what the question offers as a choice
        chosen = [(len(text) - len(text.lstrip()), len(text))]
    start, stop = chosen[0][0], chosen[-1][1]
    words = text[start:stop].rstrip(" .,;:!?\n")
    return (start, start + len(words)) if 0 < len(words.split()) <= (MOST_WORDS if named else MOST_PLAIN) else None


def _is_own(word: str, known: str) -> bool:
    bare = plain(word)
    return bool(bare) and bare not in ENGLISH and f" {bare} " not in known


Asked = tuple[tuple[TokenScore, ...], float]


def shortly(
    runtime: Scores, rows: Sequence[tuple[str, str]], step: Callable[[], None] = lambda: None
) -> tuple[Asked | None, ...]:
    """(the tokens of the words after the question, the value) of each pair of question and words.

    None where the model cannot be given them. `step` is called for each pair.
    """
    pairs = [
        (f"{BEFORE}Question: {before}\nAnswer:", f" {words}") for asked, words in rows for before in (asked, _NOTHING)
    ]
    done = itertools.count(1)
    read = scored(runtime, pairs, lambda: None if next(done) % 2 else step())
    return tuple(
        None if after is None or alone is None else (after, _total(after) - WEIGHT * _total(alone))
        for after, alone in zip(read[::2], read[1::2], strict=True)
    )


def _total(tokens: tuple[TokenScore, ...]) -> float:
    return -sum(token.logprob for token in tokens)


def short(runtime: Scores, text: str, asked: str) -> Short | None:
    """A text asked for shortly, or None where it is no short answer to a question, or cannot be read."""
    extent = own(text, asked)
    if extent is None:
        return None
    found = shortly(runtime, [(asked, text[slice(*extent)])])[0]
    return Short(*extent, *found) if found else None
