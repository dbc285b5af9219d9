"""Which of the weight files beside a config a loader takes, and what the config says of them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from assay.facts.config import ConfigValues, ModelConfig
from assay.facts.family import Expected, expected
from assay.facts.model import folder
from assay.facts.naming import gguf_name
from assay.facts.precedence import EXPLICIT, TRANSFORMERS
from assay.facts.tensor import ShardIndex, WeightIndex, WeightSet, weight_sets
from assay.lazy import regex

_GGUF_FAMILIES = frozenset({"llama", "mistral", "qwen2", "qwen3"})  # those whose names in GGUF are known (naming.py)
_FORMATS = frozenset({"safetensors", "torch"})  # formats whose tensors have the names that the architecture gives them
_SINGLE = tuple(name for name in TRANSFORMERS.files if not name.endswith(".index.json"))
_SHARD = regex(r"(model|pytorch_model)-\d{5}-of-\d{5}\.(safetensors|bin)\Z")


def own_sets(
    config: ModelConfig,
    indexes: tuple[WeightIndex, ...],
    shards: tuple[ShardIndex, ...],
    values: tuple[ConfigValues, ...],
) -> Iterator[WeightSet]:
    """The copies of the weights that a loader which reads this config takes, one for each format."""
    if explicit := _explicit(config, shards, values):
        rows = tuple(index for index in indexes if index.artifact in explicit)
        if rows:
            yield WeightSet(f"{rows[0].artifact} ({rows[0].kind})", config.naming, rows)
        return
    for found in weight_sets(indexes):
        if found.naming != config.naming:
            continue
        if config.naming == "gguf":
            if config.artifact in {index.artifact for index in found.indexes}:
                yield found
        elif found.indexes[0].format.partition("-")[0] in _FORMATS and folder(found.indexes[0].artifact) == folder(
            config.artifact
        ):
            rows = _taken(found.indexes, {file for row in shards for _, file in row.weight_map})
            if rows:
                yield replace(found, indexes=rows)


def _explicit(config: ModelConfig, shards: tuple[ShardIndex, ...], values: tuple[ConfigValues, ...]) -> frozenset[str]:
    """The files that the config itself names as the model's weights; empty if it names none."""
    named = next((row.get(EXPLICIT) for row in values if row.artifact == config.artifact), None)
    if not isinstance(named, str) or config.naming != "hub":
        return frozenset()
    path = posixpath.normpath(posixpath.join(folder(config.artifact), named))
    listed = next((row.weight_map for row in shards if row.artifact == path), None)
    if listed is None:
        return frozenset({path})
    return frozenset(posixpath.join(folder(path), file) for _, file in listed)


def _taken(indexes: tuple[WeightIndex, ...], listed: set[str]) -> tuple[WeightIndex, ...]:
    """One file by the usual name, else the shards that an index lists, else those named as shards, else all of them."""
    named = {index.artifact.rpartition("/")[2]: index for index in indexes}
    for single in _SINGLE:
        if single in named:
            return (named[single],)
    for chosen in (listed & named.keys(), {name for name in named if _SHARD.match(name)}):
        if chosen:
            return tuple(named[name] for name in sorted(chosen))
    return tuple(row for name, row in named.items() if not name.startswith(("adapter", "consolidated")))


def implied(config: ModelConfig, values: tuple[ConfigValues, ...]) -> Expected | None:
    """The tensors that the config implies, None for a family that is not known; raises Undetermined."""
    if config.naming == "hub":
        own = next((row for row in values if row.artifact == config.artifact), None)
        return expected(own, config.family) if own is not None else None
    if config.family not in _GGUF_FAMILIES:
        return None
    stated = {
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_size,
        "intermediate_size": config.intermediate_size,
        "vocab_size": config.vocabulary_size,
        "tie_word_embeddings": config.tied_embeddings,
        "architectures": ("ForCausalLM",),
        "attention_bias": True,
    }
    entries = tuple((key, value) for key, value in stated.items() if value is not None)
    found = expected(ConfigValues(config.artifact, entries), config.family)
    if found is None:
        return None
    # metadata do not say whether there are biases: they may be there but where the family always has them
    loose = {} if config.family == "qwen2" else {n: s for n, s in found.must.items() if n.endswith(".bias")}
    may = {**found.may, **loose}
    may |= {"rope_freqs.weight": ((config.head_size or 0) // 2,)}
    must = {name: shape for name, shape in found.must.items() if name not in loose}
    return replace(found, must=must, may=may, base="").renamed(_gguf)


def _gguf(name: str) -> str:
    if name.startswith("rope_freqs"):
        return name
    return "blk." if name == "model.layers." else gguf_name(name)
