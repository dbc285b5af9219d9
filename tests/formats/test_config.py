"""JSON configs, tokenizers and references to code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.facts.config import (
    AdapterConfig,
    CodeReference,
    ConfigValues,
    GenerationConfig,
    ModelConfig,
    PreprocessorConfig,
)
from assay.facts.tensor import ShardIndex
from assay.facts.text import ChatTemplate
from assay.facts.tokenizer import DeclaredTokens, Tokenizer, TokenRole, Vocabulary
from tests.builders.hub import config, tokenizer
from tests.conftest import read


def facts(name: str, value: Any) -> tuple[object, ...]:
    reading = read(name, json.dumps(value).encode())
    assert reading.obstacle is None, reading.obstacle
    return reading.facts


def test_model_config_reads_old_and_new_names() -> None:
    old, _ = facts("config.json", config())
    new, _ = facts("config.json", config(torch_dtype=None, dtype="bfloat16", num_key_value_heads=None))
    assert isinstance(old, ModelConfig) and isinstance(new, ModelConfig)
    assert (old.family, old.layers, old.head_size, old.dtype, old.kv_heads) == ("llama", 2, 8, "float32", 2)
    assert (new.dtype, new.kv_heads) == ("bfloat16", 4)


def test_model_config_looks_into_the_text_part_of_a_multimodal_model() -> None:
    found, _ = facts(
        "config.json", {"model_type": "llava", "text_config": {"hidden_size": 64, "num_attention_heads": 4}}
    )
    assert isinstance(found, ModelConfig) and (found.family, found.hidden_size) == ("llava", 64)


def test_values_of_the_wrong_type_are_not_stated() -> None:
    found, _ = facts(
        "config.json", {"model_type": 7, "hidden_size": "64", "vocab_size": True, "tie_word_embeddings": 1}
    )
    assert isinstance(found, ModelConfig)
    assert (found.family, found.hidden_size, found.vocabulary_size, found.tied_embeddings) == (
        "unknown",
        None,
        None,
        None,
    )


def test_every_value_of_a_config_is_kept_under_its_path() -> None:
    stated = {"a": 1, "b": {"c": "x", "d": [1, 2], "e": [{"f": 1}], "g": None}, "h": "y" * 300, "i": 10**30}
    (found,) = [fact for fact in facts("config.json", stated) if isinstance(fact, ConfigValues)]
    assert found.entries == (("a", 1), ("b.c", "x"), ("b.d", (1, 2)))
    assert set(found.cut) == {"b.e", "i"}
    (many,) = [
        fact for fact in facts("config.json", {f"k{n}": n for n in range(5_000)}) if isinstance(fact, ConfigValues)
    ]
    assert len(many.entries) == 2_000 and len(many.cut) == 500


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "config.json",
            {"auto_map": {"AutoModel": "modeling_x.XModel"}},
            [("/auto_map/AutoModel", "modeling_x.py", None)],
        ),
        (
            "config.json",
            {"auto_map": {"AutoConfig": "org/other--configuration_x.C"}},
            [("/auto_map/AutoConfig", "configuration_x.py", "org/other")],
        ),
        (
            "tokenizer_config.json",
            {"auto_map": {"AutoTokenizer": ["tok.Slow", None]}},
            [("/auto_map/AutoTokenizer/0", "tok.py", None)],
        ),
        ("config.json", {"user_dir": "ext"}, [("/user_dir", "ext/__init__.py", None)]),
        ("config.json", {"model_file": "./a.py"}, [("/model_file", "a.py", None)]),
        ("model_index.json", {"unet": {"_target_": "os.system"}}, [("/unet/_target_", "os.py", None)]),
        (
            "adapter_config.json",
            {"auto_mapping": {"parent_library": "evil.mod"}},
            [("/auto_mapping/parent_library", "evil.py", None)],
        ),
    ],
)
def test_references_to_code_are_found_wherever_they_are(name: str, value: Any, expected: list[Any]) -> None:
    found = [fact for fact in facts(name, value) if isinstance(fact, CodeReference)]
    assert [(f.pointer, f.module, f.repository) for f in found] == expected


def test_generation_adapter_preprocessor_and_shards() -> None:
    (generation,) = facts("generation_config.json", {"do_sample": True, "temperature": 1, "top_p": 0.9, "top_k": 40})
    adapter, _ = facts("adapter_config.json", {"peft_type": "LORA", "base_model_name_or_path": "org/base", "r": 8})
    (processor,) = facts("preprocessor_config.json", {"image_processor_type": "X", "processor_class": "Y"})
    (shards,) = facts(
        "model.safetensors.index.json", {"metadata": {"total_size": 8}, "weight_map": {"a": "f.safetensors"}}
    )
    assert generation == GenerationConfig("generation_config.json", True, 1.0, 0.9, 40, None, None)
    assert adapter == AdapterConfig("adapter_config.json", "LORA", "org/base", 8)
    assert processor == PreprocessorConfig("preprocessor_config.json", ("Y", "X"))
    assert shards == ShardIndex("model.safetensors.index.json", (("a", "f.safetensors"),), 8)


def test_tokenizer_knows_control_from_added_tokens() -> None:
    value = tokenizer()
    value["added_tokens"].append({"id": 50, "content": "<tool>", "special": False})
    found, vocabulary = facts("tokenizer.json", value)
    assert isinstance(found, Tokenizer) and found.size == 51
    assert isinstance(vocabulary, Vocabulary) and vocabulary.tokens[50] == "<tool>" and vocabulary.tokens[45] == ""
    assert [(t.text, t.role) for t in found.tokens][-2:] == [
        ("<|im_end|>", TokenRole.CONTROL),
        ("<tool>", TokenRole.ADDED),
    ]


def test_declared_tokens_in_every_spelling() -> None:
    (special,) = facts(
        "special_tokens_map.json",
        {"eos_token": {"content": "</s>"}, "additional_special_tokens": ["<a>", {"content": "<b>"}]},
    )
    (added,) = facts("added_tokens.json", {"<z>": 2, "<y>": 1})
    assert special == DeclaredTokens(
        "special_tokens_map.json", (("eos_token", "</s>"), ("additional", "<a>"), ("additional", "<b>"))
    )
    assert added == DeclaredTokens("added_tokens.json", (("added", "<y>"), ("added", "<z>")))


def test_chat_templates_as_a_text_and_as_a_list() -> None:
    found = facts(
        "tokenizer_config.json",
        {"chat_template": [{"name": "default", "template": "a"}, {"name": "rag", "template": "b"}]},
    )
    assert [(t.pointer, t.name, t.source) for t in found if isinstance(t, ChatTemplate)] == [
        ("/chat_template/0/template", "default", "a"),
        ("/chat_template/1/template", "rag", "b"),
    ]


def test_sentencepiece_pieces_are_walked() -> None:
    def piece(text: str, kind: int) -> bytes:
        body = b"\x0a" + bytes([len(text)]) + text.encode() + b"\x15\x00\x00\x00\x00" + b"\x18" + bytes([kind])
        return b"\x0a" + bytes([len(body)]) + body

    raw = piece("<unk>", 2) + piece("<s>", 3) + piece("a", 1) + piece("<x>", 4) + b"\x12\x02\x18\x02"
    (found,) = read("tokenizer.model", raw).facts
    assert isinstance(found, Tokenizer)
    assert (found.size, found.algorithm) == (4, "BPE")
    assert [(t.id, t.text, t.role) for t in found.tokens] == [
        (0, "<unk>", "control"),
        (1, "<s>", "control"),
        (3, "<x>", "added"),
    ]
    assert read("tokenizer.model", raw[:5]).obstacle is not None


def test_tiktoken_vocabularies_are_told_from_sentencepiece() -> None:
    (found,) = read("tokenizer.model", b"IQ== 0\nIg== 1\n").facts
    assert isinstance(found, Tokenizer) and (found.engine, found.size) == ("tiktoken", 2)


JSON_FILES = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "preprocessor_config.json",
    "adapter_config.json",
    "model.safetensors.index.json",
    "anything.json",
]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "auto_map",
                    "model",
                    "vocab",
                    "added_tokens",
                    "chat_template",
                    "weight_map",
                    "quantization_config",
                    "text_config",
                    "content",
                ]
            )
            | st.text(),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@pytest.mark.parametrize("name", JSON_FILES)
@given(value=values)
def test_any_json_gives_facts_or_an_obstacle(name: str, value: Any) -> None:
    reading = read(name, json.dumps(value).encode())
    assert all(getattr(fact, "artifact", "") == name for fact in reading.facts)


@pytest.mark.parametrize("name", JSON_FILES)
@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b'{"a":1,"a":2}', b"{", b'{"a":1e999999}']
)
def test_hostile_json_is_an_obstacle_or_read(name: str, raw: bytes) -> None:
    reading = read(name, raw)
    assert reading.obstacle is not None or raw == b'{"a":1e999999}'
