"""The protocol between a server of corpora and who asks it: paths, limits, and the JSON of questions and answers.

docs/corpus-server.md describes it. Either side takes the other for hostile: every number is compared with its bounds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.corpus.index import Found, Places, Seen, Tally
from assay.facts.codec import Mismatch, decode, encode
from assay.facts.corpus import CorpusRecord, Document
from assay.lazy import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT, VERSION = "assay-corpus-server", 1
MOST_TEXT = 4 << 20  # characters of a text that is traced; longer ones are asked for in portions
MOST_ROWS = 4096  # pieces, places, extents or documents in one question
MOST_UNITS = 1 << 21  # words that are shown in one answer
MOST_LIMIT = 20_000  # places of a piece in each shard
MOST_AROUND = 1000  # characters on each side of what is shown
PAGE = 50_000  # places in one answer,
MOST_PAGES, MOST_HITS = 1000, 10_000_000  # and pages, and places in all
MOST = 1 << 48  # documents, words, occurrences: more than there are anywhere
UNIT = 1 << 32


@dataclass(frozen=True, slots=True)
class Told:
    """What a server says of itself: `corpus` names what it serves, `shards` are the digests of the files."""

    format: str
    version: int
    assay: str
    normaliser: str
    corpus: str
    documents: int
    words: int
    corpora: tuple[CorpusRecord, ...]
    shards: tuple[str, ...]


def named(records: Sequence[CorpusRecord]) -> str:
    """SHA-256, in hex, that names corpora served together: of their digests, one a line."""
    return hashlib.sha256("".join(f"{row.sha256}\n" for row in records).encode()).hexdigest()


def numbers(value: object, count: int | None, low: int, high: int) -> NDArray[np.int64]:
    """int64[count] of a JSON array whose numbers lie from `low` to `high` (Mismatch: it is no such array)."""
    if not isinstance(value, list) or (count is not None and len(value) != count):
        raise Mismatch("not an array of so many numbers")
    if any(type(entry) is not int for entry in value) or (value and not low <= min(value) <= max(value) <= high):
        raise Mismatch(f"not numbers from {low:,} to {high:,}")
    return np.array(value, np.int64)


def rows(value: object, highs: Sequence[int], most: int) -> NDArray[np.int64]:
    """int64[n, columns] of a flat JSON array of up to `most` rows, each column from 0 to below its bound."""
    found = numbers(value, None, -MOST, MOST)
    if len(found) % len(highs) or len(found) > most * len(highs):
        raise Mismatch(f"not up to {most:,} rows of {len(highs)} numbers")
    table = found.reshape(-1, len(highs))
    if len(table) and ((table < 0) | (table >= np.array(highs))).any():
        raise Mismatch("a number that is out of bounds")
    return table


def text(value: object, most: int) -> str:
    """A text of up to so many characters, of which each can be written as UTF-8."""
    if not isinstance(value, str) or len(value) > most:
        raise Mismatch(f"not a text of up to {most:,} characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Mismatch("half of a surrogate pair") from None
    return value


def field(value: object, name: str) -> object:
    """A field of a JSON object (Mismatch: it is none, or lacks it)."""
    if not isinstance(value, dict) or name not in value:
        raise Mismatch(f"no field {name!r}")
    return value[name]


def whole(value: object, low: int, high: int) -> int:
    """A whole number in bounds."""
    if type(value) is not int or not low <= value <= high:
        raise Mismatch(f"not a number from {low:,} to {high:,}")
    return value


def page(hits: NDArray[np.int64], after: int, size: int) -> dict[str, object]:
    """Places from the one after `after` on, as far as a page goes, and where the next begins: null, if none does."""
    stop = min(len(hits), after + size)
    return {"hits": hits[after:stop].ravel().tolist(), "next": stop if stop < len(hits) else None}


def of_found(found: Found) -> dict[str, object]:
    """The answer of `Index.look` but for its places, which come in pages."""
    return {name: getattr(found, name).tolist() for name in ("lengths", "counts", "times", "documents")}


def as_found(value: object, words: int, told: Told) -> Found:
    """What a server says of a query of so many words, without its places."""
    columns = {
        name: numbers(field(value, name), words, 0, high) for name, high in (("lengths", words), ("counts", told.words))
    }
    times, documents = as_frequencies(value, words, told)
    if (columns["lengths"] > words - np.arange(words)).any():
        raise Mismatch("a match that is longer than the text")
    lengths = columns.pop("lengths").astype(np.uint32)
    return Found(lengths, columns["counts"], times, documents, np.zeros((0, 3), np.int64))


def as_frequencies(value: object, words: int, told: Told) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How often a server has so many words, and in how many documents."""
    times = numbers(field(value, "times"), words, 0, told.words)
    return times, numbers(field(value, "documents"), words, 0, told.documents)


