"""Entries, checkpoints and proofs of a log of audits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One audit: its place (from 0), the SHA-256 of the line before it, the model, the dossier's SHA-256, the verdict, the policy's
    SHA-256, assay's version, and the time that was given (empty: none).
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


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log at one moment: whose, how many entries, the root over them in hex."""

    origin: str
    size: int
    root: str


@dataclass(frozen=True, slots=True)
class Proof:
    """That one entry (its line) is in a log: its place, the path to the root, the checkpoint; with an older checkpoint also that
    the log of then is the beginning of this one. Hashes in hex.
    """

    entry: str
    index: int
    path: tuple[str, ...]
    checkpoint: Checkpoint
    before: Checkpoint | None
    consistency: tuple[str, ...]
