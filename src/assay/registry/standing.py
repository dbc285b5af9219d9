"""Records of what somebody accepted, which stay when they are taken back: how they are found, ended and handed on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Table, insert, select, update

from assay.errors import UsageError
from assay.facts.kept import Accepted, Known
from assay.registry.keeping import now, time_of
from assay.registry.rows import written

_LEAST = 8  # digits that name one


Record = TypeVar("Record", Accepted, Known)


def listed(connection: Connection, table: Table, model: str = "", *, every: bool = False) -> Sequence[RowMapping]:
    """The rows of one model or of all, oldest first; without `every` those that nobody took back."""
    asked = select(table).order_by(table.c.at, table.c.id)
    asked = asked.where(table.c.model == written(model)) if model else asked
    asked = asked if every else asked.where(table.c.ended_at == "")
    return connection.execute(asked).mappings().all()


def ended(rows: Sequence[Record], id: str, by: str, what: str, command: str) -> Record:
    """The one of these that has this number, taken back now (UsageError: none has, or several have)."""
    found = [row for row in rows if len(id) >= _LEAST and row.id.startswith(id.lower())]
    if len(found) != 1:
        raise UsageError(f"{len(found)} {what}s that count have the number {id[:40]!r}: {command}")
    return replace(found[0], ended_by=written(by), ended_at=now())


def check(row: Accepted | Known, values: Mapping[str, Any], what: str) -> None:
    """UsageError where a text of a record cannot be kept as it is, or a time is none or still to come."""
    unfit = next((name for name, value in values.items() if written(value) != value), "")
    if unfit:
        raise UsageError(f"a {what}'s {unfit} cannot be kept as it is: it is too long, or is no text")
    for time in filter(None, (row.at, row.ended_at)):
        time_of(time)


def take_in(connection: Connection, table: Table, row: Accepted | Known, values: Mapping[str, Any]) -> None:
    """Record it, if it is not there yet; one that was taken back elsewhere is taken back."""
    before = connection.execute(select(table.c.ended_at).where(table.c.id == row.id)).first()
    if before is None:
        connection.execute(insert(table).values(**values))
    elif row.ended_at and not before.ended_at:
        gone = {"ended_by": row.ended_by, "ended_at": row.ended_at}
        connection.execute(update(table).where(table.c.id == row.id).values(**gone))
