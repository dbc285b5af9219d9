"""The SPDX document: read by the reference bindings, every element whole, and only what the files support."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spdx_python_model import v3_0_1 as spdx

import assay
from assay.facts.dossier import Dossier
from assay.render.output.spdx import MOST_FILES, document
from tests.builders import calls, hub_model
from tests.builders.hub import CARD
from tests.builders.release import openwashed, release

Audit = Callable[..., Dossier]


def objects(value: dict[str, Any]) -> Any:
    """The document as the bindings read it: an unknown property, a wrong type or a dangling reference is an error."""
    found = spdx.SHACLObjectSet()
    spdx.JSONLDDeserializer().read(io.BytesIO(json.dumps(value).encode()), found)
    assert not found.link(), "references that lead nowhere"
    out = io.BytesIO()
    spdx.JSONLDSerializer().write(found, out)  # writing asks for every mandatory property
    return found


@pytest.mark.parametrize(
    "build",
    [release, openwashed, lambda folder: hub_model(folder, **{"x.pkl": calls("os", "system", "id")})],
    ids=["open", "washed", "hostile"],
)
def test_the_bindings_read_it(build: Callable[[Path], Path], tmp_path: Path, audit: Audit) -> None:
    dossier = audit(build(tmp_path / "m"))
    found = objects(document(dossier))
    (model,) = (row for row in found.foreach_type(spdx.ai_AIPackage) if row.name == "m")
    assert {entry.key: entry.value for entry in model.ai_hyperparameter}["parameters"] == "19872"
    assert model.verifiedUsing[0].hashValue == dossier.subject.sha256
    assert sum(1 for _ in found.foreach_type(spdx.software_File)) == len(dossier.artifacts)


def test_one_without_room_for_every_file_says_so(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(hub_model(tmp_path / "m"))
    files = tuple(replace(dossier.artifacts[0], path=f"file-{number}") for number in range(MOST_FILES + 1))
    for row, said in ((dossier, None), (replace(dossier, artifacts=files), "incomplete")):
        rows = objects(document(row)).foreach_type(spdx.Relationship)
        (contains,) = (one for one in rows if one.relationshipType.endswith("/contains"))
        assert (contains.completeness or "").rpartition("/")[2] == (said or "")


def test_of_the_real_model(smollm2: Path) -> None:
    found = objects(document(assay.audit(smollm2)))
    (licence,) = found.foreach_type(spdx.simplelicensing_LicenseExpression)
    assert licence.simplelicensing_licenseExpression == "Apache-2.0"


def test_what_is_only_stated_is_marked_so(tmp_path: Path, audit: Audit) -> None:
    found = objects(document(audit(hub_model(tmp_path / "m"))))
    comments = {
        row.name: row.comment
        for row in (*found.foreach_type(spdx.dataset_DatasetPackage), *found.foreach_type(spdx.software_Package))
    }
    assert comments["org/corpus-one"] == "named in README.md, line 4; not examined"
    assert comments["org/base-7b"] == "stated in README.md, not examined"


@pytest.mark.parametrize(
    ("more", "claimed"),
    [
        ("", False),
        ("- **Release date:** 2026-03-04\n- **Developed by:** Acme\n", True),
        ("- **Released:** soon\n", False),
    ],
)
def test_only_a_profile_that_is_met_is_claimed(more: str, claimed: bool, tmp_path: Path, audit: Audit) -> None:
    found = objects(document(audit(hub_model(tmp_path / "m", README__md=f"{CARD}\n{more}"))))
    (whole,) = found.foreach_type(spdx.SpdxDocument)
    profiles = {row.rpartition("/")[2] for row in whole.profileConformance}
    assert profiles == {"core", "simpleLicensing", "software", *(["ai"] if claimed else [])}
    (model,) = found.foreach_type(spdx.ai_AIPackage)
    assert (model.software_packageVersion, model.software_downloadLocation) == ("NOASSERTION", "NOASSERTION")
    assert model.suppliedBy.name == ("Acme" if claimed else "NOASSERTION")
    kinds = [row.relationshipType.rpartition("/")[2] for row in found.foreach_type(spdx.Relationship)]
    assert kinds.count("hasConcludedLicense") == kinds.count("hasDeclaredLicense") == 1


def test_only_a_given_time_is_written(tmp_path: Path, audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    dossier = audit(hub_model(tmp_path / "m"))
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert document(dossier)["@graph"][0]["created"] == "1970-01-01T00:00:00Z"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert document(dossier)["@graph"][0]["created"] == "2023-11-14T22:13:20Z"


@settings(max_examples=100)  # each is a whole document for the published schema
@given(text=st.text(min_size=1, max_size=60))
def test_any_licence_and_name_of_a_card_gives_a_readable_document(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("m")
    (folder / "README.md").write_text(
        f"---\nlicense: {json.dumps(text)}\ndatasets:\n- {json.dumps(text)}\n---\n# M\n", "utf-8", "replace"
    )
    objects(document(assay.audit(folder, isolation=False, only=("licence.conflict",))))
