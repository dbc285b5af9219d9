"""A finding that is an instance of a published advisory says so, and no other finding does."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assay.facts.advisory import _ROWS, AS_OF, UNKNOWN, about, advisories
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.render.output import html, markdown, sarif, text
from tests.builders.command import run
from tests.builders.hub import hub_model
from tests.hostile import cases

Audit = Callable[..., Dossier]


def named(dossier: Dossier) -> set[str]:
    return {row.id for finding in dossier.findings for row in advisories(finding)}


def rendered(write: Callable[..., None], dossier: Dossier) -> str:
    stream = io.BytesIO()
    write(dossier, stream)
    return stream.getvalue().decode()


@pytest.mark.parametrize(
    ("family", "name", "ids"),
    [
        ("keras", "lambda", {"CVE-2024-3660"}),
        ("keras", "os-system", {"CVE-2025-1550"}),
        ("keras", "get-file", {"CVE-2025-8747"}),
        ("keras", "unsafe-on", {"CVE-2025-9906"}),
        ("keras", "torch-module", {"CVE-2025-49655"}),
        ("keras", "vocabulary-path", {"CVE-2025-12058"}),
        ("hdf5", "lambda", {"CVE-2025-9905"}),
        ("hdf5", "external-link", {"CVE-2026-1669"}),
        ("onnx", "external-up", {"CVE-2024-27318", "CVE-2025-51480"}),
        ("template", "lipsum", {"CVE-2024-34359"}),
        ("template", "range", set()),
        ("template", "keyword", set()),
        ("gguf", "trailing", set()),
        ("archive", "bad-checksum", {"CVE-2025-10156"}),
        ("opcodes", "bytes-to-torch", {"CVE-2025-32434"}),
        ("container", "named-safetensors", {"CVE-2025-10155"}),
        ("gadget", "pip.main", {"CVE-2025-1716"}),
        ("gadget", "os.system", set()),
    ],
)
def test_what_is_known_of_a_finding(tmp_path: Path, audit: Audit, family: str, name: str, ids: set[str]) -> None:
    case = next(case for case in cases() if (case.family, case.name) == (family, name))
    assert ids <= named(audit(case.written(tmp_path)))
    if not ids:
        assert not named(audit(case.written(tmp_path / "again")))


def test_a_sound_model_is_no_instance_of_any(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(hub_model(tmp_path / "model"))
    assert named(dossier) == set()
    assert "CVE-" not in rendered(text.write, dossier)


def test_every_report_names_it_with_versions_and_source(tmp_path: Path, audit: Audit) -> None:
    case = next(case for case in cases() if (case.family, case.name) == ("hdf5", "external-link"))
    dossier = audit(case.written(tmp_path))
    line = (
        "CVE-2026-1669: HDF5 values in another file make loading read any file (keras 3.0.0 to 3.13.1; fixed in 3.13.2)"
    )
    assert line in re.sub(r"\s+", " ", rendered(text.write, dossier))
    assert r"CVE\-2026\-1669" in rendered(markdown.write, dossier)
    assert "https://nvd.nist.gov/vuln/detail/CVE-2026-1669" in rendered(html.write, dossier)
    rows = [
        row["properties"].get("advisories", [])
        for row in json.loads(rendered(sarif.write, dossier))["runs"][0]["results"]
    ]
    (known,) = [row for found in rows for row in found]
    assert (known["id"], known["fixed"], known["asOf"]) == ("CVE-2026-1669", "3.13.2", AS_OF)


def test_explain_lists_what_a_check_finds_instances_of() -> None:
    said = run("explain", "model.touches-files").stdout
    assert f"as of {AS_OF}" in said and "CVE-2026-1669" in said and "fixed version not known" in said


def test_every_row_has_its_source_and_guesses_nothing() -> None:
    date.fromisoformat(AS_OF)
    for advisory, instance in _ROWS:
        assert re.fullmatch(r"CVE-\d{4}-\d{4,6}|GHSA(-\w{4}){3}", advisory.id)
        assert advisory.source.startswith("https://") and advisory.affected
        assert advisory.fixed == UNKNOWN or re.search(r"\d+\.\d+", advisory.fixed)
        assert instance.artifact or instance.pointer or instance.name or instance.seen or instance.way
        assert advisory in about(instance.check)


@pytest.mark.parametrize(
    ("config", "ids"),
    [
        ({"model_file": "arch.py"}, {"CVE-2026-5843"}),
        ({"auto_map": {"AutoModel": "arch.M"}}, set()),
        ({"auto_map": {"AutoModel": "someone/other--arch.M"}}, {"CVE-2026-22807"}),
        ({"vision_config": {"auto_map": {"AutoModel": "someone/other--arch.M"}}}, {"CVE-2025-66448"}),
        ({"model_type": "rag", "index_name": "legacy", "index_path": "someone/other"}, {"CVE-2023-6730"}),
    ],
)
def test_what_a_config_leads_to(tmp_path: Path, audit: Audit, config: dict[str, object], ids: set[str]) -> None:
    model = hub_model(tmp_path / "model", **{"config.json": json.dumps(config)})
    (model / "arch.py").write_text("import os\nos.system('echo inert')\n")
    assert named(audit(model)) == ids


def test_only_a_defect_is_one(tmp_path: Path, audit: Audit) -> None:
    for case in cases():
        if case.family in ("repository", "onnx", "keras"):
            for finding in audit(case.written(tmp_path / case.name)).findings:
                assert not advisories(finding) or finding.kind is Kind.FAIL
