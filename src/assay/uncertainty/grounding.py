"""Index documents by their words, and say how much of a sentence they have: words, word pairs, triples, a passage.

It sees words, not meaning; docs/checker.md has how well that discriminates, beside what people found.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from assay.lazy import dataclass
from assay.text import plain
from assay.text.sentence import bounds

MOST_CHARACTERS = 4 << 20  # of documents
UNREAD = "the rest of the documents, beyond 4 Mi characters"
MOST_WORDS = 400  # of a sentence
_STOP_WORDS = (
    "a an the and or but if of to in on at by for with from as is are was were be been being it its this that these "
    "those he she they we i you his her their our my your him them us who whom which what when where how why there "
    "here not no nor do does did has have had having will would shall should can could may might must than then so "
    "such also very more most some any each all both other another into about over under after before between during "
    "through out up down off s t "
    # of German those that are no English words, too
    "der das und ist ein eine einen einem einer eines von für auf im dem sich wurde wurden sind auch als nach aus wird "
    "werden wie oder aber zum zur haben ab"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
_SUFFIXES = (
    "ational ization fulness iveness ousness ation ments ment ingly edly ness ings able ible ance ence ions ion ers "
    "ing ies ied est ive ed er or ly es al s e y"
)
_ENDINGS = tuple(_SUFFIXES.split())
# what a bare verb loses, too: ordered and order, mentioning and mention; so does deliver beside delivery
_VERBAL = ("er", "ion", "ment", "ness", "est", "al", "or", "ly")


def stem(word: str) -> str:
    """The word without a common English ending: a light rule, no morphology."""
    bare = word.lower().replace("’", "'").removesuffix("'s")
    if bare[:1].isdigit():
        return bare.replace(",", "").rstrip(".")
    for ending in _ENDINGS:
        if bare.endswith(ending) and len(bare) - len(ending) >= 3:
            rest = bare[: -len(ending)]
            again = _VERBAL if ending in ("ed", "ing") else ("er",) if ending == "y" else ()
            more = next((row for row in again if rest.endswith(row) and len(rest) - len(row) >= 3), "")
            return rest.removesuffix(more)
    return bare


@dataclass(frozen=True, slots=True)
class Overlap:
    """The share of a sentence that documents have, each from 0 to 1.

    `nearest` is the share of its weighted words that are in the sentence of theirs which shares most; `words`, `pairs`
    and `triples` are the shares of its weighted words, word pairs and word triples that are anywhere in them.
    """

    nearest: float
    words: float
    pairs: float
    triples: float

    @property
    def absent(self) -> float:
        """How much of the sentence the documents lack, 0 to 1: the mean of the four, and nothing fitted.

        On sentences that people labelled it discriminates as well as the best of the four or better (docs/checker.md).
        """
        return 1 - (self.nearest + self.words + self.pairs + self.triples) / 4


@dataclass(frozen=True, slots=True)
class _Words:
    """A sentence as the stems of its words, and those of its content words."""

    stems: tuple[str, ...]
    content: tuple[str, ...]


def _words(text: str) -> _Words:
    found = list(itertools.islice(plain.words(text), MOST_WORDS))
    stems = tuple(stem(word) for word in found)
    content = tuple(one for word, one in zip(found, stems, strict=True) if word.lower() not in STOP_WORDS)
    return _Words(stems, content)


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence of a document: which document (from 0), and its characters."""

    document: int
    start: int
    stop: int


class Documents:
    """Texts that may support a sentence, indexed by their words."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Index at most 4 Mi characters in all; `cut` says whether there were more."""
        self.texts: list[str] = []
        room = MOST_CHARACTERS
        for text in texts:
            self.texts.append(text[:room])
            room -= len(self.texts[-1])
        self.cut = sum(map(len, texts)) > MOST_CHARACTERS
        self.passages = tuple(_passages(self.texts))
        self._holders: dict[str, list[int]] = defaultdict(list)  # stem -> sentences
        whole: list[str] = []
        for number in range(len(self.passages)):
            stems = _words(self.passage(number)).stems
            for word in set(stems):
                self._holders[word].append(number)
            whole += [*stems, "\0"]
        self._pairs = frozenset(itertools.pairwise(whole))
        self._triples = frozenset(zip(whole, whole[1:], whole[2:], strict=False))

    @cached_property
    def whole(self) -> str:
        """All texts, as far as they are read, one after the other."""
        return "\n\n".join(self.texts).strip()

    def passage(self, number: int) -> str:
        """The text of a sentence of the documents."""
        row = self.passages[number]
        return self.texts[row.document][row.start : row.stop]

    def weight(self, word: str) -> float:
        """How much a word counts: rare words more (inverse sentence frequency, nats)."""
        return math.log((1 + len(self.passages)) / (1 + len(self._holders.get(word, ())))) + 1

    def ranked(self, stems: Iterable[str], most: int) -> list[tuple[int, float]]:
        """(sentence, share of the weight of these words that it holds) of those that share most, the best first."""
        wanted = sorted(set(stems))  # in one order: sums of floats must not depend on it
        total = sum(map(self.weight, wanted)) or 1.0
        scores: Counter[int] = Counter()
        for word in wanted:
            weight = self.weight(word)
            for number in self._holders.get(word, ()):
                scores[number] += weight  # type: ignore[assignment]
        best = heapq.nsmallest(most, scores, key=lambda number: (-scores[number], number))
        return [(number, scores[number] / total) for number in best]

    def lacks(self, word: str) -> bool:
        """Whether a word says something and is in no document, by its stem."""
        return word.lower() not in STOP_WORDS and stem(word) not in self._holders

    def holds(self, word: str, document: int) -> bool:
        """Whether a stem is in a document."""
        return any(self.passages[number].document == document for number in self._holders.get(word, ()))

    def overlap(self, sentence: str) -> Overlap:
        """How much of a sentence the documents have."""
        words = _words(sentence)
        best = self.ranked(words.content, 1)
        total = sum(map(self.weight, words.content)) or 1.0
        pairs = list(itertools.pairwise(words.stems))
        triples = list(zip(words.stems, words.stems[1:], words.stems[2:], strict=False))
        return Overlap(
            best[0][1] if best else 0.0,
            sum(self.weight(word) for word in words.content if word in self._holders) / total,
            _share(pairs, self._pairs),
            _share(triples, self._triples),
        )


def _passages(texts: list[str]) -> Iterator[Passage]:
    for document, text in enumerate(texts):
        yield from (Passage(document, start, stop) for start, stop in bounds(text))


def _share(rows: Sequence[object], known: frozenset[object]) -> float:
    return sum(row in known for row in rows) / len(rows) if rows else 1.0
