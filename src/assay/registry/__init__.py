"""Audits kept, asked and compared: a database of what was found, and the dossiers under their digests beside it."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from assay.errors import MissingExtra, UsageError
from assay.facts.codec import canonical
from assay.facts.dossier import Dossier
from assay.facts.kept import About, FoundFinding, Hit, KeptAudit, Since
from assay.registry.place import Place, place

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from assay.facts.kin import Descent, Families, Relatives
    from assay.registry.blobs import Blobs
    from assay.registry.database import Database
    from assay.registry.finding import Asked
    from assay.weights.fingerprint import Fingerprint

__all__ = ["Registry", "beside", "is_there", "open", "place", "user"]

T = TypeVar("T")


class Registry:
    """The audits that are kept in one place. Made by `open`."""

    def __init__(self, place: Place, database: Database, store: Blobs) -> None:
        self.place, self.database, self.store = place, database, store

    def keep(
        self, dossier: Dossier, beside: Mapping[str, bytes] | None = None, *, by: str = "", token: str = ""
    ) -> KeptAudit:
        """Keep a dossier, and what belongs to it; the same one again is the same audit, kept once more.

        Args:
            beside: files by role: `bom`, `histograms`, `fingerprint`, `signature`, `facts` (what was read).
            by: who keeps it, by default this user on this machine.
            token: names this keeping: what was kept under it already is given instead, and nothing is kept again.
        """
        from assay.registry.keeping import keep

        files = {"dossier": canonical(dossier), **(beside or {})}
        return self.audit(keep(self.database, self.store, dossier, files, by=by or user(), token=token))

    def audits(self, *words: str, every: bool = False, most: int = 50) -> list[KeptAudit]:
        """The latest audit of each model, or `every` one, newest first, that fits the words of a query.

        Words are as `assay list` takes them: `verdict:failed`, `licence:apache-2.0`, `finding:pickle.*`.
        """
        from assay.registry.asking import audits

        return self._asked(lambda connection: audits(connection, words, every=every, most=most))

    def find(self, about: About, value: str, *, every: bool = False, most: int = 50) -> list[Hit]:
        """The models that have a file (by SHA-256), finding, licence, base or waiver, newest first."""
        from assay.registry.asking import find

        return self._asked(lambda connection: find(connection, about, value, every=every, most=most))

    def findings(self, asked: Asked, *, most: int = 50) -> list[FoundFinding]:
        """Findings of the latest audit of each model, newest first."""
        from assay.registry.finding import findings

        return self._asked(lambda connection: findings(connection, asked, most))

    def history(self, name: str, most: int = 50) -> list[KeptAudit]:
        """The audits of one model, newest first (UsageError: none is kept)."""
        from assay.registry.asking import history

        return self._asked(lambda connection: history(connection, name, most))

    def latest(self, name: str) -> KeptAudit | None:
        """The latest audit of the model of this very name; None: none is kept."""
        from assay.registry.asking import latest

        return self._asked(lambda connection: latest(connection, name))

    def one(self, which: str) -> KeptAudit:
        """The audit that is meant by a model's name, `NAME~1` (the one before its latest), or a dossier's digest."""
        from assay.registry.asking import one

        return self._asked(lambda connection: one(connection, which))

    def count(self, name: str) -> int:
        """How many audits of a model are kept."""
        from assay.registry.asking import count

        return self._asked(lambda connection: count(connection, name))

    def dossier(self, audit: KeptAudit) -> Dossier:
        """A kept dossier, verified (UsageError: it is damaged)."""
        from assay.registry.blobs import Damaged

        try:
            return decoded(self.store.get(audit.dossier), audit.name)
        except Damaged as cause:
            raise UsageError(
                f"the kept dossier of {audit.name}, sha256 {audit.dossier}, is damaged: {cause};"
                " audit the model again with --keep, or put the store's copy back"
            ) from None

    def under(self, token: str) -> KeptAudit | None:
        """The audit that was kept under a token; None: none was."""
        from assay.registry.keeping import under

        id = under(self.database, token)
        return None if id is None else self.audit(id)

    def seen(self, key: str, states: Collection[str], *, by: str = "", token: str = "") -> KeptAudit | None:
        """The audit of what was in such a state when it was asked for by this key, counted once more; None: none is."""
        from assay.registry.keeping import again, seen

        id = seen(self.database, key, states)
        if id is None:
            return None
        again(self.database, id, by=by or user(), token=token)
        return self.audit(id)

    def has_seen(self, key: str, states: Collection[str]) -> bool:
        """Whether `seen` or `read_before` would find something; nothing is counted."""
        from assay.registry.keeping import seen

        return bool(key) and seen(self.database, key, states) is not None

    def read_before(self, key: str, states: Collection[str]) -> dict[str, bytes]:
        """What was read of a model in such a state when asked for by this key: files by role, `facts` among them.

        Empty: it is not kept, or damaged.
        """
        from assay.registry.asking import blobs
        from assay.registry.blobs import Damaged
        from assay.registry.keeping import READ, seen

        id = seen(self.database, key, states) if key else None
        names = {} if id is None else self._asked(lambda connection: blobs(connection, id, READ))
        try:
            return {role: self.store.get(name) for role, name in names.items()} if "facts" in names else {}
        except Damaged:
            return {}

    def remember(self, key: str, state: str, audit: KeptAudit) -> None:
        """Let `seen` find this audit while what it is of stays in this state."""
        from assay.registry.keeping import remember

        remember(self.database, key, state, audit.id)

    def relatives(self, model: Fingerprint | KeptAudit, *, most: int = 20) -> Relatives:
        """The kept models that share their origin with a model, or with a kept one (UsageError: it has no fingerprint).

        Args:
            most: of how many that are like it the fingerprints are compared.
        """
        from assay.registry.kin import fingerprint, relatives

        if isinstance(model, KeptAudit):
            return relatives(self, fingerprint(self, model), without=model.id, most=most)
        return relatives(self, model, most=most)

    def as_of(self, time: str) -> list[KeptAudit]:
        """The latest audit of each model at a time, as registries write it (2026-11-27T03:05:07Z)."""
        from assay.registry.asking import as_of

        return self._asked(lambda connection: as_of(connection, time))

    def descents(self, audits: Sequence[KeptAudit]) -> list[Descent]:
        """What each of these comes from: its bases as far as they are stated, compared or kept, and what is known."""
        from assay.registry.descent import descents

        return self._asked(lambda connection: descents(connection, audits))

    def since(self, audits: Sequence[KeptAudit]) -> dict[int, Since]:
        """What became of each of these, which are the latest of their models, since the audit before, by id."""
        from assay.registry.since import since

        return self._asked(lambda connection: since(connection, audits))

    def families(self, most: int = 10_000) -> Families:
        """The kept models, the `most` that were kept last, as trees of families."""
        from assay.registry.family import families

        return self._asked(lambda connection: families(connection, most=most))

    def audit(self, id: int) -> KeptAudit:
        """The audit of this id."""
        from assay.registry.asking import by_id

        return self._asked(lambda connection: by_id(connection, id))

    def _asked(self, work: Callable[[Connection], T]) -> T:
        return self.database.read(work)


def decoded(raw: bytes, name: str) -> Dossier:
    """The dossier of a kept audit, which `name` names, from its JSON (UsageError: this version does not read it)."""
    from assay.files import json_value
    from assay.pipeline.dossier import dossier

    try:
        return dossier(json_value(raw))
    except (UsageError, ValueError) as cause:
        raise UsageError(f"the kept dossier of {name} is none that this version reads: {cause}") from None


def beside(
    dossier: Dossier,
    model: str,
    before: Mapping[str, bytes] | None = None,
    made: Callable[[], Fingerprint | None] | None = None,
) -> dict[str, bytes]:
    """What is kept beside the dossier of a model: `bom`, and where there are any `signature` and `fingerprint`.

    Args:
        before: what `Registry.read_before` gave for the same files: it is kept again, and no weights are read.
        made: makes the fingerprint of what was read; without it the model is opened once more.
    """
    from assay.registry.companions import beside as all_of

    return all_of(dossier, model, before or {}, made)


def is_there(where: str = "") -> bool:
    """Whether a registry is at a place: a server is taken to be, a folder if it holds a database."""
    file = place(where).file
    return file is None or file.is_file()


def _there(found: Place) -> None:
    if found.file is not None and not found.file.is_file():
        raise UsageError(f"no audits are kept in {found.shown}: keep the first with  assay audit MODEL --keep")


@contextmanager
def _extra() -> Iterator[None]:
    try:
        yield
    except ImportError:
        raise MissingExtra("registry", "keeping audits") from None


@contextmanager
def open(where: str = "", *, new: bool = False) -> Iterator[Registry]:
    """The registry at a place (`assay.registry.place.place` says which there are).

    Args:
        new: make it if it is not there.

    Raises:
        UsageError: it is not there, is of another version, or cannot be used.
    """
    found = place(where)
    if not new:
        _there(found)
    with _extra():
        from assay.registry.blobs import blobs
        from assay.registry.database import opened
    with opened(found) as database:
        yield Registry(found, database, blobs(found.store))


def migrated(where: str = "") -> tuple[str | None, str]:
    """Move the tables of a registry on; the versions before and after. A SQLite database is copied first.

    Raises UsageError: there is none, or it is of a newer version.
    """
    found = place(where)
    _there(found)
    with _extra():
        from assay.registry.database import Database
        from assay.registry.tending import complete
    database = Database(found)
    try:
        moved = database.migrate(copy=True)
    finally:
        database.close()
    if moved[0] and moved[0] != moved[1]:
        with open(where) as registry:
            complete(registry)
    return moved


def user() -> str:
    """Who is at work here: the user's name at the machine's, or `ASSAY_USER` where that is set."""
    named = os.environ.get("ASSAY_USER", "")
    try:
        return named or f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # a container whose user has no name
        return f"uid {os.getuid()}@{socket.gethostname()}"
