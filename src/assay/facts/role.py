"""Where in a decoder a tensor belongs, by its name: the layer, the role, the expert. Hub and GGUF names alike.

Sources of the names: transformers modeling files of the Llama, Mistral, Mixtral, Qwen2, Qwen3, Qwen2-MoE, Phi-3, Gemma,
GPT-2, GPT-NeoX and Falcon families; llama.cpp gguf-py constants.py for GGUF.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LAYER = re.compile(r"(?:^|\.)(?:layers|blk|h|blocks|block)\.(\d{1,6})\.(.+)\Z")
_EXPERT = re.compile(r"(?:experts|block_sparse_moe\.experts)\.(\d{1,6})\.(.+)\Z")
# what follows the layer number, without ".weight" -> role
_INNER = {
    "self_attn.q_proj": "q", "attn_q": "q", "attention.wq": "q",
    "self_attn.k_proj": "k", "attn_k": "k", "attention.wk": "k",
    "self_attn.v_proj": "v", "attn_v": "v", "attention.wv": "v",
    "self_attn.o_proj": "o", "attn_output": "o", "attention.wo": "o", "self_attn.dense": "o", "attention.dense": "o",
    "self_attention.dense": "o", "attn.c_proj": "o",
    "self_attn.qkv_proj": "qkv", "attn_qkv": "qkv", "attn.c_attn": "qkv", "attention.query_key_value": "qkv",
    "self_attention.query_key_value": "qkv",
    "mlp.gate_proj": "gate", "ffn_gate": "gate", "feed_forward.w1": "gate", "w1": "gate", "gate_proj": "gate",
    "mlp.up_proj": "up", "ffn_up": "up", "feed_forward.w3": "up", "w3": "up", "up_proj": "up", "mlp.c_fc": "up",
    "mlp.dense_h_to_4h": "up",
    "mlp.down_proj": "down", "ffn_down": "down", "feed_forward.w2": "down", "w2": "down", "down_proj": "down",
    "mlp.c_proj": "down", "mlp.dense_4h_to_h": "down",
    "mlp.gate_up_proj": "gate_up", "mlp.experts.gate_up_proj": "gate_up", "mlp.experts.down_proj": "down",
    "ffn_gate_exps": "gate", "ffn_up_exps": "up", "ffn_down_exps": "down",
    "mlp.gate": "router", "ffn_gate_inp": "router", "block_sparse_moe.gate": "router", "mlp.router": "router",
    "input_layernorm": "attn_norm", "attn_norm": "attn_norm", "ln_1": "attn_norm", "attention_norm": "attn_norm",
    "post_attention_layernorm": "ffn_norm", "ffn_norm": "ffn_norm", "ln_2": "ffn_norm",
    "self_attn.q_norm": "q_norm", "attn_q_norm": "q_norm", "self_attn.k_norm": "k_norm", "attn_k_norm": "k_norm",
}  # fmt: skip
_OUTER = {
    "model.embed_tokens": "embedding", "embed_tokens": "embedding", "token_embd": "embedding", "transformer.wte": "embedding",
    "wte": "embedding", "gpt_neox.embed_in": "embedding", "transformer.word_embeddings": "embedding",
    "tok_embeddings": "embedding", "model.language_model.embed_tokens": "embedding", "language_model.model.embed_tokens": "embedding",
    "lm_head": "head", "output": "head", "embed_out": "head",
    "model.norm": "final_norm", "norm": "final_norm", "output_norm": "final_norm", "transformer.ln_f": "final_norm",
    "ln_f": "final_norm", "gpt_neox.final_layer_norm": "final_norm",
}  # fmt: skip
ATTENTION, FEED_FORWARD = ("q", "k", "v", "o", "qkv"), ("gate", "up", "down", "gate_up", "router")
# roles as a person reads them, in the order of a map
ORDER = ("embedding", "attn_norm", "q", "k", "v", "qkv", "q_norm", "k_norm", "o", "ffn_norm", "router", "gate", "up", "gate_up", "down",
         "final_norm", "head")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tensor belongs; `role` is its name as written where the name is not known, `kind` weight or bias."""

    layer: int | None
    role: str
    kind: str = "weight"
    expert: int | None = None
    known: bool = True

    @property
    def part(self) -> str:
        """The part of the model in one word, for sums."""
        if self.role in ("embedding",):
            return "embedding"
        if self.role == "head":
            return "output head"
        if "norm" in self.role:
            return "norm"
        if self.role in ATTENTION:
            return "attention"
        return "feed-forward" if self.role in FEED_FORWARD else "other"


def placed(name: str) -> Place:
    """The place of the tensor called `name`."""
    stem, _, kind = name.rpartition(".")
    if kind not in ("weight", "bias"):
        stem, kind = name, "weight"
    if stem in _OUTER:
        return Place(None, _OUTER[stem], kind)
    found = _LAYER.search(stem)
    if found is None:
        return Place(None, stem, kind, known=False)
    layer, inner = int(found[1]), found[2]
    if inner in _INNER:
        return Place(layer, _INNER[inner], kind)
    expert = _EXPERT.search(inner)
    if expert is not None and expert[2] in _INNER:
        return Place(layer, _INNER[expert[2]], kind, int(expert[1]))
    return Place(layer, inner, kind, known=False)
