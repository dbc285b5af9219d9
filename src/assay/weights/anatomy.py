"""Which stack of layers a tensor belongs to and what it does there, for encoders, decoders and vision towers alike.

`facts.role` knows decoders. Here are the names of BERT, ViT, CLIP, T5, Marian, BART, OPT and Whisper (transformers
modeling files), of timm and OpenCLIP vision towers and of torch.nn.Transformer as well, and models with more than one
stack of layers keep them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from assay.facts.role import Place, placed
from assay.lazy import regex

_LAYER = regex(r"(?:^|\.)(?:layers|layer|blk|h|blocks|block|resblocks)\.(\d{1,6})\.(.+)\Z")
_INNER_NAMES = {
    "q": (
        "attention.self.query attention.attention.query attn.query attn.q_proj attention.q_lin layer.0.SelfAttention.q"
    ),
    "k": "attention.self.key attention.attention.key attn.key attn.k_proj attention.k_lin layer.0.SelfAttention.k",
    "v": (
        "attention.self.value attention.attention.value attn.value attn.v_proj attention.v_lin layer.0.SelfAttention.v"
    ),
    "o": (
        "self_attn.out_proj attention.output.dense attn.out attn.out_proj attn.proj attention.out_lin "
        "layer.0.SelfAttention.o"
    ),
    "qkv": "self_attn.in_proj_weight attn.in_proj_weight attn.qkv",
    "gate": "layer.1.DenseReluDense.wi_0 layer.2.DenseReluDense.wi_0",
    "up": (
        "fc1 mlp.fc1 intermediate.dense linear1 ffn.lin1 mlp.0 "
        "layer.1.DenseReluDense.wi layer.2.DenseReluDense.wi layer.1.DenseReluDense.wi_1 layer.2.DenseReluDense.wi_1"
    ),
    "down": ("fc2 mlp.fc2 output.dense linear2 ffn.lin2 mlp.2 layer.1.DenseReluDense.wo layer.2.DenseReluDense.wo"),
    "attn_norm": "layernorm_before layer_norm1 norm1 attn_ln layer.0.layer_norm",
    "ffn_norm": "layernorm_after layer_norm2 norm2 mlp_ln",
}
_INNER = {name: role for role, names in _INNER_NAMES.items() for name in names.split()}
# prefixes that say of which class a file was saved, not which tower it is
_WRAPPERS = {
    *("model", "transformer", "bert", "roberta", "distilbert", "electra", "deberta", "vit", "deit", "gpt_neox"),
    *("base_model", "module", "backbone", "language_model", "vision_tower"),
}
_EMBEDDING = regex(r"embed|(?:^|\.)(?:wte|wpe|shared|position|cls_token|relative_attention_bias)", re.I)
_HEAD = regex(r"(?:^|\.)(?:lm_head|head|classifier|score|embed_out|output_projection|proj_out|cls|pooler)(?:\.|\Z)")
_TOKENS = regex(r"(?:^|\.)(?:shared|word_embeddings|token_embedding|decoder\.embed_tokens|encoder\.embed_tokens)\Z")
_PERIPHERAL = regex(r"vis|image|audio|speech|patch|clip", re.I)
BODY = ("attention", "feed-forward", "other")


def seat(name: str) -> Place:
    """The place of the tensor called `name`, with the tower that its layer is in."""
    place = placed(name)
    stem, _, kind = name.rpartition(".")
    if kind not in ("weight", "bias"):
        stem, kind = name, "weight"
    found = _LAYER.search(stem)
    if found is None:
        return place
    layer, inner = int(found[1]), found[2]
    tower = _tower(stem[: found.start()])
    if not place.known or place.layer is None:
        role = _INNER.get(inner)
        place = Place(layer, role or inner, kind, known=role is not None)
    return replace(place, tower=tower)


def _tower(prefix: str) -> str:
    return ".".join(part for part in prefix.split(".") if part and part not in _WRAPPERS)


def is_token_embedding(place: Place) -> bool:
    """Whether the tensor holds a row for each token."""
    return place.layer is None and (place.role == "embedding" or bool(_TOKENS.search(place.role)))


def group(place: Place) -> str:
    """What a tensor is a part of: embedding, output head, attention, feed-forward or other."""
    if place.layer is None and not place.known:
        if _EMBEDDING.search(place.role):
            return "embedding"
        return "output head" if _HEAD.search(place.role) else "other"
    part = place.part
    if place.layer is not None and part == "other":
        if "embed" in place.role or "relative_attention_bias" in place.role:
            return "embedding"
        return "attention" if "attn" in place.role.lower() or "attention" in place.role.lower() else "other"
    return part


def main_tower(towers: Iterable[str]) -> str:
    """The tower that is the model's own work: the language model, the decoder before the encoder."""
    found = sorted(set(towers))
    own = [name for name in found if not _PERIPHERAL.search(name)] or found
    without = [name for name in own if "encoder" not in name] or own
    return without[0] if without else ""


def tower_words(tower: str, towers: Iterable[str]) -> str:
    """A tower as a person calls it."""
    if len(set(towers)) < 2:
        return "body"
    if _PERIPHERAL.search(tower):
        return "vision tower" if re.search(r"vis|image|patch|clip", tower, re.I) else "audio tower"
    if not tower:
        return "language model" if any(_PERIPHERAL.search(name) for name in towers) else "decoder"
    if "decoder" in tower:
        return "decoder"
    return "text tower" if "text" in tower else "encoder" if "encoder" in tower else tower
