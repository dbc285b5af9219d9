"""Several licences in one SPDX expression: read with every name that assay knows, and judged part by part."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

from assay.lazy import dataclass, regex
from assay.licence.spdx import exceptions
from assay.licence.spelling import spelt

MOST, MOST_BRACKETS = 2000, 20  # characters; the tree is as deep as its brackets
_Answer = TypeVar("_Answer")
_JOINTS = ("AND", "OR", "WITH")
_PRIVATE = regex(r"LicenseRef-[A-Za-z0-9.-]+\Z")  # a licence that only the document at hand knows
# the operators in capitals, or in lower case as people write them
_JOINT = regex(r"(?<![^\s()])(AND|OR|WITH|and|or|with)(?![^\s()])|([()])")


@dataclass(frozen=True, slots=True)
class _Joined:
    """What AND or OR joins: ids (with their exception, if any) and expressions."""

    joint: str
    parts: tuple[str | _Joined, ...]

    def __str__(self) -> str:
        inner = (f"({part})" if isinstance(part, _Joined) else part for part in self.parts)
        return f" {self.joint} ".join(inner)


@lru_cache(4096)
def expression(text: str) -> str:
    """The SPDX expression that `text` is, with each licence by its id.

    Empty where it has no parts, or one that is not known.
    """
    if len(text) > MOST or text.count("(") > MOST_BRACKETS or not _JOINT.search(text):
        return ""
    said: list[str] = []
    for piece in filter(None, map(str.strip, filter(None, _JOINT.split(text.strip())))):
        if piece in "()" or piece.upper() in _JOINTS:
            said.append(piece.upper())
        else:
            found = exceptions().get(piece.lower(), "") if said[-1:] == ["WITH"] else spelt(piece)
            if not found and (said[-1:] == ["WITH"] or not _PRIVATE.match(piece)):
                return ""
            said.append(found or piece)
    tree = _parsed(tuple(said))
    return "" if tree is None else str(tree)


def fold(
    found: str,
    one: Callable[[str], _Answer],
    both: Callable[[Iterable[_Answer]], _Answer],
    either: Callable[[Iterable[_Answer]], _Answer],
) -> _Answer:
    """The answer for an expression, from that for each licence; `both` joins what AND joins, `either` what OR does.

    An exception after WITH only allows more: it counts as its licence.
    """
    tree = _parsed(tuple(filter(None, map(str.strip, filter(None, _JOINT.split(found))))))
    return _folded(found if tree is None else tree, one, both, either)


def parts(found: str) -> tuple[str, ...]:
    """The ids of the licences in an expression."""
    return fold(found, lambda id: (id,), _each, _each)


def _each(rows: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(id for row in rows for id in row))


def _folded(
    tree: str | _Joined,
    one: Callable[[str], _Answer],
    both: Callable[[Iterable[_Answer]], _Answer],
    either: Callable[[Iterable[_Answer]], _Answer],
) -> _Answer:
    if isinstance(tree, str):
        return one(tree.partition(" WITH ")[0])
    join = either if tree.joint == "OR" else both
    return join([_folded(part, one, both, either) for part in tree.parts])


@lru_cache(4096)
def _parsed(said: tuple[str, ...]) -> str | _Joined | None:
    """The tree of an expression's ids, operators and brackets; None where they make none."""
    left = deque(said)
    tree = _joined(left, "OR")
    return None if left else tree


def _joined(left: deque[str], joint: str) -> str | _Joined | None:
    """What stands before the next bracket that closes; AND binds closer than OR."""
    rows: list[str | _Joined] = []
    while True:
        row = _joined(left, "AND") if joint == "OR" else _one(left)
        if row is None:
            return None
        rows.append(row)
        if not left or left[0] != joint:
            return rows[0] if len(rows) == 1 else _Joined(joint, tuple(rows))
        left.popleft()


def _one(left: deque[str]) -> str | _Joined | None:
    first = left.popleft() if left else ")"
    if first == "(":
        inner = _joined(left, "OR")
        return inner if left and left.popleft() == ")" else None
    if first == ")" or first in _JOINTS:
        return None
    if left and left[0] == "WITH":
        left.popleft()
        return f"{first} WITH {left.popleft()}" if left and left[0] not in ("(", ")", *_JOINTS) else None
    return first
