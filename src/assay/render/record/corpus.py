"""A corpus at a glance, as text."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.corpus import CorpusRecord, DatasetShare
from assay.render.record.segment import licence_words
from assay.render.visible import visible

MOST = 20


def lines(found: CorpusRecord, size: int, fields: list[str]) -> Iterator[str]:
    """Totals, datasets with licences, how rows were read, and what was skipped."""
    amounts = f"{found.documents:,} documents  {found.words:,} words"
    yield f"{visible(found.name)}  {amounts}  {found.bytes / 1e6:,.1f} MB of text in {size / 1e6:,.1f} MB"
    yield f"sha256 {found.sha256}"
    if found.removed:
        yield f"removed  {found.removed:,} of these documents are in no answer"
    yield ""
    yield f"{'documents':>10} {'words':>14}  dataset and licence"
    yield from map(_dataset, found.datasets[:MOST])
    if len(found.datasets) > MOST:
        yield f"... and {len(found.datasets) - MOST:,} more; all of them with `assay corpus info -o json`"
    if fields:
        yield ""
        yield f"read as  {visible(', '.join(fields))}"
    for row in found.skipped:
        rows = ", ".join(map(visible, row.places[:3]))
        yield f"note     {row.count:,} x {visible(row.reason)}: {rows}{', ...' if row.count > 3 else ''}"


def _dataset(share: DatasetShare) -> str:
    dates = f", {share.first_date[:10]} to {share.last_date[:10]}" if share.first_date else ""
    said = f"{visible(share.dataset)}: {visible(licence_words(share.licence))}{visible(dates)}"
    return f"{share.documents:>10,} {share.words:>14,}  {said}"
