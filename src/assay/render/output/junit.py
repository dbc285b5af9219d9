"""JUnit XML: one test case for each finding, so that any CI shows it (the Jenkins xunit schema)."""

from __future__ import annotations

from html import escape  # xml.sax.saxutils would import sockets
from typing import BinaryIO

from assay.facts.dossier import Dossier
from assay.facts.finding import Effect, Finding, Kind
from assay.render import Renderer
from assay.render.visible import visible
from assay.render.words import by_question, place


def quoteattr(text: str) -> str:
    """`text` as a quoted XML attribute value."""
    return f'"{escape(text)}"'


def write(dossier: Dossier, stream: BinaryIO) -> None:
    """Write UTF-8 XML: blocking findings are failures, what leaves the audit incomplete is an error, the rest passes or is skipped."""
    grouped = by_question(dossier)
    every = [finding for findings in grouped.values() for finding in findings]
    rows = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<testsuites name={quoteattr('assay ' + visible(dossier.subject.name))} {_totals(every)}>",
    ]
    for question, findings in grouped.items():
        rows.append(f"  <testsuite name={quoteattr(question)} {_totals(list(findings))}>")
        rows.extend(_case(question, finding) for finding in findings)
        rows.append("  </testsuite>")
    rows.append("</testsuites>")
    stream.write(("\n".join(rows) + "\n").encode("utf-8", "xmlcharrefreplace"))


def _totals(findings: list[Finding]) -> str:
    failures = sum(finding.effect is Effect.BLOCKS for finding in findings)
    errors = sum(finding.effect is Effect.INCOMPLETE for finding in findings)
    skipped = sum(_skipped(finding) for finding in findings)
    return f'tests="{len(findings)}" failures="{failures}" errors="{errors}" skipped="{skipped}"'


def _skipped(finding: Finding) -> bool:
    return finding.effect not in (Effect.BLOCKS, Effect.INCOMPLETE) and finding.kind not in (
        Kind.PASS,
        Kind.INFORMATIONAL,
    )


def _case(question: str, finding: Finding) -> str:
    message = quoteattr(visible(finding.message))
    where = "\n".join(visible(f"{place(evidence)} {evidence.seen}") for evidence in finding.evidence[:20])
    inner = ""
    if finding.effect is Effect.BLOCKS:
        inner = f"<failure type={quoteattr(finding.kind)} message={message}>{escape(where)}</failure>"
    elif finding.effect is Effect.INCOMPLETE:
        inner = f"<error type={quoteattr(finding.kind)} message={message}>{escape(where)}</error>"
    elif _skipped(finding):
        inner = f"<skipped message={message}/>"
    else:
        inner = f"<system-out>{escape(visible(finding.message))}</system-out>"
    return f"    <testcase classname={quoteattr('assay.' + question)} name={quoteattr(f'{finding.check} [{finding.fingerprint}]')}>{inner}</testcase>"


RENDER = Renderer("junit", "for CI systems that show test results", write)
