"""Whether given documents bear out a sentence: what of it stands there, how close together, and a small checker that weighs it.

The checker is a network of a few hundred weights over the features below, which `python -m benchmarks.checker` makes from public text in minutes. It sees words, not meaning; its card, docs/checker.md,
says what it is worth on text that it was not made from.
"""

from __future__ import annotations

import itertools
import json
import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assay.text import plain
from assay.text.sentence import bounds

MOST_CHARACTERS = 4 << 20  # of documents
MOST_WORDS = 400  # of a sentence that are looked at
SLACK = 2  # words by which two may stand farther apart in the documents than in the sentence
MOST_PLACES = 2000  # of a word that are looked at
_CHECKER = Path(__file__).with_name("checker.json")
_STOP = frozenset(
    ["a", "an", "the", "and", "or", "but", "if", "of", "to", "in", "on", "at", "by", "for", "with", "from", "as", "is", "are", "was", "were", "be", "been", "being", "it", "its", "this", "that", "these", "those", "he", "she", "they", "we", "i", "you", "his", "her", "their", "our", "my", "your", "him", "them", "us", "who", "whom", "which", "what", "when", "where", "how", "why", "there", "here", "not", "no", "nor", "do", "does", "did", "has", "have", "had", "having", "will", "would", "shall", "should", "can", "could", "may", "might", "must", "than", "then", "so", "such", "also", "very", "more", "most", "some", "any", "each", "all", "both", "other", "another", "into", "about", "over", "under", "after", "before", "between", "during", "through", "out", "up", "down", "off", "s", "t"]
)  # fmt: skip
_NEGATIONS = frozenset(
    [
        "not",
        "no",
        "never",
        "none",
        "neither",
        "nor",
        "cannot",
        "n't",
        "without",
        "nobody",
        "nothing",
        "nowhere",
        "hardly",
        "unable",
    ]
)
_ENDINGS = ("ational", "ization", "fulness", "iveness", "ousness", "ation", "ments", "ment", "ingly", "edly", "ness", "ings", "able", "ible", "ance", "ence", "ions", "ion", "ers", "ing", "ies", "ied", "est", "ive", "ed", "er", "or", "ly", "es", "al", "s", "e", "y")  # fmt: skip
FEATURES = (
    "share of weighted words in the nearest sentence", "in the nearest two", "in all", "share of word pairs in all", "of word triples", "longest run", "names that are nowhere", "numbers that are nowhere",
    "names not in the nearest two", "numbers not in the nearest two", "negation differs", "has names", "has numbers", "length", "weightiest word that is nowhere", "words in the same order",
    "neighbours that are near each other", "names near their neighbours", "numbers near their neighbours", "farthest neighbour of a name or number",
    "another number stands nearer", "another name stands nearer",
)  # fmt: skip