def of_places(found: Places) -> dict[str, object]:
    """The same of `Index.places`."""
    return {"counts": found.counts.tolist()}


def as_counts(value: object, count: int) -> NDArray[np.int64]:
    """How often a server has so many pieces."""
    return numbers(field(value, "counts"), count, 0, MOST)


def of_tally(found: Tally) -> dict[str, object]:
    """The answer of `Index.tally`."""
    return {"sizes": found.sizes.tolist(), "rows": found.rows.ravel().tolist()}


def as_tally(value: object, places: int, words: int, widest: int) -> Tally:
    """What a server says of the words around so many places."""
    sizes = numbers(field(value, "sizes"), places, 0, widest)
    found = rows(field(value, "rows"), (places, words, widest + 1), places * (widest + 1))
    if (np.diff(found[:, 0]) < 0).any():
        raise Mismatch("places in disorder")
    return Tally(sizes, found)


def of_seen(found: Sequence[Seen]) -> dict[str, object]:
    """The answer of `Index.seen`."""
    return {"passages": [[row.start, row.before, row.text, row.after] for row in found]}


def as_seen(value: object, count: int, around: int) -> list[Seen]:
    """What a server shows of so many passages."""
    found = field(value, "passages")
    if not isinstance(found, list) or len(found) != count:
        raise Mismatch(f"not {count:,} passages")
    return [_seen(row, around) for row in found]


def _seen(row: object, around: int) -> Seen:
    if not isinstance(row, list) or len(row) != 4:
        raise Mismatch("not a passage")
    start, before, seen, after = row
    return Seen(whole(start, 0, MOST), text(before, around), text(seen, 8 * MOST_TEXT), text(after, around))


def of_documents(found: Sequence[Document]) -> dict[str, object]:
    """The answer of `Index.described`."""
    return {"documents": [encode(row) for row in found]}


def as_documents(value: object, count: int) -> list[Document]:
    """What a server says of so many documents."""
    found = decode(tuple[Document, ...], field(value, "documents"))
    if len(found) != count:
        raise Mismatch(f"not {count:,} documents")
    for row in found:
        _written(row)
    return list(found)


def as_extents(value: object, count: int) -> NDArray[np.int64]:
    """What `Index.extents` gives for so many documents."""
    found = rows(field(value, "extents"), (UNIT, UNIT, 2), count)
    if len(found) != count:
        raise Mismatch(f"not {count:,} extents")
    return found


def as_told(value: object) -> Told:
    """What a server says of itself; of another format or version only those two are read (Mismatch: it is none)."""
    kind, version = field(value, "format"), field(value, "version")
    if kind != FORMAT or type(version) is not int:
        raise Mismatch("no server of corpora")
    if version != VERSION:
        return Told(FORMAT, version, "", "", "", 0, 0, (), ())
    known = {name: row for name, row in value.items() if name in Told.__slots__}  # type: ignore[attr-defined]
    told = decode(Told, known)
    for row in told.corpora:
        _written(row)
    whole(told.documents, 0, MOST)
    whole(told.words, 0, MOST)
    if not told.documents or not told.words:
        raise Mismatch("no documents")
    if (told.documents, told.words) != tuple(sum(getattr(row, name) for row in told.corpora) for name in COUNTED):
        raise Mismatch("corpora with other documents and words than those that are served")
    return told


COUNTED = ("documents", "words")


def _written(value: object) -> None:
    """Whether all text in a fact can be written as UTF-8, and all numbers in it can be counted with."""
    pending: list[Any] = [encode(value)]
    while pending:
        entry = pending.pop()
        if isinstance(entry, str):
            text(entry, MOST_TEXT)
        elif isinstance(entry, int):
            whole(int(entry), 0, MOST)
        elif isinstance(entry, dict | list):
            pending += entry.values() if isinstance(entry, dict) else entry
