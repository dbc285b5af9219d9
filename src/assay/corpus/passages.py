"""What stands in a document where a text matches it, and how it differs from the text."""

from __future__ import annotations

from assay.corpus.index import Seen
from assay.facts.trace import Passage, Sameness

AROUND = 200  # characters shown on both sides


def passage(seen: Seen, wanted: bytes) -> Passage:
    """Words as a document has them, compared with `wanted`, UTF-8."""
    same = sameness(wanted.decode("utf-8", "replace"), seen.text)
    return Passage(seen.start, seen.before, seen.text, seen.after, same)


def sameness(wanted: str, seen: str) -> Sameness:
    """The least that has to be overlooked for the two to be equal."""
    if wanted == seen:
        return Sameness.EXACT
    flat, other = " ".join(wanted.split()), " ".join(seen.split())
    if flat == other:
        return Sameness.LAYOUT
    return Sameness.CASE if flat.casefold() == other.casefold() else Sameness.MARKS
