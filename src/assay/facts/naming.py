"""What GGUF and transformers call the same tensor of a decoder of the Llama, Mistral and Qwen families.

Sources: transformers modeling_llama.py, modeling_mistral.py, modeling_qwen2.py, modeling_qwen3.py; llama.cpp gguf-py
constants.py and tensor_mapping.py.
"""

from __future__ import annotations

from assay.lazy import regex

_OUTER = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
_INNER = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
_HUB_OUTER, _HUB_INNER = ({gguf: hub for hub, gguf in table.items()} for table in (_OUTER, _INNER))
BLOCK = regex(r"blk\.(\d{1,5})\.(\w+)\.(weight|bias)\Z")  # layer, part and suffix of a GGUF name


def gguf_name(name: str) -> str:
    """The name in GGUF of a tensor named as in transformers; a part without one there keeps its own in its layer."""
    if name in _OUTER:
        return _OUTER[name]
    _, _, layer, rest = name.split(".", 3)
    stem, _, suffix = rest.rpartition(".")
    return f"blk.{layer}.{_INNER.get(stem, stem)}.{suffix}"


def hub_name(name: str) -> str | None:
    """The name in transformers of a tensor named as in GGUF; None where these families have none such."""
    if name in _HUB_OUTER:
        return _HUB_OUTER[name]
    block = BLOCK.match(name)
    if block is None or block[2] not in _HUB_INNER:
        return None
    return f"model.layers.{block[1]}.{_HUB_INNER[block[2]]}.{block[3]}"
