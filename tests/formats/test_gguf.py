"""GGUF: golden facts, every truncation, lying counts, and gguf-py as oracle on the real model."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.config import ModelConfig
from assay.facts.finding import Kind
from assay.facts.tensor import WeightIndex
from assay.facts.text import ChatTemplate, PublisherClaims
from assay.facts.tokenizer import Tokenizer
from assay.formats import load
from assay.formats.gguf import DTYPES
from assay.formats.window import Window
from tests.builders import gguf, gguf_field, gguf_model
from tests.builders.gguf import text
from tests.conftest import read


def fact(raw: bytes, kind: type) -> Any:
    return next(found for found in read("model.gguf", raw).facts if isinstance(found, kind))


def test_a_block_type_without_dimensions_is_refused_with_a_sentence() -> None:
    """Found by fuzzing: the sentence named the last dimension of a tensor that has none."""
    found = read("m.gguf", gguf({"a": (8, ())}))
    assert found.obstacle is not None and "rows that are no whole blocks of Q8_0" in found.obstacle.reason


def test_index_gives_absolute_byte_ranges() -> None:
    raw = gguf({"a": (0, (2, 8)), "b": (3, (2, 32))})
    index = fact(raw, WeightIndex)
    start = len(raw) - 104
    assert [(t.name, t.dtype, t.shape, t.start, t.stop) for t in index.tensors] == [
        ("a", "F32", (2, 8), start, start + 64),
        ("b", "Q4_1", (2, 32), start + 64, start + 104),
    ]


def test_metadata_gives_config_tokenizer_template_and_claims() -> None:
    raw = gguf_model(general__size_label="1M", general__languages=["en"])
    config, tokenizer = fact(raw, ModelConfig), fact(raw, Tokenizer)
    assert (config.family, config.layers, config.hidden_size, config.tied_embeddings) == ("llama", 2, 32, True)
    assert (tokenizer.size, [token.text for token in tokenizer.tokens]) == (
        40,
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
    )
    assert fact(raw, ChatTemplate).source.startswith("{% for m in messages %}")
    assert {claim.key: claim.text for claim in fact(raw, PublisherClaims).claims} == {
        "license": "apache-2.0",
        "name": "Tiny",
        "parameters": "1M",
        "language": "en",
    }


def test_every_truncation_of_the_header_is_named() -> None:
    raw = gguf_model()
    data = sum(t.stop - t.start for t in fact(raw, WeightIndex).tensors)
    for length in range(0, len(raw) - data - 32, 7):
        obstacle = read("model.gguf", raw[:length]).obstacle
        assert obstacle is not None and obstacle.trouble is Trouble.MALFORMED, length


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (gguf(version=1), "unsupported GGUF version at byte 4: expected 2 or 3 (little-endian), got 1"),
        (gguf(version=3 << 24), "unsupported GGUF version"),
        (b"GGML" + bytes(40), "not a GGUF file"),
        (gguf(tensor_count=2**63), "more tensors than assay reads"),
        (gguf(field_count=2**40), "more metadata fields than assay reads"),
        (gguf(tensor_count=5), "read past the end"),
        (gguf(extra_fields=text("x") + struct.pack("<IQ", 8, 2**31), field_count=2), "string longer than assay reads"),
        (
            gguf(extra_fields=text("x") + struct.pack("<IIQ", 9, 4, 2**62), field_count=2),
            "array 'x' longer than assay reads",
        ),
        (gguf(extra_fields=text("x") + struct.pack("<IIQ", 9, 9, 1), field_count=2), "unknown metadata value type"),
        (gguf(extra_fields=text("x") + struct.pack("<I", 77), field_count=2), "unknown metadata value type"),
        (gguf(extra_fields=gguf_field("general.architecture", "x"), field_count=2), "appears twice"),
        (gguf(extra_fields=gguf_field("k", b"\xff"), field_count=2), "string is not UTF-8"),
        (gguf({"a": (0, (4,))}, {"general.alignment": 0}), "general.alignment"),
        (gguf({"a": (0, (4,))}, offsets={"a": 4}), "tensor 'a' is not aligned"),
        (gguf_model(tokenizer__ggml__token_type=[3]), "another length than the tokens"),
    ],
)
def test_a_header_that_lies_is_refused_with_a_sentence(raw: bytes, sentence: str) -> None:
    obstacle = read("model.gguf", raw).obstacle
    assert sentence in (obstacle.reason if obstacle else "")


def field(key: str, kind: int, raw: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + raw


def array(key: str, entry: int, count: int, raw: bytes) -> bytes:
    return field(key, 9, struct.pack("<IQ", entry, count) + raw)


def with_fields(*extra: bytes, **metadata: Any) -> bytes:
    """The small whole model with further fields; None leaves one out."""
    raw = gguf_model(**metadata)
    (count,) = struct.unpack_from("<Q", raw, 16)
    head = raw[:16] + struct.pack("<Q", count + len(extra)) + b"".join(extra)
    return head + raw[24:]


TOKENS = 40


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (
            with_fields(array("tokenizer.ggml.scores", 0, TOKENS, bytes(TOKENS))),
            "tokenizer.ggml.scores is an array of 40 UINT8, where llama.cpp reads an array of numbers of 32 bits",
        ),
        (
            with_fields(array("tokenizer.ggml.scores", 6, 8, bytes(32))),
            "tokenizer.ggml.scores has 8 entries for 40 tokens",
        ),
        (
            with_fields(array("tokenizer.ggml.suppress_tokens", 2, 8, bytes(16))),
            "tokenizer.ggml.suppress_tokens is an array of 8 UINT16",
        ),
        (with_fields(field("tokenizer.ggml.merges", 8, text("a b"))), "tokenizer.ggml.merges is STRING, where"),
        (
            with_fields(array("tokenizer.ggml.precompiled_charsmap", 0, 2, bytes(2))),
            "precompiled_charsmap has 2 bytes, where llama.cpp reads a size of 4",
        ),
        (
            with_fields(
                array("tokenizer.ggml.token_type", 1, TOKENS, b"\1" * TOKENS), tokenizer__ggml__token_type=None
            ),
            "tokenizer.ggml.token_type is an array of 40 INT8",
        ),
        (
            gguf_model(llama__block_count=100_000),
            "llama.block_count is 100,000, where llama.cpp has room for 512 layers",
        ),
        (gguf_model(llama__expert_count=100_000), "llama.expert_count is 100,000, where llama.cpp has room for 1,024"),
        (gguf_model(llama__expert_used_count=8), "llama.expert_used_count is 8, more than the 0 experts"),
        (gguf_model(llama__vocab_size=2**31), "llama.vocab_size is 2,147,483,648, where llama.cpp has room for 0 to"),
        (gguf_model(llama__embedding_length=2**32 - 1), "llama.embedding_length is 4,294,967,295, where"),
        (gguf_model(llama__feed_forward_length=[64] * 3), "llama.feed_forward_length has 3 entries for 2 layers"),
        (gguf_model(llama__block_count="2"), "llama.block_count is STRING, where llama.cpp takes UINT32"),
        (
            with_fields(field("llama.block_count", 5, struct.pack("<i", -1)), llama__block_count=None),
            "llama.block_count is -1, where llama.cpp has room for 512 layers",
        ),
        (gguf_model(llama__posnet__block_count=9), "llama.posnet.block_count is 9, more than the 2 layers"),
        (
            gguf(extra_fields=field("general.alignment", 5, struct.pack("<i", 32)), field_count=2),
            "general.alignment has another type, on which llama.cpp aborts at byte",
        ),
        (
            gguf(extra_fields=array("general.alignment", 4, 1, struct.pack("<I", 32)), field_count=2),
            "expected UINT32, got an array of 1 UINT32",
        ),
        (gguf(metadata={"general.alignment": 24}), "general.alignment is no power of two from 8 on"),
        (gguf(extra_fields=field("", 0, b"\0"), field_count=2), "metadata key is empty"),
        (
            struct.pack("<4sIQQ", b"GGUF", 3, 2, 0) + (text("a") + struct.pack("<IQIQ", 1, 8, 0, 0)) * 2 + bytes(64),
            "tensor 'a' is declared twice",
        ),
    ],
)
def test_what_llama_cpp_takes_for_granted_is_malformed_if_it_is_not_so(raw: bytes, words: str) -> None:
    found = read("model.gguf", raw)
    rows = [*(fact for fact in found.facts if isinstance(fact, Obstacle)), *filter(None, [found.obstacle])]
    assert [row.trouble for row in rows] and {row.trouble for row in rows} == {Trouble.MALFORMED}
    assert any(words in row.reason for row in rows), rows


def test_metadata_that_is_no_good_leaves_an_audit_incomplete(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(gguf_model(llama__block_count=100_000))
    dossier = assay.audit(tmp_path / "model.gguf", isolation=False)
    (said,) = [f.message for f in dossier.findings if f.check == "artifact.malformed" and f.kind is Kind.OPEN]
    assert "llama.block_count is 100,000, where llama.cpp has room for 512 layers (LLAMA_MAX_LAYERS)" in said


@pytest.mark.parametrize(
    "raw",
    [
        gguf_model(),
        with_fields(array("tokenizer.ggml.scores", 6, TOKENS, bytes(4 * TOKENS))),
        with_fields(array("tokenizer.ggml.scores", 5, TOKENS, bytes(4 * TOKENS))),
        gguf_model(llama__attention__head_count=[4, 4], llama__attention__head_count_kv=[2, 0]),
        gguf_model(llama__expert_count=896, llama__expert_used_count=16),
    ],
    ids=["plain", "scores", "scores-of-tekken", "heads-by-layer", "896-experts"],
)
def test_sound_metadata_is_not_malformed(raw: bytes) -> None:
    found = read("model.gguf", raw)
    assert found.obstacle is None and [fact for fact in found.facts if isinstance(fact, Obstacle)] == []


def tensor_header(shape: tuple[int, ...], kind: int) -> bytes:
    body = (
        text("a") + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape) + struct.pack("<IQ", kind, 0)
    )
    return struct.pack("<4sIQQ", b"GGUF", 3, 1, 0) + body + bytes(64)


@pytest.mark.parametrize(
    ("shape", "kind", "sentence"),
    [
        ((2**40, 2**40), 0, "impossible size"),
        ((1, 1, 1, 1, 1), 0, "too many dimensions"),
        ((4, 0), 0, "a dimension that llama.cpp divides by"),
        ((2**63, 0), 0, "or that is negative"),
        ((33,), 3, "no whole blocks of Q4_1"),
        ((4,), 99, "unknown type"),
    ],
)
def test_a_tensor_that_lies_is_refused_with_a_sentence(shape: tuple[int, ...], kind: int, sentence: str) -> None:
    obstacle = read("model.gguf", tensor_header(shape, kind)).obstacle
    assert obstacle is not None and sentence in obstacle.reason


@given(st.binary(max_size=400))
def test_any_bytes_after_the_magic_give_facts_or_an_obstacle(noise: bytes) -> None:
    reading = read("x.gguf", b"GGUF\x03\0\0\0" + noise)
    assert reading.facts or reading.obstacle


def test_the_real_model_equals_what_gguf_py_reads(smollm2: Path) -> None:
    from gguf import GGUFReader

    with smollm2.open("rb") as file:
        index = next(fact for fact in load("gguf").read("m", Window(file)) if isinstance(fact, WeightIndex))
    expected = [
        (
            str(t.name),
            t.tensor_type.name,
            tuple(int(n) for n in reversed(t.shape)),
            int(t.data_offset),
            int(t.data_offset + t.n_bytes),
        )
        for t in GGUFReader(smollm2).tensors
    ]
    assert [(t.name, t.dtype, t.shape, t.start, t.stop) for t in index.tensors] == expected


def test_the_type_table_equals_that_of_gguf_py() -> None:
    from gguf import GGML_QUANT_SIZES

    assert {int(kind): (kind.name, *sizes) for kind, sizes in GGML_QUANT_SIZES.items()} == DTYPES
