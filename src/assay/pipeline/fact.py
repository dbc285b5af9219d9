"""Facts by the name of their type, as checks and measures ask for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Facts:
    """Facts in the order in which they came, each type by itself."""

    def __init__(self, facts: Iterable[object]) -> None:
        self.rows: dict[str, tuple[Any, ...]] = {}
        self.add(facts)

    def add(self, facts: Iterable[object]) -> None:
        """Take further facts, after those of their type that are there."""
        fresh: dict[str, list[object]] = {}
        for fact in facts:
            fresh.setdefault(type(fact).__name__, []).append(fact)
        for kind, rows in fresh.items():
            self.rows[kind] = (*self.rows.get(kind, ()), *rows)

    def all(self, kind: str) -> tuple[Any, ...]:
        """Every fact of one type."""
        return self.rows.get(kind, ())
