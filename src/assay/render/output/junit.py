"""JUnit XML: one test case for each finding, so that any CI shows it (the Jenkins xunit schema)."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape  # xml.sax.saxutils would import sockets
from typing import BinaryIO

from assay.facts.dossier import Dossier
from assay.facts.finding import DECIDING, Effect, Finding, Kind
from assay.render import Renderer
from assay.render.sections import View, of
from assay.render.visible import visible
from assay.render.words import by_question, location

MOST_PLACES = 20  # of a finding


def quoteattr(text: str) -> str:
    """`text` as a quoted XML attribute value."""
    return f'"{escape(text)}"'


def write(dossier: Dossier, stream: BinaryIO, *, extra: tuple[View, ...] = ()) -> None:
    """Write UTF-8 XML with a suite for each question, whose output is the sections of that question.

    What blocks is a failure, what leaves the audit incomplete an error; the rest passes or is skipped.
    """
    grouped, sections = by_question(dossier), list(of(dossier, extra))
    every = [finding for findings in grouped.values() for finding in findings]
    rows = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<testsuites name={quoteattr('assay ' + visible(dossier.subject.name))} {_totals(every)}>",
    ]
    for question, findings in grouped.items():
        said = [row for view, value in sections if view.question == question for row in view.text(value, dossier)]
        rows += _suite(question, findings, said)
    others = [row for view, value in sections if view.question not in grouped for row in view.text(value, dossier)]
    others += [f"not in this dossier: {row}" for row in dossier.lacks]
    if others:
        rows += _suite("sections", (), others)
    rows.append("</testsuites>")
    stream.write(visible("\n".join(rows) + "\n", keep="\n").encode("utf-8", "xmlcharrefreplace"))


def _suite(name: str, findings: tuple[Finding, ...], said: list[str]) -> Iterator[str]:
    yield f"  <testsuite name={quoteattr(name)} {_totals(list(findings))}>"
    yield from (_case(name, finding) for finding in findings)
    if said:
        yield f"    <system-out>{escape(chr(10).join(map(visible, said)))}</system-out>"
    yield "  </testsuite>"


def _totals(findings: list[Finding]) -> str:
    failures = sum(finding.effect is Effect.BLOCKS for finding in findings)
    errors = sum(finding.effect in (Effect.INCOMPLETE, Effect.DECIDES) for finding in findings)
    skipped = sum(_skipped(finding) for finding in findings)
    return f'tests="{len(findings)}" failures="{failures}" errors="{errors}" skipped="{skipped}"'


def _skipped(finding: Finding) -> bool:
    return finding.effect not in DECIDING and finding.kind not in (Kind.PASS, Kind.INFORMATIONAL)


def _case(question: str, finding: Finding) -> str:
    message = quoteattr(visible(finding.message))
    places = [visible(f"{location(row)} {row.seen}") for row in finding.evidence[:MOST_PLACES]]
    if len(finding.evidence) > MOST_PLACES:
        places.append(f"and {len(finding.evidence) - MOST_PLACES:,} more")
    where = escape("\n".join(places))
    if finding.effect is Effect.BLOCKS:
        inner = f"<failure type={quoteattr(finding.kind)} message={message}>{where}</failure>"
    elif finding.effect in (Effect.INCOMPLETE, Effect.DECIDES):
        inner = f"<error type={quoteattr(finding.kind)} message={message}>{where}</error>"
    elif _skipped(finding):
        inner = f"<skipped message={message}/>"
    else:
        inner = f"<system-out>{escape(visible(finding.message))}</system-out>"
    name = f"{finding.check} [{finding.fingerprint}]"
    return f"    <testcase classname={quoteattr('assay.' + question)} name={quoteattr(name)}>{inner}</testcase>"


RENDER = Renderer("junit", "for CI systems that show test results", write)
