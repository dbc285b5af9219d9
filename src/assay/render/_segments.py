"""A traced text cut into pieces that lie in a span and pieces that do not, for every renderer alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay.facts.corpus import Document, Licence, LicenceBasis
from assay.facts.trace import Span, Standing, Trace


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the text and the most surprising span that it lies in, or None."""

    text: str
    span: Span | None


def segments(trace: Trace) -> Iterator[Segment]:
    """The text in pieces, in order; where spans overlap the more surprising one shows."""
    at = 0
    for start, stop, span in sorted(_painted(trace), key=lambda row: row[0]):
        if start > at:
            yield Segment(trace.text[at:start], None)
        yield Segment(trace.text[start:stop], span)
        at = stop
    if at < len(trace.text):
        yield Segment(trace.text[at:], None)


def _painted(trace: Trace) -> list[tuple[int, int, Span]]:
    """Disjoint pieces: spans come most surprising first, and later ones get what is left of them."""
    taken: list[tuple[int, int, Span]] = []
    for span in trace.spans:
        start, stop = span.start, span.stop
        for low, high, _ in taken:
            if low <= start < high:
                start = high
            if low < stop <= high:
                stop = low
        inside = any(start < high and low < stop for low, high, _ in taken)
        if start < stop and not inside:
            taken.append((start, stop, span))
    return taken


def standings(trace: Trace) -> str:
    """For example "4 quoted, 1 near-quoted, 3 nothing found"."""
    counts = {kind: sum(row.standing is kind for row in trace.sentences) for kind in Standing}
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)


def title(document: Document) -> str:
    """The title of a document, else its id."""
    return document.title or document.id


def licence_words(licence: Licence) -> str:
    """For example "CC-BY-4.0 (attribution; document)"."""
    name = licence.spdx or licence.written or "no licence stated"
    if licence.basis is LicenceBasis.UNKNOWN:
        return f"{name} ({licence.kind})"
    return f"{name} ({licence.kind}; {licence.basis})"


def corpora_words(trace: Trace) -> str:
    """The corpora with their sizes."""
    return "; ".join(
        f"{row.name}: {row.documents - row.removed:,} documents, {row.words:,} words"
        + (f", {row.removed:,} removed" if row.removed else "")
        for row in trace.corpora
    )
