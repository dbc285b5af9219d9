"""TensorFlow Lite and ExecuTorch: a file that is cut off, or whose indices and sizes lead nowhere, is malformed."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

import assay
from assay.facts.artifact import Obstacle
from assay.facts.finding import Kind
from tests.conftest import read
from tests.hostile.graphs import flat, lite, table


def program(
    plan: dict[int, tuple[str, object]] | None = None, more: dict[int, tuple[str, object]] | None = None
) -> bytes:
    """An ExecuTorch program: one plan with one value and one call of aten::add."""
    call = table({0: ("i", 0), 1: ("v", [0])})
    chain = table({2: ("t", [table({0: ("i", 1), 1: ("o", call)})])})
    whole: dict[int, tuple[str, object]] = {
        0: ("s", "forward"),
        2: ("t", [table({0: ("i", 5), 1: ("o", table({2: ("v", [4])}))})]),
        3: ("v", [0]),
        5: ("t", [chain]),
        6: ("t", [table({0: ("s", "aten::add"), 1: ("s", "out")})]),
        **(plan or {}),
    }
    return flat(table({0: ("i", 0), 1: ("t", [table(whole)]), **(more or {})}), b"ET12")


def headed(raw: bytes, size: int, base: int) -> bytes:
    """The program with an extended header in front of its root."""
    (root,) = struct.unpack_from("<I", raw, 0)
    return struct.pack("<I", root + 24) + raw[4:8] + b"eh00" + struct.pack("<I2Q", 24, size, base) + raw[8:]


def weights(index: int = 0, size: int = 16, sizes: tuple[int, ...] = (4,)) -> bytes:
    """A `.ptd` file: one segment, one name for it."""
    named = table({0: ("s", "w"), 1: ("i", index), 2: ("o", table({0: ("i", 6), 1: ("v", sizes)}))})
    raw = flat(table({1: ("t", [table({0: ("q", 0), 1: ("q", size)})]), 2: ("t", [named])}), b"FT01")
    (root,) = struct.unpack_from("<I", raw, 0)
    base = len(raw) + 40
    header = b"FH01" + struct.pack("<I4Q", 40, 8, len(raw), base, size)
    return struct.pack("<I", root + 40) + raw[4:8] + header + raw[8:] + bytes(16)


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("model.pte", b"", ""),
        ("model.pte", bytes(64), "not an ExecuTorch program at byte 4: expected the identifier 'ET12'"),
        ("model.pte", b"\x08\0\0\0ET12" + bytes(64), "table has a description of its fields that is none"),
        ("model.pte", flat(table({0: ("i", 0)}), b"ET12"), "ExecuTorch program without an execution plan"),
        ("model.pte", flat(table({1: ("t", [])}), b"ET12"), "ExecuTorch program without an execution plan"),
        ("model.pte", program()[:-10], "past the end"),
        ("model.pte", program({3: ("v", [7])}), "there is no value of that number at byte"),
        ("model.pte", program({6: ("t", [])}), "there is no operator of that number"),
        ("model.pte", program({8: ("v", [-1, -1])}), "past the end"),
        (
            "model.pte",
            program({2: ("t", [table({0: ("i", 5), 1: ("o", table({2: ("v", [2**31 - 1] * 3)}))})])}),
            "tensor of impossible sizes",
        ),
        ("model.pte", headed(program(), 10**9, 0), "ExecuTorch file ends before its program does"),
        ("model.pte", headed(program(), 64, 10**9), "ExecuTorch file ends before its first segment does"),
        (
            "model.pte",
            program(more={4: ("t", [table({0: ("q", 0), 1: ("q", 10**12)})])}),
            "ExecuTorch segment runs past the end",
        ),
        ("model.ptd", bytes(64), "not ExecuTorch data at byte 4"),
        ("model.ptd", flat(table({0: ("i", 0)}), b"FT01"), "ExecuTorch data without its header"),
        ("model.ptd", weights()[:-1], "ExecuTorch segment runs past the end"),
        ("model.ptd", weights(index=3), "there is no segment of that number"),
        ("model.ptd", weights(sizes=(-4,)), "tensor 'w' of impossible sizes"),
        ("model.tflite", bytes(64), "not a TensorFlow Lite model at byte 4: expected the identifier 'TFL3'"),
        ("model.tflite", flat(table({0: ("i", 3)}), b"TFL3"), "TensorFlow Lite model without a graph"),
        ("model.tflite", lite()[:-10], "past the end"),
        ("model.tflite", lite(call={0: ("i", 9)}), "there is no operator of that number"),
        ("model.tflite", lite(call={1: ("v", [9])}), "there is no tensor of that number"),
        ("model.tflite", lite(call={2: ("v", [-2])}), "there is no tensor of that number"),
        ("model.tflite", lite(tensor={2: ("i", 9)}), "there is no buffer of that number"),
        ("model.tflite", lite(tensor={0: ("v", [-7])}), "tensor 'w' of impossible shape"),
        ("model.tflite", lite(tensor={0: ("v", [2**31 - 1] * 3)}), "tensor 'w' of impossible shape"),
        ("model.tflite", lite(tensor={0: ("v", [400])}), "tensor 'w' is larger than its buffer"),
        ("model.tflite", lite(buffer={1: ("q", 64), 2: ("q", 10**12)}), "buffer runs past the end"),
    ],
)
def test_what_leads_nowhere_is_malformed(tmp_path: Path, name: str, raw: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(raw)
    dossier = assay.audit(tmp_path / name, isolation=False)
    said = [f.message for f in dossier.findings if (f.check, f.kind) == ("artifact.malformed", Kind.OPEN)]
    assert any(words in message for message in said) or not raw, said
    walked = [f.message for f in dossier.findings if f.check == "model.runs-code"]
    assert not any("files with" in message for message in walked), walked


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("model.pte", program()),
        ("model.pte", headed(program(), 64, 0)),
        ("model.ptd", weights()),
        ("model.tflite", lite()),
        ("model.tflite", lite(call={1: ("v", [-1, 0])}, tensor={0: ("v", [-1, 4])})),
    ],
)
def test_a_sound_file_is_read_to_its_end(name: str, raw: bytes) -> None:
    found = read(name, raw)
    assert found.obstacle is None and found.facts
    assert not [fact for fact in found.facts if isinstance(fact, Obstacle)]


@pytest.mark.parametrize(("name", "raw"), [("m.pte", program()), ("m.ptd", weights()), ("m.tflite", lite("Evil"))])
def test_every_truncation_is_told(name: str, raw: bytes) -> None:
    for length in range(1, len(raw) - 4, 3):
        assert read(name, raw[:length]).obstacle is not None, length


def test_a_list_that_is_whole_and_too_long_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(lite(tensor={0: ("v", [1] * 1_000_001)}))
    said = [row.message for row in assay.audit(tmp_path, isolation=False).findings if row.check == "artifact.stopped"]
    limit = "vector of more entries than assay reads at byte 154 (at most 1,000,000; this has 1,000,001)"
    assert said == [f"model.tflite: {limit}"]
