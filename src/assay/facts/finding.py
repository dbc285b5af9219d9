"""Findings: the answers of checks, each with the evidence that supports it."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from assay.lazy import dataclass


class Kind(StrEnum):
    """SARIF 2.1.0 result.kind, section 3.27.9; assay adds no value of its own."""

    FAIL = "fail"
    REVIEW = "review"
    OPEN = "open"
    INFORMATIONAL = "informational"
    PASS = "pass"  # noqa: S105 - a kind, not a password
    NOT_APPLICABLE = "notApplicable"


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines as they stand in a text: the number (from 1) of the first and of the one that is meant, and their text.

    Long lines are cut, with dots; a line that holds a credential is replaced by a sentence that says so.
    """

    first: int
    marked: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where to look in an artifact, and what was seen there.

    `start` and `stop` are absolute byte offsets (stop exclusive), `line` counts from 1, `pointer` is a JSON
    pointer or metadata key, `name` identifies the tensor, token or import. The pipeline fills in `excerpt`, the hex of
    up to 16 bytes at `start`, and for what a report shows one by one `passage`, the lines around a line or a setting.
    """

    artifact: str
    seen: str = ""
    start: int | None = None
    stop: int | None = None
    line: int | None = None
    pointer: str | None = None
    name: str | None = None
    excerpt: str | None = None
    passage: Passage | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a check says. `message` is one sentence without a full stop; `remedy` says what to do about it.

    `follows` is the check whose open answer about the same files is the reason for this one, where there is one.
    `content` is a digest of exactly what was found, where the answer is about less than the whole of its files: what
    accepting it accepts. It goes into the fingerprint and nowhere else.
    """

    kind: Kind
    message: str
    evidence: tuple[Evidence, ...] = ()
    remedy: str = ""
    follows: str = ""
    content: str = ""


def passed(message: str, *evidence: Evidence) -> Answer:
    """The question was examined and the answer is the good one."""
    return Answer(Kind.PASS, message, evidence)


def fail(message: str, *evidence: Evidence, remedy: str = "", content: str = "") -> Answer:
    """The defect is there, and here is where to look."""
    return Answer(Kind.FAIL, message, evidence, remedy, content=content)


def review(message: str, *evidence: Evidence, remedy: str = "", content: str = "") -> Answer:
    """A person has to decide; the remedy says what closes it."""
    return Answer(Kind.REVIEW, message, evidence, remedy, content=content)


def unknown(message: str, *evidence: Evidence, remedy: str = "") -> Answer:
    """The question could not be answered from what there is (SARIF kind `open`)."""
    return Answer(Kind.OPEN, message, evidence, remedy)


def informational(message: str, *evidence: Evidence) -> Answer:
    """Worth knowing, neither good nor bad."""
    return Answer(Kind.INFORMATIONAL, message, evidence)


class Effect(StrEnum):
    """What the policy made of a finding."""

    BLOCKS = "blocks"
    INCOMPLETE = "leaves the audit incomplete"
    DECIDES = "waits for a decision"
    WAIVED = "waived"
    KNOWN = "known from the baseline"
    NONE = "none"


DECIDING = (Effect.BLOCKS, Effect.INCOMPLETE, Effect.DECIDES)  # of findings for which a verdict is not PASSED


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer with the permanent id of the check that gave it, its fingerprint, and the policy's effect.

    `remedy` is empty where the rule's own says what to do; `Dossier.remedy` gives the one that holds. An open finding
    that `follows` from that of another check is settled with it, and does not count by itself.
    """

    check: str
    kind: Kind
    message: str
    evidence: tuple[Evidence, ...]
    remedy: str
    fingerprint: str
    effect: Effect = Effect.NONE
    follows: str = ""


def fingerprint(check: str, answer: Answer, occurrence: int = 0) -> str:
    """Sixteen hex digits that stay the same across runs, machines, versions and re-saved files.

    Built from the check, the kind, the named places of the evidence and the content that was found; never from offsets
    or the message, so that a baseline survives both a moved payload and a reworded message, and no other payload.
    """
    places = sorted(f"{e.artifact}\0{e.pointer or ''}\0{e.name or ''}" for e in answer.evidence)
    content = [f"content\0{answer.content}"] if answer.content else []
    body = "\1".join([check, answer.kind, *places, *content, *([str(occurrence)] if occurrence else [])])
    return hashlib.sha256(body.encode("utf-8", "backslashreplace")).hexdigest()[:16]
