"""Kept audits as text: a line or two for each, what was found in which, what became of a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from assay.facts.dossier import Verdict
from assay.facts.kept import Accepted, Hit, KeptAudit, Known, Since, Tended
from assay.render.headline import Headline, Tone
from assay.render.tally import counted
from assay.render.terminal import Paint, painter, wrapped
from assay.render.visible import visible
from assay.text.many import many

COLOURS: dict[str, str] = {Verdict.PASSED: "32", Verdict.FAILED: "31", Verdict.INCOMPLETE: "33"}
NONE = Headline("NONE", "No kept audit fits.", Tone.TELL)
_WIDTH = max(map(len, Verdict))
_NUMBER = 8  # digits of a waiver's number that are shown
_DIGITS = 12  # of a digest that is shown: as many as it takes to find it again


def audits(rows: Sequence[KeptAudit], colour: bool = False, width: int = 100, *, more: bool = False) -> Iterator[str]:
    """A list of audits."""
    paint = painter(colour)
    yield from listed(rows, more).lines(paint, width)
    for row in rows:
        yield from audit_lines(row, paint, width)
        for said in row.inherits:
            yield from wrapped(visible(said), " " * (_WIDTH + 2), width)


def hits(
    asked: str, rows: Sequence[Hit], colour: bool = False, width: int = 100, *, more: bool = False
) -> Iterator[str]:
    """Where something was found, model by model."""
    paint = painter(colour)
    models = {row.audit.name for row in rows}
    if not rows:
        yield from Headline("NOT FOUND", f"No kept audit has the {asked}.", Tone.TELL).lines(paint, width)
        return
    said = f"The {asked} is in {many(len(models), 'model')}, at {many(len(rows), 'place')}{_beyond(more)}."
    yield from Headline("FOUND", said, Tone.TELL).lines(paint, width)
    shown = 0
    for row in rows:
        if row.audit.id != shown:
            yield from audit_lines(row.audit, paint, width)
            shown = row.audit.id
        place = f"{row.place}  " if row.place else ""
        yield from wrapped(visible(f"{place}{row.what}"), " " * 4, width, " " * 6, most=3)


def history(
    rows: Sequence[KeptAudit], before: Sequence[KeptAudit], colour: bool = False, width: int = 100
) -> Iterator[str]:
    """The audits of a model, newest first; `before` is the one before the last that is shown, to compare it with."""
    paint = painter(colour)
    first = rows[0]
    same = sum(row.files == first.files for row in rows)
    said = f"{visible(first.name)}: {many(len(rows), 'audit')}{_beyond(bool(before))}, {same:,} of the files of today."
    yield from Headline(first.verdict, said, tone(first)).lines(paint, width)
    for number, row in enumerate(rows):
        yield from audit_lines(row, paint, width, f"~{number}" if number else "latest")
        older = [*rows, *before][number + 1 : number + 2]
        if older:
            yield from wrapped(_changed(row, *older), " " * 4, width)


def tended(found: Tended, colour: bool = False, width: int = 100) -> Iterator[str]:
    """What looking after a registry showed."""
    paint = painter(colour)
    keeps = f"{many(found.audits, 'audit')} of {many(found.models, 'model')}, {found.blobs:,} files in the store" + (
        f" ({found.bytes / 1e6:,.1f} MB)."
    )
    if found.damaged:
        said = f"{many(len(found.damaged), 'thing')} kept {'is' if len(found.damaged) == 1 else 'are'} not as it was."
        yield from Headline("DAMAGED", f"{said} {keeps}", Tone.STOP).lines(paint, width)
    else:
        yield from Headline("KEPT", keeps, Tone.TELL).lines(paint, width)
    for row in found.damaged:
        yield from wrapped(visible(f"{', '.join(row.audits)}: {row.what}: {row.wrong}"), " " * 2, width, " " * 4)


def accepted(rows: Sequence[Accepted], colour: bool = False, width: int = 100) -> Iterator[str]:
    """Waivers: what was accepted, then by whom and why."""
    paint = painter(colour)
    count = sum(not row.ended_at for row in rows)
    said = f"{many(count, 'waiver')} that count{'s' if count == 1 else ''}."
    yield from Headline("WAIVED" if rows else "NONE", said, Tone.TELL).lines(paint, width)
    for row in rows:
        place = f" in {row.artifact}" if row.artifact else ""
        head = f"{row.id[:_NUMBER]}  {row.model}: {row.check}{place}, by {row.owner} until {row.expires}: {row.reason}"
        yield from wrapped(visible(head), "", width, " " * (_NUMBER + 2))
        ended = f"; taken back by {row.ended_by} on {row.ended_at[:10]}" if row.ended_at else ""
        said = visible(f"recorded by {row.by} on {row.at[:10]}{ended}")
        yield from wrapped(said, " " * (_NUMBER + 2), width)


def known(rows: Sequence[Known], colour: bool = False, width: int = 100) -> Iterator[str]:
    """Baselines: of which model and how much, then by whom and why."""
    paint = painter(colour)
    count = len({row.model for row in rows if not row.ended_at})
    said = f"{many(count, 'model')} with a baseline that counts, the latest of each."
    yield from Headline("KNOWN" if rows else "NONE", said, Tone.TELL).lines(paint, width)
    for row in rows:
        head = f"{row.id[:_NUMBER]}  {row.model}: {many(len(row.known), 'known finding')}: {row.reason}"
        yield from wrapped(visible(head), "", width, " " * (_NUMBER + 2))
        ended = f"; taken back by {row.ended_by} on {row.ended_at[:10]}" if row.ended_at else ""
        said = visible(f"recorded by {row.by} on {row.at[:10]}{ended}")
        yield from wrapped(said, " " * (_NUMBER + 2), width)


def listed(rows: Sequence[KeptAudit], more: bool) -> Headline:
    """What a list of audits holds: how many, of how many models, with which verdicts."""
    if not rows:
        return NONE
    verdicts = Counter(row.verdict for row in rows)
    parts = [f"{verdicts[name]:,} {name}" for name in Verdict if verdicts[name]]
    models = len({row.name for row in rows})
    of = f" of {many(models, 'model')}" if models != len(rows) else ""
    return Headline("KEPT", f"{many(len(rows), 'audit')}{of}{_beyond(more)}: {', '.join(parts)}.", Tone.TELL)


def audit_lines(row: KeptAudit, paint: Paint, width: int, label: str = "") -> Iterator[str]:
    """One audit: verdict and name, then counts, date, policy and digest; in one line where that fits."""
    verdict = Verdict(row.verdict)
    head = f"{verdict:<{_WIDTH}}  {visible(row.name)}" + (f"  {label}" if label else "")
    day = row.last_kept[:16].replace("T", " ")
    tail = "  ".join(filter(None, (day, numbers(row), visible(row.policy), row.dossier[:_DIGITS])))
    first = head.replace(verdict, paint(verdict, COLOURS[verdict]), 1)
    if len(head) + 2 + len(tail) <= width:
        yield f"{first}  {tail}"
        return
    yield first
    yield from wrapped(tail, " " * (_WIDTH + 2), width)


def numbers(row: KeptAudit) -> str:
    """What is to be dealt with, in the counts of the report's first lines."""
    return counted(row.blocking, row.first, row.decide, row.unknown, row.accepted)


