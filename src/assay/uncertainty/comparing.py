"""Compare a sentence with passages of documents, term by term: what is there, what is otherwise, what is missing.

By the words alone, and by where they stand: a value, name or word in the place of another, a word negated on
one side, the two sides of a verb changed. Docs: docs/checker.md, with how often that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from assay.lazy import dataclass
from assay.text.same import opposed
from assay.uncertainty._english import MUTUAL
from assay.uncertainty.alike import matches, same_terms, starting_with
from assay.uncertainty.grounding import Documents
from assay.uncertainty.terms import Kind, Reading, Term, form, opposite, read


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


MOST_PASSAGES = 8  # that a sentence is compared with
LINKED = 2  # terms between two that belong together
LEAST = 2  # terms that a passage and a sentence share, below which no name stands in the place of another
# of what is around a term that a passage must have to contradict it: at least, where that may be chance, all but all,
# and more than there is
SHARE, SURE, SAME, NEVER = 0.6, 0.75, 0.95, 2.0
ALIKE = 0.7  # of the weight of a sentence, from which a passage says the same or the opposite
_DIRECT = _set("the a an its their his her this that was were is are and or") | {""}
_ENDS = _set("from to")
_SIDES = _set("from to by of than over against under after before")


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence of the documents beside the one that is checked.

    Attributes:
        number: of the sentence.
        pairs: index of a term of the sentence -> those of the passage that are the same.
        share: of the sentence's weight that the passage has.
    """

    number: int
    text: str
    reading: Reading
    pairs: dict[int, tuple[int, ...]]
    share: float


class Evidence:
    """Documents as what a sentence is compared with; the sentences of theirs are read when they are needed."""

    def __init__(self, documents: Documents, common: frozenset[str], names: bool) -> None:
        """See `terms.read` for `common` and `names`."""
        self.documents = documents
        self._common, self._names = common, names
        self._read: dict[int, Reading] = {}

    def reading(self, number: int) -> Reading:
        """The terms of a sentence of the documents."""
        if number not in self._read:
            self._read[number] = read(self.documents.passage(number), self._common, self._names)
        return self._read[number]

    def weights(self, terms: tuple[Term, ...]) -> list[float]:
        """How much each term counts: the rarest of its words; values as names that are nowhere else."""
        most = self.documents.weight("\0")
        return [max(map(self.documents.weight, term.stems), default=most) for term in terms]

    def passages(self, sentence: Reading, stems: set[str]) -> list[Passage]:
        """The passages that share most with a sentence, the nearest first."""
        weights = self.weights(sentence.terms)
        total = sum(weights) or 1.0
        rows = []
        for number, _ in self.documents.ranked(stems, MOST_PASSAGES):
            found = self.reading(number)
            starting = starting_with(found.terms)
            alike = ((at, same_terms(term, found.terms, starting)) for at, term in enumerate(sentence.terms))
            pairs = {at: others for at, others in alike if others}
            share = sum(weights[at] for at in pairs) / total
            rows.append(Passage(number, self.documents.passage(number), found, pairs, share))
        return sorted(rows, key=lambda row: (-row.share, row.number))

    def beside(self, number: int) -> list[int]:
        """A sentence of the documents with those before and after it in the same document."""
        rows = self.documents.passages
        near = [at for at in (number, number - 1, number + 1) if 0 <= at < len(rows)]
        return [at for at in near if rows[at].document == rows[number].document]


def linked(terms: tuple[Term, ...], at: int) -> Iterator[int]:
    """The terms that one belongs together with: at most two between, no break."""
    for other in range(max(0, at - LINKED - 1), min(len(terms), at + LINKED + 2)):
        near = abs(terms[other].clause - terms[at].clause) <= 1 and terms[other].part == terms[at].part
        if other != at and near:
            yield other


@dataclass(frozen=True, slots=True)
class Compared:
    """A sentence beside one passage.

    Attributes:
        weights: how much each term of the sentence counts.
        elsewhere: terms that stand somewhere in the documents.
        nearer: terms that a passage has which shares more with the sentence.
    """

    sentence: Reading
    passage: Passage
    weights: list[float]
    elsewhere: frozenset[int]
    nearer: frozenset[int]
    text: str

    @property
    def taken(self) -> frozenset[int]:
        """The terms of the passage that the sentence has."""
        return frozenset(other for row in self.passage.pairs.values() for other in row)

    def around(self, at: int) -> float:
        """The share of what is around a term (-1: of all) that the passage has.

        A name that stands elsewhere does not count where it is lacking: it may be "she" here.
        """
        pairs, terms = self.passage.pairs, self.sentence.terms
        rest = [row for row in range(len(terms)) if row != at]
        rest = [row for row in rest if row in pairs or terms[row].kind is not Kind.NAME or row not in self.elsewhere]
        total = sum(self.weights[row] for row in rest)
        return sum(self.weights[row] for row in rest if row in pairs) / total if total else 0.0

    def mine(self, at: int) -> str:
        """A term of the sentence as it is written."""
        return _shown(self.sentence.terms[at], self.text)

    def theirs(self, at: int) -> str:
        """A term of the passage as it is written."""
        return _shown(self.passage.reading.terms[at], self.passage.text)


