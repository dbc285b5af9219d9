"""A fleet as one SARIF run: what decided each verdict, at the line of the list that names the model.

GitHub takes at most 20 runs in a file, so that a run for each model would be refused (docs, "SARIF support for code
scanning"); findings at files that are not in the repository would not be shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Finding, Kind
from assay.facts.fleet import FleetRow
from assay.facts.kept import KeptAudit
from assay.render.output.sarif import MOST_RESULTS, SCHEMA, level, rule_object, shown
from assay.render.visible import visible
from assay.version import VERSION


def sarif(rows: Sequence[FleetRow], folder: str, dossier: Callable[[KeptAudit], Dossier]) -> bytes:
    """The document.

    Args:
        folder: of the list, from the root of the repository; empty: they are the same.
        dossier: gives the dossier of a kept audit; asked for those that did not pass.
    """
    rules: dict[str, dict[str, Any]] = {}
    results: list[dict[str, Any]] = []
    for row in rows:
        if row.audit and row.audit.verdict != Verdict.PASSED:
            found = dossier(row.audit)
            rules |= {rule.id: rule_object(rule) for rule in found.rules if rule.id not in rules}
            results += [_result(row, finding, found, folder) for finding in found.blocking]
    order = {id: number for number, id in enumerate(rules)}
    for result in results[:MOST_RESULTS]:
        result["ruleIndex"] = order[result["ruleId"]]
    run = {
        "tool": {"driver": {"name": "assay", "version": VERSION, "rules": list(rules.values())}},
        "automationDetails": {"id": "assay/fleet/"},
        "columnKind": "unicodeCodePoints",
        "results": results[:MOST_RESULTS],
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": list(_troubles(rows, folder))}],
        "properties": {"models": len(rows), "unlisted": max(0, len(results) - MOST_RESULTS)},
    }
    document = shown({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True) + "\n").encode("ascii")


def _result(row: FleetRow, finding: Finding, dossier: Dossier, folder: str) -> dict[str, Any]:
    name = dossier.subject.name
    return {
        "ruleId": finding.check,
        "kind": finding.kind,
        "level": level(dossier.rule(finding.check).severity) if finding.kind is Kind.FAIL else "none",
        "message": {"text": f"{visible(name)}: {visible(finding.message)}."},
        "locations": [_location(row, folder)],
        "partialFingerprints": {"assay/v1": finding.fingerprint, "assayModel/v1": visible(name)},
        "properties": {"remedy": visible(dossier.remedy(finding)), "effect": finding.effect},
    }


def _troubles(rows: Sequence[FleetRow], folder: str) -> Iterator[dict[str, Any]]:
    """The models that could not be audited."""
    for row in rows:
        if not row.audit:
            said = visible(f"{row.reference} was not audited: {row.trouble}")
            yield {"level": "error", "message": {"text": said}, "locations": [_location(row, folder)]}


def _location(row: FleetRow, folder: str) -> dict[str, Any]:
    file, _, line = row.place.rpartition(":")
    place = {"uri": f"{folder}/{file}" if folder else file}
    return {"physicalLocation": {"artifactLocation": place, "region": {"startLine": int(line)}}}
