"""Text for a terminal or a log: verdict, worst first, what is not known, how to reproduce."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any, BinaryIO

from assay.facts.advisory import advisories
from assay.facts.codec import canonical
from assay.facts.copies import Told
from assay.facts.dossier import QUESTIONS, Dossier, Verdict
from assay.facts.finding import Effect, Finding, Kind
from assay.render import Renderer
from assay.render.command import reproduce
from assay.render.sections import View, of
from assay.render.terminal import Paint, painter, wrapped
from assay.render.visible import finished, visible
from assay.render.words import (
    KIND_WORDS,
    SHOWN,
    accepting,
    answer,
    aside_line,
    by_question,
    counts,
    decisive,
    isolation_line,
    location,
    once,
    portrait_line,
    unexamined_line,
)

_COLOURS = {Kind.FAIL: "31", Kind.REVIEW: "33", Kind.OPEN: "36", Kind.INFORMATIONAL: "2", Kind.PASS: "32"}
_VERDICT_COLOURS = {Verdict.PASSED: "1;37;42", Verdict.FAILED: "1;37;41", Verdict.INCOMPLETE: "1;30;43"}
ALIKE = 4  # findings that say the same from which they are printed together
MOST_DECISIONS = 3  # whose waivers are printed
MOST_COPIES = 3  # of one file that are named
MOST = 40  # findings of one question that are printed; the rest is counted


def write(
    dossier: Dossier,
    stream: BinaryIO,
    *,
    extra: tuple[View, ...] = (),
    colour: bool = False,
    width: int = 100,
    verbose: bool = False,
    again: str = "",
    configured: str = "",
) -> None:
    """Write the report as UTF-8 text, `width` columns wide; with `verbose`, passes and every piece of evidence too.

    `again` is the command as it was given, where that is known: the dossier keeps no path. `configured` says which
    configuration file is in force, and for what.
    """
    for line in lines(dossier, colour, width, verbose, extra, again, configured):
        stream.write((finished(line) + "\n").encode("utf-8", "backslashreplace"))


def lines(
    dossier: Dossier,
    colour: bool,
    width: int,
    verbose: bool,
    extra: tuple[View, ...] = (),
    again: str = "",
    configured: str = "",
) -> Iterator[str]:
    """The report's lines."""
    paint, sections, told = painter(colour), list(of(dossier, extra)), once(dossier)
    yield f"{visible(dossier.subject.name)}  {visible(portrait_line(dossier))}"
    yield f"model, sha256 {dossier.subject.sha256}"
    yield f"policy {visible(dossier.policy.name)}, sha256 {dossier.policy.sha256}"
    yield ""
    verdict = dossier.decision.verdict
    yield f"{paint(f' {verdict} ', _VERDICT_COLOURS[verdict])}  {counts(told)}"
    yield from _wrapped(visible(dossier.decision.because), "   ", width)
    yield from _decisions(dossier, told, width)
    for question, findings in by_question(dossier, told).items():
        if question not in dossier.questions:
            continue
        yield ""
        yield f"{paint(question, '1')}  {answer(findings)}"
        shown = list(findings) if verbose else [finding for finding in findings if finding.kind in SHOWN]
        alike = [] if verbose else _alike(shown)
        if alike:
            yield from _together(alike, paint(f"{'open':<13}", _COLOURS[Kind.OPEN]), width)
            shown = [finding for finding in shown if finding not in alike]
        following = [] if verbose else [finding for finding in shown if finding.follows]
        shown = [finding for finding in shown if finding not in following]
        for finding in shown[: None if verbose else MOST]:
            kind = paint(f"{KIND_WORDS[finding.kind]:<13}", _COLOURS.get(finding.kind, "2"))
            yield from _finding(dossier, told[finding], kind, width, verbose)
        yield from _following(following, paint(f"{'open':<13}", _COLOURS[Kind.OPEN]), width)
        yield from _sections(dossier, [row for row in sections if row[0].question == question], width)
        if len(shown) > MOST and not verbose:
            yield f"  ... and {len(shown) - MOST:,} more, all of them in the other formats"
    others = [row for row in sections if row[0].question not in QUESTIONS]
    if others:
        yield ""
        yield from _sections(dossier, others, width)
    if verbose and dossier.loading:
        yield from _loading(dossier, paint, width)
    yield ""
    yield from _footer(dossier, width, again, configured)


def _sections(dossier: Dossier, rows: list[tuple[View, Any]], width: int) -> Iterator[str]:
    for view, value in rows:
        for row in view.text(value, dossier):
            yield from _wrapped(visible(row), "  ", width)


def _loading(dossier: Dossier, paint: Paint, width: int) -> Iterator[str]:
    yield ""
    yield f"{paint('loading', '1')}  what each loader would open and run"
    for path in dossier.loading:
        yield from _wrapped(visible(path.call) + ("" if path.optin else "  (by default)"), "  ", width)
        for step in path.steps:
            yield from _wrapped(f"{visible(step.artifact)}: {step.runs} ({visible(step.why)})", " " * 6, width)


