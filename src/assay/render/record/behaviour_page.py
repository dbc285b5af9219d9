"""Probes of behaviour as one page: a picture and a sentence for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assay.facts.behaviour import Behaviour, Estimate, Probed, Unit
from assay.facts.codec import canonical
from assay.facts.kept import KeptAudit
from assay.render import page as shell
from assay.render.headline import Headline, Tone
from assay.render.page import Part
from assay.render.record import workbench
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


def multiples(
    audit: KeptAudit,
    found: Behaviour | None,
    beside: tuple[KeptAudit, Behaviour | None] | None,
    asked: str,
    models: Sequence[str],
) -> bytes:
    """A small picture for each probe of a kept audit, in the workbench, beside those of another where one is given.

    Args:
        asked: how the other was asked for.
        models: names of kept models that it could be looked at beside.
    """
    other = beside[1] if beside else None
    parts = {row.id: row for row in other.probes} if other else {}
    names = _names(audit, beside[0]) if beside else ("", "")
    rows = [(row, picture(row, parts.get(row.id), names), parts.get(row.id)) for row in found.probes] if found else []
    return workbench.page(
        "workbench_behaviour.html.j2",
        "",
        more=workbench.of_audit(audit, None, "behaviour"),
        headline=headline(found) if found else _NOTHING,
        caution=CAUTION,
        audit=audit,
        found=found,
        beside=beside,
        asked=asked,
        names=names,
        unlike=_unlike(found, other) if found and other else "",
        rows=rows,
        models=models,
        at=workbench.at,
    )


_NOTHING = Headline("NONE", "No probe was run in this audit: audit the model with --probes.", Tone.TELL)
_TELLING = 8  # digits of a digest that tells two audits of one name apart


def _names(audit: KeptAudit, other: KeptAudit) -> tuple[str, str]:
    """How two audits are called beside each other."""
    if audit.name != other.name:
        return audit.name, other.name
    return f"{audit.name} {audit.dossier[:_TELLING]}", f"{other.name} {other.dossier[:_TELLING]}"


def _unlike(found: Behaviour, other: Behaviour) -> str:
    """Why numbers of the two cannot simply be put beside each other; empty: they were asked the same."""
    if found.questions_sha256 == other.questions_sha256 and found.most == other.most:
        return ""
    asked = [f"at most {row.most:,} of {row.questions}" for row in (found, other)]
    return f"They were not asked the same ({asked[0]}; {asked[1]}): a difference may come from the questions."


def body(found: Behaviour) -> Markup:
    """The probes, one after the other: what a page and a report have in common."""
    return shell.fragment(
        "sections/behaviour.html.j2", found=found, picture=picture, detected=detected, caution=CAUTION
    )


def picture(row: Probed, other: Probed | None = None, names: tuple[str, str] = ("", "")) -> Markup:
    """The estimates of a probe with their intervals, those of one unit on one scale.

    Args:
        other: the same probe of another model, whose estimates stand below those of the same name.
        names: how the two are called where there are two.
    """
    shown = [("", one) for one in row.estimates if one.count]
    if other is not None:
        pairs = [(names, (one, other.estimate(one.id))) for one in row.estimates]
        shown = [(f"{name}, ", one) for both, two in pairs for name, one in zip(both, two, strict=True) if one]
        shown = [(name, one) for name, one in shown if one.count]
    scale = _scale([one for _, one in shown if one.unit is Unit.NATS])
    rows = [(f"{name}{one.name}: {one.number(one.value)}", f"{name}{one.words}", one) for name, one in shown]
    return intervals(row.question, [(name, words, _scaled(one, scale)) for name, words, one in rows])


def _scale(rows: list[Estimate]) -> tuple[float, float]:
    """The least and the greatest of nats that are shown, zero among them, with some room."""
    least, most = min((0.0, *(one.low for one in rows))), max((0.0, *(one.high for one in rows)))
    room = 0.1 * (most - least) or 1.0
    return least - room, most + room


def _scaled(one: Estimate, nats: tuple[float, float]) -> tuple[float, ...]:
    chance = () if one.chance is None else (one.chance,)
    return (one.value, one.low, one.high, *(nats if one.unit is Unit.NATS else (0.0, 1.0)), *chance)
