"""How open the model is by its files: MOF classes, components with their evidence, other frameworks, compute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.facts.dossier import Dossier
from assay.facts.openness import BY_ID, CLASSES, Answered, Openness, Support
from assay.render.evidence import anchors, located
from assay.render.record.openness import compute_words, licence_words, summary, summed, unseen
from assay.render.sections import View
from assay.render.visible import code, escaped
from assay.render.words import location

if TYPE_CHECKING:
    from markupsafe import Markup

# which kind of finding each is coloured as
_SUPPORTS = {
    Support.VERIFIED: "pass",
    Support.ASSERTED: "pass",
    Support.CLAIMED: "review",
    Support.DENIED: "fail",
    Support.ABSENT: "informational",
}
_ANSWERS = {
    Answered.MET: "pass",
    Answered.OPEN: "pass",
    Answered.FILLED: "pass",
    Answered.NOT_MET: "fail",
    Answered.CLOSED: "fail",
    Answered.PARTIAL: "review",
    Answered.HUMAN: "review",
    Answered.UNKNOWN: "open",
    Answered.NOT_APPLICABLE: "informational",
}


def text(found: Openness, dossier: Dossier) -> Iterator[str]:
    """The class by evidence and by claim."""
    yield from summary(found)


def markdown(found: Openness, dossier: Dossier) -> Iterator[str]:
    """The classes, the outcome by each framework, and a table of the components."""
    yield from (f"- {escaped(row)}" for row in summary(found))
    if unseen(dossier):
        return
    yield from (f"- {escaped(lens.title)}: {escaped(lens.outcome)}" for lens in found.lenses)
    yield ""
    yield "| component | support | why | where | licence |"
    yield "|---|---|---|---|---|"
    for row in found.components:
        where = code(location(row.evidence[0])) if row.evidence else ""
        yield (
            f"| {BY_ID[row.id].title} | {row.support} | {escaped(row.because)} | {where} "
            f"| {escaped(licence_words(row))} |"
        )


def html(found: Openness, dossier: Dossier) -> Markup:
    """The same with every rule of the frameworks and its evidence."""
    return _html(found, summary(found), anchors(dossier), unseen(dossier))


def body(found: Openness, unseen: str, rows: dict[str, str] | None = None) -> Markup:
    """What stands below the classes on a page of its own; `rows` of files that it leads to are in another page."""
    return _html(found, [], rows or {}, unseen)


def _html(found: Openness, classes: list[str], rows: dict[str, str], unseen: str) -> Markup:
    """`unseen` says that no file is there to look at, in place of components of which each would be "absent"."""
    from assay.render.page import fragment

    return fragment(
        "sections/openness.html.j2",
        found=found,
        unseen=unseen,
        summary=classes,
        classes=CLASSES,
        components=BY_ID,
        summed=summed,
        licence_words=licence_words,
        compute_words=compute_words,
        supports=_SUPPORTS,
        answers=_ANSWERS,
        located=lambda evidence: located(evidence, rows),
    )


VIEW = View("openness", "openness", "How open it is, by its files", text, markdown, html)
