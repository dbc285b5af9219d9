"""`config.json`: the architecture as declared (transformers PretrainedConfig), or a component's settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.facts.config import ModelConfig
from assay.facts.structure import Aspect, Contents
from assay.formats import Format
from assay.formats._config_values import config_values
from assay.formats._references import references
from assay.formats.encoding.json import boolean, integer, mapping, text, texts
from assay.formats.window import Window

# one of these is in the config of every model: of transformers, of older ones without a type, of diffusers
_DESCRIBES = (
    "model_type", "architectures", "_class_name", "auto_map", "text_config", "hidden_size", "num_hidden_layers",
    "vocab_size",
)  # fmt: skip


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the config of a model (else that it was looked through), its values, and each reference to code."""
    value = mapping(window)
    nested = value.get("text_config")
    if _describes_a_model(value):
        yield _config(artifact, value, {**value, **nested} if isinstance(nested, dict) else value)
    else:  # a module of sentence-transformers, a converted model, a data set
        yield Contents(artifact, "model-config", len(value))
    yield config_values(artifact, value)
    yield from references(artifact, value)


def _describes_a_model(value: dict[str, Any]) -> bool:
    return any(value.get(key) is not None for key in _DESCRIBES)


def _config(artifact: str, top: dict[str, Any], value: dict[str, Any]) -> ModelConfig:
    hidden, heads = integer(value.get("hidden_size")), integer(value.get("num_attention_heads"))
    quantization = value.get("quantization_config")
    method = text(quantization.get("quant_method")) if isinstance(quantization, dict) else None
    return ModelConfig(
        artifact,
        "hub",
        (text(top.get("model_type")) or text(top.get("_class_name")) or "unknown")[:64],
        architectures=texts(top.get("architectures"))[:16],
        hidden_size=hidden,
        layers=integer(value.get("num_hidden_layers")),
        heads=heads,
        kv_heads=integer(value.get("num_key_value_heads")) or heads,
        head_size=integer(value.get("head_dim")) or (hidden // heads if hidden and heads else None),
        intermediate_size=integer(value.get("intermediate_size")),
        vocabulary_size=integer(value.get("vocab_size")),
        context_length=integer(value.get("max_position_embeddings")),
        tied_embeddings=boolean(value.get("tie_word_embeddings", top.get("tie_word_embeddings"))),
        attention_bias=boolean(value.get("attention_bias", value.get("qkv_bias"))),
        dtype=text(value.get("dtype", value.get("torch_dtype"))),
        quantization=method or ("unnamed" if isinstance(quantization, dict) else None),
        origin=text(top.get("_name_or_path")) or None,
    )


FORMAT = Format(
    "model-config",
    "model configuration",
    read,
    names=("config.json",),
    examines=(Aspect.REFERENCES, Aspect.MARKS),
    gaps=(),
)
