"""Where a licence is stated, as evidence of the licence checks."""

from __future__ import annotations

from assay.facts.finding import Evidence


def place(artifact: str, seen: str, line: int | None, name: str = "license") -> Evidence:
    """A line of a card or text, or (line 0 or None) the metadata of a weight file."""
    return Evidence(artifact, seen, line=line or None, pointer=None if line else "general.license", name=name)
