"""safetensors: golden facts, every truncation, headers that lie, and the reference implementation as oracle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import safetensors as oracle
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.facts.artifact import Trouble
from assay.facts.dossier import Verdict
from assay.facts.finding import Kind
from assay.facts.tensor import WeightIndex
from assay.pipeline.budget import BYTES_FOR_EACH, LEAST_TENSORS, tensors
from tests.builders import safetensors
from tests.conftest import messages, read

TWO = {"a": ("F32", (2, 3)), "b": ("BF16", (4,))}


def index_of(raw: bytes) -> WeightIndex:
    (index,) = read("model.safetensors", raw).facts
    assert isinstance(index, WeightIndex)
    return index


def test_index_gives_absolute_byte_ranges() -> None:
    raw = safetensors(TWO)
    index = index_of(raw)
    start = len(raw) - 32
    assert [(t.name, t.dtype, t.shape, t.start, t.stop) for t in index.tensors] == [
        ("a", "F32", (2, 3), start, start + 24),
        ("b", "BF16", (4,), start + 24, start + 32),
    ]


def test_scalars_and_empty_tensors_are_read() -> None:
    index = index_of(safetensors({"scalar": ("F32", ()), "none": ("F32", (0, 5))}))
    assert {t.name: (t.elements, t.stop - t.start) for t in index.tensors} == {"scalar": (1, 4), "none": (0, 0)}


def test_every_truncation_is_named() -> None:
    raw = safetensors(TWO)
    header = len(raw) - 32
    for length in range(header):
        obstacle = read("model.safetensors", raw[:length]).obstacle
        assert obstacle is not None and obstacle.trouble is Trouble.MALFORMED, length


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (safetensors(length=2**63), "safetensors header runs past the end"),
        (safetensors(length=99_999_999), "safetensors header runs past the end"),
        (safetensors(raw_header=b"[]"), "safetensors header is not a JSON object"),
        (safetensors(raw_header=b'{"a":1,"a":2}'), "key 'a' appears twice"),
        (safetensors(raw_header=b"[" * 100_000), "nested deeper than assay follows"),
        (safetensors(raw_header=b"\xff\xfe{}"), "JSON is not UTF-8"),
        (safetensors(raw_header=b'{"a": NaN}'), "NaN is not JSON"),
        (safetensors(raw_header=b'{"a": ' + b"9" * 5000 + b"}"), "too many digits"),
        (
            safetensors(header={"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, data=bytes(8)),
            "does not fit its shape",
        ),
        (
            safetensors(header={"a": {"dtype": "F99", "shape": [2], "data_offsets": [0, 8]}}, data=bytes(8)),
            "unknown dtype",
        ),
        (
            safetensors(header={"a": {"dtype": "F32", "shape": [2**62, 2**62], "data_offsets": [0, 8]}}),
            "does not fit its shape",
        ),
        (safetensors(header={"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}), "impossible shape"),
        (safetensors(header={"a": {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}}), "impossible shape"),
        (safetensors(header={"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}), "impossible offsets"),
        (safetensors(header={"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], "x": 1}}), "not described by"),
        (safetensors(header={"__metadata__": {"a": 1}}), "not a map of strings"),
    ],
)
def test_a_header_that_lies_is_refused_with_a_sentence(raw: bytes, sentence: str) -> None:
    obstacle = read("model.safetensors", raw).obstacle
    assert obstacle is not None and sentence in obstacle.reason


names = st.text(min_size=1, max_size=8).filter(lambda name: name != "__metadata__" and name.isprintable())
shapes = st.lists(st.integers(0, 5), max_size=3).map(tuple)


@given(st.dictionaries(names, st.tuples(st.sampled_from(["F32", "F16", "BF16", "I64", "U8"]), shapes), max_size=5))
def test_what_the_reference_reads_is_read_alike(tensors: dict[str, tuple[str, tuple[int, ...]]]) -> None:
    raw = safetensors(tensors)
    read_by_reference: Any = oracle.deserialize
    expected = {
        name: (entry["dtype"], tuple(entry["shape"]), len(entry["data"])) for name, entry in read_by_reference(raw)
    }
    assert {t.name: (t.dtype, t.shape, t.stop - t.start) for t in index_of(raw).tensors} == expected


@given(st.data())
def test_what_assay_accepts_in_a_damaged_header_has_sound_ranges(data: st.DataObject) -> None:
    raw = bytearray(safetensors(TWO))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    reading = read("model.safetensors", bytes(raw))
    for fact in reading.facts:
        assert isinstance(fact, WeightIndex)
        assert all(0 <= t.start <= t.stop for t in fact.tensors)
    assert reading.facts or reading.obstacle


def test_a_huge_shape_costs_nothing() -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
    (tensor,) = index_of(safetensors(raw_header=header, data=b"")).tensors
    assert tensor.elements == 2**40


def test_tensors_are_limited_over_all_files_of_a_model_together(tmp_path: Path) -> None:
    """Small ones: a header of 22 MB with 300,000 of them cost minutes, gigabytes and a report of 188 MB."""
    count = LEAST_TENSORS // 2 + 100
    names: dict[str, tuple[str, tuple[int, ...]]] = {f"t{number}": ("U8", (1,)) for number in range(count)}
    for name in ("a", "b"):
        (tmp_path / f"{name}.safetensors").write_bytes(safetensors(names))
    allowed = tensors(sum(path.stat().st_size for path in tmp_path.iterdir()))
    found = assay.audit(tmp_path, cost="header")
    (said,) = messages(found, "artifact.stopped", Kind.OPEN)
    assert found.decision.verdict is Verdict.INCOMPLETE
    assert said == (
        "b.safetensors: more tensors than assay lists of a model of this size "
        f"({allowed - len(names):,} are left for this file; this has {len(names):,})"
    )
    assert tensors(10**12) == 400_000 and tensors(BYTES_FOR_EACH) == LEAST_TENSORS + 1
