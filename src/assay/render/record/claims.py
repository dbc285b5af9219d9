"""What a calibration on labelled claims allows, for a terminal: discrimination of each score, and thresholds."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.filtering import Filter, Filtering
from assay.render.headline import Headline, Tone
from assay.render.record.discrimination import discrimination
from assay.render.terminal import painter, wrapped
from assay.render.visible import visible

NO_BOUND = 1e308  # a threshold that JSON has for infinity


def headline(found: Filtering) -> Headline:
    """How many claims are false, and the strictest threshold that can be certified; amber where none can."""
    said = f"{found.false:,} of {found.claims:,} claims are false ({100 * found.false / found.claims:.1f} %)."
    sure = min((row for row in found.filters if row.threshold is not None), key=lambda row: row.alpha, default=None)
    if sure is None:
        return Headline("MEASURED", f"{said} No threshold can be certified with so few texts.", Tone.CARE)
    return Headline("CALIBRATED", f"{said} Certified: {_filter(found, sure)}.", Tone.TELL)


def lines(found: Filtering, colour: bool = False, width: int = 100) -> Iterator[str]:
    """The lines of the report."""
    rate = found.false / found.claims
    size = f"{found.claims:,} claims of {found.texts:,} texts in {visible(found.name)}"
    yield from wrapped(f"{visible(found.model)}  {size}  {visible(found.runtime)}", "", width, "   ")
    yield from headline(found).lines(painter(colour), width)
    if found.skipped:
        yield f"{found.skipped:,} claims could not be scored, and are in none of these numbers"
    yield ""
    yield from discrimination(found.worth, found.score, rate, width)
    yield ""
    yield from (_filter(found, row) for row in found.filters)
    yield "This holds on average for texts like these, and each claim is scored on its own after the prompt."


def _filter(found: Filtering, row: Filter) -> str:
    share = f"all claims of a text true in {100 * (1 - row.alpha):.0f} % of texts"
    if row.threshold is None:
        return f"{share}: cannot certify with {found.texts:,} texts"
    if row.threshold >= NO_BOUND:
        return f"{share}: every claim may stay, for so many texts of the sample have no false one"
    return (
        f"{share}: keep claims with {found.score} below {row.threshold:.3f}; {100 * row.kept:.1f} % of claims stay, "
        f"and {100 * row.all_true:.1f} % of other texts have only true ones (halvings)"
    )
