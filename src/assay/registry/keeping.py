"""Keep an audit: its bytes first, then its rows, all in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from assay.errors import UsageError
from assay.facts.dossier import Dossier
from assay.registry import kin, rows
from assay.registry.blobs import Blobs
from assay.registry.database import Database
from assay.registry.tables import ASKED, AUDIT, BLOB, CODE, KEEPING, MODEL, SEEN
from assay.text.instant import FORMAT, instant

ROLES = ("dossier", "bom", "histograms", "fingerprint", "signature", "facts")
READ = ("fingerprint", "signature", "facts")  # what comes of the files of the model alone, whatever the rules


def now() -> str:
    """The time in UTC, as registries write it."""
    return instant(datetime.now(UTC))


def time_of(text: str) -> str:
    """A time that `now` wrote (UsageError: it is none)."""
    try:
        datetime.strptime(text, FORMAT).replace(tzinfo=UTC)
        if len(text) != len("2026-11-27T03:05:07Z"):
            raise ValueError
        return text
    except ValueError:
        raise UsageError(f"{text[:40]!r} is no time such as 2026-11-27T03:05:07Z") from None


def keep(
    database: Database,
    store: Blobs,
    dossier: Dossier,
    files: Mapping[str, bytes],
    *,
    by: str,
    at: str = "",
    token: str = "",
) -> int:
    """Keep a dossier and what belongs to it; the id of its audit.

    Args:
        files: bytes by role: `dossier`, its JSON, and what of the other `ROLES` there is.
        by: who keeps it.
        at: when, as `now` writes it; now by default.
        token: names this keeping: one that was kept already is not kept again.
    """
    stored = [
        {"role": role, "sha256": store.put(files[role]), "size": len(files[role])} for role in ROLES if role in files
    ]
    token, at = token or secrets.token_hex(16), at or now()
    code = kin.code(files["fingerprint"]) if "fingerprint" in files else None

    def kept(connection: Connection) -> int:
        known = connection.execute(select(KEEPING.c.audit_id).where(KEEPING.c.token == token)).scalar()
        if known is not None:
            return int(known)
        id = _new(connection, dossier, str(stored[0]["sha256"]), by=rows.written(by), at=at)
        for row in stored:
            _upsert(connection, BLOB, {"audit_id": id, **row}, ("audit_id", "role"))
        if code:
            _upsert(connection, CODE, {"audit_id": id, **code}, ("audit_id",))
        connection.execute(insert(KEEPING).values(token=token, audit_id=id, at=at, by=rows.written(by)))
        _latest(connection, id)
        return int(id)

    return database.write(kept)


def again(database: Database, id: int, *, by: str, token: str = "") -> None:
    """Count an audit once more: it was asked for, and is what it was; under one token only once."""
    token, at = token or secrets.token_hex(16), now()

    def counted(connection: Connection) -> None:
        if not connection.execute(select(KEEPING.c.token).where(KEEPING.c.token == token)).first():
            _counted(connection, id, at)
            connection.execute(insert(KEEPING).values(token=token, audit_id=id, at=at, by=rows.written(by)))
            _latest(connection, id)

    database.write(counted)


def under(database: Database, token: str) -> int | None:
    """The audit that was kept under a token; None: none was."""
    asked = select(KEEPING.c.audit_id).where(KEEPING.c.token == token)
    found: int | None = database.read(lambda connection: connection.execute(asked).scalar())
    return found


def seen(database: Database, key: str, states: Collection[str]) -> int | None:
    """The audit of what was in one of these states when it was asked for so; None: there is none."""
    if not states:
        return None
    asked = select(SEEN.c.audit_id).where(SEEN.c.key == key, SEEN.c.state.in_(states))
    found: int | None = database.read(lambda connection: connection.execute(asked).scalar())
    return found


def remember(database: Database, key: str, state: str, id: int) -> None:
    """Say which audit is of what is in this state, so that it need not be read again while it is."""
    database.write(lambda connection: _upsert(connection, SEEN, {"key": key, "audit_id": id, "state": state}, ("key",)))


def _counted(connection: Connection, id: int, at: str) -> None:
    last = connection.execute(select(AUDIT.c.last_kept).where(AUDIT.c.id == id).with_for_update()).scalar_one()
    again = {"times": AUDIT.c.times + 1, "last_kept": max(last, at)}
    connection.execute(update(AUDIT).where(AUDIT.c.id == id).values(**again))


def _new(connection: Connection, dossier: Dossier, digest: str, *, by: str, at: str) -> int:
    """The audit of a dossier: a new one with all its rows, or the one that is there, kept once more."""
    values = rows.audit(dossier, digest) | {"first_kept": at, "last_kept": at, "by": by, "times": 1}
    statement = _insert(connection, AUDIT).values(**values).on_conflict_do_nothing(index_elements=["dossier"])
    id = connection.execute(statement.returning(AUDIT.c.id)).scalar()
    if id is None:
        id = connection.execute(select(AUDIT.c.id).where(AUDIT.c.dossier == digest)).scalar_one()
        _counted(connection, id, at)
        return int(id)
    for table, found in rows.parts(dossier):
        if found:
            connection.execute(insert(table), [{"audit_id": id, **row} for row in found])
    return int(id)


def _latest(connection: Connection, id: int) -> None:
    """Make an audit the latest of its model, unless a later one is kept; and mark its rows as such, and no others."""
    name, last, verdict = connection.execute(
        select(AUDIT.c.name, AUDIT.c.last_kept, AUDIT.c.verdict).where(AUDIT.c.id == id)
    ).one()
    values = {"name": name, "key": rows.key(name), "audit_id": id, "last_kept": last, "verdict": verdict}
    _upsert(connection, MODEL, values, ("name",), only_later=True)  # from here on nobody else moves its mark
    latest = connection.execute(select(MODEL.c.audit_id).where(MODEL.c.name == name)).scalar_one()
    marked = select(AUDIT.c.id).where(AUDIT.c.key == rows.key(name), AUDIT.c.name == name, AUDIT.c.latest == 1)
    before = set(connection.execute(marked).scalars())
    for other, mark in [*((row, 0) for row in before - {latest}), *((row, 1) for row in {latest} - before)]:
        connection.execute(update(AUDIT).where(AUDIT.c.id == other).values(latest=mark))
        for table in ASKED:
            connection.execute(update(table).where(table.c.audit_id == other).values(latest=mark))


def _upsert(
    connection: Connection, table: Table, values: dict[str, Any], unique: tuple[str, ...], *, only_later: bool = False
) -> None:
    statement = _insert(connection, table).values(**values)
    rest = {name: statement.excluded[name] for name in values if name not in unique}
    where = statement.excluded.last_kept >= table.c.last_kept if only_later else None
    connection.execute(statement.on_conflict_do_update(index_elements=list(unique), set_=rest, where=where))


def _insert(connection: Connection, table: Table) -> Any:
    """An insertion that can say what happens where the row is there: each dialect has its own."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)
