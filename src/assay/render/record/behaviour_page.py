"""Probes of behaviour as one page: a picture and a sentence for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.facts.behaviour import Behaviour, Estimate, Probed, Unit
from assay.facts.codec import canonical
from assay.render import page as shell
from assay.render.page import Part
from assay.render.record.behaviour import CAUTION, detected, headline
from assay.render.svg import intervals

if TYPE_CHECKING:
    from markupsafe import Markup


def page(found: Behaviour) -> bytes:
    """The page as UTF-8."""
    return shell.page(
        "behaviour.html.j2",
        canonical(found),
        "behaviour",
        styles=("record.css",),
        contents=tuple(Part(f"probe-{row.id}", row.id) for row in found.probes),
        found=found,
        headline=headline(found),
        caution=CAUTION,
        body=body(found),
    )


def body(found: Behaviour) -> Markup:
    """The probes, one after the other: what a page and a report have in common."""
    return shell.fragment(
        "sections/behaviour.html.j2", found=found, picture=picture, detected=detected, caution=CAUTION
    )


def picture(row: Probed) -> Markup:
    """The estimates of a probe with their intervals, those of one unit on one scale."""
    shown = [one for one in row.estimates if one.count]
    scale = _scale([one for one in shown if one.unit is Unit.NATS])
    return intervals(
        row.question, [(f"{one.name}: {one.number(one.value)}", one.words, _scaled(one, scale)) for one in shown]
    )


def _scale(rows: list[Estimate]) -> tuple[float, float]:
    """The least and the greatest of nats that are shown, zero among them, with some room."""
    least, most = min((0.0, *(one.low for one in rows))), max((0.0, *(one.high for one in rows)))
    room = 0.1 * (most - least) or 1.0
    return least - room, most + room


def _scaled(one: Estimate, nats: tuple[float, float]) -> tuple[float, ...]:
    chance = () if one.chance is None else (one.chance,)
    return (one.value, one.low, one.high, *(nats if one.unit is Unit.NATS else (0.0, 1.0)), *chance)
