"""Records of a checkpoint that no tensor refers to: counted, followed, and never taken for one by mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

import assay
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from tests.builders import calls, torch_zip

TENSORS = {"a": ("FloatStorage", (2, 3)), "b": ("HalfStorage", (4,))}
SYSTEM = calls("os", "system", "id")


def audited(folder: Path, members: dict[str, bytes]) -> Dossier:
    path = folder / "model.pt"
    path.write_bytes(torch_zip(TENSORS, members=members))
    return assay.audit(path, isolation=False)


def hidden(dossier: Dossier) -> list[str]:
    return [row.message for row in dossier.findings if row.check == "artifact.hidden-bytes" and row.kind is Kind.REVIEW]


def failed(dossier: Dossier, check: str) -> list[str]:
    return [row.message for row in dossier.findings if row.check == check and row.kind in (Kind.FAIL, Kind.REVIEW)]


@pytest.mark.parametrize("raw", [SYSTEM, b"cos\nsystem\n(S'id'\ntR."], ids=["protocol 2", "protocol 0"])
@pytest.mark.parametrize("folder", ["data", "constants", "traced_inputs"])
def test_a_pickle_in_a_record_that_no_tensor_refers_to_is_followed(folder: str, raw: bytes, tmp_path: Path) -> None:
    found = audited(tmp_path, {f"{folder}/15": raw})
    said = f"model.pt: a record that no tensor refers to, {len(raw):,} bytes: 'archive/{folder}/15'"
    assert hidden(found) == [said]
    assert found.decision.verdict == "FAILED"
    (line,) = failed(found, "pickle.reaches-outside")
    assert line.startswith(f"model.pt > archive/{folder}/15 @ ") and "os.system('id')" in line


def test_a_program_in_such_a_record_is_named_and_bytes_of_no_format_are_counted(tmp_path: Path) -> None:
    program = b"\x7fELF\x02\x01\x01" + bytes(57)
    found = audited(tmp_path, {"data/15": program, "data/16": b"\x01\x02", "data/17": b"", "data/18": b"x"})
    assert hidden(found) == [
        "model.pt: 4 records that no tensor refers to, 67 bytes: 'archive/data/15', 'archive/data/16', "
        "'archive/data/17' and 1 more"
    ]
    (line,) = failed(found, "code.native")
    assert line.startswith("model.pt > archive/data/15 is an ELF")


def test_what_follows_a_storage_in_its_record_is_named(tmp_path: Path) -> None:
    found = audited(tmp_path, {"data/0": bytes(24) + SYSTEM})
    assert hidden(found) == [f"model.pt: {len(SYSTEM)} bytes follow the 24 of the storage in 'archive/data/0'"]


def test_a_pickle_that_cannot_be_followed_may_name_any_record(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(torch_zip(TENSORS, members={"data/15": bytes(8), "extra.pkl": b"\x80\x02K"}))
    found = assay.audit(path, isolation=False)
    assert hidden(found) == [] and found.decision.verdict == "INCOMPLETE"


def test_a_sound_checkpoint_has_no_such_record(tmp_path: Path) -> None:
    assert hidden(audited(tmp_path, {})) == []
