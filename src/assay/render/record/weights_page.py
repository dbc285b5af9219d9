"""The weights of a kept audit: the maps of its layers, and a table of its tensors that is searched and sorted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from markupsafe import Markup

from assay.facts.kept import KeptAudit
from assay.facts.values import TensorSummary
from assay.render.headline import Headline, Tone
from assay.render.map import histogram, maps
from assay.render.page import Link
from assay.render.record.workbench import at, page
from assay.text.many import many

PAGE = 50  # rows of a page
# what tensors are sorted by, the largest first, and how it is called; empty: as they lie in the files
ORDERS: dict[str, tuple[str, Callable[[TensorSummary], float]]] = {
    "": ("as in the files", lambda row: 0.0),
    "size": ("number of values", lambda row: float(row.values)),
    "deviation": ("deviation", lambda row: row.deviation or 0.0),
    "kurtosis": ("kurtosis (tails)", lambda row: row.kurtosis or 0.0),
    "zeros": ("share of zeros", lambda row: row.zeros / max(1, row.values)),
    "largest": ("largest value", lambda row: max(abs(row.minimum or 0.0), abs(row.maximum or 0.0))),
}


def found(rows: Sequence[TensorSummary], words: str, order: str) -> list[tuple[int, TensorSummary]]:
    """The tensors whose names have all of the words, each with its number, in one of the orders."""
    asked = words.casefold().split()
    those = [(number, row) for number, row in enumerate(rows) if all(word in row.name.casefold() for word in asked)]
    value = ORDERS[order][1]
    return sorted(those, key=lambda pair: -value(pair[1])) if order else those


def pictures(rows: Sequence[TensorSummary]) -> list[Markup]:
    """The maps of layers and roles, each cell leading to its tensor; the same on every page of an audit."""
    return maps(rows, frozenset(range(len(rows))), lambda number: f"?{urlencode({'q': rows[number].name})}#tensors")


def weights(
    audit: KeptAudit,
    rows: Sequence[TensorSummary],
    drawn: list[Markup],
    words: str,
    order: str,
    start: int,
    links: tuple[Link, ...],
) -> bytes:
    """The page; of the tensors that are found those from number `start` on, so many as a page has.

    Args:
        drawn: what `pictures` gives.
        links: where an audit's pages lead to.
    """
    those = found(rows, words, order)
    fitting = f"{many(len(those), 'tensor')} of {len(rows):,} fit{'s' if len(those) == 1 else ''}."
    said = fitting if words else f"{many(len(rows), 'tensor')}, each with what its values are."
    if not rows:
        said = "No values of weights are in this audit: it has none, or they were not read."
    asked = {name: value for name, value in (("q", words), ("sort", order)) if value}
    return page(
        "workbench_weights.html.j2",
        "",
        more=links,
        headline=Headline("WEIGHTS" if rows else "NONE", said, Tone.TELL),
        audit=audit,
        maps=drawn,
        rows=[(number, row, histogram(row)) for number, row in those[start : start + PAGE]],
        asked={"q": words, "sort": order},
        orders=[(name, said) for name, (said, _) in ORDERS.items()],
        first=start,
        next=f"?{urlencode({**asked, 'from': start + PAGE})}" if start + PAGE < len(those) else "",
        before=f"?{urlencode({**asked, 'from': max(0, start - PAGE)})}" if start else "",
        at=at,
    )
