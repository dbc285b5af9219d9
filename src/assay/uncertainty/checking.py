"""Check a text against documents, sentence by sentence: supported, contradicted, not found or not judged, and why.

No language model: `comparing` says what a passage contradicts, `grounding` how much of the sentence is there at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assay.errors import UsageError
from assay.facts.checked import SCHEMA, Checked, CheckedSentence, GivenDocument, Support
from assay.lazy import regex
from assay.text import plain
from assay.text.language import language, latin
from assay.text.sentence import bounds
from assay.text.value import Kind as Counted
from assay.text.value import values
from assay.uncertainty.alike import matches, told
from assay.uncertainty.comparing import Compared, Evidence, Passage, against
from assay.uncertainty.grounding import STOP_WORDS, UNREAD, Documents, stem
from assay.uncertainty.sources import Source, plain_text
from assay.uncertainty.terms import MOST_READ, Kind, Reading, Term, bare, lowered, read
from assay.version import VERSION

MOST_SEEN = 400  # characters of a passage that a record keeps
MOST_TEXT = 1 << 20  # characters of a text that is checked
FOUND = 0.5  # of a sentence's weight that the passages must hold for it to count as supported
MORE = 0.2  # by which a sentence that is contradicted or not found ranks above one that lacks as much (docs/checker.md)
LEAST_NUMBER = 10  # a smaller number may be counted from what a document lists
_SAYS_NOTHING = regex(
    r"(?:sure|certainly|of course|okay|ok|yes|no|thanks?|thank you|hello|hi|great question|"
    r"here(?:\s+is|\s+are|['’]s)\b.{0,80}|in (?:summary|short|conclusion)|i hope this helps.{0,40}|"
    r"let me know.{0,80}|please note.{0,20})[.!:,]?",
    re.IGNORECASE,
)
# a figure or a name in what would else only introduce something
_CLAIMS = regex(r"(?:here|please)\b.*(?:\d|\s(?!I\b)(?-i:[A-Z]))", re.IGNORECASE | re.DOTALL)
_HEADING = regex(r"#{1,6}(?:\s+(?:\d{1,3}[.)])+\d{0,3}(?=\s)|\s|$)")  # with the number of its section
_LISTED = regex(r"\s*\d{1,3}[.)]\s+(?=\S)")  # the number of an entry in a list, if it is no day of a month
_LETTERS = regex(r"[^\W\d_]+")
LEAST_SAID = 3  # terms of a heading without a number or date, below which it only names what follows


def check(text: str, sources: Sequence[Source], name: str = "the text", missing: tuple[str, ...] = ()) -> Checked:
    """What the documents say of each sentence of a text; `missing` is what of the text was not read.

    Raises UsageError: there is no document, one has no words, or the text is empty or longer than 1 Mi characters.
    """
    text = plain_text(text)
    if not sources:
        raise UsageError("nothing to check against: name a document")
    for row in sources:
        worded(row)
    if not any(mark.isalnum() for mark in text):
        raise UsageError(f"{name} has no words: nothing can be checked")
    if len(text) > MOST_TEXT:
        raise UsageError(f"{name} is too long: expected at most {MOST_TEXT:,} characters, got {len(text):,}")
    documents = Documents([row.text for row in sources])
    return Checked(
        schema=SCHEMA,
        assay=VERSION,
        name=name,
        text=text,
        documents=given(sources, documents),
        sentences=sentences(text, documents),
        missing=(*missing, *unread(sources, documents)),
    )


def worded(row: Source) -> Source:
    """The document itself (UsageError: it has no words)."""
    if not any(mark.isalnum() for mark in row.text):
        raise UsageError(f"document {row.name} has no words: nothing can be compared with it")
    return row


def unread(sources: Sequence[Source], documents: Documents) -> tuple[str, ...]:
    """What of the documents was not read."""
    return (*(text for row in sources for text in row.missing), *((UNREAD,) if documents.cut else ()))


def given(sources: Sequence[Source], documents: Documents) -> tuple[GivenDocument, ...]:
    """The documents by name and digest, and how much of each was read."""
    rows = zip(sources, documents.texts, strict=True)
    return tuple(GivenDocument(row.name, row.sha256, len(text)) for row, text in rows)


def sentences(text: str, documents: Documents) -> tuple[CheckedSentence, ...]:
    """What the documents say of each sentence of a text as it stands."""
    checker = _Checker(text, documents)
    return tuple(checker.sentence(start, stop) for start, stop in bounds(text))


class _Checker:
    """The documents of one check, read once."""

    def __init__(self, text: str, documents: Documents) -> None:
        self.documents = documents
        self._text = text
        texts = [row for row in documents.texts if row]  # nothing is left of what lies beyond the limit
        self._languages = {language(text) for text in texts} | {"" for text in texts if not latin(text)}
        self._latin = any(map(latin, texts))
        whole = frozenset().union(*(lowered(bare(row)) for row in (*self.documents.texts, text)))
        self._language = language(text)
        self._names = self._language != "German" and "German" not in self._languages
        self._common = whole
        self._evidence = Evidence(self.documents, whole, self._names)

    def sentence(self, start: int, stop: int) -> CheckedSentence:
        """One sentence of the text."""
        text = self._text[start:stop]
        empty = _empty(text)
        if empty:
            return self._unjudged(start, stop, empty, claims=False)
        unread = self._unread(text)
        if unread:
            return self._unjudged(start, stop, unread, claims=True)
        heading = _HEADING.match(text)
        if heading:
            text = " " * heading.end() + text[heading.end() :]
        listed = _LISTED.match(text)
        if listed and not any(row.start < listed.end() and row.kind is Counted.DATE for row in values(text)):
            text = " " * listed.end() + text[listed.end() :]
        common = self._common | {word.lower() for word in _LETTERS.findall(text)[:1]} if heading else self._common
        found = read(text, common, self._names and not (heading and _is_title(text)))
        if not found.terms:
            return self._unjudged(start, stop, "it names nothing that a document could hold", claims=False)
        if heading and len(found.terms) < LEAST_SAID and all(row.kind is not Kind.VALUE for row in found.terms):
            return self._unjudged(start, stop, "it is a heading", claims=False)
        cleaned = bare(text)
        stems = {stem(word) for word in plain.words(cleaned) if word.lower() not in STOP_WORDS}
        passages = self._evidence.passages(found, stems)
        support, reason, near = self._judged(text, found, passages)
        if support is Support.NOT_FOUND and heading and not self._lacks_named(found, passages):
            return self._unjudged(start, stop, f"it is a heading, and {reason}", claims=False)
        if support is Support.NOT_FOUND and self.documents.cut:
            return self._unjudged(start, stop, f"{reason}, and {UNREAD}, was not read", claims=True)
        score = self.documents.overlap(cleaned).absent + (0.0 if support is Support.SUPPORTED else MORE)
        score = round(min(1.0, score), 4)
        return self._made(start, stop, support, reason, True, score, near)

    def _unjudged(self, start: int, stop: int, reason: str, claims: bool) -> CheckedSentence:
        return self._made(start, stop, Support.NOT_JUDGED, reason, claims, 0.0, -1)

    def _made(
        self, start: int, stop: int, support: Support, reason: str, claims: bool, score: float, near: int
    ) -> CheckedSentence:  # fmt: skip
        row = self.documents.passages[near] if near >= 0 else None
        return CheckedSentence(
            start, stop, support, reason, claims, score,
            row.document if row else -1, row.start if row else 0, row.stop if row else 0,
            self.documents.passage(near)[:MOST_SEEN] if row else "",
        )  # fmt: skip

    def _unread(self, text: str) -> str:
        """Why a sentence cannot be compared with these documents by its words; empty where it can."""
        if len(text) > MOST_READ:
            return f"it is longer than {MOST_READ:,} characters"
        if not latin(text):
            return "it is in a script of which the checker cannot tell words"
        if not self._latin:
            return "the documents are in a script of which the checker cannot tell words"
        own = language(text) or self._language
        if own and self._languages and own not in self._languages and "" not in self._languages:
            return f"it is in {own}, and the documents in {' and '.join(sorted(self._languages))}"
        return ""

    def _judged(self, text: str, sentence: Reading, passages: list[Passage]) -> tuple[Support, str, int]:
        if not passages:
            return Support.NOT_FOUND, "none of its words is in the documents", -1
        weights = self._evidence.weights(sentence.terms)
        best, lacking = passages[0], self._lacking(sentence, passages)
        elsewhere = frozenset(row.at for row in sentence.terms) - {row.at for row in lacking}
        rows = [
            Compared(sentence, passage, weights, elsewhere, _nearer(passages, passage), text) for passage in passages
        ]
        for row in rows:
            because = against(row)
            if because and not _said_elsewhere(rows, row):
                return Support.CONTRADICTED, because, row.passage.number
        shown = ", ".join(f"‘{' '.join(text[row.start : row.stop].split())}’" for row in lacking[:4])
        if any(map(_is_named, lacking)):
            return Support.NOT_FOUND, f"no passage about this has {shown}", best.number
        lost = sum(weights[row.at] for row in lacking) / (sum(weights) or 1.0)
        if lost > 1 - FOUND:
            reason = f"no passage about this has {shown}" if lacking else "its words are nowhere together like this"
            return Support.NOT_FOUND, reason, best.number
        but = f"all but {shown} is in the passage" if lacking else "its words, names and numbers are in the passage"
        return Support.SUPPORTED, but, best.number

    def _lacking(self, sentence: Reading, passages: list[Passage]) -> list[Term]:
        """The terms that neither the nearest passages nor what stands beside them have."""
        near, about = self._near(passages), self.documents.passages[passages[0].number].document
        return [row for row in sentence.terms if not self._held(row, near, about)]

    def _lacks_named(self, sentence: Reading, passages: list[Passage]) -> bool:
        """Whether a name or number of a sentence is in no passage about it."""
        lacking = self._lacking(sentence, passages) if passages else sentence.terms
        return any(map(_is_named, lacking))

    def _near(self, passages: list[Passage]) -> list[Term]:
        """The terms of the passages that share most, and of the sentences beside them."""
        least = passages[0].share / 2
        numbers = {at for row in passages if row.share >= least for at in self._evidence.beside(row.number)}
        return [term for number in sorted(numbers) for term in self._evidence.reading(number).terms]

    def _held(self, term: Term, near: list[Term], about: int) -> bool:
        """Whether the passages have a term; a name may stand anywhere in the document that they are of."""
        if term.value is not None:
            return told(term, near)
        if any(matches(term, other) for other in near):
            return True
        return term.kind is Kind.NAME and all(self.documents.holds(word, about) for word in term.stems)


def _nearer(passages: list[Passage], one: Passage) -> frozenset[int]:
    """The terms of a sentence that a passage has which shares more with it."""
    return frozenset().union(*(row.pairs for row in passages if row.share > one.share))


def _said_elsewhere(rows: list[Compared], but: Compared) -> bool:
    """Whether another passage says the whole sentence."""
    least = max(but.passage.share, 0.8)
    return any(row is not but and row.passage.share > least and not against(row) for row in rows)


def _is_named(term: Term) -> bool:
    """Whether it is a name or value that no passage may lack: not a small number, which may be counted."""
    return term.kind is not Kind.WORD and not _is_small(term)


def _is_title(text: str) -> bool:
    """Whether a heading is in capitals throughout, so that none of them shows a name."""
    words = [word for word in _LETTERS.findall(text) if word.lower() not in STOP_WORDS]
    return len(words) > 1 and all(word[:1].isupper() for word in words)


def _is_small(term: Term) -> bool:
    value = term.value
    counted = value is not None and value.kind in (Counted.NUMBER, Counted.ORDINAL)
    return counted and value is not None and max(value.amounts, default=0) <= LEAST_NUMBER


def _empty(text: str) -> str:
    """Why a sentence says nothing that a document could hold; empty where it says something."""
    whole = text.strip(" \t\n*_>-")
    if whole.endswith("?"):
        return "it is a question"
    if not any(mark.isalnum() for mark in whole):
        return "it has no words"
    if _SAYS_NOTHING.fullmatch(whole) and (whole.endswith(":") or not _CLAIMS.match(whole)):
        return "it says nothing of the documents' subject"
    return ""
