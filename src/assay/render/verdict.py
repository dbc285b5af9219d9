"""The verdict as a sentence that a person can act on, in the counts that every list of the report has."""

from __future__ import annotations

from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Kind
from assay.lazy import dataclass
from assay.render.decision import Matter, Weight
from assay.render.headline import Headline, Tone
from assay.render.tally import Tally, counted
from assay.render.unknown import Unknown, count, required

LOADING = "vulnerabilities"  # the question of which all the rest speaks of use, not of loading


@dataclass(frozen=True, slots=True)
class Said:
    """The verdict as it is said first, and what is counted on the way to it."""

    headline: Headline
    blocking: int
    first: int
    decide: int
    required: int
    unknown: int
    accepted: int
    passed: int


def said(found: Tally) -> Said:
    """The verdict of a dossier in words."""
    dossier, rows, open_ = found.dossier, found.matters, found.unknowns
    weights = [row.weight for row in rows]
    blocking, first = weights.count(Weight.BLOCKS), weights.count(Weight.FIRST)
    others = weights.count(Weight.DECIDE) + weights.count(Weight.DEFECT)
    then = others + (first if dossier.decision.verdict is Verdict.FAILED else 0)
    wanted, unknown = required(open_), count(open_)
    verdict = dossier.decision.verdict
    if verdict is Verdict.INCOMPLETE:
        parts = _incomplete(dossier, rows, open_)
    else:
        parts = (_passed if verdict is Verdict.PASSED else _failed)(dossier, rows)
    parts += _rest(then, unknown, wanted if verdict is Verdict.INCOMPLETE else 0, first=verdict is not Verdict.PASSED)
    tone = Tone.STOP if verdict is Verdict.FAILED else Tone.CARE if verdict is Verdict.INCOMPLETE or rows else Tone.GO
    headline = Headline(str(verdict), " ".join(parts), tone)
    passed = len({finding.check for finding in dossier.findings if finding.kind is Kind.PASS})
    return Said(headline, blocking, first, others, wanted, unknown, len(found.accepted), passed)


def counts(found: Tally) -> str:
    """The same in numbers, for a line of a log: "1 blocking, 2 to decide, 14 not known, 61 pass"."""
    row = said(found)
    return counted(row.blocking, row.first, row.decide, row.unknown, row.accepted, row.passed) or "nothing asked"


def leading(found: Tally) -> str:
    """The check to read about first: the worst that decided the verdict, else the first of what a person has to see."""
    deciding = [row.rule.id for row in found.matters if row.weight in (Weight.BLOCKS, Weight.FIRST)]
    severity = {rule.id: rule.severity for rule in found.dossier.rules}
    deciding += sorted((check for row in found.unknowns for check in row.required), key=lambda check: -severity[check])
    rest = [row.rule.id for row in found.matters] + [row.checks[0] for row in found.unknowns if row.checks]
    return next(iter(deciding + rest), "")


def _passed(dossier: Dossier, rows: tuple[Matter, ...]) -> list[str]:
    if LOADING not in dossier.questions:
        return ["Nothing that was asked stands in the way; whether it is safe to load was not asked."]
    if any(row.weight is Weight.DEFECT for row in rows):
        return [f"Policy {dossier.policy.name!r} lets you load it in spite of a defect."]
    closed = any(row.kind is Kind.OPEN and row.check in _of_loading(dossier) for row in dossier.findings)
    return [f"Policy {dossier.policy.name!r} lets you load it." if closed else "You may load it."]


def _failed(dossier: Dossier, rows: tuple[Matter, ...]) -> list[str]:
    blocking = [row for row in rows if row.weight is Weight.BLOCKS]
    act = "load" if any(row.rule.question == LOADING for row in blocking) else "use"
    return [f"Do not {act} it: {_things(len(blocking))} {'is' if len(blocking) == 1 else 'are'} in the way."]


def _incomplete(dossier: Dossier, rows: tuple[Matter, ...], open_: tuple[Unknown, ...]) -> list[str]:
    first = [row for row in rows if row.weight is Weight.FIRST]
    missing = [check for row in open_ for check in row.required]
    of_loading = _of_loading(dossier)
    loading = not of_loading.isdisjoint((*missing, *(row.rule.id for row in first))) and not dossier.subject.closed
    parts = [f"Do not {'load' if loading else 'rely on'} it yet."]
    if first:
        parts.append(f"Decide {_things(len(first))} first.")
    if missing:
        wanted = len(missing)
        parts.append(
            f"{_number(wanted)} answer{'s' if wanted > 1 else ''} that the policy requires "
            f"{'are' if wanted > 1 else 'is'} missing."
        )
    return parts


def _rest(decide: int, unknown: int, missing: int, *, first: bool) -> list[str]:
    """What is left to decide, and what is not known."""
    parts = []
    if decide:
        parts.append(f"Then decide {_things(decide)}." if first else f"Decide {_things(decide)}.")
    if unknown > missing:
        in_all = "in all " if missing else ""
        parts.append(f"{in_all}{_things(unknown)} {'is' if unknown == 1 else 'are'} not known.".capitalize())
    return parts


def _of_loading(dossier: Dossier) -> frozenset[str]:
    return frozenset(rule.id for rule in dossier.rules if rule.question == LOADING)


def _things(count: int) -> str:
    return "one thing" if count == 1 else f"{count:,} things"


def _number(count: int) -> str:
    return "One" if count == 1 else f"{count:,}"
