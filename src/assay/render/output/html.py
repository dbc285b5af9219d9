"""HTML: one self-contained page for a decision. No network, no script needed, light and dark, prints, by keyboard."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, BinaryIO

from markupsafe import Markup

from assay.facts.advisory import AS_OF, advisories
from assay.facts.artifact import Standing
from assay.facts.codec import pieces
from assay.facts.dossier import QUESTIONS, Dossier, Share
from assay.facts.finding import Kind
from assay.render import Renderer
from assay.render.answer import SHORT
from assay.render.brief import brief
from assay.render.card import cards
from assay.render.command import reproduce
from assay.render.decision import Weight
from assay.render.evidence import anchors, located
from assay.render.exhibit import Exhibits, passages_of
from assay.render.glance import glances
from assay.render.glossary import TERMS, term
from assay.render.map import drawn, histogram, maps
from assay.render.page import Link, Part, page
from assay.render.sections import View, of
from assay.render.svg import bar
from assay.render.tally import Tally, tally
from assay.render.verdict import said
from assay.render.visible import visible
from assay.render.words import (
    KIND_WORDS,
    VERDICT_WORDS,
    acts,
    aside_line,
    by_question,
    isolation_line,
    limits_line,
    once,
    parameters,
    size,
    waivers,
)

STYLES, SCRIPTS = ("report.css", "inside.css"), ("report.js",)  # its own, after those of every page
MOST_FILES = 1000  # rows of the artifact table; unexamined files come first, so what is cut is the ordinary
MOST_OFFERED = 200  # files to choose from; any other is found by its words
MOST_NAMED = 60  # files by which one finding is found
MOST_EMBEDDED = 8 * 1024 * 1024  # bytes of JSON that the page carries
# how each weight of a matter looks (a class of the page) and is called
_WEIGHTS = {
    Weight.BLOCKS: ("fail", "in the way"),
    Weight.DEFECT: ("fail", "defect"),
    Weight.FIRST: ("decide", "to decide first"),
    Weight.DECIDE: ("consider", "to decide"),
}


def write(
    dossier: Dossier,
    stream: BinaryIO,
    *,
    extra: tuple[View, ...] = (),
    links: tuple[Link, ...] = (),
    accepting: Callable[[str], str] | None = None,
) -> None:
    """Write the page as UTF-8.

    Args:
        links: where the server that shows it leads to.
        accepting: the address at which that server lets findings of a check be accepted; None: it does not.
    """
    record, digest = _record(dossier)
    found = tally(dossier)
    values: dict[str, Any] = {
        **_first(found),
        **_findings(found),
        **_files(dossier),
        **_weights(dossier),
        **_method(dossier),
        "digest": digest,
        "accepting": accepting,
        "parts": _sections(dossier, extra),
    }
    stream.write(
        page(
            "report.html.j2",
            record,
            "dossier",
            styles=STYLES,
            scripts=SCRIPTS,
            contents=_contents(dossier, values),
            links=links,
            dossier=dossier,
            **values,
        )
    )


def _record(dossier: Dossier) -> tuple[bytes, str]:
    """The canonical bytes for the page to carry, empty if they are too many, and their SHA-256 in hex; in one pass."""
    digest, kept, size = hashlib.sha256(), list[bytes](), 0
    for piece in pieces(dossier):
        digest.update(piece)
        size += len(piece)
        if size <= MOST_EMBEDDED:
            kept.append(piece)
    return b"".join(kept) if size <= MOST_EMBEDDED else b"", digest.hexdigest()


def _contents(dossier: Dossier, values: dict[str, Any]) -> tuple[Part, ...]:
    """The parts of the page in its order; one that is empty is not listed."""
    parts = values["parts"]
    found = [
        Part("verdict", "Verdict"),
        Part("decide", values["deciding"], str(len(values["matters"]) or "")),
        Part("unknown", "Not known", str(values["said"].unknown or "")),
        Part("loading", "Loading") if dossier.loading else None,
        Part("weights", "Weights") if dossier.portrait.weights or values["tensors"] else None,
        Part("templates", "Templates", str(len(dossier.templates))) if dossier.templates else None,
        Part("behaviour", "Behaviour") if parts["hallucination"] else None,
        Part("data", "Data") if parts["provenance"] or dossier.claims else None,
        Part("openness", "Openness") if parts["openness"] else None,
        Part("part-signature", "Signature") if dossier.signature else None,
        *(Part(view.id, view.title) for view, _ in parts["others"]),
        Part("files", "Bill of materials", f"{len(dossier.artifacts):,}"),
        Part("checks", "Checks"),
        Part("method", "Method"),
    ]
    return tuple(part for part in found if part is not None)


def _first(found: Tally) -> dict[str, object]:
    """The first screen: what it is, the verdict, the five answers."""
    dossier, words = found.dossier, said(found)
    verdict, decide, shown = dossier.decision.verdict, words.decide + words.first, cards(found)
    look = words.headline.look
    return {
        "said": words,
        "look": "unknown" if look == "fine" and words.unknown else look,
        "badge": f"{verdict}, {decide:,} to decide" if decide else str(verdict),
        "verdict_words": VERDICT_WORDS[verdict],
        "cards": shown,
        "glances": glances(found),
        "short": SHORT,
        "brief": brief(found, tuple(card.reply for card in shown)),
        "total": dossier.portrait.measured("parameters"),
        "held": (dossier.portrait.measured("files") or 0, dossier.portrait.measured("bytes") or 0),
    }


def _findings(found: Tally) -> dict[str, object]:
    """What is to be decided with its evidence, what is not known, and what else was found, by question."""
    dossier = found.dossier
    rows, told = anchors(dossier), once(dossier)
    grouped = by_question(dossier, told)
    named = sorted({at.artifact for row in dossier.findings for at in row.evidence if row.kind is not Kind.PASS})
    return {
        "matters": [(row, *_WEIGHTS[row.weight], waivers(dossier, row.findings)) for row in found.matters],
        "deciding": "In the way, to decide"
        if any(row.weight is Weight.BLOCKS for row in found.matters)
        else "To decide",
        "accepted": found.accepted,
        "unknown": found.unknowns,
        "told": lambda row: [finding for finding in row.findings if finding in told],
        "copies_of": lambda finding: told[finding].copies if finding in told else (),
        "exhibit": Exhibits(dossier).of,
        "passages": passages_of,
        "seen": {
            question: [row for row in those if row.kind is Kind.INFORMATIONAL] for question, those in grouped.items()
        },
        "rest": [
            (QUESTIONS[question], [row for row in those if row.kind in (Kind.PASS, Kind.NOT_APPLICABLE)])
            for question, those in grouped.items()
            if question in dossier.questions
        ],
        "telling": {row.check for row in dossier.findings if row.kind not in (Kind.PASS, Kind.NOT_APPLICABLE)},
        "meaning": term,
        "glossary": sorted(TERMS, key=lambda row: row.word.casefold()),
        "kinds": KIND_WORDS,
        "files_of": lambda row: "\n".join(sorted({visible(at.artifact) for at in row.evidence})[:MOST_NAMED]),
        "question_of": {rule.id: rule.question for rule in dossier.rules},
        "evidence_of": lambda finding: located(finding.evidence, rows, finding.message),
        "named_files": named[:MOST_OFFERED],
        "advisories": advisories,
        "advisories_as_of": AS_OF,
    }


def _sections(dossier: Dossier, extra: tuple[View, ...]) -> dict[str, list[tuple[View, Any]]]:
    """The sections of the dossier by question; `others` have none."""
    rows = list(of(dossier, extra))
    found = {question: [row for row in rows if row[0].question == question] for question in QUESTIONS}
    return {**found, "others": [row for row in rows if row[0].question not in QUESTIONS]}


def _files(dossier: Dossier) -> dict[str, object]:
    """The table of files, and what is not in it."""
    rows = anchors(dossier)
    files = sorted(
        dossier.artifacts, key=lambda a: (a.standing is not Standing.UNEXAMINED, a.standing is Standing.INERT, a.path)
    )
    sizes = [(one.value, dossier.portrait.measured(f"bytes.{one.name.lower()}") or 0) for one in Standing]
    return {
        "files": files[:MOST_FILES],
        "aside": aside_line(dossier) if dossier.aside else "",
        "cut_files": max(0, len(files) - MOST_FILES),
        "anchors": rows,
        "obstacles": {obstacle.artifact: obstacle.reason for obstacle in dossier.obstacles},
        "missing": [obstacle for obstacle in dossier.obstacles if obstacle.artifact not in rows],
        "standing_bar": bar("Bytes by standing", sizes, size),
        "acting": [path for path in dossier.loading if acts(path)],
    }


def _weights(dossier: Dossier) -> dict[str, object]:
    """The parameters by type and by part, the maps of layers, and a histogram of each tensor."""
    shown = drawn(dossier.tensors)
    return {
        "dtype_bar": _share_bar("Parameters by type", dossier.portrait.dtypes),
        "role_bar": _share_bar("Parameters by part of the model", dossier.portrait.roles),
        "maps": maps(dossier.tensors, shown),
        "tensors": [(number, dossier.tensors[number], histogram(dossier.tensors[number])) for number in sorted(shown)],
        "cut_tensors": len(dossier.tensors) - len(shown),
    }


def _method(dossier: Dossier) -> dict[str, object]:
    """How it was done, and how to do it again."""
    risk = dossier.risk
    return {
        "isolation": isolation_line(dossier),
        "limits": limits_line(dossier),
        "runtime": risk.runtime if risk else "",
        "reproduce": reproduce(dossier),
    }


def _share_bar(title: str, shares: tuple[Share, ...]) -> Markup:
    return bar(title, [(share.name, share.parameters) for share in shares], parameters)


RENDER = Renderer("html", "one self-contained page, for a decision", write)
