"""Files against checksums that ship with them, and against the names under which a hub cache keeps them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Kind
from tests.builders import hub_model
from tests.conftest import messages, of

Audit = Callable[..., Dossier]
CHECK = "artifact.not-as-listed"
FILE = "model.safetensors"


def digest(folder: Path, algorithm: str, file: str = FILE) -> str:
    raw = (folder / file).read_bytes()
    if algorithm == "git":
        return hashlib.sha1(b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()
    return hashlib.new(algorithm, raw, usedforsecurity=False).hexdigest()


LISTS: list[tuple[str, str, Callable[[str], str]]] = [
    ("SHA256SUMS", "sha256", lambda value: f"{value}  {FILE}\n"),
    ("sha256sums.txt", "sha256", lambda value: f"# made by us\n{value.upper()} *./{FILE}\n"),
    ("model.safetensors.sha256", "sha256", lambda value: f"{value}\n"),
    ("checksums.txt", "md5", lambda value: f"{value}  {FILE}\n"),
    ("md5sums", "md5", lambda value: f"{value}  {FILE}\n"),
    ("SHA1SUMS", "sha1", lambda value: f"SHA1 ({FILE}) = {value}\n"),
    ("model.sha512", "sha512", lambda value: f"{value}  {FILE}\n"),
    ("MANIFEST.json", "sha256", lambda value: json.dumps({FILE: value})),
    ("manifest.json", "sha256", lambda value: json.dumps({"files": [{"path": FILE, "sha256": value, "size": 3}]})),
    ("checksums.json", "md5", lambda value: json.dumps({"files": {FILE: {"md5": value}}})),
    (
        f".cache/huggingface/download/{FILE}.metadata",
        "sha256",
        lambda value: f"{'c' * 40}\n{value}\n1732000000.0\n",
    ),
    (f".cache/huggingface/download/{FILE}.metadata", "git", lambda value: f"{'c' * 40}\n{value}\n1732000000.0\n"),
]


@pytest.mark.parametrize(("name", "algorithm", "written"), LISTS, ids=[f"{row[0]}-{row[1]}" for row in LISTS])
def test_a_file_that_was_changed_after_it_was_listed_is_a_fail(
    tmp_path: Path, audit: Audit, name: str, algorithm: str, written: Callable[[str], str]
) -> None:
    folder = hub_model(tmp_path / "m")
    hub_model(folder, **{name: written(digest(folder, algorithm))})
    assert [f.kind for f in of(audit(folder), CHECK)] == [Kind.PASS]
    raw = bytearray((folder / FILE).read_bytes())
    raw[-1] ^= 1
    (folder / FILE).write_bytes(raw)
    dossier = audit(folder)
    (said,) = messages(dossier, CHECK, Kind.FAIL)
    assert said.startswith(f"{name} gives {FILE} the ") and said.endswith("changed or damaged after it was listed")
    assert dossier.decision.verdict is Verdict.FAILED


@pytest.mark.parametrize("algorithm", ["sha256", "git"])
def test_a_blob_of_a_hub_cache_is_what_its_name_says(tmp_path: Path, audit: Audit, algorithm: str) -> None:
    source = hub_model(tmp_path / "source")
    cache = tmp_path / "models--org--tiny"
    snapshot, blobs = cache / "snapshots" / ("c" * 40), cache / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for file in (FILE, "config.json"):
        blob = blobs / digest(source, algorithm, file)
        blob.write_bytes((source / file).read_bytes())
        (snapshot / file).symlink_to(f"../../blobs/{blob.name}")
    assert messages(audit(snapshot), CHECK, Kind.PASS) == ["2 checksums agree with the files"]
    blob = blobs / digest(source, algorithm)
    blob.write_bytes(blob.read_bytes()[:-1] + b"\0")
    (said,) = messages(audit(snapshot), CHECK, Kind.FAIL)
    assert said.startswith(f"{FILE}: its cache keeps it as ")
    assert len(messages(audit(tmp_path), CHECK, Kind.FAIL)) == 2  # the blob, and the snapshot's link to it


def test_what_is_listed_and_not_here_is_told(tmp_path: Path, audit: Audit) -> None:
    folder = hub_model(tmp_path / "m", SHA256SUMS=f"{'0' * 64}  other.safetensors\n")
    assert messages(audit(folder), CHECK) == [
        "1 files that checksums are given for are not here, the first is other.safetensors"
    ]
    assert [f.kind for f in of(audit(hub_model(tmp_path / "n")), CHECK)] == [Kind.NOT_APPLICABLE]


@pytest.mark.parametrize("other", [{"version": "0" * 64}, {"name": "x", "icons": [{"src": "a.png"}]}, [1, 2], {}])
def test_a_manifest_of_something_else_lists_nothing(tmp_path: Path, audit: Audit, other: object) -> None:
    folder = hub_model(tmp_path / "m", **{"manifest.json": json.dumps(other)})
    assert [f.kind for f in of(audit(folder), CHECK)] == [Kind.NOT_APPLICABLE]
