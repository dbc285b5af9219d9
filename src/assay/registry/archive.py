"""A registry as one file: a tar of what it keeps, that another registry takes in, whatever database either has.

`registry.json` says which dossiers were kept when and by whom, and what belongs to each; the rest is blobs under their
SHA-256. Taking in the same file twice changes nothing.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, select

from assay.errors import Stopped, UsageError
from assay.facts.codec import canonical, decode
from assay.facts.kept import Accepted, Known
from assay.files import as_record
from assay.lazy import dataclass
from assay.progress import Progress
from assay.registry import Registry, accepting, baselines, decoded
from assay.registry.blobs import MOST, Damaged
from assay.registry.keeping import ROLES, keep, time_of
from assay.registry.rows import written
from assay.registry.tables import AUDIT, BLOB, KEEPING
from assay.text.instant import instant

AHEAD = timedelta(hours=1)  # for so long two machines' clocks may differ
SCHEMA = "assay-registry/1"
INDEX = "registry.json"


@dataclass(frozen=True, slots=True)
class Once:
    """One time that an audit was kept."""

    token: str
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class Blob:
    """A file that belongs to an audit: what it is, and its SHA-256."""

    role: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A kept audit: its files, the dossier among them, and when it was kept, oldest first."""

    blobs: tuple[Blob, ...]
    kept: tuple[Once, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """Everything that the file holds."""

    schema: str
    audits: tuple[Entry, ...]
    accepted: tuple[Accepted, ...]
    baselines: tuple[Known, ...]


def write(registry: Registry, stream: BinaryIO, progress: Progress | None = None) -> Index:
    """Write everything that is kept; what is damaged ends it (UsageError), so that no half of it passes for all."""
    index = registry.database.read(_index)
    names = dict.fromkeys(blob.sha256 for entry in index.audits for blob in entry.blobs)
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, INDEX, canonical(index))
        for done, name in enumerate(names, 1):
            try:
                _add(tar, name, registry.store.get(name))
            except Damaged as cause:
                raise UsageError(
                    f"cannot export: the kept file {name} is damaged ({cause}); assay registry check says whose it is"
                ) from None
            if progress and progress("exporting", done, len(names), "files"):
                raise Stopped("exporting", done, len(names), "files")
    return index


def take_in(registry: Registry, path: Path, progress: Progress | None = None) -> int:
    """Keep every audit of an exported registry; how many (UsageError: it is none, or damaged)."""
    try:
        with tarfile.open(path, "r:") as tar:
            source = _Source(tar, path)
            _been(source.index, path)
            for done, entry in enumerate(source.index.audits, 1):
                _keep(registry, entry, source)
                if progress and progress("importing", done, len(source.index.audits), "audits"):
                    raise Stopped("importing", done, len(source.index.audits), "audits")
            registry.database.write(lambda connection: accepting.take_in(connection, source.index.accepted))
            registry.database.write(lambda connection: baselines.take_in(connection, source.index.baselines))
    except (tarfile.TarError, OSError, EOFError, ValueError, RecursionError) as cause:  # headers may say anything
        raise UsageError(f"{path} is no exported registry: {cause}") from None
    return len(source.index.audits)


class _Source:
    """What an exported registry holds; every blob is held against its digest."""

    def __init__(self, tar: tarfile.TarFile, path: Path) -> None:
        self._tar, self._path = tar, path
        self._members = {member.name: member for member in tar if member.isfile()}
        self.index = as_record(self._read(INDEX), path, "exported registry", SCHEMA, partial(decode, Index))

    def blob(self, sha256: str) -> bytes:
        """The bytes of a digest."""
        raw = self._read(sha256)
        if hashlib.sha256(raw).hexdigest() != sha256:
            raise UsageError(f"{self._path} is damaged: its file {sha256[:80]} has another digest")
        return raw

    def _read(self, name: str) -> bytes:
        member = self._members.get(name)
        stream = self._tar.extractfile(member) if member and member.size <= MOST else None
        if stream is None:
            raise UsageError(f"{self._path} is no whole registry: it holds no {name[:80]} of at most {MOST:,} bytes")
        return stream.read()


def _keep(registry: Registry, entry: Entry, source: _Source) -> None:
    files = {blob.role: source.blob(blob.sha256) for blob in entry.blobs if blob.role in ROLES}
    if "dossier" not in files or not entry.kept:
        raise UsageError("the exported registry is damaged: an audit is without its dossier, or was never kept")
    dossier = decoded(files["dossier"], "an exported audit")
    for once in entry.kept:
        keep(
            registry.database,
            registry.store,
            dossier,
            files,
            by=once.by,
            at=time_of(once.at),
            token=written(once.token)[:32],
        )


def _been(index: Index, path: Path) -> None:
    """UsageError: an audit was kept in time to come, until when it would stay the latest, whatever is kept here."""
    soon = instant(datetime.now(UTC) + AHEAD)
    times = (*(once.at for entry in index.audits for once in entry.kept), *(row.at for row in index.baselines))
    late = next((at for at in times if time_of(at) > soon), "")
    if late:
        raise UsageError(
            f"{path} has what was kept at {late}, which is still to come: it would hide what is kept before that;"
            " correct the clock, here or where it was exported"
        )


def _add(tar: tarfile.TarFile, name: str, raw: bytes) -> None:
    """A member without time or owner: the same registry is the same file."""
    member = tarfile.TarInfo(name)
    member.size = len(raw)
    tar.addfile(member, io.BytesIO(raw))


def _index(connection: Connection) -> Index:
    kept: dict[int, list[Once]] = {}
    for row in connection.execute(select(KEEPING).order_by(KEEPING.c.at, KEEPING.c.token)):
        kept.setdefault(row.audit_id, []).append(Once(row.token, row.at, row.by))
    files: dict[int, list[Blob]] = {}
    for row in connection.execute(select(BLOB).order_by(BLOB.c.role)):
        files.setdefault(row.audit_id, []).append(Blob(row.role, row.sha256))
    ids = connection.execute(select(AUDIT.c.id).order_by(AUDIT.c.dossier)).scalars()
    entries = tuple(Entry(tuple(files.get(id, ())), tuple(kept.get(id, ()))) for id in ids)
    return Index(
        SCHEMA,
        entries,
        tuple(accepting.accepted(connection, every=True)),
        tuple(baselines.listed(connection, every=True)),
    )
