"""HTML: one self-contained page for a decision. No network, no script needed, light and dark, prints, by keyboard."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from typing import BinaryIO

from markupsafe import Markup

from assay.facts.advisory import AS_OF, advisories
from assay.facts.artifact import Standing
from assay.facts.codec import canonical
from assay.facts.copies import Told
from assay.facts.dossier import QUESTIONS, Dossier, Share
from assay.facts.finding import Effect, Finding, Kind
from assay.facts.values import TensorSummary
from assay.render import Renderer
from assay.render.command import reproduce
from assay.render.evidence import anchors, located
from assay.render.map import drawn, histogram, layer_map
from assay.render.page import page
from assay.render.sections import View, of
from assay.render.svg import bar
from assay.render.words import (
    KIND_WORDS,
    SHOWN,
    VERDICT_WORDS,
    accepting,
    acts,
    answer,
    by_question,
    counts,
    deciding,
    isolation_line,
    once,
    parameters,
    portrait_line,
    size,
)

MOST_FILES = 1000  # rows of the artifact table; unexamined files come first, so what is cut is the ordinary
MOST_EMBEDDED = 4 * 1024 * 1024  # characters of JSON that the page carries


def write(dossier: Dossier, stream: BinaryIO, *, extra: tuple[View, ...] = ()) -> None:
    """Write the page as UTF-8."""
    told = once(dossier)
    stream.write(
        page(
            "report.html.j2",
            dossier,
            "dossier",
            styles=("report.css",),
            script="report.js",
            most=MOST_EMBEDDED,
            dossier=dossier,
            sections=list(of(dossier, extra)),
            **_verdict(dossier, told),
            **_findings(dossier, told),
            **_files(dossier),
            **_weights(dossier),
            **_method(dossier),
        )
    )


def _verdict(dossier: Dossier, told: dict[Finding, Told]) -> dict[str, object]:
    """What the page begins with."""
    decided = [row for row in deciding(dossier) if row in told]
    return {
        "verdict_words": VERDICT_WORDS[dossier.decision.verdict],
        "portrait": portrait_line(dossier),
        "counts": counts(told),
        "deciding": decided,
        "decisions": [(row, accepting(dossier, row)) for row in decided if row.effect is Effect.DECIDES][:10],
    }


def _findings(dossier: Dossier, told: dict[Finding, Told]) -> dict[str, object]:
    """The answers by question, what is not known, what loading would run, and how each finding is accepted."""
    grouped, rows = by_question(dossier, told), anchors(dossier)
    return {
        "questions": [
            (question, title, answer(grouped[question]), counts(grouped[question]), grouped[question])
            for question, title in QUESTIONS.items()
            if question in dossier.questions
        ],
        "unknown": [row for rows in grouped.values() for row in rows if row.kind is Kind.OPEN and not row.follows],
        "shown": SHOWN,
        "kinds": KIND_WORDS,
        "copies_of": lambda finding: told[finding].copies,
        "evidence_of": lambda finding: located(finding.evidence, rows, finding.message),
        "acting": [path for path in dossier.loading if acts(path)],
        "waivers": _waivers(dossier),
        "advisories": advisories,
        "advisories_as_of": AS_OF,
    }


def _files(dossier: Dossier) -> dict[str, object]:
    """The table of files, and what is not in it."""
    rows = anchors(dossier)
    files = sorted(
        dossier.artifacts, key=lambda a: (a.standing is not Standing.UNEXAMINED, a.standing is Standing.INERT, a.path)
    )
    sizes = [(one.value, dossier.portrait.measured(f"bytes.{one.name.lower()}") or 0) for one in Standing]
    return {
        "files": files[:MOST_FILES],
        "cut_files": max(0, len(files) - MOST_FILES),
        "anchors": rows,
        "obstacles": {obstacle.artifact: obstacle.reason for obstacle in dossier.obstacles},
        "missing": [obstacle for obstacle in dossier.obstacles if obstacle.artifact not in rows],
        "standing_bar": bar("Bytes by standing", sizes, size),
    }


def _weights(dossier: Dossier) -> dict[str, object]:
    """The parameters by type and by part, the maps of layers, and a histogram of each tensor."""
    return {
        "dtype_bar": _share_bar("Parameters by type", dossier.portrait.dtypes),
        "role_bar": _share_bar("Parameters by part of the model", dossier.portrait.roles),
        "maps": _maps(dossier.tensors),
        "tensors": [
            (number, dossier.tensors[number], histogram(dossier.tensors[number]))
            for number in sorted(drawn(dossier.tensors))
        ],
    }


def _method(dossier: Dossier) -> dict[str, object]:
    """How it was done, and how to do it again."""
    risk = dossier.risk
    return {
        "digest": hashlib.sha256(canonical(dossier)).hexdigest(),
        "isolation": isolation_line(dossier),
        "runtime": risk.runtime if risk else "",
        "reproduce": reproduce(dossier),
    }


def _maps(rows: tuple[TensorSummary, ...]) -> list[Markup]:
    """Scale and tails of each tensor, layer by layer, of one copy of the model."""
    shown, main = drawn(rows), _first_copy(rows)

    def picture(title: str, value: Callable[[TensorSummary], float | None]) -> Markup:
        def of_main(row: TensorSummary) -> float | None:
            return value(row) if _copy(row) == main else None

        return layer_map(title, rows, of_main, lambda number: f"{number:.3g}", relative=True, drawn=shown)

    pictures = (
        picture("Scale (standard deviation)", lambda row: row.deviation),
        picture("Tails (kurtosis)", lambda row: row.kurtosis),
    )
    return [one for one in pictures if one]


def _copy(row: TensorSummary) -> tuple[str, str]:
    """Which copy of the model a tensor is of: the folder and the kind of file."""
    folder, _, name = row.artifact.rpartition("/")
    return folder, name.rpartition(".")[2]


def _first_copy(rows: tuple[TensorSummary, ...]) -> tuple[str, str] | None:
    """The copy with most tensors: a map of two would show each layer twice."""
    copies = Counter(map(_copy, rows))
    return max(copies, key=lambda copy: (copies[copy], copy), default=None)


def _share_bar(title: str, shares: tuple[Share, ...]) -> Markup:
    return bar(title, [(share.name, share.parameters) for share in shares[:8]], parameters)


def _waivers(dossier: Dossier) -> dict[str, list[str]]:
    """For each check that found something, the waivers that would accept it, three at most."""
    found: dict[str, list[str]] = {}
    for finding in dossier.findings:
        if finding.kind in (Kind.FAIL, Kind.REVIEW, Kind.OPEN):
            rows = found.setdefault(finding.check, [])
            if (text := accepting(dossier, finding)) not in rows and len(rows) < 3:
                rows.append(text)
    return found


RENDER = Renderer("html", "one self-contained page, for a decision", write)
