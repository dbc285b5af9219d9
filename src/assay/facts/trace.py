"""A text traced in a corpus: verbatim matches, the documents that hold them, and their licences."""

from __future__ import annotations

from enum import StrEnum

from assay.facts.corpus import CorpusRecord, Document, Licence, Skipped
from assay.lazy import dataclass

CAUTIONS = (
    "A match is not proof of causation: the model may have the words from elsewhere.",
    "A miss is only as strong as the corpus is complete: what was not indexed cannot be found.",
)


class Sameness(StrEnum):
    """How a passage of the corpus differs from the text that matches it word for word."""

    EXACT = "exact"
    LAYOUT = "line breaks and spaces differ"
    CASE = "case differs"
    MARKS = "punctuation or letter forms differ"


class Standing(StrEnum):
    """What can be said of a sentence."""

    QUOTED = "quoted"
    NEAR_QUOTED = "near-quoted"
    SIMILAR = "similar"
    NOTHING = "nothing found"
    UNKNOWN = "unknown"  # nothing was found, and a corpus did not answer


@dataclass(frozen=True, slots=True)
class Passage:
    """A match in a document, with up to 200 characters on both sides; `start` is its offset in bytes of UTF-8."""

    start: int
    before: str
    seen: str
    after: str
    sameness: Sameness


@dataclass(frozen=True, slots=True)
class Span:
    """A match that cannot be made longer on either side.

    `start` and `stop` count characters of the text. `count` is how often the corpora hold it, `bits` its surprisal:
    minus the base-2 logarithm of its probability if words were independent. `documents` indexes `Trace.documents`.
    """

    start: int
    stop: int
    words: int
    count: int
    bits: float
    common: bool
    documents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A document that explains part of the text.

    `words` of the text are covered by its matches, `bits` is their surprisal together, `relevance` its BM25 score
    against text and prompt. `patchwork` tells that several short matches, none of them long, lie close together in it.
    """

    corpus: str
    document: Document
    words: int
    bits: float
    relevance: float
    patchwork: bool
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the text: what was found, for what share of its words, and the source that has most of them."""

    start: int
    stop: int
    standing: Standing
    share: float
    source: int | None


@dataclass(frozen=True, slots=True)
class Likeness:
    """A passage whose meaning is near that of a sentence, by cosine of embeddings. Similar is not a source."""

    sentence: int
    corpus: str
    document: Document
    seen: str
    cosine: float


@dataclass(frozen=True, slots=True)
class LicenceShare:
    """Words of the text covered by sources of one dataset under one licence; a word counts once in each row."""

    dataset: str
    licence: Licence
    words: int
    documents: int


@dataclass(frozen=True, slots=True)
class Trace:
    """A text traced in corpora.

    `longest` has for each word of the text how many words the longest match has that starts there; `covered` counts the
    words that lie in a span.
    """

    text: str
    corpora: tuple[CorpusRecord, ...]
    words: int
    covered: int
    longest: tuple[int, ...]
    spans: tuple[Span, ...]
    sources: tuple[Source, ...]
    sentences: tuple[Sentence, ...]
    likenesses: tuple[Likeness, ...]
    licences: tuple[LicenceShare, ...]

    def __repr__(self) -> str:
        return f"<trace: {self.covered:,} of {self.words:,} words, spans: {len(self.spans):,}>"


@dataclass(frozen=True, slots=True)
class ItemPart:
    """Passage, question or answer of a benchmark item: its words, the longest match, and its overlap with the corpora.

    `overlap` is the share of its words in matches of 13 words or more (or of a whole text, if that is shorter); where
    there is none, `near` is the share of the words that the best near copy has, 0 where there is none of it either.
    """

    words: int
    longest: int
    overlap: float
    near: float


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a benchmark: `clean` says that of no part a run of 13 words, the whole or a near copy was found.

    None: nothing was found, and a corpus did not answer.
    """

    id: str
    passage: ItemPart
    question: ItemPart
    answer: ItemPart
    clean: bool | None
    source: str


@dataclass(frozen=True, slots=True)
class Contamination:
    """How much of a benchmark lies in the corpora; `left` counts the fields of its items that were not looked at."""

    benchmark: str
    corpora: tuple[CorpusRecord, ...]
    items: tuple[Item, ...]
    skipped: int
    left: tuple[Skipped, ...]
