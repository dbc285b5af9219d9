"""HTML: one self-contained page for a decision. No network, no script needed, light and dark, prints, by keyboard.

All text from files goes through Jinja's autoescaping after control characters were made visible. A content security
policy allows exactly this page's own style and script, by hash; the dossier is embedded as data.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from assay.facts.artifact import Standing
from assay.facts.codec import canonical, encode
from assay.facts.dossier import QUESTIONS, Dossier, Share
from assay.facts.finding import Effect, Evidence, Finding, Kind
from assay.facts.openness import BY_ID, CLASSES, Answered, Support
from assay.facts.values import TensorSummary
from assay.render import Renderer
from assay.render.assets import asset
from assay.render.map import drawn, histogram, layer_map
from assay.render.record.openness import compute_words, licence_words, summary, summed
from assay.render.sections import risk as _risk_card
from assay.render.svg import bar
from assay.render.visible import visible
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
    parameters,
    place,
    portrait_line,
    quoted,
    reproduce,
    size,
)  # fmt: skip

MOST_FILES = 1000  # rows of the artifact table; unexamined files come first, so what is cut is the ordinary
MOST_EMBEDDED = 4 * 1024 * 1024  # bytes of JSON that the page carries


@dataclass(frozen=True, slots=True)
class _Place:
    """One piece of evidence as the page shows it: where, a link to the file's row, the bytes, the command.

    `told` is True where the finding's message already holds what was seen.
    """

    where: str
    anchor: str
    seen: str
    told: bool
    dump: str
    command: str


def write(dossier: Dossier, stream: BinaryIO) -> None:
    """Write the page as UTF-8."""
    stream.write(_page(dossier).encode("utf-8", "xmlcharrefreplace"))


def _page(dossier: Dossier) -> str:
    style, script = asset("report.css"), asset("report.js")
    grouped = by_question(dossier)
    anchors = {artifact.path: f"file-{number}" for number, artifact in enumerate(dossier.artifacts, 1)}
    files = sorted(
        dossier.artifacts, key=lambda a: (a.standing is not Standing.UNEXAMINED, a.standing is Standing.INERT, a.path)
    )
    return _template().render(
        dossier=dossier,
        digest=hashlib.sha256(canonical(dossier)).hexdigest(),
        policy_header=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; base-uri 'none'; form-action 'none'",
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        verdict_words=VERDICT_WORDS[dossier.decision.verdict],
        portrait=portrait_line(dossier),
        counts=counts(dossier.findings),
        questions=[
            (question, title, answer(grouped[question]), counts(grouped[question]), grouped[question])
            for question, title in QUESTIONS.items()
        ],
        deciding=deciding(dossier),
        unknown=[finding for findings in grouped.values() for finding in findings if finding.kind is Kind.OPEN],
        shown=SHOWN,
        kinds=KIND_WORDS,
        effects=Effect,
        places=lambda finding: _places(finding, anchors),
        files=files[:MOST_FILES],
        cut_files=max(0, len(files) - MOST_FILES),
        anchors=anchors,
        obstacles={obstacle.artifact: obstacle.reason for obstacle in dossier.obstacles},
        missing=[obstacle for obstacle in dossier.obstacles if obstacle.artifact not in anchors],
        standing_bar=bar(
            "Bytes by standing",
            [
                (standing.value, dossier.portrait.measured(f"bytes.{standing.name.lower()}") or 0)
                for standing in Standing
            ],
            size,
        ),
        dtype_bar=_share_bar("Parameters by type", dossier.portrait.dtypes),
        role_bar=_share_bar("Parameters by part of the model", dossier.portrait.roles),
        tensors=_tensors(dossier),
        waivers=_waivers(dossier),
        acting=[path for path in dossier.loading if acts(path)],
        maps=_maps(dossier),
        changes=_changes(dossier),
        spots=lambda evidence: [_place(row, anchors.get(row.artifact, ""), "") for row in evidence],
        **_openness(dossier),
        **_risk(dossier),
        isolation=isolation_line(dossier),
        reproduce=reproduce(dossier),
        embedded=_embedded(dossier),
    )


def _openness(dossier: Dossier) -> dict[str, object]:
    """What the section on openness is written with."""
    return {
        "open_summary": summary(dossier.openness),
        "classes": CLASSES,
        "components": BY_ID,
        "summed": summed,
        "licence_words": licence_words,
        "compute_words": compute_words,
        "supports": {
            Support.VERIFIED: "pass", Support.ASSERTED: "pass", Support.CLAIMED: "review", Support.DENIED: "fail", Support.ABSENT: "informational",
        },
        "answers": {
            Answered.MET: "pass", Answered.OPEN: "pass", Answered.FILLED: "pass", Answered.NOT_MET: "fail", Answered.CLOSED: "fail", Answered.PARTIAL: "review",
            Answered.HUMAN: "review", Answered.UNKNOWN: "open", Answered.NOT_APPLICABLE: "informational",
        },
    }  # fmt: skip


def _risk(dossier: Dossier) -> dict[str, object]:
    """What the section on running the model is written with."""
    if dossier.risk is None:
        return {}
    return {
        "risk_summary": list(_risk_card.summary(dossier.risk)),
        "coverage": _risk_card.coverage_curve(dossier.risk),
        "reliability": _risk_card.reliability(dossier.risk),
        "promised": _risk_card.promised,
        "caution": _risk_card.CAUTION,
    }


def _maps(dossier: Dossier) -> list[Markup]:
    rows = dossier.tensors
    shown, main = drawn(rows), _first_copy(rows)
    scale = layer_map("Scale (standard deviation)", rows, lambda row: row.deviation if _copy(row) == main else None,
                      lambda v: f"{v:.3g}", relative=True, drawn=shown)  # fmt: skip
    tails = layer_map("Tails (kurtosis)", rows, lambda row: row.kurtosis if _copy(row) == main else None,
                      lambda v: f"{v:.3g}", relative=True, drawn=shown)  # fmt: skip
    return [picture for picture in (scale, tails) if picture]


def _copy(row: TensorSummary) -> tuple[str, str]:
    """Which copy of the model a tensor is of: the folder and the kind of file."""
    folder, _, name = row.artifact.rpartition("/")
    return folder, name.rpartition(".")[2]


def _first_copy(rows: tuple[TensorSummary, ...]) -> tuple[str, str] | None:
    """The copy with most tensors: a map of two would show each layer twice."""
    copies = Counter(map(_copy, rows))
    return max(copies, key=lambda copy: (copies[copy], copy), default=None)


def _changes(dossier: Dossier) -> Markup:
    """The map of changes against the base, if there was one to compare with."""
    if dossier.comparison is None:
        return Markup("")
    return layer_map("Change against the base (relative norm)", dossier.comparison.differences, lambda row: row.relative,
                     lambda v: f"{v:.4f}", relative=False)  # fmt: skip


def _tensors(dossier: Dossier) -> list[tuple[int, TensorSummary, Markup]]:
    """The tensors that have a histogram, with their number on the page."""
    return [
        (number, dossier.tensors[number], histogram(dossier.tensors[number]))
        for number in sorted(drawn(dossier.tensors))
    ]


def _share_bar(title: str, shares: tuple[Share, ...]) -> Markup:
    return bar(title, [(share.name, share.parameters) for share in shares[:8]], parameters)


def _places(finding: Finding, anchors: dict[str, str]) -> list[_Place]:
    return [_place(evidence, anchors.get(evidence.artifact, ""), finding.message) for evidence in finding.evidence]


def _place(evidence: Evidence, anchor: str, message: str) -> _Place:
    dump = command = ""
    if evidence.excerpt and evidence.start is not None:
        raw = bytes.fromhex(evidence.excerpt)
        dump = f"{raw.hex(' ')}  {''.join(chr(byte) if 32 <= byte < 127 else '.' for byte in raw)}"
        length = (
            min(256, (evidence.stop or 0) - evidence.start) if (evidence.stop or 0) > evidence.start + 1 else len(raw)
        )
        command = f"xxd -s {evidence.start} -l {length} {quoted(evidence.artifact)}"
    name = f"{evidence.name} " if evidence.name and evidence.name not in evidence.seen else ""
    seen = f"{name}{evidence.seen}".strip()
    return _Place(place(evidence), anchor, seen, seen in message, dump, command)


def _waivers(dossier: Dossier) -> dict[str, list[str]]:
    """For each check that found something, the waivers that would accept it, three at most."""
    found: dict[str, list[str]] = {}
    for finding in dossier.findings:
        if finding.kind in (Kind.FAIL, Kind.REVIEW, Kind.OPEN):
            rows = found.setdefault(finding.check, [])
            if (text := accepting(dossier, finding)) not in rows and len(rows) < 3:
                rows.append(text)
    return found


def _embedded(dossier: Dossier) -> Markup:
    """The dossier as JSON that cannot end the script element it stands in."""
    text = json.dumps(encode(dossier), sort_keys=True, separators=(",", ":"))
    if len(text) > MOST_EMBEDDED:
        return Markup("null")
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704 - escaped for where it stands


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(
        visible=visible, size=size, parameters=parameters, block=lambda text: visible(text, keep="\n")
    )
    return environment.from_string(asset("report.html.j2"))


RENDER = Renderer("html", "one self-contained page, for a decision", write)
