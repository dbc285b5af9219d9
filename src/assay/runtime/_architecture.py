"""Build a network with transformers from plain numbers, with weights that assay read; no code of the model is run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.errors import InputError, UsageError
from assay.facts.config import ModelConfig
from assay.facts.naming import BLOCK, hub_name
from assay.lazy import regex
from assay.runtime._numbers import Loader, Numbers
from assay.runtime._renamed import renamed
from assay.weights import Weights

MOST_CONFIG = 4 << 20
# GGUF family -> model_type of transformers; only where assay's tests compare the scores of both
_FAMILIES = {"llama": "llama"}
_NOT_THE_NETWORK = frozenset(
    {"auto_map", "quantization_config", "model_type", "architectures", "dtype", "torch_dtype", "custom_generate"}
)
_PARTS = regex(r"layer|expert|block|n_head|num_.*heads")


def configured(weights: Weights) -> tuple[str, dict[str, Any]]:
    """(model_type, fields of the configuration) for transformers.

    Raises UsageError for a family that assay cannot build, for packed weights, and for a model that asks for code of
    its own.
    """
    configs: tuple[ModelConfig, ...] = weights.facts("ModelConfig")
    if weights.facts("CodeReference"):
        first = weights.facts("CodeReference")[0]
        raise UsageError(f"{first.artifact} asks for code of the model ({first.target}); assay runs no code of a model")
    if not configs:
        raise UsageError(f"{weights.name} has no configuration: give a folder with config.json, or a GGUF file")
    if weights.set.naming == "gguf":
        return _from_gguf(weights, next(row for row in configs if row.naming == "gguf"))
    config = next(row for row in configs if row.naming == "hub")
    if config.quantization:
        raise UsageError(f"the weights are packed ({config.quantization}); assay runs plain and GGUF weights")
    entry = next(entry for entry in weights.walk.entries if entry.path == config.artifact)
    with entry.place.source() as source:
        value = json.loads(source.read(MOST_CONFIG))
    return config.family, _fields(value, config.artifact, len(weights))


def _fields(value: dict[str, Any], artifact: str, tensors: int) -> dict[str, Any]:
    """The numbers and names of a configuration that describe the network; what chooses code or how it runs is left out.

    Raises UsageError where it asks for more layers or experts than there are tensors: building them would not end.
    """
    plain = {
        key: row
        for key, row in value.items()
        if key not in _NOT_THE_NETWORK and not key.startswith("_") and "implementation" not in key
    }
    for key, row in plain.items():
        if isinstance(row, int) and _PARTS.search(key) and row > tensors:
            raise UsageError(f"{artifact}: {key} is {row:,}, and the weights have {tensors:,} tensors in all")
    return plain


def _from_gguf(weights: Weights, config: ModelConfig) -> tuple[str, dict[str, Any]]:
    family = _FAMILIES.get(config.family)
    if family is None:
        raise UsageError(
            f"a GGUF file of the family {config.family!r}; assay runs {', '.join(sorted(_FAMILIES))} from GGUF. "
            "Give a folder with safetensors"
        )
    metadata = dict(weights.set.indexes[0].metadata)
    fields = {
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "intermediate_size": config.intermediate_size,
        "vocab_size": config.vocabulary_size,
        "max_position_embeddings": config.context_length,
        "head_dim": config.head_size,
        "tie_word_embeddings": bool(config.tied_embeddings),
        "rope_theta": float(metadata.get("llama.rope.freq_base", 10000.0)),
        "rms_norm_eps": float(metadata.get("llama.attention.layer_norm_rms_epsilon", 1e-5)),
    }
    lacking = [name for name, value in fields.items() if value is None]
    if lacking:
        raise UsageError(f"{config.artifact} does not state {', '.join(lacking)}")
    scaling = metadata.get("llama.rope.scaling.type")
    if scaling is not None:
        raise UsageError(f"{config.artifact} scales its positions ({scaling}), which assay does not run from GGUF")
    return family, fields


def tensors(torch: Any, weights: Weights, numbers: Numbers) -> Iterator[tuple[str, Any]]:
    """(name in transformers, values on the device) of every tensor, one at a time."""
    loader = Loader(torch, numbers)
    if weights.set.naming != "gguf":
        yield from ((name, loader.loaded(weights[name])) for name in weights)
        return
    config = next(row for row in weights.facts("ModelConfig") if row.naming == "gguf")
    for name in weights:
        if name.startswith("rope_freqs"):
            continue  # a table that the network computes itself
        hub = hub_name(name)
        if hub is None:
            raise UsageError(f"the GGUF file has a tensor that its family has not: {name[:100]}")
        block = BLOCK.match(name)
        if block and block[2] in ("attn_q", "attn_k"):
            values = weights[name].read().reshape(weights[name].shape)
            heads = config.heads if block[2] == "attn_q" else config.kv_heads
            yield hub, loader.placed(_interleaved(values, heads))
        else:
            yield hub, loader.loaded(weights[name])


def _interleaved(values: NDArray[np.float32], heads: int | None) -> NDArray[np.float32]:
    """Queries and keys with the halves of each head where transformers has them.

    llama.cpp stores the pairs that rotate together side by side (convert_hf_to_gguf.py, LlamaModel.permute).
    """
    count = heads or 1
    rows, columns = values.shape
    return values.reshape(count, rows // count // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def built(
    torch: Any,
    transformers: Any,
    weights: Weights,
    family: str,
    fields: dict[str, Any],
    numbers: Numbers,
    kind: str = "AutoModelForCausalLM",
) -> Any:
    """The network on its device with all of its weights, and none left over (UsageError: they do not fit).

    `kind` is the class of transformers that gives it its head.
    """
    try:
        config = transformers.AutoConfig.for_model(family, **fields)
        with _without_values(torch):
            network = getattr(transformers, kind).from_config(config, dtype=numbers.dtype(torch))
    except (ValueError, TypeError, KeyError, AttributeError) as cause:
        raise UsageError(
            f"{weights.name}: transformers does not build {family!r} from this configuration ({str(cause)[:160]})"
        ) from None
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    try:
        state = renamed(network, dict(tensors(torch, weights, numbers)))
    except InputError as cause:
        raise UsageError(f"{weights.name}: {cause}") from None
    for name, values in state.items():
        if name in expected and tuple(values.shape) != expected[name]:
            raise UsageError(
                f"{weights.name}: {name} is {_by(values.shape)}, and the configuration makes it {_by(expected[name])}"
            )
    for names in _tied(network):
        first = next((name for name in names if state.get(name) is not None), None)
        state |= {name: state[first] for name in names if first is not None and name not in state}
    lacking, left = sorted(expected.keys() - state.keys()), sorted(state.keys() - expected.keys())
    if lacking or left:
        raise UsageError(
            f"{weights.name}: weights and network do not fit: {len(lacking)} missing ({', '.join(lacking[:3])}), "
            f"{len(left)} left over ({', '.join(left[:3])})"
        )
    network.load_state_dict(state, strict=True, assign=True)
    network.tie_weights()
    return network.to(numbers.device)  # the tables that it computed for itself


def _without_values(torch: Any) -> Any:
    """A context, of this thread alone, in which the parameters of new modules take no memory and no random numbers.

    Tables that a module computes for itself have their values.
    """

    class Empty(torch.overrides.TorchFunctionMode):  # type: ignore[misc]  # torch is imported when a model is run
        def __torch_function__(self, asked: Any, types: Any, args: Any = (), named: Any = None) -> Any:
            if asked in (torch.Tensor.normal_, torch.Tensor.uniform_):
                return args[0]
            more = {"device": "meta"} if asked is torch.empty else {}
            return asked(*args, **(named or {}) | more)

    return Empty()


def _tied(network: Any) -> list[list[str]]:
    """Names that stand for one parameter."""
    groups: dict[int, list[str]] = {}
    for name, value in network.named_parameters(remove_duplicate=False):
        groups.setdefault(id(value), []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def _by(shape: Any) -> str:
    return " x ".join(map(str, shape))
