"""Markdown (GitHub's dialect): for a job summary, a pull request or a wiki."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from assay.facts.dossier import QUESTIONS, Dossier
from assay.facts.finding import Effect, Finding, Kind
from assay.facts.openness import BY_ID
from assay.render import Renderer
from assay.render.record.openness import licence_words, summary
from assay.render.sections.risk import CAUTION
from assay.render.sections.risk import summary as risk_card
from assay.render.visible import visible
from assay.render.words import (
    KIND_WORDS,
    answer,
    by_question,
    counts,
    isolation_line,
    place,
    portrait_line,
    reproduce,
    unexamined_line,
)

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~@:&$^=])")


def escaped(text: str) -> str:
    """`text` so that Markdown shows it as it is: no links, no mentions, no HTML, no table cells of its own."""
    return (
        _SPECIAL.sub(r"\\\1", visible(text))
        .replace("\\<", "&lt;")
        .replace("\\>", "&gt;")
        .replace("\\@", "&#64;")
        .replace("\\&", "&amp;")
        .replace("\\:", "&#58;")
    )


def code(text: str) -> str:
    """`text` as a code span; the fence is longer than any run of backticks in it. Bars are escaped for tables."""
    shown = visible(text).replace("|", "\\|")
    ticks = max((len(run) for run in re.findall(r"`+", shown)), default=0) + 1
    pad = " " if ticks > 1 else ""
    return f"{'`' * ticks}{pad}{shown}{pad}{'`' * ticks}" if shown else ""


def write(dossier: Dossier, stream: BinaryIO) -> None:
    """Write the report as UTF-8 Markdown."""
    stream.write(("\n".join(_lines(dossier)) + "\n").encode("utf-8", "backslashreplace"))


def _lines(dossier: Dossier) -> Iterator[str]:
    yield f"# {dossier.decision.verdict}: {escaped(dossier.subject.name)}"
    yield ""
    yield f"{escaped(dossier.decision.because)}\\."
    yield ""
    yield f"{escaped(portrait_line(dossier))}. {counts(dossier.findings)}."
    yield ""
    yield "| question | answer | findings |"
    yield "|---|---|---|"
    grouped = by_question(dossier)
    for question, title in QUESTIONS.items():
        yield f"| **{question}** {title} | {answer(grouped[question])} | {counts(grouped[question])} |"
    for kind, title in (
        (Kind.FAIL, "Defects"),
        (Kind.REVIEW, "For a person to decide"),
        (Kind.OPEN, "Not known"),
        (Kind.INFORMATIONAL, "Worth knowing"),
        (Kind.PASS, "Examined, no defect found"),
    ):
        rows = [finding for findings in grouped.values() for finding in findings if finding.kind is kind]
        if rows:
            yield ""
            yield f"## {title}"
            yield ""
            yield from _table(rows, dossier)
    if dossier.risk is not None:
        yield ""
        yield "## What running it showed"
        yield ""
        yield from (f"- {escaped(row)}" for row in risk_card(dossier.risk))
        yield f"- {escaped(CAUTION)}"
    yield ""
    yield from _openness(dossier)
    yield ""
    yield from _method(dossier)


def _openness(dossier: Dossier) -> Iterator[str]:
    yield "## How open it is, by its files"
    yield ""
    for row in summary(dossier.openness):
        yield f"- {escaped(row)}"
    for lens in dossier.openness.lenses:
        yield f"- {escaped(lens.title)}: {escaped(lens.outcome)}"
    yield ""
    yield "| component | support | why | where | licence |"
    yield "|---|---|---|---|---|"
    for component in dossier.openness.components:
        where = code(place(component.evidence[0])) if component.evidence else ""
        yield f"| {BY_ID[component.id].title} | {component.support} | {escaped(component.because)} | {where} | {escaped(licence_words(component))} |"


def _table(findings: list[Finding], dossier: Dossier) -> Iterator[str]:
    yield "| check | finding | where | what to do | fingerprint |"
    yield "|---|---|---|---|---|"
    for finding in findings:
        places = "<br>".join(code(place(evidence)) for evidence in finding.evidence[:3]) + (
            f"<br>and {len(finding.evidence) - 3} more" if len(finding.evidence) > 3 else ""
        )
        effect = "" if finding.effect is Effect.NONE else f" **{finding.effect}**"
        remedy = escaped(dossier.remedy(finding)) if finding.kind in (Kind.FAIL, Kind.REVIEW, Kind.OPEN) else ""
        yield f"| {code(finding.check)}{effect} | {escaped(finding.message)} | {places} | {remedy} | {code(finding.fingerprint)} |"


def _method(dossier: Dossier) -> Iterator[str]:
    yield "## Method"
    yield ""
    yield f"- files: {escaped(unexamined_line(dossier))}"
    yield f"- subject: {code('sha256:' + dossier.subject.sha256)}"
    yield f"- policy: {escaped(dossier.policy.name)} {code('sha256:' + dossier.policy.sha256)}"
    yield f"- isolation: {isolation_line(dossier)}"
    yield f"- not applicable: {', '.join(code(f.check) for f in dossier.findings if f.kind is Kind.NOT_APPLICABLE) or 'none'}"
    if dossier.left_out:
        yield f"- left out by request: {', '.join(map(code, dossier.left_out))}"
    for waiver in dossier.waivers:
        yield f"- waiver: {code(waiver.check)} by {escaped(waiver.owner)} until {waiver.expires}, {waiver.state}: {escaped(waiver.reason)}"
    yield f"- again: {code(reproduce(dossier))}, assay {dossier.assay} ({', '.join(KIND_WORDS[k] for k in (Kind.FAIL, Kind.REVIEW, Kind.OPEN))} are SARIF kinds)"


RENDER = Renderer("markdown", "for a job summary, a pull request or a wiki", write)
