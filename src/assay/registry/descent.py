"""What kept models come from: the bases that they state or were compared with, up to the roots, and their audits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select

from assay.facts.comparison import Relation
from assay.facts.finding import Effect
from assay.facts.kept import KeptAudit
from assay.facts.kin import Descent, Origin
from assay.lazy import dataclass
from assay.registry.asking import by_ids, within
from assay.registry.tables import AUDIT, FINDING, LICENCE, MODEL, RELATION

_STATED, _NOT = "stated", (Relation.UNRELATED, Relation.UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Base:
    """One base of one model: as it is called, who says so, and the kept audit that is meant, where there is one."""

    name: str
    basis: str
    audit: int | None
    guessed: bool


def descents(connection: Connection, audits: Sequence[KeptAudit]) -> list[Descent]:
    """What each of these audits comes from, and under which licences it is."""
    bases: dict[int, list[_Base]] = {}
    wave = {audit.id for audit in audits}
    while wave:
        bases |= _bases(connection, wave)
        wave = {base.audit for id in wave for base in bases[id] if base.audit is not None} - bases.keys()
    kept = by_ids(connection, bases)
    licences = _many(connection, select(LICENCE.c.audit_id, LICENCE.c.name), LICENCE.c.audit_id, bases)
    failed = select(FINDING.c.audit_id, FINDING.c.check).where(FINDING.c.effect == Effect.BLOCKS)
    blocking = _many(connection, failed, FINDING.c.audit_id, bases)

    def origins(of: KeptAudit) -> Iterator[Origin]:
        seen, level, steps = {of.id}, [of.id], 1
        while level:
            above = [base for id in level for base in bases[id] if base.audit is None or base.audit not in seen]
            for base in above:
                audit = base.audit or 0
                yield Origin(
                    base.name, base.basis, steps, kept.get(audit), blocking[audit], licences[audit], base.guessed
                )  # fmt: skip
            level = list(dict.fromkeys(base.audit for base in above if base.audit is not None))
            seen |= set(level)
            steps += 1

    return [Descent(audit, licences[audit.id], tuple(origins(audit))) for audit in audits]


def _bases(connection: Connection, ids: Iterable[int]) -> dict[int, list[_Base]]:
    """The bases of each audit; one that is both stated and compared with is one."""
    asked = select(RELATION.c.audit_id, RELATION.c.base, RELATION.c.key, RELATION.c.base_sha256, RELATION.c.relation)
    rows = [
        row
        for row in within(connection, asked.add_columns(RELATION.c.basis), RELATION.c.audit_id, ids)
        if row.basis == _STATED or row.relation not in _NOT
    ]
    named = _named(connection, {row.key for row in rows})
    digests = _digests(connection, {row.base_sha256 for row in rows} - {""})
    found: dict[int, dict[object, list[Any]]] = {id: {} for id in ids}
    for row in rows:
        audit, guessed = (digests[row.base_sha256], False) if row.base_sha256 in digests else named[row.key]
        if audit == row.audit_id and guessed:
            audit, guessed = None, False
        if audit != row.audit_id:
            found[row.audit_id].setdefault(audit or row.key, []).append((row, audit, guessed))
    return {id: [_base(same) for same in one.values()] for id, one in found.items()}


def _base(same: list[Any]) -> _Base:
    said = [_STATED if row.basis == _STATED else f"compared: {row.relation}" for row, _, _ in same]
    row, audit, guessed = same[0]
    return _Base(row.base, ", ".join(dict.fromkeys(said)), audit, guessed)


def _named(connection: Connection, keys: set[str]) -> dict[str, tuple[int | None, bool]]:
    """The latest audit that each key of a base means, and whether only the last part of the name says so."""
    last = {key: key.rstrip("/").rpartition("/")[2] for key in keys}
    asked = select(MODEL.c.key, MODEL.c.audit_id).order_by(MODEL.c.last_kept)
    kept: dict[str, list[int]] = defaultdict(list)
    for row in within(connection, asked, MODEL.c.key, keys | set(last.values())):
        kept[row.key].append(row.audit_id)
    found: dict[str, tuple[int | None, bool]] = {}
    for key in keys:
        near = kept.get(last[key], [])
        found[key] = (kept[key][-1], False) if kept.get(key) else (near[0], True) if len(near) == 1 else (None, False)
    return found


def _digests(connection: Connection, digests: set[str]) -> dict[str, int]:
    asked = select(AUDIT.c.subject, AUDIT.c.id).join(MODEL, MODEL.c.audit_id == AUDIT.c.id)
    return {row.subject: row.id for row in within(connection, asked, AUDIT.c.subject, digests)}


def _many(connection: Connection, asked: Any, column: Any, ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """The second column of the rows of each audit, each value once."""
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for id, value in within(connection, asked, column, ids):
        found[id][value] = None
    return defaultdict(tuple, {id: tuple(values) for id, values in found.items()})