def against(row: Compared) -> str:
    """Why a passage contradicts a sentence, in words; empty where it does not."""
    for found in (_displaced, _opposed, _negated, _crossed, _turned):
        because = found(row)
        if because:
            return because
    return ""


def _shown(term: Term, text: str) -> str:
    return f"‘{' '.join(text[term.start : term.stop].split())}’"


def _displaced(row: Compared) -> str:
    """A value or name that is not in the passage, which has another in its place."""
    mine, theirs, taken = row.sentence.terms, row.passage.reading.terms, row.taken
    for at, term in enumerate(mine):
        if at in row.passage.pairs or at in row.nearer or term.kind is Kind.WORD:
            continue
        share = row.around(at)
        rivals = [number for number, other in enumerate(theirs) if number not in taken and _rivals(term, other)]
        for number in rivals:
            alike = _partly(term, theirs[number])
            if share < _needed(row, at, theirs[number], alike) or not (alike or _placed(row, at, number)):
                continue
            return f"the document has {row.theirs(number)} where this has {row.mine(at)}"
    return ""


def _placed(row: Compared, at: int, number: int) -> bool:
    """Whether a term of the passage stands with something that one of the sentence stands with, on the same side."""
    theirs = row.passage.reading.terms
    sided = row.sentence.terms[at].kind is Kind.NAME and row.sentence.terms[at].before not in _DIRECT
    beside = set(linked(theirs, number))
    for near in linked(row.sentence.terms, at):
        for place in row.passage.pairs.get(near, ()):
            if place in beside and (not sided or (near < at) == (place < number)):
                return True
    return False


def _needed(row: Compared, at: int, rival: Term, alike: bool) -> float:
    """How much of what is around a term a passage must have, so that something else in its place contradicts it.

    More where the documents have the term elsewhere: then the passage may speak of something else, or use another name.
    """
    term = row.sentence.terms[at]
    if term.kind is Kind.NAME and len(row.passage.pairs) < LEAST:
        return NEVER
    if term.kind is Kind.VALUE:
        return SURE if at in row.elsewhere and not alike else SHARE
    if at not in row.elsewhere or alike:
        return SHARE if alike else SURE
    return SAME if min(len(term.keys), len(rival.keys)) > 1 else NEVER


def _partly(one: Term, other: Term) -> bool:
    """Whether two dates or names differ in a part of them: the month of one day, the first name of one family."""
    if one.value is None or other.value is None:
        return (
            one.kind is other.kind is Kind.NAME
            and min(len(one.keys), len(other.keys)) > 1
            and one.keys[-1] == other.keys[-1]
        )
    return any(
        left.day is not None and (left.day == right.day or left.month == right.month)
        for left in one.value.days
        for right in other.value.days
        if right.day is not None
    )


def _rivals(one: Term, other: Term) -> bool:
    """Whether one cannot stand in the place of the other without another meaning."""
    if one.value is not None and other.value is not None:
        # by how much something changed is neither from what nor to what
        apart = (one.before == "by") != (other.before == "by") and {one.before, other.before} & _ENDS
        return not apart and opposed(one.value, other.value)
    if one.kind is not Kind.NAME or other.kind is not Kind.NAME:
        return False
    return one.before == other.before or {one.before, other.before} <= _DIRECT | {"by"}


def _opposed(row: Compared) -> str:
    """A word whose opposite is in the passage."""
    taken = row.taken
    for at, term in enumerate(row.sentence.terms):
        if at in row.passage.pairs or term.kind is not Kind.WORD or row.around(at) < SHARE:
            continue
        for number, rival in enumerate(row.passage.reading.terms):
            if number in taken or rival.kind is not Kind.WORD or term.negated != rival.negated:
                continue
            if opposite(term.keys[0], rival.keys[0]):
                return f"the document says {row.theirs(number)}, this {row.mine(at)}"
    return ""


def _negated(row: Compared) -> str:
    """A word that is negated on one side only."""
    if row.around(-1) < ALIKE:
        return ""
    theirs, taken = row.passage.reading.terms, row.taken
    scope = [number for number, term in enumerate(theirs) if term.negated]
    for at, others in row.passage.pairs.items():
        term = row.sentence.terms[at]
        if term.kind is not Kind.WORD or any(theirs[other].negated == term.negated for other in others):
            continue
        if term.negated:
            return f"this negates {row.mine(at)}, the document does not"
        if scope[0] in taken:  # else it is something that the sentence does not say which the passage negates
            return f"the document negates {row.theirs(others[0])}, this does not"
    return ""


