"""A baseline: a file of known findings, by fingerprint, that no longer block."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from assay import files

SCHEMA = "assay-baseline/1"
MOST = 64 << 20  # bytes of a baseline
_FINGERPRINT = re.compile(r"[0-9a-f]{16}\Z")


def fingerprints(path: Path) -> frozenset[str]:
    """The fingerprints that a baseline file lists (UsageError: it is none)."""
    return frozenset(known(path))


def digest(fingerprints: frozenset[str]) -> str:
    """SHA-256 of the sorted list, in hex: what a dossier records of a baseline."""
    return hashlib.sha256("\n".join(sorted(fingerprints)).encode()).hexdigest()


def known(path: Path) -> dict[str, object]:
    """Each fingerprint of a baseline file with the words beside it (UsageError: it is none)."""
    return files.record(path, MOST, "baseline", SCHEMA, _listed, "make one with  assay baseline write DOSSIER FILE")


def _listed(value: dict[str, object]) -> dict[str, object]:
    rows = value.get("known")
    if not isinstance(rows, dict) or not all(map(_FINGERPRINT.match, rows)):
        raise ValueError("expected fingerprints of 16 hex digits in known")
    return rows
