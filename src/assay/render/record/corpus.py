"""A corpus at a glance, as text."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.corpus import CorpusRecord, DatasetShare, Licence
from assay.render.headline import Headline, Tone
from assay.render.record.segment import licence_words
from assay.render.terminal import painter, table
from assay.render.visible import visible

MOST = 20
MOST_NAMES = 5  # datasets in one line


def headline(found: CorpusRecord, size: int | None) -> Headline:
    """How much text it holds, in files of `size` bytes if that is known, and of what something was left out; amber
    where something was.
    """
    documents = f"{found.documents:,} document{'s' if found.documents != 1 else ''}"
    within = "" if size is None else f" in {size / 1e6:,.1f} MB"
    amounts = f"{documents}, {found.words:,} words, {found.bytes / 1e6:,.1f} MB of text{within}"
    skipped = sum(row.count for row in found.skipped)
    left = f" {skipped:,} input{'s were' if skipped != 1 else ' was'} left out, wholly or in part." if skipped else ""
    return Headline("INDEXED", f"{found.name} holds {amounts}.{left}", Tone.CARE if skipped else Tone.TELL)


def lines(
    found: CorpusRecord, size: int | None, fields: list[str], colour: bool = False, width: int = 100
) -> Iterator[str]:
    """Totals, datasets with licences, how rows were read, and what was skipped."""
    yield from headline(found, size).lines(painter(colour), width)
    yield f"sha256 {found.sha256}"
    if found.removed:
        yield f"removed  {found.removed:,} of these documents are in no answer"
    yield ""
    headings = (">documents", ">words", "dataset and licence")
    yield from table(headings, [_dataset(share) for share in found.datasets[:MOST]], width)
    if len(found.datasets) > MOST:
        yield f"... and {len(found.datasets) - MOST:,} more; all of them with `assay corpus info -o json`"
    yield from _licences(found, width)
    if fields:
        yield ""
        yield f"read as  {visible(', '.join(fields))}"
    for row in found.skipped:
        rows = ", ".join(map(visible, row.places[:3]))
        yield f"note     {row.count:,} x {visible(row.reason)}: {rows}{', ...' if row.count > 3 else ''}"


def _licences(found: CorpusRecord, width: int) -> Iterator[str]:
    """For each licence its share of the text, and which datasets are under it."""
    held: dict[Licence, list[DatasetShare]] = {}
    for share in found.datasets:
        held.setdefault(share.licence, []).append(share)
    whole = sum(share.bytes for share in found.datasets)
    if not whole:
        return
    yield ""
    rows = [(sum(share.bytes for share in shares), licence, shares) for licence, shares in held.items()]
    rows.sort(key=lambda row: (-row[0], licence_words(row[1])))
    said = []
    for size, licence, shares in rows[:MOST]:
        names = sorted({share.dataset for share in shares})
        more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
        under = f"{visible(licence_words(licence))}: {visible(', '.join(names[:MOST_NAMES]))}{more}"
        said.append((f"{size / whole:.1%}", f"{size / 1e6:,.1f}", under))
    yield from table((">of text", ">MB", "licence and the datasets under it"), said, width)
    if len(rows) > MOST:
        yield f"... and {len(rows) - MOST:,} more; all of them with `assay corpus info -o json`"


def _dataset(share: DatasetShare) -> tuple[str, str, str]:
    dates = f", {share.first_date[:10]} to {share.last_date[:10]}" if share.first_date else ""
    said = f"{visible(share.dataset)}: {visible(licence_words(share.licence))}{visible(dates)}"
    return f"{share.documents:,}", f"{share.words:,}", said
