"""Kept models beside one model, as text: which of them has an origin in common with it, and how they were judged."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.kin import Relative, Relatives
from assay.render.headline import Headline
from assay.render.record.lineage import headline as of_kin
from assay.render.terminal import painter, table, wrapped
from assay.render.visible import visible
from assay.text.many import many


def headline(found: Relatives) -> Headline:
    """Which kept models are relatives, of how many; and how many could not be asked."""
    told = of_kin([row.kinship for row in found.rows if row.kinship], known=found.compared)
    rest = sum(row.kinship is None for row in found.rows)
    more = f" {rest:,} more {'is' if rest == 1 else 'are'} alike (--most)." if rest else ""
    without = f" {many(found.without, 'kept model')} without a fingerprint could not be asked." if found.without else ""
    return Headline(told.word, f"{told.sentence}{more}{without}", told.tone)


def lines(found: Relatives, colour: bool = False, width: int = 100) -> Iterator[str]:
    """The lines of the report."""
    yield f"{visible(found.model)}  beside kept models"
    yield from headline(found).lines(painter(colour), width)
    if found.rows:
        yield ""
        headings = ("kept model", "verdict", ">same place", ">same tokens", "origin")
        yield from table(headings, [_row(row) for row in found.rows], width)
    for row in found.rows:
        for said in row.audit.inherits:
            yield from wrapped(visible(f"{row.audit.name}: {said}"), "", width, "  ")


def _row(row: Relative) -> tuple[str, ...]:
    found, name = row.kinship, visible(row.audit.name)
    if found is None:
        return name, row.audit.verdict, "", "", "alike by fingerprint, not compared"
    place, basis = f"{found.fixed:,} of {found.matched:,}", f"{found.agreed:,} of {found.paired:,}"
    return name, row.audit.verdict, place, basis, found.verdict
