"""What labelled claims allow, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.filtering import Filtering
from assay.render.visible import visible


def lines(found: Filtering) -> Iterator[str]:
    """The lines of the report."""
    rate = found.false / found.claims
    yield f"{visible(found.model)}  {found.claims:,} claims of {found.texts:,} texts in {visible(found.name)}  {visible(found.runtime)}"
    yield f"false  {found.false:,} of {found.claims:,} ({100 * rate:.1f} %)"
    if found.skipped:
        yield f"{found.skipped:,} claims could not be scored, and are in none of these numbers"
    yield ""
    yield f"{'score':<22} {'AUROC':>6}  95 % interval   {'AUPRC':>6} {'PRR':>6}   (chance: AUROC 0.500, AUPRC {rate:.3f}, PRR 0)"
    for row in found.worth:
        mark = "*" if row.score == found.score else " "
        yield f"{mark}{row.score:<21} {row.auroc:6.3f}  {row.low:.3f} to {row.high:.3f}  {row.auprc:6.3f} {row.prr:6.3f}"
    yield ""
    for filter in found.filters:
        if filter.threshold is None:
            yield f"all claims of a text true in {100 * (1 - filter.alpha):.0f} % of texts: cannot certify with {found.texts:,} texts"
        else:
            yield (
                f"all claims of a text true in {100 * (1 - filter.alpha):.0f} % of texts: keep claims with {found.score} below {filter.threshold:.3f}; "
                f"{100 * filter.kept:.1f} % of claims stay, and {100 * filter.all_true:.1f} % of other texts have only true ones (halvings)"
            )
    yield "This holds on average for texts like these, and each claim is scored on its own after the prompt."
