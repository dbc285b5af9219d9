"""A corpus at a glance, as text."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.corpus import CorpusRecord, DatasetShare, Licence
from assay.render.record.segment import licence_words
from assay.render.visible import visible

MOST = 20
MOST_NAMES = 5  # datasets in one line


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
    yield from _licences(found)
    if fields:
        yield ""
        yield f"read as  {visible(', '.join(fields))}"
    for row in found.skipped:
        rows = ", ".join(map(visible, row.places[:3]))
        yield f"note     {row.count:,} x {visible(row.reason)}: {rows}{', ...' if row.count > 3 else ''}"


def _licences(found: CorpusRecord) -> Iterator[str]:
    """For each licence its share of the text, and which datasets are under it."""
    held: dict[Licence, list[DatasetShare]] = {}
    for share in found.datasets:
        held.setdefault(share.licence, []).append(share)
    whole = sum(share.bytes for share in found.datasets)
    if not whole:
        return
    yield ""
    yield f"{'of text':>10} {'MB':>14}  licence and the datasets under it"
    rows = [(sum(share.bytes for share in shares), licence, shares) for licence, shares in held.items()]
    rows.sort(key=lambda row: (-row[0], licence_words(row[1])))
    for size, licence, shares in rows[:MOST]:
        names = sorted({share.dataset for share in shares})
        more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
        said = f"{visible(licence_words(licence))}: {visible(', '.join(names[:MOST_NAMES]))}{more}"
        yield f"{size / whole:>10.1%} {size / 1e6:>14,.1f}  {said}"
    if len(rows) > MOST:
        yield f"... and {len(rows) - MOST:,} more; all of them with `assay corpus info -o json`"


def _dataset(share: DatasetShare) -> str:
    dates = f", {share.first_date[:10]} to {share.last_date[:10]}" if share.first_date else ""
    said = f"{visible(share.dataset)}: {visible(licence_words(share.licence))}{visible(dates)}"
    return f"{share.documents:>10,} {share.words:>14,}  {said}"
