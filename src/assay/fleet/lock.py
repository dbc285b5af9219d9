"""`assay.lock`: a line for each model of a fleet, which reviews and code scanning can point at.

JSON lines after one that names the schema, in the order of the references; the same fleet gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from assay.errors import UsageError
from assay.facts.codec import Mismatch, decode, encode
from assay.facts.fleet import FleetRow, LockRow
from assay.files import json_lines, text

SCHEMA = "assay-lock/1"
NAME = "assay.lock"
MOST = 256 << 20  # bytes of a lock
_EXAMPLE = '{"model": "NAME", "reference": "...", "files": "...", "verdict": "PASSED", ...}'


def locked(rows: Iterable[FleetRow], base: Path) -> tuple[LockRow, ...]:
    """What a lock says of audited models; folders are named from `base`, so that the file is the same everywhere."""
    found = [
        LockRow(
            row.audit.name,
            shown(row, base),
            row.audit.files,
            row.audit.verdict,
            row.audit.policy,
            row.audit.dossier,
            row.audit.policy_sha256,
        )
        for row in rows
        if row.audit
    ]
    return tuple(sorted(found, key=lambda row: row.reference))


def shown(row: FleetRow, base: Path) -> str:
    """Where a model comes from: a hub's with its commit, a folder from `base`."""
    if row.audit and row.audit.reference:
        return row.audit.reference
    if "://" in row.reference:  # no path: it would lose a stroke
        return row.reference
    path = Path(row.reference)
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else row.reference


def encoded(rows: Iterable[LockRow]) -> bytes:
    """The file."""
    lines = [{"schema": SCHEMA}, *(encode(row) for row in rows)]
    return "".join(f"{json.dumps(line, sort_keys=True)}\n" for line in lines).encode("ascii")


def read(path: Path) -> tuple[LockRow, ...]:
    """The models of a lock (UsageError: it is none, or of another version)."""
    raw = text(path, MOST, "lock", "write one with  assay fleet audit")
    rows = list(json_lines(raw, path, _EXAMPLE))
    schema = rows[0][1].get("schema") if rows else None
    if schema != SCHEMA:
        raise UsageError(
            f"{path} is no lock that this version reads: expected schema {SCHEMA!r}, got {str(schema)[:80]!r}"
        )
    found: list[LockRow] = []
    seen: set[str] = set()
    for where, value in rows[1:]:
        try:
            row = decode(LockRow, value)
        except Mismatch as cause:
            raise UsageError(f"{where} is damaged: {cause}") from None
        if row.reference in seen:  # else the later line would take the place of what a review saw
            raise UsageError(f"{where} is damaged: {row.reference[:200]!r} has a line already")
        seen.add(row.reference)
        found.append(row)
    return tuple(found)


def otherwise(rows: Iterable[LockRow], kept: Iterable[LockRow]) -> tuple[str, ...]:
    """How models differ from a lock, a sentence each: other files, other rules, not in it, only in it."""
    now, then = {row.reference: row for row in rows}, {row.reference: row for row in kept}
    found = [
        f"{name}: its files are not those of the lock (sha256 {row.files[:12]}, locked {then[name].files[:12]})"
        for name, row in now.items()
        if name in then and row.files != then[name].files
    ]
    found += [
        f"{name}: its policy is not that of the lock ({_rules(row)}, locked {_rules(then[name])})"
        for name, row in now.items()
        if name in then and _rules(row) != _rules(then[name])
    ]
    found += [f"{name}: the lock does not have it" for name in now if name not in then]
    return (*found, *(f"{name}: it is in the lock alone" for name in then if name not in now))


def _rules(row: LockRow) -> str:
    """A policy by its name and content: any file may have any name."""
    return f"{row.policy!r}, sha256 {row.policy_sha256[:12]}"
