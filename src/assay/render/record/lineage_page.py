"""Known models beside one model as one page: the relatives, the neurons that agree as bars, then the numbers."""

from __future__ import annotations

from assay.facts.codec import canonical
from assay.facts.comparison import Kinship
from assay.render import page as shell
from assay.render.page import Part
from assay.render.record.lineage import headline
from assay.render.svg import shares
from assay.render.visible import visible

MOST_DRAWN, MOST_ROWS, LONGEST = 12, 500, 12


def page(model: str, rows: tuple[Kinship, ...]) -> bytes:
    """The page as UTF-8; `model` as the user named it."""
    drawn = [(_short(row.name), _share(row), _share(row), _share(row), row.verdict) for row in rows[:MOST_DRAWN]]
    return shell.page(
        "lineage.html.j2",
        canonical(rows),
        "lineage",
        styles=("record.css",),
        contents=(Part("verdict", "Relatives"), Part("models", "Known models", f"{len(rows):,}")),
        model=model,
        rows=rows,
        headline=headline(rows),
        picture=shares("Neurons that agree, in the better of the two tests, of those that could be matched", drawn),
        most=MOST_ROWS,
    )


def _share(row: Kinship) -> float:
    return max(row.fixed / max(1, row.matched), row.agreed / max(1, row.paired))


def _short(name: str) -> str:
    shown = visible(name)
    return shown if len(shown) <= LONGEST else f"{shown[:5]}\u2026{shown[-6:]}"
