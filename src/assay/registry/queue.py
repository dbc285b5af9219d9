"""A queue of tasks in the registry's database: whoever takes one holds it while it says so, by the database's clock.

A task is taken with a lease, and again by another when the lease ran out. What its first holder says afterwards does
not count: each taking has a number (a fencing token), and only the last one may finish. So every task has one outcome,
whichever machines, processes or servers die meanwhile.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
    true,
    update,
)

from assay.lazy import dataclass
from assay.registry.database import Database
from assay.registry.rows import written
from assay.registry.tables import TASK
from assay.version import VERSION

MOST_TAKINGS = 5  # a task whose holder is lost so often may be what kills them
DAY = 86_400_000  # ms: for so long a run of which nothing is heard is kept, and can be gone on with
_STEP = 500


class State(StrEnum):
    """Where a task stands: waiting, held by a worker, with an outcome, or given up since its workers were lost."""

    QUEUED = "queued"
    TAKEN = "taken"
    DONE = "done"
    LOST = "lost"


_OPEN = TASK.c.state.in_((State.QUEUED, State.TAKEN))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task to queue: what is to be done, as JSON, and how large it is; the largest are taken first.

    A `part` is not asked for by itself: another task of the run needs what it gives.
    """

    payload: str
    size: int
    part: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A task in somebody's hands: which of which run, by the how many-th taking, and what is to be done."""

    id: int
    run: str
    taking: int
    token: str
    payload: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A task that has ended: its number in its run, its outcome as JSON (empty: it was given up), its last holder."""

    number: int
    outcome: str
    worker: str


class Queue:
    """The tasks that wait in a registry for workers of one version: those of another would judge by other rules."""

    def __init__(self, database: Database, version: str = VERSION) -> None:
        self._database, self._version = database, version

    def put(self, fleet: str, tasks: Iterable[Waiting]) -> str:
        """Queue a run of tasks; the run's name. One of the same fleet that was interrupted today is gone on with.

        Args:
            fleet: a digest of what is to be done, the same for the same tasks.
        """
        rows = [
            {"fleet": fleet, "assay": self._version, "number": number, "part": int(row.part), "payload": row.payload,
             "size": row.size, "state": State.QUEUED, "taking": 0, "worker": "", "until": 0,
             "token": secrets.token_hex(16), "outcome": "", "closed": 0}
            for number, row in enumerate(tasks)
        ]  # fmt: skip
        name = secrets.token_hex(16)

        def queued(connection: Connection) -> str:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(6175)"))  # two of one fleet at once: one run
            now = clock(connection)
            connection.execute(delete(TASK).where(TASK.c.run.in_(_quiet(now))))
            same = (TASK.c.fleet == fleet, TASK.c.assay == self._version, TASK.c.closed == 0)
            asked = select(TASK.c.run).where(*same).limit(1)
            run: str | None = connection.execute(asked).scalar()
            for start in range(0, 0 if run else len(rows), _STEP):
                connection.execute(insert(TASK), [{"run": name, "begun": now, **row} for row in rows[start:][:_STEP]])
            return run or name

        return self._database.write(queued)

    def take(self, worker: str, lease: float, run: str = "") -> Taken | None:
        """A task for this worker, of one run or of any, to be held for `lease` seconds; None: none waits.

        A worker has one at a time: who asks again gets the same one.
        """

        def taken(connection: Connection) -> Taken | None:
            now = clock(connection)
            own = select(TASK).where(TASK.c.worker == worker, TASK.c.state == State.TAKEN)
            row = connection.execute(own).first()
            if row is None:
                which = (TASK.c.closed == 0, self._ours(run))
                row = _overdue(connection, now, which) or _queued(connection, which)
            if row is None:
                return None
            taking = row.taking + (row.worker != worker or row.state != State.TAKEN)
            values = {"state": State.TAKEN, "taking": taking, "worker": worker, "until": now + int(lease * 1000)}
            connection.execute(update(TASK).where(TASK.c.id == row.id).values(**values))
            return Taken(row.id, row.run, taking, row.token, row.payload)

        return self._database.write(taken)

    def hold(self, task: Taken, lease: float) -> bool:
        """Hold a task for `lease` seconds more; False: it is in other hands, or has ended."""

        def held(connection: Connection) -> bool:
            until = clock(connection) + int(lease * 1000)
            mine = and_(_mine(task), TASK.c.state == State.TAKEN)
            return bool(connection.execute(update(TASK).where(mine).values(until=until)).rowcount)

        return self._database.write(held)

    def finish(self, task: Taken, outcome: str) -> bool:
        """Say what became of a task; False: it is in other hands, and this does not count."""
        values = {"state": State.DONE, "outcome": outcome}
        mine = and_(_mine(task), TASK.c.state.in_((State.TAKEN, State.DONE)))
        return self._database.write(
            lambda connection: bool(connection.execute(update(TASK).where(mine).values(**values)).rowcount)
        )

    def put_back(self, task: Taken) -> None:
        """Let somebody take a task later, after all others that wait: what it needs is not there yet."""
        values = {"state": State.QUEUED, "taking": task.taking - 1, "worker": "", "until": 0, "size": 0}
        mine = and_(_mine(task), TASK.c.state == State.TAKEN)
        self._database.write(lambda connection: connection.execute(update(TASK).where(mine).values(**values)))

    def outcomes(self, run: str, numbers: Collection[int]) -> list[str] | None:
        """The outcomes of some tasks of a run, empty where one was given up; None: not all of them have ended."""
        asked = select(TASK.c.outcome, TASK.c.state).where(TASK.c.run == run, TASK.c.number.in_(numbers))
        found = self._database.read(lambda connection: connection.execute(asked.order_by(TASK.c.number)).all())
        ended = [row.outcome for row in found if row.state in (State.DONE, State.LOST)]
        return ended if len(ended) == len(found) else None

    def left(self, run: str = "") -> int:
        """How many tasks have not ended: of a run, or of all that are open."""
        which = TASK.c.run == run if run else and_(TASK.c.closed == 0, self._ours())
        asked = select(func.count()).select_from(TASK).where(_OPEN, which)
        return int(self._database.read(lambda connection: connection.execute(asked).scalar_one()))

    def others(self) -> tuple[tuple[str, int], ...]:
        """The other versions of assay for which tasks wait here, each with their number."""
        which = (_OPEN, TASK.c.closed == 0, TASK.c.assay != self._version)
        asked = select(TASK.c.assay, func.count()).where(*which).group_by(TASK.c.assay).order_by(TASK.c.assay)
        found = self._database.read(lambda connection: connection.execute(asked).all())
        return tuple((version, number) for version, number in found)

    def _ours(self, run: str = "") -> ColumnElement[bool]:
        """Which tasks a worker of this version may take: of one run, or of any."""
        return and_(TASK.c.assay == self._version, TASK.c.run == run if run else true())

    def done(self, worker: str) -> int:
        """How many outcomes are of workers whose names begin so."""
        mine = and_(TASK.c.worker.startswith(worker, autoescape=True), TASK.c.state == State.DONE, TASK.c.part == 0)
        asked = select(func.count()).select_from(TASK).where(mine)
        return int(self._database.read(lambda connection: connection.execute(asked).scalar_one()))

    def ended(self, run: str) -> list[Ended]:
        """The tasks of a run that have ended, in the order of the run."""

        def asked(connection: Connection) -> list[Ended]:
            mine = and_(TASK.c.run == run, TASK.c.part == 0, TASK.c.state.in_((State.DONE, State.LOST)))
            found = connection.execute(select(TASK).where(mine).order_by(TASK.c.number))
            return [Ended(row.number, row.outcome, row.worker) for row in found]

        return self._database.read(asked)

    def close(self, run: str) -> None:
        """Say that all outcomes of a run were taken down: the same fleet then is a new run."""
        over = update(TASK).where(TASK.c.run == run).values(closed=1)
        self._database.write(lambda connection: connection.execute(over))


def _quiet(now: int) -> Select[tuple[str]]:
    """The runs of which nothing was heard for a day."""
    last = func.max(TASK.c.begun), func.max(TASK.c.until)
    return select(TASK.c.run).group_by(TASK.c.run).having(and_(*(row < now - DAY for row in last)))


def _mine(task: Taken) -> ColumnElement[bool]:
    return and_(TASK.c.id == task.id, TASK.c.taking == task.taking)


def _overdue(connection: Connection, now: int, which: tuple[ColumnElement[bool], ...]) -> Row[Any] | None:
    """A task whose holder was lost; those whose holders were lost too often are given up."""
    late = and_(*which, TASK.c.state == State.TAKEN, TASK.c.until < now)
    connection.execute(update(TASK).where(late, TASK.c.taking >= MOST_TAKINGS).values(state=State.LOST))
    return connection.execute(select(TASK).where(late).limit(1).with_for_update(skip_locked=True)).first()


def _queued(connection: Connection, which: tuple[ColumnElement[bool], ...]) -> Row[Any] | None:
    """The largest task that waits: the last of the index `task_to_take`."""
    asked = select(TASK).where(*which, TASK.c.state == State.QUEUED).order_by(TASK.c.size.desc()).limit(1)
    return connection.execute(asked.with_for_update(skip_locked=True)).first()


def clock(connection: Connection) -> int:
    """The time of the database, in ms of the epoch: the clocks of those who ask may differ."""
    server = connection.dialect.name == "postgresql"
    clock: Any = literal_column(
        "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
        if server
        else "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"  # SQLite, "Date And Time Functions"
    )
    return int(connection.execute(select(clock)).scalar_one())


def worker() -> str:
    """A name for a worker that no other has: who and where, and a number."""
    from assay.registry import user

    return f"{written(user())[:200]} {secrets.token_hex(8)}"
