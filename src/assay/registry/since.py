"""What became of models since the audits before: which these were, and which findings are new or gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from assay.facts.finding import Effect, Kind
from assay.facts.kept import KeptAudit, Since
from assay.registry.asking import NEWEST, by_ids, within
from assay.registry.rows import key
from assay.registry.tables import AUDIT, FINDING

_MATTER = (Kind.FAIL, Kind.REVIEW)
_SETTLED = (Effect.WAIVED, Effect.KNOWN)


def since(connection: Connection, audits: Sequence[KeptAudit]) -> dict[int, Since]:
    """For each of these latest audits that has one before it, by id: that one, and what is new since."""
    place = func.row_number().over(partition_by=AUDIT.c.name, order_by=NEWEST)
    ranked = select(AUDIT.c.id, AUDIT.c.name, AUDIT.c.key, place.label("place"))
    earlier: dict[str, int] = {}
    for row in within(connection, ranked, AUDIT.c.key, {key(audit.name) for audit in audits}):
        if row.place == 2:
            earlier[row.name] = row.id
    pairs = [(audit, earlier[audit.name]) for audit in audits if audit.latest and audit.name in earlier]
    before = by_ids(connection, [id for _, id in pairs])
    asked = select(FINDING.c.audit_id, FINDING.c.fingerprint).where(
        FINDING.c.kind.in_(_MATTER), FINDING.c.effect.not_in(_SETTLED)
    )
    found: defaultdict[int, set[str]] = defaultdict(set)
    for row in within(connection, asked, FINDING.c.audit_id, {id for audit, old in pairs for id in (audit.id, old)}):
        found[row.audit_id].add(row.fingerprint)
    return {
        audit.id: Since(before[old], len(found[audit.id] - found[old]), len(found[old] - found[audit.id]))
        for audit, old in pairs
    }
