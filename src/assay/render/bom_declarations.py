"""Openness as CycloneDX declarations: standards with their requirements, claims about the model, evidence, attestations."""

from __future__ import annotations

from typing import Any

from assay.facts.dossier import Dossier
from assay.facts.openness import CLAIMED, CLASSES, COMPONENTS, COUNTED, Answered, Component, Support
from assay.render.words import place

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
                {"bom-ref": f"mof:{kind.id}", "identifier": kind.id, "title": kind.title, "text": f"{kind.domain} component of {CLASSES[kind.level]}"}
                for kind in COMPONENTS
            ],
        }
    ]  # fmt: skip


def declarations(dossier: Dossier, target: str) -> dict[str, Any]:
    """A claim for each component and each rule of the other frameworks, with its evidence, and what was judged of it."""
    rows = dossier.openness.components
    claims: list[dict[str, Any]] = [_claim(row, target) for row in rows]
    evidence = [entry for row in rows for entry in _evidence(row)]
    maps: list[dict[str, Any]] = [_map(row) for row in rows]
    judged = []
    for lens in dossier.openness.lenses:
        for rule in lens.judgements:
            ref = f"claim:{rule.id}"
            places = "; ".join(place(row) for row in rule.evidence)
            claims.append(
                {"bom-ref": ref, "target": target, "predicate": f"{rule.question} ({rule.source})", "reasoning": f"{rule.answer}: {rule.because}" + (f" [{places}]" if places else "")}
            )  # fmt: skip
            judged.append(_judged(ref, rule.answer, rule.because))
    found = dossier.openness
    return {
        "assessors": [
            {"bom-ref": ASSESSOR, "thirdParty": True, "organization": {"bom-ref": "organization:assay", "name": f"assay {dossier.assay}, a program"}},
            {"bom-ref": "publisher", "thirdParty": False, "organization": {"bom-ref": "organization:publisher", "name": "the publisher, by the files of the model"}},
        ],
        "attestations": [
            {"summary": f"{found.by_evidence.label} by evidence, {found.by_claim.label} by claim", "assessor": ASSESSOR, "map": maps},
            *([{"summary": "; ".join(f"{lens.title}: {lens.outcome}" for lens in found.lenses), "assessor": ASSESSOR, "map": judged}] if judged else []),
        ],
        "claims": claims,
        "evidence": evidence,
        "targets": {"components": [{"type": "machine-learning-model", "bom-ref": f"target:{target}", "name": dossier.subject.name}]},
    }  # fmt: skip


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
            "description": place(entry),
            "data": [{"name": entry.artifact, "contents": {"attachment": {"contentType": "text/plain", "content": entry.seen}}}] if entry.seen else [],
        }
        for number, entry in enumerate(row.evidence, 1)
    ]  # fmt: skip


def _map(row: Component) -> dict[str, Any]:
    counts = row.support in COUNTED and row.licence.open
    key = "counterClaims" if row.support in (Support.DENIED, Support.ABSENT) else "claims"
    rationale = f"{row.support}; {row.licence.id or 'no licence'}"
    return {
        "requirement": f"mof:{row.id}",
        key: [f"claim:{row.id}"],
        "conformance": {"score": float(counts), "rationale": rationale},
    }


def _judged(ref: str, answer: Answered, because: str) -> dict[str, Any]:
    """What files cannot answer has no score: unknown is not zero."""
    if answer not in _JUDGED:
        return {"claims": [ref], "confidence": {"score": 0, "rationale": f"{answer}: {because}"}}
    return {"claims": [ref], "conformance": {"score": _JUDGED[answer], "rationale": because}}
