"""Where in a decoder a tensor belongs, by its name: the layer, the role, the expert. Hub and GGUF names alike.

Sources of the names: transformers modeling files of the Llama, Mistral, Mixtral, Qwen2, Qwen3, Qwen2-MoE, Phi-3, Gemma,
GPT-2, GPT-NeoX and Falcon families; llama.cpp gguf-py constants.py for GGUF.
"""

from __future__ import annotations

import re

from assay.lazy import dataclass, regex

_LAYER = regex(r"(?:^|\.)(?:layers|blk|h|blocks|block)\.(\d{1,6})\.(.+)\Z")
_EXPERT = regex(r"(?:experts|block_sparse_moe\.experts)\.(\d{1,6})\.(.+)\Z")
# role -> what follows the layer number, without ".weight"
_INNER_NAMES = {
    "q": "self_attn.q_proj attn_q attention.wq",
    "k": "self_attn.k_proj attn_k attention.wk",
    "v": "self_attn.v_proj attn_v attention.wv",
    "o": "self_attn.o_proj attn_output attention.wo self_attn.dense attention.dense self_attention.dense attn.c_proj",
    "qkv": "self_attn.qkv_proj attn_qkv attn.c_attn attention.query_key_value self_attention.query_key_value",
    "gate": "mlp.gate_proj ffn_gate feed_forward.w1 w1 gate_proj ffn_gate_exps",
    "up": "mlp.up_proj ffn_up feed_forward.w3 w3 up_proj mlp.c_fc mlp.dense_h_to_4h ffn_up_exps",
    "down": (
        "mlp.down_proj ffn_down feed_forward.w2 w2 down_proj mlp.c_proj mlp.dense_4h_to_h mlp.experts.down_proj "
        "ffn_down_exps"
    ),
    "gate_up": "mlp.gate_up_proj mlp.experts.gate_up_proj",
    "router": "mlp.gate ffn_gate_inp block_sparse_moe.gate mlp.router",
    "attn_norm": "input_layernorm attn_norm ln_1 attention_norm",
    "ffn_norm": "post_attention_layernorm ffn_norm ln_2",
    "q_norm": "self_attn.q_norm attn_q_norm",
    "k_norm": "self_attn.k_norm attn_k_norm",
}
# role -> names outside the layers
_OUTER_NAMES = {
    "embedding": (
        "model.embed_tokens embed_tokens token_embd transformer.wte wte gpt_neox.embed_in "
        "transformer.word_embeddings tok_embeddings model.language_model.embed_tokens "
        "language_model.model.embed_tokens"
    ),
    "head": "lm_head output embed_out",
    "final_norm": "model.norm norm output_norm transformer.ln_f ln_f gpt_neox.final_layer_norm",
}
_INNER, _OUTER = (
    {name: role for role, names in table.items() for name in names.split()} for table in (_INNER_NAMES, _OUTER_NAMES)
)
# of tensors whose role is not known, such as those of encoders: the first of these that the name has words of
_PARTS = (
    ("attention", regex(r"attention|attn|attend", re.IGNORECASE)),
    ("embedding", regex(r"embed", re.IGNORECASE)),
    (
        "feed-forward",
        regex(r"intermediate\.dense|\.output\.dense|ffn|mlp|feed_?forward|\bfc[12]\b|DenseReluDense", re.IGNORECASE),
    ),
)
ATTENTION, FEED_FORWARD = ("q", "k", "v", "o", "qkv"), ("gate", "up", "down", "gate_up", "router")
# roles as a person reads them, in the order of a map
ORDER = (
    "embedding",
    *("attn_norm", "q", "k", "v", "qkv", "q_norm", "k_norm", "o"),
    *("ffn_norm", "router", "gate", "up", "gate_up", "down"),
    *("final_norm", "head"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tensor belongs; `role` is its name as written where the name is not known, `kind` weight or bias.

    `tower` is empty for a decoder of its own; a comparison of models with several stacks of layers names each.
    """

    layer: int | None
    role: str
    kind: str = "weight"
    expert: int | None = None
    known: bool = True
    tower: str = ""

    @property
    def part(self) -> str:
        """The part of the model in one word, for sums."""
        if self.role in ("embedding",):
            return "embedding"
        if self.role == "head":
            return "output head"
        if "norm" in self.role.lower():
            return "norm"
        if self.role in ATTENTION:
            return "attention"
        if self.role in FEED_FORWARD:
            return "feed-forward"
        return "other" if self.known else next((part for part, words in _PARTS if words.search(self.role)), "other")


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
