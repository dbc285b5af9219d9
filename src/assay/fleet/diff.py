"""A fleet at two times: two locks, two runs, or two dates of the registry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

from assay.errors import UsageError
from assay.facts.codec import Mismatch, decode
from assay.facts.dossier import Dossier, Verdict
from assay.facts.fleet import FleetRow, LockRow
from assay.facts.fleet_change import Became, FleetChange, ModelChange
from assay.facts.kept import KeptAudit
from assay.files import json_lines, json_value, text
from assay.fleet import lock
from assay.pipeline.change import change
from assay.text.instant import instant

NOT_AUDITED = "NOT AUDITED"
WORST: tuple[str, ...] = (Verdict.FAILED, NOT_AUDITED, Verdict.INCOMPLETE, Verdict.PASSED)
MOST_READ = 2_000  # models whose dossiers are compared, to say why
MOST_WHY = 5  # findings of one model
_TOO_MANY = f"more than {MOST_READ:,} models differ"
Audits = Callable[[str], Sequence[LockRow]]  # of the registry at a time, as it writes times
Read = Callable[[str], Dossier | None]  # the kept dossier of a digest, where there is one


def state(words: str, audits: Audits) -> Sequence[LockRow]:
    """The models that a lock, the JSON or JSON lines of a run, or a date of the registry stands for.

    Raises UsageError: it is none of them.
    """
    if not Path(words).exists() and (when := time_of(words)):
        return audits(when)
    path = Path(words)
    raw = text(path, lock.MOST, "lock or run", "give assay.lock, the JSON of assay fleet audit, or a date")
    if raw.startswith('{"schema"'):
        return lock.read(path)
    try:
        found = decode(tuple[FleetRow, ...], json_value(raw)) if raw.startswith("[") else tuple(_lines(raw, path))
    except (Mismatch, ValueError) as cause:
        raise UsageError(f"{path} is no lock and no run of this version: {cause}") from None
    if not found:
        raise UsageError(f"{path} holds no model: expected a lock, or the JSON of assay fleet audit")
    return [_row(row) for row in found]


def difference(before: str, after: str, audits: Audits, read: Read) -> FleetChange:
    """What differs between two of them, the worst first."""
    return compared(before, after, state(before, audits), state(after, audits), read)


def compared(before: str, after: str, was: Sequence[LockRow], now: Sequence[LockRow], read: Read) -> FleetChange:
    """The same for models that are at hand; `before` and `after` say what they are."""
    rows: list[ModelChange] = []
    same = 0
    for old, new in _pairs(was, now):
        became, named = _became(old, new), new or old
        if became is None or named is None:
            same += 1
        else:
            why = tuple(_why(old, new, read, known=len(rows) < MOST_READ))
            rows.append(ModelChange(named.model, became, old, new, why))
    order = list(Became)
    rows.sort(key=lambda row: (not row.bad, order.index(row.became), row.model))
    return FleetChange(before, after, same, tuple(rows))


def row_of(audit: KeptAudit) -> LockRow:
    """A kept audit as locks have it."""
    return LockRow(
        audit.name, audit.reference or audit.name, audit.files, audit.verdict, audit.policy, audit.dossier,
        audit.policy_sha256,
    )  # fmt: skip


def time_of(words: str) -> str:
    """The end of a day, a time, or now, as registries write times; empty: it is none."""
    if words == "now":
        return instant(datetime.now(UTC))
    try:
        if len(words) == len("2026-11-27"):
            return instant(datetime.combine(date.fromisoformat(words), time.max, UTC))
        found = datetime.fromisoformat(words)
        return instant(found if found.tzinfo else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError):  # the second: it is before the year 1 or after 9999 in UTC
        return ""


def _lines(raw: str, path: Path) -> Iterator[FleetRow]:
    for where, value in json_lines(raw, path, '{"reference": "...", "audit": {...}}'):
        try:
            yield decode(FleetRow, value)
        except Mismatch as cause:
            raise UsageError(f"{where} is no row of a run of this version: {cause}") from None


def _row(row: FleetRow) -> LockRow:
    if row.audit is None:
        return LockRow(row.reference, row.reference, "", NOT_AUDITED, "", "", "")
    return replace(row_of(row.audit), reference=row.audit.reference or row.reference)


def _pairs(was: Sequence[LockRow], now: Sequence[LockRow]) -> Iterator[tuple[LockRow | None, LockRow | None]]:
    """The same models of both: by where they come from, then whatever the revision, then by name.

    What several rows of one side have tells none of them, so that two revisions of a model in one fleet stay two.
    """
    old, new = list(was), list(now)
    for key in (_reference, _place, _name):
        left, right = _single(old, key), _single(new, key)
        both = left.keys() & right.keys()
        yield from ((left[one], right[one]) for one in both)
        old, new = ([row for row in rows if key(row) not in both] for rows in (old, new))
    yield from ((row, None) for row in old)
    yield from ((None, row) for row in new)


def _reference(row: LockRow) -> str:
    return row.reference


def _place(row: LockRow) -> str:
    hub = row.reference.startswith("hf://") and "@" in row.reference
    return row.reference.rpartition("@")[0] if hub else row.reference


def _name(row: LockRow) -> str:
    return row.model


def _single(rows: Sequence[LockRow], key: Callable[[LockRow], str]) -> dict[str, LockRow]:
    """Those whose key no other has, by that key."""
    often = Counter(map(key, rows))
    return {key(row): row for row in rows if often[key(row)] == 1}


def _became(old: LockRow | None, new: LockRow | None) -> Became | None:
    if old is None or new is None:
        return Became.NEW if old is None else Became.GONE
    was, now = (WORST.index(row.verdict) if row.verdict in WORST else 0 for row in (old, new))
    if was != now:
        return Became.WORSE if now < was else Became.BETTER
    return Became.CHANGED if (old.files, old.policy, old.dossier) != (new.files, new.policy, new.dossier) else None


def _why(old: LockRow | None, new: LockRow | None, read: Read, *, known: bool) -> Iterator[str]:
    """What differs, and which findings come or go with it, where both dossiers are kept."""
    if old is None or new is None:
        if new and new.verdict == Verdict.FAILED:
            dossier = read(new.dossier) if known else None
            why = "its dossier is not kept" if known else _TOO_MANY
            yield from _blocking(dossier) if dossier else [f"which findings decide is not known: {why}"]
        return
    said = [*(["other files"] if old.files != new.files else []), *_other_policy(old, new)]
    yield ", ".join(said) or "the same files and policy, other rules, options or version of assay"
    if NOT_AUDITED in (old.verdict, new.verdict):
        return
    left, right = (read(row.dossier) if known else None for row in (old, new))
    if left is None or right is None:
        why = "not both dossiers are kept" if known else _TOO_MANY
        yield f"which findings differ is not known: {why}"
        return
    found = change(left, right)
    for one in found.findings[:MOST_WHY]:
        yield f"{one.before or 'not there'} -> {one.after or 'gone'}  {one.check}: {one.message} ({one.cause})"
    if len(found.findings) > MOST_WHY:
        yield f"and {len(found.findings) - MOST_WHY:,} more findings: assay compare"


def _other_policy(old: LockRow, new: LockRow) -> Iterator[str]:
    """How the policies differ: any file may have any name."""
    if old.policy != new.policy:
        yield f"another policy ({old.policy!r} -> {new.policy!r})"
    elif old.policy_sha256 != new.policy_sha256:
        digests = f"sha256 {old.policy_sha256[:12]} -> {new.policy_sha256[:12]}"
        yield f"another policy of the same name ({new.policy!r}, {digests})"


def _blocking(dossier: Dossier) -> Iterator[str]:
    rows = dossier.blocking
    yield from (f"{row.check}: {row.message}" for row in rows[:MOST_WHY])
    if len(rows) > MOST_WHY:
        yield f"and {len(rows) - MOST_WHY:,} more findings: assay show"
