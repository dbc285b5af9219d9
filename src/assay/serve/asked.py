"""What a request to the workbench asks for: parameters of its address, and the audit that it names."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from assay.errors import UsageError
from assay.facts.kept import KeptAudit
from assay.network.serving import Refusal
from assay.registry import Registry, user

LONGEST = 500  # characters of a parameter
NUMBERED = 15  # digits of the number of a job or an answer


def value(request: Any, name: str) -> str:
    """A parameter of the address; empty where it is not given (Refusal: it is too long to be asked for)."""
    found = str(request.query_params.get(name, "")).strip()
    if len(found) > LONGEST:
        raise Refusal(400, f"{name} has {len(found):,} characters: at most {LONGEST} are looked for")
    return found


def chosen(request: Any, name: str, words: Collection[str]) -> str:
    """A parameter that is one of some words, or empty (Refusal: it is another, which would find nothing)."""
    found = value(request, name)
    if found and found not in words:
        raise Refusal(400, f"{name} is {found[:40]!r}: expected one of {', '.join(words)}")
    return found


def every(request: Any) -> bool:
    """Whether all are asked for, and not only those that count now (Refusal: it is neither)."""
    return chosen(request, "all", ("true",)) == "true"


def number(text: str, digits: int) -> int:
    """A whole number of at most so many digits; 0, which names nothing, for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else 0


def who(request: Any) -> str:
    """Who asks, as what they do is recorded: somebody by their token, or who opened the workbench."""
    return f"{request.scope.get('assay.who') or user()}, in the workbench"


def prefix(request: Any) -> str:
    """The path below which the workbench is for who asks; empty: it is at the top."""
    return str(request.scope.get("assay.prefix", ""))


def kept(registry: Registry, which: str) -> KeptAudit:
    """The audit of a digest or a name (Refusal: there is none)."""
    try:
        return registry.one(which[:LONGEST])
    except UsageError as cause:
        raise Refusal(404, str(cause)) from None
