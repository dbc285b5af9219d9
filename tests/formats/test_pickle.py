"""Pickles and PyTorch checkpoints: what would be imported and called, and that nothing ever is."""

from __future__ import annotations

import collections
import datetime
import pickle
import struct
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.facts.dossier import Verdict
from assay.facts.finding import Kind
from assay.facts.program import PickleProgram, Use
from assay.facts.structure import Flaw
from assay.facts.tensor import WeightIndex
from assay.formats.pickle_stream import MAX_STACKED
from tests.builders import calls, torch_legacy, torch_zip
from tests.builders.pickles import short
from tests.conftest import messages, read

TENSORS = {"model.a": ("FloatStorage", (2, 3)), "model.b": ("BFloat16Storage", (4,))}


def programs(raw: bytes, name: str = "x.pkl") -> list[PickleProgram]:
    return [fact for fact in read(name, raw).facts if isinstance(fact, PickleProgram)]


def imports(raw: bytes, name: str = "x.pkl") -> set[str]:
    return {entry.qualified for program in programs(raw, name) for entry in program.imports}


class Reduces:
    """Pickles as a call of `posix.system`; unpickling it in a test would be the failure that this file is about."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        import os

        return os.system, ("echo never",)


@pytest.mark.parametrize("protocol", range(6))
def test_a_call_is_seen_in_every_protocol(protocol: int) -> None:
    (program,) = programs(pickle.dumps({"weights": [1, 2], "x": Reduces()}, protocol))
    (entry,) = program.imports
    assert (entry.qualified, entry.use) == ("posix.system", Use.CALLED)
    assert program.calls[0][1] == "posix.system('echo never')"
    assert not program.unfollowed


@pytest.mark.parametrize("protocol", range(6))
def test_values_of_every_kind_are_followed_to_the_end(protocol: int) -> None:
    value = {
        "none": None,
        "bools": (True, False),
        "ints": [0, 255, 65536, -1, 2**40, -(2**80)],
        "float": 1.5,
        "text": "ä\n'",
        "bytes": b"\x00\xff",
        "big": "x" * 70_000,
        "set": {1, 2},
        "frozen": frozenset({3}),
        "nested": {"a": [{"b": (1,)}]},
        "ordered": collections.OrderedDict(a=1),
        "date": datetime.date(2026, 1, 1),
        "array": bytearray(b"abc"),
    }
    raw = pickle.dumps(value, protocol)
    (program,) = programs(raw)
    assert not program.unfollowed
    assert {entry.module for entry in program.imports} <= {
        "collections",
        "datetime",
        "builtins",
        "__builtin__",
        "_codecs",
        "copy_reg",
    }


def test_an_import_named_by_the_stack_is_seen() -> None:
    raw = b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R."
    assert imports(raw) == {"os.system"}


def state(key: bytes) -> bytes:
    """A pickle that gives an object a state with one attribute, whose name these opcodes make."""
    return b"\x80\x03cargparse\nNamespace\n)R}" + key + b"cbuiltins\nprint\nsb."


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\x80\x02cos\npath\n}" + short("x") + b"K\x01sb.", "sets attributes of the imported os.path itself"),
        (state(b"cbuiltins\nstr\n(" + short("__setstate__") + b"tR"), "gives an object its own '__setstate__'"),
        (state(b"cbuiltins\nstr\n(C\x0c__setstate__" + short("ascii") + b"tR"), "gives an object its own"),
        (state(b"ccollections\nUserString\n(" + short("__setstate__") + b"tR"), "its own '__setstate__'"),
        (b"\x80\x02cbuiltins\nlist\n)R\x82\x01.", "extension registry"),
        (b"\x80\x05cbuiltins\nlist\n\x97.", "out-of-band buffer"),
        (b"\x80\x02cos\nsystem\n(" + short("id") + b"tR", "loading runs what stands before it"),
        (b"\x80\x04N\x8c\x06system\x93.", "imports a name that it computes"),
    ],
)
def test_what_cannot_be_followed_is_said(raw: bytes, words: str) -> None:
    reading = read("x.pkl", raw)
    found = [fact for fact in reading.facts if isinstance(fact, PickleProgram)]
    said = [sentence for fact in found for sentence in (*fact.unfollowed, *(text for _, text in fact.tampers))]
    said += [reading.obstacle.reason] if reading.obstacle else []
    assert any(words in sentence for sentence in said)


def test_stacked_pickles_are_all_read() -> None:
    assert imports(pickle.dumps([1, 2]) + calls("os", "system", "id")) == {"os.system"}


def test_bytes_after_the_last_pickle_are_said() -> None:
    (program,) = programs(pickle.dumps([1]) + b"trailing")
    assert program.unfollowed == ("8 bytes follow the pickle, from byte 17, that are no pickle",)


def test_recursion_and_reference_bombs_are_followed_in_bounds() -> None:
    doubling = (
        b"\x80\x04]\x94"
        + b"".join(b"\x94".join([b"h" + bytes([n]) + b"h" + bytes([n]) + b"\x86", b""]) for n in range(60))
        + b"."
    )
    assert programs(doubling)
    assert programs(b"\x80\x04" + b"(" * 60_000 + b"t" * 60_000 + b".")


@pytest.mark.parametrize(
    "nest", [b"]" * 2_000 + b"a" * 1_999, b"(" * 2_000 + b"t" * 2_000, b"](" * 1_000 + b"ta" * 1_000]
)
def test_tensors_beside_a_deep_nest_are_listed(nest: bytes) -> None:
    reading = read("pytorch_model.bin", torch_zip(TENSORS, extra=b"X\x04\0\0\0deep" + nest))
    assert reading.obstacle is None
    (index,) = (fact for fact in reading.facts if isinstance(fact, WeightIndex))
    assert [tensor.name for tensor in index.tensors] == ["model.a", "model.b"]
    (program,) = (fact for fact in reading.facts if isinstance(fact, PickleProgram))
    assert program.unfollowed == () and "nests containers more than 900 deep" in str(program)


@pytest.mark.parametrize("writer", [torch_zip, torch_legacy])
def test_a_checkpoint_gives_its_tensor_index(writer: Any) -> None:
    raw = writer(TENSORS)
    reading = read("pytorch_model.bin", raw)
    assert reading.obstacle is None
    (index,) = (fact for fact in reading.facts if isinstance(fact, WeightIndex))
    assert [(t.name, t.dtype, t.shape, t.stop - t.start) for t in index.tensors] == [
        ("model.a", "F32", (2, 3), 24),
        ("model.b", "BF16", (4,), 8),
    ]
    assert imports(raw, "pytorch_model.bin") == {
        "collections.OrderedDict",
        "torch._utils._rebuild_tensor_v2",
        "torch.FloatStorage",
        "torch.BFloat16Storage",
    }


def test_byte_ranges_of_a_checkpoint_point_at_the_values() -> None:
    marked = struct.pack("<6f", *range(6))
    raw = torch_zip({"a": ("FloatStorage", (2, 3))}, members={"data/0": marked})
    index = next(fact for fact in read("m.pt", raw).facts if isinstance(fact, WeightIndex))
    assert raw[index.tensors[0].start : index.tensors[0].stop] == marked


def test_a_payload_beside_the_tensors_is_seen() -> None:
    extra = short("x") + b"cposix\nsystem\n(" + short("id") + b"tR"
    assert "posix.system" in imports(torch_zip(TENSORS, extra=extra), "pytorch_model.bin")


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (torch_zip(TENSORS)[:-30], "zip archive has no end record"),
        (torch_zip(TENSORS) + b"tail", "4 bytes follow the end of the zip archive"),
        (torch_legacy(TENSORS, tail=b"tail"), "4 bytes follow the last storage"),
        (torch_zip({}, members={"sub/data.pkl": b"."}), "the archive holds 2 checkpoints"),
    ],
)
def test_a_damaged_checkpoint_is_told_with_a_sentence(raw: bytes, sentence: str) -> None:
    reading = read("model.bin", raw)
    said = [fact.message for fact in reading.facts if isinstance(fact, Flaw)]
    assert any(sentence in text for text in (*said, reading.obstacle.reason if reading.obstacle else ""))


def test_headers_of_a_zip_that_disagree_are_told_and_both_are_read() -> None:
    raw = bytearray(torch_zip(TENSORS))
    raw[raw.index(b"archive/byteorder") + 8] ^= 0x20  # the local header now says another name than the directory
    reading = read("model.bin", bytes(raw))
    assert any("the two headers of zip member" in fact.message for fact in reading.facts if isinstance(fact, Flaw))
    assert any(isinstance(fact, PickleProgram) for fact in reading.facts)


@given(st.binary(max_size=300))
def test_any_bytes_give_programs_or_an_obstacle(noise: bytes) -> None:
    reading = read("x.pkl", b"\x80\x04" + noise)
    assert reading.facts or reading.obstacle


simple = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(simple, st.integers(0, 5))
def test_what_python_pickles_is_followed_without_imports_that_reach_outside(value: Any, protocol: int) -> None:
    raw = pickle.dumps(value, protocol)
    program, *inside = programs(raw)
    assert not program.unfollowed
    own = {entry.qualified for entry in program.imports}  # bytes among the values may be a pickle themselves
    assert own <= {"_codecs.encode", "builtins.bytes", "__builtin__.bytes"}
    assert imports(raw) == own or inside


TORCH = """
import sys, torch
tied = torch.zeros(3, 4, dtype=torch.bfloat16)
state = {"a": torch.ones(2, 3), "b": tied, "tied": tied, "view": torch.arange(10)[2:6], \
"c": torch.nn.Parameter(torch.ones(5))}
torch.save(state, sys.argv[1], _use_new_zipfile_serialization=sys.argv[2] == "zip")
"""


@pytest.mark.torch
@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
@pytest.mark.parametrize("kind", ["zip", "legacy"])
def test_what_torch_saves_is_read_alike(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "pytorch_model.bin"
    subprocess.run([sys.executable, "-c", TORCH, str(path), kind], check=True)
    raw = path.read_bytes()
    reading = read(path.name, raw)
    assert reading.obstacle is None
    (index,) = (fact for fact in reading.facts if isinstance(fact, WeightIndex))
    shapes = {"a": (2, 3), "b": (3, 4), "tied": (3, 4), "view": (4,), "c": (5,)}
    assert {t.name: t.shape for t in index.tensors} == shapes
    places = {t.name: raw[t.start : t.stop] for t in index.tensors}
    assert places["a"] == struct.pack("<6f", *[1.0] * 6)
    assert struct.unpack("<4q", places["view"]) == (2, 3, 4, 5)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (1, b"", Verdict.FAILED),
        (64, b"", Verdict.FAILED),
        (1000, b"", Verdict.FAILED),
        (MAX_STACKED, b"", Verdict.INCOMPLETE),
        (1, b"\x80\x04", Verdict.FAILED),
    ],
)
def test_every_pickle_of_a_file_is_followed_or_the_rest_is_named(
    before: int, after: bytes, verdict: Verdict, tmp_path: Path
) -> None:
    """However many harmless ones stand before it, and whatever comes behind."""
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(1) * before + calls("os", "system", "id") + after)
    found = assay.audit(tmp_path / "x.pkl", isolation=False)
    assert found.decision.verdict is verdict
    if verdict is Verdict.INCOMPLETE:
        (said,) = messages(found, "pickle.unfollowed", Kind.OPEN)
        assert "were not followed: assay follows 4,096 pickles in a file, and this has more" in said
