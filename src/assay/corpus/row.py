"""A row of an input as it was read, or why it could not be."""

from __future__ import annotations

from typing import Any

from assay.lazy import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A row as read: its number from 1, and its fields; `name` is the document's where a whole file is one."""

    number: int
    fields: dict[str, Any]
    damaged: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class NotRead:
    """A row, a file or a part of one that is in no document: why, and its number."""

    number: int
    reason: str
