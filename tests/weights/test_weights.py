"""Weights as lazily read arrays: any format, packed layouts too, and clear words for what cannot be read."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import assay.weights
from assay.errors import InputError, UsageError
from assay.kernels import packed
from tests.builders import gguf_model, hub_model, safetensors
from tests.builders import smollm2 as build


def stored(path: Path, **tensors: Any) -> Path:
    """A safetensors file of these arrays; names with __ for a dot."""
    kinds = {"float32": "F32", "float16": "F16", "int32": "I32", "uint8": "U8", "int8": "I8"}
    header, parts, at = {}, [], 0
    for name, values in tensors.items():
        raw = np.ascontiguousarray(values).tobytes()
        header[name if "." in name else name.replace("__", ".")] = {
            "dtype": kinds[str(values.dtype)],
            "shape": list(values.shape),
            "data_offsets": [at, at + len(raw)],
        }
        parts.append(raw)
        at += len(raw)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))
    return path


def test_every_format_of_the_real_model_gives_the_same_values(
    smollm2: Path, smollm2_safetensors: Path, smollm2_checkpoint: Path
) -> None:
    folders = [smollm2_safetensors, smollm2_checkpoint]
    original = assay.weights.open(smollm2)
    assert len(original) == 272 and original.set.parameters == 134_515_008
    for name in ("blk.3.attn_q.weight", "blk.0.attn_norm.weight", "token_embd.weight"):
        wanted = original[name].array().astype(np.float16)
        wanted = build.turned(wanted, 9) if "attn_q" in name else wanted
        for folder in folders:
            assert np.array_equal(assay.weights.open(folder)[build.hub_name(name)].array(), wanted.astype(np.float32))


def test_values_equal_those_of_the_format_s_own_library(smollm2: Path) -> None:
    from gguf import GGUFReader, dequantize

    weights = assay.weights.open(smollm2)
    for tensor in GGUFReader(smollm2).tensors[:40]:
        assert np.array_equal(weights[tensor.name].array(), dequantize(tensor.data, tensor.tensor_type))


def test_rows_are_read_alone_and_a_notebook_shows_a_table(smollm2: Path) -> None:
    weights = assay.weights.open(smollm2)
    tensor = weights["blk.0.ffn_up.weight"]
    assert np.array_equal(tensor.read(5, 9), tensor.array()[5:9])
    assert tensor.read(5, 5).shape == (0, 576) and tensor.read(0, 10**9).shape == (1536, 576)
    assert np.array_equal(np.concatenate([part for _, part in tensor.chunks(10_000)]), tensor.array())
    assert "<td>blk.0.ffn_up.weight</td><td>Q4_1</td><td>1536 x 576</td>" in weights._repr_html_()


def test_scalars_empty_tensors_and_vectors(tmp_path: Path) -> None:
    path = stored(
        tmp_path / "m.safetensors",
        zero=np.zeros((0, 4), np.float32),
        one=np.float32(3).reshape(()),
        row=np.arange(5, dtype=np.float32),
    )
    weights = assay.weights.open(path)
    assert (
        weights["zero"].array().shape == (0, 4)
        and float(weights["one"].array()) == 3
        and weights["row"].read().shape == (1, 5)
    )


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (lambda p: p, UsageError, "no files in"),
        (lambda p: hub_model(p / "m", model__safetensors=None), UsageError, "no weights in m: give a folder or a file"),
        (lambda p: hub_model(p / "m", model__safetensors=b"\xff" * 40), InputError, "model.safetensors cannot be read"),
        (lambda p: hub_model(p / "m", **{"x.gguf": gguf_model()[:-40]}), None, ""),
    ],
)
def test_what_cannot_be_opened_is_said_in_a_sentence(
    tmp_path: Path, make: object, error: type[Exception] | None, sentence: str
) -> None:
    path = make(tmp_path)  # type: ignore[operator]
    if error is None:
        weights = assay.weights.open(path, copy="x.gguf")
        with pytest.raises(InputError, match="runs past the end"):
            for tensor in weights.values():
                tensor.array()
        return
    with pytest.raises(error, match=sentence):
        assay.weights.open(path)


def children() -> set[str]:
    return {child for row in Path("/proc/self/task").glob("*/children") for child in row.read_text().split()}


def test_headers_are_parsed_in_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, before = hub_model(tmp_path / "m"), children()
    here = assay.weights.open(model, isolation=False)
    told = here.facts("ModelConfig")
    assert told

    def refused(*_: object) -> None:
        raise AssertionError("parsed in the calling process")

    monkeypatch.setattr("assay.isolation.InProcess.read", refused)
    there = assay.weights.open(model)
    assert list(there) == list(here) and there.set == here.set and there.facts("ModelConfig") == told
    assert all(np.array_equal(there[name].array(), tensor.array()) for name, tensor in here.items())
    assert children() == before


def test_a_copy_that_is_not_there_lists_those_that_are(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "m", **{"x.gguf": gguf_model()})
    with pytest.raises(UsageError, match=r"no copy 'y' in m: it holds x.gguf, safetensors"):
        assay.weights.open(model, copy="y")


def test_integers_have_no_values_to_read(tmp_path: Path) -> None:
    path = stored(tmp_path / "m.safetensors", codes=np.arange(6, dtype=np.int32).reshape(2, 3))
    assert assay.weights.open(path)["codes"].array().tolist() == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(InputError, match="has type I32, which assay cannot read as values"):
        assay.weights.open(path)["codes"].read()


def test_a_tensor_of_two_to_the_forty_values_is_refused_before_memory_is_asked_for(tmp_path: Path) -> None:
    header = {"a": {"dtype": "F16", "shape": [1 << 20, 1 << 20], "data_offsets": [0, 1 << 41]}}
    (tmp_path / "m.safetensors").write_bytes(safetensors(header=header, data=b""))
    with pytest.raises(InputError, match=r"more than .* at once"):
        assay.weights.open(tmp_path / "m.safetensors")["a"].read()


RANDOM = np.random.default_rng(5)


def test_gptq_unpacks_to_what_was_packed(tmp_path: Path) -> None:
    codes, zeros = RANDOM.integers(0, 16, (64, 24)), RANDOM.integers(1, 16, (2, 24))
    scales, group = RANDOM.random((2, 24)).astype(np.float16), RANDOM.permutation(np.arange(64) // 32).astype(np.int32)
    shifts = 4 * np.arange(8, dtype=np.uint32)
    fields = codes.reshape(8, 8, 24).astype(np.uint32) << shifts[:, None]
    qweight = np.bitwise_or.reduce(fields, axis=1).view(np.int32)
    qzeros = np.bitwise_or.reduce(
        (zeros - 1).reshape(2, 3, 8).astype(np.uint32) << (4 * np.arange(8, dtype=np.uint32)), axis=2
    ).view(np.int32)
    path = stored(tmp_path / "m.safetensors", l__qweight=qweight, l__scales=scales, l__qzeros=qzeros, l__g_idx=group)
    (tensor,) = assay.weights.open(path).values()
    wanted = (codes - zeros[group]) * scales[group].astype(np.float32)
    assert (tensor.name, tensor.dtype, tensor.shape) == ("l.weight", "GPTQ 4-bit", (24, 64))
    assert np.allclose(tensor.array(), wanted.T)


def test_awq_unpacks_to_what_was_packed(tmp_path: Path) -> None:
    codes, zeros = RANDOM.integers(0, 16, (64, 24)), RANDOM.integers(0, 16, (2, 24))
    scales = RANDOM.random((2, 24)).astype(np.float16)
    order = np.array([0, 2, 4, 6, 1, 3, 5, 7])

    def pack(rows: Any) -> Any:
        fields = rows.reshape(len(rows), -1, 8)[:, :, order].astype(np.uint32)
        return np.bitwise_or.reduce(fields << (4 * np.arange(8, dtype=np.uint32)), axis=2).view(np.int32)

    path = stored(tmp_path / "m.safetensors", l__qweight=pack(codes), l__scales=scales, l__qzeros=pack(zeros))
    (tensor,) = assay.weights.open(path).values()
    of = np.arange(64) // 32
    assert tensor.dtype == "AWQ 4-bit" and np.allclose(
        tensor.array(), ((codes - zeros[of]) * scales[of].astype(np.float32)).T
    )


def test_bitsandbytes_four_bit_with_nested_scales(tmp_path: Path) -> None:
    code = np.sort(RANDOM.standard_normal(16)).astype(np.float32)
    inner = np.linspace(-1, 1, 256).astype(np.float32)
    codes, absmax, scale = (
        RANDOM.integers(0, 16, 64 * 64),
        RANDOM.integers(0, 256, 64).astype(np.uint8),
        np.array([0.5], np.float32),
    )
    state = np.frombuffer(
        json.dumps({"shape": [64, 64], "blocksize": 64, "nested_blocksize": 256, "nested_offset": 0.25}).encode(),
        np.uint8,
    )
    path = stored(
        tmp_path / "m.safetensors",
        l__weight=(codes[::2] << 4 | codes[1::2]).astype(np.uint8).reshape(-1, 1),
        l__weight__absmax=absmax,
        l__weight__quant_map=code,
        l__weight__nested_absmax=scale,
        l__weight__nested_quant_map=inner,
        **{"l.weight.quant_state.bitsandbytes__nf4": state},
    )
    (tensor,) = assay.weights.open(path).values()
    wanted = code[codes].reshape(64, 64) * (inner[absmax] * 0.5 + 0.25).repeat(64).reshape(64, 64)
    assert tensor.dtype == "bitsandbytes nf4" and np.allclose(tensor.array(), wanted, atol=1e-6)


def test_mxfp4_and_nvfp4_as_the_hub_stores_them(tmp_path: Path) -> None:
    blocks, scales = RANDOM.integers(0, 256, (4, 2, 16)).astype(np.uint8), np.full((4, 2), 128, np.uint8)
    path = stored(tmp_path / "m.safetensors", x_blocks=blocks, x_scales=scales)
    (tensor,) = assay.weights.open(path).values()
    e2m1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])
    first = int(blocks[0, 0, 0])

    def value(nibble: int) -> float:
        return float((-1 if nibble & 8 else 1) * e2m1[nibble & 7])

    assert tensor.shape == (4, 64) and tensor.array()[0, 0] == 2 * value(first & 15)
    assert tensor.array()[0, 1] == 2 * value(first >> 4)
    low = packed.nvfp4(np.full((1, 8), 0x21, np.uint8), np.full((1, 1), 2, np.float32), 0.5)
    assert low.tolist() == [[0.5, 1.0] * 8]


def test_parts_that_do_not_fit_together_are_named(tmp_path: Path) -> None:
    path = stored(
        tmp_path / "m.safetensors",
        l__qweight=np.zeros((8, 24), np.int32),
        l__scales=np.zeros((2, 24), np.float16),
        l__qzeros=np.zeros((2, 3), np.int32),
        l__g_idx=np.full(64, 9, np.int32),
    )
    (tensor,) = assay.weights.open(path).values()
    with pytest.raises(InputError, match=r"m.safetensors: the parts of 'l.weight' do not fit together"):
        tensor.array()


def test_a_tensor_is_shown_in_one_short_line(tmp_path: Path) -> None:
    weights = assay.weights.open(stored(tmp_path / "m.safetensors", w=np.zeros((2, 3), np.float32)), isolation=False)
    assert repr(weights["w"]) == "<tensor w: F32, 2 x 3, m.safetensors>"
