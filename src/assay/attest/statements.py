"""An audit as signed in-toto statements: test result, verification result, bill of materials, dossier.

Sources: in-toto attestation framework, Statement v1; predicates Test Result v0.1 and Simple Verification Result v0.1;
CycloneDX as predicate. The subject is the model, by the digest that an OpenSSF model signature has as well, so that the
two can be put side by side, and by assay's own, which binds the names of files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from assay.attest import bundle
from assay.attest.signer import Signer
from assay.errors import Malformed
from assay.facts.codec import pieces, sha256
from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Finding, Kind

TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
VERIFICATION = "https://in-toto.io/attestation/svr/v0.1"
BILL = "https://cyclonedx.org/bom"
DOSSIER = "urn:openassay:dossier:v1"
FILES = "assayFilesV1"  # the digest over names too; in-toto Statement v1 leaves the names of algorithms open
VERIFIER = "urn:openassay:assay"
MOST_LINES = 64  # statements in one file
_RESULTS = {Verdict.PASSED: "PASSED", Verdict.FAILED: "FAILED", Verdict.INCOMPLETE: "WARNED"}


def attested(dossier: Dossier, bill: dict[str, Any], signer: Signer) -> bytes:
    """The attestation: one Sigstore bundle a line (JSON lines), each with one statement; `bill` as for `statements`."""
    lines = []
    for predicate, body in statements(dossier, bill).items():
        payload = json.dumps(_statement(dossier, predicate, body), sort_keys=True).encode()
        lines.append(
            bundle.written(payload, signer.sign(bundle.authenticated(payload)), signer.hint, signer.certificates)
        )
    return b"".join(lines)


def statements(dossier: Dossier, bill: dict[str, Any]) -> dict[str, Any]:
    """Type of predicate -> predicate: a function of the dossier and of its bill of materials.

    `bill` is a CycloneDX document; if it says when it was made, the verification was made then.
    """
    return {
        TEST_RESULT: _test_result(dossier),
        VERIFICATION: _verification(dossier, bill["metadata"].get("timestamp", "")),
        BILL: bill,
        DOSSIER: _whole(dossier),
    }


def _statement(dossier: Dossier, predicate: str, body: Any) -> dict[str, Any]:
    digest = {"sha256": dossier.subject.sha256}
    if dossier.subject.files_sha256:  # a dossier of an older schema has none
        digest[FILES] = dossier.subject.files_sha256
    subject = {"name": dossier.subject.name, "digest": digest}
    return {"_type": bundle.STATEMENT_TYPE, "subject": [subject], "predicateType": predicate, "predicate": body}


def _test_result(dossier: Dossier) -> dict[str, Any]:
    """The checks by what they found: a check that failed anywhere has failed; review and open are warnings."""
    worst: dict[str, Finding] = {}
    order = list(Kind)
    for finding in dossier.findings:
        first = worst.get(finding.check)
        if first is None or order.index(finding.kind) < order.index(first.kind):
            worst[finding.check] = finding
    named: dict[str, list[str]] = {"passedTests": [], "warnedTests": [], "failedTests": []}
    for check, finding in sorted(worst.items()):
        if finding.kind is Kind.FAIL:
            named["failedTests"].append(check)
        elif finding.kind in (Kind.REVIEW, Kind.OPEN):
            named["warnedTests"].append(check)
        elif finding.kind is not Kind.NOT_APPLICABLE:
            named["passedTests"].append(check)
    configuration = [
        {"name": f"assay {dossier.assay}", "uri": VERIFIER},
        {"name": f"policy {dossier.policy.name}", "digest": {"sha256": dossier.policy.sha256}},
    ]
    return {"result": _RESULTS[dossier.decision.verdict], "configuration": configuration, **named}


def _verification(dossier: Dossier, when: str) -> dict[str, Any]:
    """The verdict under the policy, and what may be said about openness, as properties."""
    level = dossier.openness.by_evidence.level
    properties = [
        f"ASSAY_VERDICT_{dossier.decision.verdict}",
        f"ASSAY_POLICY_SHA256_{dossier.policy.sha256}",
        f"MOF_CLASS_BY_EVIDENCE_{level or 'NONE'}",
        f"MOF_CLASS_BY_CLAIM_{dossier.openness.by_claim.level or 'NONE'}",
    ]
    return {"verifier": {"id": VERIFIER}, **({"timeCreated": when} if when else {}), "properties": properties}


def _whole(dossier: Dossier) -> dict[str, Any]:
    return {"schema": dossier.schema, "sha256": sha256(dossier), "bytes": sum(map(len, pieces(dossier)))}


def read(raw: bytes) -> Iterator[tuple[bundle.Bundle, dict[str, Any]]]:
    """Each bundle of an attestation with its statement (Malformed: a line is none)."""
    rows = [line for line in raw.split(b"\n") if line.strip()]
    if not rows or len(rows) > MOST_LINES:
        raise Malformed("an attestation is a bundle a line", expected=f"1 to {MOST_LINES}", got=len(rows))
    for row in rows:
        found = bundle.parsed(row)
        try:
            value = json.loads(found.payload)
        except (ValueError, RecursionError):
            raise Malformed("the signed statement is not JSON") from None
        if (
            not isinstance(value, dict)
            or value.get("_type") != bundle.STATEMENT_TYPE
            or not isinstance(value.get("predicateType"), str)
        ):
            raise Malformed("not an in-toto statement v1", expected=bundle.STATEMENT_TYPE, got=str(value)[:80])
        yield found, value


def contradictions(statement: dict[str, Any], dossier: Dossier, ours: dict[str, Any]) -> tuple[str, ...]:
    """What a statement says that the dossier (with its `statements`) does not; times are not compared."""
    found = []
    expected = _statement(dossier, "", {})["subject"]
    subjects = statement.get("subject")
    about = [row.get("digest") for row in subjects if isinstance(row, dict)] if isinstance(subjects, list) else []
    if about != [row["digest"] for row in expected]:
        found.append("it is about another model")
    predicate = statement["predicateType"]
    if predicate not in ours:
        return (*found, f"a kind of statement that assay does not make: {predicate[:100]}")
    theirs = statement.get("predicate")
    found += [f"{part} is not that of the dossier" for part in _parts(_timeless(theirs), _timeless(ours[predicate]))]
    return tuple(found)


def _parts(theirs: Any, ours: Any) -> list[str]:
    if not isinstance(theirs, dict):
        return ["the predicate"]
    return sorted(str(key) for key in theirs.keys() | ours.keys() if theirs.get(key) != ours.get(key))


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _timeless(entry)
            for key, entry in value.items()
            if key not in ("timeCreated", "timestamp", "citations")
        }
    return [_timeless(entry) for entry in value] if isinstance(value, list) else value
