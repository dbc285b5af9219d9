"""What can be asked: one shard, several together, or a server that has some; and the questions with their answers.

Everything above asks an `Index`, so that a trace is made in one way wherever the shards are. Documents of an index are
numbered from 0; units number the words within a shard, so that they are compared only within one document.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from assay.facts.corpus import Document
from assay.kernels import words
from assay.kernels.words import Words
from assay.lazy import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 4  # words of the shortest match that is kept: four of them close together make a patchwork
HITS = 50  # places of a match that are looked at in each shard; beyond that it is common
AROUND = 200  # words on each side of a place whose words are tallied: they stand for the document, whatever its length


@dataclass(frozen=True, slots=True)
class Query:
    """A text that is looked for, as UTF-8, and its words, whose offsets belong to that."""

    raw: bytes
    words: Words

    @classmethod
    def of(cls, text: str) -> Query:
        """The query for a text."""
        raw = text.encode("utf-8", "replace")
        return cls(raw, words.split(raw))

    def __len__(self) -> int:
        return len(self.words)

    @property
    def text(self) -> str:
        """The text, with half a surrogate pair as a question mark."""
        return self.raw.decode("utf-8")

    def piece(self, start: int, count: int) -> bytes:
        """`count` words from `start` on, as the text has them."""
        return self.raw[int(self.words.starts[start]) : int(self.words.stops[start + count - 1])]


@dataclass(frozen=True, slots=True)
class Found:
    """What an index says of a query of n words.

    `lengths` uint32[n]: words of the longest match from each word on. `counts` int64[n]: how often it occurs, where
    that was asked for, else 0. `times`, `documents` int64[n]: how often each word occurs, and in how many documents.
    `hits` int64[h, 3]: the word at which a match starts, a document that has it, and the unit.
    """

    lengths: NDArray[np.uint32]
    counts: NDArray[np.int64]
    times: NDArray[np.int64]
    documents: NDArray[np.int64]
    hits: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Places:
    """Where pieces of a query occur: `counts` int64[pieces], and `hits` int64[h, 3] of (piece, document, unit)."""

    counts: NDArray[np.int64]
    hits: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tally:
    """Words of a query around places: how many words lie there, int64[places], and int64[t, 3].

    Rows are (place, first word of the query that is this word, times), in this order.
    """

    sizes: NDArray[np.int64]
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Seen:
    """Words of a document as it has them, with text on both sides; `start` is their offset in bytes of UTF-8."""

    start: int
    before: str
    text: str
    after: str


class Index(Protocol):
    """Whatever answers questions about documents. Each raises Malformed where a shard is damaged."""

    @property
    def documents(self) -> int:
        """How many there are, the removed ones included."""

    @property
    def words(self) -> int:
        """How many words they have."""

    def look(self, query: Query, least: int = SEED) -> Found:
        """The longest matches; `counts` for spans of SEED words or more, or with `least` 0 for every word."""

    def places(self, query: Query, pieces: NDArray[np.int64], limit: int) -> Places:
        """How often pieces, int64[pieces, 2] of (word, words), occur, and up to `limit` places of each in a shard."""

    def frequencies(self, query: Query) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """How often each word of the query occurs, and in how many documents, as in `Found`."""

    def tally(self, query: Query, places: NDArray[np.int64]) -> Tally:
        """The words of the query within AROUND words of places, int64[places, 2] of (document, unit)."""

    def seen(self, extents: NDArray[np.int64], around: int) -> list[Seen]:
        """The words in extents, int64[e, 3] of (document, first unit, unit after the last), as far as they exist.

        Args:
            around: characters of text on both sides.
        """

    def described(self, numbers: Sequence[int]) -> list[Document]:
        """What is known of documents."""

    def extents(self, numbers: Sequence[int]) -> NDArray[np.int64]:
        """int64[documents, 3]: first unit, number of words, and 1 for a removed document, else 0."""
