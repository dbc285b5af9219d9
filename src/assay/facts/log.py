"""Entries, checkpoints and proofs of a log of audits."""

from __future__ import annotations

from assay.lazy import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One audit in a log.

    `index` counts from 0, `before` is the SHA-256 of the line before it, `sha256` and `files_sha256` are the model's
    digests, `dossier` and `policy` are SHA-256 too, `assay` is the version, and `time` what was given (empty: none).
    Lines that were written before there was a `files_sha256` have none.
    """

    index: int
    before: str
    name: str
    sha256: str
    dossier: str
    verdict: str
    policy: str
    assay: str
    time: str
    files_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log at one moment: whose, how many entries, the root over them in hex."""

    origin: str
    size: int
    root: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Proof that an entry is in a log: its line, its index, the path to the root, and the checkpoint.

    With an older checkpoint also that the log of then is the beginning of this one. Hashes in hex.
    """

    entry: str
    index: int
    path: tuple[str, ...]
    checkpoint: Checkpoint
    before: Checkpoint | None
    consistency: tuple[str, ...]
