"""A baseline: a file of known findings of one model, by fingerprint, that no longer block."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from assay import files
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.lazy import dataclass, fits, regex

SCHEMA = "assay-baseline/2"
_FIRST = "assay-baseline/1"  # named no model; its fingerprints of code and bytes held no content, and match nothing now
MOST = 64 << 20  # bytes of a baseline
_FINGERPRINT = regex(r"[0-9a-f]{16}\Z")
# what says that files are not those that were meant, or not all of them: each time anew, for they are others each time
_INTEGRITY = (
    *(f"artifact.{end}" for end in ("absent", "changed", "malformed", "not-as-listed")),
    *(f"artifact.{end}" for end in ("stopped", "unreachable", "unread")),
    "signature.*",
)
_LIMITED = ("error-rate.above-limit",)  # a share that is above its limit may be further above it the next time


@dataclass(frozen=True, slots=True)
class Baseline:
    """Fingerprints with the words beside them, and the name of the model that they are of (empty: of any)."""

    model: str
    known: dict[str, object]


def read(path: Path) -> Baseline:
    """A baseline file (UsageError: it is none)."""
    what, hint = "baseline", "make one with  assay baseline write DOSSIER FILE"
    raw = files.content(path, MOST, what, hint)
    value = files.as_json(raw, path, what, hint)
    first = isinstance(value, dict) and value.get("schema") == _FIRST
    return files.as_record(raw, path, what, _FIRST if first else SCHEMA, _of_any if first else _listed, hint)


def of(dossier: Dossier) -> Baseline:
    """The fails and reviews of a dossier that can be known, for the model of its name."""
    rows = [row for row in dossier.findings if row.kind in (Kind.FAIL, Kind.REVIEW) and listable(row.check)]
    return Baseline(dossier.subject.name, {row.fingerprint: f"{row.kind} {row.check}: {row.message}" for row in rows})


def content(found: Baseline) -> bytes:
    """A baseline as a file."""
    value = {"schema": SCHEMA, "model": found.model, "known": found.known}
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode("ascii")


def is_fingerprint(text: str) -> bool:
    """Whether it is the fingerprint of a finding."""
    return bool(_FINGERPRINT.match(text))


def digest(fingerprints: frozenset[str]) -> str:
    """SHA-256 of the sorted list, in hex: what a dossier records of a baseline."""
    return hashlib.sha256("\n".join(sorted(fingerprints)).encode()).hexdigest()


def listable(check: str) -> bool:
    """Whether findings of the check can be known: none that says that files are not as they should be, or a limit."""
    return not any(fits(check, pattern) for pattern in (*_INTEGRITY, *_LIMITED))


def _of_any(value: dict[str, object]) -> Baseline:
    rows = value.get("known")
    if not isinstance(rows, dict) or not all(map(is_fingerprint, rows)):
        raise ValueError("expected fingerprints of 16 hex digits in known")
    return Baseline("", rows)


def _listed(value: dict[str, object]) -> Baseline:
    model = value.get("model")
    if not isinstance(model, str):
        raise ValueError("expected the name of a model in model, or an empty text for any")
    return Baseline(model, _of_any(value).known)
