"""A machine-learning bill of materials in CycloneDX JSON (ECMA-424), 1.6 or 1.7, from a dossier and nothing else.

No clock is read: `metadata.timestamp` and the citations of 1.7, which need one, are written if SOURCE_DATE_EPOCH is set
(reproducible-builds.org). The serial number is made of the subject's digest: the same model, the same number. Behind an
endpoint none is known: there it is made of the dossier's digest, that is of its address and of what was seen.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from assay.facts.artifact import Artifact
from assay.facts.codec import sha256
from assay.facts.corpus import DatasetShare
from assay.facts.dossier import Dossier
from assay.facts.finding import Evidence, Finding, Kind
from assay.facts.openness import ComponentLicence
from assay.lazy import regex
from assay.licence.expression import expression
from assay.licence.name import named
from assay.licence.spelling import is_listed
from assay.render.bom_declarations import declarations, standards
from assay.render.words import location
from assay.text.instant import instant

_HASHES = "the digest of the model is that of its OpenSSF model-signing manifest"
# what a card states and CycloneDX has no field for
_STATED = ("language", "released", "hardware", "training_time", "emissions", "energy")
MODEL, TOOL, PUBLISHER = "model", "assay", "publisher"
MOST_FILES, MOST_FINDINGS, MOST_DATASETS = 5000, 1000, 100  # the last of one corpus
# ids of the SPDX list 3.29 that are not in 3.28, with which CycloneDX's schema was published
_NEW_IN_SPDX = frozenset(
    """
    BSD-2-Clause-pos-unchanged BSD-3-Clause-OpenWebUI BSD-Source-Code-no-disclaimer BSD-Source-alt-GPL
    BSD-ask-to-endorse Brian-Gladman-3-Clause-no-conversion Bugroff CC-BY-NC-3.0-IGO FDK-MPEG-H Hippocratic-3.0-core
    Informatica MVT-1.1 atc-game
    """.split()  # noqa: SIM905 - one id a line would be a page
)
_HUB = regex(r"hf://([\w.-]+/[\w.-]+)(?:@([\w./-]+))?\Z")
_HUB_ID = regex(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*\Z")
_DIGEST = regex(r"[0-9a-f]{64}")
_CWE = regex(r"CWE-(\d+)\Z")
# CVSS 3.1's words for its numbers (specification, section 5)
_SEVERITIES = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"), (0.0, "none"))


def _serial(digest: str) -> uuid.UUID:
    """A number that is the same for the same model: of the digest; of an edited dossier whatever stands there."""
    of = digest if _DIGEST.fullmatch(digest) else hashlib.sha256(digest.encode("utf-8", "backslashreplace")).hexdigest()
    return uuid.UUID(hex=of[:32], version=4)


def bom(dossier: Dossier, version: str) -> dict[str, Any]:
    """The whole document, for `version` "1.6" or "1.7"."""
    digest = sha256(dossier)
    when = timestamp()
    datasets, left_out = list(_datasets(dossier)), _left_out(dossier)
    openness = dossier.openness
    found: dict[str, Any] = {
        "$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "serialNumber": f"urn:uuid:{_serial(dossier.subject.digest or digest)}",
        "version": 1,
        "metadata": {
            **({"timestamp": when} if when else {}),
            "lifecycles": [{"phase": "post-build"}],
            "tools": {
                "components": [{"type": "application", "bom-ref": TOOL, "name": "assay", "version": dossier.assay}]
            },
            "component": _model(dossier, datasets),
            "properties": [
                {"name": "assay:dossier:sha256", "value": digest},
                {"name": "assay:verdict", "value": str(dossier.decision.verdict)},
                {"name": "assay:openness:rules", "value": openness.rules},
                *({"name": f"assay:left-out:{name}", "value": str(count)} for name, count in left_out.items()),
            ],
        },
        "components": [*map(_file, dossier.artifacts[:MOST_FILES]), *datasets],
        "dependencies": [{"ref": MODEL, "dependsOn": [row["bom-ref"] for row in datasets]}],
        "compositions": [
            {"aggregate": "incomplete" if dossier.obstacles or left_out else "complete", "assemblies": [MODEL]}
        ],
        "vulnerabilities": list(_vulnerabilities(dossier)),
        "definitions": {"standards": standards()},
        "declarations": declarations(dossier, MODEL),
    }
    if version != "1.6" and when:
        found["citations"] = list(_citations(found, when))
    return found


def timestamp() -> str:
    """SOURCE_DATE_EPOCH as a UTC time, or nothing: a report has no clock of its own."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    return instant(datetime.fromtimestamp(int(given), UTC)) if given.isdigit() and len(given) < 11 else ""


def purl(reference: str) -> str:
    """The package URL of a reference to the hub (purl-spec, type huggingface); empty for others."""
    match = _HUB.match(reference)
    return f"pkg:huggingface/{match[1]}" + (f"@{match[2].lower()}" if match[2] else "") if match else ""


