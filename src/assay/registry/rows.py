"""A dossier as rows: what of it can be asked for across models."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Table

from assay.facts.artifact import Artifact
from assay.facts.dossier import Dossier, Waiver
from assay.facts.finding import Finding, Kind
from assay.licence.name import named
from assay.licence.statement import says_nothing
from assay.registry.tables import ARTIFACT, AUDIT, FINDING, LICENCE, RELATION, WAIVER
from assay.render.glance import glances
from assay.render.tally import tally
from assay.render.verdict import said

Row = dict[str, Any]
_MOST = (1 << 63) - 1  # that a column for numbers takes
LONGEST = 2_000  # characters of a text in a row; the dossier has all of it
_SILENT = (Kind.PASS, Kind.NOT_APPLICABLE)  # counted, and otherwise only in the dossier


def written(text: str) -> str:
    """A text that any database keeps: without NUL and halves of surrogate pairs, which stand as escapes."""
    safe = text[:LONGEST].encode("utf-8", "backslashreplace").decode()
    return safe.replace("\0", "\\x00")


def key(text: str) -> str:
    """What a name is found by: its letters, whatever their case."""
    return written(text).casefold()


def audit(dossier: Dossier, digest: str) -> Row:
    """The row of the audit itself, but for when it was kept and by whom."""
    subject, counts = dossier.subject, tally(dossier)
    found = said(counts)
    return _kept(
        {
            "dossier": digest,
            "name": subject.name,
            "key": key(subject.name),
            "reference": subject.reference,
            "subject": subject.sha256,
            "files": subject.files_sha256,
            "kind": dossier.nature.kind,
            "family": dossier.portrait.family,
            "parameters": sum(row.parameters for row in dossier.portrait.weights) or None,
            "bytes": sum(row.size for row in dossier.artifacts),
            "verdict": dossier.decision.verdict,
            "blocking": found.blocking,
            "first": found.first,
            "decide": found.decide,
            "unknown": found.unknown,
            "accepted": found.accepted,
            "passed": found.passed,
            "policy": dossier.policy.name,
            "policy_sha256": dossier.policy.sha256,
            "baseline": dossier.baseline,
            "assay": dossier.assay,
            "answers": json.dumps([[row.question, row.look, row.word] for row in glances(counts)]),
        },
        AUDIT,
    )


def parts(dossier: Dossier) -> Iterator[tuple[Table, list[Row]]]:
    """The rows of each table of what an audit has many of, in the order of the dossier."""
    found: dict[Table, Iterable[Row]] = {
        FINDING: map(_finding, (row for row in dossier.findings if row.kind not in _SILENT)),
        ARTIFACT: map(_artifact, dossier.artifacts),
        LICENCE: _licences(dossier),
        RELATION: _relations(dossier),
        WAIVER: map(_waiver, dossier.waivers),
    }
    for table, rows in found.items():
        yield table, [_kept(row, table) for row in rows]


def _kept(row: Row, table: Table) -> Row:
    """A row that any database takes: a dossier that somebody edited may hold any text and any number."""
    return {name: _fitting(value, table.c[name].type) for name, value in row.items()}


def _fitting(value: Any, kind: Any) -> Any:
    if isinstance(value, str):
        return written(value)[: getattr(kind, "length", None) or LONGEST]
    return max(-_MOST, min(value, _MOST)) if isinstance(value, int) else value


def _finding(row: Finding) -> Row:
    return {
        "check": row.check,
        "kind": row.kind,
        "effect": row.effect,
        "fingerprint": row.fingerprint,
        "artifact": row.evidence[0].artifact if row.evidence else "",
        "message": row.message,
    }


def _artifact(row: Artifact) -> Row:
    return {"path": row.path, "size": row.size, "sha256": row.sha256, "format": row.format}


def _waiver(row: Waiver) -> Row:
    return {name: getattr(row, name) for name in ("check", "artifact", "owner", "reason", "expires", "state")}


def _licences(dossier: Dossier) -> Iterator[Row]:
    """What is stated about the licence, by its known name where it has one, and what its texts are."""
    stated = (
        (named(claim.text) or claim.text, claim.artifact, "stated")
        for name in ("license", "license_name")
        for claim in dossier.stated(name)
        if not says_nothing(claim.text)
    )
    texts = ((name, row.artifact, "text") for row in dossier.licences for name in row.identified)
    for name, place, basis in dict.fromkeys((*stated, *texts)):
        yield {"key": key(name), "name": name, "place": place, "basis": basis}


def _relations(dossier: Dossier) -> Iterator[Row]:
    """The bases that a publisher names, and the one that was compared."""
    for base in dict.fromkeys(claim.text for claim in dossier.stated("base_model")):
        yield _relation(base, "", "base_model", "stated")
    found = dossier.comparison
    if found:
        yield _relation(found.base, found.base_sha256, found.relation, "measured")


def _relation(base: str, sha256: str, relation: str, basis: str) -> Row:
    return {"key": key(base), "base": base, "base_sha256": sha256, "relation": relation, "basis": basis}


def same(left: Iterable[Row], right: Iterable[Row]) -> bool:
    """Whether two lots of rows say the same, in whatever order."""
    return sorted(map(_sorted, left)) == sorted(map(_sorted, right))


def _sorted(row: Row) -> list[tuple[str, str]]:
    return sorted((name, str(value)) for name, value in row.items())
