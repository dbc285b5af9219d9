"""SARIF 2.1.0 (OASIS), within what GitHub code scanning accepts.

Fails, reviews, open and informational findings are results. Passes and checks that do not apply are listed under the
run's properties: GitHub shows every result as an alert, whatever its kind, and a list of alerts that say "fine" would
bury the others (docs/decisions/0005). The sections of a dossier stand there too, as text.
"""

from __future__ import annotations

import json
from typing import Any, BinaryIO
from urllib.parse import quote

from assay.facts.advisory import AS_OF, Advisory, advisories
from assay.facts.dossier import Dossier, Rule, WaiverState
from assay.facts.finding import Effect, Evidence, Finding, Kind
from assay.render import Renderer
from assay.render.sections import View, of
from assay.render.visible import visible
from assay.render.words import SHOWN, by_question

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_LOCATIONS = 100  # GitHub shows no more
MOST_RESULTS = 25_000  # GitHub rejects a run with more


def write(dossier: Dossier, stream: BinaryIO, *, extra: tuple[View, ...] = ()) -> None:
    """Write the run as UTF-8 JSON with sorted keys."""
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(dossier, extra)]}
    document = shown(document)
    stream.write((json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True) + "\n").encode("ascii"))


def shown(value: Any) -> Any:
    """The same, each text in it visible: a viewer decodes the JSON before it shows it."""
    if isinstance(value, dict):
        return {key: shown(row) for key, row in value.items()}
    if isinstance(value, list):
        return [shown(row) for row in value]
    return visible(value, keep="\n") if isinstance(value, str) else value


def _run(dossier: Dossier, extra: tuple[View, ...]) -> dict[str, Any]:
    order = {rule.id: number for number, rule in enumerate(dossier.rules)}
    every = [finding for findings in by_question(dossier).values() for finding in findings]
    listed = [finding for finding in every if finding.kind in SHOWN][:MOST_RESULTS]
    results = frozenset(listed)
    names = {artifact.path: number for number, artifact in enumerate(dossier.artifacts)}
    return {
        "tool": {
            "driver": {
                "name": "assay",
                "version": dossier.assay,
                "semanticVersion": dossier.assay,
                "rules": [rule_object(rule) for rule in dossier.rules],
            }
        },
        "automationDetails": {"id": f"assay/audit/{visible(dossier.subject.name)}/"},
        "artifacts": [
            {
                "location": {"uri": _uri(artifact.path), "uriBaseId": "MODEL"},
                "length": artifact.size,
                **({"hashes": {"sha-256": artifact.sha256}} if artifact.sha256 else {}),
                "properties": {"standing": artifact.standing, "format": artifact.format},
            }
            for artifact in dossier.artifacts
        ],
        "originalUriBaseIds": {"MODEL": {"description": {"text": "the folder that holds the model"}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, dossier, order, names) for finding in listed],
        "properties": _properties(dossier, [finding for finding in every if finding not in results], extra),
    }


def _properties(dossier: Dossier, unlisted: list[Finding], extra: tuple[View, ...]) -> dict[str, Any]:
    """What SARIF has no element for: the verdict, the sections as text, and the findings that are no results."""
    return {
        "verdict": dossier.decision.verdict,
        "because": visible(dossier.decision.because),
        "subject": {
            "name": visible(dossier.subject.name),
            **({"digest": {"sha256": dossier.subject.digest}} if dossier.subject.digest else {}),
        },
        "policy": {"name": dossier.policy.name, "digest": {"sha256": dossier.policy.sha256}},
        "isolation": list(dossier.isolation),
        "notInThisDossier": [visible(row) for row in dossier.lacks],
        "sections": [
            {
                "id": visible(view.id),
                "title": visible(view.title),
                "text": [visible(row) for row in view.text(value, dossier)],
            }
            for view, value in of(dossier, extra)
        ],
        "notListedAsResults": [
            {
                "ruleId": finding.check,
                "kind": finding.kind,
                "message": visible(finding.message),
                "fingerprint": finding.fingerprint,
            }
            for finding in unlisted
        ],
    }