def stem(word: str) -> str:
    """The word without a common English ending: a light rule, not a morphology."""
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
        if word[:1].isupper() and word.lower() not in _STOP and (at or not found[1:] or found[1][:1].isupper())
    )
    numbers = frozenset(at for at, word in enumerate(found) if word[:1].isdigit())
    content = tuple(at for at, word in enumerate(found) if word.lower() not in _STOP)
    negations = sum(word.lower() in _NEGATIONS or word.lower().endswith(("n't", "n’t")) for word in found)
    return _Words(stems, names, numbers, content, negations)


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence of a document: which document (from 0), and its characters."""

    document: int
    start: int
    stop: int


class Documents:
    """Texts that may bear something out, made ready to be asked."""

    def __init__(self, texts: Sequence[str]) -> None:
        """At most 4 Mi characters in all are looked at; `cut` says whether there were more."""
        self.texts: list[str] = []
        room = MOST_CHARACTERS
        for text in texts:
            self.texts.append(text[:room])
            room -= len(self.texts[-1])
        self.cut = sum(map(len, texts)) > MOST_CHARACTERS
        self.passages = tuple(_passages(self.texts))
        self._sentences = [_words(self.texts[row.document][row.start : row.stop]) for row in self.passages]
        self._sets = [frozenset(row.stems) for row in self._sentences]
        self._where: dict[str, list[int]] = defaultdict(list)  # stem -> places in the text as a whole
        self._holders: dict[str, list[int]] = defaultdict(list)  # stem -> sentences
        self._numbers: list[int] = []  # places
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
        wanted = sorted({words.stems[at] for at in words.content})  # in one order: sums of floats must not depend on it
        total = sum(map(self.weight, wanted)) or 1.0
        scores: Counter[int] = Counter()
        for word in wanted:
            weight = self.weight(word)
            for number in self._holders.get(word, ()):
                scores[number] += weight  # type: ignore[assignment]
        if not scores:
            return -1, 0.0
        best = min(scores, key=lambda number: (-scores[number], number))
        return best, scores[best] / total

    def features(self, sentence: str) -> list[float]:
        """float[22], in the order of FEATURES, each from 0 to 1."""
        words = _words(sentence)
        content = [words.stems[at] for at in words.content]
        total = sum(map(self.weight, content)) or 1.0
        best, one = self.nearest(words)
        around = self._around(best)
        two = sum(self.weight(word) for word in content if word in around) / total
        known = sum(self.weight(word) for word in content if word in self._holders) / total
        pairs, triples = list(zip(words.stems, words.stems[1:], strict=False)), list(zip(words.stems, words.stems[1:], words.stems[2:], strict=False))  # fmt: skip
        lacking = [self.weight(word) for word in content if word not in self._holders]
        names, numbers = [words.stems[at] for at in words.names], [words.stems[at] for at in words.numbers]
        neighbours = list(self._neighbours(words))
        marked = [near for at, near in neighbours if at in words.names]
        counted = [near for at, near in neighbours if at in words.numbers]
        negated = self._sentences[best].negations if best >= 0 else 0
        return [
            one, two, known, _share(pairs, self._pairs), _share(triples, self._triples), self._run(words.stems) / max(1, len(words.stems)),
            1 - _share(names, self._holders), 1 - _share(numbers, self._holders), 1 - _share(names, around), 1 - _share(numbers, around),
            float(bool(words.negations) != bool(negated)), float(bool(names)), float(bool(numbers)), min(1.0, len(content) / 30), max(lacking, default=0.0) / 12,
            self._order(content, best), _mean([near for _, near in neighbours]), _mean(marked), _mean(counted), min([*marked, *counted], default=1.0),
            self._contradicted(words, words.numbers, self._numbers), self._contradicted(words, words.names, self._names),
        ]  # fmt: skip

    def missing(self, sentence: str) -> tuple[str, ...]:
        """Names and numbers of the sentence, as they stand there, that are in no document."""
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
        beside = [at for at in (best - 1, best + 1) if 0 <= at < len(self.passages) and self.passages[at].document == same]  # fmt: skip
        return self._sets[best].union(*(self._sets[at] for at in beside))

    def _run(self, stems: tuple[str, ...]) -> int:
        """The longest run of words that stands in the documents."""
        best, at = 0, 0
        for start in range(len(stems)):
            at = max(at, start)
            while at < len(stems) and at - start >= best and self._stands(stems[start : at + 1]):
                at += 1
            best = max(best, at - start)
        return best

    def _stands(self, run: tuple[str, ...]) -> bool:
        if len(run) <= 3:
            table = self._holders if len(run) == 1 else self._pairs if len(run) == 2 else self._triples
            return (run[0] if len(run) == 1 else run) in table
        rarest = min(range(len(run)), key=lambda at: len(self._where.get(run[at], ())))
        starts = (place - rarest for place in self._where.get(run[rarest], ())[:MOST_PLACES])
        return any(start >= 0 and tuple(self._whole[start : start + len(run)]) == run for start in starts)

    def _order(self, content: list[str], best: int) -> float:
        """The share of neighbouring content words that both stand in the nearest sentence, and there in the same order."""
        if best < 0:
            return 0.0
        first = {word: at for at, word in reversed(list(enumerate(self._sentences[best].stems)))}
        last = {word: at for at, word in enumerate(self._sentences[best].stems)}
        pairs = [(one, other) for one, other in itertools.pairwise(content) if one in first and other in last]  # fmt: skip
        return _mean([float(first[one] < last[other]) for one, other in pairs])

    def _neighbours(self, words: _Words) -> Iterator[tuple[int, float]]:
        """(place of a content word, how near the documents have it to the content words before and after it, as against the sentence)."""
        for number, at in enumerate(words.content):
            beside = [words.content[other] for other in (number - 1, number + 1) if 0 <= other < len(words.content)]
            if beside:
                near = [(abs(at - other) + SLACK) / max(1.0, self._gap(words.stems[at], words.stems[other])) for other in beside]  # fmt: skip
                yield at, _mean([min(1.0, share) for share in near])

    def _contradicted(self, words: _Words, mine: frozenset[int], places: list[int]) -> float:
        """The share of the names (or numbers) of the sentence to whose neighbour the documents have another one nearer."""
        rows = []
        for number, at in enumerate(words.content):
            beside = [words.content[other] for other in (number - 1, number + 1) if 0 <= other < len(words.content)]
            others = [other for other in beside if other not in mine]
            if at in mine and others:
                rows.append(float(any(self._nearer(words.stems[at], words.stems[other], places) for other in others)))
        return _mean(rows) if rows else 0.0

    def _nearer(self, own: str, beside: str, places: list[int]) -> bool:
        """Whether one of these places, of another word, is nearer to a word than the word's own."""
        gap = self._gap(own, beside)
        for place in self._where.get(beside, ())[:MOST_PLACES]:
            at = bisect_left(places, place)
            for near in places[max(0, at - 2) : at + 2]:
                if near != place and self._whole[near] != own and abs(near - place) + 1 < gap:
                    return True
        return False

    def _gap(self, one: str, other: str) -> float:
        """The fewest words between two words anywhere in the documents; infinite where one is absent."""
        left, right = self._where.get(one, []), self._where.get(other, [])
        if not left or not right:
            return math.inf
        few, many = (left, right) if len(left) <= len(right) else (right, left)
        best = math.inf
        for place in few[:MOST_PLACES]:
            at = bisect_left(many, place)
            best = min([best, *(abs(many[near] - place) for near in (at - 1, at, at + 1) if 0 <= near < len(many) and many[near] != place)])  # fmt: skip
        return best


def _passages(texts: list[str]) -> Iterator[Passage]:
    for document, text in enumerate(texts):
        yield from (Passage(document, start, stop) for start, stop in bounds(text))


def _share(rows: Sequence[object], known: object) -> float:
    return sum(row in known for row in rows) / len(rows) if rows else 1.0  # type: ignore[operator]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 1.0


@cache
def _weights() -> tuple[list[float], list[float], list[list[float]], list[float], list[float], float]:
    found = json.loads(_CHECKER.read_text("utf-8"))
    return found["mean"], found["scale"], found["hidden"], found["hidden_bias"], found["out"], found["out_bias"]


def unsupported(features: Sequence[float]) -> float:
    """How likely the checker finds it that the documents do not bear a sentence out, 0 to 1: calibrated on the text it was made from, and on no other."""
    mean, scale, hidden, bias, out, last = _weights()
    values = [(value - middle) / size for value, middle, size in zip(features, mean, scale, strict=True)]
    inner = [math.tanh(sum(w * v for w, v in zip(row, values, strict=True)) + b) for row, b in zip(hidden, bias, strict=True)]  # fmt: skip
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, sum(w * v for w, v in zip(out, inner, strict=True)) + last))))
