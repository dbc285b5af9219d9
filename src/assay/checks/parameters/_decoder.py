"""The tensors that a decoder of the Llama, Mistral and Qwen families must have, with their shapes.

Sources: transformers modeling_llama.py, modeling_mistral.py, modeling_qwen2.py, modeling_qwen3.py (module names and
sizes). Shapes are outermost first, as files declare them.
"""

from __future__ import annotations

from assay.facts.config import ModelConfig
from assay.facts.naming import gguf_name

FAMILIES = frozenset({"llama", "mistral", "qwen2", "qwen3"})
MAX_LAYERS = 10_000
Shapes = dict[str, tuple[int, ...]]


def expected(config: ModelConfig) -> tuple[Shapes, Shapes] | None:
    """(tensors that must be there, tensors that may be there), or None if the config does not determine them."""
    sizes = (
        config.hidden_size,
        config.layers,
        config.heads,
        config.kv_heads,
        config.head_size,
        config.intermediate_size,
        config.vocabulary_size,
    )
    if (
        config.family not in FAMILIES
        or any(size is None or size <= 0 for size in sizes)
        or (config.layers or 0) > MAX_LAYERS
    ):
        return None
    hidden, layers, heads, kv_heads, head_size, inner, vocabulary = (size or 0 for size in sizes)
    must: Shapes = {"model.embed_tokens.weight": (vocabulary, hidden), "model.norm.weight": (hidden,)}
    may: Shapes = {}
    (may if config.tied_embeddings else must)["lm_head.weight"] = (vocabulary, hidden)
    block, optional = _block(config, hidden, heads, kv_heads, head_size, inner)
    for layer in range(layers):
        must |= {f"model.layers.{layer}.{name}": shape for name, shape in block.items()}
        may |= {f"model.layers.{layer}.{name}": shape for name, shape in optional.items()}
    if config.naming == "gguf":
        return {gguf_name(name): shape for name, shape in must.items()}, {
            gguf_name(name): shape for name, shape in may.items()
        } | {"rope_freqs.weight": (head_size // 2,)}
    return must, may


def _block(
    config: ModelConfig, hidden: int, heads: int, kv_heads: int, head_size: int, inner: int
) -> tuple[Shapes, Shapes]:
    query, key = heads * head_size, kv_heads * head_size
    must: Shapes = {
        "self_attn.q_proj.weight": (query, hidden),
        "self_attn.k_proj.weight": (key, hidden),
        "self_attn.v_proj.weight": (key, hidden),
        "self_attn.o_proj.weight": (hidden, query),
        "mlp.gate_proj.weight": (inner, hidden),
        "mlp.up_proj.weight": (inner, hidden),
        "mlp.down_proj.weight": (hidden, inner),
        "input_layernorm.weight": (hidden,),
        "post_attention_layernorm.weight": (hidden,),
    }
    may: Shapes = {"self_attn.rotary_emb.inv_freq": (head_size // 2,)}
    biases: Shapes = {
        "self_attn.q_proj.bias": (query,),
        "self_attn.k_proj.bias": (key,),
        "self_attn.v_proj.bias": (key,),
    }
    norms: Shapes = {"self_attn.q_norm.weight": (head_size,), "self_attn.k_norm.weight": (head_size,)}
    (must if config.family == "qwen2" else may).update(biases)
    (must if config.family == "qwen3" else may).update(norms if config.family == "qwen3" else {})
    if config.attention_bias:
        may["self_attn.o_proj.bias"] = (hidden,)
    return must, may
