"""Dossiers that are read: every version of the schema opens or is refused by name, and nothing is guessed."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.errors import UsageError
from assay.facts.codec import Mismatch, canonical
from assay.facts.dossier import SCHEMA, Dossier
from assay.facts.section import Unread
from assay.pipeline.dossier import dossier
from assay.render import names, renderer
from tests.builders import hub_model
from tests.builders.command import run
from tests.builders.keys import private


@pytest.fixture(scope="module")
def value(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A dossier as JSON."""
    found: dict[str, Any] = json.loads(canonical(assay.audit(hub_model(tmp_path_factory.mktemp("model") / "m"))))
    return found


def first(value: dict[str, Any]) -> dict[str, Any]:
    """The same as the first schema had it: sections as fields of their own, and without what came later."""
    value = deepcopy(value)
    core = {key: entry for key, entry in value.items() if key not in ("sections", "plugins", "given", "lacks")}
    parts = {row["id"]: row["value"] for row in value["sections"]}
    return {**core, **parts, "corpora": [], "schema": "assay-dossier/1"}


def test_a_dossier_is_read_as_it_was_written(value: dict[str, Any]) -> None:
    found = dossier(value)
    assert json.loads(canonical(found)) == value and found.lacks == ()
    assert found.openness.by_evidence.classes


def test_a_dossier_of_the_first_schema_opens(value: dict[str, Any], tmp_path: Path) -> None:
    found = dossier(first(value))
    assert found.lacks == () and found.schema == SCHEMA
    assert found.findings == dossier(value).findings and found.openness == dossier(value).openness
    file = tmp_path / "old.json"
    file.write_text(json.dumps(first(value)))
    assert run("report", str(file)).returncode == 0


def test_what_an_older_dossier_lacks_is_said_and_shown(value: dict[str, Any], tmp_path: Path) -> None:
    older = first(value)
    del older["openness"], older["loading"], older["portrait"]["roles"]
    for claim in older["claims"]:
        del claim["line"]
    found = dossier(older)
    assert "loading (its schema assay-dossier/1 had none)" in found.lacks
    assert "portrait.roles (its schema assay-dossier/1 had none)" in found.lacks
    assert "claims.line (its schema assay-dossier/1 had none)" in found.lacks
    assert found.openness.by_evidence.level is None
    for name in names():
        chosen = renderer(name)
        assert chosen is not None
        chosen.write(found, io.BytesIO())
    file = tmp_path / "old.json"
    file.write_text(json.dumps(older))
    shown = run("report", str(file))
    assert shown.returncode == 0 and "loading (its schema assay-dossier/1 had none)" in " ".join(shown.stdout.split())


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ("assay-dossier/99", "it has schema 'assay-dossier/99', and this version of assay reads up to"),
        ("assay-scored/1", "expected schema 'assay-dossier/4' or an older one, got 'assay-scored/1'"),
        (None, "expected schema 'assay-dossier/4' or an older one, got 'None'"),
        (7, "expected schema 'assay-dossier/4' or an older one, got '7'"),
    ],
)
def test_what_is_no_dossier_that_can_be_read_is_refused(value: dict[str, Any], schema: object, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        dossier({**value, "schema": schema})
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    "damaged", [{"findings": "none"}, {"decision": None}, {"unheard": 1}, {"sections": [{"id": 1}]}]
)
def test_a_damaged_dossier_of_this_schema_is_not_mended(value: dict[str, Any], damaged: dict[str, Any]) -> None:
    with pytest.raises(Mismatch):
        dossier({**value, **damaged})


def with_section(whole: dict[str, Any], **section: Any) -> Dossier:
    return dossier({**whole, "sections": [*whole["sections"], section]})


def test_a_section_that_nothing_reads_stays_as_it_is_and_is_named(value: dict[str, Any]) -> None:
    found = with_section(value, id="taste", schema="acme-taste/3", value={"sweet": [1, 2.5, None]})
    assert found.lacks == ("section taste (schema acme-taste/3: nothing that is installed and named reads it)",)
    assert json.loads(canonical(found))["sections"][-1]["value"] == {"sweet": [1, 2.5, None]}
    assert found.section("taste") is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v["rules"][0].update(severity=float("nan")), "NaN is no number of JSON"),
        (lambda v: v["rules"][0].update(severity=float("inf")), "Infinity is no number of JSON"),
        (lambda v: v["rules"][0].update(severity=11.0), "expected 0 to 10"),
        (lambda v: v["rules"].clear(), "which is not among its rules"),
        (lambda v: v["artifacts"][0].update(size=-1), "is that of no file"),
        (lambda v: v["findings"][0].update(effect="waived"), "is waived, and no waiver applied"),
        (lambda v: v["sections"][-1].update(value=float("nan")), "NaN is no number of JSON"),
        (lambda v: v["sections"][0]["value"]["components"].clear(), "its parts do not fit together"),
    ],
)
def test_an_edited_dossier_is_refused_in_a_sentence(
    value: dict[str, Any], tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    edited, file = deepcopy(value), tmp_path / "d.json"
    change(edited)
    file.write_text(json.dumps(edited))
    private(tmp_path / "k.pem")
    for words in (("report", str(file), "-o", "html"), ("attest", str(file), "--key", str(tmp_path / "k.pem"))):
        done = run(*words)
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and said in done.stderr, done.stderr


def test_a_number_that_no_float_holds_is_refused(value: dict[str, Any], tmp_path: Path) -> None:
    edited, file = deepcopy(value), tmp_path / "d.json"
    edited["rules"][0]["severity"] = -7.5
    file.write_text(json.dumps(edited).replace("-7.5", "1e999"))
    done = run("compare", str(file), str(file))
    assert done.returncode == 2 and "1e999 is too great a number" in done.stderr


def test_a_section_of_another_version_or_a_damaged_one_is_named_and_not_guessed(value: dict[str, Any]) -> None:
    other = with_section(value, id="signature", schema="assay-signature/9", value={"who": "somebody"})
    assert other.signature is None and isinstance(other.sections[-1].value, Unread)
    assert other.lacks == ("section signature (schema assay-signature/9: this version reads assay-signature/2)",)
    damaged = with_section(value, id="signature", schema="assay-signature/2", value={"trust": "yes"})
    assert damaged.signature is None
    assert damaged.lacks == ("section signature (schema assay-signature/2: not a Method)",)