def base_purl(name: str) -> str:
    """The package URL of a base model by its id on the hub; empty where the name is none."""
    return f"pkg:huggingface/{name}" if _HUB_ID.match(name) else ""


def version(dossier: Dossier) -> str:
    """The commit of the hub, else the version that is stated; empty where there is neither."""
    match = _HUB.match(dossier.subject.reference)
    stated = dossier.stated("version")
    return match[2] if match and match[2] else stated[0].text if stated else ""


def licences(licence: ComponentLicence) -> list[dict[str, Any]]:
    """A licence as CycloneDX has it: an SPDX id or expression, else a name; concluded from a text, or declared."""
    if not licence.id:
        return []
    from_text = any(not row.name for row in licence.evidence)
    said = {"acknowledgement": "concluded" if from_text else "declared"}
    if expression(licence.id):
        return [{"expression": licence.id, **said}]
    if is_listed(licence.id) and licence.id not in _NEW_IN_SPDX:
        return [{"license": {"id": licence.id, **said}}]
    return [{"license": {"name": named(licence.id) or licence.id, **said}}]


def occurrences(evidence: tuple[Evidence, ...]) -> list[dict[str, Any]]:
    """Where something was seen: file, line or byte, and what stands there."""
    rows: list[dict[str, Any]] = []
    for row in evidence:
        entry: dict[str, Any] = {"location": row.artifact}
        if row.line:
            entry["line"] = row.line
        if row.start is not None:
            entry["offset"] = row.start
        if row.pointer or row.name:
            entry["symbol"] = row.pointer or row.name
        if row.seen:
            entry["additionalContext"] = row.seen
        if entry not in rows:
            rows.append(entry)
    return rows


def _model(dossier: Dossier, datasets: list[dict[str, Any]]) -> dict[str, Any]:
    openness = dossier.openness
    weights, described = openness.component("parameters_final"), openness.component("model_card").evidence
    bases = [
        {
            "type": "machine-learning-model",
            "name": claim.text,
            **({"purl": base_purl(claim.text)} if base_purl(claim.text) else {}),
        }
        for claim in dossier.stated("base_model")
    ]
    found: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": MODEL,
        "name": dossier.subject.name,
        "version": version(dossier) or (f"sha256:{dossier.subject.digest}" if dossier.subject.digest else "unknown"),
        "hashes": [{"alg": "SHA-256", "content": dossier.subject.digest}] if dossier.subject.digest else [],
        "licenses": licences(dossier.openness.licence),
        "pedigree": {"ancestors": bases, "notes": "as the publisher states it"} if bases else {},
        "externalReferences": [{"type": "model-card", "url": row.artifact} for row in described[:1]],
        "evidence": {"occurrences": occurrences((*weights.evidence, *dossier.openness.licence.evidence))},
        "modelCard": _card(dossier, datasets),
        "properties": [
            *([{"name": "assay:hashes", "value": _HASHES}] if dossier.subject.digest else []),
            *({"name": f"assay:{row.id}", "value": str(row.value)} for row in dossier.portrait.measurements),
            *(
                {"name": f"assay:stated:{key}", "value": row.text}
                for key in _STATED
                for row in dossier.stated(key)[:50]
            ),
        ],
    }
    producers = dossier.stated("organization") or dossier.stated("author")
    if producers:
        found["supplier"] = {"name": producers[0].text}
    if found_purl := purl(dossier.subject.reference):
        found["purl"] = found_purl
    if dossier.subject.reference:
        found["externalReferences"].append({"type": "distribution", "url": dossier.subject.reference})
    return {key: value for key, value in found.items() if value not in ([], {}, {"occurrences": []})}


def _card(dossier: Dossier, datasets: list[dict[str, Any]]) -> dict[str, Any]:
    """What the files state of the model; nothing that they do not."""
    config = next(iter(dossier.configs), None)
    parameters: dict[str, Any] = {"datasets": [{"ref": row["bom-ref"]} for row in datasets]}
    tasks = dossier.stated("pipeline_tag")
    if tasks:
        parameters["task"] = tasks[0].text
    if dossier.portrait.family:
        parameters["architectureFamily"] = dossier.portrait.family
    if config and config.architectures:
        parameters["modelArchitecture"] = ", ".join(config.architectures)
    if config and config.context_length:
        parameters["inputs"] = [{"format": f"at most {config.context_length:,} tokens"}]
    metrics = []
    for claim in (*dossier.stated("result"), *dossier.stated("result_in_prose")):
        data, _, rest = claim.text.rpartition(": ") if claim.key == "result" else ("", "", claim.text)
        kind, _, value = rest.partition(" = ")
        where = f"stated in {claim.artifact}, not measured"
        metrics.append({"type": kind, **({"value": value} if value else {}), "slice": f"{data} ({where})".strip()})
    return {
        "modelParameters": parameters,
        **({"quantitativeAnalysis": {"performanceMetrics": metrics}} if metrics else {}),
    }


