"""Pickles among the values that describe weights: metadata, properties, attributes, small datasets."""

from __future__ import annotations

import base64
import os
import pickle
import struct
from pathlib import Path

import pytest

import assay
from assay.facts.finding import Kind
from tests.builders import calls, gguf, safetensors
from tests.builders.gguf import text
from tests.builders.hdf5 import NOWHERE, contiguous, dataset_file, float32, heap, message, space
from tests.conftest import messages
from tests.hostile.graphs import field

EVIL = calls("os", "system", "id")
TEXT = base64.b64encode(EVIL)
PRINTED = b"cos\nsystem\n(S'id'\ntR."  # protocol 0
HEAP, DATA = 48, 48 + 30 + 10  # where `front` lies, and the values of a dataset without messages


class _Runs:
    def __init__(self, command: str) -> None:
        self._command = command

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (self._command,)


def described(**metadata: str) -> bytes:
    return safetensors({"w": ("F32", (4, 4))}, metadata={"format": "pt", **metadata})


def of_class(number: int, width: int) -> bytes:
    """A datatype of this class: 0 integers, 3 texts, 5 bytes, 9 of varying length."""
    return bytes([0x10 | number, 0, 0, 0]) + struct.pack("<I", width) + (bytes(4) if number == 0 else b"")


def attributed(number: int, value: bytes, width: int = 0, front: bytes = b"") -> bytes:
    """A dataset with an attribute of one value."""
    kind, extent = of_class(number, width or len(value)), bytes([2, 0, 0, 0])
    sizes = struct.pack("<3H", 5, len(kind), len(extent))
    attribute = message(0x0C, bytes([3, 0]) + sizes + b"\0" + b"args\0" + kind + extent + value)
    return dataset_file(space(0), float32(), contiguous(NOWHERE, 0), attribute, front=front)


def kept(number: int, value: bytes, width: int, count: int) -> bytes:
    """A dataset of so many values that lie in front of it."""
    return dataset_file(space(count), message(0x03, of_class(number, width)), contiguous(HEAP, len(value)), front=value)


def referring(value: bytes) -> tuple[bytes, bytes]:
    """A global heap that holds the value, and the reference to it."""
    return heap(value), struct.pack("<IQI", len(value), HEAP, 1)


def prop(value: bytes) -> bytes:
    """An ONNX model with a property."""
    return field(1, 8) + field(7, field(2, b"g")) + field(14, field(1, b"state") + field(2, value))


def numbers(kind: int, value: bytes) -> bytes:
    """A GGUF file with an array of bytes."""
    extra = text("x.state") + struct.pack("<IIQ", 9, kind, len(value)) + value
    return gguf({"w": (0, (4, 4))}, field_count=2, extra_fields=extra)


