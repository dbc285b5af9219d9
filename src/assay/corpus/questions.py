"""What a server of corpora asks its index for each question of the protocol, whose numbers are held to their bounds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.corpus import wire
from assay.corpus.index import SEED, Query
from assay.corpus.several import Several
from assay.facts.codec import Mismatch
from assay.lazy import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Search:
    """A question whose places come in pages: what names it, and what gives the first page's other fields and them."""

    key: object
    run: Callable[[Several], tuple[dict[str, object], NDArray[np.int64]]]


def _query(asked: dict[str, Any], most: int) -> Query:
    return Query.of(wire.text(wire.field(asked, "text"), most))


def after(asked: dict[str, Any]) -> int:
    """How many places the pages before had."""
    return wire.whole(asked.get("after", 0), 0, wire.MOST_HITS)


def _match(asked: dict[str, Any], most: int) -> Search:
    query, least = _query(asked, most), wire.whole(asked.get("least", SEED), 0, SEED)

    def run(index: Several) -> tuple[dict[str, object], NDArray[np.int64]]:
        found = index.look(query, least)
        return wire.of_found(found), found.hits

    return Search(("match", hashlib.sha256(query.raw).digest(), least), run)


def _count(asked: dict[str, Any], most: int) -> Search:
    query = _query(asked, most)
    words = len(query)
    pieces = wire.rows(asked.get("pieces", [0, words]), (max(1, words), words + 1), wire.MOST_ROWS)
    if ((pieces[:, 1] == 0) | (pieces.sum(axis=1) > words)).any():
        raise Mismatch("a piece of no words, or one that leaves the text")
    limit = wire.whole(asked.get("limit", 0), 0, wire.MOST_LIMIT)
    if limit * len(pieces) > wire.MOST_HITS:  # no client takes more, and each is held until the answer is written
        raise Mismatch(f"more than {wire.MOST_HITS:,} places in a shard")

    def run(index: Several) -> tuple[dict[str, object], NDArray[np.int64]]:
        found = index.places(query, pieces, limit)
        return wire.of_places(found), found.hits

    return Search(("count", hashlib.sha256(query.raw).digest(), hashlib.sha256(pieces.tobytes()).digest(), limit), run)


def _words(index: Several, asked: dict[str, Any], most: int) -> object:
    times, documents = index.frequencies(_query(asked, most))
    return {"times": times.tolist(), "documents": documents.tolist()}


def _tally(index: Several, asked: dict[str, Any], most: int) -> object:
    query = _query(asked, most)
    if not len(query):
        raise Mismatch("a text without words")
    places = wire.rows(wire.field(asked, "places"), (index.documents, wire.UNIT), wire.MOST_ROWS)
    return wire.of_tally(index.tally(query, places))


def _passages(index: Several, asked: dict[str, Any], most: int) -> object:
    extents = wire.rows(wire.field(asked, "extents"), (index.documents, wire.UNIT, wire.UNIT), wire.MOST_ROWS)
    if int(np.maximum(extents[:, 2] - extents[:, 1], 0).sum()) > wire.MOST_UNITS:
        raise Mismatch(f"more than {wire.MOST_UNITS:,} words")
    return wire.of_seen(index.seen(extents, wire.whole(asked.get("around", 0), 0, wire.MOST_AROUND)))


def _numbers(index: Several, asked: dict[str, Any]) -> list[int]:
    found: NDArray[np.int64] = wire.rows(wire.field(asked, "numbers"), (index.documents,), wire.MOST_ROWS)
    listed: list[int] = found[:, 0].tolist()
    return listed


def _documents(index: Several, asked: dict[str, Any], most: int) -> object:
    return wire.of_documents(index.described(_numbers(index, asked)))


def _extents(index: Several, asked: dict[str, Any], most: int) -> object:
    return {"extents": index.extents(_numbers(index, asked)).ravel().tolist()}


# each takes the question and how many characters a text may have
SEARCHES: dict[str, Callable[[Any, int], Search]] = {"/v1/match": _match, "/v1/count": _count}
QUESTIONS: dict[str, Callable[[Several, Any, int], object]] = {
    "/v1/words": _words,
    "/v1/tally": _tally,
    "/v1/passages": _passages,
    "/v1/documents": _documents,
    "/v1/extents": _extents,
}
