"""The classes of the Model Openness Framework as rows of dots: one for each component that a class requires."""

from __future__ import annotations

from markupsafe import Markup

from assay.facts.openness import COMPONENTS, ClassProgress, Component, Openness, Support

WIDTH, ROW, LEFT, STEP = 200, 22, 30, 8.6
LEGEND = "full: shown by the files; half: claimed, or under no open licence; ring: not shown"
_NUMERALS = {3: "III", 2: "II", 1: "I"}


def gauge(found: Openness) -> Markup:
    """A row for each class, the easiest first: full dots count, half ones are only claimed, rings are not shown.

    A dot leads to its component's row; by keyboard the table of them is reached instead.
    """
    rows = found.by_evidence.classes
    if not rows:
        return Markup("")
    components = {row.id: row for row in found.components}
    drawn = Markup("").join(_row(row, components, ROW * at) for at, row in enumerate(rows))
    label = "Components by evidence: " + ", ".join(
        f"Class {_NUMERALS[row.level]} {row.included} of {row.required}" for row in rows
    )
    return Markup('<svg class="gauge" viewBox="0 0 {} {}" role="group" aria-label="{}">{}</svg>').format(
        WIDTH, ROW * len(rows), label, drawn
    )


def _row(row: ClassProgress, components: dict[str, Component], y: int) -> Markup:
    kinds = [kind for kind in COMPONENTS if kind.required and kind.level >= row.level]
    dots = Markup("").join(
        _dot(kind.title, components[kind.id], kind.id in row.unlicensed, LEFT + STEP * at, y + 11)
        for at, kind in enumerate(kinds)
    )
    return Markup(
        '<text class="strong" x="0" y="{}">{}</text>{}<text x="{}" y="{}" text-anchor="end">{}</text>'
    ).format(y + 15, _NUMERALS[row.level], dots, WIDTH, y + 15, f"{row.included} of {row.required}")


def _dot(title: str, component: Component, unlicensed: bool, x: float, y: int) -> Markup:
    counts = component.support in (Support.VERIFIED, Support.ASSERTED)
    said = f"{title}: {component.support}{', under no open licence' if counts and unlicensed else ''}"
    if counts and not unlicensed:
        mark = Markup('<circle class="g-yes" cx="{:.1f}" cy="{}" r="3.4"/>').format(x, y)
    elif component.support is Support.CLAIMED or counts:
        ring = Markup('<circle class="g-ring" cx="{:.1f}" cy="{}" r="3"/>').format(x, y)
        mark = ring + Markup('<path class="g-half" d="M{:.1f} {}a3 3 0 0 0 0 6z"/>').format(x, y - 3)
    else:
        mark = Markup('<circle class="g-ring" cx="{:.1f}" cy="{}" r="3"/>').format(x, y)
    return Markup('<a href="#c-{}" tabindex="-1"><title>{}</title>{}</a>').format(component.id, said, mark)
