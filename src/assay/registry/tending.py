"""Look after a registry: check what it keeps, and clear what nothing names."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, update

from assay.errors import Stopped, UsageError
from assay.facts.kept import Damage, KeptAudit, Tended
from assay.progress import Progress
from assay.registry import Registry, decoded, kin, rows
from assay.registry.asking import NEWEST, by_id
from assay.registry.blobs import Damaged
from assay.registry.tables import AUDIT, BLOB, CODE, KEEPING, MODEL, PARTS, SEEN

FRESH = 3600.0  # seconds for which a blob that no audit names may be one that is being kept
_STEP = 500
_OURS = ("id", "audit_id", "latest")


def check(registry: Registry, progress: Progress | None = None) -> Tended:
    """Read everything that is kept: each blob against its digest, each audit's rows against its dossier."""
    total = registry.database.read(_counted)
    damaged: list[Damage] = []
    done, last = 0, 0
    while ids := registry.database.read(partial(_ids, after=last)):
        for id in ids:
            damaged += _wrong(registry, id)
            done += 1
            if progress and progress("checking", done, total, "audits"):
                raise Stopped("checking", done, total, "audits")
        last = ids[-1]
    return _sums(registry, damaged=tuple(damaged))


def complete(registry: Registry) -> None:
    """Give audits that an older assay kept what rows have had since; one whose dossier is damaged stays as it is."""
    asked = select(AUDIT.c.id).where(AUDIT.c.answers == "")
    for id in registry.database.read(lambda connection: connection.execute(asked).scalars().all()):
        audit = registry.audit(id)
        with suppress(UsageError):
            found = rows.audit(registry.dossier(audit), audit.dossier)
            change = update(AUDIT).where(AUDIT.c.id == id).values(**found)
            registry.database.write(partial(Connection.execute, statement=change))


def clear(registry: Registry, *, last: int = 0, pretend: bool = False) -> Tended:
    """Take away what nothing names, and with `last` all but so many audits of each model.

    A blob that is younger than an hour stays: the audit that will name it may be being kept right now.
    """
    old = registry.database.read(partial(_beyond, last=last)) if last else []
    if not pretend:
        steps = [old[start : start + _STEP] for start in range(0, len(old), _STEP)]
        old = [id for step in steps for id in registry.database.write(partial(_remove, ids=step))]
    named = registry.database.read(partial(_named, without=old))
    before = time.time() - FRESH
    removed = [row for row in registry.store.all() if row.sha256 not in named and row.written < before]
    for row in removed if not pretend else ():
        registry.store.drop(row.sha256, before)
    return _sums(
        registry, removed_audits=len(old), removed_blobs=len(removed), freed=sum(row.size for row in removed)
    )  # fmt: skip


def _sums(registry: Registry, **more: Any) -> Tended:
    def asked(connection: Connection) -> tuple[int, int]:
        models = connection.execute(select(func.count()).select_from(MODEL)).scalar_one()
        return _counted(connection), int(models)

    audits, models = registry.database.read(asked)
    sizes = [row.size for row in registry.store.all()]
    return Tended(audits, models, len(sizes), sum(sizes), **more)


def _counted(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(AUDIT)).scalar_one())


def _ids(connection: Connection, after: int) -> list[int]:
    asked = select(AUDIT.c.id).where(AUDIT.c.id > after).order_by(AUDIT.c.id).limit(_STEP)
    return list(connection.execute(asked).scalars())


def _wrong(registry: Registry, id: int) -> Iterator[Damage]:
    """What is wrong with one audit: a blob that is not as it was, rows that its dossier does not say."""

    def asked(connection: Connection) -> tuple[KeptAudit, list[Any], dict[str, list[rows.Row]]]:
        kept = connection.execute(select(BLOB).where(BLOB.c.audit_id == id)).all()
        return by_id(connection, id), list(kept), {table.name: _rows(connection, table, id) for table in PARTS}

    audit, blobs, found = registry.database.read(asked)
    if not any(blob.role == "dossier" for blob in blobs):
        yield Damage(f"dossier {audit.dossier}", "no row says that it is in the store", (audit.name,))
    for blob in blobs:
        try:
            raw = registry.store.get(blob.sha256)
        except Damaged as cause:
            yield Damage(f"{blob.role} {blob.sha256}", str(cause), (audit.name,))
            continue
        if blob.role == "dossier":
            yield from _otherwise(registry, audit, raw, found)
        if blob.role == "fingerprint" and kin.code(raw) != registry.database.read(partial(kin.row, id=id)):
            yield Damage("rows of code", f"they are not what the fingerprint {blob.sha256} says", (audit.name,))


def _otherwise(registry: Registry, audit: KeptAudit, raw: bytes, found: dict[str, list[rows.Row]]) -> Iterator[Damage]:
    """Rows that are not those of the dossier, by table."""
    try:
        dossier = decoded(raw, audit.name)
    except UsageError as cause:
        yield Damage(f"dossier {audit.dossier}", str(cause), (audit.name,))
        return

    def asked(connection: Connection) -> rows.Row:
        return dict(connection.execute(select(AUDIT).where(AUDIT.c.id == audit.id)).one()._mapping)

    whole, said = registry.database.read(asked), rows.audit(dossier, audit.dossier)
    own = {name: whole[name] for name in said}
    pairs = [("audit", [own], [said])]
    pairs += [(table.name, found[table.name], list(wanted)) for table, wanted in rows.parts(dossier)]
    for name, kept, wanted in pairs:
        if not rows.same(kept, wanted):
            yield Damage(f"rows of {name}", f"they are not what the dossier {audit.dossier} says", (audit.name,))


def _rows(connection: Connection, table: Table, id: int) -> list[rows.Row]:
    found = connection.execute(select(table).where(table.c.audit_id == id)).mappings()
    return [{name: value for name, value in row.items() if name not in _OURS} for row in found]


def _beyond(connection: Connection, last: int) -> list[int]:
    """The audits of each model that are older than its `last` latest."""
    place = func.row_number().over(partition_by=AUDIT.c.name, order_by=NEWEST)
    ranked = select(AUDIT.c.id, place.label("place")).subquery()
    return list(connection.execute(select(ranked.c.id).where(ranked.c.place > last)).scalars())


def _remove(connection: Connection, ids: list[int]) -> list[int]:
    """Remove those that are still not the latest of their model; which they were."""
    asked = select(AUDIT.c.id).where(AUDIT.c.id.in_(ids), AUDIT.c.id.not_in(select(MODEL.c.audit_id)))
    gone = list(connection.execute(asked.with_for_update()).scalars())  # nobody keeps one again meanwhile
    for table in (KEEPING, SEEN, CODE, *PARTS):
        connection.execute(delete(table).where(table.c.audit_id.in_(gone)))
    connection.execute(delete(AUDIT).where(AUDIT.c.id.in_(gone)))
    return gone


def _named(connection: Connection, without: list[int]) -> frozenset[str]:
    """The digests of the blobs that audits name, but for those of `without`."""
    gone = frozenset(without)
    found = connection.execute(select(BLOB.c.audit_id, BLOB.c.sha256))
    return frozenset(row.sha256 for row in found if row.audit_id not in gone)
