"""Read a sentence as its terms: what it is about, in words, names and values, without the way in which it is said.

Articles, forms of *to be*, marks of citation and "according to the document" are left out; a word is compared by its
stem, an irregular one by its verb. Rules for English, and for values, names and negation in what is written like it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

from assay.lazy import dataclass, regex
from assay.text import value as valued
from assay.text.value import Value
from assay.uncertainty._english import EXPANDED, HEADS, NEGATING, OPPOSITES
from assay.uncertainty.grounding import STOP_WORDS, stem


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


MOST_READ = 4000  # characters of a sentence
_NEAR = 3  # words after a negating one that it may turn round
_TITLES = _set("mr mrs ms miss dr prof sir dame lord lady president mayor judge senator captain herr frau")
_DOCUMENT = r"(?:document|text|article|passage|report|source|context|page|excerpt|story|paper)s?"
_IGNORED = regex(
    r"\[\^?\d{1,3}(?:\s?[,–-]\s?\d{1,3})*\]|【[^】]{0,60}】|\^\d{1,3}|[¹²³⁰⁴-⁹]+"  # marks of citations
    r"|\[(?:source|document|doc|ref|citation)s?\b[^\]]{0,60}\]|\((?:source|see|cf\.?|document|doc|ref)s?\b[^)]{0,60}\)"
    rf"|\b(?:according to|as (?:stated|mentioned|described|noted|reported|said) (?:in|by)|based on|per|in)\s+"
    rf"(?:the|this|that|these|your)\s+(?:(?:given|provided|source|above|original)\s+)?{_DOCUMENT}\b,?"
    rf"|\b(?:the|this)\s+(?:(?:given|provided|source|above)\s+)?{_DOCUMENT}\s+(?:also\s+)?"
    r"(?:says?|states?|mentions?|notes?|reports?|explains?|describes?|indicates?|adds?)(?:\s+that)?\b"
    r"|\b(?:laut|gemäß)\s+(?:dem|des|der)\s+(?:Dokument|Text|Artikel|Bericht|Quelle)s?\b|https?://\S{1,300}",
    re.IGNORECASE,
)
_TOKEN = regex(r"(?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)*|\w+)|(?P<hard>[;:()\[\]—–]|\s-\s|\.\s)|(?P<soft>,)|(?P<mark>\S)")
_SOFT = _set("and but while which who whom whose where when because although though whereas or und aber")
_BEING = _set("was were been be being is are")
_STOP = STOP_WORDS | _set("according currently located called named known year-old")


class Kind(StrEnum):
    """What a term is."""

    WORD = "word"
    NAME = "name"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a sentence.

    `keys` are what it is compared by, `stems` what it is looked up by; `before` is the word before it if that is one of
    those that are left out (by, from), `clause` counts the commas and conjunctions before it, `part` the harder breaks,
    `at` the terms.
    """

    kind: Kind
    keys: tuple[str, ...]
    stems: tuple[str, ...]
    start: int
    stop: int
    at: int
    clause: int
    part: int
    before: str
    negated: bool
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence as its terms in order; `passive` are those (by `at`) that are in the passive voice."""

    terms: tuple[Term, ...]
    passive: frozenset[int]


@lru_cache(maxsize=1 << 16)
def form(word: str) -> str:
    """What a word is compared by: the stem of its verb or of its usual synonym."""
    low = word.lower().replace("’", "'").removesuffix("'s").removesuffix("'")
    head = HEADS.get(low) or HEADS.get(low.removesuffix("s"))
    return stem(head or low)


@lru_cache(maxsize=1)
def _opposites() -> frozenset[tuple[str, str]]:
    pairs = [(form(one), form(other)) for one, other in OPPOSITES]
    return frozenset([*pairs, *((other, one) for one, other in pairs)])


def opposite(one: str, other: str) -> bool:
    """Whether two stems are of words that say the opposite."""
    return (one, other) in _opposites()


def lowered(text: str) -> frozenset[str]:
    """The words that a text has without a capital: one of them at the start of a sentence is no name."""
    return frozenset(re.findall(r"\b[^\W\d_A-Z][^\W\d_]*", text))


def bare(text: str) -> str:
    """A text with spaces in place of citation marks, of what names the document as the source, and of markup."""
    found = _IGNORED.sub(lambda match: " " * len(match[0]), text)
    return re.sub(r"[*_`#>|]", " ", found)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a sentence, with how many commas and conjunctions, and harder breaks, stand before it."""

    text: str
    start: int
    stop: int
    clause: int
    part: int


@dataclass(frozen=True, slots=True)
class _Valued:
    """The same of a value."""

    value: Value
    start: int
    stop: int
    clause: int
    part: int


