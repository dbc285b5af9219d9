"""The audits that were started from a workbench, on record: they outlive the server that runs them.

A server holds its jobs by a lease, by the clock of the database. A job of a server of which nothing is heard any more
was interrupted, unless its audit was kept before: that is kept under the job's token, so that both are seen in one
look. None is run again by itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from assay.errors import UsageError
from assay.facts.job import Job, State
from assay.registry.database import Database
from assay.registry.keeping import now
from assay.registry.queue import clock
from assay.registry.rows import written
from assay.registry.tables import AUDIT, JOB, KEEPING
from assay.text.instant import instant

LEASE = 15.0  # seconds for which a server is believed to live
_GONE = "the assay serve that ran it has gone, and nothing of it was kept: start it again"


class Record:
    """The jobs of a registry, and which of them are this server's."""

    def __init__(self, database: Database, lease: float = LEASE) -> None:
        self._database, self.lease, self._server = database, lease, secrets.token_hex(16)

    def new(self, model: str, by: str) -> tuple[Job, str]:
        """A job that waits, held by this server, and the token under which its audit is to be kept."""
        token = secrets.token_hex(16)
        values = {"token": token, "model": model, "by": written(by), "state": State.WAITING, "asked": now(),
                  "ended": "", "ended_by": "", "said": "", "server": self._server}  # fmt: skip

        def made(connection: Connection) -> Job:
            if not connection.execute(select(JOB.c.id).where(JOB.c.token == token)).first():  # else it is tried again
                connection.execute(insert(JOB).values(**values, until=self._until(connection)))
            return _jobs(connection, _asked().where(JOB.c.token == token))[0]

        return self._database.write(made), token

    def hold(self) -> None:
        """Say that this server lives."""
        mine = update(JOB).where(JOB.c.server == self._server, JOB.c.ended == "")
        self._database.write(lambda connection: connection.execute(mine.values(until=self._until(connection))))

    def begun(self, id: int) -> None:
        """Say that a job runs."""
        self._change(id, state=State.RUNNING)

    def end(self, id: int, state: State, said: str = "", by: str = "") -> None:
        """Say how a job ended, and who ended it where somebody did."""
        self._change(id, state=state, said=written(said), ended=now(), ended_by=written(by))

    def one(self, id: int) -> Job:
        """A job (UsageError: there is none of this number)."""
        found = self._database.read(lambda connection: _jobs(connection, _asked().where(JOB.c.id == id)))
        if not found:
            raise UsageError(f"there is no job {id}")
        return found[0]

    def last(self, most: int) -> Sequence[Job]:
        """So many of them, the last one first."""
        asked = _asked().order_by(JOB.c.id.desc()).limit(most)
        return self._database.read(lambda connection: _jobs(connection, asked))

    def _change(self, id: int, **values: Any) -> None:
        changed = update(JOB).where(JOB.c.id == id, JOB.c.ended == "").values(**values)
        self._database.write(lambda connection: connection.execute(changed))

    def _until(self, connection: Connection) -> int:
        return clock(connection) + int(self.lease * 1000)


def _asked() -> Select[Any]:
    kept = KEEPING.c.at.label("kept_at")
    joined = JOB.outerjoin(KEEPING, KEEPING.c.token == JOB.c.token).outerjoin(AUDIT, AUDIT.c.id == KEEPING.c.audit_id)
    return select(JOB, kept, AUDIT.c.dossier).select_from(joined)


def _jobs(connection: Connection, asked: Select[Any]) -> list[Job]:
    time = clock(connection)
    return [_job(row, time) for row in connection.execute(asked)]


def _job(row: Row[Any], time: int) -> Job:
    state, ended, said = State(row.state), row.ended, row.said
    if not ended and row.until < time:
        gone = instant(datetime.fromtimestamp(row.until / 1000, UTC))
        state, ended, said = (State.DONE, row.kept_at, "") if row.dossier else (State.INTERRUPTED, gone, _GONE)
    return Job(
        row.id, row.model, state, row.asked, ended, kept=row.dossier or "", said=said, by=row.by, ended_by=row.ended_by
    )