def _file(artifact: Artifact) -> dict[str, Any]:
    hashes = {"hashes": [{"alg": "SHA-256", "content": artifact.sha256}]} if artifact.sha256 else {}
    return {
        "type": "file",
        "bom-ref": f"file:{artifact.path}",
        "name": artifact.path,
        **hashes,
        "properties": [
            {"name": "assay:format", "value": artifact.format},
            {"name": "assay:standing", "value": str(artifact.standing)},
            {"name": "assay:bytes", "value": str(artifact.size)},
        ],
    }


def _datasets(dossier: Dossier) -> Iterator[dict[str, Any]]:
    """Corpora that were examined, each with its parts and their licences, then data sets that the card only names."""
    corpora = dossier.corpora
    for corpus in corpora:
        yield {
            "type": "data",
            "bom-ref": f"corpus:{corpus.name}",
            "name": corpus.name,
            "hashes": [{"alg": "SHA-256", "content": corpus.sha256}],
            "data": [
                {"type": "dataset", "name": row.dataset, "description": _described(row)}
                for row in corpus.datasets[:MOST_DATASETS]
            ],
        }
    for number, claim in enumerate(dossier.stated("datasets"), 1):
        yield {
            "type": "data",
            "bom-ref": f"dataset:{number}:{claim.text}",
            "name": claim.text,
            "description": "named by the publisher, not examined",
            "data": [{"type": "dataset", "name": claim.text}],
            "evidence": {"occurrences": [{"location": claim.artifact, "line": claim.line}]},
        }


def _described(row: DatasetShare) -> str:
    licence = row.licence.spdx or row.licence.written or "unknown"
    return f"{row.documents:,} documents, {row.words:,} words, licence {licence} ({row.licence.basis})"


def _left_out(dossier: Dossier) -> dict[str, int]:
    """How many of what the dossier has this document has no room for, by what they are; empty if it has all."""
    counts = {
        "files": len(dossier.artifacts) - MOST_FILES,
        "findings": len(_flaws(dossier)) - MOST_FINDINGS,
        "datasets": sum(max(0, len(corpus.datasets) - MOST_DATASETS) for corpus in dossier.corpora),
    }
    return {name: count for name, count in counts.items() if count > 0}


def _flaws(dossier: Dossier) -> list[Finding]:
    """The defects and what a person has to decide, of the question whether it is safe to load and to run."""
    asked = {rule.id for rule in dossier.rules if rule.question == "vulnerabilities"}
    return [row for row in dossier.findings if row.kind in (Kind.FAIL, Kind.REVIEW) and row.check in asked]


def _vulnerabilities(dossier: Dossier) -> Iterator[dict[str, Any]]:
    paths = {artifact.path for artifact in dossier.artifacts[:MOST_FILES]}
    for finding in _flaws(dossier)[:MOST_FINDINGS]:
        yield _vulnerability(dossier, finding, paths)


def _vulnerability(dossier: Dossier, finding: Finding, paths: set[str]) -> dict[str, Any]:
    rule = dossier.rule(finding.check)
    cwes = [int(match[1]) for reference in rule.references if (match := _CWE.match(reference))]
    severity = next(word for least, word in _SEVERITIES if rule.severity >= least)
    affected = sorted({f"file:{row.artifact}" for row in finding.evidence if row.artifact in paths}) or [MODEL]
    return {
        "bom-ref": f"finding:{finding.fingerprint}",
        "id": finding.check,
        "source": {"name": "assay"},
        "ratings": [{"source": {"name": "assay"}, "score": rule.severity, "severity": severity, "method": "other"}],
        **({"cwes": cwes} if cwes else {}),
        "description": finding.message,
        "detail": "; ".join(location(row) for row in finding.evidence[:5]),
        "recommendation": dossier.remedy(finding),
        "analysis": {
            "state": "in_triage" if finding.kind is Kind.REVIEW else "exploitable",
            "detail": str(finding.effect),
        },
        "affects": [{"ref": ref} for ref in affected],
    }


def _citations(found: dict[str, Any], when: str) -> Iterator[dict[str, Any]]:
    """Who supplied which field: what the publisher states, and what assay counted or hashed."""
    model = found["metadata"]["component"]
    stated = [f"/metadata/component/{key}" for key in ("licenses", "pedigree") if key in model]
    if "quantitativeAnalysis" in model["modelCard"]:
        stated.append("/metadata/component/modelCard/quantitativeAnalysis")
    stated += [
        f"/components/{at}"
        for at, row in enumerate(found["components"])
        if row["type"] == "data" and "hashes" not in row
    ]
    if stated:
        yield {
            "bom-ref": "citation:stated",
            "pointers": stated,
            "timestamp": when,
            "attributedTo": PUBLISHER,
            "note": "stated in the files of the model",
        }
    yield {
        "bom-ref": "citation:measured",
        "pointers": [
            "/metadata/component/hashes",
            "/metadata/component/properties",
            "/declarations",
            "/vulnerabilities",
        ],
        "timestamp": when,
        "attributedTo": TOOL,
        "note": "counted, hashed or judged by assay",
    }
