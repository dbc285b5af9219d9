"""Baselines in the registry: what of a model somebody accepted as known, when and why, and who took it back.

One counts where it is given: as a file that was written of it, or by its digest, which names its very content. It is of
the model of that name and of content, and what says that files are not those that were meant cannot be on it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable

from sqlalchemy import Connection

from assay.errors import UsageError
from assay.facts.dossier import Dossier
from assay.facts.kept import Known
from assay.policy import baseline
from assay.registry import Registry, standing
from assay.registry.keeping import now
from assay.registry.tables import BASELINE

_COLUMNS = ("id", "model", "dossier", "reason", "by", "at", "ended_by", "ended_at")


def record(registry: Registry, dossier: Dossier, digest: str, reason: str, by: str) -> Known:
    """Record the fails and reviews of a kept dossier as known (UsageError: nothing of it can be known)."""
    found = baseline.of(dossier)
    if not found.known:
        raise UsageError(f"there is nothing to know: nothing of {dossier.subject.name} fails or is to be reviewed")
    row = Known(secrets.token_hex(16), found.model, digest, reason, by, now(), "", "", _known(found.known))
    registry.database.write(lambda connection: take_in(connection, (row,)))
    return row


def listed(connection: Connection, model: str = "", *, every: bool = False) -> list[Known]:
    """The baselines, of one model or of all, oldest first; without `every` those that nobody took back."""
    return [_row(row) for row in standing.listed(connection, BASELINE, model, every=every)]


def counting(registry: Registry, model: str) -> Known | None:
    """The latest baseline of the model of this name that nobody took back; None: there is none."""
    return next(iter(reversed(registry.database.read(lambda connection: listed(connection, model)))), None)


def named(registry: Registry, sha256: str) -> baseline.Baseline:
    """The baseline with this digest, as dossiers record it (UsageError: none that counts has it)."""
    for row in reversed(registry.database.read(listed)):
        found = _baseline(row)
        if baseline.digest(frozenset(found.known)) == sha256:
            return found
    raise UsageError(
        f"no baseline with sha256 {sha256[:64]!r} is kept in {registry.place.shown} and counts (assay baseline list):"
        " give the file"
    )


def take_back(registry: Registry, id: str, by: str) -> Known:
    """Say that a baseline counts no more; it stays on record (UsageError: none, or several, have this number)."""

    def ended(connection: Connection) -> Known:
        gone = standing.ended(listed(connection), id, by, "baseline", "assay baseline list")
        take_in(connection, (gone,))
        return gone

    return registry.database.write(ended)


def take_in(connection: Connection, rows: Iterable[Known]) -> None:
    """Record baselines that are not there yet; one that was taken back elsewhere is taken back."""
    for row in rows:
        values = {name: getattr(row, name) for name in _COLUMNS}
        standing.check(row, values, "baseline")
        if not (row.id and row.model):
            raise UsageError("a baseline's model cannot be kept as it is: it is too long, or is no text")
        if not all(baseline.is_fingerprint(fingerprint) for fingerprint, _ in row.known):
            raise UsageError(f"the baseline {row.id[:40]} is damaged: expected fingerprints of 16 hex digits")
        standing.take_in(connection, BASELINE, row, {**values, "known": json.dumps(row.known)})


def content(row: Known) -> bytes:
    """The same as a file for --baseline."""
    return baseline.content(_baseline(row))


def _baseline(row: Known) -> baseline.Baseline:
    return baseline.Baseline(row.model, dict(row.known))


def _known(found: dict[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((fingerprint, str(words)) for fingerprint, words in found.items()))


def _row(row: object) -> Known:
    values = {name: row[name] for name in _COLUMNS}  # type: ignore[index]
    return Known(**values, known=_known(dict(json.loads(row["known"]))))  # type: ignore[index]
