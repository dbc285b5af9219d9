"""A model against its base as one page: the relation, what became of the tensors, the map, then the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from assay.facts.codec import canonical
from assay.facts.comparison import Comparison, State
from assay.render import page as shell
from assay.render.page import Part
from assay.render.record.comparison import headline
from assay.render.sections.comparison import body
from assay.render.svg import bar

MOST_NAMES = 200  # tensors without a counterpart


def page(found: Comparison, model: str, expected: Sequence[str] = ()) -> bytes:
    """The page as UTF-8; `model` as the user named it, `expected` the relations that were asked for."""
    states = Counter(row.state for row in found.differences)
    parts = [(str(state), states[state]) for state in State]
    parts += [("only in the base", len(found.missing)), ("only in the model", len(found.extra))]
    return shell.page(
        "comparison.html.j2",
        canonical(found),
        "comparison",
        styles=("record.css",),
        contents=_contents(found),
        found=found,
        model=model,
        headline=headline(found, expected),
        bar=bar("Tensors by what became of them", parts, lambda count: f"{count:,}"),
        body=body(found),
        most=MOST_NAMES,
    )


def _contents(found: Comparison) -> tuple[Part, ...]:
    rows = (
        Part("verdict", "How they are related"),
        Part("tensors", "Tensors", f"{len(found.differences):,}"),
        Part("templates", "Templates", f"{len(found.templates):,}") if found.templates else None,
        Part("unmatched", "No counterpart", f"{len(found.missing) + len(found.extra):,}")
        if found.missing or found.extra
        else None,
    )
    return tuple(row for row in rows if row is not None)
