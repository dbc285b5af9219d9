"""One licence, one answer: in a card, a corpus, a Croissant file, a MOT listing and two bills of materials."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import assay.corpus
from assay.corpus import croissant
from assay.corpus.building import Options, build
from assay.execution import executor
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.openness import LicenceOrigin
from assay.licence.name import named
from assay.licence.term import family, is_open, restrictions
from assay.measures.openness.mot import listing
from assay.render import renderer
from tests.builders.hub import hub_model
from tests.conftest import messages
from tests.licence.spellings import SPELLINGS, UNKNOWN

ROWS = [(text, id) for id, spellings in SPELLINGS.items() for text in spellings]
NOTHING = [(text, "") for text in UNKNOWN if text]
Audit = Callable[..., Dossier]


def card(text: str) -> str:
    return f"---\nlicense: {json.dumps(text)}\n---\n# A model\n\nIt answers questions.\n"


def rendered(dossier: Dossier, name: str) -> Any:
    stream = io.BytesIO()
    found = renderer(name)
    assert found is not None
    found.write(dossier, stream)
    return json.loads(stream.getvalue())


def in_cyclonedx(dossier: Dossier) -> str:
    (entry,) = rendered(dossier, "cyclonedx")["metadata"]["component"]["licenses"]
    return str(entry.get("expression") or entry["license"].get("id") or entry["license"]["name"])


def in_spdx(dossier: Dossier) -> str:
    return next(
        str(row["simplelicensing_licenseExpression"])
        for row in rendered(dossier, "spdx")["@graph"]
        if row["type"] == "simplelicensing_LicenseExpression"
    )


@pytest.mark.parametrize(("text", "id"), [(spellings[-1], id) for id, spellings in SPELLINGS.items()])
def test_a_card_and_its_bills_of_materials(text: str, id: str, tmp_path: Path, audit: Audit) -> None:
    dossier = audit(hub_model(tmp_path / "m", README__md=card(text), LICENSE=None))
    licence = dossier.openness.component("parameters_final").licence
    assert (named(licence.id), licence.open, licence.origin) == (id, is_open(id), LicenceOrigin.DISTRIBUTION)
    kind = Kind.PASS if is_open(id) else Kind.REVIEW if restrictions(id) or family(id) else Kind.OPEN
    assert len(messages(dossier, "licence.restricted", kind)) == 1
    assert in_cyclonedx(dossier) == in_spdx(dossier) == id


@pytest.mark.parametrize("text", ["not MIT", "custom-mit", "Apache-2.0 (modified)", "cc", "MIT, Apache-2.0"])
def test_a_card_that_names_no_licence_is_not_guessed(text: str, tmp_path: Path, audit: Audit) -> None:
    dossier = audit(hub_model(tmp_path / "m", README__md=card(text), LICENSE=None))
    licence = dossier.openness.component("parameters_final").licence
    assert (licence.id, licence.open) == (text, False)
    assert messages(dossier, "licence.restricted", Kind.OPEN) == [f"the terms of {text!r} are not known to assay"]
    assert in_cyclonedx(dossier) == text and in_spdx(dossier).startswith("LicenseRef-")


@pytest.mark.parametrize(
    ("front", "counts", "id"),
    [
        ("license: other\nlicense_name: qwen-research", "qwen-research", "LicenseRef-qwen-research"),
        (
            "license: other\nlicense_name: my-own\nlicense_link: https://ai.google.dev/gemma/terms",
            "https://ai.google.dev/gemma/terms",
            "LicenseRef-gemma",
        ),
        ("license: other\nlicense_name: my-own\nlicense_link: LICENSE", "my-own", ""),
        ("license: other", "other", ""),
        ("license: mit\nlicense_name: my-own", "mit", "MIT"),
    ],
)
def test_a_tag_that_names_none_gives_way_to_the_name_beside_it(
    front: str, counts: str, id: str, tmp_path: Path, audit: Audit
) -> None:
    dossier = audit(hub_model(tmp_path / "m", README__md=f"---\n{front}\n---\n# A model\n", LICENSE=None))
    assert named(dossier.openness.component("parameters_final").licence.id) == id
    (said,) = messages(dossier, "licence.restricted")
    assert counts in said


def test_a_name_beside_the_tag_other_is_held_against_the_text(tmp_path: Path, audit: Audit) -> None:
    for name, failed in (("apache-2.0", 0), ("my-own", 0), ("llama3.1", 1)):
        front = f"---\nlicense: other\nlicense_name: {name}\n---\n# A model\n"
        dossier = audit(hub_model(tmp_path / name, README__md=front))
        assert len(messages(dossier, "licence.conflict", Kind.FAIL)) == failed


def test_documents_of_a_corpus(tmp_path: Path) -> None:
    rows = [*ROWS, *NOTHING]
    written = [{"id": str(at), "text": f"the owl number {at}", "license": text} for at, (text, _) in enumerate(rows)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in written), "utf-8")
    build((str(tmp_path / "in.jsonl"),), tmp_path / "index", Options(), executor("local", 0))
    found = assay.corpus.open(tmp_path / "index")
    for at, (text, id) in enumerate(rows):
        (hit,) = found.find(f"the owl number {at}")
        assert (hit.document.licence.written, hit.document.licence.spdx) == (text, id)


@pytest.mark.parametrize(("text", "id"), [*ROWS, *NOTHING])
def test_a_croissant_file(text: str, id: str, tmp_path: Path) -> None:
    for value in (text, [text], {"@type": "CreativeWork", "url": text}):
        file = tmp_path / "c.json"
        file.write_text(json.dumps({"@type": "sc:Dataset", "license": value}), "utf-8")
        assert named(croissant.metadata(file)["licence"]) == id


@pytest.mark.parametrize(("text", "id"), [*ROWS, *NOTHING])
def test_a_mot_listing(text: str, id: str) -> None:
    content = {"release": {"name": "m", "components": [{"name": "Model parameters (Final)", "license": text}]}}
    (row,) = listing(content).rows
    assert named(row.licence) == id
