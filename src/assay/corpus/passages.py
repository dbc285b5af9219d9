"""What stands in a document where a text matches it, and how it differs from the text."""

from __future__ import annotations

from assay.corpus.reading import ShardFile
from assay.facts.trace import Passage, Sameness

AROUND = 200  # characters shown on both sides


def passage(shard: ShardFile, document: int, unit: int, count: int, wanted: bytes) -> Passage:
    """The `count` words from `unit` on as the document has them, compared with `wanted`, UTF-8."""
    place = shard.place(document, unit, count)
    begin, end = shard.extent(document)
    seen = shard.text(place.start, place.stop)
    before = shard.text(max(begin, place.start - 4 * AROUND), place.start).decode("utf-8", "replace")[-AROUND:]
    after = shard.text(place.stop, min(end, place.stop + 4 * AROUND)).decode("utf-8", "replace")[:AROUND]
    shown = seen.decode("utf-8", "replace")
    return Passage(place.start - begin, before, shown, after, sameness(wanted.decode("utf-8", "replace"), shown))


def sameness(wanted: str, seen: str) -> Sameness:
    """The least that has to be overlooked for the two to be equal."""
    if wanted == seen:
        return Sameness.EXACT
    flat, other = " ".join(wanted.split()), " ".join(seen.split())
    if flat == other:
        return Sameness.LAYOUT
    return Sameness.CASE if flat.casefold() == other.casefold() else Sameness.MARKS
