"""Text for a terminal or a log: verdict, worst first, what is not known, how to reproduce."""

from __future__ import annotations

import hashlib
import os
import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from assay.facts.codec import canonical
from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Effect, Finding, Kind
from assay.render import Renderer
from assay.render.record.openness import summary
from assay.render.sections.risk import summary as risk_card
from assay.render.visible import visible
from assay.render.words import (
    KIND_WORDS,
    SHOWN,
    accepting,
    answer,
    by_question,
    counts,
    isolation_line,
    place,
    portrait_line,
    reproduce,
    unexamined_line,
)

_COLOURS = {Kind.FAIL: "31", Kind.REVIEW: "33", Kind.OPEN: "36", Kind.INFORMATIONAL: "2", Kind.PASS: "32"}
_VERDICT_COLOURS = {Verdict.PASSED: "1;37;42", Verdict.FAILED: "1;37;41", Verdict.INCOMPLETE: "1;30;43"}
ALIKE = 4  # findings that say the same from which they are printed together
MOST = 40  # findings of one question that are printed; the rest is counted


def write(dossier: Dossier, stream: BinaryIO, colour: bool = False, width: int = 100, verbose: bool = False) -> None:
    """Write the report as UTF-8 text, `width` columns wide; with `verbose`, passes and every piece of evidence too."""
    for line in lines(dossier, colour, width, verbose):
        stream.write((line + "\n").encode("utf-8", "backslashreplace"))


def lines(dossier: Dossier, colour: bool, width: int, verbose: bool) -> Iterator[str]:
    """The report's lines."""

    def paint(text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if colour and code else text

    yield f"{visible(dossier.subject.name)}  {visible(portrait_line(dossier))}"
    yield f"policy {visible(dossier.policy.name)}   sha256 {dossier.subject.sha256}"
    yield ""
    verdict = dossier.decision.verdict
    yield f"{paint(f' {verdict} ', _VERDICT_COLOURS[verdict])}  {counts(dossier.findings)}"
    yield from _wrapped(visible(dossier.decision.because), "   ", width)
    for question, findings in by_question(dossier).items():
        yield ""
        yield f"{paint(question, '1')}  {answer(findings)}"
        shown = [finding for finding in findings if verbose or finding.kind in SHOWN]
        alike = [] if verbose else _alike(shown)
        if alike:
            yield from _together(alike, paint(f"{'open':<13}", _COLOURS[Kind.OPEN]), width)
            shown = [finding for finding in shown if finding not in alike]
        for finding in shown[: None if verbose else MOST]:
            kind = paint(f"{KIND_WORDS[finding.kind]:<13}", _COLOURS.get(finding.kind, "2"))
            accept = accepting(dossier, finding) if verbose else ""
            yield from _finding(finding, kind, dossier.remedy(finding), accept, width, verbose)
        if question == "hallucination" and dossier.risk is not None:
            for row in risk_card(dossier.risk):
                yield from _wrapped(visible(row), "  ", width)
        if question == "openness":
            for row in summary(dossier.openness):
                yield from _wrapped(visible(row), "  ", width)
        if len(shown) > MOST and not verbose:
            yield f"  ... and {len(shown) - MOST:,} more, all of them in the other formats"
    if verbose and dossier.loading:
        yield ""
        yield f"{paint('loading', '1')}  what each loader would open and run"
        for path in dossier.loading:
            yield from _wrapped(visible(path.call) + ("" if path.optin else "  (by default)"), "  ", width)
            for step in path.steps:
                yield from _wrapped(f"{visible(step.artifact)}: {step.runs} ({visible(step.why)})", " " * 6, width)
    yield ""
    yield from _footer(dossier, width)


def _alike(findings: list[Finding]) -> list[Finding]:
    """Open findings of several checks that say the same, word for word, if they are many."""
    rows = [finding for finding in findings if finding.kind is Kind.OPEN and not finding.evidence]
    most = max((Counter(finding.message for finding in rows)).items(), key=lambda row: row[1], default=("", 0))
    return [finding for finding in rows if finding.message == most[0]] if most[1] >= ALIKE else []


def _together(findings: list[Finding], kind: str, width: int) -> Iterator[str]:
    blocking = "  [leaves the audit incomplete]" if any(row.effect not in (Effect.NONE, Effect.BLOCKS) for row in findings) else ""  # fmt: skip
    yield f"  {kind} {len(findings)} checks{blocking}"
    yield from _wrapped(visible(findings[0].message), " " * 16, width)
    yield from _wrapped(", ".join(sorted({finding.check for finding in findings})), " " * 16, width)


def _finding(finding: Finding, kind: str, remedy: str, accept: str, width: int, verbose: bool) -> Iterator[str]:
    effect = "" if finding.effect in (Effect.NONE, Effect.BLOCKS) else f"  [{finding.effect}]"
    yield f"  {kind} {finding.check}{effect}"
    yield from _wrapped(visible(finding.message), " " * 16, width)
    if finding.kind in (Kind.FAIL, Kind.REVIEW):
        yield from _wrapped(f"-> {visible(remedy)}", " " * 16, width)
    if verbose and finding.kind in (Kind.FAIL, Kind.REVIEW, Kind.OPEN):
        yield from _wrapped(f"accept it with  {accept.replace(chr(10), '; ')}", " " * 16, width)
    for evidence in finding.evidence[: None if verbose else 0]:
        yield from _wrapped(
            f"at {visible(place(evidence))}{f': {visible(evidence.seen)}' if evidence.seen else ''}", " " * 18, width
        )


def _footer(dossier: Dossier, width: int) -> Iterator[str]:
    yield f"files         {unexamined_line(dossier)}"
    for obstacle in dossier.obstacles[:10]:
        yield from _wrapped(f"not examined: {visible(obstacle.artifact)} ({visible(obstacle.reason)})", " " * 14, width)
    if dossier.excluded:
        yield from _wrapped(
            f"outside the manifest, as OpenSSF model signing has it: {', '.join(map(visible, dossier.excluded))}",
            " " * 14,
            width,
        )
    for waiver in dossier.waivers:
        yield from _wrapped(
            f"waiver {visible(waiver.check)} by {visible(waiver.owner)} until {waiver.expires}: {waiver.state} ({visible(waiver.reason)})",
            " " * 14,
            width,
        )
    if dossier.left_out:
        yield from _wrapped(f"left out by request: {', '.join(dossier.left_out)}", " " * 14, width)
    yield f"isolation     {isolation_line(dossier)}"
    yield f"kernels       {dossier.kernels}"
    yield f"dossier       sha256 {hashlib.sha256(canonical(dossier)).hexdigest()}"
    yield f"again         {reproduce(dossier)}"
    first = next(
        (finding.check for finding in dossier.findings if finding.kind in (Kind.FAIL, Kind.REVIEW)), "token.forgeable"
    )
    yield f"explain       assay explain {first}"


def _wrapped(text: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, max(40, width), initial_indent=indent, subsequent_indent=indent, break_long_words=True
    ) or [indent.rstrip()]


def terminal_width() -> int:
    """The columns of the terminal, within what reads well."""
    try:
        return min(120, max(60, os.get_terminal_size().columns))
    except OSError:
        return 100


RENDER = Renderer("text", "for people, in a terminal or a log", write)
