"""Everything that an audit found and examined, as text: by question and check, with evidence, waivers and passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from assay.facts.advisory import advisories
from assay.facts.codec import sha256
from assay.facts.copies import Told
from assay.facts.dossier import QUESTIONS, Dossier
from assay.facts.finding import Effect, Finding, Kind
from assay.lazy import dataclass
from assay.render.passage import lines
from assay.render.sections import View
from assay.render.terminal import Paint, wrapped
from assay.render.visible import visible
from assay.render.words import (
    KIND_WORDS,
    acceptances,
    aside_line,
    by_question,
    isolation_line,
    kernels_line,
    limits_line,
    location,
    once,
    waivers,
)

ALIKE = 4  # findings that say the same from which they are printed together
_COLOURS = {Kind.FAIL: "31", Kind.REVIEW: "33", Kind.OPEN: "36", Kind.INFORMATIONAL: "2", Kind.PASS: "32"}
_WORDS = {**KIND_WORDS, Kind.NOT_APPLICABLE: "not applying"}
_TO_ACCEPT = (Kind.FAIL, Kind.REVIEW, Kind.OPEN)


@dataclass(frozen=True, slots=True)
class Details:
    """The details of one dossier for one terminal."""

    dossier: Dossier
    paint: Paint
    width: int

    def lines(self, sections: tuple[tuple[View, Any], ...]) -> Iterator[str]:
        """The findings of each question, each check once, with the sections that belong to it; loading; the record."""
        told = once(self.dossier)
        for question, findings in by_question(self.dossier, told).items():
            if question not in self.dossier.questions:
                continue
            yield from self._heading(question)
            yield from self._findings(list(findings), told)
            yield from self._sections(row for row in sections if row[0].question == question)
        others = [row for row in sections if row[0].question not in QUESTIONS]
        if others:
            yield from self._heading("other sections")
            yield from self._sections(iter(others))
        yield from self._loading()
        yield from self._record()

    def _heading(self, text: str) -> Iterator[str]:
        yield ""
        yield from (self.paint(row, "1") for row in wrapped(text, "", self.width))

    def _findings(self, findings: list[Finding], told: dict[Finding, Told]) -> Iterator[str]:
        alike = _alike(findings)
        if alike:
            yield from self._said(f"{len(alike)} checks", Kind.OPEN)
            yield from self._said(visible(alike[0].message))
            yield from self._said(", ".join(sorted({row.check for row in alike})))
        following = [row for row in findings if row.follows]
        empty = [row for row in findings if row.kind is Kind.NOT_APPLICABLE]
        aside = {row.fingerprint for row in (*alike, *following, *empty)}
        rest = [row for row in findings if row.fingerprint not in aside]
        order = list(dict.fromkeys(row.check for row in rest))
        for check, rows in groupby(sorted(rest, key=lambda row: order.index(row.check)), key=lambda row: row.check):
            yield from self._check(check, [told[row] for row in rows])
        for (cause, message), those in groupby(
            sorted(following, key=lambda row: (row.follows, row.message)), key=lambda row: (row.follows, row.message)
        ):
            checks = sorted({row.check for row in those})
            plural = "s" if len(checks) > 1 else ""
            yield from self._said(f"{len(checks)} check{plural}, following from {visible(cause)}", Kind.OPEN)
            yield from self._said(visible(message))
            yield from self._said(", ".join(checks))
        for message in dict.fromkeys(row.message for row in empty):
            checks = sorted({row.check for row in empty if row.message == message})
            yield from self._said(f"{visible(message)}: {', '.join(checks)}", Kind.NOT_APPLICABLE)

    def _check(self, check: str, rows: list[Told]) -> Iterator[str]:
        """What one check said: its name once, what to do once for the same answer, and then what accepts it."""
        first = rows[0].finding
        if first.kind is Kind.PASS and len(rows) == 1 and not first.evidence:
            yield from self._said(f"{visible(check)}: {visible(first.message)}", first.kind)
            return
        yield from self._said(visible(check), first.kind)
        remedies: set[str] = set()
        for row in rows:
            finding = row.finding
            other = "" if finding.kind is first.kind else f"{KIND_WORDS[finding.kind]}: "
            effect = "" if finding.effect in (Effect.NONE, Effect.BLOCKS) else f"  [{finding.effect}]"
            yield from self._said(f"{other}{visible(finding.message)}{effect}")
            if also := row.also(len(row.copies)):
                yield from self._said(visible(also))
            remedy = self.dossier.remedy(finding) if finding.kind in _TO_ACCEPT else ""
            if remedy and remedy not in remedies:
                remedies.add(remedy)
                yield from self._said(f"-> {visible(remedy)}")
            for advisory in advisories(finding):
                yield from self._said(f"known as {advisory.line()}")
            for evidence in finding.evidence:
                seen = f": {visible(evidence.seen)}" if evidence.seen else ""
                yield from wrapped(f"at {visible(location(evidence))}{seen}", " " * 18, self.width)
                for line in lines(evidence.passage) if evidence.passage else ():
                    yield from wrapped(line.plain, " " * 18, self.width, " " * 26)
        every = [one for row in rows for one in (row.finding, *row.copies)]
        accepting = tuple(one for one in every if _acceptable(one))
        for waiver in waivers(self.dossier, accepting):
            yield from (f"{'':16}{line}" for line in waiver.splitlines())

    def _said(self, text: str, kind: Kind | None = None) -> Iterator[str]:
        """Text beside the kind of a finding, or below such text."""
        first, *rest = wrapped(text, " " * 16, self.width)
        yield f"  {self.paint(f'{_WORDS[kind]:<13}', _COLOURS.get(kind, '2'))} {first[16:]}" if kind else first
        yield from rest

    def _sections(self, rows: Iterator[tuple[View, Any]]) -> Iterator[str]:
        for view, value in rows:
            for row in view.text(value, self.dossier):
                yield from wrapped(visible(row), "  ", self.width, "    ")

    def _loading(self) -> Iterator[str]:
        if self.dossier.loading:
            yield from self._heading("what each loader would open and run")
        for path in self.dossier.loading:
            yield from wrapped(visible(path.call) + ("" if path.optin else "  (by default)"), "  ", self.width)
            for step in path.steps:
                opened = f"{visible(step.artifact)}: {step.runs} ({visible(step.why)})"
                yield from wrapped(opened, " " * 6, self.width)

    def _record(self) -> Iterator[str]:
        """What the audit was made with."""
        dossier = self.dossier
        yield ""
        notes = [f"not examined: {row.artifact} ({row.reason})" for row in dossier.obstacles]
        if dossier.excluded:
            notes.append(f"outside the manifest, as OpenSSF model signing has it: {', '.join(dossier.excluded)}")
        if dossier.aside:
            notes.append(f"not read: {aside_line(dossier)}")
        notes += acceptances(dossier)
        if dossier.left_out:
            notes.append(f"left out by request: {', '.join(dossier.left_out)}")
        notes += [f"not in this dossier: {row}" for row in dossier.lacks]
        notes.append(f"verdict: {dossier.decision.because}")
        for note in notes:
            yield from wrapped(visible(note), "", self.width, "  ")
        names = "" if dossier.subject.closed else dossier.subject.files_sha256
        digest = sha256(dossier)
        for label, value in (
            ("policy", f"{visible(dossier.policy.name)}, sha256 {dossier.policy.sha256}"),
            ("isolation", isolation_line(dossier)),
            *([("limits", limits_line(dossier))] if dossier.limits else []),
            ("kernels", kernels_line(dossier)),
            *([("names", f"sha256 {names} over every file with its name")] if names else []),
            ("dossier", f"sha256 {digest}"),
        ):
            yield from wrapped(value, f"{label:<9} ", self.width, " " * 10)


def _acceptable(finding: Finding) -> bool:
    """Whether a waiver would change what the policy makes of a finding."""
    if finding.kind is Kind.OPEN:
        return finding.effect is Effect.INCOMPLETE
    return finding.kind in (Kind.FAIL, Kind.REVIEW) and finding.effect is not Effect.WAIVED


def _alike(findings: list[Finding]) -> list[Finding]:
    """Open findings of several checks that say the same, word for word, if they are many."""
    rows = [row for row in findings if row.kind is Kind.OPEN and not row.evidence and not row.follows]
    most = max((Counter(row.message for row in rows)).items(), key=lambda row: row[1], default=("", 0))
    return [row for row in rows if row.message == most[0]] if most[1] >= ALIKE else []
