"""What is attached to images, documents and data: told, and read as what it is."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import tarfile
import zlib
from pathlib import Path

import pytest

import assay
from assay.facts.artifact import Standing
from assay.facts.finding import Kind
from tests.hostile.graphs import lite
from tests.hostile.pickles import SYSTEM, zipped


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\0\0"))
    + chunk(b"IEND")
)
JPEG = b"\xff\xd8\xff\xe0\x00\x04JF\xff\xda\x00\x02\x12\xff\x00\x34\xff\xd0\x56\xff\xd9"
GIF = b"GIF89a\x01\0\x01\0\x80\0\0" + bytes(6) + b"!\xf9\x04" + bytes(5) + b"," + bytes(9) + b"\x02\x02L\x01\0;"
RIFF = b"RIFF" + struct.pack("<I", 12) + b"WEBPVP8 " + bytes(4)
BMP = b"BM" + struct.pack("<IIII", 58, 0, 54, 40) + bytes(40)
PDF = b"%PDF-1.4\n1 0 obj\nendobj\ntrailer\n%%EOF"
MP4 = struct.pack(">I4s", 16, b"ftyp") + b"isom" + bytes(4) + struct.pack(">I4s", 12, b"mdat") + bytes(4)
FONT = b"\0\x01\0\0" + struct.pack(">H", 1) + bytes(6) + struct.pack(">4s3I", b"glyf", 0, 28, 4) + bytes(4)
HOSTS = {
    "logo.png": PNG,
    "photo.jpg": JPEG,
    "a.gif": GIF,
    "a.webp": RIFF,
    "a.bmp": BMP,
    "paper.pdf": PDF,
    "a.mp4": MP4,
    "a.ttf": FONT,
}


def tarred(name: str, raw: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        row = tarfile.TarInfo(name)
        row.size = len(raw)
        archive.addfile(row, io.BytesIO(raw))
    return buffer.getvalue()


def said(tmp_path: Path, name: str, raw: bytes) -> dict[str, list[str]]:
    (tmp_path / name).write_bytes(raw)
    found: dict[str, list[str]] = {}
    for finding in assay.audit(tmp_path / name, isolation=False).findings:
        if finding.kind in (Kind.FAIL, Kind.OPEN, Kind.REVIEW):
            found.setdefault(finding.check, []).append(finding.message)
    return found


@pytest.mark.parametrize("name", sorted(HOSTS))
def test_a_pickle_behind_any_host_is_told_and_followed(tmp_path: Path, name: str) -> None:
    found = said(tmp_path, name, HOSTS[name] + SYSTEM)
    assert "a pickle follows the end of the" in found["artifact.disguised"][0]
    (outside,) = found["pickle.reaches-outside"]
    assert f"{name} > byte {len(HOSTS[name])}" in outside
    assert "loading calls os.system('echo inert')" in outside


@pytest.mark.parametrize(
    "raw",
    [
        bytes(16) + b"\6\0\0\0\x08\5\x10\x3b\x10\x39" + bytes(range(1, 200)),  # a tensor of Paddle
        b"\0\0\0\x20\1\2\3\4" + bytes(range(200)),  # numbers: 32, then others
        b"\0\0\0\x10abcd" + bytes(range(200)),
        struct.pack("<8f", 0.0, 1.0, *range(6)) + bytes(range(200)),  # a shard of TensorFlow.js
        b"\0\1\0\0\0\1" + bytes(range(200)),
        b"BM" + struct.pack("<I", 60) + bytes(range(200)),
    ],
)
def test_numbers_are_no_recording_that_something_follows(tmp_path: Path, raw: bytes) -> None:
    found = said(tmp_path, "group1-shard1of1", raw)
    assert "follow" not in " ".join(found["artifact.hidden-bytes"] + found.get("artifact.disguised", []))
    assert "no reader knows this format" in found["artifact.unread"][0]


@pytest.mark.parametrize("ending", ["dict", "vec", "vocab", "names", "list"])
def test_an_ending_that_says_little_is_no_claim(tmp_path: Path, ending: str) -> None:
    assert "artifact.disguised" not in said(tmp_path, f"words.{ending}", gzip.compress(pickle.dumps({"a": 1})))
    assert "pickle.reaches-outside" in said(tmp_path, f"words.{ending}", gzip.compress(SYSTEM))
    assert not {"artifact.unread", "artifact.disguised"} & set(said(tmp_path, f"words.{ending}", b"caf\xe9 1\n"))


def test_numbers_without_a_control_character_at_first_are_no_text_that_ends_as_none(tmp_path: Path) -> None:
    found = said(tmp_path, "model.bin", bytes(range(120, 140)) * 100 + bytes(50))
    assert "follow" not in " ".join(found["artifact.hidden-bytes"])
    assert "begins as a text" not in " ".join(found["artifact.hidden-bytes"])
    hidden = said(tmp_path, "table.csv", "Zürich;1\n".encode("latin-1") * 100 + bytes(50))
    assert "it begins as a text" in hidden["artifact.hidden-bytes"][0]
    russian = said(tmp_path, "words.csv", "это слова другого языка\n".encode("cp1251") * 40 + bytes(50))
    assert "it begins as a text" in russian["artifact.hidden-bytes"][0]


@pytest.mark.parametrize("at", [512, 2048])
def test_an_hdf5_file_behind_other_bytes_is_told(tmp_path: Path, at: int) -> None:
    found = said(tmp_path, "._weights.h5", LEFT["._net.py"].ljust(at, b"\0") + b"\x89HDF\r\n\x1a\n" + bytes(90))
    assert "it is an HDF5 file as well" in found["artifact.disguised"][0]


@pytest.mark.parametrize("name", [".node-version", ".gitconfig", ".python-version"])
def test_a_name_that_is_all_ending_has_none(tmp_path: Path, name: str) -> None:
    assert "artifact.unread" not in said(tmp_path, name, b"3.11.7\n")


LEFT = {
    ".DS_Store": b"\0\0\0\1Bud1" + bytes(40),
    "._model.safetensors": b"\0\5\x16\7\0\2\0\0Mac OS X" + bytes(60),
    "._net.py": b"\0\5\x16\7\0\2\0\0Mac OS X" + bytes(60),
    ".gitmodules": b'[submodule "a"]\n\tpath = a\n',
    "net.pyi": b"def f(x: int) -> int: ...\n",
}


@pytest.mark.parametrize("name", sorted(LEFT))
def test_what_systems_and_tools_leave_behind_is_inert(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(LEFT[name])
    dossier = assay.audit(tmp_path, isolation=False)
    assert [row.standing for row in dossier.artifacts] == [Standing.INERT]
    assert not dossier.obstacles


def test_what_macos_leaves_is_not_believed_by_its_name_alone(tmp_path: Path) -> None:
    assert "pickle.reaches-outside" in said(tmp_path, "._model.pkl", SYSTEM)
    assert "pickle.reaches-outside" in said(
        tmp_path, "._net.pt", LEFT["._net.py"] + zipped({"net/data.pkl": SYSTEM, "net/version": b"3"})
    )


@pytest.mark.parametrize("name", sorted(HOSTS))
def test_a_host_alone_is_inert(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(HOSTS[name] + b"\0\n")
    dossier = assay.audit(tmp_path / name, isolation=False)
    assert [artifact.standing for artifact in dossier.artifacts] == [Standing.INERT]
    assert not [f for f in dossier.findings if f.check.startswith("artifact.") and f.kind in (Kind.FAIL, Kind.REVIEW)]


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (tarred("model.pkl", SYSTEM), "a tar archive"),
        (gzip.compress(SYSTEM, mtime=0), "gzip data"),
    ],
)
def test_an_archive_behind_an_image_is_unpacked(tmp_path: Path, raw: bytes, what: str) -> None:
    found = said(tmp_path, "logo.png", PNG + raw)
    assert f"{what} follows the end of the PNG image, at byte {len(PNG)}" in found["artifact.disguised"][0]
    assert "loading calls os.system('echo inert')" in found["pickle.reaches-outside"][0]


@pytest.mark.parametrize(
    "name", ["logo.png", "paper.pdf", "data.csv", "notes.jsonl", "README.md", "config.json", "a.py"]
)
def test_the_members_of_a_zip_at_the_end_of_anything_are_read(tmp_path: Path, name: str) -> None:
    host = {**HOSTS, "config.json": b"{}", "a.py": b"x = 1\n"}.get(name, b"a,b\n")
    found = said(tmp_path, name, host + zipped({"model.pkl": SYSTEM, "run.sh": b"#!/bin/sh\necho inert\n"}))
    assert any("it is a zip archive as well, with a directory at byte" in row for row in found["artifact.disguised"])
    assert f"{name} > model.pkl @ " in found["pickle.reaches-outside"][0]
    assert f"{name} > run.sh is a script" in found["code.native"][0]


@pytest.mark.parametrize(
    ("mark", "what"),
    [
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"Rar!\x1a\x07\x01\x00", "a rar archive"),
        (b"\x28\xb5\x2f\xfd", "zstandard data"),
    ],
)
def test_an_archive_that_assay_does_not_unpack_is_told_and_open(tmp_path: Path, mark: bytes, what: str) -> None:
    found = said(tmp_path, "logo.png", PNG + mark + bytes(40))
    assert f"{what} follows the end of the PNG image" in found["artifact.disguised"][0]
    assert "logo.png > byte" in found["artifact.unread"][0] + found.get("artifact.malformed", [""])[0]


def test_other_bytes_behind_an_image_are_for_review(tmp_path: Path) -> None:
    found = said(tmp_path, "logo.png", PNG + bytes(range(1, 100)))
    assert found["artifact.hidden-bytes"] == [
        f"logo.png: 99 bytes follow the end of the PNG image, from byte {len(PNG)}"
    ]


def test_a_text_that_ends_as_none_is_for_review(tmp_path: Path) -> None:
    found = said(tmp_path, "data.csv", b"a,b\n" * 200 + b"\x7fELF\0\0")
    assert "it begins as a text, and from byte 804 holds bytes that no text does" in found["artifact.hidden-bytes"][0]


def test_labels_that_tensorflow_lite_packs_behind_a_model_are_ordinary(tmp_path: Path) -> None:
    found = said(tmp_path, "model.tflite", lite("") + zipped({"labels.txt": b"cat\ndog\n"}))
    assert "artifact.disguised" not in found and "artifact.malformed" not in found
    evil = said(tmp_path, "model.tflite", lite("") + zipped({"labels.pkl": SYSTEM}))
    assert "model.tflite > labels.pkl" in evil["pickle.reaches-outside"][0]


def test_an_attachment_inside_an_archive_is_read_too(tmp_path: Path) -> None:
    found = said(
        tmp_path, "model.zip", zipped({"assets/logo.png": PNG + SYSTEM, "t.csv": b"a\n" + zipped({"m.pkl": SYSTEM})})
    )
    assert any("model.zip > assets/logo.png > byte" in row for row in found["pickle.reaches-outside"])
    assert any("model.zip > t.csv > m.pkl" in row for row in found["pickle.reaches-outside"])


def test_the_isolated_audit_reads_attachments_too(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG + SYSTEM)
    isolated, inside = assay.audit(tmp_path), assay.audit(tmp_path, isolation=False)
    assert [f.message for f in isolated.findings] == [f.message for f in inside.findings]
    assert any("loading calls os.system" in f.message for f in isolated.findings)


def test_a_binary_file_without_a_zero_at_its_beginning_is_no_text(tmp_path: Path) -> None:
    """As Core ML's are: a protobuf whose first fields are short."""
    (tmp_path / "model.mlmodel").write_bytes(b"\x08\x06\x12\xda\x01\x0a\x18\x0a\x07input_2" * 40 + bytes(200))
    found = assay.audit(tmp_path / "model.mlmodel", isolation=False)
    assert not [row for row in found.findings if row.check == "artifact.hidden-bytes" and row.kind is Kind.REVIEW]
