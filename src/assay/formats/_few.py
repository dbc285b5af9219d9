"""Rows of several kinds, bounded kind by kind: many of one kind hide none of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

Row = TypeVar("Row")


def few(rows: Iterable[Row], kind: Callable[[Row], Hashable], most: int) -> Iterator[Row]:
    """The rows in their order, the first `most` of each kind."""
    seen: Counter[Hashable] = Counter()
    for row in rows:
        seen[kind(row)] += 1
        if seen[kind(row)] <= most:
            yield row
