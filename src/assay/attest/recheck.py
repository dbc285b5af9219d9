"""A dossier beside the model that it is about: the files, what was signed, and the audit done again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay.attest import statements
from assay.attest.model import Expected, judged
from assay.errors import InputError, UsageError
from assay.facts.artifact import Artifact
from assay.facts.attestation import Attested, Recheck, Rules
from assay.facts.codec import sha256
from assay.facts.dossier import QUESTIONS, Dossier
from assay.facts.finding import Effect
from assay.facts.section import Section
from assay.files import content
from assay.version import VERSION

MOST = 256 << 20  # bytes of an attestation
MOST_LISTED = 1000
# what a dossier says of the machine on which it was made; on another one it may differ without fault
MACHINE = ("isolation", "kernels")


def recheck(
    dossier: Dossier,
    again: Dossier,
    why: str,
    attestation: Path | None,
    bill: dict[str, Any],
    expected: Expected,
    at: datetime | None = None,
    *,
    origin: str = "",
    asked: bool = False,
) -> Recheck:
    """What is otherwise than the dossier says.

    Args:
        again: the audit of the model done now.
        why: why the audit done again cannot be compared; empty if it can.
        attestation: signed statements about the dossier, if there are any.
        bill: the dossier's bill of materials, CycloneDX, as an attestation has it.
        expected: whom to expect as signer.
        origin: whose policy it is that the dossier was made with.
        asked: whether somebody was asked for as signer, whose signature then must be there.

    Raises:
        UsageError: the attestation cannot be read, or is none.
    """
    changed, absent, added = _files(dossier.artifacts, again.artifacts)
    here = replace(
        again, subject=replace(again.subject, name=dossier.subject.name, reference=dossier.subject.reference)
    )
    differs = list(_differs(dossier, here))
    signed = tuple(_attested(attestation, dossier, bill, expected, at or datetime.now(UTC))) if attestation else ()
    return Recheck(
        dossier.subject.name,
        dossier.subject.reference,
        dossier.subject.sha256,
        _rules(dossier, origin),
        sha256(dossier),
        dossier.assay,
        VERSION,
        changed,
        absent,
        added,
        signed,
        asked,
        any(row.predicate == statements.DOSSIER for row in signed),
        None if why else tuple(name for name in differs if name not in MACHINE),
        tuple(name for name in differs if name in MACHINE),
        why,
    )


def _rules(dossier: Dossier, origin: str) -> Rules:
    return Rules(
        str(dossier.decision.verdict),
        dossier.policy.name,
        dossier.policy.sha256,
        origin,
        dossier.baseline or "",
        sum(row.effect is Effect.KNOWN for row in dossier.findings),
        tuple(
            f"{row.check}{f' of {row.artifact}' if row.artifact else ''}: {row.state},"
            f" by {row.owner} until {row.expires} ({row.reason})"
            for row in dossier.waivers
        ),
        dossier.left_out,
        tuple(name for name in QUESTIONS if name not in dossier.questions),
        dossier.policy.as_of or "",
    )


def _differs(then: Dossier, now: Dossier) -> Iterator[str]:
    """The fields, and by their ids the sections, that are not the same."""
    for field in fields(Dossier):
        before, after = getattr(then, field.name), getattr(now, field.name)
        if field.name == "sections":
            ids = {row.id for row in (*before, *after)}
            yield from sorted(id for id in ids if _sections(before, id) != _sections(after, id))
        elif before != after:
            yield field.name


def _sections(rows: tuple[Section, ...], id: str) -> list[Section]:
    return [row for row in rows if row.id == id]


def _files(
    then: tuple[Artifact, ...], now: tuple[Artifact, ...]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """(changed, absent, added) paths."""
    before, after = ({row.path: row.sha256 for row in rows} for rows in (then, now))
    if len(before) == len(after) == 1:  # a model of one file is itself, whatever it is called now
        after = dict(zip(before, after.values(), strict=True))
    changed = sorted(path for path in before.keys() & after.keys() if before[path] != after[path])
    parts = (changed, sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys()))
    return tuple(parts[0][:MOST_LISTED]), tuple(parts[1][:MOST_LISTED]), tuple(parts[2][:MOST_LISTED])


def _attested(
    path: Path, dossier: Dossier, bill: dict[str, Any], expected: Expected, at: datetime
) -> Iterator[Attested]:
    try:
        rows = list(statements.read(content(path, MOST, "attestation")))
    except InputError as cause:
        detail = "" if cause.expected is None else f": expected {cause.expected}, got {cause.got}"
        raise UsageError(f"{path}: {cause.what}{detail}") from None
    ours = statements.statements(dossier, bill)
    for bundle, statement in rows:
        trust, who, why = judged(bundle, expected, at)
        against = statements.contradictions(statement, dossier, ours)
        yield Attested(str(statement["predicateType"]), bundle.method, trust, who, why, against)