def rule_object(rule: Rule) -> dict[str, Any]:
    """A rule as `reportingDescriptor`."""
    help_text = f"{rule.why}\n\nWhat to do: {rule.remedy}"
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.replace(".", "-").split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why.partition("\n\n")[0]},
        "help": {
            "text": help_text,
            "markdown": f"{rule.why}\n\n**What to do:** {rule.remedy}\n\n{'; '.join(rule.references)}",
        },
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {
            "security-severity": f"{rule.severity:.1f}",
            "precision": "high",
            "tags": ["security", rule.question],
            "references": list(rule.references),
        },
    }


def level(severity: float) -> str:
    """The level of a defect of this severity."""
    return "error" if severity >= 7 else "warning" if severity >= 4 else "note"


def _result(finding: Finding, dossier: Dossier, order: dict[str, int], names: dict[str, int]) -> dict[str, Any]:
    evidence = [entry for entry in finding.evidence if entry.artifact in names][:MOST_LOCATIONS]
    known = advisories(finding)
    # GitHub wants a location for every result; what is about the whole model points at its first file
    fallback = Evidence(dossier.artifacts[0].path) if dossier.artifacts else Evidence("model")
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": order[finding.check],
        "kind": finding.kind,
        "level": level(dossier.rule(finding.check).severity) if finding.kind is Kind.FAIL else "none",
        "message": {"text": visible(finding.message) + "." + "".join(f" Known as {row.line()}." for row in known)},
        "locations": [_location(entry, names) for entry in evidence[:1] or (fallback,)],
        "relatedLocations": [{"id": number, **_location(entry, names)} for number, entry in enumerate(evidence[1:], 1)],
        "partialFingerprints": {"assay/v1": finding.fingerprint},
        "properties": {
            "effect": finding.effect,
            "remedy": visible(dossier.remedy(finding)),
            **({"advisories": [_advisory(row) for row in known]} if known else {}),
        },
    }
    if finding.effect is Effect.WAIVED:
        applied = [w for w in dossier.waivers if w.check == finding.check and w.state is WaiverState.APPLIED]
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": visible(f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"),
            }
            for waiver in applied[:1]
        ]
    if dossier.baseline:
        result["baselineState"] = "unchanged" if finding.effect is Effect.KNOWN else "new"
    return result


def _advisory(row: Advisory) -> dict[str, str]:
    return {
        "id": row.id,
        "package": row.package,
        "affected": row.affected,
        "fixed": row.fixed,
        "helpUri": row.source,
        "asOf": AS_OF,
    }


def _location(evidence: Evidence, names: dict[str, int]) -> dict[str, Any]:
    passage = evidence.passage
    region: dict[str, Any] = {"startLine": evidence.line or (passage.marked if passage else 1)}
    if evidence.start is not None:
        region["byteOffset"] = evidence.start
        if evidence.stop is not None and evidence.stop > evidence.start:
            region["byteLength"] = evidence.stop - evidence.start
    if evidence.seen:
        region["snippet"] = {"text": visible(evidence.seen)}
    artifact: dict[str, Any] = {"uri": _uri(evidence.artifact), "uriBaseId": "MODEL"}
    if evidence.artifact in names:
        artifact["index"] = names[evidence.artifact]
    place: dict[str, Any] = {"artifactLocation": artifact, "region": region}
    if passage and not evidence.pointer:  # lines of a template in a file are not lines of the file
        place["contextRegion"] = {
            "startLine": passage.first,
            "endLine": passage.first + len(passage.lines) - 1,
            "snippet": {"text": "\n".join(map(visible, passage.lines))},
        }
    location: dict[str, Any] = {"physicalLocation": place}
    if evidence.name or evidence.pointer:
        full = visible(" ".join(part for part in (evidence.pointer, evidence.name) if part))
        location["logicalLocations"] = [{"fullyQualifiedName": full, "kind": "member"}]
    return location


def _uri(path: str) -> str:
    return quote(path, safe="/-_.~", errors="backslashreplace")


RENDER = Renderer("sarif", "SARIF 2.1.0, for code scanning", write)
