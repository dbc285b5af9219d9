"""A baseline: a file of known findings, by fingerprint, that no longer block."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from assay.errors import UsageError

SCHEMA = "assay-baseline/1"
_FINGERPRINT = re.compile(r"[0-9a-f]{16}\Z")


def fingerprints(path: Path) -> frozenset[str]:
    """The fingerprints that a baseline file lists (UsageError: it is none)."""
    return frozenset(known(path))


def digest(fingerprints: frozenset[str]) -> str:
    """SHA-256 of the sorted list, in hex: what a dossier records of a baseline."""
    return hashlib.sha256("\n".join(sorted(fingerprints)).encode()).hexdigest()


def known(path: Path) -> dict[str, object]:
    """Each fingerprint of a baseline file with the words beside it (UsageError: it is none)."""
    try:
        value = json.loads(path.read_bytes())
    except OSError as cause:
        raise UsageError(f"cannot read baseline {path}: {cause.strerror}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"baseline {path} is not JSON") from None
    rows = value.get("known") if isinstance(value, dict) else None
    if not isinstance(rows, dict) or value.get("schema") != SCHEMA or not all(map(_FINGERPRINT.match, rows)):
        raise UsageError(f"{path} is no baseline: expected schema {SCHEMA!r} and fingerprints of 16 hex digits")
    return rows