STORED, REFERENCE = referring(TEXT)
CASES = {
    "base64 in the metadata of safetensors": ("m.safetensors", described(state=TEXT.decode())),
    "text in the metadata of safetensors": ("m.safetensors", described(state=PRINTED.decode())),
    "bytes as a text in the metadata of safetensors": ("m.safetensors", described(state=EVIL.decode("latin-1"))),
    "base64 in a text of GGUF": ("m.gguf", gguf({"w": (0, (4, 4))}, {"x.state": TEXT.decode()})),
    "base64 in an array of texts of GGUF": ("m.gguf", gguf({"w": (0, (4, 4))}, {"x.state": ["a", TEXT]})),
    "bytes in an array of texts of GGUF": ("m.gguf", gguf({"w": (0, (4, 4))}, {"x.state": ["a", EVIL]})),
    "bytes in an array of GGUF": ("m.gguf", numbers(0, EVIL)),
    "signed bytes in an array of GGUF": ("m.gguf", numbers(1, EVIL)),
    "base64 in a property of ONNX": ("m.onnx", prop(TEXT)),
    "bytes in a property of ONNX": ("m.onnx", prop(EVIL)),
    "bytes in an attribute of HDF5": ("m.h5", attributed(5, EVIL)),
    "base64 in an attribute of HDF5": ("m.h5", attributed(3, TEXT)),
    "base64 to which an attribute of HDF5 refers": ("m.h5", attributed(9, REFERENCE, 16, STORED)),
    "bytes in a dataset of HDF5": ("m.h5", kept(5, EVIL, len(EVIL), 1)),
    "small numbers in a dataset of HDF5": ("m.h5", kept(0, EVIL, 1, len(EVIL))),
    "base64 in a dataset of HDF5": ("m.h5", kept(3, TEXT, len(TEXT), 1)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_pickle_is_found(tmp_path: Path, name: str) -> None:
    file, raw = CASES[name]
    (tmp_path / file).write_bytes(raw)
    (found,) = messages(assay.audit(tmp_path, isolation=False), "pickle.reaches-outside", Kind.FAIL)
    assert "loading calls os.system('id')" in found


@pytest.mark.parametrize(
    ("file", "raw"),
    [
        ("m.safetensors", described(thumbnail="data:image/jpeg;base64," + base64.b64encode(bytes(3000)).decode())),
        ("m.safetensors", described(config='{"gAAAAABhbGxvd2Vk": 1}', hash="gAK" + "0123456789abcdef" * 4)),
        (
            "m.gguf",
            gguf({"w": (0, (4, 4))}, {"tokenizer.ggml.tokens": ["KAAAAAAAAAAAAAAAAAAA", "Y2FuIGJlIHJlYWQgYXMgdGV4dA"]}),
        ),
        ("m.h5", attributed(3, b"(dense_1/kernel:0")),
        ("m.h5", kept(0, bytes(range(128, 256)) * 40, 1, 128 * 40)),
    ],
)
def test_what_only_begins_alike_is_none(tmp_path: Path, file: str, raw: bytes) -> None:
    (tmp_path / file).write_bytes(raw)
    found = assay.audit(tmp_path, isolation=False)
    assert not [row for row in found.findings if row.check.startswith("pickle.") and row.kind is Kind.FAIL]
    assert not found.obstacles


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("padded", range(3))
def test_a_pickle_in_base64_is_followed_to_its_last_byte(tmp_path: Path, protocol: int, padded: int) -> None:
    raw = pickle.dumps(_Runs("x" * padded), protocol)
    (tmp_path / "m.safetensors").write_bytes(described(state=base64.b64encode(raw).decode()))
    dossier = assay.audit(tmp_path, isolation=False)
    (found,) = messages(dossier, "pickle.reaches-outside", Kind.FAIL)
    assert ".system(" in found and messages(dossier, "pickle.unfollowed", Kind.OPEN) == []


def test_more_than_is_looked_at_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.formats._base64.MAX_TRIES", 2)
    rows = {str(number): TEXT.decode() for number in range(3)}
    (tmp_path / "m.safetensors").write_bytes(described(**rows))
    found = assay.audit(tmp_path, isolation=False)
    assert len(messages(found, "pickle.reaches-outside", Kind.FAIL)) == 2
    (said,) = messages(found, "artifact.stopped", Kind.OPEN)
    assert "more in base64 that may be pickles than assay follows" in said


def test_a_pickle_to_which_something_refers_in_part_as_well_is_found(tmp_path: Path) -> None:
    part = struct.pack("<IQI", 8, HEAP, 1)
    (tmp_path / "m.h5").write_bytes(attributed(9, part + REFERENCE, 16, STORED))
    assert len(messages(assay.audit(tmp_path, isolation=False), "pickle.reaches-outside", Kind.FAIL)) == 1


def test_the_last_of_many_references_is_followed(tmp_path: Path) -> None:
    (tmp_path / "m.h5").write_bytes(attributed(9, bytes(16) * 2_000 + REFERENCE, 16, STORED))
    assert len(messages(assay.audit(tmp_path, isolation=False), "pickle.reaches-outside", Kind.FAIL)) == 1


def test_more_references_than_are_followed_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.formats._hdf5.MAX_REFERENCES", 3)
    (tmp_path / "m.h5").write_bytes(attributed(9, bytes(16) * 2 + REFERENCE, 16, STORED))
    assert not assay.audit(tmp_path, isolation=False).obstacles
    (tmp_path / "m.h5").write_bytes(attributed(9, bytes(16) * 3 + REFERENCE, 16, STORED))
    (said,) = messages(assay.audit(tmp_path, isolation=False), "artifact.stopped", Kind.OPEN)
    assert "more than 3 values of varying length" in said


def test_lines_that_may_begin_a_pickle_are_not_looked_into_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.formats._base64.MAX_LINES", 10)
    line = base64.b64encode(b"(K\1K\1K\1K\1K\1").decode()
    (tmp_path / "notes.txt").write_text("\n".join([line] * 10))
    assert not assay.audit(tmp_path, isolation=False).obstacles
    (tmp_path / "notes.txt").write_text("\n".join([line] * 11))
    (said,) = messages(assay.audit(tmp_path, isolation=False), "artifact.stopped", Kind.OPEN)
    assert "more in base64 that may be pickles than assay follows" in said
