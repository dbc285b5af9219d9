"""Markdown (GitHub's dialect): for a job summary, a pull request or a wiki."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from assay.facts.advisory import advisories
from assay.facts.copies import Told
from assay.facts.dossier import QUESTIONS, Dossier
from assay.facts.finding import Effect, Kind
from assay.render import Renderer
from assay.render.command import reproduce
from assay.render.sections import View, of
from assay.render.visible import code, escaped, visible
from assay.render.words import (
    KIND_WORDS,
    answer,
    aside_line,
    by_question,
    counts,
    isolation_line,
    location,
    once,
    portrait_line,
    unexamined_line,
)


def write(dossier: Dossier, stream: BinaryIO, *, extra: tuple[View, ...] = ()) -> None:
    """Write the report as UTF-8 Markdown."""
    stream.write("".join(f"{visible(line)}\n" for line in _lines(dossier, extra)).encode("utf-8", "backslashreplace"))


def _lines(dossier: Dossier, extra: tuple[View, ...]) -> Iterator[str]:
    told = once(dossier)
    yield f"# {dossier.decision.verdict}: {escaped(dossier.subject.name)}"
    yield ""
    yield f"{escaped(dossier.decision.because)}\\."
    yield ""
    yield f"{escaped(portrait_line(dossier))}. {counts(told)}."
    yield ""
    yield "| question | answer | findings |"
    yield "|---|---|---|"
    grouped = by_question(dossier, told)
    for question, title in QUESTIONS.items():
        if question not in dossier.questions:
            continue
        yield f"| **{question}** {title} | {answer(grouped[question])} | {counts(grouped[question])} |"
    every = [finding for findings in grouped.values() for finding in findings]
    for kind, decides, title in (
        (Kind.FAIL, False, "Defects"),
        (Kind.REVIEW, True, "For a person to decide"),
        (Kind.REVIEW, False, "To consider"),
        (Kind.OPEN, False, "Not known"),
        (Kind.INFORMATIONAL, False, "Worth knowing"),
        (Kind.PASS, False, "Examined, no defect found"),
    ):
        rows = [row for row in every if row.kind is kind and (row.effect is Effect.DECIDES) is decides]
        if rows:
            yield ""
            yield f"## {title}"
            yield ""
            yield from _table([told[row] for row in rows], dossier)
    for view, value in of(dossier, extra):
        yield ""
        yield f"## {escaped(view.title)}"
        yield ""
        yield from view.markdown(value, dossier)
    yield ""
    yield from _method(dossier)


def _table(rows: list[Told], dossier: Dossier) -> Iterator[str]:
    yield "| check | finding | where | what to do | fingerprint |"
    yield "|---|---|---|---|---|"
    for row in rows:
        finding = row.finding
        where = "<br>".join(code(location(evidence)) for evidence in finding.evidence[:3])
        more = f"<br>and {len(finding.evidence) - 3} more" if len(finding.evidence) > 3 else ""
        effect = "" if finding.effect is Effect.NONE else f" **{finding.effect}**"
        remedy = escaped(dossier.remedy(finding)) if finding.kind in (Kind.FAIL, Kind.REVIEW, Kind.OPEN) else ""
        remedy += "".join(f"<br>Known as {escaped(one.line())}" for one in advisories(finding))
        also = f"<br>{escaped(row.also(len(row.copies)))}" if row.copies else ""
        said = f"{escaped(finding.message)} | {where}{more}{also} | {remedy}"
        prints = "<br>".join(code(one.fingerprint) for one in (finding, *row.copies))
        yield f"| {code(finding.check)}{effect} | {said} | {prints} |"


def _method(dossier: Dossier) -> Iterator[str]:
    inapplicable = [code(finding.check) for finding in dossier.findings if finding.kind is Kind.NOT_APPLICABLE]
    kinds = ", ".join(KIND_WORDS[kind] for kind in (Kind.FAIL, Kind.REVIEW, Kind.OPEN))
    yield "## Method"
    yield ""
    yield f"- files: {escaped(unexamined_line(dossier))}"
    yield f"- subject: {code('sha256:' + dossier.subject.sha256)}"
    if dossier.subject.files_sha256:
        yield f"- files and names: {code('sha256:' + dossier.subject.files_sha256)}"
    if dossier.aside:
        yield f"- not read: {escaped(aside_line(dossier))}"
    yield f"- taken for: {dossier.nature.kind} ({escaped(dossier.nature.why)})"
    yield f"- policy: {escaped(dossier.policy.name)} {code('sha256:' + dossier.policy.sha256)}"
    yield f"- isolation: {escaped(isolation_line(dossier))}"
    yield f"- not applicable: {', '.join(inapplicable) or 'none'}"
    if dossier.left_out:
        yield f"- left out by request: {', '.join(map(code, dossier.left_out))}"
    yield from (f"- not in this dossier: {escaped(row)}" for row in dossier.lacks)
    for waiver in dossier.waivers:
        accepted = f"{code(waiver.check)} by {escaped(waiver.owner)} until {waiver.expires}, {waiver.state}"
        yield f"- waiver: {accepted}: {escaped(waiver.reason)}"
    yield f"- again: {code(reproduce(dossier))}, assay {escaped(dossier.assay)} ({kinds} are SARIF kinds)"


RENDER = Renderer("markdown", "for a job summary, a pull request or a wiki", write)
