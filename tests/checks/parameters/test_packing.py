"""Packed weights, tied heads, rotary frequencies and adapters against their configs: one contradiction each."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from math import ceil, prod
from pathlib import Path
from typing import Any

import pytest

from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Kind
from tests.builders import hub_model, safetensors
from tests.builders.hub import config, tensors
from tests.builders.safetensors import WIDTH, noise
from tests.conftest import messages, of

Audit = Callable[..., Dossier]
Rows = dict[str, tuple[str, tuple[int, ...]]]
CHECK = "weights.packing-not-as-configured"
FIRST = "model.layers.0.mlp.down_proj"


def gptq(outputs: int, inputs: int, bits: int = 4, group: int = 16) -> dict[str, tuple[str, tuple[int, ...]]]:
    groups = ceil(inputs / group)
    return {
        "qweight": ("I32", (inputs * bits // 32, outputs)),
        "qzeros": ("I32", (groups, outputs * bits // 32)),
        "scales": ("F16", (groups, outputs)),
        "g_idx": ("I32", (inputs,)),
    }


def awq(outputs: int, inputs: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    return {
        "qweight": ("I32", (inputs, outputs // 8)),
        "qzeros": ("I32", (inputs // 16, outputs // 8)),
        "scales": ("F16", (inputs // 16, outputs)),
    }


def four_bit(outputs: int, inputs: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    return {
        "weight": ("U8", (outputs * inputs // 2, 1)),
        "weight.absmax": ("F32", (outputs * inputs // 64,)),
        "weight.quant_map": ("F32", (16,)),
        "weight.quant_state.bitsandbytes__nf4": ("U8", (80,)),
    }


def eight_bit(outputs: int, inputs: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    return {"weight": ("I8", (outputs, inputs)), "SCB": ("F32", (outputs,))}


def fp8(outputs: int, inputs: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    return {
        "weight": ("F8_E4M3", (outputs, inputs)),
        "weight_scale_inv": ("F32", (ceil(outputs / 16), ceil(inputs / 16))),
    }


def compressed(outputs: int, inputs: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    return {
        "weight_packed": ("I32", (outputs, inputs // 8)),
        "weight_scale": ("BF16", (outputs, inputs // 16)),
        "weight_shape": ("I64", (2,)),
    }


def packed(by: Callable[[int, int], Rows] | None, more: Rows | None = None, *, without: str = "") -> Rows:
    """The small model with every projection packed by a method; `without` leaves out a part of each."""
    rows: Rows = {}
    for name, (dtype, shape) in tensors().items():
        if by is None or not name.endswith("_proj.weight"):
            rows[name] = (dtype, shape)
            continue
        stem = name.removesuffix(".weight")
        rows |= {f"{stem}.{part}": row for part, row in by(*shape).items() if part != without}
    return rows | (more or {})


def groups_in_range(rows: Rows, size: int = 16) -> bytes:
    """The bytes of the tensors, group numbers as they should be."""
    return b"".join(
        struct.pack(f"<{shape[0]}i", *(n // size for n in range(shape[0])))
        if name.endswith("g_idx")
        else noise("F32", prod(shape))
        if dtype == "F32"
        else noise(dtype, prod(shape))
        for name, (dtype, shape) in rows.items()
    )


def model(folder: Path, rows: Rows, quantization: dict[str, Any] | None, **files: Any) -> Path:
    sound = safetensors(rows)
    body = groups_in_range(rows)
    assert len(sound) - len(body) == 8 + struct.unpack("<Q", sound[:8])[0]
    stated = config(**({"quantization_config": quantization} if quantization else {}))
    return hub_model(
        folder,
        **{
            "model.safetensors": sound[: len(sound) - len(body)] + body,
            "config.json": json.dumps(stated),
            **files,
        },
    )


GPTQ = {"quant_method": "gptq", "bits": 4, "group_size": 16}
AWQ = {"quant_method": "awq", "bits": 4, "group_size": 16, "zero_point": True}
NF4 = {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}
INT8 = {"quant_method": "bitsandbytes", "load_in_8bit": True}
FP8 = {"quant_method": "fp8", "weight_block_size": [16, 16]}
COMPRESSED = {
    "quant_method": "compressed-tensors",
    "format": "pack-quantized",
    "config_groups": {"group_0": {"weights": {"num_bits": 4, "group_size": 16}}},
}


@pytest.mark.parametrize(
    ("by", "stated", "words"),
    [
        (gptq, GPTQ, "14 packed matrices of 4 bits, as config.json says (gptq)"),
        (awq, AWQ, "14 packed matrices of 4 bits, as config.json says (awq)"),
        (four_bit, NF4, "14 packed matrices of 4 bits, as config.json says (bitsandbytes)"),
        (eight_bit, INT8, "14 packed matrices of 8 bits, as config.json says (bitsandbytes)"),
        (fp8, FP8, "14 packed matrices of 8 bits, as config.json says (fp8)"),
        (compressed, COMPRESSED, "14 packed matrices, as config.json says (compressed-tensors)"),
    ],
)
def test_packed_weights_as_they_should_be_pass_and_have_the_shapes_of_the_config(
    tmp_path: Path, audit: Audit, by: Callable[[int, int], Rows], stated: dict[str, Any], words: str
) -> None:
    dossier = audit(model(tmp_path / "m", packed(by), stated))
    assert messages(dossier, CHECK) == [f"safetensors: {words}"]
    assert [f.kind for f in of(dossier, "weights.not-as-configured")] == [Kind.PASS]


@pytest.mark.parametrize(
    ("rows", "stated", "words"),
    [
        (packed(gptq), {**GPTQ, "bits": 8}, "14 of 14 packed matrices have 4 bits by their shapes, config.json says 8"),
        (
            packed(gptq),
            {**GPTQ, "group_size": 32},
            "packed matrices have groups of 16 by their shapes, config.json says 32",
        ),
        (
            packed(gptq),
            {**GPTQ, "group_size": -1},
            "packed matrices have groups of 16 by their shapes, config.json says -1",
        ),
        (packed(gptq), AWQ, "packed matrices are stored as gptq does, config.json says awq"),
        (packed(awq), GPTQ, "packed matrices are stored as awq does, config.json says gptq"),
        (packed(None), GPTQ, "says that the weights are packed (gptq), and all 15 matrices in safetensors are plain"),
        (packed(None), AWQ, "says that the weights are packed (awq), and all 15 matrices in safetensors are plain"),
        (packed(gptq), None, "14 matrices are packed (gptq), and config.json says nothing of it"),
        (packed(four_bit), None, "14 matrices are packed (bitsandbytes), and config.json says nothing of it"),
        (packed(gptq, without="scales"), GPTQ, "14 packed matrices (gptq) have no scales beside them"),
        (packed(awq, without="qzeros"), AWQ, "14 packed matrices (gptq) have no qzeros beside them"),
        (packed(four_bit, without="weight.absmax"), NF4, "(bitsandbytes) have no absmax beside them"),
        (packed(four_bit), INT8, "packed matrices have 4 bits by their shapes, config.json says 8"),
        (packed(eight_bit), NF4, "packed matrices have 8 bits by their shapes, config.json says 4"),
        (packed(fp8, without="weight_scale_inv"), FP8, "14 packed matrices (fp8) have no scale beside them"),
        (
            packed(fp8),
            {**FP8, "weight_block_size": [32, 32]},
            "have scales of shape [2, 4] for [32, 64], config.json says blocks of 32 by 32",
        ),
        (packed(compressed, without="weight_scale"), COMPRESSED, "have no weight_scale beside them"),
        (
            packed(gptq, {f"{FIRST}.g_idx": ("I32", (60,))}),
            GPTQ,
            "do not fit together: g_idx has shape [60] for 64 inputs",
        ),
        (
            packed(fp8, {f"{FIRST}.weight_scale_inv": ("F32", (3, 3, 3))}),
            FP8,
            "do not fit together: scales of shape [3, 3, 3] do not fit a matrix of [32, 64]",
        ),
    ],
)
def test_packed_weights_that_contradict_the_config_are_a_fail(
    tmp_path: Path, audit: Audit, rows: Rows, stated: dict[str, Any] | None, words: str
) -> None:
    dossier = audit(model(tmp_path / "m", rows, stated))
    said = messages(dossier, CHECK, Kind.FAIL)
    assert any(words in message for message in said), said
    assert dossier.decision.verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("rows", "stated", "kind"),
    [
        (packed(None), NF4, Kind.REVIEW),  # packed while it loads
        (packed(None), FP8, Kind.REVIEW),
        (packed(None), {"quant_method": "exl9"}, Kind.OPEN),
        (packed(None, {f"{FIRST}.B": ("I32", (8, 8))}), GPTQ, Kind.OPEN),  # a layout that is not known
        (packed(fp8, without="weight_scale_inv"), None, Kind.INFORMATIONAL),  # a plain cast
        (packed(None), None, Kind.NOT_APPLICABLE),
    ],
)
def test_what_a_loader_may_well_want_or_assay_does_not_know_is_no_fail(
    tmp_path: Path, audit: Audit, rows: Rows, stated: dict[str, Any] | None, kind: Kind
) -> None:
    assert [f.kind for f in of(audit(model(tmp_path / "m", rows, stated)), CHECK)] == [kind]


def test_a_group_number_beyond_the_groups_is_a_fail(tmp_path: Path, audit: Audit) -> None:
    folder = model(tmp_path / "m", packed(gptq), GPTQ)
    raw = bytearray((folder / "model.safetensors").read_bytes())
    size = struct.unpack("<Q", raw[:8])[0]
    start = 8 + size + json.loads(raw[8 : 8 + size])[f"{FIRST}.g_idx"]["data_offsets"][0]
    raw[start : start + 4] = struct.pack("<i", 9)
    (folder / "model.safetensors").write_bytes(raw)
    assert messages(audit(folder), CHECK, Kind.FAIL) == [
        f"{FIRST}.g_idx: group numbers from 0 to 9, and there are 4 groups"
    ]


def test_settings_in_a_file_of_their_own_count(tmp_path: Path, audit: Audit) -> None:
    own = json.dumps({"bits": 4, "group_size": 16, "desc_act": False})
    dossier = audit(model(tmp_path / "m", packed(gptq), None, quantize_config__json=own))
    assert messages(dossier, CHECK) == [
        "safetensors: 14 packed matrices of 4 bits, as quantize_config.json says (gptq)"
    ]
    awq_own = json.dumps({"w_bit": 4, "q_group_size": 32, "version": "GEMM"})
    dossier = audit(model(tmp_path / "n", packed(awq), None, quant_config__json=awq_own))
    assert "have groups of 16 by their shapes, quant_config.json says 32" in messages(dossier, CHECK, Kind.FAIL)[0]


HEAD, EMBEDDING = "lm_head.weight", "model.embed_tokens.weight"


@pytest.mark.parametrize(
    ("same", "stated", "kind"),
    [
        (False, {"tie_word_embeddings": True}, Kind.FAIL),
        (True, {"tie_word_embeddings": True}, Kind.PASS),
        (False, {"tie_word_embeddings": False}, Kind.NOT_APPLICABLE),
        (False, {"tie_word_embeddings": None}, Kind.NOT_APPLICABLE),  # Llama does not tie by default
        (False, {"tie_word_embeddings": None, "model_type": "gemma"}, Kind.FAIL),  # Gemma does
    ],
)
def test_a_head_that_differs_from_the_embedding_it_is_tied_to_is_a_fail(
    tmp_path: Path, audit: Audit, same: bool, stated: dict[str, Any], kind: Kind
) -> None:
    rows: Rows = {**tensors(), HEAD: ("F32", (40, 32))}
    body = {name: noise(dtype, prod(shape)) for name, (dtype, shape) in rows.items()}
    body[HEAD] = body[EMBEDDING] if same else noise("F32", 1281)[4:]
    sound = safetensors(rows)
    whole = b"".join(body.values())
    folder = hub_model(
        tmp_path / "m",
        **{
            "config.json": json.dumps(config(**stated)),
            "model.safetensors": sound[: len(sound) - len(whole)] + whole,
        },
    )
    (found,) = of(audit(folder), "weights.head-not-as-tied")
    assert found.kind is kind, found.message
    if kind is Kind.FAIL:
        assert f"{HEAD!r} holds other values than {EMBEDDING!r}: loaders differ" in found.message


@pytest.mark.parametrize(
    ("stored", "stated", "kind", "words"),
    [
        (500_000.0, {"rope_theta": 10_000.0}, Kind.REVIEW, "are those of base 500,000, config.json states 10,000"),
        (10_000.0, {}, Kind.PASS, "2 times 4 frequencies of base 10,000, as configured"),
        (500_000.0, {"rope_parameters": {"rope_theta": 500_000}}, Kind.PASS, "of base 500,000, as configured"),
        (500_000.0, {"rope_scaling": {"type": "linear", "factor": 2}}, Kind.NOT_APPLICABLE, "no rotary frequencies"),
    ],
)
def test_stored_rotary_frequencies_are_compared_with_the_base(
    tmp_path: Path, audit: Audit, stored: float, stated: dict[str, Any], kind: Kind, words: str
) -> None:
    frequencies = struct.pack("<4f", *(stored ** (-k / 4) for k in range(4)))
    rows: Rows = {**tensors(), **{f"model.layers.{n}.self_attn.rotary_emb.inv_freq": ("F32", (4,)) for n in (0, 1)}}
    sound = safetensors(rows)
    folder = hub_model(
        tmp_path / "m",
        **{"config.json": json.dumps(config(**stated)), "model.safetensors": sound[:-32] + frequencies * 2},
    )
    (found,) = of(audit(folder), "weights.rope-not-as-configured")
    assert (found.kind, words in found.message) == (kind, True), found.message


def adapter(folder: Path, rows: Rows, **stated: Any) -> Path:
    settings = {
        "peft_type": "LORA",
        "r": 8,
        "lora_alpha": 16,
        "target_modules": ["q_proj", "v_proj"],
        "base_model_name_or_path": "org/base",
        **stated,
    }
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    (folder / "adapter_model.safetensors").write_bytes(safetensors(rows))
    return folder


def factors(other: Rows | None = None, *, names: tuple[str, ...] = ("q_proj", "v_proj"), rank: int = 8) -> Rows:
    stem = "base_model.model.model.layers.0.self_attn"
    rows: Rows = {}
    for name in names:
        rows[f"{stem}.{name}.lora_A.weight"] = ("F32", (rank, 32))
        rows[f"{stem}.{name}.lora_B.weight"] = ("F32", (32, rank))
    rows |= {f"{stem}.{name}": row for name, row in (other or {}).items()}
    return {name: row for name, row in rows.items() if row[1]}


@pytest.mark.parametrize(
    ("rows", "stated", "kind", "words"),
    [
        (factors(), {}, Kind.PASS, "2 modules are adapted by rank 8, as adapter_config.json says"),
        (factors(), {"r": 16}, Kind.FAIL, "2 of 2 modules have factors of rank 8, adapter_config.json says 16"),
        (factors(), {"r": 16, "rank_pattern": {"q_proj": 8, "v_proj": 8}}, Kind.PASS, "adapted by rank 8"),
        (factors(), {"r": 16, "rank_pattern": {"q_proj": 8}}, Kind.FAIL, "1 of 2 modules have factors of rank 8"),
        (factors({"q_proj.lora_B.weight": ("F32", ())}), {}, Kind.FAIL, "one factor without the other"),
        (factors({"q_proj.lora_B.weight": ("F32", (32, 4))}), {}, Kind.FAIL, "do not fit: [8, 32] and [32, 4]"),
        (factors(), {"target_modules": ["q_proj", "v_proj", "o_proj"]}, Kind.REVIEW, "names 'o_proj' among"),
        (factors(), {"target_modules": ["q_proj"]}, Kind.REVIEW, "1 adapted modules are not among those"),
        (factors(), {"target_modules": "all-linear"}, Kind.PASS, "adapted by rank 8"),
        (factors(), {"lora_alpha": 0}, Kind.REVIEW, "sets lora_alpha to 0"),
        (factors(), {"peft_type": "VERA"}, Kind.OPEN, "a VERA adapter are not known"),
    ],
)
def test_an_adapter_is_compared_with_its_config(
    tmp_path: Path, audit: Audit, rows: Rows, stated: dict[str, Any], kind: Kind, words: str
) -> None:
    found = of(audit(adapter(tmp_path / "m", rows, **stated)), "weights.adapter-not-as-configured")
    assert any(f.kind is kind and words in f.message for f in found), found


def test_an_adapter_whose_second_factors_are_zero_changes_nothing(tmp_path: Path, audit: Audit) -> None:
    rows = factors(names=("q_proj",))
    folder = adapter(tmp_path / "m", rows, target_modules=["q_proj"])
    raw = (folder / "adapter_model.safetensors").read_bytes()
    size = prod((32, 8)) * WIDTH["F32"]
    (folder / "adapter_model.safetensors").write_bytes(raw[:-size] + bytes(size))
    assert messages(audit(folder), "weights.adapter-not-as-configured", Kind.REVIEW) == [
        "all 1 second factors are zero, as they are before training: the adapter changes nothing"
    ]
