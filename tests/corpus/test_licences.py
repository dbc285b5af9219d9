"""Licences of documents as data sets in use state them, and how much of a corpus stands under each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assay.corpus import croissant, manifest
from assay.corpus.documents import Fields
from assay.facts.corpus import LicenceBasis, LicenceClass
from tests.builders.command import run
from tests.builders.corpus import indexed

TEXT = {"text": "some words of a document"}


@pytest.mark.parametrize(
    ("row", "spdx", "kind"),
    [
        ({"max_stars_repo_licenses": ["Apache-2.0"]}, "Apache-2.0", LicenceClass.PERMISSIVE),
        ({"max_stars_repo_licenses": ["MIT", "GPL-3.0-only"]}, "MIT AND GPL-3.0-only", LicenceClass.SHARE_ALIKE),
        ({"detected_licenses": ["mit", "Apache 2.0"]}, "MIT AND Apache-2.0", LicenceClass.PERMISSIVE),
        ({"detected_licenses": ["MIT", "MIT"]}, "MIT", LicenceClass.PERMISSIVE),
        ({"detected_licenses": ["MIT", "in-house"]}, "", LicenceClass.UNKNOWN),
        ({"detected_licenses": ["MIT OR GPL-2.0-only", "CC-BY-NC-4.0"]}, None, LicenceClass.NON_COMMERCIAL),
        ({"detected_licenses": [], "license_type": "no_license"}, "", LicenceClass.UNKNOWN),
        ({"metadata": {"license": "CC-BY-SA-4.0"}}, "CC-BY-SA-4.0", LicenceClass.SHARE_ALIKE),
        ({"meta": {"pile_set_name": "Wikipedia (en)"}}, "CC-BY-SA-3.0", LicenceClass.SHARE_ALIKE),
        ({"meta": {"pile_set_name": "DM Mathematics"}}, "Apache-2.0", LicenceClass.PERMISSIVE),
        ({"meta": {"pile_set_name": "Books3"}}, "", LicenceClass.UNKNOWN),
    ],
)
def test_licence_columns_in_use(tmp_path: Path, row: dict[str, object], spdx: str | None, kind: LicenceClass) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({**TEXT, **row}) + "\n")
    (found,) = indexed(tmp_path / "index", tmp_path / "a.jsonl").records[0].datasets
    assert found.licence.kind is kind
    assert spdx is None or found.licence.spdx == spdx


def test_a_component_of_the_pile_is_a_dataset(tmp_path: Path) -> None:
    rows = [{**TEXT, "meta": {"pile_set_name": name}} for name in ("FreeLaw", "Pile-CC")]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = {row.dataset: row.licence for row in indexed(tmp_path / "index", tmp_path / "a.jsonl").records[0].datasets}
    assert found["FreeLaw"].basis is LicenceBasis.DATASET_CARD and found["FreeLaw"].kind is LicenceClass.PERMISSIVE
    assert found["Pile-CC"].basis is LicenceBasis.UNKNOWN


@pytest.mark.parametrize(
    "licence", ["https://choosealicense.com/licenses/mit/", ["https://choosealicense.com/licenses/mit/"]]
)
def test_a_croissant_file_with_an_address_of_choosealicense(tmp_path: Path, licence: object) -> None:
    (tmp_path / "c.json").write_text(json.dumps({"@type": "sc:Dataset", "name": "x", "license": licence}))
    fields = Fields(croissant_licence=croissant.metadata(tmp_path / "c.json")["licence"])
    (tmp_path / "a.jsonl").write_text(json.dumps(TEXT) + "\n")
    (found,) = indexed(tmp_path / "index", tmp_path / "a.jsonl", fields=fields).records[0].datasets
    assert (found.licence.spdx, found.licence.basis) == ("MIT", LicenceBasis.CROISSANT)


def test_shares_are_by_bytes_with_the_datasets_of_each(tmp_path: Path) -> None:
    rows = [
        {"text": "a" * 600, "license": "MIT", "source": "one"},
        {"text": "b" * 200, "license": "MIT", "source": "two"},
        {"text": "c d " * 50, "source": "three"},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    indexed(tmp_path / "index", tmp_path / "a.jsonl")
    said = run("corpus", "info", str(tmp_path / "index")).stdout
    assert "80.0%  0.0  MIT (permissive; document): one, two\n" in said
    assert "20.0%  0.0  no licence stated (unknown): three\n" in said


def test_a_corpus_that_was_built_before_bytes_were_counted_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(TEXT) + "\n")
    indexed(tmp_path / "index", tmp_path / "a.jsonl")
    path = tmp_path / "index" / manifest.NAME
    value = json.loads(path.read_bytes())
    del value["parts"][0]["datasets"][0]["bytes"]
    path.write_text(json.dumps(value))
    assert manifest.load(tmp_path / "index")[0].parts[0].datasets[0].bytes == 0
    assert "of text" not in run("corpus", "info", str(tmp_path / "index")).stdout.partition("dataset and")[2]
