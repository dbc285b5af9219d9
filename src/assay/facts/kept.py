"""What a registry tells of the audits that it keeps."""

from __future__ import annotations

from enum import StrEnum

from assay.lazy import dataclass


class About(StrEnum):
    """What can be looked for in kept audits."""

    FILE = "file"
    FINDING = "finding"
    LICENCE = "licence"
    BASE = "base"
    WAIVER = "waiver"


@dataclass(frozen=True, slots=True)
class Glance:
    """How one of the five questions stands, as the report's first lines show it: its shape and colour, and a word."""

    question: str
    look: str
    word: str


@dataclass(frozen=True, slots=True)
class KeptAudit:
    """One kept audit: what it was of, what it said, by which rules, and who kept it when (first and last, UTC).

    `dossier` is the SHA-256 of its JSON, `subject` and `files` the digests of the model, as in `Subject`. The counts
    are those of the report's first lines: what blocks, what is to be decided first and besides, what is not known, what
    a waiver or baseline accepts, which checks pass. `latest` says that no later audit of a
    model of this name is kept. `times` counts how often it was kept: the same files under the same rules are one audit.
    `answers` has the questions that were asked, empty where that was not recorded. `inherits` says, where it was asked
    for, what comes to the model from its bases: a verdict, a licence, or that nothing is known of one.
    """

    id: int
    name: str
    reference: str
    dossier: str
    subject: str
    files: str
    verdict: str
    blocking: int
    first: int
    decide: int
    unknown: int
    accepted: int
    passed: int
    policy: str
    policy_sha256: str
    assay: str
    first_kept: str
    last_kept: str
    by: str
    times: int
    latest: bool
    answers: tuple[Glance, ...] = ()
    inherits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Since:
    """The audit of a model before another, and what that has by now: findings to look at that are new, and gone."""

    before: KeptAudit
    new: int
    gone: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where something was found: in which audit, at which file, finding or statement, and what is there."""

    about: About
    place: str
    what: str
    audit: KeptAudit


@dataclass(frozen=True, slots=True)
class FoundFinding:
    """A finding of a kept audit: its number in the registry, then as in `Finding`; `artifact` is its first."""

    id: int
    check: str
    kind: str
    effect: str
    fingerprint: str
    artifact: str
    message: str
    audit: KeptAudit


@dataclass(frozen=True, slots=True)
class Accepted:
    """A waiver in the registry: what `Waiver` has, for which model, who recorded it when, and who took it back when.

    `ended_by` and `ended_at` are empty while it counts; times are UTC.
    """

    id: str
    model: str
    check: str
    artifact: str
    subject: str
    manifest: str
    reason: str
    owner: str
    expires: str
    by: str
    at: str
    ended_by: str
    ended_at: str


@dataclass(frozen=True, slots=True)
class Known:
    """A baseline in the registry: of which model and dossier, why, who recorded it when, and who took it back when.

    `known` are (fingerprint, what was found). `ended_by` and `ended_at` are empty while it counts; times are UTC.
    """

    id: str
    model: str
    dossier: str
    reason: str
    by: str
    at: str
    ended_by: str
    ended_at: str
    known: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Damage:
    """Something kept that is not as it was: which blob or audit, what is wrong, and which audits are concerned."""

    what: str
    wrong: str
    audits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tended:
    """What looking after a registry found or did: how much it keeps, what was damaged, what was taken away."""

    audits: int
    models: int
    blobs: int
    bytes: int
    damaged: tuple[Damage, ...] = ()
    removed_audits: int = 0
    removed_blobs: int = 0
    freed: int = 0
