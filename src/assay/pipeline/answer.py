"""The answers of the checks, as findings with fingerprints."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice

from assay import checks, measures
from assay.facts.finding import Answer, Finding, Kind, fingerprint
from assay.facts.measured import NotMeasured
from assay.measures import Cost
from assay.pipeline.content import Contents
from assay.pipeline.fact import Facts
from assay.pipeline.request import Request
from assay.pipeline.silence import Looks

CLOSED = "this cannot be known: an endpoint shows none of the model's files"
MAX_ANSWERS = 500  # of one check; the rest is counted in one more answer


def answered(facts: Facts, request: Request, closed: bool) -> Iterator[Finding]:
    """The answers of every check that the policy leaves on, worst first within each check, with stable fingerprints.

    Where the model is `closed`, only what running it shows can be known.
    """
    looks, contents = Looks(facts), Contents(facts)
    shown = {fact for row in measures.installed() if _without_files(row) for fact in row.gives}
    for check in request.checks:
        id = check.rule.id
        if request.policy.switched_off(id):
            continue
        if request.leaves_out(id):
            answers = [Answer(Kind.OPEN, "left out of this audit by request")]
        elif closed and not any(need.fact in shown for need in check.needs):
            answers = [Answer(Kind.OPEN, CLOSED)]
        else:
            answers = _answers(check, facts, looks)
        seen: dict[str, int] = {}
        for found in answers:
            answer = contents.bound(check, found)
            first = fingerprint(id, answer)
            occurrence = seen[first] = seen.get(first, -1) + 1
            print_ = fingerprint(id, answer, occurrence) if occurrence else first
            yield Finding(
                id, answer.kind, answer.message, answer.evidence, answer.remedy, print_, follows=answer.follows
            )


def _without_files(row: measures.Measure) -> bool:
    """Whether a measure needs no file of the model: it runs it, or takes what was given beside it."""
    return row.cost is Cost.RUNTIME or (row.cost is Cost.HEADER and bool(row.given) and not row.needs)


def _answers(check: checks.Check, facts: Facts, looks: Looks) -> list[Answer]:
    missing = _not_measured(check, facts)
    if missing is not None:
        return [Answer(Kind.OPEN, f"not measured: {missing.reason}")]
    answers: list[Answer] = []
    try:
        every = check.answers(facts.rows)
        answers += islice(every, MAX_ANSWERS)
        answers += _surplus(check, list(every))
    except Exception as crash:  # noqa: BLE001 - the one place: a check's crash must not end the audit, nor be silent
        answers.append(
            Answer(
                Kind.OPEN,
                f"the check itself failed ({type(crash).__name__}: {crash}); please report this",
                remedy="Report this at assay's issue tracker.",
            )
        )
    return sorted(looks.concluded(check, answers), key=lambda answer: list(Kind).index(answer.kind))


def _not_measured(check: checks.Check, facts: Facts) -> NotMeasured | None:
    """Why there are none of the facts that the check is about, where they were wanted and not measured."""
    reasons: tuple[NotMeasured, ...] = facts.all("NotMeasured")
    absent = [need.fact for need in check.needs if not facts.all(need.fact)]
    return next((row for row in reasons if any(fact in row.facts for fact in absent)), None)


def _surplus(check: checks.Check, rest: list[Answer]) -> list[Answer]:
    """One answer that counts those beyond the first MAX_ANSWERS, of the worst kind among them.

    A check about bytes that says no more of them than where they are binds it to all files (pipeline/content.py);
    else accepting it accepts these answers and no others.
    """
    worst = min((answer.kind for answer in rest), key=list(Kind).index, default=None)
    if worst is None:
        return []
    prints = "\n".join(fingerprint(check.rule.id, answer) for answer in rest)
    content = "" if check.of_bytes else hashlib.sha256(prints.encode()).hexdigest()
    return [Answer(worst, f"{len(rest):,} more answers of this check are not listed", content=content)]
