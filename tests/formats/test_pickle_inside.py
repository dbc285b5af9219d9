"""Pickles inside pickles, steps on values that take none, storages that claim more than they have."""

from __future__ import annotations

import base64
import collections
import pickle
import struct
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.facts.finding import Kind
from assay.facts.program import PickleProgram
from tests.builders import torch_zip
from tests.builders.pickles import state_dict
from tests.conftest import read
from tests.hostile.pickles import SYSTEM, TENSORS

TEXT = b"cos\nsystem\n(S'echo inert'\ntR."  # protocol 0
LONG = b"\x80\x02U\x64" + b"x" * 100 + b"0" + SYSTEM[2:]  # of more than one line in base64


def said(tmp_path: Path, name: str, raw: bytes, check: str, kind: Kind = Kind.FAIL) -> list[str]:
    (tmp_path / name).write_bytes(raw)
    dossier = assay.audit(tmp_path / name, isolation=False)
    return [finding.message for finding in dossier.findings if (finding.check, finding.kind) == (check, kind)]


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"w": 1, "tokenizer": SYSTEM}, "bytes at"),
        ({"w": 1, "tokenizer": bytearray(SYSTEM)}, "bytes at"),
        ({"w": 1, "tokenizer": TEXT}, "bytes at"),
        ({"w": 1, "tokenizer": base64.b64encode(SYSTEM).decode()}, "text at"),
        ({"w": 1, "tokenizer": base64.urlsafe_b64encode(SYSTEM).decode()}, "text at"),
        ({"w": 1, "tokenizer": base64.b64encode(TEXT).decode()}, "text at"),
        ({"w": 1, "tokenizer": base64.encodebytes(LONG).decode()}, "text at"),
        ({"w": 1, "tokenizer": base64.b64encode(SYSTEM)}, "text at"),
        ({"w": 1, "tokenizer": base64.encodebytes(LONG)}, "text at"),
        ({"w": 1, "tokenizer": TEXT.decode()}, "text at"),
        ({"w": 1, "deep": pickle.dumps({"x": pickle.dumps({"y": SYSTEM})})}, " > bytes at"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_a_pickle_in_an_operand_is_followed(tmp_path: Path, value: Any, where: str, protocol: int) -> None:
    raw = pickle.dumps(value, protocol)
    if protocol < 3 and ("deep" in value or isinstance(value["tokenizer"], bytearray)):
        pytest.skip("protocols before 3 keep bytes as text")
    found = said(tmp_path, "m.pkl", raw, "pickle.reaches-outside")
    assert any("loading calls os.system('echo inert')" in row for row in found), found
    assert protocol < 3 or any(where in row for row in found), found


def test_bytes_in_a_checkpoint_are_followed(tmp_path: Path) -> None:
    raw = torch_zip(TENSORS, members={"data.pkl": pickle.dumps({"w": 1, "tokenizer": SYSTEM}, 2)})
    (found,) = said(tmp_path, "m.pt", raw, "pickle.reaches-outside")
    assert "m.pt > archive/data.pkl > text at" in found and "loading calls os.system('echo inert')" in found


def test_pickles_in_pickles_are_followed_to_a_bound() -> None:
    raw = SYSTEM
    for _ in range(8):
        raw = pickle.dumps(raw)
    programs = [fact for fact in read("m.pkl", raw).facts if isinstance(fact, PickleProgram)]
    assert any("more than 4 deep" in note for program in programs for note in program.unfollowed)


@pytest.mark.parametrize(
    "value",
    [
        {
            "a": b"\x80\x04\x95 is no pickle",
            "b": b"c\n",
            "c": "gAAA",
            "d": "Yes, this is a plain text.",
            "e": "gA" * 50,
        },
        {"a": base64.b64encode(bytes(range(256))).decode(), "b": bytes(range(256)) * 10, "c": "(a) or (b)."},
        {"weights": pickle.dumps([1.0, 2.0, {"a": [3]}]), "text": base64.b64encode(pickle.dumps([1])).decode()},
        ["Your", "Kind", "could", "(", "c", "Y" * 40, "K" * 64],
    ],
)
def test_operands_that_only_look_like_it_are_values(tmp_path: Path, value: Any) -> None:
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(value))
    dossier = assay.audit(tmp_path / "m.pkl", isolation=False)
    assert not [f for f in dossier.findings if f.check.startswith("pickle.") and f.kind in (Kind.FAIL, Kind.OPEN)]


TENSOR = state_dict(TENSORS)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (b"K\x00K\x01s", "sets items of what torch._utils._rebuild_tensor_v2 rebuilt"),
        (b"(K\x00K\x01u", "sets items of what torch._utils._rebuild_tensor_v2 rebuilt"),
        (b"K\x01a", "adds to what torch._utils._rebuild_tensor_v2 rebuilt"),
        (b"(K\x01e", "adds to what torch._utils._rebuild_tensor_v2 rebuilt"),
        (b"(K\x01\x90", "adds to what torch._utils._rebuild_tensor_v2 rebuilt"),
        (b"}b", "gives a state to what torch._utils._rebuild_tensor_v2 rebuilt"),
    ],
)
def test_a_step_on_a_rebuilt_tensor_is_tampering(tmp_path: Path, steps: bytes, words: str) -> None:
    after = TENSOR.index(b")RtR") + 4
    raw = torch_zip(TENSORS, members={"data.pkl": TENSOR[:after] + steps + TENSOR[after:]})
    found = said(tmp_path, "m.pt", raw, "pickle.reaches-outside")
    assert any(words in row for row in found), found


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\x80\x02]K\x00K\x01s.", "sets items of (), which takes none"),
        (b"\x80\x02}K\x01a.", "adds to {0 items}, which takes none"),
        (b"\x80\x02K\x05K\x00K\x01s.", "sets items of 5, which takes none"),
        (b"\x80\x02)K\x01a.", "adds to (), which takes none"),
        (b"\x80\x02]}b.", "gives a state to (), which takes none"),
        (b"\x80\x02}}b.", "gives a state to {0 items}"),
        (b"\x80\x02X\x01\0\0\0a}b.", "gives a state to 'a', which takes none"),
    ],
)
def test_a_step_on_a_value_that_takes_none_is_tampering(tmp_path: Path, raw: bytes, words: str) -> None:
    found = said(tmp_path, "m.pkl", raw, "pickle.reaches-outside")
    assert any(words in row for row in found), found


def test_a_storage_that_claims_more_than_its_record_holds_is_malformed(tmp_path: Path) -> None:
    lying = TENSOR.replace(b"J" + struct.pack("<i", 6), b"J" + struct.pack("<i", 4_000_000), 1)
    raw = torch_zip(TENSORS, members={"data.pkl": lying})
    (found,) = said(tmp_path, "m.pt", raw, "artifact.malformed", Kind.OPEN)
    assert "claims 4,000,000 values (16,000,000 bytes), its record holds 24 bytes" in found


class Bag(dict):  # type: ignore[type-arg]
    """A dictionary of a library, as many checkpoints hold."""


@pytest.mark.parametrize("protocol", range(2, 6))
def test_containers_of_every_kind_take_their_steps(protocol: int) -> None:
    value = [{1: 2}, [1], {1}, collections.OrderedDict(a=1), collections.deque([1]), collections.Counter("a")]
    value += [collections.defaultdict(list, a=[1]), Bag(a=1), frozenset((1,)), bytearray(b"x")]
    (program,) = [
        fact for fact in read("m.pkl", pickle.dumps(value, protocol)).facts if isinstance(fact, PickleProgram)
    ]
    assert program.tampers == ()
