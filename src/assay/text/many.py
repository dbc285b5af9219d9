"""A number of things in words."""

from __future__ import annotations


def many(number: int, what: str) -> str:
    """So many of a thing: "1 audit", "1,204 audits"."""
    return f"{number:,} {what}{'s' if number != 1 else ''}"
