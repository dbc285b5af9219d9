"""Waivers in the registry: who accepted which finding of which model, when and until when, and who took it back.

They count through the policy's own mechanism: written into a policy file, whose digest a dossier records, they can be
handed to whoever verifies it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from assay import policy
from assay.errors import UsageError
from assay.facts.artifact import manifest
from assay.facts.dossier import Dossier, Waiver, WaiverState
from assay.facts.finding import Effect, Kind
from assay.facts.kept import Accepted
from assay.policy.baseline import listable
from assay.registry import Registry, standing
from assay.registry.keeping import now
from assay.registry.tables import ACCEPTED


def accept(registry: Registry, dossier: Dossier, given: Waiver, by: str) -> Accepted:
    """Record a waiver for this dossier's model (UsageError: it would accept nothing that was found, or is over)."""
    closed = dossier.subject.reference if dossier.subject.closed else ""
    what = policy.Judged(manifest(dossier.artifacts, dossier.excluded, closed), dossier.nature.kind)
    probe = replace(policy.builtin("default"), waivers=(given,))
    _, (judged,), _, _ = policy.judged(dossier.findings, probe, what, frozenset(), datetime.now(UTC).date())
    if judged.state is not WaiverState.APPLIED:
        raise UsageError(_nothing(dossier, given, judged.state))
    row = Accepted(
        secrets.token_hex(16), dossier.subject.name, given.check, given.artifact, given.subject, given.manifest,
        given.reason, given.owner, given.expires, by, now(), "", "",
    )  # fmt: skip
    registry.database.write(lambda connection: take_in(connection, (row,)))
    return row


def acceptable(dossier: Dossier) -> tuple[tuple[str, str], ...]:
    """(check, file) of all that fails or is to be reviewed and a baseline could know (UsageError: nothing does)."""
    found = {
        (row.check, row.evidence[0].artifact if row.evidence else "")
        for row in dossier.findings
        if row.kind in (Kind.FAIL, Kind.REVIEW) and row.effect is not Effect.WAIVED and listable(row.check)
    }
    if not found:
        raise UsageError(f"there is nothing to accept: nothing of {dossier.subject.name} fails or is to be reviewed")
    return tuple(sorted(found))


def accepted(connection: Connection, model: str = "", *, every: bool = False) -> list[Accepted]:
    """The waivers, of one model or of all, oldest first; without `every` those that nobody took back."""
    return [Accepted(**row) for row in standing.listed(connection, ACCEPTED, model, every=every)]


def take_back(registry: Registry, id: str, by: str) -> Accepted:
    """Say that a waiver counts no more; it stays on record (UsageError: no waiver, or several, have this number)."""

    def ended(connection: Connection) -> Accepted:
        gone = standing.ended(accepted(connection), id, by, "waiver", "assay registry waivers")
        take_in(connection, (gone,))
        return gone

    return registry.database.write(ended)


def take_in(connection: Connection, rows: Iterable[Accepted]) -> None:
    """Record waivers that are not there yet; one that was taken back elsewhere is taken back."""
    for row in rows:
        values = {name: getattr(row, name) for name in ACCEPTED.c.keys()}  # noqa: SIM118 - columns, not a mapping
        standing.check(row, values, "waiver")
        try:
            date.fromisoformat(row.expires)
        except ValueError:
            raise UsageError(f"a waiver ends on {row.expires[:40]!r}: expected a date such as 2027-06-30") from None
        standing.take_in(connection, ACCEPTED, row, values)


def as_waiver(row: Accepted) -> Waiver:
    """The waiver as a policy has it."""
    return Waiver(
        row.check, row.artifact, row.subject, row.reason, row.owner, row.expires, row.manifest, WaiverState.UNMATCHED
    )


def _nothing(dossier: Dossier, given: Waiver, state: WaiverState) -> str:
    if state is WaiverState.EXPIRED:
        return f"the waiver would end on {given.expires}, which is over"
    where = f" in {given.artifact!r}" if given.artifact else ""
    return (
        f"there is nothing to accept: the kept audit of {dossier.subject.name} has no finding of {given.check}{where}"
        f" that fails, is to be reviewed or is open (assay show {dossier.subject.name})"
    )
