"""A traced text cut into pieces that lie in a span and pieces that do not, for every renderer alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from assay.facts.corpus import CorpusRecord, Document, Licence, LicenceBasis
from assay.facts.trace import Span, Standing, Trace
from assay.lazy import dataclass

MOST_LOST = 5  # corpora that did not answer and are named in a sentence


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the text and the most surprising span that it lies in, or None."""

    text: str
    span: Span | None


def segments(trace: Trace) -> Iterator[Segment]:
    """The text in pieces, in order; where spans overlap the more surprising one shows."""
    owners: list[Span | None] = [None] * len(trace.text)
    for span in reversed(trace.spans):  # they come most surprising first
        owners[span.start : span.stop] = [span] * (span.stop - span.start)
    at = 0
    for owner, run in groupby(owners):
        stop = at + sum(1 for _ in run)
        yield Segment(trace.text[at:stop], owner)
        at = stop


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
    """The corpora with their sizes, and what has to be known of their answers."""
    return "; ".join(map(_corpus_words, trace.corpora))


def _corpus_words(row: CorpusRecord) -> str:
    removed = f", {row.removed:,} removed" if row.removed else ""
    size = f"{row.documents - row.removed:,} documents, {row.words:,} words{removed}"
    if row.unasked:
        return f"{row.name}: did not answer" + (f" ({size})" if row.documents else "")
    return f"{row.name}: {size}{f' ({row.remark})' if row.remark else ''}"


def unasked_words(corpora: Sequence[CorpusRecord]) -> str:
    """A sentence that says which corpora did not answer, and what that means; empty where all did."""
    lost = [row for row in corpora if row.unasked]
    if not lost:
        return ""
    shown = "; ".join(f"{row.name}: {row.unasked}" for row in lost[:MOST_LOST])
    more = f"; and {len(lost) - MOST_LOST:,} more" if len(lost) > MOST_LOST else ""
    return (
        f"{len(lost):,} of {len(corpora):,} corpora did not answer ({shown}{more}): what was not found is unknown, "
        "and counts are of the others."
    )
