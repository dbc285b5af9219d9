"""The bill of materials: valid for an independent validator, its references whole, and only what the files support."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.openness import Answered
from assay.render.bom import MOST_FILES, MOST_FINDINGS, bom
from tests.builders import calls, hub_model
from tests.builders.command import run
from tests.builders.release import openwashed, release

Audit = Callable[..., Dossier]
VALIDATORS = {
    "1.6": JsonStrictValidator(SchemaVersion.V1_6),
    "1.7": JsonStrictValidator(SchemaVersion.V1_7),
}


def invalid(document: dict[str, Any]) -> str:
    """What the validator of cyclonedx-python-lib has against it, with the published schemas."""
    error = VALIDATORS[document["specVersion"]].validate_str(json.dumps(document))
    return repr(error)[:2000] if error else ""


def hostile(folder: Path) -> Path:
    return hub_model(folder, **{"x.pkl": calls("os", "system", "id"), "y.7z": b"7z\xbc\xaf'\x1c"})


@pytest.fixture(params=[release, openwashed, hostile], ids=["open", "washed", "hostile"])
def dossier(request: pytest.FixtureRequest, tmp_path: Path, audit: Audit) -> Dossier:
    return audit(request.param(tmp_path / "m"))


@pytest.mark.parametrize("version", VALIDATORS)
@pytest.mark.parametrize("epoch", ["", "1700000000"])
def test_it_is_valid(dossier: Dossier, version: str, epoch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert invalid(bom(dossier, version)) == ""


def test_of_the_real_model_it_is_valid(smollm2: Path) -> None:
    found = bom(assay.audit(smollm2), "1.7")
    assert invalid(found) == ""
    model = found["metadata"]["component"]
    assert model["licenses"] == [{"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}]
    assert model["modelCard"]["modelParameters"]["inputs"] == [{"format": "at most 8,192 tokens"}]


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for entry in value.values():
            yield from nodes(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from nodes(entry)


@pytest.mark.parametrize("version", VALIDATORS)
def test_its_references_are_whole(dossier: Dossier, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    document = bom(dossier, version)
    defined = Counter(node["bom-ref"] for node in nodes(document) if "bom-ref" in node)
    assert max(defined.values()) == 1
    used = {
        node[key]
        for node in nodes(document)
        for key in ("ref", "target", "assessor", "requirement", "attributedTo")
        if isinstance(node.get(key), str)
    }
    used |= {
        ref
        for node in nodes(document)
        for key in ("dependsOn", "claims", "counterClaims", "evidence", "counterEvidence", "assemblies")
        for ref in (node[key] if isinstance(node.get(key), list) else ())
        if isinstance(ref, str)
    }
    assert used <= set(defined)
    for citation in document.get("citations", ()):
        for pointer in citation["pointers"]:
            place: Any = document
            for part in pointer.split("/")[1:]:
                place = place[int(part) if isinstance(place, list) else part]
    assert ("citations" in document) == (version == "1.7")


def test_only_a_given_time_is_written(dossier: Dossier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert "timestamp" not in json.dumps(bom(dossier, "1.7"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert bom(dossier, "1.7")["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"


def test_the_same_model_has_the_same_number_version_and_package_url(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(hub_model(tmp_path / "m"))
    found, again = bom(dossier, "1.6"), bom(audit(hub_model(tmp_path / "m"), only=("licence.missing",)), "1.6")
    assert found["serialNumber"] == again["serialNumber"]
    assert found["metadata"]["component"]["version"] == f"sha256:{dossier.subject.sha256}"
    commit = "0123456789abcdef0123456789abcdef01234567"
    pinned = replace(dossier, subject=replace(dossier.subject, reference=f"hf://org/m@{commit}"))
    component = bom(pinned, "1.6")["metadata"]["component"]
    assert (component["purl"], component["version"]) == (f"pkg:huggingface/org/m@{commit}", commit)
    assert invalid(bom(pinned, "1.6")) == ""


def test_the_number_of_an_endpoint_is_that_of_its_address_and_of_what_was_seen() -> None:
    rows = [assay.audit(f"openai+http://127.0.0.1:{port}/v1#{name}") for port, name in ((1, "m"), (1, "m"), (1, "n"))]
    rows += [assay.audit("openai+http://127.0.0.1:2/v1#m"), replace(rows[0], given=("run",))]
    numbers = [bom(row, "1.6")["serialNumber"] for row in rows]
    assert numbers[0] == numbers[1] and len(set(numbers)) == 4
    assert hashlib.sha256(b"").hexdigest()[:8] not in json.dumps(bom(rows[0], "1.6"))


def test_evidence_has_file_and_line(tmp_path: Path, audit: Audit) -> None:
    document = bom(audit(release(tmp_path / "m")), "1.6")
    descriptions = {node["bom-ref"]: node["description"] for node in document["declarations"]["evidence"]}
    assert descriptions["evidence:training_code:1"] == "train.py line 5"
    claim = next(node for node in document["declarations"]["claims"] if node["bom-ref"] == "claim:training_code")
    assert claim["predicate"] == "training_code is verified"


def test_what_is_only_stated_is_marked_so(tmp_path: Path, audit: Audit) -> None:
    model = bom(audit(hub_model(tmp_path / "m")), "1.6")
    component = model["metadata"]["component"]
    assert component["pedigree"] == {
        "ancestors": [{"type": "machine-learning-model", "name": "org/base-7b", "purl": "pkg:huggingface/org/base-7b"}],
        "notes": "as the publisher states it",
    }
    (metric,) = component["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert metric == {"type": "accuracy", "value": "41.5", "slice": "ARC (stated in README.md, not measured)"}
    data = [row for row in model["components"] if row["type"] == "data"]
    assert [row["name"] for row in data] == ["org/corpus-one", "org/corpus-two"]
    assert data[0]["evidence"]["occurrences"] == [{"location": "README.md", "line": 4}]


def test_defects_are_vulnerabilities_of_their_file(tmp_path: Path, audit: Audit) -> None:
    rows = bom(audit(hostile(tmp_path / "m")), "1.6")["vulnerabilities"]
    worst = next(row for row in rows if row["id"] == "pickle.reaches-outside")
    assert (worst["affects"], worst["ratings"][0]["severity"], worst["analysis"]["state"]) == (
        [{"ref": "file:x.pkl"}],
        "critical",
        "exploitable",
    )
    assert 502 in worst["cwes"]


@pytest.mark.parametrize("version", VALIDATORS)
def test_one_without_room_for_all_says_how_much_it_leaves_out(tmp_path: Path, audit: Audit, version: str) -> None:
    dossier = audit(hub_model(tmp_path / "m", **{"x.pkl": calls("os", "system", "id")}))
    assert not dossier.obstacles and "left-out" not in json.dumps(bom(dossier, version))
    row = next(row for row in dossier.findings if row.check == "pickle.reaches-outside" and row.kind is Kind.FAIL)
    files = tuple(replace(dossier.artifacts[0], path=f"file-{number}") for number in range(MOST_FILES + 3))
    flaws = tuple(replace(row, fingerprint=f"{number:032x}") for number in range(MOST_FINDINGS + 2))
    document = bom(replace(dossier, artifacts=files, findings=flaws), version)
    assert len(document["components"]) > MOST_FILES
    # the validator compares each row of a list with each other: some rows are asked
    assert invalid({**document, **{part: document[part][:50] for part in ("components", "vulnerabilities")}}) == ""
    assert document["compositions"][0]["aggregate"] == "incomplete"
    said = {entry["name"]: entry["value"] for entry in document["metadata"]["properties"]}
    assert (said["assay:left-out:files"], said["assay:left-out:findings"]) == ("3", "2")


@settings(max_examples=100)  # each is a whole document for the published schema
@given(name=st.text(min_size=1, max_size=40), text=st.text(max_size=200))
def test_any_text_of_a_card_gives_a_valid_document(
    tmp_path_factory: pytest.TempPathFactory, name: str, text: str
) -> None:
    folder = tmp_path_factory.mktemp("m")
    (folder / "README.md").write_text(
        f"---\ndatasets:\n- {json.dumps(name)}\nlicense: {json.dumps(name)}\n---\n{text}\n", "utf-8", "replace"
    )
    assert invalid(bom(assay.audit(folder, isolation=False, only=("licence.conflict",)), "1.7")) == ""


def test_it_is_written_by_the_commands(tmp_path: Path) -> None:
    folder, file = release(tmp_path / "m"), tmp_path / "bom.json"
    assert run("audit", str(folder), "-o", f"cyclonedx={file}", "-o", f"json={tmp_path / 'd.json'}").returncode == 0
    again = run("report", str(tmp_path / "d.json"), "-o", "cyclonedx")
    assert json.loads(again.stdout) == json.loads(file.read_text())


def test_an_adapter_has_the_licence_that_its_card_states_in_every_record(tmp_path: Path, audit: Audit) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA", "base_model_name_or_path": "a/x-1", "r": 8}')
    (folder / "README.md").write_text("---\nlicense: llama3.1\n---\n# M\n")
    dossier = audit(folder)
    name = {"license": {"acknowledgement": "declared", "name": "LicenseRef-scancode-llama-3.1-license-2024"}}
    assert bom(dossier, "1.6")["metadata"]["component"]["licenses"] == [name]
    (row,) = [row for lens in dossier.openness.lenses for row in lens.judgements if row.id == "G7-MODEL-LICENCE"]
    assert (row.answer, row.because) == (Answered.FILLED, "llama3.1")
    assert run("card", str(folder)).stdout.startswith("---\nlicense: llama3.1\n")
