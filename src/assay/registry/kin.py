"""The relatives of a model among all that are kept: found by codes of 512 bytes, and told by the fingerprints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from assay.errors import UsageError
from assay.facts.kept import KeptAudit
from assay.facts.kin import Relative, Relatives
from assay.lazy import dataclass
from assay.registry import Registry
from assay.registry.blobs import Damaged
from assay.registry.tables import BLOB, CODE, MODEL
from assay.weights.codes import Codes, codes, shelf
from assay.weights.codes import alike as nearest
from assay.weights.fingerprint import Fingerprint, kinship
from assay.weights.fingerprint_files import kept

_ROLE = "fingerprint"


def code(raw: bytes) -> dict[str, Any] | None:
    """The row of a fingerprint; None: it is none that can be read, and says nothing of kin."""
    try:
        found = codes(kept(raw))
    except UsageError:
        return None
    return {"layers": found.layers, "fixed": found.fixed, "free": found.free}


def row(connection: Connection, id: int) -> dict[str, Any] | None:
    """The same as it is kept of an audit."""
    found = connection.execute(select(CODE.c.layers, CODE.c.fixed, CODE.c.free).where(CODE.c.audit_id == id)).first()
    return dict(found._mapping) if found else None


def fingerprint(registry: Registry, audit: KeptAudit) -> Fingerprint:
    """The kept fingerprint of a model (UsageError: it has none, or it is damaged)."""

    def asked(connection: Connection) -> str | None:
        wanted = select(BLOB.c.sha256).where(BLOB.c.audit_id == audit.id, BLOB.c.role == _ROLE)
        found: str | None = connection.execute(wanted).scalar()
        return found

    digest = registry.database.read(asked)
    if digest is None:
        raise UsageError(
            f"no fingerprint of {audit.name} is kept: it has no feed-forward layers that are known, or it was kept"
            " before fingerprints were; audit it again with --keep"
        )
    try:
        return kept(registry.store.get(digest))
    except Damaged as cause:
        raise UsageError(f"the kept fingerprint of {audit.name}, sha256 {digest}, is damaged: {cause}") from None


@dataclass(frozen=True, slots=True)
class Like:
    """A model that a code is like: its audit, layers at the same place, winners that are the same."""

    audit: int
    layers: int
    winners: int


def alike(connection: Connection, one: Codes) -> tuple[int, list[Like]]:
    """How many latest audits have a code, and those that this one is like, the likeliest first."""
    ids, others = coded(connection)
    if not ids:
        return 0, []
    return len(ids), [Like(ids[at], layers, winners) for at, layers, winners in nearest(one, shelf(others))]


def coded(connection: Connection, *where: ColumnElement[bool]) -> tuple[list[int], list[Codes]]:
    """The latest audits that have a code, and their codes."""
    asked = select(CODE.c.audit_id, CODE.c.layers, CODE.c.fixed, CODE.c.free)
    rows = connection.execute(asked.join(MODEL, MODEL.c.audit_id == CODE.c.audit_id).where(*where)).all()
    return [found[0] for found in rows], [Codes(*found[1:]) for found in rows]


def relatives(registry: Registry, model: Fingerprint, *, without: int | None = None, most: int = 20) -> Relatives:
    """Who among the kept models is like `model`.

    Args:
        without: the audit of the model itself.
        most: of how many the fingerprints are compared.
    """
    compared, found = registry.database.read(lambda connection: alike(connection, codes(model)))
    rows = [like for like in found if like.audit != without]
    models = registry.database.read(
        lambda connection: connection.execute(select(func.count(MODEL.c.name))).scalar_one()
    )
    told = _told(registry, model, rows, most)
    return Relatives(model.name, compared - (without is not None), models - compared, tuple(told))


def _told(registry: Registry, model: Fingerprint, rows: list[Like], most: int) -> Iterable[Relative]:
    for number, like in enumerate(rows):
        audit = registry.audit(like.audit)
        told = kinship(model, fingerprint(registry, audit)) if number < most else None
        yield Relative(audit, like.layers, like.winners, told)
