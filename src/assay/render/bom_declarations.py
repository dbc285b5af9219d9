"""Openness as CycloneDX declarations: standards and their requirements, claims about the model, evidence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assay.facts.dossier import Dossier
from assay.facts.finding import Evidence
from assay.facts.openness import (
    CLAIMED,
    CLASSES,
    COMPONENTS,
    COUNTED,
    Answered,
    Component,
    Judgement,
    Support,
)
from assay.render.words import location

ASSESSOR = "assessor:assay"
_JUDGED = {
    Answered.MET: 1.0,
    Answered.OPEN: 1.0,
    Answered.FILLED: 1.0,
    Answered.PARTIAL: 0.5,
    Answered.NOT_MET: 0.0,
    Answered.CLOSED: 0.0,
}


def standards() -> list[dict[str, Any]]:
    """The Model Openness Framework with its components as requirements."""
    return [
        {
            "bom-ref": "standard:mof-1.0",
            "name": "Model Openness Framework",
            "version": "1.0",
            "description": "17 components, three classes (arXiv:2403.13784)",
            "owner": "LF AI & Data",
            "requirements": [
                {
                    "bom-ref": f"mof:{kind.id}",
                    "identifier": kind.id,
                    "title": kind.title,
                    "text": f"{kind.domain} component of {CLASSES[kind.level]}",
                }
                for kind in COMPONENTS
            ],
        }
    ]


def declarations(dossier: Dossier, target: str) -> dict[str, Any]:
    """A claim for each component and each rule of the other frameworks, its evidence, and what was judged of it."""
    found = dossier.openness
    rows = found.components
    rules = [rule for lens in found.lenses for rule in lens.judgements]
    attestations = [
        _attestation(f"{found.by_evidence.label} by evidence, {found.by_claim.label} by claim", map(_map, rows))
    ]
    if rules:
        outcomes = "; ".join(f"{lens.title}: {lens.outcome}" for lens in found.lenses)
        attestations.append(_attestation(outcomes, map(_judged, rules)))
    return {
        "assessors": [
            _assessor(ASSESSOR, "organization:assay", f"assay {dossier.assay}, a program", third_party=True),
            _assessor(
                "publisher", "organization:publisher", "the publisher, by the files of the model", third_party=False
            ),
        ],
        "attestations": attestations,
        "claims": [*(_claim(row, target) for row in rows), *(_ruled(rule, target) for rule in rules)],
        "evidence": [entry for row in rows for entry in _evidence(row)],
        "targets": {
            "components": [
                {"type": "machine-learning-model", "bom-ref": f"target:{target}", "name": dossier.subject.name}
            ]
        },
    }


def _assessor(ref: str, organization: str, name: str, *, third_party: bool) -> dict[str, Any]:
    return {"bom-ref": ref, "thirdParty": third_party, "organization": {"bom-ref": organization, "name": name}}


def _attestation(summary: str, judged: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"summary": summary, "assessor": ASSESSOR, "map": list(judged)}


def _ruled(rule: Judgement, target: str) -> dict[str, Any]:
    where = "; ".join(location(row) for row in rule.evidence)
    return {
        "bom-ref": f"claim:{rule.id}",
        "target": target,
        "predicate": f"{rule.question} ({rule.source})",
        "reasoning": f"{rule.answer}: {rule.because}" + (f" [{where}]" if where else ""),
    }


def _claim(row: Component, target: str) -> dict[str, Any]:
    refs = [f"evidence:{row.id}:{number}" for number in range(1, len(row.evidence) + 1)]
    kept = {"evidence": refs} if row.support in CLAIMED else {"counterEvidence": refs}
    return {
        "bom-ref": f"claim:{row.id}",
        "target": target,
        "predicate": f"{row.id} is {row.support}",
        "reasoning": row.because + (f" by {row.by}" if row.by else ""),
        **(kept if refs else {}),
    }


def _evidence(row: Component) -> list[dict[str, Any]]:
    return [
        {
            "bom-ref": f"evidence:{row.id}:{number}",
            "propertyName": f"assay:openness:{row.id}",
            "description": location(entry),
            "data": [_seen(entry)] if entry.seen else [],
        }
        for number, entry in enumerate(row.evidence, 1)
    ]


def _seen(entry: Evidence) -> dict[str, Any]:
    attachment = {"contentType": "text/plain", "content": entry.seen}
    return {"name": entry.artifact, "contents": {"attachment": attachment}}


def _map(row: Component) -> dict[str, Any]:
    counts = row.support in COUNTED and row.licence.open
    key = "counterClaims" if row.support in (Support.DENIED, Support.ABSENT) else "claims"
    rationale = f"{row.support}; {row.licence.id or 'no licence'}"
    return {
        "requirement": f"mof:{row.id}",
        key: [f"claim:{row.id}"],
        "conformance": {"score": float(counts), "rationale": rationale},
    }


def _judged(rule: Judgement) -> dict[str, Any]:
    """What files cannot answer has no score: unknown is not zero."""
    claims = [f"claim:{rule.id}"]
    if rule.answer not in _JUDGED:
        return {"claims": claims, "confidence": {"score": 0, "rationale": f"{rule.answer}: {rule.because}"}}
    return {"claims": claims, "conformance": {"score": _JUDGED[rule.answer], "rationale": rule.because}}
