"""Several licences in one SPDX expression: read with every name that assay knows, and judged part by part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeVar

from assay.licence.spdx import exceptions
from assay.licence.spelling import MOST, spelt

_Answer = TypeVar("_Answer")
# the operators in capitals, or in lower case as people write them
_PRIVATE = re.compile(r"LicenseRef-[A-Za-z0-9.-]+\Z")  # a licence that only the document at hand knows
_JOINT = re.compile(r"(?<![^\s()])(AND|OR|WITH|and|or|with)(?![^\s()])|([()])")


@lru_cache(4096)
def expression(text: str) -> str:
    """The SPDX expression that `text` is, with each licence by its id; empty where it has no parts, or one that is not
    known.
    """
    if len(text) > MOST or not _JOINT.search(text):
        return ""
    said: list[str] = []
    for piece in filter(None, map(str.strip, filter(None, _JOINT.split(text.strip())))):
        if piece in "()" or piece.upper() in ("AND", "OR", "WITH"):
            said.append(piece.upper())
        else:
            found = exceptions().get(piece.lower(), "") if said[-1:] == ["WITH"] else spelt(piece)
            if not found and not _PRIVATE.match(piece):
                return ""
            said.append(found or piece)
    tree = _parsed(" ".join(said))
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
    tree = _parsed(found) if " " in found else None
    return one(found) if tree is None else _folded(tree, one, both, either)


def parts(found: str) -> tuple[str, ...]:
    """The ids of the licences in an expression."""
    return fold(found, lambda id: (id,), _joined, _joined)


def _joined(rows: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(id for row in rows for id in row))


def _folded(
    node: Any,
    one: Callable[[str], _Answer],
    both: Callable[[Iterable[_Answer]], _Answer],
    either: Callable[[Iterable[_Answer]], _Answer],
) -> _Answer:
    operator = str(getattr(node, "operator", "")).strip().upper()
    if operator:
        join = either if operator == "OR" else both
        return join([_folded(part, one, both, either) for part in node.args])
    return one(str(getattr(node, "license_symbol", node)))


@lru_cache(4096)
def _parsed(text: str) -> Any:
    """The tree, or None for what is no expression. The library is slow to load, and most licences are one id."""
    from license_expression import ExpressionError, Licensing

    try:
        return Licensing().parse(text)
    except (ExpressionError, AttributeError, TypeError):  # its answers to some texts that are no expressions
        return None
