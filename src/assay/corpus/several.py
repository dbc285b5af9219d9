"""Several indexes as one: each is asked, those behind a network at the same time, and the answers are put together."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import accumulate
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from assay.corpus.index import SEED, Found, Index, Places, Query, Seen, Tally
from assay.corpus.matching import Matches, matches, merged, sum_of
from assay.corpus.shard import Look, Shard, looked
from assay.errors import AssayError, TaskLost, UsageError
from assay.execution import Failed
from assay.facts.corpus import Document

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.execution import Executor

T = TypeVar("T")
MOST_AT_ONCE = 64  # servers that are waited for at the same time


class Unanswered(AssayError):
    """Indexes that gave no answer, and why: each with the sentence of its error."""

    def __init__(self, lost: Sequence[tuple[Index, str]]) -> None:
        super().__init__("; ".join(why for _, why in lost))
        self.lost = tuple(lost)


class Several:
    """Indexes as one, each with the name that its documents go by, up to a number of documents.

    Args:
        parts: the indexes, in order.
        names: for each, how many of its documents go by which name: those of the first, then those of the next.
        executor: who asks the shards of this machine for matches; without one they are asked here, one by one.

    Raises:
        Unanswered: from any question, where one that is behind a network does not answer.
    """

    def __init__(
        self, parts: Sequence[Index], names: Sequence[Sequence[tuple[str, int]]], executor: Executor | None = None
    ) -> None:
        self.parts, self._executor = tuple(parts), executor
        self._ends = list(accumulate(part.documents for part in parts))
        self.documents, self.words = sum(part.documents for part in parts), sum(part.words for part in parts)
        self._names = [name for row in names for name, _ in row]
        self._name_ends = list(accumulate(count for row in names for _, count in row))

    def name(self, document: int) -> str:
        """The corpus that a document belongs to."""
        return self._names[bisect_right(self._name_ends, document)]

    def match(self, query: Query) -> Matches:
        """Spans and up to 50 places of each in each shard."""
        return matches(self.look(query), self.words)

    def look(self, query: Query, least: int = SEED) -> Found:
        """See `Index.look`."""
        return merged(self._looked(query, least), [0, *self._ends[:-1]])

    def _looked(self, query: Query, least: int) -> list[Found]:
        if self._executor is None:
            return self._each(lambda part: part.look(query, least))
        near = [part for part in self.parts if isinstance(part, Shard)]
        tasks = [Look(part.file.path, part.file.removed, query, least) for part in near]
        rows: dict[Shard, Found] = {}
        with closing(self._executor.run(looked, tasks, lambda: None)) as outcomes:
            for number, outcome in outcomes:
                if isinstance(outcome, Failed):  # an answer without one of the shards would be a wrong one
                    raise _unasked(near[number], outcome)
                rows[near[number]] = outcome.value
        return self._each(lambda part: rows[part] if isinstance(part, Shard) else part.look(query, least))

    def places(self, query: Query, pieces: NDArray[np.int64], limit: int) -> Places:
        """See `Index.places`: those of one piece in the order of the indexes."""
        found = self._each(lambda part: part.places(query, pieces, limit))
        offsets = [0, *self._ends[:-1]]
        hits = np.concatenate([row.hits + np.array([0, at, 0]) for row, at in zip(found, offsets, strict=True)])
        return Places(sum_of([row.counts for row in found]), hits[np.argsort(hits[:, 0], kind="stable")])

    def frequencies(self, query: Query) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """See `Index.frequencies`."""
        found = self._each(lambda part: part.frequencies(query))
        return sum_of([times for times, _ in found]), sum_of([documents for _, documents in found])

    def tally(self, query: Query, places: NDArray[np.int64]) -> Tally:
        """See `Index.tally`."""
        sizes = np.zeros(len(places), np.int64)
        rows: list[NDArray[np.int64]] = [np.zeros((0, 3), np.int64)]
        for at, found in self._of(places, lambda part, own: part.tally(query, own)):
            sizes[at] = found.sizes
            rows.append(np.column_stack((at[found.rows[:, 0]], found.rows[:, 1:])))
        whole = np.concatenate(rows)
        return Tally(sizes, whole[np.argsort(whole[:, 0], kind="stable")])

    def seen(self, extents: NDArray[np.int64], around: int) -> list[Seen]:
        """See `Index.seen`."""
        return self._scattered(extents, lambda part, own: part.seen(own, around))

    def described(self, numbers: Sequence[int]) -> list[Document]:
        """See `Index.described`."""
        return self._scattered(_column(numbers), lambda part, own: part.described(own[:, 0].tolist()))

    def extents(self, numbers: Sequence[int]) -> NDArray[np.int64]:
        """See `Index.extents`."""
        found = np.zeros((len(numbers), 3), np.int64)
        for at, rows in self._of(_column(numbers), lambda part, own: part.extents(own[:, 0].tolist())):
            found[at] = rows
        return found

    def _scattered(self, rows: NDArray[np.int64], ask: Callable[[Index, NDArray[np.int64]], list[T]]) -> list[T]:
        """One answer for each row, in the order of the rows."""
        found: dict[int, T] = {}
        for at, answers in self._of(rows, ask):
            found.update(zip(at.tolist(), answers, strict=True))
        return [found[number] for number in range(len(rows))]

    def _of(
        self, rows: NDArray[np.int64], ask: Callable[[Index, NDArray[np.int64]], T]
    ) -> Iterator[tuple[NDArray[np.intp], T]]:
        """Ask each index for those rows, documents first, that are about its documents: (which rows, its answer)."""
        owner = np.searchsorted(self._ends, rows[:, 0], side="right")
        offsets = [0, *self._ends[:-1]]
        mine: dict[Index, tuple[NDArray[np.intp], NDArray[np.int64]]] = {}
        for number in np.unique(owner).tolist():
            own = rows[owner == number].copy()
            own[:, 0] -= offsets[number]
            mine[self.parts[number]] = (np.flatnonzero(owner == number), own)
        answers = self._each(lambda part: ask(part, mine[part][1]), tuple(mine))
        yield from zip((at for at, _ in mine.values()), answers, strict=True)

    def _each(self, ask: Callable[[Index], T], parts: Sequence[Index] | None = None) -> list[T]:
        """The answer of each index, in order."""
        parts = self.parts if parts is None else parts
        far = [part for part in parts if not isinstance(part, Shard)]
        if not far:
            return [ask(part) for part in parts]
        with ThreadPoolExecutor(min(len(far), MOST_AT_ONCE)) as pool:
            sent: dict[Index, Future[T]] = {part: pool.submit(ask, part) for part in far}
            here = {part: ask(part) for part in parts if part not in sent}
            lost = [row for answer in sent.values() if isinstance(cause := answer.exception(), Unanswered)
                    for row in cause.lost]  # fmt: skip
        if lost:
            raise Unanswered(lost)
        return [here[part] if part in here else sent[part].result() for part in parts]


def _column(numbers: Sequence[int]) -> NDArray[np.int64]:
    return np.array(numbers, np.int64).reshape(-1, 1)


def _unasked(shard: Shard, failed: Failed) -> Exception:
    """Why a shard gave no answer: an error about damage names it already."""
    if isinstance(failed.error, TaskLost):
        return UsageError(f"{shard.file.path.name}: {failed.error}")
    if isinstance(failed.error, OSError):
        return UsageError(f"{shard.file.path}: {failed.error.strerror} where the shard was to be asked")
    return failed.noted()


def pieces(*rows: tuple[int, int]) -> NDArray[np.int64]:
    """Pieces of a query as (word, words), as `Index.places` takes them."""
    return np.array(rows, np.int64).reshape(-1, 2)
