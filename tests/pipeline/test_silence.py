"""What a check that found nothing says: what was examined, that there is nothing of the kind, or that nobody looked."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.checks import installed as checks
from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Finding, Kind
from assay.facts.structure import Aspect
from assay.formats import Format
from assay.formats import installed as formats
from tests.builders import hub_model

Audit = Callable[..., Dossier]
ASPECTS = [check.rule.id for check in checks() if check.aspects]


def of(dossier: Dossier, check: str) -> list[Finding]:
    return [finding for finding in dossier.findings if finding.check == check]


def test_every_reader_declares_what_it_examines() -> None:
    undeclared = [kind.id for kind in formats() if kind.gaps == tuple(Aspect)]
    assert not undeclared
    for kind in formats():
        assert not set(kind.examines) & set(kind.gaps), kind.id
    nameless = Format("new", "a format of a plugin", lambda artifact, window: iter(()))
    assert nameless.gaps == tuple(Aspect)  # what declares nothing may carry anything, and was examined for nothing


def test_every_aspect_is_examined_by_a_reader_and_asked_by_a_check() -> None:
    assert {aspect for kind in formats() for aspect in kind.examines} == set(Aspect)
    assert {aspect for check in checks() for aspect in check.aspects} == set(Aspect)


def test_a_truncated_file_has_been_examined_for_nothing(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "model.tflite").write_bytes(b"\x1c\0\0\0TFL3" + b"\xff" * 5)
    dossier = audit(tmp_path)
    assert dossier.decision.verdict is not Verdict.PASSED
    (row,) = of(dossier, "model.custom-operator")
    assert row.kind is Kind.OPEN and row.follows == "artifact.malformed"
    assert row.message == "not known of model.tflite, which could not be read to the end"


@pytest.mark.parametrize("name", ["model.xyz", "data/part.xyz"])
def test_no_check_about_files_passes_beside_a_file_that_nobody_reads(tmp_path: Path, audit: Audit, name: str) -> None:
    dossier = audit(hub_model(tmp_path / "m", **{name.replace(".", "__"): bytes(range(256)) * 4}))
    for check in ASPECTS:
        assert Kind.OPEN in {row.kind for row in of(dossier, check)}, check
    assert len([row for row in dossier.findings if row.kind is Kind.OPEN and row.check == "artifact.unread"]) == 1
    assert "artifact.unread" in dossier.decision.because and "model." not in dossier.decision.because


def test_what_follows_counts_once_with_its_reason(tmp_path: Path, audit: Audit) -> None:
    sound = audit(hub_model(tmp_path / "a"))
    unread = audit(hub_model(tmp_path / "b", **{"model__xyz": bytes(range(256)) * 4}))

    def own(dossier: Dossier) -> int:
        return sum(row.kind is Kind.OPEN and not row.follows for row in dossier.findings)

    assert own(unread) == own(sound) + 1


def test_a_pass_names_files_and_formats(tmp_path: Path, audit: Audit) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("notes.txt", "hello")
    dossier = audit(hub_model(tmp_path / "m", **{"more__zip": packed.getvalue()}))
    (row,) = of(dossier, "archive.bomb")
    assert row.kind is Kind.PASS and row.message == "1 file with 1 part examined (zip), none found"


def test_nothing_of_the_kind_is_not_a_pass(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(hub_model(tmp_path / "m"))
    for check in ("archive.bomb", "archive.escapes", "model.touches-files", "pickle.costly", "code.reaches-outside"):
        assert [row.kind for row in of(dossier, check)] == [Kind.NOT_APPLICABLE], check


def test_a_member_that_cannot_be_read_leaves_its_own_questions_open(tmp_path: Path, audit: Audit) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner.tflite", b"\x1c\0\0\0TFL3" + b"\xff" * 5)
    dossier = audit(hub_model(tmp_path / "m", **{"more__zip": packed.getvalue()}))
    (row,) = of(dossier, "model.custom-operator")
    assert row.kind is Kind.OPEN and "more.zip > inner.tflite" in row.message
