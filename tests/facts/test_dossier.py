"""A dossier in a Python session or a notebook: what it looks like, and how it is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import assay
from assay.errors import UsageError
from tests.builders import calls, hub_model


@pytest.fixture
def dossier(tmp_path: Path) -> assay.Dossier:
    model = hub_model(tmp_path / "<b>bad")
    (model / "x.pkl").write_bytes(calls("os", "system", "true"))
    return assay.audit(model)


def test_it_is_one_line_and_a_summary(dossier: assay.Dossier) -> None:
    assert repr(dossier) == f"<dossier of <b>bad: FAILED, {len(dossier.findings)} findings, 1 blocking>"
    page = dossier._repr_html_()
    assert "<b>FAILED</b> Do not load it" in page and "Safe to load?" in page
    assert "&lt;b&gt;bad" in page and "<b>bad" not in page


def test_what_blocks_is_named(dossier: assay.Dossier) -> None:
    assert "pickle.reaches-outside" in {row.check for row in dossier.blocking}


def test_it_is_saved_by_the_ending_of_the_name(dossier: assay.Dossier, tmp_path: Path) -> None:
    for name, beginning in (("r.html", "<!doctype html>"), ("r.sarif", "{"), ("r.md", "#"), ("r.json", "{")):
        dossier.save(tmp_path / name)
        assert (tmp_path / name).read_text().startswith(beginning)
    assert (tmp_path / "r.json").read_text() == dossier.to_json() == dossier.render("json")
    assert json.loads(dossier.to_json())["decision"]["verdict"] == "FAILED"
    with pytest.raises(UsageError, match="no format goes with the name"):
        dossier.save(tmp_path / "r.docx")
    with pytest.raises(UsageError, match="unknown format 'docx'"):
        dossier.render("docx")


def test_the_module_shows_its_public_names() -> None:
    assert dir(assay) == ["Dossier", "__version__", "audit", "check", "diff", "fingerprint"]
