"""A corpus behind a server (`assay corpus serve`) as an index: each answer is checked before it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from assay.corpus import wire
from assay.corpus.index import AROUND, SEED, Found, Places, Query, Seen, Tally
from assay.corpus.several import Unanswered
from assay.errors import UsageError
from assay.facts.codec import Mismatch
from assay.facts.corpus import Document
from assay.kernels.words import NORMALISER
from assay.network.server import Refused, Server, Unreached
from assay.secret import CORPUS_KEY

if TYPE_CHECKING:
    from numpy.typing import NDArray

PATH = "/v1/corpus"
T = TypeVar("T")


def opened(url: str, read: float) -> Remote | str | None:
    """The corpora behind a URL; why nobody answers there; or None, where something answers that has no such path.

    Raises UsageError: it is no server of corpora, one of another version, or wants a key.
    """
    server = Server(url, read, key=CORPUS_KEY, needs=("endpoint", "asking a corpus behind a server"), allow="")
    try:
        value = server.get(PATH)
    except Unreached as cause:
        return str(cause)
    except Refused as cause:
        if cause.status == 404:
            return None
        if cause.status >= 500 or cause.status in (410, 429):
            return str(cause)
        raise UsageError(str(cause)) from None
    try:
        told = wire.as_told(value)
    except Mismatch as cause:
        said = f"{server.url} is no server of corpora ({cause})"
        raise UsageError(f"{said}: start one with `assay corpus serve`") from None
    if told.version != wire.VERSION:
        raise UsageError(
            f"{server.url} speaks version {told.version} of the protocol, this assay {wire.VERSION}: use the same assay"
        )
    if told.normaliser != NORMALISER:
        raise UsageError(
            f"{server.url} serves a corpus built with {told.normaliser!r}, this assay compares words by "
            f"{NORMALISER!r}: build it again"
        )
    return Remote(server, told)


class Remote:
    """What one server has.

    Raises:
        Unanswered: from every question, where the answer does not come, is refused or is none.
    """

    def __init__(self, server: Server, told: wire.Told) -> None:
        """See `opened`."""
        self.url, self.told = server.url, told
        self.documents, self.words = told.documents, told.words
        self._server = server

    def _asked(self, path: str, question: dict[str, object], read: Callable[[Any], T]) -> T:
        try:
            return read(self._server.post(path, {"corpus": self.told.corpus, **question}))
        except Mismatch as cause:
            raise Unanswered([(self, f"{self.url}{path} gave no valid answer ({cause})")]) from None
        except UsageError as cause:
            raise Unanswered([(self, str(cause))]) from None

    def look(self, query: Query, least: int = SEED) -> Found:
        """See `Index.look`."""
        words = len(query)
        if not words:
            none = np.zeros(0, np.int64)
            return Found(none.astype(np.uint32), none, none, none, none.reshape(-1, 3))
        question: dict[str, object] = {"text": query.text, "least": least}
        first, hits = self._paged("/v1/match", question, partial(wire.as_found, words=words, told=self.told), words)
        return Found(first.lengths, first.counts, first.times, first.documents, hits)

    def places(self, query: Query, pieces: NDArray[np.int64], limit: int) -> Places:
        """See `Index.places`."""
        found: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        text = query.text
        for at, own in _batches(pieces):
            question: dict[str, object] = {"text": text, "pieces": own.ravel().tolist(), "limit": limit}
            read = partial(wire.as_counts, count=len(own))
            counts, hits = self._paged("/v1/count", question, read, len(own))
            found.append((counts, hits + np.array([at, 0, 0])))
        none = np.zeros(0, np.int64)
        return Places(
            np.concatenate([none, *(counts for counts, _ in found)]),
            np.concatenate([none.reshape(-1, 3), *(hits for _, hits in found)]),
        )

    def _paged(
        self, path: str, question: dict[str, object], read: Callable[[Any], T], owners: int
    ) -> tuple[T, NDArray[np.int64]]:
        """What the first page says, and the places of all pages: (one of so many owners, document, unit)."""
        pages: list[NDArray[np.int64]] = []
        bounds = (owners, self.documents, wire.UNIT)

        def places(value: Any) -> int | None:
            hits, after = wire.rows(wire.field(value, "hits"), bounds, wire.PAGE), wire.field(value, "next")
            pages.append(hits)
            held = sum(map(len, pages))
            if after is None:
                return None
            if len(pages) > wire.MOST_PAGES or held > wire.MOST_HITS:
                raise Mismatch(f"more than {wire.MOST_HITS:,} places, or {wire.MOST_PAGES:,} pages of them")
            if not len(hits) or wire.whole(after, 0, wire.MOST) != held:
                raise Mismatch("a page that leads nowhere")
            return held

        first, after = self._asked(path, question, lambda value: (read(value), places(value)))
        while after is not None:
            after = self._asked(path, {**question, "after": after}, places)
        return first, np.concatenate(pages)

    def frequencies(self, query: Query) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """See `Index.frequencies`."""
        read = partial(wire.as_frequencies, words=len(query), told=self.told)
        return self._asked("/v1/words", {"text": query.text}, read)

    def tally(self, query: Query, places: NDArray[np.int64]) -> Tally:
        """See `Index.tally`."""
        text, sizes, rows = query.text, [], []
        for at, own in _batches(places):
            found = self._asked(
                "/v1/tally",
                {"text": text, "places": own.ravel().tolist()},
                partial(wire.as_tally, places=len(own), words=len(query), widest=2 * AROUND),
            )
            sizes.append(found.sizes)
            rows.append(found.rows + np.array([at, 0, 0]))
        return Tally(np.concatenate(sizes), np.concatenate(rows))

    def seen(self, extents: NDArray[np.int64], around: int) -> list[Seen]:
        """See `Index.seen`."""
        found: list[Seen] = []
        for own in _fitting(extents):
            question: dict[str, object] = {"extents": np.maximum(own, 0).ravel().tolist(), "around": around}
            found += self._asked("/v1/passages", question, partial(wire.as_seen, count=len(own), around=around))
        return found

    def described(self, numbers: Sequence[int]) -> list[Document]:
        """See `Index.described`."""
        found: list[Document] = []
        for _, own in _batches(np.array(numbers, np.int64)):
            found += self._asked(
                "/v1/documents",
                {"numbers": own.tolist()},
                partial(wire.as_documents, count=len(own)),
            )
        return found

    def extents(self, numbers: Sequence[int]) -> NDArray[np.int64]:
        """See `Index.extents`."""
        found: list[NDArray[np.int64]] = [np.zeros((0, 3), np.int64)]
        for _, own in _batches(np.array(numbers, np.int64)):
            read = partial(wire.as_extents, count=len(own))
            found.append(self._asked("/v1/extents", {"numbers": own.tolist()}, read))
        return np.concatenate(found)


def _batches(rows: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    for at in range(0, len(rows), wire.MOST_ROWS):
        yield at, rows[at : at + wire.MOST_ROWS]


def _fitting(extents: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The extents in batches of rows and words that one question may have."""
    begin = held = 0
    for at, (_, first, last) in enumerate(extents.tolist()):
        if at - begin == wire.MOST_ROWS or (held and held + last - first > wire.MOST_UNITS):
            yield extents[begin:at]
            begin, held = at, 0
        held += last - first
    if begin < len(extents):
        yield extents[begin:]