def read(text: str, common: frozenset[str], names: bool = True) -> Reading:
    """The terms of a sentence, of its first 4,000 characters.

    Args:
        common: words that are seen without a capital elsewhere.
        names: whether a capital shows a name, as it does not in German.
    """
    cleaned = bare(text[:MOST_READ])
    words = list(_words(cleaned, list(valued.values(cleaned))))
    capitals = sum(isinstance(word, _Word) and word.text.isupper() for word in words)
    reader = _Reader(words, common, names and 2 * capitals <= len(words))
    at = 0
    while at < len(words):
        at = reader.take(at)
    return Reading(tuple(reader.terms), frozenset(reader.passive))


class _Reader:
    """The terms of one sentence so far, with what the words that are left out say of the next."""

    def __init__(self, words: list[_Word | _Valued], common: frozenset[str], names: bool) -> None:
        self._words, self._common, self._names = words, common, names
        self.terms: list[Term] = []
        self.passive: set[int] = set()
        self._turned, self._clause = 0, 0  # how many more terms a negation turns round, and in which clause
        self._before, self._last = "", ""

    def take(self, at: int) -> int:
        """Read the word there, and give the next that is to be read."""
        row = self._words[at]
        if row.clause != self._clause:
            self._clause, self._turned = row.clause, 0
        if isinstance(row, _Valued):
            self._add(Kind.VALUE, (), (), row, row.stop, row.value)
            return at + 1
        low = row.text.lower().replace("’", "'")
        if low in NEGATING or low.endswith("n't"):
            self._turned = _NEAR
            self._before, self._last = low, low.removesuffix("n't") if low.endswith("n't") else self._last
            return at + 1
        if low in EXPANDED and row.text.isupper():
            for word in EXPANDED[low].split():
                self._add(Kind.WORD, (form(word),), (stem(word),), row, row.stop)
            return at + 1
        if self._is_left_out(row, low):
            self._before, self._last = low if low in STOP_WORDS else self._before, low
            return at + 1
        named = self._names and self._is_name(at)
        stop = at + 1
        while named and stop < len(self._words) and _goes_on(self._words[stop - 1], self._words[stop]):
            stop += 1
        run = [word for word in self._words[at:stop] if isinstance(word, _Word)]
        kept = [word for word in run if word.text.lower() not in _TITLES] or run
        if not named and self._last in _BEING and low.endswith(("ed", "en", "t", "d", "n")):
            self.passive.add(len(self.terms))
        keys, stems = tuple(form(word.text) for word in kept), tuple(stem(word.text) for word in kept)
        self._add(Kind.NAME if named else Kind.WORD, keys, stems, row, run[-1].stop)
        return stop

    def _is_left_out(self, row: _Word, low: str) -> bool:
        if low == "officer" and [term.keys for term in self.terms[-2:-1]] == [("chief",)]:
            return True
        return low in _STOP or low.partition("'")[0] in _STOP or (low in _TITLES and row.text[:1].isupper())

    def _add(
        self, kind: Kind, keys: tuple[str, ...], stems: tuple[str, ...], row: _Word | _Valued, stop: int,
        value: Value | None = None,
    ) -> None:  # fmt: skip
        at, turned = len(self.terms), self._turned > 0
        self.terms.append(
            Term(kind, keys, stems, row.start, stop, at, row.clause, row.part, self._before, turned, value)
        )
        self._turned, self._before, self._last = self._turned - 1, "", ""

    def _is_name(self, at: int) -> bool:
        word = self._words[at]
        if not isinstance(word, _Word) or not word.text[:1].isupper():
            return False
        first = self._words[0]
        if at > 1 or (at == 1 and not (isinstance(first, _Word) and first.text.lower() in STOP_WORDS)):
            return True
        following = self._words[at + 1] if at + 1 < len(self._words) else None
        if isinstance(following, _Word) and following.text[:1].isupper() and following.start - word.stop == 1:
            return True
        return bool(at) or word.text.lower() not in self._common


def _words(text: str, values: list[Value]) -> Iterator[_Word | _Valued]:
    """Words and values in order, each with its clause and part."""
    clause = part = at = 0
    paused = False  # ", and" is one break
    rest = iter([*values, None])
    value = next(rest)
    while True:
        match = _TOKEN.search(text, at, value.start if value is not None else len(text))
        if match is not None:
            at = match.end()
            breaks = match[0].lower() in _SOFT if match["word"] else not match["mark"]
            clause += breaks and not paused
            paused = breaks
            part += bool(match["hard"])
            if match["word"]:
                yield _Word(match[0], match.start(), match.end(), clause, part)
        elif value is None:
            return
        else:
            yield _Valued(value, value.start, value.stop, clause, part)
            at, value = value.stop, next(rest)


def _goes_on(one: _Word | _Valued, other: _Word | _Valued) -> bool:
    """Whether a word belongs to the name before it."""
    if not isinstance(one, _Word) or not isinstance(other, _Word):
        return False
    low = other.text.lower()
    together = other.start - one.stop == 1 and one.clause == other.clause and not one.text.endswith(("'s", "’s"))
    return together and other.text[:1].isupper() and low not in STOP_WORDS and low not in EXPANDED
