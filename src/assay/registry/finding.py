"""Findings over all kept audits, page by page: by check, kind, effect on the verdict, model, and words."""

from __future__ import annotations

from sqlalchemy import Connection, or_, select

from assay.facts.kept import FoundFinding
from assay.lazy import dataclass
from assay.registry.asking import by_ids, fits, matching
from assay.registry.rows import key, written
from assay.registry.tables import FINDING, MODEL


@dataclass(frozen=True, slots=True)
class Asked:
    """Which findings are asked for; an empty field asks for nothing.

    `check` and `model` are names, or patterns such as `pickle.*`; a model is also found by a part of its name. `words`
    are looked for in message and file, without regard to the case of plain letters. `after` is the last id seen.
    """

    check: str = ""
    kinds: tuple[str, ...] = ()
    effect: str = ""
    model: str = ""
    words: str = ""
    after: int | None = None


def findings(connection: Connection, asked: Asked, most: int) -> list[FoundFinding]:
    """Up to `most` findings of the latest audits, newest first."""
    rows = select(FINDING).join(MODEL, MODEL.c.audit_id == FINDING.c.audit_id)
    if asked.check:
        rows = rows.where(*fits(FINDING.c.check, asked.check))
    if asked.kinds:
        rows = rows.where(FINDING.c.kind.in_([written(kind) for kind in asked.kinds]))
    if asked.effect:
        rows = rows.where(FINDING.c.effect == written(asked.effect))
    if asked.model:
        rows = rows.where(*fits(MODEL.c.key, matching(key(asked.model))))
    for word in written(asked.words).split()[:8]:
        rows = rows.where(
            or_(FINDING.c.message.icontains(word, autoescape=True), FINDING.c.artifact.icontains(word, autoescape=True))
        )
    if asked.after is not None:
        rows = rows.where(FINDING.c.id < asked.after)
    found = connection.execute(rows.order_by(FINDING.c.id.desc()).limit(most)).all()
    audits = by_ids(connection, {row.audit_id for row in found})
    return [
        FoundFinding(
            row.id, row.check, row.kind, row.effect, row.fingerprint, row.artifact, row.message, audits[row.audit_id]
        )
        for row in found
    ]
