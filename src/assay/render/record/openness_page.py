"""How open a model is as one page: the class, the gauge of its components, then each with its place and licence."""

from __future__ import annotations

from assay.facts.codec import canonical
from assay.facts.dossier import Dossier
from assay.render import page as shell
from assay.render.evidence import anchors
from assay.render.gauge import LEGEND, gauge
from assay.render.page import Link, Part
from assay.render.record.openness import headline, unseen
from assay.render.sections.openness import body

EXPORTS = {"json": "JSON", "mot": "listing for the Model Openness Tool"}  # of this page alone


def page(dossier: Dossier, links: tuple[Link, ...] = (), report: str = "") -> bytes:
    """The page as UTF-8, which carries the openness of the dossier.

    Args:
        links: where a workbench that shows it leads to.
        report: the address of the report there; empty: the page is a file.
    """
    return shell.page(
        "workbench_openness.html.j2" if report else "openness.html.j2",
        b"" if report else canonical(dossier.openness),
        "openness",
        styles=("record.css",),
        contents=(
            Part("verdict", "How open it is"),
            *([Part("gauge", "Components")] if dossier.subject.digest else []),
            Part("details", "Each, and where"),
        ),
        subject=dossier.subject,
        headline=headline(dossier.openness),
        gauge=gauge(dossier.openness),
        legend=LEGEND,
        unseen=unseen(dossier),
        body=body(dossier.openness, unseen(dossier), anchors(dossier, report) if report else {}),
        links=links,
        report=report,
        exports=EXPORTS,
    )
