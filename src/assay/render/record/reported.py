"""A report of another tool as lines: who says it, what failed, and what is known to be weak about the numbers."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.reported import Reported
from assay.render.headline import Headline, Tone
from assay.render.sections.reported import CAUTION, amount
from assay.render.terminal import painter, table, wrapped
from assay.render.visible import visible

MOST = 20


def headline(found: Reported) -> Headline:
    """Who reported how many numbers, and how many failures."""
    failed = sum(row.failures or 0 for row in found.rows)
    tries = sum(row.count or 0 for row in found.rows)
    weak = sum(bool(row.weak) for row in found.rows)
    said = f"{found.by}: {len(found.rows):,} numbers, {failed:,} failure{'s' if failed != 1 else ''} in {tries:,} tries"
    more = f"; {weak:,} numbers by means that are known to be weak" if weak else ""
    return Headline("REPORTED", f"{visible(said)}{more}.", Tone.TELL)


def lines(found: Reported, colour: bool = False, width: int = 100, verbose: bool = False) -> Iterator[str]:
    """The lines of the report; with `verbose` every number of it."""
    yield from wrapped(
        f"{visible(found.model)}, by its own words; {visible(found.file)}, sha256 {found.sha256[:12]}", "", width
    )
    yield from headline(found).lines(painter(colour), width)
    order = sorted(found.rows, key=lambda row: -(row.failures or 0))
    shown = order if verbose else order[:MOST]
    cells = [(visible(row.test), visible(row.metric), amount(row), visible(row.weak)) for row in shown]
    yield from table(("test", "metric", ">value", "known to be weak"), cells, width)
    if len(order) > len(shown):
        yield f"  and {len(order) - len(shown):,} more (-v)"
    yield from wrapped(CAUTION, "", width)
