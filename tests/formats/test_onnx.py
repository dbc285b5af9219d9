"""ONNX: where tensors say that their values are, in every place that a tensor can be in, and what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

import assay
from assay.facts.finding import Kind
from tests.hostile.graphs import field, node, onnx

F32 = field(1, 4) + field(2, 1)  # four values of 32 bits


def tensor(*entries: tuple[str, str], name: str = "w", head: bytes = F32) -> bytes:
    rows = b"".join(field(13, field(1, key) + field(2, value)) for key, value in entries)
    return head + field(8, name) + rows + field(14, 1)


def initializer(*entries: tuple[str, str], **more: object) -> bytes:
    return onnx(node("Relu"), tensors=(tensor(*entries, **more),))  # type: ignore[arg-type]


HERE = ("location", "w.bin")
UP = tensor(("location", "../../secret.bin"))
SPARSE = field(1, UP)
GRAPH = field(1, node("Relu")) + field(2, "g")


def said(tmp_path: Path, raw: bytes, check: str, kind: Kind) -> list[str]:
    (tmp_path / "model.onnx").write_bytes(raw)
    (tmp_path / "w.bin").write_bytes(bytes(16))
    dossier = assay.audit(tmp_path, isolation=False)
    return [finding.message for finding in dossier.findings if (finding.check, finding.kind) == (check, kind)]


@pytest.mark.parametrize(
    "raw",
    [
        onnx(node("Relu"), tensors=(UP,)),
        onnx(node("Constant", "", field(1, "value") + field(5, UP))),
        onnx(node("Constant", "", field(1, "values") + field(10, UP))),
        onnx(node("Constant", "", field(1, "sparse_value") + field(22, SPARSE))),
        onnx(node("If", "", field(1, "then") + field(6, GRAPH + field(5, UP)))),
        onnx(node("Relu"), more=field(7, GRAPH + field(15, SPARSE))),
        onnx(node("Relu"), more=field(20, field(1, GRAPH + field(5, UP)))),
        onnx(node("Relu"), more=field(20, field(2, GRAPH + field(5, UP)))),
        onnx(node("Relu"), more=field(25, field(1, "f") + field(7, node("Constant", "", field(5, UP))))),
        onnx(node("Relu"), more=field(25, field(1, "f") + field(11, field(1, "default") + field(5, UP)))),
    ],
    ids=[
        *("initializer", "attribute", "attributes", "sparse-attribute", "branch", "sparse", "initialization"),
        *("training", "function", "default-of-function"),
    ],
)
def test_a_place_outside_is_told_wherever_the_tensor_is(tmp_path: Path, raw: bytes) -> None:
    (found,) = said(tmp_path, raw, "model.touches-files", Kind.FAIL)
    assert found == "model.onnx: tensor values are read from '../../secret.bin', outside the model's folder"


@pytest.mark.parametrize(
    ("raw", "check", "kind", "words"),
    [
        (
            initializer(HERE, ("__class__", "x")),
            "model.runs-code",
            Kind.FAIL,
            "external_data of tensor 'w' has the key '__class__', which is outside the specification",
        ),
        (
            initializer(HERE, ("length", "9999999999999")),
            "model.touches-files",
            Kind.FAIL,
            "tensor values are read from 'w.bin' as far as byte 9,999,999,999,999, and the file has 16",
        ),
        (
            initializer(HERE, ("offset", "8")),
            "model.touches-files",
            Kind.FAIL,
            "as far as byte 24, and the file has 16",
        ),
        (
            initializer(HERE, ("offset", "-1")),
            "artifact.malformed",
            Kind.OPEN,
            "has the offset '-1', which is no whole",
        ),
        (initializer(HERE, ("length", "0x10")), "artifact.malformed", Kind.OPEN, "has the length '0x10', which is no"),
        (
            initializer(HERE, ("length", "8")),
            "artifact.malformed",
            Kind.OPEN,
            "has the length 8, but its dimensions and type need 16",
        ),
        (initializer(HERE, HERE), "artifact.malformed", Kind.OPEN, "has the key 'location' twice"),
        (initializer(("offset", "0")), "artifact.malformed", Kind.OPEN, "external_data names no location"),
        (
            initializer(("location", "*/_ORT_MEM_ADDR_/*"), ("offset", "4096")),
            "model.touches-files",
            Kind.FAIL,
            "values of tensor 'w' are read from the memory of ONNX Runtime itself",
        ),
        (
            initializer(HERE, ("basepath", "/etc")),
            "model.touches-files",
            Kind.FAIL,
            "tensor values are read from '/etc', outside the model's folder",
        ),
        (
            initializer(("location", "https://192.0.2.1/w.bin")),
            "model.touches-files",
            Kind.FAIL,
            "'https://192.0.2.1/w.bin', outside",
        ),
        (
            onnx(node("Relu"), tensors=(F32 + field(8, "w") + field(9, bytes(12)),)),
            "artifact.malformed",
            Kind.OPEN,
            "tensor 'w': it holds 12 bytes, but its dimensions and type need 16",
        ),
        (
            onnx(node("Relu"), tensors=(field(1, 10**13) + field(2, 1) + field(8, "w"),)),
            "artifact.malformed",
            Kind.OPEN,
            "tensor 'w': its dimensions and type need 40,000,000,000,000 bytes, and it holds none",
        ),
        (
            onnx(node("Relu"), tensors=(field(1, 2**64 - 4) + field(2, 1) + field(8, "w") + field(9, b""),)),
            "artifact.malformed",
            Kind.OPEN,
            "tensor 'w': its dimensions are negative: [-4]",
        ),
        (
            onnx(node("Relu"), tensors=(field(1, 2**33) * 2 + field(2, 1) + field(8, "w") + field(9, bytes(16)),)),
            "artifact.malformed",
            Kind.OPEN,
            "overflow 64 bits",
        ),
    ],
)
def test_what_a_user_reads(tmp_path: Path, raw: bytes, check: str, kind: Kind, words: str) -> None:
    found = said(tmp_path, raw, check, kind)
    assert any(words in message for message in found), found


@pytest.mark.parametrize(
    "raw",
    [
        initializer(HERE, ("offset", "0"), ("length", "16"), ("checksum", "da39a3ee")),
        initializer(HERE, ("prepacked_0", "MatMul+0|0;16")),
        onnx(node("Relu"), tensors=(F32 + field(8, "w") + field(9, bytes(16)),)),
        onnx(node("Relu"), tensors=(F32 + field(8, "w") + field(4, bytes(16)),)),
        onnx(node("Relu"), tensors=(field(1, b"\x03\x03") + field(2, 22) + field(8, "w") + field(9, bytes(5)),)),
        onnx(node("Relu"), tensors=(field(1, 0) + field(2, 1) + field(8, "w"),)),
    ],
    ids=["beside", "prepacked", "raw", "floats", "four-bit", "empty"],
)
def test_a_sound_tensor_has_no_finding(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "model.onnx").write_bytes(raw)
    (tmp_path / "w.bin").write_bytes(bytes(16))
    dossier = assay.audit(tmp_path, isolation=False)
    of_model = [f for f in dossier.findings if f.message.startswith("model.onnx")]
    assert [f.message for f in of_model if f.kind in (Kind.FAIL, Kind.REVIEW, Kind.OPEN)] == []
