"""Markdown (GitHub's dialect): for a job summary, a pull request or a wiki."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import BinaryIO

from assay.facts.advisory import advisories
from assay.facts.copies import Told
from assay.facts.dossier import Dossier
from assay.facts.finding import Effect, Kind, Passage
from assay.render import Renderer
from assay.render.answer import replies
from assay.render.command import reproduce
from assay.render.decision import HEADINGS, Matter
from assay.render.glyph import UNICODE
from assay.render.passage import lines, shown
from assay.render.sections import View, of
from assay.render.tally import tally
from assay.render.unknown import Unknown, count
from assay.render.verdict import said
from assay.render.visible import code, escaped, prose, visible
from assay.render.words import (
    KIND_WORDS,
    aside_line,
    by_question,
    examined_line,
    isolation_line,
    location,
    once,
    portrait_line,
    unexamined_line,
    waivers,
)

MOST_PLACES, MOST_WAIVERS = 10, 3  # of one matter


def write(dossier: Dossier, stream: BinaryIO, *, extra: tuple[View, ...] = ()) -> None:
    """Write the report as UTF-8 Markdown."""
    stream.write("".join(f"{visible(line)}\n" for line in _lines(dossier, extra)).encode("utf-8", "backslashreplace"))


def _lines(dossier: Dossier, extra: tuple[View, ...]) -> Iterator[str]:
    """The verdict, the answers, what to decide and what is not known; everything else is folded."""
    found = tally(dossier)
    yield f"# {dossier.decision.verdict}: {escaped(dossier.subject.name)}"
    yield ""
    yield f"**{escaped(said(found).headline.sentence)}**"
    yield ""
    judged = f"policy {escaped(dossier.policy.name)}; {escaped(examined_line(dossier))}"
    digest = f"; {code('sha256:' + dossier.subject.digest)}" if dossier.subject.digest else ""
    yield f"{escaped(portrait_line(dossier))}; {judged}{digest}"
    yield ""
    yield "| | question | answer |"
    yield "|---|---|---|"
    for reply in replies(found):
        yield f"| {UNICODE.marks[reply.state]} | {reply.title} | {escaped(reply.sentence)} |"
    for weight, of_weight in groupby(found.matters, key=lambda row: row.weight):
        every = list(of_weight)
        yield from ("", f"## {HEADINGS[weight]} ({len(every):,})", "")
        for row in every:
            yield from _matter(row, dossier)
    if found.unknowns:
        yield from ("", f"## Not known ({count(found.unknowns):,})", "")
        yield "| what | why | how to find out | effort |"
        yield "|---|---|---|---|"
    for cause in found.unknowns:
        yield _unknown(cause)
    yield ""
    yield from _folded("Every finding", _findings(dossier))
    for view, value in of(dossier, extra):
        yield from _folded(escaped(view.title), view.markdown(value, dossier))
    yield from _folded("Method, and how to do it again", _method(dossier))


def _folded(title: str, lines: Iterator[str]) -> Iterator[str]:
    """Lines that show when a reader opens them."""
    yield f"<details><summary>{title}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"
    yield ""


def _matter(row: Matter, dossier: Dossier) -> Iterator[str]:
    """One matter: what and what to do, and folded why, where and the waivers."""
    also = f" ({escaped(row.also(MOST_PLACES))})" if len(row.findings) > 1 else ""
    yield f"- {code(row.rule.id)}: {escaped(row.what)}{also}"
    yield f"  **{prose(row.remedies[0])}**"
    yield ""
    yield "  <details><summary>Why, where, and the waiver</summary>"
    yield ""
    yield f"  {prose(row.why)}"
    yield ""
    yield from (f"  - {code(place)}" for place in row.where[:MOST_PLACES])
    if len(row.where) > MOST_PLACES:
        yield f"  - and {len(row.where) - MOST_PLACES:,} more"
    for at, passage in shown(row.told[0].finding):
        yield from ("", f"  {code(location(at))}", "", *_block(passage))
    every = waivers(dossier, row.findings)
    for waiver in every[:MOST_WAIVERS]:
        yield from ("", "  ```toml", *(f"  {line}" for line in waiver.splitlines()), "  ```")
    if len(every) > MOST_WAIVERS:
        yield from ("", f"  For the other {len(every) - MOST_WAIVERS:,} places the same, with their file as artifact.")
    yield from ("", "  </details>", "")


def _block(passage: Passage) -> Iterator[str]:
    """Lines of a file as a block of code, whose fence is longer than any in it."""
    rows = [row.plain for row in lines(passage)]
    fence = "`" * max(3, *(len(run) + 1 for row in rows for run in re.findall("`+", row)), 3)
    yield from (f"  {fence}text", *(f"  {row}" for row in rows), f"  {fence}")


def _unknown(cause: Unknown) -> str:
    required = f" (**the policy requires {len(cause.required):,}**)" if cause.required else ""
    how = f"{prose(cause.how)}: {code(cause.command)}" if cause.command else prose(cause.how)
    what = f"{escaped(cause.what)} ({len(cause.checks):,}){required}"
    return f"| {what} | {escaped(cause.because)} | {how} | {cause.effort} |"


def _findings(dossier: Dossier) -> Iterator[str]:
    """All findings but those that do not apply, in a table for each kind."""
    told = once(dossier)
    every = [finding for findings in by_question(dossier, told).values() for finding in findings]
    for kind, title in (
        (Kind.FAIL, "Defects"),
        (Kind.REVIEW, "For a person to judge"),
        (Kind.OPEN, "Not known"),
        (Kind.INFORMATIONAL, "Worth knowing"),
        (Kind.PASS, "Examined, no defect found"),
    ):
        rows = [told[row] for row in every if row.kind is kind]
        if rows:
            yield from ("", f"### {title}", "")
            yield from _table(rows, dossier)


def _table(rows: list[Told], dossier: Dossier) -> Iterator[str]:
    yield "| check | finding | where | what to do | fingerprint |"
    yield "|---|---|---|---|---|"
    for row in rows:
        finding = row.finding
        where = "<br>".join(code(location(evidence)) for evidence in finding.evidence[:3])
        more = f"<br>and {len(finding.evidence) - 3} more" if len(finding.evidence) > 3 else ""
        effect = "" if finding.effect is Effect.NONE else f" **{finding.effect}**"
        remedy = prose(dossier.remedy(finding)) if finding.kind in (Kind.FAIL, Kind.REVIEW, Kind.OPEN) else ""
        remedy += "".join(f"<br>Known as {escaped(one.line())}" for one in advisories(finding))
        also = f"<br>{escaped(row.also(len(row.copies)))}" if row.copies else ""
        said = f"{escaped(finding.message)} | {where}{more}{also} | {remedy}"
        prints = "<br>".join(code(one.fingerprint) for one in (finding, *row.copies))
        yield f"| {code(finding.check)}{effect} | {said} | {prints} |"


def _method(dossier: Dossier) -> Iterator[str]:
    inapplicable = [code(finding.check) for finding in dossier.findings if finding.kind is Kind.NOT_APPLICABLE]
    kinds = ", ".join(KIND_WORDS[kind] for kind in (Kind.FAIL, Kind.REVIEW, Kind.OPEN))
    yield f"- files: {escaped(unexamined_line(dossier))}"
    if dossier.subject.digest:
        yield f"- subject: {code('sha256:' + dossier.subject.digest)}"
    if dossier.subject.files_sha256 and not dossier.subject.closed:
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