def since_words(row: KeptAudit, found: Since) -> str:
    """What became of a model since the audit before: its verdict, findings to look at, and what else differs."""
    older = found.before
    verdict = f"{older.verdict} before" if older.verdict != row.verdict else ""
    counts = (f"{number:,} {word}" for number, word in ((found.new, "new"), (found.gone, "gone")) if number)
    return "; ".join(filter(None, (verdict, ", ".join(counts), differs(row, older))))


def differs(row: KeptAudit, older: KeptAudit, *more: str) -> str:
    """What an audit was of, by which rules, and `more`, that is not as in the one before, in a few words."""
    pairs = (
        ("the files", row.files, older.files),
        ("the policy", row.policy_sha256, older.policy_sha256),
        ("assay", row.assay, older.assay),
    )
    found = [name for name, new, old in pairs if new != old]
    return f"{', '.join([*found, *more]) or 'other options'} changed"


def _changed(row: KeptAudit, older: KeptAudit) -> str:
    verdict = ("the verdict",) if row.verdict != older.verdict else ()
    return f"against the audit before: {differs(row, older, *verdict)}"


def tone(row: KeptAudit) -> Tone:
    """Green where it passed, but never over something to decide."""
    return Tone.CARE if row.verdict != Verdict.PASSED or row.blocking or row.first or row.decide else Tone.GO


def on_a_page(row: KeptAudit) -> Tone:
    """The same, and red where the verdict is FAILED."""
    return Tone.STOP if row.verdict == Verdict.FAILED else tone(row)


def look(row: KeptAudit) -> str:
    """The class that a model looks by in a list: as on its page, and grey where only something is not known."""
    found = Headline("", "", on_a_page(row)).look
    return "unknown" if found == "fine" and row.unknown else found


def _beyond(more: bool) -> str:
    return ", and more that are not shown (--most)" if more else ""
