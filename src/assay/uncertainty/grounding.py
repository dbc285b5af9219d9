"""Decide whether given documents support a sentence, by the words that both have, with a small classifier.

The classifier is a network of a few hundred weights over the features below, trained in minutes on public text by
`python -m benchmarks.checker`. It sees words, not meaning; docs/checker.md is its model card, with its error rates.
"""

from __future__ import annotations

import heapq
import itertools
import json
import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from assay.lazy import dataclass
from assay.text import plain
from assay.text.sentence import bounds

MOST_CHARACTERS = 4 << 20  # of documents
MOST_WORDS = 400  # of a sentence
SLACK = 2  # words by which two may be farther apart in the documents than in the sentence
MOST_POSITIONS = 2000  # of a word that are examined
CHECKER = Path(__file__).with_name("checker.json")
_STOP_WORDS = (
    "a an the and or but if of to in on at by for with from as is are was were be been being it its this that these "
    "those he she they we i you his her their our my your him them us who whom which what when where how why there "
    "here not no nor do does did has have had having will would shall should can could may might must than then so "
    "such also very more most some any each all both other another into about over under after before between during "
    "through out up down off s t"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
_NEGATING = "not no never none neither nor cannot n't without nobody nothing nowhere hardly unable"
_NEGATIONS = frozenset(_NEGATING.split())
_SUFFIXES = (
    "ational ization fulness iveness ousness ation ments ment ingly edly ness ings able ible ance ence ions ion ers "
    "ing ies ied est ive ed er or ly es al s e y"
)
_ENDINGS = tuple(_SUFFIXES.split())
FEATURES = (
    "share of weighted words in the nearest sentence",
    "in the nearest two",
    "in all",
    "share of word pairs in all",
    "of word triples",
    "longest run",
    "names that are nowhere",
    "numbers that are nowhere",
    "names not in the nearest two",
    "numbers not in the nearest two",
    "negation differs",
    "has names",
    "has numbers",
    "length",
    "weightiest word that is nowhere",
    "words in the same order",
    "neighbours that are near each other",
    "names near their neighbours",
    "numbers near their neighbours",
    "farthest neighbour of a name or number",
    "another number stands nearer",
    "another name stands nearer",
)


def stem(word: str) -> str:
    """The word without a common English ending: a light rule, no morphology."""
    bare = word.lower().replace("’", "'").removesuffix("'s")
    if bare[:1].isdigit():
        return bare.replace(",", "").rstrip(".")
    for ending in _ENDINGS:
        if bare.endswith(ending) and len(bare) - len(ending) >= 3:
            return bare[: -len(ending)]
    return bare


@dataclass(frozen=True, slots=True)
class _Words:
    """A sentence as its words: stems, and which of them are names, numbers, plain content."""

    stems: tuple[str, ...]
    names: frozenset[int]
    numbers: frozenset[int]
    content: tuple[int, ...]
    negations: int


def _words(text: str) -> _Words:
    found = list(itertools.islice(plain.words(text), MOST_WORDS))
    stems = tuple(stem(word) for word in found)
    names = frozenset(
        at
        for at, word in enumerate(found)
        if word[:1].isupper() and word.lower() not in STOP_WORDS and (at or not found[1:] or found[1][:1].isupper())
    )
    numbers = frozenset(at for at, word in enumerate(found) if word[:1].isdigit())
    content = tuple(at for at, word in enumerate(found) if word.lower() not in STOP_WORDS)
    negations = sum(word.lower() in _NEGATIONS or word.lower().endswith(("n't", "n’t")) for word in found)
    return _Words(stems, names, numbers, content, negations)


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
        self._sentences = [_words(self.texts[row.document][row.start : row.stop]) for row in self.passages]
        self._sets = [frozenset(row.stems) for row in self._sentences]
        self._where: dict[str, list[int]] = defaultdict(list)  # stem -> positions in the text as a whole
        self._holders: dict[str, list[int]] = defaultdict(list)  # stem -> sentences
        self._numbers: list[int] = []  # positions
        self._names: list[int] = []
        whole: list[str] = []
        for number, row in enumerate(self._sentences):
            for at, word in enumerate(row.stems):
                self._where[word].append(len(whole))
                if at in row.numbers:
                    self._numbers.append(len(whole))
                elif at in row.names:
                    self._names.append(len(whole))
                whole.append(word)
            for word in set(row.stems):
                self._holders[word].append(number)
            whole.append("\0")
        self._pairs = frozenset(itertools.pairwise(whole))
        self._triples = frozenset(zip(whole, whole[1:], whole[2:], strict=False))
        self._whole = whole

    def weight(self, word: str) -> float:
        """How much a word counts: rare words more (inverse sentence frequency, nats)."""
        return math.log((1 + len(self._sentences)) / (1 + len(self._holders.get(word, ())))) + 1

    def nearest(self, words: _Words) -> tuple[int, float]:
        """(the sentence that shares most, the share of weighted content words it holds); -1 where none shares any."""
        found = self.ranked((words.stems[at] for at in words.content), 1)
        return found[0] if found else (-1, 0.0)

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

    def holds(self, word: str, document: int) -> bool:
        """Whether a stem is in a document."""
        return any(self.passages[number].document == document for number in self._holders.get(word, ()))

    def features(self, sentence: str) -> list[float]:
        """float[22], in the order of FEATURES, each from 0 to 1."""
        words = _words(sentence)
        content = [words.stems[at] for at in words.content]
        total = sum(map(self.weight, content)) or 1.0
        best, one = self.nearest(words)
        around = self._around(best)
        two = sum(self.weight(word) for word in content if word in around) / total
        known = sum(self.weight(word) for word in content if word in self._holders) / total
        pairs = list(itertools.pairwise(words.stems))
        triples = list(zip(words.stems, words.stems[1:], words.stems[2:], strict=False))
        lacking = [self.weight(word) for word in content if word not in self._holders]
        names, numbers = [words.stems[at] for at in words.names], [words.stems[at] for at in words.numbers]
        neighbours = list(self._neighbours(words))
        marked = [near for at, near in neighbours if at in words.names]
        counted = [near for at, near in neighbours if at in words.numbers]
        negated = self._sentences[best].negations if best >= 0 else 0
        return [
            one,
            two,
            known,
            _share(pairs, self._pairs),
            _share(triples, self._triples),
            self._run(words.stems) / max(1, len(words.stems)),
            1 - _share(names, self._holders),
            1 - _share(numbers, self._holders),
            1 - _share(names, around),
            1 - _share(numbers, around),
            float(bool(words.negations) != bool(negated)),
            float(bool(names)),
            float(bool(numbers)),
            min(1.0, len(content) / 30),
            max(lacking, default=0.0) / 12,
            self._order(content, best),
            _mean([near for _, near in neighbours]),
            _mean(marked),
            _mean(counted),
            min([*marked, *counted], default=1.0),
            self._contradicted(words, words.numbers, self._numbers),
            self._contradicted(words, words.names, self._names),
        ]

    def missing(self, sentence: str) -> tuple[str, ...]:
        """Names and numbers of the sentence, as written, that are in no document."""
        words = _words(sentence)
        texts = list(itertools.islice(plain.words(sentence), MOST_WORDS))
        rows = sorted(words.names | words.numbers)
        return tuple(dict.fromkeys(texts[at] for at in rows if words.stems[at] not in self._holders))

    def passage(self, sentence: str) -> Passage | None:
        """The sentence of the documents that shares most with this one."""
        best, _ = self.nearest(_words(sentence))
        return self.passages[best] if best >= 0 else None

    def _around(self, best: int) -> frozenset[str]:
        """The words of a sentence and of the one beside it that share most."""
        if best < 0:
            return frozenset()
        same = self.passages[best].document
        beside = [at for at in (best - 1, best + 1) if 0 <= at < len(self.passages)]
        return self._sets[best].union(*(self._sets[at] for at in beside if self.passages[at].document == same))

    def _run(self, stems: tuple[str, ...]) -> int:
        """The longest run of words that the documents have."""
        best, at = 0, 0
        for start in range(len(stems)):
            at = max(at, start)
            while at < len(stems) and at - start >= best and self._occurs(stems[start : at + 1]):
                at += 1
            best = max(best, at - start)
        return best

    def _occurs(self, run: tuple[str, ...]) -> bool:
        if len(run) <= 3:
            table = self._holders if len(run) == 1 else self._pairs if len(run) == 2 else self._triples
            return (run[0] if len(run) == 1 else run) in table
        rarest = min(range(len(run)), key=lambda at: len(self._where.get(run[at], ())))
        starts = (position - rarest for position in self._where.get(run[rarest], ())[:MOST_POSITIONS])
        return any(start >= 0 and tuple(self._whole[start : start + len(run)]) == run for start in starts)

    def _order(self, content: list[str], best: int) -> float:
        """The share of neighbouring content words of the sentence that the nearest sentence has in the same order."""
        if best < 0:
            return 0.0
        first = {word: at for at, word in reversed(list(enumerate(self._sentences[best].stems)))}
        last = {word: at for at, word in enumerate(self._sentences[best].stems)}
        pairs = [(one, other) for one, other in itertools.pairwise(content) if one in first and other in last]
        return _mean([float(first[one] < last[other]) for one, other in pairs])

    def _neighbours(self, words: _Words) -> Iterator[tuple[int, float]]:
        """(index of a content word, how near the documents have it to its neighbours, relative to the sentence)."""
        for number, at in enumerate(words.content):
            beside = _beside(words.content, number)
            near = [
                (abs(at - other) + SLACK) / max(1.0, self._gap(words.stems[at], words.stems[other])) for other in beside
            ]
            if near:
                yield at, _mean([min(1.0, share) for share in near])

    def _contradicted(self, words: _Words, mine: frozenset[int], positions: list[int]) -> float:
        """The share of the sentence's names (or numbers) to whose neighbour the documents have another one nearer."""
        rows = []
        for number, at in enumerate(words.content):
            others = [other for other in _beside(words.content, number) if other not in mine]
            if at in mine and others:
                near = (self._nearer(words.stems[at], words.stems[other], positions) for other in others)
                rows.append(float(any(near)))
        return _mean(rows) if rows else 0.0

    def _nearer(self, own: str, beside: str, positions: list[int]) -> bool:
        """Whether another word at one of these positions is nearer to a word than the word's own."""
        gap = self._gap(own, beside)
        for position in self._where.get(beside, ())[:MOST_POSITIONS]:
            at = bisect_left(positions, position)
            for near in positions[max(0, at - 2) : at + 2]:
                if near != position and self._whole[near] != own and abs(near - position) + 1 < gap:
                    return True
        return False

    def _gap(self, one: str, other: str) -> float:
        """The fewest words between two words anywhere in the documents; infinite where one is absent."""
        left, right = self._where.get(one, []), self._where.get(other, [])
        if not left or not right:
            return math.inf
        few, many = (left, right) if len(left) <= len(right) else (right, left)
        best = math.inf
        for position in few[:MOST_POSITIONS]:
            at = bisect_left(many, position)
            near = [many[row] for row in (at - 1, at, at + 1) if 0 <= row < len(many) and many[row] != position]
            best = min([best, *(abs(row - position) for row in near)])
        return best


def _beside(content: tuple[int, ...], number: int) -> list[int]:
    """The content words before and after one."""
    return [content[other] for other in (number - 1, number + 1) if 0 <= other < len(content)]


def _passages(texts: list[str]) -> Iterator[Passage]:
    for document, text in enumerate(texts):
        yield from (Passage(document, start, stop) for start, stop in bounds(text))


def _share(rows: Sequence[object], known: object) -> float:
    return sum(row in known for row in rows) / len(rows) if rows else 1.0  # type: ignore[operator]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 1.0


def absent(features: Sequence[float]) -> float:
    """How much of a sentence the documents lack, 0 to 1: the mean share of words, pairs, triples, and of its passage.

    The mean of four overlaps and nothing fitted. On sentences that people labelled it discriminates as well as the best
    of the four or better, where `unsupported` falls behind (docs/checker.md).
    """
    return 1 - (features[0] + features[2] + features[3] + features[4]) / 4


@cache
def _weights() -> tuple[list[float], list[float], list[list[float]], list[float], list[float], float]:
    found = json.loads(CHECKER.read_text("utf-8"))
    return found["mean"], found["scale"], found["hidden"], found["hidden_bias"], found["out"], found["out_bias"]


def unsupported(features: Sequence[float]) -> float:
    """The checker's estimate, 0 to 1, that the documents do not support a sentence; calibrated on its own text only."""
    mean, scale, hidden, bias, out, last = _weights()
    values = [(value - middle) / size for value, middle, size in zip(features, mean, scale, strict=True)]
    inner = [math.tanh(_dot(row, values) + b) for row, b in zip(hidden, bias, strict=True)]
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, _dot(out, inner) + last))))


def _dot(weights: Sequence[float], values: Sequence[float]) -> float:
    return sum(w * v for w, v in zip(weights, values, strict=True))