def _alike(findings: list[Finding]) -> list[Finding]:
    """Open findings of several checks that say the same, word for word, if they are many."""
    rows = [finding for finding in findings if finding.kind is Kind.OPEN and not finding.evidence]
    most = max((Counter(finding.message for finding in rows)).items(), key=lambda row: row[1], default=("", 0))
    return [finding for finding in rows if finding.message == most[0]] if most[1] >= ALIKE else []


def _together(findings: list[Finding], kind: str, width: int) -> Iterator[str]:
    incomplete = any(row.effect not in (Effect.NONE, Effect.BLOCKS) for row in findings)
    yield f"  {kind} {len(findings)} checks{'  [leaves the audit incomplete]' if incomplete else ''}"
    yield from _wrapped(visible(findings[0].message), " " * 16, width)
    yield from _wrapped(", ".join(sorted({finding.check for finding in findings})), " " * 16, width)


def _decisions(dossier: Dossier, told: dict[Finding, Told], width: int) -> Iterator[str]:
    """What a person has to decide, each with the waiver that says so."""
    rows = [row for row in told if row.effect is Effect.DECIDES]
    for row in rows[:MOST_DECISIONS]:
        yield from _wrapped(f"decide: {visible(row.message)}", "   ", width)
        if also := told[row].also(MOST_COPIES):
            yield from _wrapped(f"{visible(also)}: a waiver for each", "      ", width)
        yield from (f"      {line}" for line in accepting(dossier, row).splitlines())
    if len(rows) > MOST_DECISIONS:
        yield f"   ... and {len(rows) - MOST_DECISIONS:,} more to decide, below"


def _following(findings: list[Finding], kind: str, width: int) -> Iterator[str]:
    """Open findings that follow from that of another check, a line for each reason."""
    for (cause, message), rows in groupby(
        sorted(findings, key=lambda row: (row.follows, row.message)), key=lambda row: (row.follows, row.message)
    ):
        checks = sorted({row.check for row in rows})
        yield f"  {kind} {len(checks)} check{'s' if len(checks) > 1 else ''}, following from {cause}"
        yield from _wrapped(visible(message), " " * 16, width)
        yield from wrapped(", ".join(checks), " " * 16, width)


def _finding(dossier: Dossier, told: Told, kind: str, width: int, verbose: bool) -> Iterator[str]:
    finding = told.finding
    effect = "" if finding.effect in (Effect.NONE, Effect.BLOCKS) else f"  [{finding.effect}]"
    yield f"  {kind} {finding.check}{effect}"
    yield from _wrapped(visible(finding.message), " " * 16, width)
    if also := told.also(len(told.copies) if verbose else MOST_COPIES):
        yield from _wrapped(visible(also), " " * 16, width)
    needed = finding.kind is Kind.OPEN and (finding.remedy or finding.effect is Effect.INCOMPLETE)
    if finding.kind in (Kind.FAIL, Kind.REVIEW) or needed:
        yield from _wrapped(f"-> {visible(dossier.remedy(finding))}", " " * 16, width)
    for advisory in advisories(finding):
        yield from _wrapped(f"known as {advisory.line()}", " " * 16, width)
    if verbose and finding.kind in (Kind.FAIL, Kind.REVIEW, Kind.OPEN):
        accept = accepting(dossier, finding).replace("\n", "; ")
        yield from _wrapped(f"accept it with  {accept}", " " * 16, width)
    for evidence in finding.evidence if verbose else ():
        seen = f": {visible(evidence.seen)}" if evidence.seen else ""
        yield from _wrapped(f"at {visible(location(evidence))}{seen}", " " * 18, width)


def _footer(dossier: Dossier, width: int, again: str, configured: str) -> Iterator[str]:
    yield f"files         {unexamined_line(dossier)}"
    notes = [f"not examined: {visible(row.artifact)} ({visible(row.reason)})" for row in dossier.obstacles[:10]]
    if dossier.excluded:
        outside = ", ".join(map(visible, dossier.excluded))
        notes.append(f"outside the manifest, as OpenSSF model signing has it: {outside}")
    if dossier.aside:
        notes.append(f"not read: {aside_line(dossier)}")
    notes += [
        f"waiver {visible(row.check)} by {visible(row.owner)} until {row.expires}: {row.state} ({visible(row.reason)})"
        for row in dossier.waivers
    ]
    if dossier.baseline:
        notes.append(f"known findings do not block: those of the baseline with sha256 {dossier.baseline}")
    if dossier.left_out:
        notes.append(f"left out by request: {', '.join(dossier.left_out)}")
    notes += [f"not in this dossier: {visible(row)}" for row in dossier.lacks]
    for note in notes:
        yield from _wrapped(note, " " * 14, width)
    if configured:
        yield f"configured    by {visible(configured)}"
    yield f"isolation     {isolation_line(dossier)}"
    yield f"kernels       {dossier.kernels}"
    if dossier.subject.files_sha256:
        yield f"names         sha256 {dossier.subject.files_sha256} over every file with its name"
    yield f"dossier       sha256 {hashlib.sha256(canonical(dossier)).hexdigest()}"
    yield f"again         {again or reproduce(dossier)}"
    if first := decisive(dossier):
        yield f"explain       assay explain {first.check}"


def _wrapped(text: str, indent: str, width: int) -> list[str]:
    return wrapped(text, indent, width, hyphens=True)


RENDER = Renderer("text", "for people, in a terminal or a log", write)
