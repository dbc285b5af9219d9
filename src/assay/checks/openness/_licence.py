"""Where a licence is stated, as evidence of the licence checks."""

from __future__ import annotations

from assay.facts.finding import Evidence
from assay.licence.name import named


def read_as(text: str) -> str:
    """What a tag was read as, where it is not written that way: for example ", as Apache-2.0"."""
    found = named(text)
    return f", as {found}" if found and found.lower() != text.strip().lower() else ""


def place(artifact: str, seen: str, line: int | None, name: str = "license") -> Evidence:
    """A line of a card or text, or (line 0 or None) the metadata of a weight file."""
    return Evidence(artifact, seen, line=line or None, pointer=None if line else "general.license", name=name)
