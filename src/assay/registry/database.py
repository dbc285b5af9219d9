"""The database of a registry: opened, made where it is new, moved on where it is old, and its troubles in sentences."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from threading import get_ident
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from assay.errors import UsageError
from assay.registry.place import Place
from assay.registry.tables import HEAD
from assay.secret import concealed

T = TypeVar("T")
WAIT = 60.0  # seconds for which a database that is busy, or has gone away, is tried again
_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = text("SELECT version_num FROM alembic_version")
_WRITES = "assay_writes"
_OTHERS = ("no such column", "no such table", "has no column named")  # SQLite's words
_STATES = ("42703", "42P01")  # undefined column, undefined table (PostgreSQL 15, appendix A)


class Database:
    """A registry's database. A piece of work is a function of a connection, done whole or not at all."""

    def __init__(self, place: Place) -> None:
        self.place = place
        try:
            if place.folder:
                place.folder.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise UsageError(f"the registry {place.folder} cannot be made: {cause.strerror}") from None
        self._engine = _engine(place, get_ident())

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives, seeing one state of the database (UsageError: it cannot be asked)."""
        return self._done(work, writes=False)

    def write(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives after all that it wrote is kept. It may be done again, where a server went away."""
        return self._done(work, writes=True)

    def version(self) -> str | None:
        """The migration that the tables are at; None: there are none."""

        def asked(connection: Connection) -> str | None:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.execute(_VERSION).scalar()
            return found

        return self.read(asked)

    def expected(self) -> None:
        """UsageError where the tables are not those of this version: older ones are to be moved on, newer ones left."""
        found = self.version()
        if found is None:
            self.migrate()
        elif found != HEAD:
            raise UsageError(self._other(found))

    def migrate(self, *, copy: bool = False) -> tuple[str | None, str]:
        """Move the tables on to this version's; the versions before and after (UsageError: they are newer).

        Args:
            copy: keep a copy of a database in a file beside it, named by the version that it is at.
        """
        from alembic import command

        before = self.version()
        if before is not None and before not in _known():
            raise UsageError(self._other(before))
        if before == HEAD:
            return before, HEAD
        if copy and before and self.place.file:
            _copied(self.place.file, before)

        def moved(connection: Connection) -> None:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(6174)"))  # two that start at once: one makes them
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

        self.write(moved)
        return before, HEAD

    def _other(self, found: str) -> str:
        if found in _known():
            return f"the registry {self.place.shown} is of an older assay: move it on with  assay registry migrate"
        return (
            f"the registry {self.place.shown} is of a newer assay (its tables are at {found[:20]!r}, this version knows"
            f" up to {HEAD!r}): update assay"
        )

    def _done(self, work: Callable[[Connection], T], *, writes: bool) -> T:
        until = time.monotonic() + WAIT
        while True:
            try:
                with self._engine.connect().execution_options(**{_WRITES: writes}) as connection, connection.begin():
                    return work(connection)
            except DBAPIError as cause:
                if not _passes(cause) or time.monotonic() > until:
                    raise UsageError(self._said(cause)) from None
                time.sleep(random.uniform(0.05, 0.5))  # noqa: S311 - not all who were sent away come back at once
            except SQLAlchemyError as cause:
                raise UsageError(self._said(cause)) from None

    def _said(self, cause: Exception) -> str:
        first = str(getattr(cause, "orig", None) or cause).strip().splitlines() or [type(cause).__name__]
        return f"the registry {self.place.shown} cannot be used: {concealed(first[0])}{_hint(cause, self.place)}"


def _hint(cause: Exception, place: Place) -> str:
    said = str(cause)
    state = getattr(getattr(cause, "orig", None), "sqlstate", None)
    if state in _STATES or any(words in said for words in _OTHERS):
        return (
            "; its tables are not those of this version, though they say so: name another with --registry, and bring"
            " the audits over by  assay registry export  of the assay that made it and  assay registry import"
        )
    if place.folder is None:
        return "; is the server there, and the URL right?" if isinstance(cause, OperationalError) else ""
    if "file is not a database" in said or "malformed" in said:
        return f"; {place.file} is damaged or is none: put a copy back, or name another folder with --registry"
    if "readonly" in said or "unable to open" in said or "disk is full" in said:
        return f"; {place.folder} must be a folder that can be written, with room left"
    return ""


def _passes(cause: DBAPIError) -> bool:
    """Whether it may go better the next time: a lock, a server that restarts, a connection that was cut."""
    if cause.connection_invalidated or isinstance(cause, InterfaceError):
        return True
    original = cause.orig
    if isinstance(original, sqlite3.Error):
        code = getattr(original, "sqlite_errorcode", 0) & 0xFF
        return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    state = getattr(original, "sqlstate", None) or ""
    # PostgreSQL 15, appendix A: connection exceptions, serialisation and deadlocks, operator intervention
    return isinstance(cause, OperationalError) and (not state or state[:2] in ("08", "40", "57"))


@lru_cache(8)  # of a fleet's model after model: what was compiled of each statement stays with it, connections do not
def _engine(place: Place, thread: int) -> Engine:
    """The engine of a thread: who closes one must not close those that another has connections of."""
    if place.folder is None:
        try:
            url = make_url(place.url)
            # a prepared statement is planned without its values in the end, and then goes through whole tables
            arguments = {"connect_timeout": 5, "prepare_threshold": None}
            return create_engine(url, pool_pre_ping=True, connect_args=arguments, hide_parameters=True)
        except ModuleNotFoundError:
            raise UsageError(
                "a registry in PostgreSQL needs an extra: install it with  pip install 'openassay[postgresql]'"
            ) from None
        except (SQLAlchemyError, ValueError) as cause:
            raise UsageError(f"the registry's URL cannot be read: {concealed(str(cause))}") from None
    engine = create_engine(
        URL.create("sqlite", database=str(place.file)), connect_args={"timeout": WAIT}, hide_parameters=True
    )
    event.listen(engine, "connect", _prepared)
    event.listen(engine, "begin", _begun)
    return engine


def _prepared(raw: Any, _record: object) -> None:
    """A connection to SQLite: transactions as we say, every commit on disk, readers beside one writer."""
    raw.isolation_level = None
    with suppress(sqlite3.OperationalError):  # a file system or a folder that cannot have it; it works without
        raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=FULL")
    raw.execute("PRAGMA foreign_keys=ON")


def _begun(connection: Connection) -> None:
    """Who will write says so at once: to ask for it later fails where another wrote in between (SQLite, "BEGIN")."""
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _copied(file: Path, version: str) -> None:
    """A whole copy of a database that others may be writing to (sqlite3, "Connection.backup")."""
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(f"{file}.{version}")) as target:
        source.backup(target)


def _config() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _known() -> Iterator[str]:
    """The versions of tables that this assay knows."""
    from alembic.script import ScriptDirectory

    return (step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions())


@contextmanager
def opened(place: Place) -> Iterator[Database]:
    """The database at `place`, with this version's tables (UsageError: it has others, or cannot be opened)."""
    database = Database(place)
    try:
        database.expected()
        yield database
    finally:
        database.close()