def _crossed(row: Compared) -> str:
    """A name or value that the passage has with something else, and something else with what it stands with here."""
    mine, pairs = row.sentence.terms, row.passage.pairs
    for at, term in enumerate(mine):
        if term.kind is Kind.WORD or at not in pairs or row.around(at) < SHARE:
            continue
        for near in linked(mine, at):
            if mine[near].kind is Kind.VALUE or near not in pairs or mine[near].before == "and":
                continue
            for own in pairs[at]:
                rival = _instead(row, own, near)
                if rival >= 0 and row.passage.reading.terms[own].kind is term.kind:
                    return (
                        f"the document has {row.theirs(rival)} with {row.mine(near)},"
                        f" and {row.mine(at)} with something else"
                    )
    return ""


def _instead(row: Compared, own: int, near: int) -> int:
    """What the passage has with a neighbour of a term, in the same way as the term itself with another; -1: nothing.

    Args:
        own: the term, as the passage has it.
        near: its neighbour in the sentence.
    """
    theirs, places = row.passage.reading.terms, row.passage.pairs[near]
    beside = set(linked(theirs, own))
    if beside & set(places):
        return -1
    others = [at for at in beside if at not in row.taken and theirs[at].kind is row.sentence.terms[near].kind]
    for place in places:
        for number in linked(theirs, place):
            rival = theirs[number]
            if number == own or rival.kind is not theirs[own].kind or matches(theirs[own], rival):
                continue
            if place < number < own or (rival.value is not None and not _rivals(theirs[own], rival)):
                continue  # what stands before the first of several belongs to all of them
            if any(_parallel(theirs, (own, other), (number, place)) for other in others):
                return number
    return -1


def _parallel(terms: tuple[Term, ...], one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two pairs of terms stand together in the same way: the same order, after the same words."""
    if (one[0] < one[1]) != (other[0] < other[1]):
        return False
    return abs(one[0] - one[1]) == abs(other[0] - other[1]) == 1 and all(
        terms[left].before == terms[right].before or {terms[left].before, terms[right].before} <= _DIRECT
        for left, right in zip(one, other, strict=True)
    )


def _turned(row: Compared) -> str:
    """Two names or words that have changed sides of a verb, or of two prepositions."""
    if row.passage.share < ALIKE:
        return ""
    mine, theirs, pairs = row.sentence.terms, row.passage.reading.terms, row.passage.pairs
    for verb, places in pairs.items():
        if mine[verb].kind is not Kind.WORD or mine[verb].keys[0] in _mutual():
            continue
        sides = _sides(row.sentence, verb)
        for place in places:
            others = _sides(row.passage.reading, place)
            if not sides or not others:
                continue
            (left, right), (one, other) = sides, others
            crossed = matches(mine[left], theirs[other]) and matches(mine[right], theirs[one])
            if crossed and not matches(mine[left], theirs[one]):
                who, whom, what = row.theirs(one), row.theirs(other), row.theirs(place)
                return f"in the document {who} acts on {whom} ({what}), here it is the other way round"
    return _prepositions(row)


@lru_cache(maxsize=1)
def _mutual() -> frozenset[str]:
    return frozenset(map(form, MUTUAL))


def _sides(reading: Reading, verb: int) -> tuple[int, int] | None:
    """(who acts, on whom) beside a verb, as the terms next to it in its clause; None where there are not both."""
    terms = reading.terms
    same_ = [at for at in range(len(terms)) if terms[at].clause == terms[verb].clause]
    said = [at for at in same_ if terms[at].kind is not Kind.VALUE]
    before = [at for at in said if at < verb and terms[at].before in _DIRECT]
    named = [at for at in before if terms[at].kind is Kind.NAME]
    after = [at for at in said if at > verb]
    if not before or not after:
        return None
    first, second = (named or before)[-1], after[0]
    if verb in reading.passive:
        return (second, first) if terms[second].before == "by" else None
    return (first, second) if terms[second].before in _DIRECT else None


def _prepositions(row: Compared) -> str:
    """From A to B against from B to A."""
    mine, theirs, pairs = row.sentence.terms, row.passage.reading.terms, row.passage.pairs
    for at, other in ((left, right) for left in range(len(mine)) for right in linked(mine, left) if right > left):
        one, two = mine[at].before, mine[other].before
        if one == two or one not in _SIDES or two not in _SIDES or Kind.WORD in (mine[at].kind, mine[other].kind):
            continue
        for place in pairs.get(at, ()):
            if any(theirs[place].before == two and theirs[row_].before == one for row_ in pairs.get(other, ())):
                return f"{row.mine(at)} and {row.mine(other)} have changed places"
    return ""
